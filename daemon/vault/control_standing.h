/*
 * What answers to requests say of answers to scores.
 */
#ifndef VAULT_CONTROL_STANDING_H
#define VAULT_CONTROL_STANDING_H

#include <jansson.h>

#include "vault/peer.h"

struct evidence_item;

/* control_key_json(v, item, o): put into o the key that its peer knows. */
void control_key_json(const struct vault *v,
    const struct evidence_item *item, json_t *o);

/*
 * control_answers_json(v, p, out): what that peer answered to how we score
 * it, with what it is about; a new array.  ERR_* of the store.
 */
int control_answers_json(const struct vault *v, const struct peer *p,
    json_t **out) MUST_CHECK;

#endif
