/*
 * How credible a record is: independent reports of it put together, and how
 * that wears off.  Pure, in integers (trust/fixed.h).
 */
#ifndef TRUST_CREDIBILITY_H
#define TRUST_CREDIBILITY_H

#include <stdbool.h>

#include "trust/trust.h"

#define CREDIBILITY_REPORTS_MAX 64

/* One report of the record. */
struct report {
	int64_t confidence;	/* as the source says, 0..FIXED_ONE */
	int64_t reliability;	/* E of the source's reliability */
	uint64_t root;		/* where that report began; 0: unknown */
	uint32_t group;		/* stakeholder group of that; 0: unknown */
};

/*
 * credibility(reports, n, out): each report gives confidence times E of its
 * source; of reports with the same root or group, or an unknown one, only
 * the strongest counts.  n up to CREDIBILITY_REPORTS_MAX, more are left out.
 * Returns how many counted.
 */
size_t credibility(const struct report *reports, size_t n,
    struct trust_opinion *out);

/* credibility_stix(o): STIX confidence 0..100 of (b + u / 2), rounded. */
int credibility_stix(const struct trust_opinion *o);
/* credibility_base(o): 100 (b + u / 2), not rounded; fixed.h. */
int64_t credibility_base(const struct trust_opinion *o);

/*
 * credibility_decay(base, age_ms, tau_ms, delta): base (1 -
 * (age / tau)^(1 / delta)), the polynomial model of MISP; 0 from tau on.
 * tau_ms above 0, delta in thousandths, above 0.
 */
int64_t credibility_decay(int64_t base, int64_t age_ms, int64_t tau_ms,
    int64_t delta);

/*
 * credibility_from_admiralty(digit): STIX confidence of '1'..'5': 90, 70,
 * 50, 30, 10; -1 for '6' and anything else: none is stated.
 */
int credibility_from_admiralty(char digit);
/* credibility_to_admiralty(confidence): '1'..'5', '6' below 0. */
char credibility_to_admiralty(int confidence);

#endif
