/*
 * Bytes in a row, added at the end and dropped from the front.
 */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "base/str.h"

/* Zero-initialise. */
struct queue {
	char *p;		/* owned */
	size_t from, to, cap;	/* bytes from..to of p are in the queue */
};

void queue_clear(struct queue *q);
size_t queue_bytes(const struct queue *q);

/* queue_head(q): all of it, borrowed until the next change. */
struct str queue_head(const struct queue *q);

/* queue_add(q, p, n): copy n bytes to the end; queue_drop: off the front. */
void queue_add(struct queue *q, const void *p, size_t n);
void queue_drop(struct queue *q, size_t n);	/* n <= queue_bytes(q) */

/* queue_room(q, n): room for n bytes at the end; queue_filled: were put. */
char *queue_room(struct queue *q, size_t n);
void queue_filled(struct queue *q, size_t n);

#endif
