/*
 * Peers: the CERTs whose cards we hold, what we know of each, and the one
 * live link to it.
 */
#ifndef VAULT_PEER_H
#define VAULT_PEER_H

#include "config/card.h"
#include "gate/delivery.h"
#include "gate/release.h"
#include "vault/rate.h"
#include "vault/vault.h"

struct link;
struct link_memory;
struct taxii_peer;
struct terms;

/* Counts since the vault started. */
struct peer_counts {
	uint64_t received;	/* records stored that came from it */
	uint64_t unchanged;	/* that we had already, byte for byte */
	uint64_t refused;	/* that we did not take */
	uint64_t sent_bytes, sessions;
};

struct peer {
	struct vault *v;		/* borrowed */
	struct card card;
	struct verify_key *key;		/* owned; its identity key, or NULL */
	/* Owned: it is a TAXII server, without card and key; or NULL. */
	struct taxii_peer *taxii;
	struct gate_party party;
	struct terms *terms;		/* owned; what is agreed with it */
	struct delivery *delivery;	/* owned */
	struct release *release;	/* owned: our stream to it */
	struct link *link;		/* borrowed; NULL when not connected */
	struct timer *redial;		/* owned */
	unsigned attempts;		/* dials since it was last ready */
	size_t next_endpoint;
	uint64_t dialing;		/* number of the dial under way, or 0 */
	/* What it sends us: its store's epoch, and how far we have it. */
	uint8_t epoch[16];
	uint64_t cursor;
	struct peer_counts counts;
	char last_state[160];		/* why it is not connected, for people */
	unix_ms_t last_contact, since;
	int64_t skew_ms;		/* its clock minus ours */
	struct link_memory *memory;	/* owned: of the last link's proof */
	struct quota questions, asks;	/* of what it asks us */
	struct quota asked;		/* what we ask it */
	/* What it says of others, what we say to it, what it answers. */
	struct quota statements, statements_said, statements_taken;
	struct rate rate;		/* of what it sends us */
	int64_t unsigned_s;		/* seconds connected, and no receipt */
	bool removed;
	bool ask_again;		/* it refused to us what we would take now */
	mono_ms_t asked_again;
	int64_t consulted;	/* cases are opened for what waits up to here */
};

struct peers;

/*
 * peers_load(v, out): every card in the store, with its delivery state.
 * ERR_* of the store; a card that no longer reads is logged and left out.
 */
int peers_load(struct vault *v, struct peers **out) MUST_CHECK;
void peers_free(struct peers *ps);

/* peers_find(ps, id): by CERT id, or NULL. */
struct peer *peers_find(const struct peers *ps, struct str id);
size_t peers_count(const struct peers *ps);
struct peer *peers_at(const struct peers *ps, size_t i);

/*
 * peers_add(ps, card, out): add or replace in the open turn.  Return 1 if
 * something changed, 0 if the same card was there; ERR_* of the store.
 */
int peers_add(struct peers *ps, const struct card *card,
    struct peer **out) MUST_CHECK;

/*
 * peers_add_taxii(ps, cert_id, out): a peer that is a TAXII server; nothing
 * of it is stored.  ERR_* of the store.
 */
int peers_add_taxii(struct peers *ps, const char *cert_id,
    struct peer **out) MUST_CHECK;

/* peers_drop_taxii(ps, p): forget it; what was delivered is remembered. */
void peers_drop_taxii(struct peers *ps, struct peer *p);

/* peers_remove(ps, p): forget the card, end the link; in the open turn. */
int peers_remove(struct peers *ps, struct peer *p) MUST_CHECK;

/*
 * peers_policy_changed(ps, differs): a policy took effect: look the peers up
 * in it; if it differs, decide again what was not delivered, and say so on
 * disk in the same turn.
 */
void peers_policy_changed(struct peers *ps, bool differs);

/*
 * peer_party_under(p, policy, out): the party the gate would see if that
 * policy were in force, by the terms the peer said it holds.  out->met is
 * borrowed from p and filled anew by the next call.
 */
void peer_party_under(const struct peer *p, const struct policy *policy,
    struct gate_party *out);

/* peers_decide_again(ps): what was not delivered is decided again. */
void peers_decide_again(struct peers *ps);

/*
 * peers_posture_changed(ps): people changed a posture, or one has ended: for
 * the peers of that country decide again, as after a change of policy.
 */
void peers_posture_changed(struct peers *ps);

/*
 * peers_trust_changed(ps): evidence came or wore off: where a band is another
 * say so in the log (AUDIT_TRUST: u64 time, str8 peer, u8 dimension, u8 band
 * before, u8 now) and decide again, as after a change of policy.
 */
void peers_trust_changed(struct peers *ps);

/*
 * peers_terms_changed(ps): circles are others: what counts is looked at
 * again, said to every peer, and decided again where it differs.
 */
void peers_terms_changed(struct peers *ps);

/*
 * peers_terms_ended(ps): look for agreements that ended since; what they
 * alone let flow stops.  Return true if there was one.
 */
bool peers_terms_ended(struct peers *ps);

/* peers_reload_delivery(ps): after a roll-back, read it from the store. */
int peers_reload_delivery(struct peers *ps) MUST_CHECK;

/* peers_save(ps): in the open turn, save what changed. */
int peers_save(struct peers *ps) MUST_CHECK;

/* peers_keys(arg = peers, cert id): for the gate (struct gate_options). */
const struct verify_key *peers_keys(void *arg, const char *cert_id);

/* peer_dial_soon(p): dial after the back-off, unless a link is up. */
void peer_dial_soon(struct peer *p);

/* peer_save_cursor(p): in the open turn, what of its stream we hold. */
int peer_save_cursor(struct peer *p) MUST_CHECK;

/*
 * peer_failed(p, dialed, text): a connection to or from it did not get as
 * far as ready; dialed: it was our dial.
 */
void peer_failed(struct peer *p, bool dialed, const char *text);

/* peer_down(p, text): its link is gone, for that reason. */
void peer_down(struct peer *p, const char *text);

#endif
