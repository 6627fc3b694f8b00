#include "front/http_conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "host/clock.h"
#include "net/timer.h"

#define PIECE_BYTES KIB(32)	/* of an answer, given to the stream at once */
#define MARK_BYTES KIB(64)	/* of output that the client has not taken */
#define INPUT_MAX KIB(16)	/* what waits behind a request */
#define KERNEL_BYTES (64 << 10)	/* of output not yet on the wire */
#define STALLED_GRACES 3	/* without a byte taken: it is given up */

enum phase {
	PHASE_HANDSHAKE,
	PHASE_IDLE,
	PHASE_HEAD,	/* reading a head */
	PHASE_BODY,	/* reading a body */
	PHASE_WAIT,	/* the handler has the request */
	PHASE_ANSWER,	/* the client takes the answer */
	PHASE_LINGER,	/* all is said; the client is to close */
	PHASE_DEAD,	/* gone() was told */
};

static const char too_much[] = "too much is asked and answered at once; try "
    "again later";

/* One request and what it takes to read it; there is none while idle. */
struct exchange {
	struct buf head_bytes;
	struct http_head head;
	struct http_body body_reader;
	struct buf body;
	struct http_request request;
	bool body_due;			/* not all of it was read */
};

struct http_conn {
	struct loop *loop;		/* borrowed */
	const struct http_options *o;	/* borrowed */
	const struct http_handler *h;	/* borrowed */
	struct http_budget *budget;	/* borrowed; may be NULL */
	size_t charged;			/* of it, for us */
	void *arg;
	struct stream *stream;		/* owned */
	struct timer *deadline;		/* owned */
	enum phase phase;
	mono_ms_t since;		/* in this phase */
	uint64_t moved;			/* bytes in this phase */
	uint64_t taken;			/* of an answer, by the client ... */
	mono_ms_t taken_at;		/* ... when it last was more */
	struct exchange *now;		/* owned; NULL while idle */
	struct buf out;			/* the answer's body ... */
	size_t out_at;			/* ... and how much the stream has */
	unsigned requests;
	bool in_handler;		/* a callback of his is running */
	bool in_data;
	bool rest;			/* the stream has bytes not taken */
	bool rearm;			/* the phase is another */
	bool last;			/* close after this answer */
	bool draining, freed;
};

struct http_options
http_options_default(void)
{
	return (struct http_options){ .head_ms = SEC(10),
	    .idle_ms = SEC(75), .grace_ms = SEC(10), .body_ms = SEC(60),
	    .linger_ms = SEC(2), .body_rate = 1 << 10,
	    .answer_rate = 4 << 10, .body_max = MIB(4),
	    .requests_max = 10000 };
}

static void
exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	buf_clear(&x->head_bytes);
	buf_clear(&x->body);
	free(x);
}

static void
conn_enter(struct http_conn *c, enum phase phase)
{
	bool first = c->requests == 0 &&
	    (phase == PHASE_IDLE || phase == PHASE_HEAD);

	c->phase = phase;
	c->rearm = true;
	c->moved = c->taken = 0;
	/* Handshake and first head have one deadline together. */
	if (!first)
		c->since = c->taken_at = clock_mono();
}

/* The moment of this phase at which ms have passed and the rate was kept. */
static int64_t
conn_rate_end(const struct http_conn *c, uint64_t moved, uint32_t rate)
{
	return c->since.ms + c->o->grace_ms +
	    (rate == 0 ? 0 : (int64_t)(moved * 1000 / rate));
}

/*
 * When the client has taken its answer too slowly, as things are now: over
 * all of it, or nothing for a while.
 */
static int64_t
conn_taking_end(struct http_conn *c)
{
	size_t unsent = stream_unsent(c->stream);
	uint64_t taken = c->moved > unsent ? c->moved - unsent : 0;
	int64_t end = conn_rate_end(c, taken, c->o->answer_rate);
	int64_t stalled;

	if (taken != c->taken) {
		c->taken = taken;
		c->taken_at = clock_mono();
	}
	stalled = c->taken_at.ms + STALLED_GRACES * c->o->grace_ms;
	return end < stalled ? end : stalled;
}

/* When this phase has lasted too long, as things are now. */
static int64_t
conn_end_of_phase(struct http_conn *c)
{
	int64_t end;

	switch (c->phase) {
	case PHASE_HANDSHAKE:
	case PHASE_HEAD:
		return c->since.ms + c->o->head_ms;
	case PHASE_IDLE:
		return c->since.ms + (c->requests == 0 ? c->o->head_ms :
		    c->o->idle_ms);
	case PHASE_BODY:
		end = conn_rate_end(c, c->moved, c->o->body_rate);
		return end < c->since.ms + c->o->body_ms ? end :
		    c->since.ms + c->o->body_ms;
	case PHASE_ANSWER:
		return conn_taking_end(c);
	case PHASE_LINGER:
		return stream_unsent(c->stream) == 0 ?
		    c->since.ms + c->o->linger_ms : conn_taking_end(c);
	case PHASE_WAIT:
	case PHASE_DEAD:
		break;
	}
	return INT64_MAX;
}

/* Once at the end of each event, not at each change in it. */
static void
conn_arm(struct http_conn *c)
{
	int64_t end;

	if (c->freed || !c->rearm)
		return;
	c->rearm = false;
	end = conn_end_of_phase(c);
	if (end == INT64_MAX) {
		timer_cancel(c->deadline);
		return;
	}
	end -= clock_mono().ms;
	timer_arm_ms(c->deadline, end > 0 ? end : 0);
}

/* Keep the budget right after a body or an answer grew or went. */
static void
conn_charge(struct http_conn *c)
{
	size_t has = c->out.n + (c->now == NULL ? 0 : c->now->body.n);

	if (c->budget != NULL)
		c->budget->used += has - c->charged;
	c->charged = has;
}

static bool
conn_is_over_budget(const struct http_conn *c)
{
	return c->budget != NULL && c->budget->used > c->budget->max;
}

static void
conn_gone(struct http_conn *c, const char *why)
{
	if (c->freed || c->phase == PHASE_DEAD)
		return;
	c->phase = PHASE_DEAD;
	timer_cancel(c->deadline);
	buf_clear(&c->out);
	conn_charge(c);
	c->h->gone(c->arg, why);
}

/* All was said: send it, and wait for the client to close. */
static void
conn_finish(struct http_conn *c)
{
	conn_enter(c, PHASE_LINGER);
	c->moved = stream_unsent(c->stream);
	stream_finish(c->stream);
}

/* The stream has all of the answer. */
static void
conn_answered(struct http_conn *c)
{
	buf_clear(&c->out);
	c->out_at = 0;
	exchange_free(TAKE(c->now));
	conn_charge(c);
	c->requests++;
	if (c->last || c->draining) {
		conn_finish(c);
		return;
	}
	conn_enter(c, PHASE_IDLE);
	if (c->rest && !c->in_data) {
		/* Show it to us again. */
		stream_pause(c->stream, true);
		stream_pause(c->stream, false);
	}
}

/* Give the stream what it has room for. */
static void
conn_write(struct http_conn *c)
{
	if (c->phase != PHASE_ANSWER)
		return;
	while (c->out_at < c->out.n && !stream_is_full(c->stream)) {
		size_t left = c->out.n - c->out_at;
		size_t n = left < PIECE_BYTES ? left : PIECE_BYTES;

		stream_send(c->stream, (struct str){ c->out.p + c->out_at,
		    n });
		c->out_at += n;
		c->moved += n;
	}
	if (c->out_at == c->out.n && !stream_is_full(c->stream))
		conn_answered(c);
}

/* Head and first piece in one, so that a small answer is one record. */
static void
conn_send_head(struct http_conn *c, const struct http_answer *a,
    bool with_body)
{
	AUTO_BUF struct buf b = { 0 };
	size_t n = c->out.n < PIECE_BYTES / 2 ? c->out.n : PIECE_BYTES / 2;

	http_answer_head(&b, a, c->out.n, clock_unix());
	if (with_body) {
		buf_add(&b, c->out.p, n);
		c->out_at = n;
	} else {
		buf_clear(&c->out);
	}
	c->moved += b.n;
	stream_send_take(c->stream, &b);
}

void
http_conn_answer(struct http_conn *c, const struct http_answer *a,
    struct buf *body)
{
	struct http_answer last = *a;

	if (c->freed || c->phase != PHASE_WAIT) {
		if (body != NULL)
			buf_clear(body);
		return;
	}
	c->last = a->close || c->draining || c->now->head.close ||
	    c->now->body_due || (c->o->requests_max > 0 &&
	    c->requests + 1 >= c->o->requests_max);
	last.close = c->last;
	if (body != NULL) {
		c->out = *body;
		*body = (struct buf){ 0 };
	}
	conn_enter(c, PHASE_ANSWER);
	conn_send_head(c, &last, c->now->head.method != HTTP_HEAD);
	conn_charge(c);
	if (c->in_handler)
		return;		/* it may still look at its request */
	conn_write(c);
	conn_arm(c);
}

/* An answer of our own, and the end. */
static void
conn_refuse(struct http_conn *c, unsigned status, const char *why)
{
	struct http_answer a = { .status = status, .close = true };
	AUTO_BUF struct buf body = { 0 };
	AUTO_BUF struct buf b = { 0 };

	if (status == 405)
		a.fields = STR("Allow: GET, HEAD, POST, DELETE\r\n");
	if (status == 503)
		a.fields = STR("Retry-After: 5\r\n");
	http_error_body(&body, status, why);
	http_answer_head(&b, &a, body.n, clock_unix());
	if (c->now == NULL || c->now->head.method != HTTP_HEAD)
		buf_add(&b, body.p, body.n);
	stream_send_take(c->stream, &b);
	exchange_free(TAKE(c->now));
	conn_charge(c);
	conn_finish(c);
	if (c->h->refused != NULL)
		c->h->refused(c->arg, status, why);
}

/* The request is whole. */
static void
conn_request(struct http_conn *c)
{
	struct exchange *x = c->now;

	x->body_due = false;
	x->request.body = buf_str(&x->body);
	conn_enter(c, PHASE_WAIT);
	c->in_handler = true;
	c->h->request(c->arg, &x->request);
	c->in_handler = false;
	if (!c->freed)
		conn_write(c);
}

/* The head is whole; more tells whether bytes came behind it. */
static void
conn_head(struct http_conn *c, bool more)
{
	struct exchange *x = c->now;

	if (conn_is_over_budget(c)) {
		conn_refuse(c, 503, too_much);
		return;
	}
	x->body_due = http_head_has_body(&x->head);
	x->request = (struct http_request){ .head = &x->head,
	    .body_max = c->o->body_max };
	if (c->h->head != NULL) {
		conn_enter(c, PHASE_WAIT);
		c->in_handler = true;
		c->h->head(c->arg, &x->request);
		c->in_handler = false;
		if (c->freed || c->phase != PHASE_WAIT) {
			if (!c->freed)
				conn_write(c);
			return;
		}
	}
	if (http_body_begin(&x->body_reader, &x->head,
	    x->request.body_max) != 0) {
		conn_refuse(c, x->body_reader.status, x->body_reader.why);
		return;
	}
	if (!x->body_due) {
		conn_request(c);
		return;
	}
	conn_enter(c, PHASE_BODY);
	if (x->head.expect && !more)
		stream_send(c->stream, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static size_t
conn_take_head(struct http_conn *c, struct str s)
{
	struct exchange *x = c->now;
	size_t had = x->head_bytes.n;
	size_t room = HTTP_HEAD_MAX + 1 - had;
	int rc;

	buf_add(&x->head_bytes, s.p, s.n < room ? s.n : room);
	rc = http_head_read(&x->head, buf_str(&x->head_bytes));
	if (rc < 0) {
		conn_refuse(c, x->head.status, x->head.why);
		return s.n;
	}
	if (rc == 0)
		return s.n < room ? s.n : room;
	x->head_bytes.n = (size_t)rc;
	conn_head(c, (size_t)rc - had < s.n);
	return (size_t)rc - had;
}

static size_t
conn_take_body(struct http_conn *c, struct str s)
{
	struct exchange *x = c->now;
	struct str piece;
	int64_t n = http_body_read(&x->body_reader, s, &piece);

	if (n < 0) {
		conn_refuse(c, x->body_reader.status, x->body_reader.why);
		return s.n;
	}
	c->moved += (uint64_t)n;
	buf_add(&x->body, piece.p, piece.n);
	conn_charge(c);
	if (conn_is_over_budget(c)) {
		conn_refuse(c, 503, too_much);
		return s.n;
	}
	if (x->body_reader.done)
		conn_request(c);
	return (size_t)n;
}

static size_t
on_data(void *arg, struct str s)
{
	struct http_conn *c = arg;
	size_t used = 0;

	c->in_data = true;
	while (used < s.n && !c->freed) {
		struct str left = { s.p + used, s.n - used };

		if (c->phase == PHASE_IDLE) {
			c->now = mem_new(struct exchange);
			conn_enter(c, PHASE_HEAD);
		}
		if (c->phase == PHASE_HEAD)
			used += conn_take_head(c, left);
		else if (c->phase == PHASE_BODY)
			used += conn_take_body(c, left);
		else
			break;
	}
	c->in_data = false;
	if (c->freed || c->phase == PHASE_LINGER || c->phase == PHASE_DEAD)
		used = s.n;
	c->rest = used < s.n;
	conn_arm(c);
	return used;
}

static void
on_connected(void *arg, const struct tls_peer *peer)
{
	struct http_conn *c = arg;

	if (c->freed)
		return;
	conn_enter(c, PHASE_IDLE);
	if (c->h->connected != NULL)
		c->h->connected(c->arg, peer);
	if (c->draining && !c->freed)
		conn_finish(c);
	conn_arm(c);
}

static void
on_drained(void *arg)
{
	struct http_conn *c = arg;

	if (c->freed)
		return;
	conn_write(c);
	conn_arm(c);
}

static void
on_closed(void *arg, int code, const char *text)
{
	struct http_conn *c = arg;
	bool between = c->phase == PHASE_IDLE && c->requests > 0;

	/* Many clients go without a word of TLS when they have all. */
	if (c->phase == PHASE_LINGER || between)
		text = NULL;
	else if (code == ERR_CLOSED)
		text = c->phase == PHASE_IDLE ? NULL :
		    "closed in the middle of a request or an answer";
	conn_gone(c, text);
}

static void
on_deadline(void *arg)
{
	struct http_conn *c = arg;

	if (conn_end_of_phase(c) > clock_mono().ms) {
		c->rearm = true;	/* it kept the rate so far */
		conn_arm(c);
		return;
	}
	switch (c->phase) {
	case PHASE_HANDSHAKE:
		conn_gone(c, "no TLS handshake in time");
		break;
	case PHASE_IDLE:
		conn_finish(c);
		break;
	case PHASE_HEAD:
		conn_refuse(c, 408, "the head of the request took too long");
		break;
	case PHASE_BODY:
		conn_refuse(c, 408, "the body of the request took too long");
		break;
	case PHASE_ANSWER:
		conn_gone(c, "the client does not take its answer");
		break;
	case PHASE_LINGER:
		conn_gone(c, NULL);
		break;
	case PHASE_WAIT:
	case PHASE_DEAD:
		break;
	}
	conn_arm(c);
}

static const struct stream_handler stream_calls = {
	.connected = on_connected,
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
};

struct http_conn *
http_conn_new(struct loop *l, const struct http_conn_config *config,
    const struct http_handler *h, void *arg)
{
	struct http_conn *c = mem_new(struct http_conn);
	struct stream_options o = { .tls = config->tls, .fd = config->fd,
	    .server = true, .mark_bytes = MARK_BYTES,
	    .input_max = INPUT_MAX };
	int kernel = KERNEL_BYTES;

	/* Or megabytes in the kernel would pass for taken by the client. */
	(void)setsockopt(config->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kernel,
	    sizeof(kernel));
	c->loop = l;
	c->o = config->options;
	c->h = h;
	c->budget = config->budget;
	c->arg = arg;
	c->since = clock_mono();
	c->rearm = true;
	c->deadline = timer_new(l, on_deadline, c);
	c->stream = stream_new(l, &o, &stream_calls, c);
	conn_arm(c);
	return c;
}

/* Outside of every callback. */
static void
on_freed(void *arg)
{
	struct http_conn *c = arg;

	stream_free(c->stream);
	timer_free(c->deadline);
	exchange_free(TAKE(c->now));
	buf_clear(&c->out);
	free(c);
}

void
http_conn_free(struct http_conn *c)
{
	if (c == NULL || c->freed)
		return;
	c->freed = true;
	timer_cancel(c->deadline);
	/* What the owner lent may go with him, before on_freed. */
	if (c->budget != NULL)
		c->budget->used -= c->charged;
	c->charged = 0;
	c->budget = NULL;
	loop_defer(c->loop, on_freed, c);
}

void
http_conn_drain(struct http_conn *c)
{
	if (c->freed)
		return;
	c->draining = true;
	if (c->phase == PHASE_IDLE)
		conn_finish(c);
	conn_arm(c);
}
