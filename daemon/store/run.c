/*
 * Runs: immutable sorted pages of keys, their fences and their filters.
 */
#include <string.h>

#include "store/store_private.h"

#define RUN_PAGE_BITS 24
/* A row with one full page fits one leaf of the file without overflow. */
#define RUN_PAGE_KEYS ((STORE_PAGE_BYTES - 64) / KEY_BYTES)
/* 512 bits and 48 keys a line, 5 bits a key: 1 in 100 says yes wrongly. */
#define LINE_BYTES 64
#define LINE_KEYS 48
#define LINE_PROBES 5

struct run *
run_new(int64_t n, int level, uint64_t keys)
{
	struct run *r = mem_new(struct run);
	size_t pages = (size_t)(keys / RUN_PAGE_KEYS + 1);

	r->n = n;
	r->level = level;
	r->fences = mem_array(uint64_t, pages);
	r->nlines = (size_t)(keys / LINE_KEYS + 1);
	r->filter = mem_array(uint8_t, r->nlines * LINE_BYTES);
	return r;
}

void
run_free(struct run *r)
{
	if (r == NULL)
		return;
	free(r->fences);
	free(r->filter);
	free(r);
}

size_t
run_page_keys(void)
{
	return RUN_PAGE_KEYS;
}

/* The line of k: the high half of a product spreads it over nlines. */
static uint8_t *
line_of(const struct run *r, uint64_t k)
{
	uint64_t h = k * UINT64_C(0x9e3779b97f4a7c15);

	return r->filter + LINE_BYTES * (size_t)(((h >> 32) * r->nlines) >> 32);
}

void
run_add_page(struct run *r, const uint8_t *page, size_t n)
{
	r->fences[r->npages++] = key_get(page);
	r->keys += n;
	for (size_t i = 0; i < n; i++) {
		uint64_t k = key_get(page + i * KEY_BYTES), bits = k;
		uint8_t *line;

		if ((k & KEY_HASHED) == 0)
			continue;
		line = line_of(r, k);
		for (int j = 0; j < LINE_PROBES; j++, bits >>= 9)
			line[(bits & 511) / 8] |=
			    (uint8_t)(1U << (bits & 7));
	}
}

bool
run_may_hold(const struct run *r, uint64_t k)
{
	const uint8_t *line = line_of(r, k);
	uint64_t bits = k;

	if ((k & KEY_HASHED) == 0)
		return true;
	for (int j = 0; j < LINE_PROBES; j++, bits >>= 9)
		if ((line[(bits & 511) / 8] >> (bits & 7) & 1) == 0)
			return false;
	return true;
}

static int64_t
page_row(const struct run *r, size_t i)
{
	return r->n << RUN_PAGE_BITS | (int64_t)i;
}

int
run_write_page(struct store *s, struct run *r, const uint8_t *page, size_t n)
{
	sqlite3_stmt *st = sql_get(s, SQL_RUN_PAGE_PUT);

	if (r->npages >> RUN_PAGE_BITS != 0)
		return ERR_LIMIT;
	sql_int(st, 1, page_row(r, r->npages));
	sql_blob(st, 2, (struct str){ (const char *)page, n * KEY_BYTES });
	TRY(sql_run(s, st));
	run_add_page(r, page, n);
	return 0;
}

/* A page that is not as it was written. */
static int
run_is_damaged(struct store *s)
{
	s->broken = true;
	return sql_error(s, SQLITE_CORRUPT);
}

int
run_read_page(struct store *s, const struct run *r, size_t i, uint8_t *page,
    size_t *out_n)
{
	sqlite3_stmt *st = sql_get(s, SQL_RUN_PAGE_GET);
	struct str keys;
	size_t n;
	int rc;

	sql_int(st, 1, page_row(r, i));
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : run_is_damaged(s);
	keys = sql_column(st, 0);
	n = keys.n / KEY_BYTES;
	if (n == 0 || n > RUN_PAGE_KEYS || n * KEY_BYTES != keys.n) {
		sqlite3_reset(st);
		return run_is_damaged(s);
	}
	memcpy(page, keys.p, keys.n);
	sqlite3_reset(st);
	*out_n = n;
	return 0;
}

/* The first page that can hold k: before the first fence that is not less. */
static size_t
page_of(const struct run *r, uint64_t k)
{
	size_t lo = 0, hi = r->npages;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->fences[mid] < k)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? 0 : lo - 1;
}

/* The first of n entries with a key that is not less than k. */
static size_t
entry_of(const uint8_t *page, size_t n, uint64_t k)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_get(page + mid * KEY_BYTES) < k)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
run_find(struct store *s, const struct run *r, const uint64_t range[2],
    size_t max, seq_vec *out)
{
	uint8_t page[RUN_PAGE_KEYS * KEY_BYTES];

	if (range[0] == range[1] && !run_may_hold(r, range[0]))
		return 0;
	for (size_t i = page_of(r, range[0]);
	    i < r->npages && r->fences[i] <= range[1]; i++) {
		size_t n, at;

		TRY(run_read_page(s, r, i, page, &n));
		for (at = entry_of(page, n, range[0]); at < n; at++) {
			const uint8_t *e = page + at * KEY_BYTES;

			if (key_get(e) > range[1] || out->n >= max)
				return 0;
			vec_push(out, key_seq(e));
		}
	}
	return 0;
}

int
run_publish(struct store *s, const struct run *r)
{
	sqlite3_stmt *st = sql_get(s, SQL_RUN_PUT);

	sql_int(st, 1, r->n);
	sql_int(st, 2, r->level);
	sql_int(st, 3, (int64_t)r->keys);
	return sql_run(s, st);
}

/* Read every page of a listed run for its fences and filter. */
static int
run_load(struct store *s, struct run *r, uint64_t keys)
{
	uint8_t page[RUN_PAGE_KEYS * KEY_BYTES];
	uint64_t last = 0;

	while (r->keys < keys) {
		size_t n;

		TRY(run_read_page(s, r, r->npages, page, &n));
		if (n > keys - r->keys || key_get(page) < last ||
		    (n < RUN_PAGE_KEYS && n < keys - r->keys))
			return run_is_damaged(s);
		run_add_page(r, page, n);
		last = key_get(page + (n - 1) * KEY_BYTES);
	}
	return 0;
}

static bool
run_is_listed(const struct keys *k, int64_t n)
{
	for (size_t i = 0; i < k->runs.n; i++)
		if (k->runs.v[i]->n == n)
			return true;
	return false;
}

/* Pages of runs that are not listed were left by a merge that was cut. */
static int
find_garbage(struct store *s)
{
	int64_t from = 0;

	for (;;) {
		sqlite3_stmt *st = sql_get(s, SQL_RUN_PAGE_NEXT);
		int rc;

		sql_int(st, 1, from);
		if ((rc = sql_step(s, st)) <= 0)
			return rc;
		from = sqlite3_column_int64(st, 0) >> RUN_PAGE_BITS;
		sqlite3_reset(st);
		if (!run_is_listed(&s->keys, from))
			vec_push(&s->keys.garbage, from);
		if (from >= s->keys.next_run)
			s->keys.next_run = from + 1;
		from = (from + 1) << RUN_PAGE_BITS;
	}
}

int
run_load_all(struct store *s)
{
	sqlite3_stmt *st = sql_get(s, SQL_RUN_SCAN);
	int rc;

	while ((rc = sql_step(s, st)) > 0) {
		int64_t keys = sqlite3_column_int64(st, 2);
		struct run *r;

		if (keys <= 0 || keys > INT64_C(1) << 40) {
			sqlite3_reset(st);
			return run_is_damaged(s);
		}
		r = run_new(sqlite3_column_int64(st, 0),
		    sqlite3_column_int(st, 1), (uint64_t)keys);
		vec_push(&s->keys.runs, r);
		if ((rc = run_load(s, r, (uint64_t)keys)) < 0) {
			sqlite3_reset(st);
			return rc;
		}
		if (r->n >= s->keys.next_run)
			s->keys.next_run = r->n + 1;
	}
	TRY(rc);
	return find_garbage(s);
}
