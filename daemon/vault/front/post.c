#include "vault/front/private.h"

#include <string.h>

#include "gate/admit.h"
#include "host/clock.h"
#include "vault/feeds.h"
#include "vault/front/admit.h"

#define STEP_MS 20		/* of admitting, in one turn */
#define FEED_WAIT_MS SEC(20)
#define BYTES_MAX MIB(128)	/* of objects that wait, of one front */
#define POSTS_MAX 4096		/* that come in, and other requests */

/* One FRONT_OBJECTS, and the objects in it. */
struct piece {
	char *bytes;		/* owned */
	struct str *v;		/* owned; borrows from bytes */
	size_t n, nbytes;
};

/* A POST under way: first it comes in, then it is admitted. */
struct post {
	VEC(struct piece) pieces;
	size_t total, nbytes;
	size_t piece, at;	/* the next to admit */
	bool too_much;		/* it was dropped; it is refused at its end */
	struct front_admit *admit;	/* owned */
	struct front_status *status;	/* owned */
	struct buf body;
	bool kept, on_disk;
	bool watches;		/* the feeds tell it how far they are */
	mono_ms_t seen_by;
	bool failed;		/* the turn was undone */
};

static void
post_drop(struct front_request *r)
{
	struct post *p = r->state;

	for (size_t i = 0; i < p->pieces.n; i++) {
		free(p->pieces.v[i].v);
		free(p->pieces.v[i].bytes);
	}
	vec_clear(&p->pieces);
	r->f->bytes -= p->nbytes;
	p->nbytes = 0;
}

static void
post_free(struct front_request *r)
{
	struct post *p = r->state;

	if (p->watches)
		feeds_unwatch(r->f->v->feeds, r);
	post_drop(r);
	front_admit_free(p->admit);
	front_status_free(p->status);
	buf_clear(&p->body);
	free(p);
}

/* ---- it comes in ---- */

/* Until its end has come there is nothing to do. */
static enum front_step
post_waits(struct front_request *r)
{
	(void)r;
	return FRONT_WAITS;
}

static struct front_request *
post_begin(struct front *f, uint64_t number)
{
	struct front_request *r = mem_new(struct front_request);

	r->f = f;
	r->number = number;
	r->state = mem_new(struct post);
	r->free_state = post_free;
	r->step = post_waits;
	r->waits = true;
	vec_push(&f->requests, r);
	return r;
}

static struct front_request *
post_find(struct front *f, uint64_t number)
{
	for (size_t i = 0; i < f->requests.n; i++)
		if (f->requests.v[i]->number == number)
			return f->requests.v[i];
	return NULL;
}

/* The request of that number, which must be a POST that comes in. */
static int
post_of(struct front *f, uint64_t number, struct front_request **out)
{
	struct front_request *r = post_find(f, number);

	if (r == NULL && f->requests.n >= POSTS_MAX)
		return ERR_LIMIT;
	if (r == NULL)
		r = post_begin(f, number);
	else if (r->step != post_waits)
		return ERR_ORDER;
	*out = r;
	return 0;
}

int
front_post_objects(struct front *f, struct str payload)
{
	struct piece piece = { .bytes = mem_dup(payload.p, payload.n),
	    .v = mem_array(struct str, TAXII_OBJECTS_MAX),
	    .nbytes = payload.n };
	struct msg_front_objects m = { .v = piece.v,
	    .n = TAXII_OBJECTS_MAX };
	struct front_request *r;
	struct post *p = NULL;
	int rc = msg_front_objects_decode((struct str){ piece.bytes,
	    payload.n }, &m);

	if (rc == 0)
		rc = post_of(f, m.request, &r);
	if (rc == 0) {
		p = r->state;
		p->total += m.n;
		if (p->total > TAXII_POST_OBJECTS_MAX)
			rc = ERR_LIMIT;
		p->too_much = p->too_much ||
		    f->bytes + payload.n > BYTES_MAX;
	}
	if (rc < 0 || p->too_much) {
		free(piece.bytes);
		free(piece.v);
		if (p != NULL)
			post_drop(r);
		return rc;
	}
	piece.n = m.n;
	piece.v = mem_grow(piece.v, m.n == 0 ? 1 : m.n, sizeof(*piece.v));
	p->nbytes += piece.nbytes;
	f->bytes += piece.nbytes;
	vec_push(&p->pieces, piece);
	return 0;
}

/* ---- it is admitted ---- */

/* The next objects, as many as go under one seal. */
static int
post_admit_some(struct front_request *r)
{
	struct post *p = r->state;
	struct piece *piece = &p->pieces.v[p->piece];
	size_t n = piece->n - p->at;
	int rc;

	if (n > BATCH_RECORDS_MAX)
		n = BATCH_RECORDS_MAX;
	rc = n == 0 ? 0 : front_admit(p->admit, piece->v + p->at, n,
	    p->status);
	p->at += n;
	if (p->at == piece->n) {
		p->piece++;
		p->at = 0;
	}
	return rc;
}

/* Admit for a while; 1: all is in. */
static int
post_admit(struct front_request *r, mono_ms_t end)
{
	struct post *p = r->state;

	while (p->piece < p->pieces.n) {
		if (clock_mono().ms >= end.ms)
			return 0;
		TRY(post_admit_some(r));
	}
	return 1;
}

/* One turn's worth, in it. */
static int
post_work(struct front_request *r)
{
	mono_ms_t end = { clock_mono().ms + STEP_MS };
	struct post *p = r->state;
	int rc = post_admit(r, end);

	if (rc == 1) {
		front_admit_done(p->admit);
		rc = front_status_keep(r->f->v, p->status, &p->body);
		p->kept = true;
	}
	return rc < 0 ? rc : 0;
}

static void
on_post_turn(void *arg, bool ok)
{
	struct front_request *r = arg;
	struct post *p = r->state;

	r->turn = false;
	p->failed = !ok;
	p->on_disk = ok && p->kept;
	front_wake(r);
}

static void
on_feed(void *arg)
{
	front_wake(arg);
}

/*
 * What was posted is read before its tool is told so: wait for the feed of
 * the desk, but not for ever, should others go on filling it.
 */
static bool
post_is_seen(struct front_request *r)
{
	struct feed *feed = front_feed(r->f);
	struct post *p = r->state;
	mono_ms_t now = clock_mono();

	if (feed == NULL || feed_behind(feed, vault_now(r->f->v)) == 0)
		return true;
	if (p->watches)
		return now.ms >= p->seen_by.ms;
	p->watches = true;
	p->seen_by = (mono_ms_t){ now.ms + FEED_WAIT_MS };
	feeds_watch(r->f->v->feeds, on_feed, r);
	return false;
}

static enum front_step
post_step(struct front_request *r)
{
	struct vault *v = r->f->v;
	struct post *p = r->state;
	int rc;

	if (p->failed)
		return front_failed(r, v->degraded_by);
	if (p->on_disk) {
		if (!post_is_seen(r))
			return FRONT_WAITS;
		front_admit_count(p->admit);
		return front_answer_body(r, buf_str(&p->body));
	}
	if (!front_admit_renew(p->admit, front_desk(r->f)))
		return front_answer(r, TAXII_UNAVAILABLE, "the policy has "
		    "changed: this desk or circle is not in it any more");
	rc = turn_open(v->turn);
	if (rc < 0)
		return front_failed(r, rc);
	rc = post_work(r);
	if (rc < 0)
		turn_fail(v->turn, rc);
	r->turn = true;
	turn_after(v->turn, on_post_turn, r);
	return FRONT_WAITS;
}

/* ---- its end has come ---- */

/* Everything that may be wrong with it, before the first object is read. */
static enum front_step
post_start(struct front_request *r)
{
	const struct front_client *who = front_who(r);
	struct post *p = r->state;

	if (who == NULL)
		return FRONT_OVER;
	if (!front_find_collection(r, r->q.collection))
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such collection");
	if (!front_can_write(who, &r->collection))
		return front_answer(r, TAXII_FORBIDDEN,
		    "this client may not write to that collection");
	if (p->too_much)
		return front_answer(r, TAXII_TOO_MANY,
		    "too much is being posted at a time");
	if (p->total == 0)
		return front_answer(r, TAXII_UNPROCESSABLE,
		    "there are no objects in it");
	p->admit = front_admit_new(r->f->v, front_desk(r->f), &r->collection);
	if (p->admit == NULL)
		return front_answer(r, TAXII_UNAVAILABLE,
		    "this desk is not in the policy in force");
	p->status = front_status_new(r, who, p->total);
	r->step = post_step;
	return post_step(r);
}

int
front_post_end(struct front *f, struct str payload)
{
	struct msg_front_post m;
	struct front_request *r;
	struct post *p;

	TRY(msg_front_post_decode(payload, &m));
	TRY(post_of(f, m.request, &r));
	p = r->state;
	if (p->total != m.total)
		return ERR_ORDER;
	r->client = m.client;
	r->payload = mem_dup(m.collection.p, m.collection.n);
	r->q.collection = (struct str){ r->payload, m.collection.n };
	r->step = post_start;
	front_wake(r);
	return 0;
}
