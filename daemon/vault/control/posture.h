/*
 * How status, why and the posture commands show postures.
 */
#ifndef VAULT_CONTROL_POSTURE_H
#define VAULT_CONTROL_POSTURE_H

#include <jansson.h>

#include "vault/posture.h"

/* control_postures_json(v): {in_force[], proposed[], policy[]}. */
json_t *control_postures_json(const struct vault *v);

/*
 * control_posture_text(v, country, dst, size): one line about what people
 * set for that country; false if nothing.
 */
bool control_posture_text(const struct vault *v, const char *country,
    char *dst, size_t size);

#endif
