/*
 * Postures between countries, as people set them while the daemon runs.
 *
 * One can only take away from what the policy's own `in-force` leaves.  Two
 * people agree to every change, in either direction; each ends by itself
 * after at most 30 days, unless it is renewed.  All of it is in the store
 * and in the log (vault/approval.h).
 */
#ifndef VAULT_POSTURE_H
#define VAULT_POSTURE_H

#include "vault/approval.h"

#define POSTURE_DAYS_MAX 30
#define POSTURE_PROPOSAL_DAYS 7		/* for the second person */
#define POSTURE_REASON_MAX 512

enum posture_change { POSTURE_SET, POSTURE_LIFT, POSTURE_RENEW };

/* posture_change_name(c): "set", "lift", "renew"; never NULL. */
const char *posture_change_name(enum posture_change c);

struct posture_entry {
	char country[3];
	enum posture level;
	unix_ms_t since, until;
	struct approvers by;
	char reason[POSTURE_REASON_MAX];
};

/* What one person proposed; entry.since is when. */
struct posture_proposal {
	uint32_t number;
	enum posture_change change;
	struct posture_entry entry;
};

struct postures {
	struct vault *v;			/* borrowed */
	VEC(struct posture_entry) in_force;
	VEC(struct posture_proposal) proposed;
	uint32_t last;				/* number given */
};

/* postures_open(v, out): what the store knows.  ERR_* of the store. */
int postures_open(struct vault *v, struct postures **out) MUST_CHECK;
void postures_free(struct postures *ps);

/* postures_reopen(ps): a turn was undone: read them from the store again. */
int postures_reopen(struct postures *ps) MUST_CHECK;

/* postures_find(ps, country): what people set for it, or NULL. */
const struct posture_entry *postures_find(const struct postures *ps,
    const char *country);

/*
 * What people do; each is on disk when it returns.  e says for people what
 * is wrong: ERR_DENIED (no operator), ERR_NOT_FOUND, ERR_EXISTS (the same
 * person again), ERR_USAGE, ERR_LIMIT, ERR_* of the store.
 *
 * posture_propose(ps, op, p, e): propose p (change, country, level, until,
 * reason); until 0: as late as may be.  Returns its number.
 */
int posture_propose(struct postures *ps, const struct operator *op,
    const struct posture_proposal *p, struct err *e) MUST_CHECK;

struct posture_word {
	const struct operator *by;
	uint32_t number;
	const char *reason;	/* or NULL */
};
/* posture_approve(ps, w, e): a second person agrees: it takes effect. */
int posture_approve(struct postures *ps, const struct posture_word *w,
    struct err *e) MUST_CHECK;
/* posture_withdraw(ps, w, e): the proposal is dropped. */
int posture_withdraw(struct postures *ps, const struct posture_word *w,
    struct err *e) MUST_CHECK;

/* postures_tick(ps): end what has had its time. */
void postures_tick(struct postures *ps);

#endif
