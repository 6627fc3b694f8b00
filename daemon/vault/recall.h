/*
 * Recall: an originator withdraws a record.  It becomes a tombstone here,
 * and every peer that holds it is told until it has confirmed.
 */
#ifndef VAULT_RECALL_H
#define VAULT_RECALL_H

#include "vault/peer.h"

/*
 * recall_start(v, r, reason): in the open turn, recall a record of ours in
 * every version and what was derived of it.  ERR_DENIED if it did not begin
 * here; ERR_* of the store.
 */
int recall_start(struct vault *v, const struct store_record *r,
    const char *reason) MUST_CHECK;

/*
 * recall_version(v, seq, reason): the same for one stored version alone,
 * which began here.
 */
int recall_version(struct vault *v, int64_t seq, const char *reason)
    MUST_CHECK;

/* recall_each(v, id, visit, arg): who has to confirm the recall of id. */
typedef void (*recall_visit)(void *arg, const char *peer, bool confirmed);
int recall_each(struct vault *v, struct str id, recall_visit visit,
    void *arg) MUST_CHECK;

/* recall_send_waiting(p): the link is ready: say every open recall again. */
int recall_send_waiting(struct peer *p) MUST_CHECK;

/*
 * recall_received(p, payload): RECALL came: only the originator of a record
 * may recall it.  ERR_SIGNATURE, ERR_SYNTAX; a record we do not hold is
 * confirmed all the same.  One of a CERT whose card we lack is neither
 * obeyed nor confirmed, and may come again.
 */
int recall_received(struct peer *p, struct str payload) MUST_CHECK;

/* recall_confirmed(p, payload): RECALLED came. */
int recall_confirmed(struct peer *p, struct str payload) MUST_CHECK;

#endif
