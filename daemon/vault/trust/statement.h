/*
 * Statements: what one CERT says of another and signs (STATEMENT): ours, to
 * whom they are told and what became of them there; and those of others,
 * which are evidence here as soon as, and as long as, they may be.  Of each
 * kind the newest that one CERT says of another is kept; the end of a vouch
 * takes the place of the vouch.
 */
#ifndef VAULT_TRUST_STATEMENT_H
#define VAULT_TRUST_STATEMENT_H

#include "vault/peer.h"
#include "wire/msg_statement.h"

#define STATEMENT_KEY_MAX (2 * CERT_ID_MAX + 20)
#define STATEMENT_WHY_MAX 128
#define STATEMENT_AGE_MS DAY(180)	/* what is older counts no more */
#define STATEMENT_HOLDS_MS DAY(30)	/* the least for an attestation */
#define STATEMENT_AGAIN_MS DAY(30)	/* from a referral to the next */
#define STATEMENT_A_DAY 4		/* vouches and attestations that count */
#define STATEMENT_STRANGERS_MAX 100	/* kept of one CERT, about no peers */

struct statement {
	char key[STATEMENT_KEY_MAX];	/* "from/about/vouch" */
	struct buf payload;		/* owned: STATEMENT as it was signed */
	struct msg_statement m;		/* borrows from payload */
	struct digest digest;		/* SHA-256 of payload */
	bool verified;			/* ... with the key: */
	uint8_t verified_with[ED25519_PUBLIC_BYTES];
	char via[CERT_ID_MAX + 1];	/* who brought it; "": we made it */
	unix_ms_t taken;
	bool counted;			/* it is evidence here */
	unix_ms_t counted_at;		/* it, or one before it; 0: never */
	unsigned counted_today;		/* how many on that day */
	char why[STATEMENT_WHY_MAX];	/* why it is not, for people */
};

/* One statement and one of those who are told of it. */
struct statement_told {
	char to[CERT_ID_MAX + 1];
	char key[STATEMENT_KEY_MAX];	/* of the statement */
	int result;			/* enum statement_result; 0: none yet */
	unix_ms_t at;			/* of the answer; 0: none yet */
	char why[STATEMENT_WHY_MAX];	/* what they said to it */
	uint64_t session;		/* in which it was sent last; or 0 */
};

struct statements;

/* statements_open(v, out): those of the store.  ERR_* of the store. */
int statements_open(struct vault *v, struct statements **out) MUST_CHECK;
void statements_free(struct statements *ss);

/* statements_reopen(v): after a roll-back: read them again. */
int statements_reopen(struct vault *v) MUST_CHECK;

/*
 * statements_tick(ss): once a second: send what was not answered on this
 * connection; now and then judge again what does not count, and whether
 * sponsors still may be.  In turns of its own.
 */
void statements_tick(struct statements *ss);

/*
 * statements_look(ss): peers or the policy are others: judge soon.
 * statements_bands_changed(ss): evidence came: look at sponsors soon.
 */
void statements_look(struct statements *ss);
void statements_bands_changed(struct statements *ss);

/*
 * statement_received(p, payload): p says or hands on something.  ERR_SYNTAX,
 * ERR_VALUE, ERR_LIMIT; ERR_* of the store.  What is wrong with its contents
 * is answered, in words that tell p nothing of our other peers.
 * statement_taken(p, payload): what became of one of ours there.
 */
int statement_received(struct peer *p, struct str payload) MUST_CHECK;
int statement_taken(struct peer *p, struct str payload) MUST_CHECK;

/*
 * statement_take(ss, payload, via, out): somebody gave us that otherwise,
 * as on a card: in the open turn it is kept and judged as if it came from
 * via.  ERR_SYNTAX, ERR_VALUE, ERR_LIMIT; ERR_* of the store.
 */
struct statement_fate {
	const struct statement *kept;	/* borrowed, or NULL */
	const char *why;		/* not kept: why; static */
	bool before;			/* it was kept before */
};
int statement_take(struct statements *ss, struct str payload,
    const char *via, struct statement_fate *out) MUST_CHECK;

/*
 * statement_make(ss, m, out): sign it (from, at and the key of about are
 * found out) and keep it, in the open turn; who was told of the one before
 * is told of this.  ERR_NOT_FOUND about is no peer of ours; ERR_VALUE; ERR_*
 * of the store.
 * statement_tell(ss, s, to): have `to` told of it, in the open turn.
 */
int statement_make(struct statements *ss, struct msg_statement *m,
    const struct statement **out) MUST_CHECK;
int statement_tell(struct statements *ss, const struct statement *s,
    const char *to) MUST_CHECK;

/*
 * statements_gated(ss, about, fact): evidence with that key set a hard gate
 * on it: in the open turn, its sponsors answer.  ERR_* of the store.
 */
int statements_gated(struct statements *ss, struct str about,
    uint64_t fact) MUST_CHECK;

/*
 * statement_at(ss, i), statement_told_at(ss, i): all of them, from 0; NULL
 * after the last.  statement_find(ss, from, about, kind): or NULL.
 */
const struct statement *statement_at(const struct statements *ss, size_t i);
const struct statement_told *statement_told_at(const struct statements *ss,
    size_t i);
const struct statement *statement_find(const struct statements *ss,
    struct str from, struct str about, enum statement_kind kind);

#endif
