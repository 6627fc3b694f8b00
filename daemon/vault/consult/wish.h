/*
 * Wishes: records that a desk asked for because it knows of them and may
 * not have them (ASK).  Those of others become cases, where the policy lets
 * them ask and asks people itself; what becomes of one is never said, and
 * the reply (ASKED) is the same, and as fast, whatever it is.
 */
#ifndef VAULT_CONSULT_WISH_H
#define VAULT_CONSULT_WISH_H

#include "vault/consult/consult.h"
#include "wire/msg_ask.h"

#define WISHES_KEPT 200		/* of our own; the log has them all */

/* One of ours. */
struct wish {
	uint64_t number;
	struct buf payload;		/* owned: ASK as it was signed */
	struct msg_ask m;		/* borrows from payload */
	unix_ms_t noted;		/* when ASKED came; 0: not yet */
	uint64_t session;		/* in which it was sent last; or 0 */
};

struct wishes;

/* wishes_open(v, out): those of the store.  ERR_* of the store. */
int wishes_open(struct vault *v, struct wishes **out) MUST_CHECK;
void wishes_free(struct wishes *ws);

/* wishes_reopen(v): after a roll-back: read them again. */
int wishes_reopen(struct vault *v) MUST_CHECK;

/* wishes_tick(ws): once a second: send ours, look into those of others. */
void wishes_tick(struct wishes *ws);

/*
 * wish_make(ws, m, by, out): in the open turn: ask m.to for m.id; the rest
 * of m but desk and reason is filled here.  Sent when that peer is
 * connected.  ERR_LIMIT; ERR_* of the store.
 */
int wish_make(struct wishes *ws, struct msg_ask *m,
    const struct operator *by, const struct wish **out) MUST_CHECK;

/* wish_at(ws, i): of ours, the oldest first; or NULL. */
const struct wish *wish_at(const struct wishes *ws, size_t i);
const struct wish *wish_find(const struct wishes *ws, uint64_t number);

/* wish_received, wish_noted: ASK, ASKED came.  ERR_* closes the link. */
int wish_received(struct peer *p, struct str payload) MUST_CHECK;
int wish_noted(struct peer *p, struct str payload) MUST_CHECK;

#endif
