/*
 * What the halves of a TAXII peer share.  Only taxii_*.c include it.
 */
#ifndef VAULT_TAXII_PRIVATE_H
#define VAULT_TAXII_PRIVATE_H

#include "net/channel.h"
#include "vault/taxii_peer.h"

/* Objects under way: what the server's status will settle. */
struct taxii_batch {
	uint64_t number;	/* position in our stream to it */
	struct buf payload;	/* CLIENT_PUSH */
	size_t n;
	int64_t *seqs;		/* owned */
	bool *redacted;		/* owned */
};

struct taxii_peer {
	struct peer *p;			/* borrowed */
	struct vault *v;		/* borrowed */
	struct settings_taxii_peer is;
	bool wanted;			/* while settings are gone through */
	struct channel *channel;	/* owned; NULL: no process */
	char state[16];
	bool stored_waits;	/* on disk, and over its rate */
	bool refused;		/* our policy kept out something of it */
	VEC(struct taxii_batch) batches;	/* owned; [0] is sent */
	bool sent;		/* the first of them */
};

/* taxii_end(t): something went wrong: the process is to start anew. */
void taxii_end(struct taxii_peer *t);

/*
 * taxii_ask_again(t): our policy is another: what it kept out may be welcome
 * now, and is fetched again, with all the rest, which is here already.
 */
void taxii_ask_again(struct taxii_peer *t);

/* taxii_pushed(t, payload): CLIENT_PUSHED came. */
int taxii_pushed(struct taxii_peer *t, struct str payload) MUST_CHECK;

/* taxii_push_forget(t): what was under way is decided again. */
void taxii_push_forget(struct taxii_peer *t);

#endif
