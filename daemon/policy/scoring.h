/*
 * What a policy says of scores, for the trust engine.  Private to this
 * folder.
 */
#ifndef POLICY_SCORING_H
#define POLICY_SCORING_H

#include "config/yaml.h"
#include "policy/policy.h"

/* What `weights` says of a kind. */
struct scoring_weight {
	const struct yaml_node *at;	/* NULL: nothing; borrowed */
	int64_t v;			/* signed: good is above 0; fixed.h */
};

/*
 * scoring_read(p, e): the rules of the trust engine from the file of p, into
 * p; a weight whose sign is against its kind is no weight there (the proof
 * refuses it).  ERR_CONF with e: no such kind, no number, out of range.
 */
int scoring_read(struct policy *p, struct err *e) MUST_CHECK;

/* scoring_is_good(kind): does it raise a score?  Of kinds that weigh. */
bool scoring_is_good(enum trust_kind kind);

/* scoring_of(p, kind): its weight as the policy has it, with its sign. */
int64_t scoring_of(const struct policy *p, enum trust_kind kind);

/* scoring_text(dst, v): "+1.0", "-0.25": no more decimals than it takes. */
#define SCORING_TEXT_MAX 32
const char *scoring_text(char dst[static SCORING_TEXT_MAX], int64_t v);

/* scoring_life_text(dst, ms): as it may be written: "90d", "36h", "1500ms". */
#define SCORING_LIFE_MAX 32
const char *scoring_life_text(char dst[static SCORING_LIFE_MAX], int64_t ms);

/*
 * scoring_diff(from, to, fn, arg): call fn for each thing that they say
 * otherwise of scores, with a text for people; opens: a score could be
 * better by it, or more could be in exports that block.  Not of bands.
 */
typedef void (*scoring_tell)(void *arg, bool opens, const char *text);
void scoring_diff(const struct policy *from, const struct policy *to,
    scoring_tell fn, void *arg);

#endif
