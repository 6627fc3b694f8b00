/*
 * A connection: comity/1 frames over TLS, over one TCP socket.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/loop.h"
#include "net/tls.h"
#include "wire/frame.h"

struct conn;

struct conn_handler {
	/* connected(arg, peer): the handshake is done; once. */
	void (*connected)(void *arg, const struct tls_peer *peer);
	/* frame(arg, f): one whole peer frame, borrowed for the call. */
	void (*frame)(void *arg, const struct frame *f);
	/*
	 * refused(arg, code, text): a frame's header is wrong; no frame is read
	 * any more.  The owner says so to the other side and finishes.  NULL:
	 * closed() is called instead.
	 */
	void (*refused)(void *arg, int code, const char *text);
	/* drained(arg): the output, once above the mark, fell below half. */
	void (*drained)(void *arg);
	/*
	 * closed(arg, code, text): it ended: ERR_CLOSED in order, ERR_TLS,
	 * ERR_IO, or what was wrong with a frame's header.  Once.
	 */
	void (*closed)(void *arg, int code, const char *text);
};

/*
 * conn_new(l, o, h, arg): serve a connected socket (taken over).  h is
 * borrowed for good.
 */
struct conn_options {
	struct tls_context *tls;	/* borrowed */
	int fd;
	bool server;			/* they called us */
	size_t mark_bytes;		/* of output, for conn_is_full */
};
struct conn *conn_new(struct loop *l, const struct conn_options *o,
    const struct conn_handler *h, void *arg);

/* conn_free(c): close at once; not from within its callbacks. */
void conn_free(struct conn *c);

/* conn_send(c, f): queue a frame (copied). */
void conn_send(struct conn *c, const struct frame *f);

/* conn_is_full(c): the output queue is above the mark. */
bool conn_is_full(const struct conn *c);

/* conn_pause(c, on): stop reading, or go on. */
void conn_pause(struct conn *c, bool on);

/*
 * conn_finish(c): send what is queued, then close_notify, and wait for the
 * other side to close; closed(ERR_CLOSED) follows.  No frame is handed on
 * from here.  The owner bounds the time and then calls conn_free.
 */
void conn_finish(struct conn *c);

#endif
