#include "net/queue.h"

#include <string.h>

/* An empty queue larger than this gives its memory back. */
#define KEEP_BYTES (64 << 10)

void
queue_clear(struct queue *q)
{
	free(q->p);
	*q = (struct queue){ 0 };
}

size_t
queue_bytes(const struct queue *q)
{
	return q->to - q->from;
}

struct str
queue_head(const struct queue *q)
{
	return (struct str){ q->p == NULL ? "" : q->p + q->from,
	    queue_bytes(q) };
}

char *
queue_room(struct queue *q, size_t n)
{
	size_t used = queue_bytes(q);

	if (q->cap - q->to >= n)
		return q->p + q->to;
	if (q->from > 0 && q->cap - used >= n && used <= q->from) {
		memcpy(q->p, q->p + q->from, used);
	} else {
		size_t cap = q->cap == 0 ? 4096 : q->cap;
		char *p;

		while (cap - used < n)
			cap *= 2;
		p = mem_grow(NULL, cap, 1);
		if (used > 0)
			memcpy(p, q->p + q->from, used);
		free(q->p);
		q->p = p;
		q->cap = cap;
	}
	q->from = 0;
	q->to = used;
	return q->p + q->to;
}

void
queue_filled(struct queue *q, size_t n)
{
	q->to += n;
}

void
queue_add(struct queue *q, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(queue_room(q, n), p, n);
	q->to += n;
}

void
queue_drop(struct queue *q, size_t n)
{
	q->from += n;
	if (q->from < q->to)
		return;
	q->from = q->to = 0;
	if (q->cap > KEEP_BYTES)
		queue_clear(q);
}
