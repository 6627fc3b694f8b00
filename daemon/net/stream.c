#include "net/stream.h"

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
#define WRITE_MAX (1 << 20)		/* for one SSL_write */

struct stream {
	const struct stream_handler *h;	/* borrowed */
	void *arg;
	struct tls_context *tls;	/* borrowed */
	SSL *ssl;			/* owned */
	int fd;				/* owned */
	struct event *readable, *writable;	/* owned */
	struct queue in, out;
	size_t mark, input_max;
	bool connected, dead, paused, finishing, lingering, above_mark;
	bool draining;			/* its owner is told to go on */
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct stream *
stream_new(struct loop *l, const struct stream_options *o,
    const struct stream_handler *h, void *arg)
{
	struct stream *s = mem_new(struct stream);
	int on = 1;

	(void)evutil_make_socket_nonblocking(o->fd);
	(void)setsockopt(o->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->h = h;
	s->arg = arg;
	s->tls = o->tls;
	s->fd = o->fd;
	s->mark = o->mark_bytes;
	s->input_max = o->input_max;
	s->ssl = tls_start(o->tls, o->fd, o->server);
	s->readable = event_new(loop_base(l), o->fd, EV_READ | EV_PERSIST,
	    on_readable, s);
	s->writable = event_new(loop_base(l), o->fd, EV_WRITE, on_writable,
	    s);
	assert(s->ssl != NULL && s->readable != NULL && s->writable != NULL);
	(void)event_add(s->readable, NULL);
	(void)event_add(s->writable, NULL);
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	event_free(s->readable);
	event_free(s->writable);
	SSL_free(s->ssl);
	close(s->fd);
	queue_clear(&s->in);
	queue_clear(&s->out);
	free(s);
}

static void
stream_fail(struct stream *s, int code, const char *text)
{
	if (s->dead)
		return;
	s->dead = true;
	(void)event_del(s->readable);
	(void)event_del(s->writable);
	s->h->closed(s->arg, code, text);
}

/* What SSL_* said; true if it only has to be tried again later. */
static bool
stream_again(struct stream *s, int rc)
{
	char reason[200];
	int saved = errno;

	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return true;
	case SSL_ERROR_WANT_WRITE:
		(void)event_add(s->writable, NULL);
		return true;
	case SSL_ERROR_ZERO_RETURN:
		if (tls_is_flooded(s->ssl))
			stream_fail(s, ERR_TLS, "too many changes of keys");
		else
			stream_fail(s, ERR_CLOSED, "closed by the other "
			    "side");
		return false;
	case SSL_ERROR_SYSCALL:
		stream_fail(s, ERR_IO, saved == 0 ? "the connection broke" :
		    strerror(saved));
		return false;
	default:
		/* What is spoken carries lengths, so a cut is seen as such. */
		stream_fail(s, ERR_TLS, tls_reason(reason, sizeof(reason)));
		return false;
	}
}

static bool
stream_handshake(struct stream *s)
{
	struct tls_peer peer;
	int rc;

	if (s->connected)
		return true;
	ERR_clear_error();
	rc = SSL_do_handshake(s->ssl);
	if (rc != 1) {
		(void)stream_again(s, rc);
		return false;
	}
	if (tls_describe(s->tls, s->ssl, &peer) != 0) {
		stream_fail(s, ERR_TLS, "the other side's certificate is not "
		    "usable: none, or more than one URI name");
		return false;
	}
	s->connected = true;
	s->h->connected(s->arg, &peer);
	return !s->dead;
}

/* Hand on what is there; false if reading is not to go on. */
static bool
stream_dispatch(struct stream *s)
{
	while (!s->dead && !s->paused && queue_bytes(&s->in) > 0) {
		size_t n = s->finishing ? queue_bytes(&s->in) :
		    s->h->data(s->arg, queue_head(&s->in));

		queue_drop(&s->in, n);
		if (n == 0)
			break;
	}
	if (s->dead || s->paused)
		return false;
	if (s->input_max == 0 || queue_bytes(&s->in) < s->input_max)
		return true;
	/* Nobody takes it; stream_pause(false) goes on. */
	(void)event_del(s->readable);
	return false;
}

/* Read until TLS has no more, or this dispatch's share is used up. */
static void
stream_read(struct stream *s)
{
	size_t budget = READ_BUDGET;

	/* What came before a pause is handed on first. */
	if (!stream_dispatch(s))
		return;
	while (budget > 0) {
		int n;

		ERR_clear_error();
		n = SSL_read(s->ssl, queue_room(&s->in, READ_CHUNK),
		    READ_CHUNK);
		if (n <= 0) {
			(void)stream_again(s, n);
			return;
		}
		queue_filled(&s->in, (size_t)n);
		budget -= (size_t)n < budget ? (size_t)n : budget;
		if (!stream_dispatch(s))
			return;
	}
	/* What is left inside OpenSSL would not wake the socket again. */
	if (SSL_has_pending(s->ssl))
		event_active(s->readable, EV_READ, 0);
}

/*
 * All is said.  Closing the socket now would, with input unread, reset the
 * connection and destroy what the other side has not read yet: say so, and
 * throw away what comes until it closes too.  Our owner bounds the time.
 */
static void
stream_linger(struct stream *s)
{
	s->lingering = true;
	(void)SSL_shutdown(s->ssl);
	(void)shutdown(s->fd, SHUT_WR);
	(void)event_del(s->writable);
	(void)event_add(s->readable, NULL);
	event_active(s->readable, EV_READ, 0);
}

static void
stream_discard(struct stream *s)
{
	char bytes[4096];
	ssize_t n;

	for (int i = 0; i < READ_BUDGET / (int)sizeof(bytes); i++) {
		n = recv(s->fd, bytes, sizeof(bytes), 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			stream_fail(s, ERR_CLOSED, "finished");
			return;
		}
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd, (void)what;
	if (s->dead)
		return;
	if (s->lingering) {
		stream_discard(s);
		return;
	}
	if (stream_handshake(s))
		stream_read(s);
	/* An idle connection costs no memory of ours. */
	if (queue_bytes(&s->in) == 0)
		queue_clear(&s->in);
}

static void
stream_write(struct stream *s)
{
	while (!s->dead && queue_bytes(&s->out) > 0) {
		struct str head = queue_head(&s->out);
		int n;

		ERR_clear_error();
		n = SSL_write(s->ssl, head.p, head.n > WRITE_MAX ?
		    WRITE_MAX : (int)head.n);
		if (n <= 0) {
			(void)stream_again(s, n);
			return;
		}
		queue_drop(&s->out, (size_t)n);
	}
	if (!s->dead)
		queue_clear(&s->out);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd, (void)what;
	if (s->dead || s->lingering || !stream_handshake(s))
		return;
	stream_write(s);
	if (s->dead)
		return;
	if (s->above_mark && queue_bytes(&s->out) < s->mark / 2) {
		s->above_mark = false;
		s->draining = true;
		s->h->drained(s->arg);
		s->draining = false;
	}
	if (s->finishing && queue_bytes(&s->out) == 0)
		stream_linger(s);
}

/*
 * There is more to write than before.  It is written after this callback,
 * without asking the kernel first whether it can be: mostly it can.  Who goes
 * on with a long answer lets others have their turn before.
 */
static void
stream_queued(struct stream *s)
{
	if (queue_bytes(&s->out) >= s->mark)
		s->above_mark = true;
	if (s->draining)
		(void)event_add(s->writable, NULL);
	else if (!event_pending(s->writable, EV_WRITE, NULL))
		event_active(s->writable, EV_WRITE, 0);
}

void
stream_send(struct stream *s, struct str bytes)
{
	if (s->dead || s->finishing)
		return;
	queue_add(&s->out, bytes.p, bytes.n);
	stream_queued(s);
}

void
stream_send_take(struct stream *s, struct buf *b)
{
	if (s->dead || s->finishing || queue_bytes(&s->out) > 0) {
		stream_send(s, buf_str(b));
		buf_clear(b);
		return;
	}
	queue_clear(&s->out);
	s->out = (struct queue){ .p = b->p, .to = b->n, .cap = b->n };
	*b = (struct buf){ 0 };
	stream_queued(s);
}

bool
stream_is_full(const struct stream *s)
{
	return s->above_mark;
}

size_t
stream_unsent(const struct stream *s)
{
	return queue_bytes(&s->out);
}

void
stream_pause(struct stream *s, bool on)
{
	if (s->dead || s->lingering || (on && s->paused))
		return;
	s->paused = on;
	if (on) {
		(void)event_del(s->readable);
		return;
	}
	(void)event_add(s->readable, NULL);
	event_active(s->readable, EV_READ, 0);
}

void
stream_finish(struct stream *s)
{
	s->finishing = true;
	if (!s->dead)
		event_active(s->writable, EV_WRITE, 0);
}
