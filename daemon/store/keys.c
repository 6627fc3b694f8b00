#include "store/keys.h"

#include <string.h>

#include "store/store_private.h"

#define GARBAGE_ROWS 64	/* cleared in one step */

static uint32_t
bucket_of(const struct keys *k, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	    (k->nbuckets - 1);
}

static void
staged_grow(struct keys *k)
{
	k->cap = k->cap == 0 ? 4096 : 2 * k->cap;
	k->staged = mem_grow(k->staged, k->cap, sizeof(*k->staged));
	free(k->buckets);
	k->nbuckets = k->cap;
	k->buckets = mem_array(uint32_t, k->nbuckets);
	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t *head = &k->buckets[bucket_of(k, k->staged[i].k)];

		k->staged[i].next = *head;
		*head = i + 1;
	}
}

/* Put one entry in memory; false if it is there. */
static bool
staged_add(struct keys *k, uint64_t key, int64_t seq)
{
	uint32_t *head, at, off;

	if (k->n == k->cap)
		staged_grow(k);
	if (k->n == 0)
		k->base = seq;
	off = (uint32_t)(seq - k->base);
	head = &k->buckets[bucket_of(k, key)];
	/* Entries of this record, if any, are the newest of the chain. */
	for (at = *head; at != 0 && k->staged[at - 1].seq == off;
	    at = k->staged[at - 1].next)
		if (k->staged[at - 1].k == key)
			return false;
	k->staged[k->n] = (struct staged_key){ key, off, *head };
	*head = ++k->n;
	return true;
}

void
keys_stage(struct store *s, uint64_t key, int64_t seq)
{
	uint8_t entry[KEY_BYTES];

	if (!staged_add(&s->keys, key, seq))
		return;
	key_put(entry, key, seq);
	buf_add(&s->pending, entry, sizeof(entry));
}

void
keys_unstage(struct store *s, uint32_t n)
{
	struct keys *k = &s->keys;

	while (k->n > n) {
		const struct staged_key *e = &k->staged[--k->n];

		k->buckets[bucket_of(k, e->k)] = e->next;
	}
}

static void
staged_clear(struct keys *k)
{
	free(k->staged);
	free(k->buckets);
	k->staged = NULL;
	k->buckets = NULL;
	k->n = k->cap = k->nbuckets = 0;
}

void
keys_clear(struct keys *k)
{
	staged_clear(k);
	for (size_t i = 0; i < k->runs.n; i++)
		run_free(k->runs.v[i]);
	vec_clear(&k->runs);
	vec_clear(&k->garbage);
	merge_free(k->merge);
	*k = (struct keys){ .next_run = 1 };
}

static int
pending_load(struct store *s)
{
	sqlite3_stmt *st = sql_get(s, SQL_PENDING_SCAN);
	int rc;

	while ((rc = sql_step(s, st)) > 0) {
		struct str keys = sql_column(st, 0);
		const uint8_t *p = (const uint8_t *)keys.p;

		for (size_t i = 0; i + KEY_BYTES <= keys.n; i += KEY_BYTES)
			staged_add(&s->keys, key_get(p + i), key_seq(p + i));
	}
	return rc;
}

int
keys_load(struct store *s)
{
	keys_clear(&s->keys);
	TRY(run_load_all(s));
	TRY(pending_load(s));
	s->keys.loaded = true;
	return 0;
}

static void
staged_find(const struct keys *k, uint64_t key, size_t max, seq_vec *out)
{
	uint32_t at = k->n == 0 ? 0 : k->buckets[bucket_of(k, key)];

	for (; at != 0 && out->n < max; at = k->staged[at - 1].next)
		if (k->staged[at - 1].k == key)
			vec_push(out, k->base + k->staged[at - 1].seq);
}

static void
staged_find_range(const struct keys *k, const uint64_t range[2], size_t max,
    seq_vec *out)
{
	for (uint32_t i = 0; i < k->n && out->n < max; i++)
		if (k->staged[i].k >= range[0] && k->staged[i].k <= range[1])
			vec_push(out, k->base + k->staged[i].seq);
}

int
keys_find(struct store *s, uint64_t lo, uint64_t hi, size_t max, seq_vec *out)
{
	const struct keys *k = &s->keys;
	const uint64_t range[2] = { lo, hi };

	if (!k->loaded)
		return ERR_IO;
	if (lo == hi)
		staged_find(k, lo, max, out);
	else
		staged_find_range(k, range, max, out);
	/* The newest runs first: they hold the newest records. */
	for (size_t i = k->runs.n; i > 0 && out->n < max; i--)
		TRY(run_find(s, k->runs.v[i - 1], range, max, out));
	return 0;
}

/*
 * Sort by key, and by age within a key: 6 stable passes of 11 bits over
 * entries that are in order of age.
 */
static struct staged_key *
staged_sorted(const struct keys *k)
{
	struct staged_key *from = mem_array(struct staged_key, k->n);
	struct staged_key *to = mem_array(struct staged_key, k->n), *swap;

	memcpy(from, k->staged, k->n * sizeof(*from));
	for (int shift = 0; shift < 64; shift += 11) {
		uint32_t at[2048] = { 0 }, sum = 0;

		for (uint32_t i = 0; i < k->n; i++)
			at[from[i].k >> shift & 2047]++;
		for (int d = 0; d < 2048; d++) {
			uint32_t n = at[d];

			at[d] = sum;
			sum += n;
		}
		for (uint32_t i = 0; i < k->n; i++)
			to[at[from[i].k >> shift & 2047]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	free(to);
	return from;
}

static int
flush_pages(struct store *s, struct run *r, const struct staged_key *v)
{
	uint8_t page[STORE_PAGE_BYTES];
	const size_t max = run_page_keys();
	const struct keys *k = &s->keys;

	for (size_t i = 0; i < k->n; i += max) {
		size_t n = k->n - i < max ? k->n - i : max;

		for (size_t j = 0; j < n; j++)
			key_put(page + j * KEY_BYTES, v[i + j].k,
			    k->base + v[i + j].seq);
		TRY(run_write_page(s, r, page, n));
	}
	return run_publish(s, r);
}

int
keys_flush(struct store *s)
{
	struct keys *k = &s->keys;
	struct staged_key *sorted;
	sqlite3_stmt *st = sql_get(s, SQL_PENDING_CLEAR);
	struct run *r;
	int rc;

	if (k->n == 0)
		return 0;
	sql_int(st, 1, s->now.last_seq);
	TRY(sql_run(s, st));
	r = run_new(k->next_run++, 0, k->n);
	sorted = staged_sorted(k);
	rc = flush_pages(s, r, sorted);
	free(sorted);
	if (rc < 0) {
		run_free(r);
		return rc;
	}
	vec_push(&k->runs, r);
	staged_clear(k);
	return 0;
}

/* Some rows of a run that nothing lists any more. */
static int
garbage_step(struct store *s)
{
	struct keys *k = &s->keys;
	int64_t lo = k->garbage.v[k->garbage.n - 1] << 24, first;
	sqlite3_stmt *st = sql_get(s, SQL_RUN_PAGE_NEXT);
	int rc;

	sql_int(st, 1, lo);
	if ((rc = sql_step(s, st)) < 0)
		return rc;
	first = rc > 0 ? sqlite3_column_int64(st, 0) : INT64_MAX;
	sqlite3_reset(st);
	if (first >> 24 != lo >> 24) {
		k->garbage.n--;
		return 0;
	}
	st = sql_get(s, SQL_RUN_PAGE_DELETE);
	sql_int(st, 1, first);
	sql_int(st, 2, first + GARBAGE_ROWS < lo + (1 << 24) ?
	    first + GARBAGE_ROWS : lo + (1 << 24));
	return sql_run(s, st);
}

bool
keys_waiting(const struct keys *k)
{
	return k->n >= KEYS_STAGED_MAX || k->merge != NULL ||
	    k->garbage.n > 0 || merge_is_due(k);
}

int
keys_step(struct store *s)
{
	struct keys *k = &s->keys;

	if (k->n >= KEYS_STAGED_MAX)
		TRY(keys_flush(s));
	else if (k->merge != NULL || merge_is_due(k))
		TRY(merge_step(s));
	else if (k->garbage.n > 0)
		TRY(garbage_step(s));
	return keys_waiting(k);
}
