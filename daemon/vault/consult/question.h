/*
 * Questions: what other members of a circle ask us about their cases.  They
 * wait for our people until their time is over; one word of our panel is
 * our answer, and it is said under our signature.
 */
#ifndef VAULT_CONSULT_QUESTION_H
#define VAULT_CONSULT_QUESTION_H

#include "vault/consult/consult.h"
#include "wire/msg_consult.h"

#define QUESTIONS_PEER_MAX 100	/* of one peer open at once */

struct question {
	uint64_t number;		/* ours, from 1: shown as "q1" */
	struct buf payload;		/* owned: CONSULT as it came */
	struct msg_consult m;		/* borrows from payload */
	struct digest digest;		/* of payload */
	struct buf answer;		/* owned: what we said; or empty */
	bool agrees;			/* if there is an answer */
	char by[OPERATOR_NAME_MAX];	/* who answered */
	char reason[CONSULT_TEXT_MAX];
	unix_ms_t answered;
};

struct questions;

/* questions_open(v, out): those of the store.  ERR_* of the store. */
int questions_open(struct vault *v, struct questions **out) MUST_CHECK;
void questions_free(struct questions *qs);

/* questions_reopen(v): after a roll-back: read them again. */
int questions_reopen(struct vault *v) MUST_CHECK;

/* questions_tick(qs): once a second: forget what is over, tell people. */
void questions_tick(struct questions *qs);

/*
 * question_received(p, payload): CONSULT came.  One about a circle that we
 * do not have in force with p is not answered, only logged; so is what goes
 * over the limits.  ERR_* closes the link.
 */
int question_received(struct peer *p, struct str payload) MUST_CHECK;

/*
 * question_say(qs, number, word, out, e): in the open turn, our answer; it
 * is sent when the asker is connected.  ERR_DENIED with e: there is none,
 * it was answered, the time is over, not of the panel; ERR_* of the store.
 */
int question_say(struct questions *qs, uint64_t number,
    const struct consult_word *word, struct question **out, struct err *e)
    MUST_CHECK;

/* question_find(qs, number), question_at(qs, i): one, or NULL. */
struct question *question_find(const struct questions *qs, uint64_t number);
const struct question *question_at(const struct questions *qs, size_t i);

/* questions_open_count(qs): how many wait for an answer. */
size_t questions_open_count(const struct questions *qs);

#endif
