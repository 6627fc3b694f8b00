#include "vault/rate.h"

/* Let what was used before flow off, and begin a new day when it is one. */
static void
rate_flow(struct rate *r, const struct settings_limits *l, mono_ms_t now)
{
	int64_t passed = now.ms - r->at.ms, off;

	if (r->day != now.ms / DAY(1)) {
		r->day = now.ms / DAY(1);
		r->today = 0;
	}
	if (r->used == 0 || passed > DAY(1)) {
		r->used = 0;
		r->at = now;
		return;
	}
	off = l->peer_per_second * passed / 1000;
	if (off == 0)
		return;		/* keep `at`: fractions add up */
	r->used = off < r->used ? r->used - off : 0;
	r->at = now;
}

void
rate_take(struct rate *r, const struct settings_limits *l, uint64_t n,
    mono_ms_t now)
{
	rate_flow(r, l, now);
	r->used += (int64_t)n;
	r->today += (int64_t)n;
}

bool
rate_allows(struct rate *r, const struct settings_limits *l, mono_ms_t now)
{
	rate_flow(r, l, now);
	return r->used <= l->peer_burst && r->today <= l->peer_per_day;
}

bool
quota_take(struct quota *q, unsigned most, mono_ms_t now)
{
	int64_t minute = now.ms / MINUTE(1) + 1;

	if (q->minute != minute)
		*q = (struct quota){ minute, 0 };
	if (q->n >= most)
		return false;
	q->n++;
	return true;
}
