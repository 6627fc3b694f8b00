/*
 * The inside of the cases.  Only consult.c and consult_held.c include it.
 */
#ifndef VAULT_CONSULT_PRIVATE_H
#define VAULT_CONSULT_PRIVATE_H

#include "base/map64.h"
#include "vault/consult/consult.h"

struct consult {
	struct vault *v;		/* borrowed */
	VEC(struct consult_case *) all;	/* owned; by number */
	struct map64 latest;		/* of the case, by peer and record */
	uint64_t next;			/* number */
	size_t counts[CASE_STATES];
	unsigned ticks;
	bool passed;			/* the last scan came to the end */
	bool look_held, decide_held;	/* at what came in and waits */
	bool look_gone;			/* for records that were recalled */
	struct consult_case forgotten;	/* stands for what is dropped */
	unsigned untold;		/* opened since people were told */
	unix_ms_t told;
};

/* case_key(peer, seq): of the latest case about that. */
uint64_t case_key(const char *peer, int64_t seq);

/* case_keep(c, x): x, which is owned from here on, is one of the cases. */
int case_keep(struct consult *c, struct consult_case *x);

/*
 * case_change(c, x, to, said): in the open turn: the case as it is now, and
 * what was said, are kept.  That a case was opened, or is moot, nobody said:
 * said is NULL.  ERR_* of the store: the turn fails then.
 */
int case_change(struct consult *c, struct consult_case *x,
    enum case_state to, const struct approval *said) MUST_CHECK;

/*
 * case_check_held(c, x, e): may the record of that case come in if people
 * agree?  ERR_DENIED with e: the policy does not let it in now; ERR_* of
 * the store.
 */
int case_check_held(const struct consult *c, const struct consult_case *x,
    struct err *e) MUST_CHECK;

/* case_let_in(c, x): in the open turn: it comes in.  The turn may fail. */
int case_let_in(struct consult *c, const struct consult_case *x) MUST_CHECK;

/*
 * case_throw_away(c, x): in the open turn: what nobody agreed to, and waits
 * to come in, does not stay.  ERR_* of the store: the turn fails then.
 */
int case_throw_away(struct consult *c, const struct consult_case *x)
    MUST_CHECK;

/* consult_look_held(c): open cases for what came in, or let it in. */
void consult_look_held(struct consult *c);

#endif
