/*
 * What must hold of every policy over all its cells, and what one policy
 * claims of its own (comity-policy(5), PROOF).  Private to the proof.
 */
#ifndef POLICY_THEOREMS_H
#define POLICY_THEOREMS_H

#include "policy/cells.h"

enum theorem {
	THEOREM_EDGE,		/* no single send crosses a wall */
	THEOREM_LABEL,		/* a stricter colour gets nothing milder */
	THEOREM_POSTURE,	/* nor does a worse posture */
	THEOREM_TRUST,		/* nor a worse band */
	THEOREM_MISSING,	/* nor what lacks kind, purpose, terms, ... */
};
#define THEOREMS 5

/* theorem_name(t): "edge", "label", "posture", "trust", "missing". */
const char *theorem_name(enum theorem t);

/*
 * theorem_check(c, p, t, out): does it hold?  If not, append a cell where it
 * does not, as lines for people.
 */
bool theorem_check(const struct cells *c, const struct policy *p,
    enum theorem t, struct buf *out);

/*
 * claim_check(c, p, claim, out): the same for a `never` or `always`.
 */
bool claim_check(const struct cells *c, const struct policy *p,
    const struct policy_claim *claim, struct buf *out);

#endif
