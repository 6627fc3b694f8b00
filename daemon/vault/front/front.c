#include "vault/front/front.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/loop.h"
#include "vault/feeds.h"
#include "vault/front/private.h"
#include "wire/msg_flow.h"

#define BUDGET_MS 8		/* of one run over all requests */
#define REQUESTS_MAX 1024	/* of one front, at a time */
#define KEY_SPACE "front"
#define KEY_NAME "next-key"
#define PURGE_EVERY_S 3

static void on_run(void *arg);

/* ---- requests ---- */

static void
request_free(struct front_request *r)
{
	if (r == NULL)
		return;
	if (r->turn)
		turn_cancel(r->f->v->turn, r);
	if (r->free_state != NULL)
		r->free_state(r);
	free(r->lists);
	free(r->payload);
	free(r);
}

static void
fronts_arm(struct fronts *fs)
{
	if (fs->armed || fs->over)
		return;
	fs->armed = true;
	loop_defer(fs->v->loop, on_run, fs);
}

void
front_wake(struct front_request *r)
{
	r->waits = false;
	fronts_arm(r->f->fs);
}

enum front_step
front_done(struct front_request *r, struct msg_front_done *m)
{
	AUTO_BUF struct buf out = { 0 };

	int rc;

	m->request = r->number;
	rc = msg_front_done_encode(m, &out);
	if (rc < 0)
		rc = msg_front_done_encode(&(struct msg_front_done){
		    r->number, TAXII_UNAVAILABLE, false, STR(""),
		    STR("the answer is too long") }, &out);
	if (rc == 0 && r->f->channel != NULL)
		channel_send(r->f->channel, MESSAGE_FRONT_DONE,
		    buf_str(&out));
	return FRONT_OVER;
}

enum front_step
front_answer(struct front_request *r, enum taxii_outcome outcome,
    const char *text)
{
	return front_done(r, &(struct msg_front_done){
	    .outcome = (uint8_t)outcome, .body = str_of(text) });
}

enum front_step
front_answer_body(struct front_request *r, struct str body)
{
	return front_done(r, &(struct msg_front_done){ .outcome = TAXII_OK,
	    .body = body });
}

enum front_step
front_failed(struct front_request *r, int code)
{
	log_warning("front-request", "desk=%s error=%s", r->f->desk,
	    err_name(code));
	return front_answer(r, TAXII_UNAVAILABLE,
	    "the store cannot do that now; try again later");
}

const struct front_client *
front_who(struct front_request *r)
{
	const struct front_client *c = front_client_find(&r->f->clients,
	    r->client, vault_now(r->f->v));

	if (c == NULL)
		(void)front_answer(r, TAXII_UNAUTHORIZED,
		    "this client may not log in any more");
	return c;
}

int
front_desk(const struct front *f)
{
	AUTO_BUF struct buf name = { 0 };

	if (f->v->policy == NULL)
		return -1;
	buf_addf(&name, "%s/%s", f->v->cert_id, f->desk);
	return policy_find_desk(f->v->policy, buf_str(&name));
}

struct feed *
front_feed(struct front *f)
{
	return feeds_get(f->v->feeds, f->desk);
}

bool
front_find_collection(struct front_request *r, struct str id)
{
	const struct front_collection *c;
	struct front_collections all;

	front_collections_make(r->f->v, r->f->desk, &all);
	c = front_collection_find(&all, id);
	if (c != NULL)
		r->collection = *c;
	front_collections_clear(&all);
	return c != NULL;
}

/* ---- what is asked ---- */

static enum front_step
query_collections(struct front_request *r, const struct front_client *who)
{
	AUTO_BUF struct buf body = { 0 };
	struct front_collections all;

	front_collections_make(r->f->v, r->f->desk, &all);
	front_collections_json(&all, who, &body);
	front_collections_clear(&all);
	return front_answer_body(r, buf_str(&body));
}

static enum front_step
query_objects(struct front_request *r, const struct front_client *who)
{
	if (front_can_read(who, &r->collection))
		return front_query_start(r);
	return front_answer(r, TAXII_FORBIDDEN,
	    "this client may not read that collection");
}

/* TAXII 2.1 5.7: neither right: it is as if it were not there. */
static enum front_step
query_delete(struct front_request *r, const struct front_client *who)
{
	bool can_read = front_can_read(who, &r->collection);
	bool can_write = front_can_write(who, &r->collection);

	if (can_read && can_write)
		return front_delete_start(r);
	if (!can_read && !can_write)
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such object");
	return front_answer(r, TAXII_FORBIDDEN,
	    "deleting takes the right to read and to write");
}

static enum front_step
query_begin(struct front_request *r)
{
	const struct front_client *who = front_who(r);
	AUTO_BUF struct buf body = { 0 };

	if (who == NULL)
		return FRONT_OVER;
	if (front_desk(r->f) < 0)
		return front_answer(r, TAXII_UNAVAILABLE,
		    "this desk is not in the policy in force");
	if (r->q.what == TAXII_COLLECTIONS)
		return query_collections(r, who);
	if (r->q.what == TAXII_STATUS)
		return front_status_read(r);
	if (!front_find_collection(r, r->q.collection))
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such collection");
	if (r->q.what == TAXII_DELETE)
		return query_delete(r, who);
	if (r->q.what != TAXII_COLLECTION)
		return query_objects(r, who);
	front_collection_json(&r->collection, who, &body);
	return front_answer_body(r, buf_str(&body));
}

/* ---- running them ---- */

/* One step of each that is ready; what is over goes. */
static bool
front_run(struct front *f, mono_ms_t end)
{
	bool more = false;

	for (size_t i = 0; i < f->requests.n && !f->gone;) {
		struct front_request *r = f->requests.v[i];
		enum front_step s;

		if (r->waits) {
			i++;
			continue;
		}
		if (clock_mono().ms >= end.ms)
			return true;
		s = r->step(r);
		if (s == FRONT_OVER) {
			memmove(f->requests.v + i, f->requests.v + i + 1,
			    (--f->requests.n - i) *
			    sizeof(f->requests.v[0]));
			request_free(r);
			continue;
		}
		r->waits = s == FRONT_WAITS;
		more = more || s == FRONT_MORE;
		i++;
	}
	/* Who was served last is first the next time. */
	if (more && f->requests.n > 1) {
		struct front_request *r = f->requests.v[0];

		memmove(f->requests.v, f->requests.v + 1,
		    (f->requests.n - 1) * sizeof(f->requests.v[0]));
		f->requests.v[f->requests.n - 1] = r;
	}
	return more;
}

static void
front_free(struct front *f)
{
	for (size_t i = 0; i < f->requests.n; i++)
		request_free(f->requests.v[i]);
	vec_clear(&f->requests);
	front_clients_clear(&f->clients);
	channel_free(f->channel);
	free(f);
}

static void
fronts_sweep(struct fronts *fs)
{
	for (size_t i = 0; i < fs->v_.n;)
		if (fs->v_.v[i]->gone) {
			front_free(fs->v_.v[i]);
			fs->v_.v[i] = fs->v_.v[--fs->v_.n];
		} else
			i++;
}

static void
on_turn_run(void *arg, bool ok)
{
	(void)ok;
	on_run(arg);
}

static void
on_run(void *arg)
{
	struct fronts *fs = arg;
	mono_ms_t end = { clock_mono().ms + BUDGET_MS };
	bool more = false;

	fs->armed = false;
	if (fs->over)
		return;
	/* What is not on disk is not told: read after this turn. */
	if (store_in_transaction(fs->v->store)) {
		fs->armed = true;
		turn_after(fs->v->turn, on_turn_run, fs);
		return;
	}
	fronts_sweep(fs);
	for (size_t i = 0; i < fs->v_.n; i++)
		more = front_run(fs->v_.v[i], end) || more;
	if (more)
		fronts_arm(fs);
}

/* ---- the channel ---- */

static struct front_request *
request_find(struct front *f, uint64_t number)
{
	for (size_t i = 0; i < f->requests.n; i++)
		if (f->requests.v[i]->number == number)
			return f->requests.v[i];
	return NULL;
}

static int
front_query(struct front *f, struct str payload)
{
	struct front_request *r = mem_new(struct front_request);
	int rc;

	r->f = f;
	r->payload = mem_dup(payload.p, payload.n);
	r->lists = mem_new(struct taxii_lists);
	r->step = query_begin;
	rc = msg_front_query_decode((struct str){ r->payload, payload.n },
	    r->lists, &r->q);
	if (rc == 0 && request_find(f, r->q.request) != NULL)
		rc = ERR_ORDER;
	if (rc < 0) {
		request_free(r);
		return rc;
	}
	r->number = r->q.request;
	r->client = r->q.client;
	if (f->requests.n >= REQUESTS_MAX) {
		(void)front_answer(r, TAXII_TOO_MANY,
		    "too many requests at a time");
		request_free(r);
		return 0;
	}
	vec_push(&f->requests, r);
	fronts_arm(f->fs);
	return 0;
}

static int
front_cancel(struct front *f, struct str payload)
{
	uint64_t number;

	TRY(msg_number_decode(payload, &number));
	for (size_t i = 0; i < f->requests.n; i++)
		if (f->requests.v[i]->number == number) {
			request_free(f->requests.v[i]);
			memmove(f->requests.v + i, f->requests.v + i + 1,
			    (--f->requests.n - i) *
			    sizeof(f->requests.v[0]));
			break;
		}
	return 0;	/* it may have been answered already */
}

static int
front_handle(struct front *f, const struct frame *frame)
{
	switch (frame->type) {
	case MESSAGE_FRONT_QUERY:
		return front_query(f, frame->payload);
	case MESSAGE_FRONT_OBJECTS:
		return front_post_objects(f, frame->payload);
	case MESSAGE_FRONT_POST:
		return front_post_end(f, frame->payload);
	case MESSAGE_FRONT_CANCEL:
		return front_cancel(f, frame->payload);
	default:
		return ERR_ORDER;
	}
}

static void
front_end(struct front *f)
{
	f->gone = true;
	channel_free(f->channel);
	f->channel = NULL;
	fronts_arm(f->fs);
}

static void
on_frame(void *arg, const struct frame *frame, int fd)
{
	struct front *f = arg;
	int rc = front_handle(f, frame);

	(void)fd;	/* none can come over this carrier */
	if (rc < 0) {
		log_error("front-message", "desk=%s type=%s error=%s",
		    f->desk, message_name(frame->type), err_name(rc));
		front_end(f);
	}
}

static void
on_closed(void *arg, int code)
{
	struct front *f = arg;

	log_notice("front-gone", "desk=%s error=%s", f->desk,
	    err_name(code));
	front_end(f);
}

static void
front_wake_all(struct front *f)
{
	for (size_t i = 0; i < f->requests.n; i++)
		if (!f->requests.v[i]->turn)
			front_wake(f->requests.v[i]);
}

/* The front has taken what was sent: queries that waited go on. */
static void
on_drained(void *arg)
{
	front_wake_all(arg);
}

static void
front_send_clients(struct front *f)
{
	AUTO_BUF struct buf out = { 0 };

	const struct settings *s = f->v->settings;

	if (f->channel == NULL || front_clients_encode(&f->clients, f->desk,
	    s->name[0] != '\0' ? s->name : s->cert_id, &out) != 0)
		return;
	channel_send(f->channel, MESSAGE_FRONT_CLIENTS, buf_str(&out));
	/* Who is told of a new token may use it at once. */
	channel_flush(f->channel);
}

static bool
front_make_clients(struct front *f)
{
	return front_clients_make(&(struct front_clients_from){ f->v,
	    &f->fs->tokens, f->desk, &f->fs->next_client }, &f->clients);
}

void
front_adopt(struct fronts *fs, int fd, struct str desk)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_FRONT, .frame = on_frame,
		.closed = on_closed, .drained = on_drained,
	};
	struct front *f = mem_new(struct front);

	f->fs = fs;
	f->v = fs->v;
	snprintf(f->desk, sizeof(f->desk), "%.*s", (int)desk.n, desk.p);
	f->channel = channel_new(fs->v->loop, fd, &handler, f);
	channel_set_mark(f->channel, FRONT_QUEUE_MAX);
	vec_push(&fs->v_, f);
	(void)front_make_clients(f);
	front_send_clients(f);
}

void
fronts_clients_changed(struct fronts *fs)
{
	for (size_t i = 0; i < fs->v_.n; i++)
		if (front_make_clients(fs->v_.v[i]))
			front_send_clients(fs->v_.v[i]);
}

/* ---- all of them ---- */

/* The key of `next`: made once, so that pages go on after a restart. */
static int
fronts_key(struct fronts *fs)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct vault *v = fs->v;
	struct str key;
	int rc = store_value(v->store, KEY_SPACE, KEY_NAME, arena, &key);

	if (rc == 0 && key.n != sizeof(fs->next_key))
		return ERR_STORE;
	if (rc == 0) {
		memcpy(fs->next_key, key.p, key.n);
		return 0;
	}
	if (rc != ERR_NOT_FOUND)
		return rc;
	crypto_random(fs->next_key, sizeof(fs->next_key));
	TRY(store_begin(v->store));
	rc = store_set(v->store, KEY_SPACE, KEY_NAME, (struct str){
	    (const char *)fs->next_key, sizeof(fs->next_key) });
	if (rc == 0)
		rc = store_commit(v->store);
	if (rc < 0)
		store_rollback(v->store);
	return rc;
}

int
fronts_open(struct vault *v, struct fronts **out)
{
	struct fronts *fs = mem_new(struct fronts);
	int rc;

	fs->v = v;
	fs->next_client = 1;
	rc = tokens_load(v, &fs->tokens);
	if (rc == 0)
		rc = fronts_key(fs);
	if (rc < 0) {
		fronts_free(fs);
		return rc;
	}
	*out = fs;
	return 0;
}

void
fronts_free(struct fronts *fs)
{
	if (fs == NULL)
		return;
	for (size_t i = 0; i < fs->v_.n; i++)
		front_free(fs->v_.v[i]);
	vec_clear(&fs->v_);
	tokens_clear(&fs->tokens);
	crypto_wipe(fs->next_key, sizeof(fs->next_key));
	free(fs);
}

struct tokens *
fronts_tokens(struct fronts *fs)
{
	return &fs->tokens;
}

void
fronts_stop(struct fronts *fs)
{
	if (fs != NULL)
		fs->over = true;
}

int
fronts_reopen(struct fronts *fs)
{
	TRY(tokens_load(fs->v, &fs->tokens));
	fronts_clients_changed(fs);
	return 0;
}

void
fronts_tick(struct fronts *fs)
{
	unix_ms_t now = vault_now(fs->v);
	bool expired = false;

	for (size_t i = 0; i < fs->v_.n && !expired; i++)
		for (size_t k = 0; k < fs->v_.v[i]->clients.v.n; k++)
			expired = expired ||
			    fs->v_.v[i]->clients.v.v[k].expires.ms <= now.ms;
	if (expired)
		fronts_clients_changed(fs);
	for (size_t i = 0; i < fs->v_.n; i++)
		front_wake_all(fs->v_.v[i]);
	if (++fs->seconds % PURGE_EVERY_S == 0 &&
	    front_status_purge(fs->v) < 0)
		turn_fail(fs->v->turn, ERR_STORE);
}
