/*
 * The policy's life, as several commands print it.
 */
#ifndef CTL_POLICY_APPLY_H
#define CTL_POLICY_APPLY_H

#include <jansson.h>

#include "ctl/ctl.h"

/* policy_life_print(policy): what waits, is unconfirmed, or is wrong. */
void policy_life_print(const json_t *policy);

/*
 * policy_result_print(c, reply): what became of the policy after a reload or
 * a change, as text or JSON.  Returns CTL_DONE.
 */
int policy_result_print(const struct ctl *c, json_t *r);

#endif
