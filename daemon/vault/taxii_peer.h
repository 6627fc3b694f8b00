/*
 * Peers that are TAXII servers: what comityd.yaml says of each, the channel
 * to the process that speaks to it, how far each collection was polled, and
 * what is under way to it.  To the gate they are peers like others.
 */
#ifndef VAULT_TAXII_PEER_H
#define VAULT_TAXII_PEER_H

#include "vault/peer.h"

struct taxii_peer;

/*
 * taxii_peers_configure(v): the settings are others: make, change and drop
 * peers.  One that has a card stays what it is, and that is logged.  ERR_*
 * of the store.
 */
int taxii_peers_configure(struct vault *v) MUST_CHECK;

/* taxii_peer_free(t): with its peer. */
void taxii_peer_free(struct taxii_peer *t);

/*
 * taxii_peer_adopt(v, fd, peer): serve the channel fd (taken over) of the
 * client of that peer; closed at once if it is none.
 */
void taxii_peer_adopt(struct vault *v, int fd, struct str peer);

/* taxii_peer_state(t): "starting", "polling", "waiting" or "failing". */
const char *taxii_peer_state(const struct taxii_peer *t);

/* taxii_peer_run(t): its share of this turn; true if there may be more. */
bool taxii_peer_run(struct taxii_peer *t);

/* taxii_peer_tick(t): once a second. */
void taxii_peer_tick(struct taxii_peer *t);

#endif
