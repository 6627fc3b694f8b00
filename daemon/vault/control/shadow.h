/*
 * What status says of the policy that is tried beside the one in force.
 */
#ifndef VAULT_CONTROL_SHADOW_H
#define VAULT_CONTROL_SHADOW_H

#include <jansson.h>

#include "vault/vault.h"

/* control_shadow_brief(v, fields): add shadow, if one is tried. */
void control_shadow_brief(const struct vault *v, json_t *fields);

#endif
