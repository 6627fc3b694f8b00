#include "front/taxii_front.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/taxii_private.h"
#include "host/clock.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/listener.h"
#include "net/timer.h"
#include "wire/msg_flow.h"

#define DRAIN_MS SEC(3)
#define BODY_BYTES_MAX MIB(10)	/* max_content_length (TAXII 2.1 4.2.1) */
#define BODY_MS SEC(120)
#define PATIENCE_MS SEC(120)	/* with the vault, for one request */
#define SLOT_BITS 16		/* of a request's number */

struct taxii_front {
	struct loop *loop;		/* borrowed */
	struct taxii_front_options o;
	struct channel *vault;		/* owned */
	struct listener *listener;	/* owned; NULL once it drains */
	struct limit *limit;		/* owned */
	struct logins *logins;		/* owned */
	struct timer *drain;		/* owned */
	struct http_budget budget;
	struct taxii_item *items;	/* owned; TAXII_ITEMS_MAX to decode */
	VEC(struct tool *) tools;	/* owned; NULL: a free slot */
	size_t ntools;
	uint64_t asked;			/* requests so far */
	bool draining;
};

/* ---- tools ---- */

static void
tool_free(struct tool *t)
{
	struct taxii_front *f = t->front;

	taxii_reset(t);
	f->tools.v[t->slot] = NULL;
	f->ntools--;
	limit_disconnect(f->limit, &t->from);
	http_conn_free(t->http);
	timer_free(t->patience);
	free(t);
}

static void
on_tool_connected(void *arg, const struct tls_peer *peer)
{
	struct tool *t = arg;

	t->certificate = (struct login_certificate){
		.presented = peer->presented, .verified = peer->verified,
		.pin = peer->pin };
	snprintf(t->certificate.name, sizeof(t->certificate.name), "%s",
	    peer->name);
}

static void
on_tool_gone(void *arg, const char *why)
{
	struct tool *t = arg;
	struct taxii_front *f = t->front;

	if (why != NULL)
		log_debug("tool-gone", "desk=%s why=\"%s\"", f->o.desk, why);
	taxii_cancel(t);
	tool_free(t);
	if (f->draining && f->ntools == 0)
		loop_stop(f->loop);
}

static size_t
free_slot(struct taxii_front *f)
{
	for (size_t i = 0; i < f->tools.n; i++)
		if (f->tools.v[i] == NULL)
			return i;
	vec_push(&f->tools, NULL);
	return f->tools.n - 1;
}

static void
on_tool_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	static const struct http_handler handler = {
		.connected = on_tool_connected, .head = taxii_on_head,
		.request = taxii_on_request, .gone = on_tool_gone,
	};
	struct taxii_front *f = arg;
	struct limit_key key = limit_key((const struct sockaddr *)from);
	struct tool *t;

	if (f->ntools >= (size_t)1 << SLOT_BITS ||
	    !limit_connect(f->limit, &key, clock_mono())) {
		close(fd);
		return;
	}
	t = mem_new(struct tool);
	t->front = f;
	t->from = key;
	t->slot = free_slot(f);
	f->tools.v[t->slot] = t;
	f->ntools++;
	t->http = http_conn_new(f->loop, &(struct http_conn_config){
	    .tls = f->o.tls, .options = &f->o.http, .budget = &f->budget,
	    .fd = fd }, &handler, t);
}

/* ---- the vault ---- */

static void
on_patience(void *arg)
{
	struct tool *t = arg;

	taxii_cancel(t);
	taxii_refuse(t, 503, "this takes too long, try again later");
}

void
taxii_expect(struct tool *t)
{
	t->number = ++t->front->asked << SLOT_BITS | t->slot;
	if (t->patience == NULL)
		t->patience = timer_new(t->front->loop, on_patience, t);
	timer_arm_ms(t->patience, PATIENCE_MS);
}

void
taxii_ask(struct tool *t, uint8_t type, struct str payload)
{
	channel_send(t->front->vault, type, payload);
}

void
taxii_cancel(struct tool *t)
{
	AUTO_BUF struct buf payload = { 0 };

	if (t->number == 0)
		return;
	msg_number_encode(t->number, &payload);
	taxii_ask(t, MESSAGE_FRONT_CANCEL, buf_str(&payload));
}

bool
taxii_charge(struct tool *t)
{
	struct http_budget *b = &t->front->budget;

	b->used += t->answer.body.n - t->charged;
	t->charged = t->answer.body.n;
	return b->used <= b->max;
}

void
taxii_forget(struct tool *t)
{
	t->number = 0;
	timer_free(t->patience);
	t->patience = NULL;
}

struct logins *
taxii_logins(struct taxii_front *f)
{
	return f->logins;
}

struct limit *
taxii_limit(struct taxii_front *f)
{
	return f->limit;
}

const struct taxii_front_options *
taxii_options(const struct taxii_front *f)
{
	return &f->o;
}

/* Whose request that is; NULL: it was cancelled, or is answered. */
static struct tool *
tool_of(const struct taxii_front *f, uint64_t number)
{
	size_t slot = number & (((uint64_t)1 << SLOT_BITS) - 1);
	struct tool *t = slot < f->tools.n ? f->tools.v[slot] : NULL;

	return t != NULL && t->number == number ? t : NULL;
}

static int
hear_items(struct taxii_front *f, struct str payload)
{
	struct msg_front_items m = { .v = f->items, .n = TAXII_ITEMS_MAX };
	struct tool *t;

	TRY(msg_front_items_decode(payload, &m));
	t = tool_of(f, m.request);
	return t == NULL ? 0 : taxii_items(t, &m);
}

static int
hear_done(struct taxii_front *f, struct str payload)
{
	struct msg_front_done m;
	struct tool *t;

	TRY(msg_front_done_decode(payload, &m));
	t = tool_of(f, m.request);
	if (t != NULL)
		taxii_done(t, &m);
	return 0;
}

static void
on_vault_frame(void *arg, const struct frame *frame, int fd)
{
	struct taxii_front *f = arg;
	int rc = ERR_ORDER;

	if (fd >= 0)
		close(fd);
	if (frame->type == MESSAGE_FRONT_CLIENTS)
		rc = logins_set(f->logins, frame->payload);
	else if (frame->type == MESSAGE_FRONT_ITEMS)
		rc = hear_items(f, frame->payload);
	else if (frame->type == MESSAGE_FRONT_DONE)
		rc = hear_done(f, frame->payload);
	if (rc == 0)
		return;
	log_error("front-vault", "desk=%s error=\"%s\"", f->o.desk,
	    err_text(rc));
	loop_stop(f->loop);
}

/* Without it there is nothing to serve: who waits is told, and all end. */
static void
on_vault_closed(void *arg, int code)
{
	struct taxii_front *f = arg;

	(void)code;
	taxii_front_drain(f);
	/* The one that ends at once leaves its slot. */
	for (size_t i = 0; i < f->tools.n; i++)
		if (f->tools.v[i] != NULL && f->tools.v[i]->number != 0)
			taxii_refuse(f->tools.v[i], 503,
			    "starting again, try again later");
}

/* ---- life ---- */

struct http_options
taxii_http_options(void)
{
	struct http_options o = http_options_default();

	o.body_max = BODY_BYTES_MAX;
	o.body_ms = BODY_MS;
	return o;
}

static void
on_drained(void *arg)
{
	struct taxii_front *f = arg;

	loop_stop(f->loop);
}

struct taxii_front *
taxii_front_new(struct loop *l, const struct taxii_front_options *o)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_FRONT, .frame = on_vault_frame,
		.closed = on_vault_closed,
	};
	struct taxii_front *f = mem_new(struct taxii_front);

	f->loop = l;
	f->o = *o;
	f->budget.max = HTTP_BUDGET_BYTES;
	f->items = mem_array(struct taxii_item, TAXII_ITEMS_MAX);
	f->limit = limit_new(&o->limits);
	f->logins = logins_new();
	f->drain = timer_new(l, on_drained, f);
	f->vault = channel_new(l, o->channel_fd, &handler, f);
	f->listener = listener_new(l, o->listen_fd, on_tool_accepted, f);
	return f;
}

void
taxii_front_free(struct taxii_front *f)
{
	if (f == NULL)
		return;
	listener_free(f->listener);
	for (size_t i = 0; i < f->tools.n; i++)
		if (f->tools.v[i] != NULL)
			tool_free(f->tools.v[i]);
	vec_clear(&f->tools);
	free(f->items);
	logins_free(f->logins);
	channel_free(f->vault);
	timer_free(f->drain);
	limit_free(f->limit);
	free(f);
}

void
taxii_front_drain(struct taxii_front *f)
{
	if (f->draining)
		return;
	f->draining = true;
	listener_free(f->listener);
	f->listener = NULL;
	timer_arm_ms(f->drain, DRAIN_MS);
	/* The one that ends at once leaves its slot. */
	for (size_t i = 0; i < f->tools.n; i++)
		if (f->tools.v[i] != NULL)
			http_conn_drain(f->tools.v[i]->http);
	if (f->ntools == 0)
		loop_stop(f->loop);
}
