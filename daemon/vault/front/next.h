/*
 * `next` of a page: where the answer went on to, with a MAC.  Nothing is
 * kept for it: it works again after a lost answer and after a restart, and
 * only with the desk, the collection and the filters it was made for.
 */
#ifndef VAULT_FRONT_NEXT_H
#define VAULT_FRONT_NEXT_H

#include "base/crypto.h"
#include "wire/msg_taxii.h"

#define FRONT_NEXT_KEY_BYTES 32

/* What a token is bound to. */
struct front_next {
	const uint8_t *key;	/* FRONT_NEXT_KEY_BYTES, borrowed */
	struct str desk;
	struct str collection;	/* its id */
	struct digest query;	/* front_query_digest */
};

/*
 * front_query_digest(q): of what the answer of a query depends on beside
 * its place: not of limit, which may be another on each page.
 */
struct digest front_query_digest(const struct msg_front_query *q);

/* front_next_make(n, at_us, out): append the token that goes on after it. */
void front_next_make(const struct front_next *n, int64_t at_us,
    struct buf *out);

/*
 * front_next_read(n, token, out_us): ERR_SYNTAX: no token of ours;
 * ERR_DENIED: of ours, but made for something else, or forged.
 */
int front_next_read(const struct front_next *n, struct str token,
    int64_t *out_us) MUST_CHECK;

#endif
