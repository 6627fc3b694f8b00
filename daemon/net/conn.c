#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "net/loop_private.h"
#include "net/queue.h"
#include "net/tls_private.h"

#define READ_CHUNK (16 << 10)		/* one TLS record */
#define READ_BUDGET (256 << 10)		/* per dispatch */

struct conn {
	const struct conn_handler *h;	/* borrowed */
	void *arg;
	struct loop *loop;		/* borrowed */
	SSL *ssl;			/* owned */
	int fd;				/* owned */
	struct event *readable, *writable;	/* owned */
	struct queue in, out;
	size_t mark;
	bool connected, dead, paused, finishing, lingering, above_mark;
	bool deaf;			/* a header was wrong: read no frames */
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct conn *
conn_new(struct loop *l, const struct conn_options *o,
    const struct conn_handler *h, void *arg)
{
	struct conn *c = mem_new(struct conn);
	int on = 1;

	(void)evutil_make_socket_nonblocking(o->fd);
	(void)setsockopt(o->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->h = h;
	c->arg = arg;
	c->loop = l;
	c->fd = o->fd;
	c->mark = o->mark_bytes;
	c->ssl = tls_start(o->tls, o->fd, o->server);
	c->readable = event_new(loop_base(l), o->fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	c->writable = event_new(loop_base(l), o->fd, EV_WRITE, on_writable,
	    c);
	assert(c->ssl != NULL && c->readable != NULL && c->writable != NULL);
	(void)event_add(c->readable, NULL);
	(void)event_add(c->writable, NULL);
	return c;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	event_free(c->readable);
	event_free(c->writable);
	SSL_free(c->ssl);
	close(c->fd);
	queue_clear(&c->in);
	queue_clear(&c->out);
	free(c);
}

static void
conn_fail(struct conn *c, int code, const char *text)
{
	if (c->dead)
		return;
	c->dead = true;
	(void)event_del(c->readable);
	(void)event_del(c->writable);
	c->h->closed(c->arg, code, text);
}

/* What SSL_* said; true if it only has to be tried again later. */
static bool
conn_again(struct conn *c, int rc)
{
	char reason[200];
	int saved = errno;

	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return true;
	case SSL_ERROR_WANT_WRITE:
		(void)event_add(c->writable, NULL);
		return true;
	case SSL_ERROR_ZERO_RETURN:
		if (tls_is_flooded(c->ssl))
			conn_fail(c, ERR_TLS, "too many changes of keys");
		else
			conn_fail(c, ERR_CLOSED, "closed by the other side");
		return false;
	case SSL_ERROR_SYSCALL:
		conn_fail(c, ERR_IO, saved == 0 ? "the connection broke" :
		    strerror(saved));
		return false;
	default:
		/* Frames carry lengths, so a cut stream is seen as such. */
		conn_fail(c, ERR_TLS, tls_reason(reason, sizeof(reason)));
		return false;
	}
}

static bool
conn_handshake(struct conn *c)
{
	struct tls_peer peer;
	int rc;

	if (c->connected)
		return true;
	ERR_clear_error();
	rc = SSL_do_handshake(c->ssl);
	if (rc != 1) {
		(void)conn_again(c, rc);
		return false;
	}
	if (tls_describe(c->ssl, &peer) != 0) {
		conn_fail(c, ERR_TLS, "the other side's certificate is not "
		    "usable: none, or more than one URI name");
		return false;
	}
	c->connected = true;
	c->h->connected(c->arg, &peer);
	return !c->dead;
}

static void
conn_header_error(struct conn *c, int code)
{
	char text[FRAME_EXPLAIN_MAX];
	struct str head = queue_head(&c->in);

	if (c->h->refused == NULL) {
		conn_fail(c, code, frame_header_explain(text,
		    (const uint8_t *)head.p, CARRIER_PEER));
		return;
	}
	c->deaf = true;
	c->h->refused(c->arg, code, frame_header_explain(text,
	    (const uint8_t *)head.p, CARRIER_PEER));
}

/* Hand on whole frames; false if the connection has ended. */
static bool
conn_dispatch(struct conn *c)
{
	if (c->deaf)
		queue_drop(&c->in, queue_bytes(&c->in));
	while (!c->dead && !c->paused && !c->deaf) {
		struct frame f;
		int n = frame_next(queue_head(&c->in), CARRIER_PEER, &f);

		if (n < 0) {
			conn_header_error(c, n);
			return false;
		}
		if (n == 0)
			break;
		if (!c->finishing)
			c->h->frame(c->arg, &f);
		queue_drop(&c->in, (size_t)n);
	}
	return !c->dead;
}

/* Read until TLS has no more, or this dispatch's share is used up. */
static void
conn_read(struct conn *c)
{
	size_t budget = READ_BUDGET;

	/* What came before a pause is handed on first. */
	if (!conn_dispatch(c))
		return;
	while (!c->dead && !c->paused && budget > 0) {
		int n;

		ERR_clear_error();
		n = SSL_read(c->ssl, queue_room(&c->in, READ_CHUNK),
		    READ_CHUNK);
		if (n <= 0) {
			(void)conn_again(c, n);
			return;
		}
		queue_filled(&c->in, (size_t)n);
		budget -= (size_t)n < budget ? (size_t)n : budget;
		if (!conn_dispatch(c))
			return;
	}
	/* What is left inside OpenSSL would not wake the socket again. */
	if (!c->dead && !c->paused && SSL_has_pending(c->ssl))
		event_active(c->readable, EV_READ, 0);
}

/*
 * All is said.  Closing the socket now would, with input unread, reset the
 * connection and destroy what the other side has not read yet: say so, and
 * throw away what comes until it closes too.  Our owner bounds the time.
 */
static void
conn_linger(struct conn *c)
{
	c->lingering = true;
	(void)SSL_shutdown(c->ssl);
	(void)shutdown(c->fd, SHUT_WR);
	(void)event_del(c->writable);
	(void)event_add(c->readable, NULL);
	event_active(c->readable, EV_READ, 0);
}

static void
conn_discard(struct conn *c)
{
	char bytes[4096];
	ssize_t n;

	for (int i = 0; i < READ_BUDGET / (int)sizeof(bytes); i++) {
		n = recv(c->fd, bytes, sizeof(bytes), 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn_fail(c, ERR_CLOSED, "finished");
			return;
		}
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd, (void)what;
	if (c->dead)
		return;
	if (c->lingering) {
		conn_discard(c);
		return;
	}
	if (conn_handshake(c))
		conn_read(c);
}

static void
conn_write(struct conn *c)
{
	while (!c->dead && queue_bytes(&c->out) > 0) {
		struct str head = queue_head(&c->out);
		int n;

		ERR_clear_error();
		n = SSL_write(c->ssl, head.p, head.n > (1 << 20) ? 1 << 20 :
		    (int)head.n);
		if (n <= 0) {
			(void)conn_again(c, n);
			return;
		}
		queue_drop(&c->out, (size_t)n);
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd, (void)what;
	if (c->dead || c->lingering || !conn_handshake(c))
		return;
	conn_write(c);
	if (c->dead)
		return;
	if (c->above_mark && queue_bytes(&c->out) < c->mark / 2) {
		c->above_mark = false;
		c->h->drained(c->arg);
	}
	if (c->finishing && queue_bytes(&c->out) == 0)
		conn_linger(c);
}

void
conn_send(struct conn *c, const struct frame *f)
{
	uint8_t header[FRAME_HEADER_BYTES];

	if (c->dead || c->finishing)
		return;
	frame_header_encode(header, f->type, (uint32_t)f->payload.n);
	queue_add(&c->out, header, sizeof(header));
	queue_add(&c->out, f->payload.p, f->payload.n);
	if (queue_bytes(&c->out) >= c->mark)
		c->above_mark = true;
	(void)event_add(c->writable, NULL);
}

bool
conn_is_full(const struct conn *c)
{
	return c->above_mark;
}

void
conn_pause(struct conn *c, bool on)
{
	if (c->dead || c->lingering || c->paused == on)
		return;
	c->paused = on;
	if (on) {
		(void)event_del(c->readable);
		return;
	}
	(void)event_add(c->readable, NULL);
	event_active(c->readable, EV_READ, 0);
}

void
conn_finish(struct conn *c)
{
	c->finishing = true;
	if (!c->dead)
		event_active(c->writable, EV_WRITE, 0);
}
