/*
 * What would raise a score, tried on copies of an engine: nothing is
 * computed here that the engine does not compute.
 */
#ifndef TRUST_RAISE_H
#define TRUST_RAISE_H

#include "trust/trust.h"

#define RAISE_DAYS_MAX 365

/* What a peer could do, or others for it; a bit set is all of them at once. */
enum raise_way {
	RAISE_VOUCH,		/* two sponsors, today */
	RAISE_RECEIPT,		/* in time, every day, as many as count */
	RAISE_AUDIT,		/* a challenge opened, every 14 days */
	RAISE_ATTESTED,		/* its wall, today and every 180 days */
	RAISE_SIGHTED,		/* its records, every day as many as count */
	RAISE_WAYS,
};

struct raise_trial {
	const struct trust *trust;	/* borrowed; not changed */
	int peer;
	unix_ms_t now;
	/* Who may be asked to vouch; borrowed. */
	const int *sponsors;
	size_t nsponsors;
};

struct raise_result {
	/* Days until the band is reached; 0: at once; -1: not in a year. */
	int days[TRUST_BANDS];
	int64_t b;		/* fixed.h: the most it gets to in a year */
	/*
	 * RAISE_VOUCH: how many of the sponsors were taken; the others are
	 * strangers that nobody vouched for, just at discretion B, of groups
	 * of their own.
	 */
	int taken;
	bool useless;		/* it counts nothing: there are sponsors */
};

/* raise_try(x, d, ways, out): what these ways make of that dimension. */
void raise_try(const struct raise_trial *x, enum trust_dimension d,
    unsigned ways, struct raise_result *out);

/*
 * raise_sponsors(x, out): of each of x->sponsors, whether a vouch of it would
 * be taken beside those that stand: out[i] is TRUST_COUNTED or
 * TRUST_ONE_SPONSOR; TRUST_TWICE of one that vouches already; else why not.
 */
void raise_sponsors(const struct raise_trial *x, enum trust_note *out);

/* raise_way_name(w): "vouch", "receipt", ...; never NULL. */
const char *raise_way_name(enum raise_way w);

#endif
