#include "host/counters.h"

static uint64_t values[CTR_END_];

static const char *const names[] = {
#define COUNTER_ROW(symbol, name, unit, text) name,
#include "host/counters.def"
#undef COUNTER_ROW
};

void
counter_inc(enum counter c)
{
	values[c]++;
}

void
counter_add(enum counter c, uint64_t n)
{
	values[c] += n;
}

size_t
counters_count(void)
{
	return CTR_END_;
}

const char *
counter_name(size_t i)
{
	return names[i];
}

uint64_t
counter_value(size_t i)
{
	return values[i];
}
