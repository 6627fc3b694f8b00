/*
 * Release texts: the terms under which records are released, by name
 * (comity-protocol(7), RELEASE).  Canonical: one text for one meaning.
 */
#ifndef WIRE_RELEASE_TEXT_H
#define WIRE_RELEASE_TEXT_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/unit.h"

#define RELEASE_NAMES_MAX 512
#define RELEASE_HOPS_MAX 7

struct release_names {
	const struct str *v;
	size_t n;
};

struct release_text {
	struct release_names desks;	/* "org/desk"; none: nobody */
	struct release_names purposes;
	uint8_t hops;			/* transfers still allowed, 0..7 */
	unix_ms_t expires;		/* or UNIX_MS_NEVER */
	struct release_names oblige;
};

/*
 * release_text_encode(r, out): append the text; names are sorted, and twice
 * the same is once.  ERR_VALUE if a name is empty or holds a comma, blank
 * or control character, or hops is over; ERR_LIMIT if there are more than
 * RELEASE_NAMES_MAX or the text is over LABEL_BYTES_MAX.
 */
int release_text_encode(const struct release_text *r, struct buf *out)
    MUST_CHECK;

/*
 * release_text_decode(text, a, out): read exactly what the encoder writes;
 * arrays are in a.  ERR_SYNTAX, ERR_VALUE, ERR_LIMIT.
 */
int release_text_decode(struct str text, struct arena *a,
    struct release_text *out) MUST_CHECK;

#endif
