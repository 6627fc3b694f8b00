/*
 * The log: append-only, an RFC 6962 Merkle tree over its entries.  An entry
 * is in the log once the transaction it was appended in is committed.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/entry.h"
#include "base/crypto.h"
#include "store/store.h"

struct audit;

/*
 * audit_open(store, out): the log in that store (borrowed), its tree
 * rebuilt from the leaves.  ERR_* of the store; ERR_STORE if leaf and entry
 * disagree at the end of the log.
 */
int audit_open(struct store *store, struct audit **out) MUST_CHECK;
void audit_close(struct audit *a);
MEM_AUTO(struct audit, audit_close);

/*
 * audit_append(a, type, entry): append in the open transaction.  If this
 * fails nothing may be shared: the caller rolls back.
 */
int audit_append(struct audit *a, enum audit_type type, struct str entry)
    MUST_CHECK;

/* audit_rolled_back(a): the transaction was; the tree steps back. */
int audit_rolled_back(struct audit *a) MUST_CHECK;

/* audit_head(a, out_size, out_root): size and Merkle root of the log. */
void audit_head(const struct audit *a, uint64_t *out_size,
    struct digest *out_root);

#endif
