/*
 * A peer's records on their way in: RECORDS to the gate, RECEIPT and CREDIT
 * back once they are on disk.
 */
#ifndef VAULT_INBOUND_H
#define VAULT_INBOUND_H

#include "vault/peer.h"

/* inbound_start(p): the link is ready: subscribe and give credit. */
void inbound_start(struct peer *p);

/* inbound_tick(p): now and then: credit that was withheld may be given. */
void inbound_tick(struct peer *p);

/*
 * inbound_records(p, payload): RECORDS came.  ERR_SYNTAX and the like if it
 * is malformed or its position goes back: the link is closed.
 */
int inbound_records(struct peer *p, struct str payload) MUST_CHECK;

#endif
