/*
 * SUBSCRIBE: what the sender wants to get, and how far it has the other
 * side's stream.
 */
#ifndef WIRE_MSG_SUBSCRIBE_H
#define WIRE_MSG_SUBSCRIBE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "wire/msg_hello.h"

#define SUBSCRIBE_KINDS_MAX 64

struct msg_subscribe {
	const struct str *kinds;	/* names; "*" alone: every kind */
	size_t nkinds;			/* 0: nothing */
	uint8_t min_confidence;		/* 0..100 */
	uint8_t epoch[EPOCH_BYTES];	/* of the store the cursor is about */
	uint64_t cursor;		/* highest position stored; 0 none */
};

/*
 * msg_subscribe_encode(m, out): append the payload; the caller keeps to
 * SUBSCRIBE_KINDS_MAX kinds of less than NAME_MAX_BYTES each (what is over
 * is left out).  msg_subscribe_decode(payload, a, out): the array is in a.
 * ERR_SYNTAX, ERR_VALUE (confidence, empty name, "*" not alone, twice),
 * ERR_LIMIT.
 */
void msg_subscribe_encode(const struct msg_subscribe *m, struct buf *out);
int msg_subscribe_decode(struct str payload, struct arena *a,
    struct msg_subscribe *out) MUST_CHECK;

#endif
