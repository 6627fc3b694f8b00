/*
 * TERMS: digests of the agreements and circle charters the sender holds.
 */
#ifndef WIRE_MSG_TERMS_H
#define WIRE_MSG_TERMS_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

#define TERMS_MAX 128
#define TERM_DIGEST_MAX 128

struct msg_term {
	bool circle;		/* its charter; else an agreement */
	struct str id;		/* 1..NAME_MAX_BYTES - 1 bytes */
	struct str digest;	/* text, 1..TERM_DIGEST_MAX bytes */
};

struct msg_terms {
	const struct msg_term *v;	/* <= TERMS_MAX, no term twice */
	size_t n;
};

/*
 * msg_terms_encode(m, out): append the payload; terms over the limits are
 * left out (they then do not count).  msg_terms_decode(payload, a, out): the
 * array is in a.  ERR_SYNTAX, ERR_VALUE (what, empty text, twice),
 * ERR_LIMIT.
 */
void msg_terms_encode(const struct msg_terms *m, struct buf *out);
int msg_terms_decode(struct str payload, struct arena *a,
    struct msg_terms *out) MUST_CHECK;

#endif
