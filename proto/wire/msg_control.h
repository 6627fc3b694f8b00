/*
 * CTL_OBJECTS: objects to publish.  CTL_REQUEST and CTL_REPLY are JSON,
 * CTL_END is empty.
 */
#ifndef WIRE_MSG_CONTROL_H
#define WIRE_MSG_CONTROL_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

/* More could not be in a frame anyway that is read in one turn. */
#define OBJECTS_MAX 2048

struct msg_objects {
	uint64_t first;		/* index of the first in the publication */
	const struct str *v;	/* one STIX object each */
	size_t n;
};

/*
 * msg_objects_encode(m, out): append the payload; ERR_LIMIT if there are too
 * many or one is over RECORD_BYTES_MAX.  msg_objects_decode(payload, a,
 * out): the array is in a.  ERR_SYNTAX, ERR_LIMIT.
 */
int msg_objects_encode(const struct msg_objects *m, struct buf *out)
    MUST_CHECK;
int msg_objects_decode(struct str payload, struct arena *a,
    struct msg_objects *out) MUST_CHECK;

#endif
