/*
 * What the files of the fronts share.  Only front*.c include it.
 *
 * A request is a state and a step.  Steps are short; all that are ready are
 * run after a dispatch of the loop, within a budget, and what is left runs
 * after the next one: a query that goes through the whole store holds up
 * nobody.
 */
#ifndef VAULT_FRONT_PRIVATE_H
#define VAULT_FRONT_PRIVATE_H

#include "gate/feed.h"
#include "vault/front/collection.h"
#include "vault/front/front.h"
#include "vault/front/next.h"

#define FRONT_QUEUE_MAX MIB(4)		/* to a front; then queries wait */
#define FRONT_STATUS_HOURS 48		/* how long a status can be read */

struct front_request;

enum front_step {
	FRONT_MORE,		/* there is more to do */
	FRONT_WAITS,		/* somebody will call front_wake */
	FRONT_OVER,		/* answered: the request goes */
};

struct front {
	struct fronts *fs;		/* borrowed */
	struct vault *v;		/* borrowed */
	struct channel *channel;	/* owned; NULL: closed */
	char desk[NAME_MAX_BYTES];
	struct front_clients clients;
	VEC(struct front_request *) requests;	/* owned */
	size_t bytes;			/* of objects that wait in them */
	bool gone;			/* freed at the end of the dispatch */
};

struct fronts {
	struct vault *v;		/* borrowed */
	VEC(struct front *) v_;		/* owned */
	struct tokens tokens;
	uint32_t next_client;
	uint8_t next_key[FRONT_NEXT_KEY_BYTES];
	unix_ms_t expires;		/* the earliest of a token */
	uint64_t seconds;
	bool armed;			/* fronts_run will be called */
	bool over;
};

struct front_request {
	struct front *f;		/* borrowed */
	uint64_t number;		/* the front's */
	uint32_t client;
	enum front_step (*step)(struct front_request *r);
	bool waits;
	bool turn;			/* a turn_after is pending */
	char *payload;			/* owned: what q borrows from */
	struct taxii_lists *lists;	/* owned: likewise */
	struct msg_front_query q;
	struct front_collection collection;
	void *state;			/* owned, freed with free_state */
	void (*free_state)(struct front_request *r);
};

/* ---- front.c ---- */

/* front_answer(r, outcome, text): the end: FRONT_DONE; always FRONT_OVER. */
enum front_step front_answer(struct front_request *r,
    enum taxii_outcome outcome, const char *text);
/* front_answer_body(r, body): the same with 200 and a resource. */
enum front_step front_answer_body(struct front_request *r, struct str body);
/* front_done(r, m): the same with all of it; request is filled in. */
enum front_step front_done(struct front_request *r, struct msg_front_done *m);
/* front_failed(r, code): ERR_* of the store: 503. */
enum front_step front_failed(struct front_request *r, int code);
/* front_wake(r): it waits no more. */
void front_wake(struct front_request *r);

/*
 * front_who(r): the client that asked, or NULL after having answered: it is
 * no more.
 */
const struct front_client *front_who(struct front_request *r);

/*
 * front_find_collection(r, id): into r->collection; false: there is none.
 */
bool front_find_collection(struct front_request *r, struct str id);

/* front_desk(f): its number in the policy, -1: not there (any more). */
int front_desk(const struct front *f);

/* front_feed(f): what its desk may see, or NULL: there is none now. */
struct feed *front_feed(struct front *f);

/* ---- front_query.c, front_delete.c ---- */

/* front_query_start(r): r->q is a GET of objects in r->collection. */
enum front_step front_query_start(struct front_request *r);
enum front_step front_delete_start(struct front_request *r);

/* ---- front_post.c ---- */

/*
 * front_post_objects(f, payload): FRONT_OBJECTS came.  ERR_* ends the front.
 */
int front_post_objects(struct front *f, struct str payload) MUST_CHECK;
int front_post_end(struct front *f, struct str payload) MUST_CHECK;

/* ---- front_status.c ---- */

struct front_status;

/* front_status_new(r, who, total): of a POST that begins. */
struct front_status *front_status_new(const struct front_request *r,
    const struct front_client *who, size_t total);
void front_status_free(struct front_status *s);
/* One object was taken, or not; object is as it was sent. */
void front_status_success(struct front_status *s, struct str id,
    struct str object);
void front_status_failure(struct front_status *s, struct str id,
    struct str object, const char *why);
/*
 * front_status_keep(v, s, out): in the open turn: keep it for who posted,
 * and append the resource.
 */
int front_status_keep(struct vault *v, const struct front_status *s,
    struct buf *out) MUST_CHECK;
/* front_status_read(r): answer a GET of r->q.object. */
enum front_step front_status_read(struct front_request *r);
/*
 * front_status_purge(v): in a turn that it opens if it must: some of those
 * that are too old.  ERR_* of the store: the turn is to fail.
 */
int front_status_purge(struct vault *v) MUST_CHECK;

#endif
