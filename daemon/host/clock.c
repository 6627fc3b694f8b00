#include "host/clock.h"

#include <time.h>

unix_ms_t
clock_unix(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (unix_ms_t){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

int64_t
clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

mono_ms_t
clock_mono(void)
{
	return (mono_ms_t){ clock_mono_us() / 1000 };
}
