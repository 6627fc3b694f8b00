/*
 * Counters of one process, declared in counters.def: they only rise.
 */
#ifndef HOST_COUNTERS_H
#define HOST_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

enum counter {
#define COUNTER_ROW(symbol, name, unit, text) CTR_##symbol,
#include "host/counters.def"
#undef COUNTER_ROW
	CTR_END_,
};

/* counter_inc(c), counter_add(c, n): raise it. */
void counter_inc(enum counter c);
void counter_add(enum counter c, uint64_t n);

/* counters_count(): how many; counter_name/value(i): i below that. */
size_t counters_count(void);
const char *counter_name(size_t i);
uint64_t counter_value(size_t i);

#endif
