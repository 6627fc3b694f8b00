/*
 * Cases: records that the policy puts to people, one for each record and
 * peer.  A case has a panel, needs a quorum of distinct people, and ends
 * after a time; what is agreed releases exactly that record to exactly its
 * desks, and changes no policy.  Cases are in the store, and every word said
 * about one is in the log.
 */
#ifndef VAULT_CONSULT_CONSULT_H
#define VAULT_CONSULT_CONSULT_H

#include "gate/gate.h"
#include "vault/approval.h"
#include "vault/peer.h"

#define CONSULT_OPEN_MAX 1000	/* cases open at once; the rest waits */
#define CONSULT_CLOSED_MAX 2000	/* kept beside them; older are in the log */
#define CONSULT_TEXT_MAX 256

enum case_state {
	CASE_OPEN,
	CASE_AGREED,		/* it goes, or went */
	CASE_DECLINED,
	CASE_EXPIRED,		/* nobody answered in time: denied */
	CASE_MOOT,		/* the policy decides it by itself now */
};
#define CASE_STATES 5

/* case_state_name(s): "open", "agreed", ...; never NULL. */
const char *case_state_name(enum case_state s);

struct consult_case {
	uint64_t number;		/* from 1 */
	int64_t seq;			/* the record's version */
	char peer[CERT_ID_MAX + 1];
	char record[STIX_ID_MAX + 1];
	char kind[NAME_MAX_BYTES];
	char by[NAME_MAX_BYTES];	/* the rule that asks */
	char circle[NAME_MAX_BYTES];	/* its basis, or "" */
	char desks[CONSULT_TEXT_MAX];	/* "cert-xb/ops cert-xb/lea" */
	char asked[CONSULT_TEXT_MAX];	/* who asked for it and why, or "" */
	struct digest digest;		/* SHA-256 of the record's bytes */
	unix_ms_t opened, deadline, closed, until;
	enum case_state state;
	bool incoming;			/* may it come in? from `peer` */
	struct approvers yes;
	char no[OPERATOR_NAME_MAX];	/* who declined */
	char reason[CONSULT_TEXT_MAX];	/* what was said last */
};

struct consult;

/* consult_open(v, out): the cases of the store.  ERR_* of the store. */
int consult_open(struct vault *v, struct consult **out) MUST_CHECK;
void consult_free(struct consult *c);

/* consult_reopen(v): after a roll-back: read the cases again. */
int consult_reopen(struct vault *v) MUST_CHECK;

/*
 * consult_tick(c): once a second: open cases for what waits while there is
 * room, end those whose time is over or that the policy settled, and tell
 * people about new ones.  In turns of its own; failures degrade the vault.
 */
void consult_tick(struct consult *c);

/* consult_rescan(c): what waits was decided anew: look at all of it. */
void consult_rescan(struct consult *c);

/* consult_recalled(c): a record was recalled: nobody is asked about it. */
void consult_recalled(struct consult *c);

/* consult_held(c): something came in that people must agree to. */
void consult_held(struct consult *c);

/* consult_remind(c, p): p is connected: what was agreed and is not there. */
void consult_remind(struct consult *c, struct peer *p);

/*
 * consult_ask(c, p, seq, wish, out): the case about that record and peer,
 * opened in the open turn if there is none; wish: somebody asked for it, or
 * NULL.  ERR_DENIED: the policy does not put it to people, or not for that
 * desk; ERR_LIMIT: too many are open; ERR_* of the store.
 */
struct consult_wish {
	int desk;		/* of the peer, in the policy: for it alone */
	const char *text;	/* who asked, and why */
};
int consult_ask(struct consult *c, struct peer *p, int64_t seq,
    const struct consult_wish *wish, struct consult_case **out) MUST_CHECK;

/*
 * consult_say(c, number, word, e): an operator agrees or declines, in the
 * open turn.  ERR_DENIED with e: no such case, closed, over, said already,
 * not of the panel; ERR_* of the store.  out_case is then as it is now.
 */
struct consult_word {
	const struct operator *by;
	bool agrees;
	const char *reason;		/* or NULL */
};
int consult_say(struct consult *c, uint64_t number,
    const struct consult_word *word, struct consult_case **out,
    struct err *e) MUST_CHECK;

/* consult_may_say(c, by): is that operator of the panel of the policy? */
bool consult_may_say(const struct consult *c, const struct operator *by);

/* consult_next(c): the number of the next case. */
uint64_t consult_next(const struct consult *c);

/* consult_needs(c, x): how many more people must agree; 0: none. */
size_t consult_needs(const struct consult *c, const struct consult_case *x);

/* consult_find(c, number), consult_at(c, i): a case, or NULL. */
struct consult_case *consult_find(const struct consult *c, uint64_t number);
const struct consult_case *consult_at(const struct consult *c, size_t i);

/* consult_of(c, peer, seq): the latest case about that, or NULL. */
struct consult_case *consult_of(const struct consult *c, const char *peer,
    int64_t seq);

/* consult_count(c, s): how many cases are in that state. */
size_t consult_count(const struct consult *c, enum case_state s);

/*
 * consult_agreed(arg = peer, seq, out): for the gate (struct
 * release_options).
 */
bool consult_agreed(void *arg, int64_t seq, struct desk_set *out);

#endif
