#include "client/client_private.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/unit.h"
#include "host/log.h"
#include "wire/message.h"
#include "wire/msg_control.h"

#define STATUS_TRIES 12
#define STATUS_WAIT_MAX_S 8

static void
push_clear(struct client *c)
{
	free(c->push.payload);
	c->push.payload = NULL;
	c->push.n = 0;
	c->push.failures = 0;
}

/* The batch is settled: what of it was not taken. */
static void
push_done(struct client *c, const struct push_status *s)
{
	json_t *failed = json_array(), *f;
	char *text;

	for (size_t i = 0; i < c->push.n; i++)
		if (s->failed[i])
			(void)json_array_append_new(failed,
			    json_integer((json_int_t)i));
	f = json_pack("{s:I, s:I, s:o, s:s}", "number",
	    (json_int_t)c->push.number, "accepted",
	    (json_int_t)(c->push.n - s->nfailed), "failed", failed, "text",
	    s->text);
	text = json_dumps(f, JSON_COMPACT);
	channel_send(c->channel, MESSAGE_CLIENT_PUSHED, str_of(text));
	free(text);
	json_decref(f);
	push_clear(c);
}

/* The server says that nothing of it is any good. */
static void
push_refused(struct client *c, const char *why)
{
	struct push_status s = { .nfailed = c->push.n };

	log_warning("taxii-push", "peer=%s objects=%zu error=\"%s\"",
	    c->o.peer, c->push.n, why);
	s.failed = mem_array(bool, c->push.n);
	for (size_t i = 0; i < c->push.n; i++)
		s.failed[i] = true;
	snprintf(s.text, sizeof(s.text), "%s", why);
	push_done(c, &s);
	push_status_clear(&s);
}

static void
push_later(struct client *c, int64_t retry_ms, const char *why)
{
	char text[ERR_TEXT_MAX + 128];

	snprintf(text, sizeof(text), "push to %s: %s", c->push.collection,
	    why);
	log_warning("taxii-push", "peer=%s error=\"%s\"", c->o.peer, text);
	client_say(c, "failing", text);
	timer_arm_ms(c->push.again, client_backoff_ms(SEC(5),
	    ++c->push.failures, retry_ms));
}

/* Ask for the status until it is complete, for about a minute. */
static int
push_await(struct client *c, const struct push_objects *o,
    struct push_status *s, struct err *e)
{
	for (unsigned i = 0; i < STATUS_TRIES && !s->complete; i++) {
		struct timespec wait = { .tv_sec = 1 << (i < 3 ? i : 3) };
		struct http_answer a = { 0 };
		AUTO_BUF struct buf url = { 0 };
		int rc;

		(void)nanosleep(&wait, NULL);
		buf_addf(&url, "%sstatus/", c->o.url);
		http_escape(str_of(s->id), &url);
		buf_addz(&url, "/");
		push_status_clear(s);
		rc = http_ask(c->o.http, url.p, NULL, &a, e);
		if (rc == 0)
			rc = push_status_read(buf_str(&a.body), o, s, e);
		http_answer_clear(&a);
		TRY(rc);
	}
	return s->complete ? 0 : err_set(e, ERR_IO, "the push is still "
	    "pending after a minute");
}

/* Will the same objects never be taken, whenever they are sent? */
static bool
is_final(long status)
{
	return status == 400 || status == 413 || status == 422;
}

static void
push_send(struct client *c, const struct push_objects *o)
{
	AUTO_BUF struct buf url = { 0 }, body = { 0 };
	struct http_answer a = { 0 };
	struct push_status s = { 0 };
	struct str post;
	struct err e;
	int rc;

	buf_addf(&url, "%scollections/%s/objects/", c->o.url,
	    c->push.collection);
	envelope_write(o->v, o->n, &body);
	post = buf_str(&body);
	rc = http_ask(c->o.http, url.p, &post, &a, &e);
	if (rc == 0)
		rc = push_status_read(buf_str(&a.body), o, &s, &e);
	if (rc == 0)
		rc = push_await(c, o, &s, &e);
	if (rc == 0)
		push_done(c, &s);
	else if (rc == ERR_DENIED && is_final(a.status))
		push_refused(c, e.text);
	else
		push_later(c, a.retry_ms, e.text);
	push_status_clear(&s);
	http_answer_clear(&a);
}

void
on_push_again(void *arg)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct client *c = arg;
	struct msg_objects m;

	if (c->push.payload == NULL || msg_objects_decode(
	    (struct str){ c->push.payload, c->push.bytes }, arena, &m) != 0)
		return;
	push_send(c, &(struct push_objects){ m.v, m.n });
}

int
push_take(struct client *c, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct msg_objects m;

	TRY(msg_objects_decode(payload, arena, &m));
	if (c->push.payload != NULL || c->push.collection == NULL ||
	    m.n == 0)
		return ERR_ORDER;
	c->push.payload = mem_dup(payload.p, payload.n);
	c->push.bytes = payload.n;
	c->push.n = m.n;
	c->push.number = m.first;
	push_send(c, &(struct push_objects){ m.v, m.n });
	return 0;
}
