/*
 * The only place that reads clocks.
 */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include "base/unit.h"

/* clock_unix(): wall time; may step. */
unix_ms_t clock_unix(void);

/* clock_mono(): counts on from an arbitrary start, never steps. */
mono_ms_t clock_mono(void);

/* clock_mono_us(): the same in microseconds, for measuring. */
int64_t clock_mono_us(void);

#endif
