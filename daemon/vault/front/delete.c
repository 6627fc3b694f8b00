#include "vault/front/private.h"

#include <string.h>

#include "gate/admit.h"
#include "vault/front/select.h"
#include "vault/recall.h"

/*
 * DELETE: what this desk itself published is recalled, everywhere; what came
 * from elsewhere is not the desk's to delete.
 */

#define ARENA_BYTES MIB(64)
#define REASON "deleted by a tool of the desk that published it"

struct delete {
	struct front_request *r;	/* borrowed */
	VEC(struct front_version) versions;
	VEC(struct store_record) records;	/* without bytes */
	bool ended, ok;
};

static void
delete_free(struct front_request *r)
{
	struct delete *d = r->state;

	vec_clear(&d->versions);
	vec_clear(&d->records);
	free(d);
}

static int
on_version(void *arg, const struct feed_item *item)
{
	struct delete *d = arg;
	struct store_record r = *item->record;

	if ((r.flags & RECORD_RELABELLED) != 0)
		return 0;
	r.id = r.bytes = STR("");
	vec_push(&d->versions, (struct front_version){ item->added_us,
	    item->version_us });
	vec_push(&d->records, r);
	return 0;
}

static int
delete_find(struct delete *d)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct front_request *r = d->r;
	struct feed *feed = front_feed(r->f);
	struct feed_query where = { .circle =
	    r->collection.circle[0] == '\0' ? NULL : r->collection.circle,
	    .after_us = -1, .now = vault_now(r->f->v) };

	return feed == NULL ? ERR_DENIED :
	    feed_find(feed, &where, r->q.object, arena, on_version, d);
}

/* How many are meant; ERR_DENIED: one of them is not this desk's. */
static int
delete_check(struct delete *d)
{
	struct front *f = d->r->f;
	int n = 0;

	if (!front_matches(&d->r->q, d->r->q.object))
		return 0;
	for (size_t i = 0; i < d->records.n; i++) {
		int rc;

		if (!front_select(&d->r->q, d->versions.v, d->versions.n, i))
			continue;
		rc = admit_published_by(f->v->gate, &d->records.v[i],
		    front_desk(f));
		if (rc <= 0)
			return rc < 0 ? rc : ERR_DENIED;
		n++;
	}
	return n;
}

static int
delete_all(struct delete *d)
{
	struct vault *v = d->r->f->v;

	TRY(turn_open(v->turn));
	for (size_t i = 0; i < d->records.n; i++) {
		int rc;

		if (!front_select(&d->r->q, d->versions.v, d->versions.n, i))
			continue;
		rc = recall_version(v, d->records.v[i].seq, REASON);
		if (rc < 0) {
			turn_fail(v->turn, rc);
			return rc;
		}
	}
	return 0;
}

static void
on_turn(void *arg, bool ok)
{
	struct front_request *r = arg;
	struct delete *d = r->state;

	r->turn = false;
	d->ended = true;
	d->ok = ok;
	front_wake(r);
}

static enum front_step
delete_step(struct front_request *r)
{
	struct delete *d = r->state;

	if (!d->ended)
		return FRONT_WAITS;
	return d->ok ? front_answer(r, TAXII_OK, "") :
	    front_failed(r, r->f->v->degraded_by);
}

enum front_step
front_delete_start(struct front_request *r)
{
	struct delete *d = mem_new(struct delete);
	int rc;

	d->r = r;
	r->state = d;
	r->free_state = delete_free;
	r->step = delete_step;
	rc = delete_find(d);
	if (rc < 0)
		return front_failed(r, rc);
	rc = delete_check(d);
	if (rc == ERR_DENIED)
		return front_answer(r, TAXII_FORBIDDEN,
		    "this desk did not publish it, so it cannot delete it");
	if (rc == 0)
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such object");
	if (rc > 0)
		rc = delete_all(d);
	if (rc < 0)
		return front_failed(r, rc);
	r->turn = true;
	turn_after(r->f->v->turn, on_turn, r);
	return FRONT_WAITS;
}
