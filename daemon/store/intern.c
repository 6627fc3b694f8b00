#include "store/intern.h"

#include <string.h>

#include "store/siphash.h"
#include "store/store_private.h"

void
intern_clear(struct intern *t)
{
	for (size_t i = 0; i < INTERN_SLOTS; i++) {
		free(t->by_n[i].p);
		t->by_n[i] = (struct intern_entry){ 0 };
		t->by_hash[i] = 0;
	}
}

static struct intern_entry *
slot_of(struct intern *t, int64_t n)
{
	return &t->by_n[(uint64_t)n % INTERN_SLOTS];
}

static void
keep(struct intern *t, int64_t n, uint64_t hash, struct str bytes)
{
	struct intern_entry *e = slot_of(t, n);

	free(e->p);
	*e = (struct intern_entry){ .n = n, .hash = hash,
		.p = mem_dup(bytes.p, bytes.n), .size = bytes.n };
	t->by_hash[hash % INTERN_SLOTS] = n;
}

/* The number in the table, 0 if there is none. */
static int
find_stored(struct store *s, const struct intern *t, struct str bytes,
    int64_t *out)
{
	uint64_t hash = siphash(s->secret, bytes.p, bytes.n);
	sqlite3_stmt *st = sql_get(s, t->find);
	int64_t n = 0;
	int rc;

	sql_int(st, 1, (int64_t)hash);
	while ((rc = sql_step(s, st)) > 0 && n == 0)
		if (str_eq(sql_column(st, 1), bytes))
			n = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (rc >= 0)
		*out = n;
	return rc < 0 ? rc : 0;
}

int
intern_number(struct store *s, struct intern *t, struct str bytes,
    int64_t *out)
{
	uint64_t hash = siphash(s->secret, bytes.p, bytes.n);
	int64_t n = t->by_hash[hash % INTERN_SLOTS];
	const struct intern_entry *e = slot_of(t, n);
	sqlite3_stmt *st;

	if (n != 0 && e->n == n && e->hash == hash &&
	    str_eq((struct str){ e->p, e->size }, bytes)) {
		*out = n;
		return 0;
	}
	TRY(find_stored(s, t, bytes, &n));
	if (n == 0) {
		TRY(store_writable(s));
		st = sql_get(s, t->put);
		sql_int(st, 1, (int64_t)hash);
		sql_blob(st, 2, bytes);
		TRY(sql_run(s, st));
		n = sqlite3_last_insert_rowid(s->db);
	}
	keep(t, n, hash, bytes);
	*out = n;
	return 0;
}

int
intern_find(struct store *s, const struct intern *t, struct str bytes,
    int64_t *out)
{
	int64_t n;

	TRY(find_stored(s, t, bytes, &n));
	if (n == 0)
		return ERR_NOT_FOUND;
	*out = n;
	return 0;
}

int
intern_bytes(struct store *s, struct intern *t, int64_t n,
    struct arena *arena, struct str *out)
{
	const struct intern_entry *e = slot_of(t, n);
	sqlite3_stmt *st;
	const char *copy;
	int rc;

	if (n <= 0)
		return ERR_NOT_FOUND;
	if (e->n != n) {
		struct str bytes;

		st = sql_get(s, t->get);
		sql_int(st, 1, n);
		if ((rc = sql_step(s, st)) <= 0)
			return rc < 0 ? rc : ERR_NOT_FOUND;
		bytes = sql_column(st, 0);
		keep(t, n, siphash(s->secret, bytes.p, bytes.n), bytes);
		sqlite3_reset(st);
	}
	copy = arena_dup(arena, e->p, e->size);
	if (copy == NULL)
		return ERR_LIMIT;
	*out = (struct str){ copy, e->size };
	return 0;
}
