/*
 * What both sides of an agreement allow.  A ceiling is the other way up
 * from a label: its meet is what both allow, and it only ever narrows.
 */
#ifndef POLICY_MET_H
#define POLICY_MET_H

#include "policy/policy.h"

#define POLICY_MET_MAX 64	/* agreements, and circles, of one policy */

struct policy_ceiling {
	uint64_t kinds;
	uint32_t purposes;
	uint8_t tlp;		/* enum tlp: up to this colour */
	uint8_t hops;
	unix_ms_t until;
};

/* What is in force with one peer, by policy_term.index. */
struct policy_met {
	struct policy_ceiling agreements[POLICY_MET_MAX];
	uint64_t foci[POLICY_MET_MAX];	/* kinds each circle carries */
};

/* ceiling_meet(a, b): what both allow. */
struct policy_ceiling ceiling_meet(const struct policy_ceiling *a,
    const struct policy_ceiling *b);

/* ceiling_within(a, b): does a allow nothing that b does not? */
bool ceiling_within(const struct policy_ceiling *a,
    const struct policy_ceiling *b);

/*
 * policy_agreement(p, i, out_ours, out_theirs): what agreement i of the
 * policy says that we allow, and that the other side does.
 */
void policy_agreement(const struct policy *p, uint32_t i,
    struct policy_ceiling *out_ours, struct policy_ceiling *out_theirs);

/* policy_met_written(p, out): every agreement and circle as written. */
void policy_met_written(const struct policy *p, struct policy_met *out);

/*
 * policy_definition(p, kind): the digest of the kind's definition, borrowed
 * from p; empty where the policy has none.
 */
struct str policy_definition(const struct policy *p, size_t kind);

#endif
