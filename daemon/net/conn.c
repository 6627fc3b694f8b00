#include "net/conn.h"

#include <string.h>

#include "net/stream.h"

struct conn {
	const struct conn_handler *h;	/* borrowed */
	void *arg;
	struct stream *stream;		/* owned */
	bool dead;
	bool deaf;			/* a header was wrong: read no frames */
	bool paused;
	bool finishing;
};

static void
on_connected(void *arg, const struct tls_peer *peer)
{
	struct conn *c = arg;

	c->h->connected(c->arg, peer);
}

static void
on_drained(void *arg)
{
	struct conn *c = arg;

	c->h->drained(c->arg);
}

static void
conn_fail(struct conn *c, int code, const char *text)
{
	if (c->dead)
		return;
	c->dead = true;
	stream_pause(c->stream, true);
	c->h->closed(c->arg, code, text);
}

static void
on_closed(void *arg, int code, const char *text)
{
	conn_fail(arg, code, text);
}

static void
conn_header_error(struct conn *c, const uint8_t *header, int code)
{
	char text[FRAME_EXPLAIN_MAX];

	if (c->h->refused == NULL) {
		conn_fail(c, code, frame_header_explain(text, header,
		    CARRIER_PEER));
		return;
	}
	c->deaf = true;
	c->h->refused(c->arg, code, frame_header_explain(text, header,
	    CARRIER_PEER));
}

/* Hand on whole frames. */
static size_t
on_data(void *arg, struct str s)
{
	struct conn *c = arg;
	size_t at = 0;

	while (!c->dead && !c->paused && !c->deaf && !c->finishing) {
		struct str rest = { s.p + at, s.n - at };
		struct frame f;
		int n = frame_next(rest, CARRIER_PEER, &f);

		if (n < 0) {
			conn_header_error(c, (const uint8_t *)rest.p, n);
			break;
		}
		if (n == 0)
			return at;
		c->h->frame(c->arg, &f);
		at += (size_t)n;
	}
	/* What follows a wrong header, or our last word, is of no use. */
	return c->dead || c->deaf || c->finishing ? s.n : at;
}

struct conn *
conn_new(struct loop *l, const struct conn_options *o,
    const struct conn_handler *h, void *arg)
{
	static const struct stream_handler handler = {
		.connected = on_connected, .data = on_data,
		.drained = on_drained, .closed = on_closed,
	};
	struct conn *c = mem_new(struct conn);

	c->h = h;
	c->arg = arg;
	/* A frame's header bounds what waits for the rest of it. */
	c->stream = stream_new(l, &(struct stream_options){ .tls = o->tls,
	    .fd = o->fd, .server = o->server, .mark_bytes = o->mark_bytes },
	    &handler, c);
	return c;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	stream_free(c->stream);
	free(c);
}

void
conn_send(struct conn *c, const struct frame *f)
{
	uint8_t header[FRAME_HEADER_BYTES];

	if (c->dead || c->finishing)
		return;
	frame_header_encode(header, f->type, (uint32_t)f->payload.n);
	stream_send(c->stream, (struct str){ (const char *)header,
	    sizeof(header) });
	stream_send(c->stream, f->payload);
}

bool
conn_is_full(const struct conn *c)
{
	return stream_is_full(c->stream);
}

void
conn_pause(struct conn *c, bool on)
{
	if (c->dead || c->paused == on)
		return;
	c->paused = on;
	stream_pause(c->stream, on);
}

void
conn_finish(struct conn *c)
{
	c->finishing = true;
	if (!c->dead)
		stream_finish(c->stream);
}
