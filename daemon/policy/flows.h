/*
 * What a policy lets flow between us and one organisation, summed up for
 * people: per desk and use, which kinds up to which colour, and what must be
 * agreed on first.
 */
#ifndef POLICY_FLOWS_H
#define POLICY_FLOWS_H

#include "policy/policy.h"

/* Kinds that fare alike. */
struct policy_flow {
	enum direction direction;
	int desk, domain;
	enum outcome outcome;	/* once what it needs is agreed on */
	enum reason reason;	/* from DENY on: why; see by */
	int by;			/* rule index, or -1 */
	uint64_t kinds;
	int tlp;		/* up to this colour; from DENY on: any */
	/* The bases it needs that are not in force now, as bits. */
	uint64_t agreements, circles;
};

/* What is in force now. */
struct policy_standing {
	uint64_t agreements, circles;	/* that count */
	enum posture posture;		/* of the country; the policy's own is
					 * looked at besides */
	enum band discretion, reliability;
	unix_ms_t now;
};

/*
 * policy_flows(p, org, s, fn, arg): call fn for every flow with an
 * organisation of the policy (not 0), out before in, desk by desk, the
 * mildest outcome first.  Records of ours are taken to have the lineage of
 * all our desks and the most hops; of theirs, what theirs have unlabelled.
 */
typedef void (*policy_flow_fn)(void *arg, const struct policy_flow *f);
void policy_flows(const struct policy *p, int org,
    const struct policy_standing *s, policy_flow_fn fn, void *arg);

#endif
