/*
 * What changes from one policy to another, as sets of requests
 * (comity-policy(5), LIFE OF A POLICY): every request that either policy knows is
 * asked of both; those that come out differently are merged into sets.
 */
#ifndef POLICY_DIFF_H
#define POLICY_DIFF_H

#include "policy/policy.h"

enum diff_kind {
	DIFF_OPENS,		/* a milder outcome */
	DIFF_CLOSES,		/* a stricter one, of what did flow */
	DIFF_TERMS,		/* the same one, under other terms */
};
#define DIFF_KINDS 3

/* diff_kind_name(k): "opens", "closes", "terms". */
const char *diff_kind_name(enum diff_kind k);

/* One set of requests that change alike. */
struct diff_set {
	enum diff_kind kind;
	uint64_t requests;		/* how many are in it */
	/*
	 * Lists of names with commas; "any" for all that the new policy has,
	 * and of a desk that only the old one has, all that this has.  A
	 * lineage "none" is no lineage at all, and part of "any".
	 */
	const char *direction;		/* "to" or "from" */
	const char *desks, *uses, *kinds, *tlps, *postures, *discretion,
	    *reliability, *lineage;
	const char *received;		/* "no", "yes" or "any" */
	const char *before, *after;	/* "deny by default", "permit by g" */
	const char *before_at, *after_at;	/* "policy.yaml:71", or "" */
};

struct diff;

/*
 * policy_diff(from, to): the whole difference; both borrowed for the call
 * and as long as it lives.
 */
struct diff *policy_diff(const struct policy *from, const struct policy *to);
void diff_free(struct diff *d);
MEM_AUTO(struct diff, diff_free);

/* diff_set(d, i, out): the i-th set, openings first; false past the last. */
bool diff_set(const struct diff *d, size_t i, struct diff_set *out);

/*
 * diff_fact(d, i): the i-th change beside the requests, for people: postures
 * and trust in force, terms, how records get kind and label, who is asked.
 * NULL past the last.
 */
const char *diff_fact(const struct diff *d, size_t i);

/* diff_count(d, k): how many requests change so. */
uint64_t diff_count(const struct diff *d, enum diff_kind k);

#endif
