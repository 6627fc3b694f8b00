/*
 * The collections of a desk: what it may see, one for each circle of our
 * CERT, and an inbox; and their resources (TAXII 2.1 5.1, 5.2).
 */
#ifndef VAULT_FRONT_COLLECTION_H
#define VAULT_FRONT_COLLECTION_H

#include "vault/front/clients.h"

#define FRONT_UUID_CHARS 36

enum front_collection_kind {
	FRONT_ALL = 1, FRONT_CIRCLE, FRONT_INBOX,
};

struct front_collection {
	char id[FRONT_UUID_CHARS + 1];
	char alias[NAME_MAX_BYTES + 8];	/* what rights and URLs name it by */
	char circle[NAME_MAX_BYTES];	/* "" unless FRONT_CIRCLE */
	enum front_collection_kind kind;
};

struct front_collections {
	VEC(struct front_collection) v;		/* by id */
};

/* front_collections_make(v, desk, out): those there are by the policy. */
void front_collections_make(const struct vault *v, const char *desk,
    struct front_collections *out);
void front_collections_clear(struct front_collections *c);

/* front_collection_find(c, id, ...): by its id or alias, or NULL. */
const struct front_collection *front_collection_find(
    const struct front_collections *c, struct str id);

/* What a client may do with one. */
bool front_can_read(const struct front_client *who,
    const struct front_collection *c);
bool front_can_write(const struct front_client *who,
    const struct front_collection *c);

/* Both append the resource for that client, as JSON. */
void front_collections_json(const struct front_collections *c,
    const struct front_client *who, struct buf *out);
void front_collection_json(const struct front_collection *c,
    const struct front_client *who, struct buf *out);

/* front_uuid(bytes, dst): 16 bytes as a UUID of version 4 form. */
void front_uuid(const uint8_t bytes[16],
    char dst[static FRONT_UUID_CHARS + 1]);

#endif
