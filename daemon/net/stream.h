/*
 * A stream: bytes over TLS over one TCP socket, both ways, without blocking.
 * comity/1 frames (net/conn.h) and HTTP (daemon/front) are spoken over it.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/str.h"
#include "net/loop.h"
#include "net/tls.h"

struct stream;

struct stream_handler {
	/* connected(arg, peer): the handshake is done; once. */
	void (*connected)(void *arg, const struct tls_peer *peer);
	/*
	 * data(arg, s): bytes came; returns how many were consumed.  The rest
	 * is shown again, with what follows it, when more came or on
	 * stream_pause(false).
	 */
	size_t (*data)(void *arg, struct str s);
	/* drained(arg): the output, once above the mark, fell below half. */
	void (*drained)(void *arg);
	/* closed(arg, code, text): ERR_CLOSED in order, ERR_TLS, ERR_IO. Once. */
	void (*closed)(void *arg, int code, const char *text);
};

struct stream_options {
	struct tls_context *tls;	/* borrowed */
	int fd;				/* connected; taken over */
	bool server;			/* they called us */
	size_t mark_bytes;		/* of output, for stream_is_full */
	size_t input_max;		/* unconsumed input at which to stop; 0: none */
};

/* stream_new(l, o, h, arg): h is borrowed for good. */
struct stream *stream_new(struct loop *l, const struct stream_options *o,
    const struct stream_handler *h, void *arg);

/* stream_free(s): close at once; not from within its callbacks. */
void stream_free(struct stream *s);

/* stream_send(s, bytes): queue a copy. */
void stream_send(struct stream *s, struct str bytes);
/*
 * stream_send_take(s, b): queue the buffer's bytes, without a copy when
 * nothing else waits, and leave it empty.
 */
void stream_send_take(struct stream *s, struct buf *b);

/* stream_is_full(s): the output queue is above the mark. */
bool stream_is_full(const struct stream *s);
/* stream_unsent(s): bytes queued that the kernel has not taken. */
size_t stream_unsent(const struct stream *s);

/* stream_pause(s, on): stop reading, or go on. */
void stream_pause(struct stream *s, bool on);

/*
 * stream_finish(s): send what is queued, then close_notify, and wait for
 * the other side to close; closed(ERR_CLOSED) follows.  No data is handed
 * on from here.  The owner bounds the time and then calls stream_free.
 */
void stream_finish(struct stream *s);

#endif
