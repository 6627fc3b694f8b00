/*
 * Our records on their way to a peer: RECORDS within the peer's credit,
 * what is under way, and the receipts that settle it.
 */
#ifndef VAULT_OUTBOUND_H
#define VAULT_OUTBOUND_H

#include "vault/peer.h"

struct link;
/* How often a side asks for what it refused, at most. */
#define ASK_AGAIN_MS SEC(10)

struct outbound;

/* outbound_new(p, l): nothing is under way yet; both are borrowed. */
struct outbound *outbound_new(struct peer *p, struct link *l);
void outbound_free(struct outbound *o);

/* outbound_subscribe(o, message): SUBSCRIBE came: start the stream. */
int outbound_subscribe(struct outbound *o, struct str payload) MUST_CHECK;

/* outbound_credit(o, payload): CREDIT came.  ERR_LIMIT if it overflows. */
int outbound_credit(struct outbound *o, struct str payload) MUST_CHECK;

/*
 * outbound_receipt(o, payload): RECEIPT came: check its signature and what
 * it is for, log it, settle.  ERR_SIGNATURE, ERR_ORDER, ERR_VALUE.
 */
int outbound_receipt(struct outbound *o, struct str payload) MUST_CHECK;

/* outbound_tick(o): once a second: is a receipt overdue? */
void outbound_tick(struct outbound *o);

/* outbound_restart(o): decide again from the start; what is under way stays. */
void outbound_restart(struct outbound *o);

/*
 * outbound_run(v): give every ready peer a bounded share of this turn: scan,
 * decide, hold the frames until the turn is on disk.  Wakes itself again
 * while there is more.
 */
void outbound_run(struct vault *v);

#endif
