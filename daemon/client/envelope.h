/*
 * The envelopes of TAXII 2.1: a page of objects, and the status of a push.
 */
#ifndef CLIENT_ENVELOPE_H
#define CLIENT_ENVELOPE_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define ENVELOPE_OBJECTS_MAX 100000
#define ENVELOPE_NEXT_MAX 2048

/* One page.  Zero-initialise; envelope_clear after. */
struct envelope {
	bool more;
	char next[ENVELOPE_NEXT_MAX + 1];	/* or "" */
	/*
	 * The bytes of each object as they came, borrowed from the text;
	 * marking-definitions first, so that they are known to the others.
	 */
	VEC(struct str) objects;
};
void envelope_clear(struct envelope *e);

/*
 * envelope_read(text, out, e): ERR_SYNTAX, ERR_LIMIT with e for people.  An
 * empty object is a page without objects.
 */
int envelope_read(struct str text, struct envelope *out, struct err *e)
    MUST_CHECK;

/* envelope_write(v, n, out): append an envelope of these objects. */
void envelope_write(const struct str *v, size_t n, struct buf *out);

/* What became of a push. */
struct push_status {
	char id[128];		/* of the status resource, or "" */
	bool complete;
	bool *failed;		/* owned; by index of what was pushed */
	size_t nfailed;
	char text[200];		/* of the first failure, or "" */
};
void push_status_clear(struct push_status *s);

/*
 * push_status_read(text, v, n, out, e): the status resource for the n
 * objects v.  What it says nothing of has failed unless it says that nothing
 * has.  ERR_SYNTAX with e for people.
 */
struct push_objects {
	const struct str *v;
	size_t n;
};
int push_status_read(struct str text, const struct push_objects *pushed,
    struct push_status *out, struct err *e) MUST_CHECK;

#endif
