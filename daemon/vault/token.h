/*
 * Tokens: how tools log in to the fronts without a certificate.  Only the
 * SHA-256 of a token is kept; the token itself is shown once.
 */
#ifndef VAULT_TOKEN_H
#define VAULT_TOKEN_H

#include "base/crypto.h"
#include "vault/operator.h"
#include "vault/vault.h"

#define TOKEN_COLLECTIONS_MAX 32	/* names in one list */
#define TOKENS_MAX 1000

/* Names of collections; "*" is every one there is or will be. */
struct token_list {
	char name[TOKEN_COLLECTIONS_MAX][NAME_MAX_BYTES];
	size_t n;
};
bool token_list_has(const struct token_list *l, const char *name);
/*
 * token_list_read(text, out): "all,inbox"; "" is none.  ERR_SYNTAX: not
 * names by commas; ERR_LIMIT.
 */
int token_list_read(struct str text, struct token_list *out) MUST_CHECK;

struct token {
	char name[NAME_MAX_BYTES];
	char desk[NAME_MAX_BYTES];
	struct digest digest;
	struct token_list read, write;
	unix_ms_t created, expires;	/* UNIX_MS_NEVER */
};

struct tokens {
	VEC(struct token) v;		/* by name */
};

/* tokens_load(v, out): all that the store has; what out held goes. */
int tokens_load(struct vault *v, struct tokens *out) MUST_CHECK;
void tokens_clear(struct tokens *ts);
const struct token *token_find(const struct tokens *ts, const char *name);

/*
 * token_add(v, ts, t, by, out): in the open turn: keep t with a new secret,
 * which is appended to out as text, and say so in the log.  ERR_EXISTS,
 * ERR_LIMIT, ERR_* of the store.
 */
struct token_added {
	struct token *t;		/* digest and created are filled in */
	const struct operator *by;
};
int token_add(struct vault *v, struct tokens *ts,
    const struct token_added *a, struct buf *out) MUST_CHECK;

/* token_revoke(v, ts, name, by): likewise; ERR_NOT_FOUND. */
int token_revoke(struct vault *v, struct tokens *ts, const char *name,
    const struct operator *by) MUST_CHECK;

#endif
