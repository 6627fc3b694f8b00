/*
 * A list is kept twice: in order of date, in runs of RUN_ROWS, and by
 * sequence, in parts of PART_SEQS.  Neighbours differ by little, so that a
 * row of both takes some five bytes, where a table with an index takes 40.
 */
#include "store/feed.h"

#include "store/store_private.h"
#include "store/varint.h"

#define RUN_ROWS 256
#define PART_SEQS 256

/* Rows of one blob, unpacked. */
struct pack {
	struct store_feed_row v[RUN_ROWS];
	size_t n;
};

int
store_feed_list(struct store *s, struct str name, int64_t *out)
{
	return intern_number(s, &s->labels, name, out);
}

int
store_feed_find_list(struct store *s, struct str name, int64_t *out)
{
	return intern_find(s, &s->labels, name, out);
}

/* ---- packing ---- */

static void
pack_encode(const struct pack *p, struct buf *out)
{
	struct store_feed_row was = { 0, 0 };
	uint8_t bytes[2 * VARINT_MAX];

	for (size_t i = 0; i < p->n; i++) {
		size_t n = varint_put(bytes, zigzag(p->v[i].added_us -
		    was.added_us));

		n += varint_put(bytes + n, zigzag(p->v[i].seq - was.seq));
		buf_add(out, bytes, n);
		was = p->v[i];
	}
}

static int
pack_decode(struct str in, struct pack *out)
{
	struct store_feed_row was = { 0, 0 };

	out->n = 0;
	while (in.n > 0) {
		if (out->n == RUN_ROWS)
			return ERR_STORE;
		was.added_us += unzigzag(varint_get(&in));
		was.seq += unzigzag(varint_get(&in));
		out->v[out->n++] = was;
	}
	return 0;
}

/* ---- by sequence ---- */

static int
part_get(struct store *s, int64_t list, int64_t part, struct pack *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_SEQ_GET);
	int rc;

	out->n = 0;
	sql_int(st, 1, list);
	sql_int(st, 2, part);
	if ((rc = sql_step(s, st)) <= 0)
		return rc;
	rc = pack_decode(sql_column(st, 0), out);
	sqlite3_reset(st);
	return rc;
}

static int
part_set(struct store *s, int64_t list, int64_t part, const struct pack *p)
{
	AUTO_BUF struct buf b = { 0 };
	sqlite3_stmt *st = sql_get(s, SQL_FEED_SEQ_SET);

	pack_encode(p, &b);
	sql_int(st, 1, list);
	sql_int(st, 2, part);
	sql_blob(st, 3, buf_str(&b));
	return sql_run(s, st);
}

/* In its place; a part has room for all its sequences. */
static int
part_insert(struct pack *p, const struct store_feed_row *row)
{
	size_t at = p->n;

	while (at > 0 && p->v[at - 1].seq >= row->seq) {
		if (p->v[at - 1].seq == row->seq)
			return ERR_EXISTS;
		at--;
	}
	if (p->n == RUN_ROWS)
		return ERR_STORE;
	for (size_t i = p->n; i > at; i--)
		p->v[i] = p->v[i - 1];
	p->v[at] = *row;
	p->n++;
	return 0;
}

static int
add_by_seq(struct store *s, int64_t list, const struct store_feed_row *rows,
    size_t n)
{
	int64_t part = -1;
	struct pack p;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].seq / PART_SEQS != part) {
			if (part >= 0)
				TRY(part_set(s, list, part, &p));
			part = rows[i].seq / PART_SEQS;
			TRY(part_get(s, list, part, &p));
		}
		TRY(part_insert(&p, &rows[i]));
	}
	return part < 0 ? 0 : part_set(s, list, part, &p);
}

int
store_feed_find(struct store *s, int64_t list, int64_t seq, int64_t *out_us)
{
	struct pack p;

	TRY(part_get(s, list, seq / PART_SEQS, &p));
	for (size_t i = 0; i < p.n; i++)
		if (p.v[i].seq == seq) {
			*out_us = p.v[i].added_us;
			return 0;
		}
	return ERR_NOT_FOUND;
}

/* ---- by date ---- */

/* The run that a statement finds.  Returns 1, 0: none, ERR_*. */
static int
run_get(struct store *s, sqlite3_stmt *st, struct pack *out)
{
	int rc = sql_step(s, st);

	out->n = 0;
	if (rc <= 0)
		return rc;
	rc = pack_decode(sql_column(st, 0), out);
	sqlite3_reset(st);
	if (rc < 0)
		return rc;
	return out->n > 0 ? 1 : ERR_STORE;
}

static int
run_last(struct store *s, int64_t list, struct pack *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_LAST);

	sql_int(st, 1, list);
	return run_get(s, st, out);
}

static int
run_set(struct store *s, int64_t list, const struct pack *p)
{
	AUTO_BUF struct buf b = { 0 };
	sqlite3_stmt *st = sql_get(s, SQL_FEED_SET);

	pack_encode(p, &b);
	sql_int(st, 1, list);
	sql_int(st, 2, p->v[0].added_us);
	sql_blob(st, 3, buf_str(&b));
	return sql_run(s, st);
}

static int
add_by_date(struct store *s, int64_t list, const struct store_feed_row *rows,
    size_t n)
{
	struct pack p;
	int64_t last;

	TRY(run_last(s, list, &p));
	last = p.n == 0 ? -1 : p.v[p.n - 1].added_us;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].added_us <= last)
			return ERR_VALUE;
		if (p.n == RUN_ROWS) {
			TRY(run_set(s, list, &p));
			p.n = 0;
		}
		p.v[p.n++] = rows[i];
		last = rows[i].added_us;
	}
	return run_set(s, list, &p);
}

int
store_feed_add(struct store *s, int64_t list,
    const struct store_feed_row *rows, size_t n)
{
	TRY(store_writable(s));
	if (n == 0)
		return 0;
	TRY(add_by_date(s, list, rows, n));
	return add_by_seq(s, list, rows, n);
}

int
store_feed_last(struct store *s, int64_t list, int64_t *out_us)
{
	struct pack p;

	TRY(run_last(s, list, &p));
	*out_us = p.n == 0 ? -1 : p.v[p.n - 1].added_us;
	return 0;
}

/* The run with that date in it or before it; else the first behind it. */
static int
run_around(struct store *s, int64_t list, int64_t us, struct pack *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_AT);
	int rc;

	sql_int(st, 1, list);
	sql_int(st, 2, us);
	rc = run_get(s, st, out);
	if (rc != 0 && (rc < 0 || out->v[out->n - 1].added_us > us))
		return rc;
	st = sql_get(s, SQL_FEED_NEXT);
	sql_int(st, 1, list);
	sql_int(st, 2, us);
	return run_get(s, st, out);
}

int
store_feed_page(struct store *s, int64_t list, int64_t after_us,
    struct store_feed_row *rows, size_t n)
{
	size_t got = 0, before = 0;
	struct pack p;
	int rc = 1;

	while (got < n && (rc = run_around(s, list, after_us, &p)) > 0) {
		for (size_t i = 0; i < p.n && got < n; i++)
			if (p.v[i].added_us > after_us) {
				rows[got++] = p.v[i];
				after_us = p.v[i].added_us;
			}
		/* A run that says other dates than its key. */
		if (got == before)
			return ERR_STORE;
		before = got;
	}
	return rc < 0 ? rc : (int)got;
}
