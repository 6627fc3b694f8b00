/*
 * Stored records as the control socket shows them.
 */
#ifndef VAULT_RECORD_JSON_H
#define VAULT_RECORD_JSON_H

#include <jansson.h>

#include "vault/vault.h"

/*
 * record_json(v, r): {id, modified, type, kind, tlp, source, received,
 * desks?, labels?, name?, derived} of a stored record (bytes present); NULL
 * for a tombstone or one that no longer reads.
 */
json_t *record_json(struct vault *v, const struct store_record *r);

/*
 * record_json_whole(v, r): the same with label, object, sealed_by,
 * seal_time.
 */
json_t *record_json_whole(struct vault *v, const struct store_record *r);

/*
 * record_newest(v, id, modified, arena, out): the stored version of id that
 * has that modified text, or the newest if modified is NULL.
 * ERR_NOT_FOUND, or ERR_* of the store.
 */
int record_newest(struct vault *v, struct str id, const char *modified,
    struct arena *arena, struct store_record *out) MUST_CHECK;

#endif
