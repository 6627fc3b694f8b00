/*
 * The policy in force, and how another one comes into force.
 *
 * What is in force is kept in the store, files and all, so that what lies
 * in the configuration directory is only a proposal.  A proposal that takes
 * away takes effect at once; one that opens anything waits for two people.
 * With a deadline it is taken back unless somebody confirms it in time.
 * Every step is in the log (vault/approval.h).
 */
#ifndef VAULT_APPLY_H
#define VAULT_APPLY_H

#include "config/file_set.h"
#include "vault/approval.h"

/* What became of a policy that was offered. */
enum apply_result {
	APPLY_SAME,		/* it is in force already */
	APPLY_IN_FORCE,		/* it took effect */
	APPLY_PENDING,		/* it opens something: people must approve */
	APPLY_RETURNED,		/* it was taken back before: apply it again */
	APPLY_UNCONFIRMED,	/* another change waits to be confirmed */
	APPLY_UNREADABLE,	/* at start: it does not hold; see problem */
};

/* apply_result_name(r): "same", "in-force", "pending", ...; never NULL. */
const char *apply_result_name(enum apply_result r);

#define APPLY_REASON_MAX 512

/* For whom the files are read.  apply_ask_clear frees what it owns. */
struct apply_ask {
	struct operator by;
	bool apply;		/* `policy apply`, not a mere reload */
	int64_t confirm_ms;	/* take it back after so long; 0: never */
	char reason[APPLY_REASON_MAX];
};
void apply_ask_copy(struct apply_ask *dst, const struct apply_ask *src);
void apply_ask_clear(struct apply_ask *a);

/* A policy that waits for people. */
struct apply_pending {
	struct digest digest;
	unix_ms_t at;
	struct approvers by;	/* who agreed so far, the proposer first */
	int64_t confirm_ms;
	char reason[APPLY_REASON_MAX];
	char opens[APPLY_REASON_MAX];	/* what it opens, for people */
};

struct apply {
	struct vault *v;		/* borrowed */
	bool known;			/* a policy is in force */
	struct digest digest;		/* of it */
	unix_ms_t at;			/* since when */
	char by[APPLY_REASON_MAX];	/* whose it is, names by commas */
	bool waiting;			/* pending is filled */
	struct apply_pending pending;
	bool unconfirmed;		/* it is taken back at deadline */
	unix_ms_t deadline;
	struct digest previous;		/* what comes back then */
	bool returned;			/* it was: last_returned is filled */
	struct digest last_returned;
	uint32_t nhistory;
	char problem[APPLY_REASON_MAX];	/* of the files on disk; or empty */
};

/* apply_open(v, out): what the store knows of it.  ERR_* of the store. */
int apply_open(struct vault *v, struct apply **out) MUST_CHECK;
void apply_free(struct apply *a);

/* apply_reopen(a): a turn was undone: read it from the store again. */
int apply_reopen(struct apply *a) MUST_CHECK;

/*
 * apply_restore(a, e): at start: put into force what the store says is, and
 * take back what was not confirmed in time.  Return 1 if a policy is in
 * force now, 0 if there was none yet or it does not hold any more (said in
 * the log); ERR_* of the store with e.
 */
int apply_restore(struct apply *a, struct err *e) MUST_CHECK;

/*
 * apply_offer(a, files, policy, ask, e): policy was read and proved from
 * files (borrowed); it is taken over.  ask NULL: nobody in particular.
 * Return an apply_result; ERR_* of the store with e: nothing changed.
 */
int apply_offer(struct apply *a, const struct file_set *files,
    struct policy *policy, const struct apply_ask *ask, struct err *e)
    MUST_CHECK;

/* apply_problem(a, text): what is on disk does not hold; "" for all well. */
void apply_problem(struct apply *a, const char *text);

/*
 * What people do, each in a turn of its own that is on disk on return.
 * ERR_NOT_FOUND: there is nothing of the kind; ERR_* of the store; e says
 * it for people.
 *
 * apply_approve(a, digest, op, reason, e): a person agrees to the pending
 * policy whose digest begins with these hexadecimal digits (8 at least).
 * APPLY_IN_FORCE or APPLY_PENDING (one more is needed); ERR_EXISTS: the same
 * person again; ERR_DENIED: no operator.
 */
struct apply_word {
	const struct operator *by;
	const char *digest, *reason;	/* or NULL */
};
int apply_approve(struct apply *a, const struct apply_word *w,
    struct err *e) MUST_CHECK;
/* apply_confirm(a, w, e): the policy stays. */
int apply_confirm(struct apply *a, const struct apply_word *w,
    struct err *e) MUST_CHECK;
/* apply_withdraw(a, w, e): drop what is pending, else take back what is
 * unconfirmed.  Return 1 if something was taken back, 0 if dropped. */
int apply_withdraw(struct apply *a, const struct apply_word *w,
    struct err *e) MUST_CHECK;

/* apply_tick(a): once a second: take back what was not confirmed in time. */
void apply_tick(struct apply *a);

/* apply_each(a, fn, arg): the history, oldest first; ERR_* of the store. */
struct apply_event {
	unix_ms_t at;
	struct str event, digest, by, reason;
};
int apply_each(struct apply *a,
    void (*fn)(void *arg, const struct apply_event *ev), void *arg)
    MUST_CHECK;

#endif
