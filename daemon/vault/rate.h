/*
 * How fast records are taken from one peer: over the limit it gets no
 * credit, so that it waits; nothing is refused for it.
 */
#ifndef VAULT_RATE_H
#define VAULT_RATE_H

#include <stdbool.h>

#include "base/unit.h"
#include "config/settings.h"

/* Zero-initialise: the whole burst is free. */
struct rate {
	int64_t used;		/* of the burst; falls with time */
	mono_ms_t at;		/* when `used` was right */
	int64_t day, today;	/* days since the start of the clock */
	uint64_t withheld;	/* bytes of credit that wait */
};

/* rate_take(r, limits, n, now): n records came. */
void rate_take(struct rate *r, const struct settings_limits *l, uint64_t n,
    mono_ms_t now);

/* rate_allows(r, limits, now): may the peer have credit now? */
bool rate_allows(struct rate *r, const struct settings_limits *l,
    mono_ms_t now);

/* How many of something one peer may do a minute.  Zero-initialise. */
struct quota {
	int64_t minute;
	unsigned n;
};

/* quota_take(q, most, now): one more; false: it is beyond that many. */
bool quota_take(struct quota *q, unsigned most, mono_ms_t now);

#endif
