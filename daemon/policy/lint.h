/*
 * What looks wrong in a policy that is well made, beyond what reading it
 * can tell.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/policy.h"

#define LINT_ENDING_MS DAY(30)

/*
 * policy_lint(p): add to the warnings of p every dead grant: one that
 * limits, walls or a milder grant with the same terms leave nothing to do.
 * p is compiled.
 */
void policy_lint(struct policy *p);

/*
 * policy_lint_ending(p, now, i, out): append the i-th warning about an
 * agreement or the attestation of a wall that has ended or ends within
 * LINT_ENDING_MS of now; false, with out as it was, past the last.
 */
bool policy_lint_ending(const struct policy *p, unix_ms_t now, size_t i,
    struct buf *out);

#endif
