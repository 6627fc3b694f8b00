/*
 * export: records that a desk may see, for the files that its tools read.
 *
 * The client asks for one page after the other, so that neither a long
 * store nor a slow reader holds anything up here.
 */
#ifndef VAULT_CONTROL_EXPORT_H
#define VAULT_CONTROL_EXPORT_H

#include <jansson.h>

#include "vault/desk_view.h"

struct beliefs;
struct feed_circles;

#define EXPORT_LIST_MAX 64	/* names in one filter */

/* Why a record that the desk may see is not in the answer. */
enum export_left {
	EXPORT_TAKEN,
	EXPORT_FILTERED,	/* the caller did not ask for it */
	EXPORT_PAP,		/* its PAP does not permit the use */
	EXPORT_PURPOSE,		/* its label does not, or the desk's uses */
	EXPORT_EXPIRED,
	EXPORT_NOT_YET,		/* valid only later */
	EXPORT_REVOKED,
	EXPORT_SUPERSEDED,	/* a newer version is there */
	EXPORT_UNRELIABLE,	/* to block: nobody reliable reports it */
	EXPORT_WARNING,		/* to block: it is on a warning list, or ours */
	EXPORT_LEFT_COUNT,
};

/* What an export asks for; see export_filter_read. */
struct export_filter {
	struct vault *v;		/* borrowed */
	struct desk_view view;
	int circle;			/* of the policy; -1: none asked */
	struct feed_circles *circles;	/* borrowed; NULL: not asked here */
	struct beliefs *beliefs;	/* borrowed; not NULL where block */
	const json_t *kinds, *types, *tags;	/* borrowed; NULL: all */
	int confidence;			/* at least; -1: any, also none */
	int64_t age_ms;			/* received within; 0: ever */
	int purpose;			/* of the policy; -1: none asked */
	bool block;			/* it is one that PAP can take away */
	bool versions;			/* superseded ones too */
	bool credibility;		/* say how credible each is */
	bool opinions;			/* and with what we think of it */
	bool current;			/* what counts now: not revoked, valid */
};

/*
 * export_filter_read(c, args, out): desk circle kind type tag confidence
 * age_ms use current versions credibility opinions.  Borrows from args.  ERR_* after
 * having answered the request: a filter that cannot be applied never means
 * "all".  The caller sets beliefs, and circles unless it reads that circle
 * only.
 */
int export_filter_read(struct control *c, const json_t *args,
    struct export_filter *out) MUST_CHECK;

/*
 * export_record(f, r, out): why not, or EXPORT_TAKEN with *out {object, kind,
 * tlp, pap, source, received, belief?,
 * opinion?}, owned by the caller.  The desk's right to see
 * it is asked before anything else; what it may not see, and tombstones, is
 * EXPORT_FILTERED.
 */
enum export_left export_record(const struct export_filter *f,
    const struct store_record *r, json_t **out);

/* export_left_json(counts): {reason: count}, what was filtered left out. */
json_t *export_left_json(const size_t counts[EXPORT_LEFT_COUNT]);

#endif
