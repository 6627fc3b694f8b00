/*
 * Between a front, which speaks TAXII 2.1 with the tools of one desk, and
 * the vault, which alone reads records and decides.  The vault binds the
 * channel to its desk; no message names one.
 *
 * vault to front   FRONT_CLIENTS: who may log in; again when it changes
 * front to vault   FRONT_QUERY: one GET or DELETE.  FRONT_OBJECTS (as many
 *                  as needed), then FRONT_POST: one POST.  FRONT_CANCEL:
 *                  the tool has gone; no answer is needed any more.
 * vault to front   FRONT_ITEMS (as many as needed), then FRONT_DONE: the
 *                  answer of a request
 *
 * Requests are numbered by the front; several may be under way, and their
 * answers may come in any order.  A message that does not decode ends the
 * front.
 */
#ifndef WIRE_MSG_TAXII_H
#define WIRE_MSG_TAXII_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define TAXII_ID_MAX 300		/* of an object */
#define TAXII_COLLECTION_MAX 64		/* UUID or alias */
#define TAXII_VALUES_MAX 256		/* of one match[] field */
#define TAXII_NEXT_MAX 200
#define TAXII_LIMIT_MAX 10000		/* items in one page */
#define TAXII_ITEMS_MAX 1000		/* in one FRONT_ITEMS */
#define TAXII_OBJECTS_MAX 1000		/* in one FRONT_OBJECTS */
#define TAXII_POST_OBJECTS_MAX 100000	/* in one POST */
#define TAXII_CLIENTS_MAX 1000

/* How a tool proves who it is. */
enum taxii_login {
	TAXII_LOGIN_TOKEN = 1,	/* digest: SHA-256 of the token */
	TAXII_LOGIN_PIN,	/* digest: SHA-256 of its certificate's SPKI */
	TAXII_LOGIN_NAME,	/* a certificate under client-ca; by its name */
};

struct taxii_client {
	uint32_t number;	/* the vault's; never 0, never reused */
	uint8_t login;		/* enum taxii_login */
	struct str name;	/* field_name_ok */
	struct digest digest;	/* zero for TAXII_LOGIN_NAME */
	unix_ms_t expires;	/* UNIX_MS_NEVER */
};

struct msg_front_clients {
	struct str desk;	/* for the titles of resources */
	struct str title;	/* of the CERT, for people */
	struct taxii_client *v;	/* decode: into the caller's array */
	size_t n;
};

enum taxii_what {
	TAXII_COLLECTIONS = 1, TAXII_COLLECTION, TAXII_STATUS, TAXII_MANIFEST,
	TAXII_OBJECTS, TAXII_OBJECT, TAXII_VERSIONS, TAXII_DELETE,
};

/* One token of match[version], TAXII 2.1 3.4.1. */
enum taxii_version_kind {
	TAXII_VERSION_LAST = 1, TAXII_VERSION_FIRST, TAXII_VERSION_ALL,
	TAXII_VERSION_AT,
};
struct taxii_version {
	uint8_t kind;
	int64_t us;		/* AT: microseconds since 1970 */
};

struct msg_front_query {
	uint64_t request;
	uint32_t client;	/* of FRONT_CLIENTS */
	uint8_t what;		/* enum taxii_what */
	struct str collection;	/* "" for COLLECTIONS and STATUS */
	struct str object;	/* id of the path, or of the status; or "" */
	bool has_after;		/* added_after, exclusive */
	int64_t after_us;
	uint32_t limit;		/* 0: none asked for */
	struct str next;	/* "" : none */
	/* Filters; an empty list does not filter.  Borrowed arrays. */
	const struct str *ids, *types, *spec_versions;
	size_t nids, ntypes, nspec_versions;
	const struct taxii_version *versions;	/* none: last */
	size_t nversions;
};

/* Room to decode the lists of a query into. */
struct taxii_lists {
	struct str ids[TAXII_VALUES_MAX], types[TAXII_VALUES_MAX],
	    spec_versions[TAXII_VALUES_MAX];
	struct taxii_version versions[TAXII_VALUES_MAX];
};

/* Objects of a POST, as the tool sent them, in order. */
struct msg_front_objects {
	uint64_t request;
	struct str *v;		/* decode: into the caller's array */
	size_t n;
};

/* The end of a POST: total objects were sent before it. */
struct msg_front_post {
	uint64_t request;
	uint32_t client;
	struct str collection;
	uint32_t total;
};

/* One stored version of an object; fields not asked for are empty. */
struct taxii_item {
	int64_t added_us;	/* date_added, microseconds since 1970 */
	struct str id;		/* MANIFEST */
	struct str version;	/* MANIFEST, VERSIONS: as its producer wrote it */
	struct str bytes;	/* OBJECTS, OBJECT: the object as it is stored */
};

struct msg_front_items {
	uint64_t request;
	struct taxii_item *v;	/* decode: into the caller's array */
	size_t n;
};

enum taxii_outcome {
	TAXII_OK = 1,		/* 200; a POST: 202 */
	TAXII_BAD,		/* 400: a filter, or a forged next */
	TAXII_FORBIDDEN,	/* 403 */
	TAXII_NOT_FOUND,	/* 404 */
	TAXII_UNPROCESSABLE,	/* 422 */
	TAXII_TOO_MANY,		/* 429 */
	TAXII_UNAVAILABLE,	/* 503 */
	TAXII_UNAUTHORIZED,	/* 401: that client is no more */
};

struct msg_front_done {
	uint64_t request;
	uint8_t outcome;	/* enum taxii_outcome */
	bool more;
	struct str next;	/* with more */
	/*
	 * OK: the whole resource (COLLECTIONS, COLLECTION, STATUS, POST), else
	 * empty; otherwise what to tell the tool, one sentence.
	 */
	struct str body;
};

/*
 * Each _encode appends the payload: ERR_LIMIT.  Each _decode borrows from
 * the payload: ERR_SYNTAX, ERR_VALUE, ERR_LIMIT.  Arrays to decode into are
 * the caller's: v with n as its size on entry, and what it holds on return.
 */
int msg_front_clients_encode(const struct msg_front_clients *m,
    struct buf *out) MUST_CHECK;
int msg_front_clients_decode(struct str payload,
    struct msg_front_clients *inout) MUST_CHECK;
int msg_front_query_encode(const struct msg_front_query *m,
    struct buf *out) MUST_CHECK;
int msg_front_query_decode(struct str payload, struct taxii_lists *room,
    struct msg_front_query *out) MUST_CHECK;
int msg_front_objects_encode(const struct msg_front_objects *m,
    struct buf *out) MUST_CHECK;
int msg_front_objects_decode(struct str payload,
    struct msg_front_objects *inout) MUST_CHECK;
int msg_front_post_encode(const struct msg_front_post *m,
    struct buf *out) MUST_CHECK;
int msg_front_post_decode(struct str payload, struct msg_front_post *out)
    MUST_CHECK;
int msg_front_items_encode(const struct msg_front_items *m,
    struct buf *out) MUST_CHECK;
int msg_front_items_decode(struct str payload,
    struct msg_front_items *inout) MUST_CHECK;
/*
 * The same one by one, into an empty buffer: begin, then add until it is
 * false: the frame is full (or t over a limit), and out as it was.
 */
void msg_front_items_begin(uint64_t request, struct buf *out);
bool msg_front_items_add(struct buf *out, const struct taxii_item *t)
    MUST_CHECK;
int msg_front_done_encode(const struct msg_front_done *m,
    struct buf *out) MUST_CHECK;
int msg_front_done_decode(struct str payload, struct msg_front_done *out)
    MUST_CHECK;
/* FRONT_CANCEL is a number, as PING is (wire/msg_flow.h). */

#endif
