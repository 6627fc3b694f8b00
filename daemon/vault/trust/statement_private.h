/* The inside of the statements; only their own files include it. */
#ifndef VAULT_TRUST_STATEMENT_PRIVATE_H
#define VAULT_TRUST_STATEMENT_PRIVATE_H

#include "vault/trust/statement.h"

struct statements {
	struct vault *v;			/* borrowed */
	VEC(struct statement *) all;		/* owned */
	VEC(struct statement_told *) told;	/* owned */
	unsigned ticks;
	bool look;				/* judge at the next tick */
	bool look_sponsors;			/* ... the vouches that count */
};

/* statement_key(m, dst): "from/about/vouch"; one for a vouch and its end. */
const char *statement_key(const struct msg_statement *m,
    char dst[static STATEMENT_KEY_MAX]);

/* statement_by_key(ss, key), told_find(ss, to, key): or NULL. */
struct statement *statement_by_key(const struct statements *ss,
    const char *key);
struct statement_told *told_find(const struct statements *ss,
    const char *to, const char *key);

/*
 * In the open turn: statement_keep(ss, payload, via, out): in the place of
 * the one with the same key; it counts nothing yet, and who was told of that
 * one is told of this.  statement_write(ss, s),
 * told_write(ss, t): as they are now.  told_keep(ss, to, key, out): a new
 * receiver, or the one there is, who has not answered.  ERR_* of the store.
 */
int statement_keep(struct statements *ss, struct str payload,
    const char *via, struct statement **out) MUST_CHECK;
int statement_write(struct statements *ss, const struct statement *s)
    MUST_CHECK;
int told_write(struct statements *ss, const struct statement_told *t)
    MUST_CHECK;
int told_keep(struct statements *ss, const char *to, const char *key,
    struct statement_told **out) MUST_CHECK;

/*
 * statement_answer(p, s): tell p, which is connected, what became of what it
 * said, once that is on disk.  statements_judge(ss, all): judge all of them,
 * or the vouches that count.
 */
void statement_answer(struct peer *p, const struct statement *s);
int statements_judge(struct statements *ss, bool all) MUST_CHECK;

#endif
