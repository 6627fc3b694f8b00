/*
 * Answers: what a CERT says to how it is scored, on the record.  Ours go to
 * the peer that scores us until it has said what became of them; those of
 * peers are kept beside the evidence.  None changes a score.
 */
#ifndef VAULT_TRUST_ANSWER_H
#define VAULT_TRUST_ANSWER_H

#include "vault/operator.h"
#include "vault/peer.h"
#include "wire/msg_standing.h"

#define ANSWERS_KEPT 1000	/* of each peer, and to each peer */

enum answer_state { ANSWER_WAITS, ANSWER_TAKEN, ANSWER_REFUSED };

/* One of ours. */
struct answer {
	struct buf payload;		/* owned: ANSWER */
	struct msg_answer m;		/* borrows from payload */
	char peer[CERT_ID_MAX + 1];
	enum answer_state state;
	unix_ms_t settled;		/* when it was taken or refused */
	char why[ANSWERED_WHY_MAX + 1];	/* it was refused; "" */
	uint64_t session;		/* on which it was sent */
};

struct answers;

/* answers_open(v, out): those in the store; after standings_open.  ERR_*. */
int answers_open(struct vault *v, struct answers **out) MUST_CHECK;
void answers_free(struct answers *as);

/* answers_reopen(v): a turn was undone: read them again. */
int answers_reopen(struct vault *v) MUST_CHECK;

/* answers_tick(as): once a second: send what waits and was not sent yet. */
void answers_tick(struct answers *as);

/*
 * answer_say(as, m, by, e): in the open turn: answer m->to about m->key, which
 * its last STANDING has, or 0; an earlier one to the same is replaced.
 * ERR_VALUE the text is none, ERR_NOT_FOUND no such key, ERR_LIMIT
 * ANSWERS_KEPT are kept; ERR_* of the store and log; all with e.
 */
int answer_say(struct answers *as, struct msg_answer *m,
    const struct operator *by, struct err *e) MUST_CHECK;

/* answer_to(as, peer, key), answer_at(as, i): one of ours, or NULL. */
const struct answer *answer_to(const struct answers *as, const char *peer,
    uint64_t key);
const struct answer *answer_at(const struct answers *as, size_t i);

/*
 * answer_received(p, payload): ANSWER came: kept and in the log, or refused
 * with a reason.  ERR_AUTH it is not from p to us, ERR_SIGNATURE, ERR_LIMIT
 * they come too often, ERR_* of the decoder and store; all end the link.
 */
int answer_received(struct peer *p, struct str payload) MUST_CHECK;

/* answer_settled(p, payload): ANSWERED came.  ERR_* of decoder and store. */
int answer_settled(struct peer *p, struct str payload) MUST_CHECK;

/*
 * answers_from(as, peer): to how many keys it answered.
 * answer_is_from(as, peer, key): is that one of them?
 */
size_t answers_from(const struct answers *as, const char *peer);
bool answer_is_from(const struct answers *as, const char *peer,
    uint64_t key);

/*
 * answer_from(v, peer, key, arena, out): what that peer said about a key of
 * standing_key, or 0.  ERR_NOT_FOUND, ERR_* of the store.
 */
int answer_from(const struct vault *v, const char *peer, uint64_t key,
    struct arena *arena, struct msg_answer *out) MUST_CHECK;

#endif
