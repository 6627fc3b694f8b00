/*
 * Where a request goes and what it asks for: the path and the filters of
 * TAXII 2.1 (3.1, 3.4), from the target of a request.  Pure.
 */
#ifndef FRONT_QUERY_H
#define FRONT_QUERY_H

#include "wire/msg_taxii.h"

enum route {
	ROUTE_NONE,		/* 404 */
	ROUTE_DISCOVERY, ROUTE_ROOT, ROUTE_STATUS, ROUTE_COLLECTIONS,
	ROUTE_COLLECTION, ROUTE_MANIFEST, ROUTE_OBJECTS, ROUTE_OBJECT,
	ROUTE_VERSIONS,
};

/* A request's target, taken apart; owns its texts.  Zero-initialise. */
struct query {
	enum route route;
	char collection[TAXII_COLLECTION_MAX + 1];
	char object[TAXII_ID_MAX + 1];	/* or the id of a status */
	struct msg_front_query q;	/* but for request, client and what */
	struct taxii_lists *lists;	/* owned: what q borrows from */
	struct buf text;		/* owned: likewise */
	char why[160];			/* with an error, for people */
};
void query_clear(struct query *q);

/*
 * query_path(q, path, root): which resource the path names; root is the
 * name of the one API root.  Paths end in "/".
 */
void query_path(struct query *q, struct str path, const char *root);

/*
 * query_filters(q, text): the filters of the query part that the route
 * knows; others are not looked at.  ERR_SYNTAX, with why: 400.
 */
int query_filters(struct query *q, struct str text) MUST_CHECK;

#endif
