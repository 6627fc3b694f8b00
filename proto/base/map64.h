/*
 * A map from 64-bit numbers to pointers: open addressing, grows by itself.
 * Keys are trusted numbers of our own (already hashed, or small).
 */
#ifndef BASE_MAP64_H
#define BASE_MAP64_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct map64_slot {
	uint64_t key;
	void *value;	/* NULL: free slot */
};

/* Zero-initialise. */
struct map64 {
	struct map64_slot *slots;	/* owned */
	size_t n, cap;			/* cap is 0 or a power of two */
};

/* map64_get(m, key): the value, or NULL. */
void *map64_get(const struct map64 *m, uint64_t key);

/* map64_set(m, key, value): value not NULL; replaces what was there. */
void map64_set(struct map64 *m, uint64_t key, void *value);

/*
 * map64_clear(m, free_value): forget everything; free_value (may be NULL)
 * is called on each value.
 */
void map64_clear(struct map64 *m, void (*free_value)(void *));

#endif
