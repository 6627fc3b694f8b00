/*
 * The form in which postures lie in the store: one small value.
 */
#ifndef VAULT_POSTURE_STORE_H
#define VAULT_POSTURE_STORE_H

#include "vault/posture.h"

/* postures_load(ps): replace what ps holds; ERR_STORE if it does not read.
 * postures_save(ps): in the open turn. */
int postures_load(struct postures *ps) MUST_CHECK;
int postures_save(const struct postures *ps) MUST_CHECK;

#endif
