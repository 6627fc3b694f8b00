#include "front/taxii_front.h"

#include <sys/socket.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/listener.h"
#include "net/timer.h"

#define DRAIN_MS SEC(3)

/* One connection of a tool. */
struct tool {
	struct taxii_front *front;	/* borrowed */
	struct http_conn *http;		/* owned */
	struct limit_key from;
	struct tool *prev, *next;	/* in front->tools */
};

struct taxii_front {
	struct loop *loop;		/* borrowed */
	struct taxii_front_options o;
	struct channel *vault;		/* owned */
	struct listener *listener;	/* owned; NULL once it drains */
	struct limit *limit;		/* owned */
	struct timer *drain;		/* owned */
	struct http_budget budget;
	struct tool *tools;		/* owned */
	bool draining;
};

/* ---- tools ---- */

static void
tool_free(struct tool *t)
{
	struct taxii_front *f = t->front;

	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		f->tools = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	limit_disconnect(f->limit, &t->from);
	http_conn_free(t->http);
	free(t);
}

static void
on_tool_request(void *arg, const struct http_request *r)
{
	struct tool *t = arg;
	AUTO_BUF struct buf body = { 0 };

	(void)r;
	http_error_body(&body, 503, "not ready yet, try again later");
	http_conn_answer(t->http, &(struct http_answer){ .status = 503 },
	    &body);
}

static void
on_tool_gone(void *arg, const char *why)
{
	struct tool *t = arg;
	struct taxii_front *f = t->front;

	if (why != NULL)
		log_debug("tool-gone", "desk=%s why=\"%s\"", f->o.desk, why);
	tool_free(t);
	if (f->draining && f->tools == NULL)
		loop_stop(f->loop);
}

static void
on_tool_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	static const struct http_handler handler = {
		.request = on_tool_request, .gone = on_tool_gone,
	};
	struct taxii_front *f = arg;
	struct limit_key key = limit_key((const struct sockaddr *)from);
	struct tool *t;

	if (!limit_connect(f->limit, &key, clock_mono())) {
		close(fd);
		return;
	}
	t = mem_new(struct tool);
	t->front = f;
	t->from = key;
	t->next = f->tools;
	if (t->next != NULL)
		t->next->prev = t;
	f->tools = t;
	t->http = http_conn_new(f->loop, &(struct http_conn_config){
	    .tls = f->o.tls, .options = &f->o.http, .budget = &f->budget,
	    .fd = fd }, &handler, t);
}

/* ---- the vault ---- */

static void
on_vault_frame(void *arg, const struct frame *frame, int fd)
{
	(void)arg, (void)frame;
	if (fd >= 0)
		close(fd);
}

/* Without it there is nothing to serve. */
static void
on_vault_closed(void *arg, int code)
{
	struct taxii_front *f = arg;

	(void)code;
	taxii_front_drain(f);
}

/* ---- life ---- */

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
	f->limit = limit_new(&o->limits);
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
	while (f->tools != NULL)
		tool_free(f->tools);
	channel_free(f->vault);
	timer_free(f->drain);
	limit_free(f->limit);
	free(f);
}

void
taxii_front_drain(struct taxii_front *f)
{
	struct tool *next;

	if (f->draining)
		return;
	f->draining = true;
	listener_free(f->listener);
	f->listener = NULL;
	timer_arm_ms(f->drain, DRAIN_MS);
	/* The one that ends at once takes itself out of the list. */
	for (struct tool *t = f->tools; t != NULL; t = next) {
		next = t->next;
		http_conn_drain(t->http);
	}
	if (f->tools == NULL)
		loop_stop(f->loop);
}
