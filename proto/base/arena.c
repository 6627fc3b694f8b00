#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#define BLOCK_BYTES 16384

struct block {
	struct block *next;	/* owned */
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks;	/* owned; the newest first */
	size_t max_bytes, used;
};

struct arena *
arena_new(size_t max_bytes)
{
	struct arena *a = mem_new(struct arena);

	a->max_bytes = max_bytes;
	return a;
}

void
arena_free(struct arena *a)
{
	struct block *b, *next;

	if (a == NULL)
		return;
	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block *keep = a->blocks, *b, *next;

	a->used = 0;
	if (keep == NULL)
		return;
	for (b = keep->next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	keep->next = NULL;
	keep->used = 0;
}

/* A block with room for n bytes at the head of the list, or NULL. */
static struct block *
block_for(struct arena *a, size_t n)
{
	struct block *b = a->blocks;
	size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES, total;

	if (b != NULL && b->size - b->used >= n)
		return b;
	if (!size_add(sizeof(*b), size, &total) ||
	    (b = mem_try(total)) == NULL)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t unit = alignof(max_align_t);
	struct block *b;
	size_t rounded;
	void *p;

	if (!size_add(n, unit - 1, &rounded))
		return NULL;
	rounded -= rounded % unit;
	if (rounded > a->max_bytes - a->used)
		return NULL;
	if ((b = block_for(a, rounded)) == NULL)
		return NULL;
	p = b->bytes + b->used;
	memset(p, 0, rounded);
	b->used += rounded;
	a->used += rounded;
	return p;
}

void *
arena_dup(struct arena *a, const void *p, size_t n)
{
	char *d = n == SIZE_MAX ? NULL : arena_alloc(a, n + 1);

	if (d != NULL && n > 0)
		memcpy(d, p, n);
	return d;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
