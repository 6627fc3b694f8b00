/*
 * A channel: frames over a Unix stream socket between our own processes or
 * to comityctl, with descriptors where the two sides agree on it.
 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "net/loop.h"
#include "wire/frame.h"

struct channel;

struct channel_handler {
	/* One of enum message_carrier: which frames may come. */
	unsigned carrier;
	/*
	 * frame(arg, f, fd): f is borrowed for the call.  fd is a descriptor
	 * that came with it (the callee owns it then), or -1.
	 */
	void (*frame)(void *arg, const struct frame *f, int fd);
	/*
	 * closed(arg, code): the other side is gone (ERR_CLOSED), sent what
	 * it may not (ERR_VALUE, ERR_SYNTAX, ERR_LIMIT), or the socket
	 * failed (ERR_IO).  Called once; nothing is called after it.
	 */
	void (*closed)(void *arg, int code);
	/* drained(arg): the queue fell below half the mark; may be NULL. */
	void (*drained)(void *arg);
};

/*
 * channel_new(l, fd, h, arg): serve fd (taken over, made non-blocking).
 * h is borrowed for good.
 */
struct channel *channel_new(struct loop *l, int fd,
    const struct channel_handler *h, void *arg);

/* channel_free(c): close at once; also from within its own callbacks. */
void channel_free(struct channel *c);

/* channel_send(c, type, payload): queue a frame (copied). */
void channel_send(struct channel *c, uint8_t type, struct str payload);

/* channel_send_fd(c, type, payload, fd): the same with fd (closed here). */
void channel_send_fd(struct channel *c, uint8_t type, struct str payload,
    int fd);

/* channel_flush(c): write what the socket takes now, in a long dispatch. */
void channel_flush(struct channel *c);

/* channel_queued(c): bytes waiting to be written. */
size_t channel_queued(const struct channel *c);

/* channel_pause(c, on): stop reading, or go on. */
void channel_pause(struct channel *c, bool on);

/* channel_set_mark(c, bytes): what `drained` is measured against. */
void channel_set_mark(struct channel *c, size_t bytes);

#endif
