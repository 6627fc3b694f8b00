/*
 * Operators: the people who change things.  One is known by the Unix user
 * that called, or by a key with which its comityctl signed the request.
 * What two people must agree on needs two of different names.
 */
#ifndef VAULT_OPERATOR_H
#define VAULT_OPERATOR_H

#include <jansson.h>

#include "audit/approval.h"
#include "vault/vault.h"

#define OPERATOR_NAME_MAX 96

/* Who speaks.  Zero is nobody; operator_clear frees what it owns. */
struct operator {
	char name[OPERATOR_NAME_MAX];	/* "duty", "unix:alice", "uid:1000" */
	bool listed;		/* in `operators`, or there is no such list */
	bool all_roles;		/* there is no such list */
	char roles[SETTINGS_ROLES_MAX][32];
	size_t nroles;
	bool by_key;
	struct audit_proof proof;	/* request borrows from request */
	char *request;			/* owned */
};

void operator_clear(struct operator *op);

/*
 * operator_by_user(v, uid, user, out): who that Unix user is; user is its
 * name, or "" where the system does not know one.
 */
void operator_by_user(const struct vault *v, uint32_t uid, const char *user,
    struct operator *out);

/*
 * operator_by_key(v, signed, nonce, out): who signed a request.  request is
 * "command LF arguments", the arguments as compact JSON with sorted keys;
 * proof is the member "operator" of the request {key, signature} in base64;
 * nonce is what this connection was given for it.  ERR_DENIED with e: no
 * operator has that key; ERR_SIGNATURE with e.
 */
struct operator_claim {
	const json_t *proof;
	struct str request;
	const uint8_t *nonce;	/* APPROVAL_NONCE_BYTES; NULL: none was given */
};
int operator_by_key(const struct vault *v, const struct operator_claim *c,
    struct operator *out, struct err *e) MUST_CHECK;

/* operator_has_role(op, role): may it speak as "duty", "legal", ...? */
bool operator_has_role(const struct operator *op, const char *role);

/*
 * operator_text(cert_id, nonce, request, out): append what an operator
 * signs (comityctl(1), OPERATORS).
 */
void operator_text(const char *cert_id, const uint8_t *nonce,
    struct str request, struct buf *out);

#endif
