/*
 * Which grants and limits the policy's own tests exercise.
 */
#ifndef POLICY_COVERAGE_H
#define POLICY_COVERAGE_H

#include "policy/policy.h"

/* A rule that matches the request of no test. */
struct coverage_miss {
	const char *id;			/* borrowed from the policy */
	bool limit;			/* else a grant */
	const char *file;		/* borrowed; where it is written */
	unsigned line, column;
};

struct coverage {
	size_t rules, exercised;	/* grants and limits */
	VEC(struct coverage_miss) misses;	/* in the order of the file */
};

/*
 * coverage_of(p, out): ask every test of p and see which rules match, be it
 * that they decide or not.  coverage_clear frees what is in out.
 */
void coverage_of(const struct policy *p, struct coverage *out);
void coverage_clear(struct coverage *c);

/* coverage_percent(c): exercised of all, rounded down; 100 of none. */
unsigned coverage_percent(const struct coverage *c);

#endif
