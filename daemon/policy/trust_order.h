/*
 * The claim `trust-order` (comity-policy(5), PROOF): what a policy says of
 * scores keeps the order of evidence.  Private to the proof.
 */
#ifndef POLICY_TRUST_ORDER_H
#define POLICY_TRUST_ORDER_H

#include "policy/policy.h"

/*
 * trust_order_check(p, out): does it hold?  No good evidence lowers a score
 * and no bad evidence raises one; what is weaker weighs no more than what is
 * harder; good evidence and vouches are not remembered longer than bad; and
 * vouches with all that is cheap do not make band B.  If not, append the
 * first that is not so with figures, as lines for people.
 */
bool trust_order_check(const struct policy *p, struct buf *out);

#endif
