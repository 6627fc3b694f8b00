/*
 * What people decided, signed and in the log; and two people.
 */
#ifndef VAULT_APPROVAL_H
#define VAULT_APPROVAL_H

#include "vault/operator.h"

struct approval {
	const char *what;	/* "policy", "posture", "case", ... */
	const char *subject;	/* the digest or number of what it is about */
	/* Who decided; NULL: the daemon by itself ("comity"). */
	const struct operator *by;
	const char *verdict;	/* "propose", "approve", "expire", ... */
	const char *reason;	/* or NULL */
};

/*
 * approval_log(v, a): append it to the log in the open turn, with the
 * operator's own signature where there is one, signed by the identity key.
 * ERR_* as audit_append: the caller lets the turn fail.
 */
int approval_log(struct vault *v, const struct approval *a) MUST_CHECK;

/*
 * The people who agreed to one thing.  Written to the store as it is here,
 * so names are what counts.
 */
#define APPROVERS_MAX 8
struct approvers {
	char name[APPROVERS_MAX][OPERATOR_NAME_MAX];
	size_t n;
};

/*
 * approvers_add(a, op): add a person.  Return how many there are now;
 * ERR_EXISTS if that person is among them already; ERR_DENIED if op is no
 * operator; ERR_LIMIT.
 */
int approvers_add(struct approvers *a, const struct operator *op) MUST_CHECK;
bool approvers_has(const struct approvers *a, const char *name);
/* approvers_text(a, out): append the names, by commas; "nobody" for none. */
void approvers_text(const struct approvers *a, struct buf *out);

/* Their form in the store; decode through the cursor. */
void approvers_out(struct buf *b, const struct approvers *a);
void approvers_cur(struct cur *c, struct approvers *out);

#endif
