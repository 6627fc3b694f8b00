/*
 * Where JSON values end, found by their brackets alone: enough to cut a
 * container into objects, each of which is then parsed by itself.
 */
#ifndef RECORD_BUNDLE_SCAN_H
#define RECORD_BUNDLE_SCAN_H

#include "base/str.h"

#define SCAN_BROKEN ((size_t)-1)

/* scan_space(s, at): the first byte from at on that is no white space. */
size_t scan_space(struct str s, size_t at);

/*
 * scan_value(s, at): the end of the value that starts at at, or SCAN_BROKEN
 * if the text ends first or its brackets do not match.  Any depth.
 */
size_t scan_value(struct str s, size_t at);

/*
 * scan_key(s, at, b, out): the end of the string at at, decoded into out,
 * which borrows from s or, where it has escapes, from b.  0 if it is none,
 * or longer than JSON_KEY_MAX.
 */
size_t scan_key(struct str s, size_t at, struct buf *b, struct str *out);

/* What a top-level object says about being a bundle. */
struct scan_bundle {
	bool is_bundle;		/* its type is "bundle" */
	bool twice;		/* `objects` is there twice */
	bool has_objects;
	size_t objects_at;	/* where the value of `objects` starts */
};

/*
 * scan_members(s, at, out): walk the members of the object at at.  Return
 * its end; or SCAN_BROKEN with *out_bad where it is broken.  out is filled
 * as far as the walk came.
 */
size_t scan_members(struct str s, size_t at, struct scan_bundle *out,
    size_t *out_bad);

#endif
