/*
 * Numbers for runs of bytes, kept in a table with a bounded cache before
 * it.  Private to the store.
 */
#ifndef STORE_INTERN_H
#define STORE_INTERN_H

#include "base/arena.h"
#include "store/sql.h"

#define INTERN_SLOTS 2048

struct intern_entry {
	int64_t n;
	uint64_t hash;
	char *p;	/* owned */
	size_t size;
};

struct intern {
	enum sql put, find, get;
	struct intern_entry by_n[INTERN_SLOTS];	/* at n % INTERN_SLOTS */
	int64_t by_hash[INTERN_SLOTS];	/* a number in by_n, perhaps */
};

/* intern_clear(t): forget the cache. */
void intern_clear(struct intern *t);

/* intern_number(s, t, bytes, out): its number, made if there is none. */
int intern_number(struct store *s, struct intern *t, struct str bytes,
    int64_t *out) MUST_CHECK;

/* intern_find(s, t, bytes, out): its number; ERR_NOT_FOUND. */
int intern_find(struct store *s, const struct intern *t, struct str bytes,
    int64_t *out);

/* intern_bytes(s, t, n, arena, out): ERR_NOT_FOUND, ERR_LIMIT. */
int intern_bytes(struct store *s, struct intern *t, int64_t n,
    struct arena *arena, struct str *out) MUST_CHECK;

#endif
