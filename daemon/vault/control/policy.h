/*
 * How status and the policy commands show the policy's life.
 */
#ifndef VAULT_CONTROL_POLICY_H
#define VAULT_CONTROL_POLICY_H

#include <jansson.h>

#include "vault/apply.h"

/*
 * control_policy_life(v, fields): add since when and by whom the policy is
 * in force, what is pending, until when it is to be confirmed, and what is
 * wrong with the files on disk.
 */
void control_policy_life(const struct vault *v, json_t *fields);

/* control_pending_json(a): what waits for people; a->waiting is true. */
json_t *control_pending_json(const struct apply *a);

#endif
