/*
 * What a policy should do with a record, peer by peer.
 */
#ifndef CTL_EXPECT_H
#define CTL_EXPECT_H

#include "policy/policy.h"

struct expect_outcome {
	enum outcome outcome;
	enum reason reason;
	const char *by;		/* rule id, "" if none; of the policy */
	uint64_t redactions;
	uint32_t obligations;
};

/*
 * expect_decide(p, org, label, now, out): the outcome for that peer of a
 * record with that label (closure joined), if the terms are equal on both
 * sides and the record is our own.
 */
void expect_decide(const struct policy *p, const struct policy_org *org,
    const struct label *label, unix_ms_t now, struct expect_outcome *out);

#endif
