/*
 * An arena: many small allocations that die together.  What one message
 * decodes to lives in that message's arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/mem.h"

struct arena;

/* arena_new(max_bytes): an empty arena that will hold at most max_bytes. */
struct arena *arena_new(size_t max_bytes);

/* arena_free(a): free everything in it; NULL is fine. */
void arena_free(struct arena *a);
MEM_AUTO(struct arena, arena_free);

/* arena_reset(a): forget everything in it, keep one block for reuse. */
void arena_reset(struct arena *a);

/*
 * arena_alloc(a, n): n zeroed bytes, aligned for any type, valid until
 * reset or free; NULL if max_bytes would be passed or memory is short
 * (answer ERR_LIMIT).
 */
void *arena_alloc(struct arena *a, size_t n) MUST_CHECK;

/* arena_dup(a, p, n): a copy of n bytes plus one NUL; NULL as above. */
void *arena_dup(struct arena *a, const void *p, size_t n) MUST_CHECK;

/* arena_used(a): bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#endif
