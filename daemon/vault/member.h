/*
 * Members: where a case is about a record that goes by a circle, the other
 * members of that circle are asked too.  Each answers for itself; what they
 * say is shown to our people, and counts for nothing by itself.
 */
#ifndef VAULT_MEMBER_H
#define VAULT_MEMBER_H

#include "vault/consult/consult.h"

enum member_word { MEMBER_WAITING, MEMBER_AGREES, MEMBER_DECLINES };

/* What one member was asked about one case, and said. */
struct member {
	uint64_t number;		/* of the case */
	char id[CERT_ID_MAX + 1];
	struct buf question;		/* owned: CONSULT as it was signed */
	struct buf answer;		/* owned: CONSULT_ANSWER; or empty */
	struct digest digest;		/* of the question */
	enum member_word word;
	char reason[CONSULT_TEXT_MAX];
	unix_ms_t at;			/* when it answered */
	uint64_t session;		/* in which it was asked last; or 0 */
};

struct members;

/* members_open(v, out): those of the store.  ERR_* of the store. */
int members_open(struct vault *v, struct members **out) MUST_CHECK;
void members_free(struct members *m);

/* members_reopen(v): after a roll-back: read them again. */
int members_reopen(struct vault *v) MUST_CHECK;

/*
 * members_tick(m): once a second: ask who is connected and was not asked,
 * and again who did not answer on an earlier connection.
 */
void members_tick(struct members *m);

/*
 * member_answered(p, payload): CONSULT_ANSWER came.  What is about no open
 * question, or from one who is no member any more, is logged and left;
 * ERR_* closes the link.
 */
int member_answered(struct peer *p, struct str payload) MUST_CHECK;

/* members_at(m, i): the i-th, by case; or NULL. */
const struct member *members_at(const struct members *m, size_t i);

/*
 * member_shares(p, circle): do we and that peer have the circle of that name
 * in force with each other?
 */
bool member_shares(const struct peer *p, struct str circle);

/* consult_log(v, peer, type, payload): a signed message, into the log. */
int consult_log(struct vault *v, const char *peer, uint8_t type,
    struct str payload) MUST_CHECK;

/* member_word_name(w): "asked", "agrees", "declines". */
const char *member_word_name(enum member_word w);

#endif
