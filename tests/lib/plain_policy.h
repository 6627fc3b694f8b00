/*
 * A plain interpreter of the YAML of a policy, against which the compiled
 * one is compared: strings, one rule after the other, none of the code that
 * reads or compiles policies.  It knows one small world: the names below.
 */
#ifndef TESTS_PLAIN_POLICY_H
#define TESTS_PLAIN_POLICY_H

#include "config/yaml.h"
#include "policy/policy.h"

#define PLAIN_DESKS 5
#define PLAIN_AGREEMENT_END 1900000000000	/* after 2030-01-31 */

extern const char *const plain_kinds[5];	/* "other" first */
extern const char *const plain_domains[3];
extern const char *const plain_lineages[4];
extern const char *const plain_tlps[5];
extern const char *const plain_bands[5];
extern const char *const plain_levels[5];

/* Desk i here is desk 1 + i of the policy; desk 0 is ours. */
struct plain_desk {
	const char *name, *org;
};
extern const struct plain_desk plain_desks[PLAIN_DESKS];

struct plain {
	enum outcome outcome;
	uint8_t hops;
	int64_t ttl_ms;
	uint32_t purposes, obligations;
};

/* plain_decide(root, q, out): of the policy's tree. */
void plain_decide(const struct yaml_node *root,
    const struct policy_request *q, struct plain *out);

#endif
