/*
 * Which versions of one object a query means (TAXII 2.1 3.4.1,
 * match[version]).  Pure: what is there comes in, what is meant goes out.
 */
#ifndef VAULT_FRONT_SELECT_H
#define VAULT_FRONT_SELECT_H

#include "base/unit.h"
#include "wire/msg_taxii.h"

/* One stored version of an object that is left after the other filters. */
struct front_version {
	int64_t added_us;	/* unique in the list */
	int64_t version_us;
};

/*
 * front_select_is_plain(q): the default alone: the latest version, which
 * needs no look at the others of its id where that is known already.
 */
bool front_select_is_plain(const struct msg_front_query *q);

/*
 * front_select_alone(q, version_us): 1 or 0 where one version can be judged
 * without the others of its id (all, or times only); else -1.
 */
int front_select_alone(const struct msg_front_query *q, int64_t version_us);

/*
 * front_select(q, v, n, i): is the i-th of n versions of one id, in any
 * order, one of those meant?  Of two with the same version the one added
 * first stands for it.
 */
bool front_select(const struct msg_front_query *q,
    const struct front_version *v, size_t n, size_t i);

/*
 * front_matches(q, id): do the filters of ids, types and spec_versions let
 * an object with that id through?  All that is stored is of STIX 2.1.
 */
bool front_matches(const struct msg_front_query *q, struct str id);

/*
 * front_version_text(object, version_us, dst): the version as its producer
 * wrote it, borrowed from object: top-level `modified`, else `created`;
 * where neither can be seen, version_us, in dst.  object is what was stored
 * or what a tool sent: anything goes.
 */
#define FRONT_VERSION_MAX 64
struct str front_version_text(struct str object, int64_t version_us,
    char dst[static FRONT_VERSION_MAX]);

/*
 * front_member(object, name, out): the text of a top-level member, as
 * written, without a look at the rest.  ERR_NOT_FOUND; ERR_SYNTAX where the
 * object cannot be read so far, or where it takes a parser (escapes).
 */
int front_member(struct str object, const char *name, struct str *out)
    MUST_CHECK;

#endif
