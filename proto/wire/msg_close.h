/*
 * BYE, ERROR, CLOSED and CLOSE: why a connection ends.
 */
#ifndef WIRE_MSG_CLOSE_H
#define WIRE_MSG_CLOSE_H

#include "base/str.h"
#include "wire/close_reason.h"

#define CLOSE_TEXT_MAX 1024

struct msg_close {
	uint16_t reason;	/* enum close_reason, or one we lack */
	struct str text;	/* UTF-8, for people; may be empty */
};

/*
 * msg_close_encode(m, out): append the payload; the text is cut to
 * CLOSE_TEXT_MAX, and left out if it is not UTF-8.
 * msg_close_decode(payload, out): ERR_SYNTAX, ERR_LIMIT.
 */
void msg_close_encode(const struct msg_close *m, struct buf *out);
int msg_close_decode(struct str payload, struct msg_close *out) MUST_CHECK;

#endif
