/*
 * A link: one channel to a session process, bound once to one peer.
 *
 * The session reports what TLS knows (CONNECTED); the rest of the protocol
 * is spoken here, with the peer's vault: HELLO and PROVE with the identity
 * keys over the TLS exporter, then TERMS and SUBSCRIBE, then records.
 */
#ifndef VAULT_LINK_H
#define VAULT_LINK_H

#include "vault/peer.h"
#include "wire/close_reason.h"

struct link;
struct outbound;

/*
 * link_adopt(v, fd, number, dialed, peer): serve the channel fd (taken
 * over) of session `number`.  dialed: we called that peer.
 */
struct link_origin {
	uint64_t number;
	bool dialed;
	struct str peer;	/* CERT id, when dialed */
	struct str address;
};
void link_adopt(struct vault *v, int fd, const struct link_origin *o);

/* link_gone(v, number): the session process of that number has ended. */
void link_gone(struct vault *v, uint64_t number);

/*
 * link_close(l, reason, text): say BYE or ERROR, end the session, free at
 * the end of the dispatch.  text may be NULL.  Does nothing twice.
 */
void link_close(struct link *l, enum close_reason reason, const char *text);

/* links_free(v): at the very end, every link at once. */
void links_free(struct vault *v);

/* link_close_all(v, reason): every link of this vault. */
void link_close_all(struct vault *v, enum close_reason reason);

/* link_send(l, type, payload): queue one frame to the peer. */
void link_send(struct link *l, uint8_t type, struct str payload);

/*
 * link_hold(l, type, payload): the same, but only once this turn is on
 * disk; dropped with the link if it is not.
 */
void link_hold(struct link *l, uint8_t type, struct str payload);

/*
 * link_say(l, type, payload): the same if a turn is open, whose changes it
 * may tell of; else at once.
 */
void link_say(struct link *l, uint8_t type, struct str payload);

/* link_terms_changed(l): the policy is another: say our terms again. */
void link_terms_changed(struct link *l);

/*
 * What others want to know of a link: whether records may flow, whose it is
 * (NULL before HELLO), its stream of our records (NULL before ready), and
 * the name of its state.
 */
bool link_is_ready(const struct link *l);
bool link_heard_terms(const struct link *l);	/* may it be told anything? */
struct peer *link_peer(const struct link *l);
struct outbound *link_outbound(const struct link *l);
const char *link_state_name(const struct link *l);

/* What `peer check` wants to know of the live or the last link. */
struct link_progress {
	int tls, pins, identity;	/* 1 good, 0 failed, -1 not reached */
	char tls_text[160], pins_text[160], identity_text[160];
	bool ready;
};
void link_progress(const struct peer *p, struct link_progress *out);

#endif
