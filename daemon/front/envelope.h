/*
 * TAXII envelopes (TAXII 2.1 3.7): those that tools post, cut into the exact
 * bytes of their objects, and what is answered, put together.  Pure.
 */
#ifndef FRONT_ENVELOPE_H
#define FRONT_ENVELOPE_H

#include "wire/msg_taxii.h"

struct envelope {
	VEC(struct str) objects;	/* borrowed from the text */
	unsigned status;		/* with an error: 400 or 422 */
	char why[160];			/* and why, for people */
};
void envelope_clear(struct envelope *e);

/*
 * envelope_read(text, out): ERR_SYNTAX: no JSON, or no envelope;
 * ERR_LIMIT: too many objects, or one that is too large.  All of it is JSON
 * then, and no property of the envelope is there twice; what the objects
 * say is not looked at, nor are other properties than `objects`.
 */
int envelope_read(struct str text, struct envelope *out) MUST_CHECK;

/*
 * What answers a query, as it comes.  Begun with zero and `what`; then
 * answer_item for each, then answer_end: a whole resource.
 */
struct answer {
	enum taxii_what what;
	struct buf body;		/* owned */
	size_t n;
	int64_t first_us, last_us;	/* added, of what is in it */
};
void answer_item(struct answer *a, const struct taxii_item *item);
void answer_end(struct answer *a, bool more, struct str next);

/* answer_text(b, s): append s as a JSON string. */
void answer_text(struct buf *b, struct str s);

#endif
