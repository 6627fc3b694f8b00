/*
 * Standing: what each peer is told of its own scores at us, and what each
 * told us of ours (wire/msg_standing.h).  A peer is told about itself alone:
 * no other CERT, no text of a person, no record that it did not give.
 */
#ifndef VAULT_TRUST_STANDING_H
#define VAULT_TRUST_STANDING_H

#include "trust/trust.h"
#include "vault/peer.h"

struct evidence_item;
struct standings;

/*
 * standings_open(v, out): what can be said of the evidence in the store;
 * after evidence_open.  ERR_* of the store, ERR_CRYPTO.
 */
int standings_open(struct vault *v, struct standings **out) MUST_CHECK;
void standings_free(struct standings *ss);

/* standings_reopen(v): a turn was undone: read it again. */
int standings_reopen(struct vault *v) MUST_CHECK;

/*
 * standings_policy_changed(v): what items count may be other than before;
 * every peer is told.
 */
void standings_policy_changed(struct vault *v);

/* standing_noted(ss, item): it was counted.  ss may be NULL. */
void standing_noted(struct standings *ss, const struct evidence_item *item);

/* standings_look(ss): scores may be others: at the next tick it is told. */
void standings_look(struct standings *ss);

/* standings_tick(ss): once a second: tell whom it concerns. */
void standings_tick(struct standings *ss);

/*
 * standing_key(ss, peer, key): by what that peer knows the item of evidence
 * about it that has this key in the store; never 0.
 */
uint64_t standing_key(const struct standings *ss, struct str peer,
    uint64_t key);

/*
 * standing_of(v, p, d, out): the score of that dimension, from what people
 * put it at first and the evidence.
 */
void standing_of(const struct vault *v, const struct peer *p,
    enum trust_dimension d, struct trust_score *out);

/*
 * standing_received(p, payload): STANDING came: it is kept.  ERR_LIMIT they
 * come too often, ERR_* of the decoder and the store; all end the link.
 */
int standing_received(struct peer *p, struct str payload) MUST_CHECK;

/*
 * standing_told(v, peer, arena, out_at, out_payload): the last STANDING of
 * that peer, and when it came.  ERR_NOT_FOUND, ERR_* of the store.
 */
int standing_told(const struct vault *v, const char *peer,
    struct arena *arena, unix_ms_t *out_at, struct str *out_payload)
    MUST_CHECK;

#endif
