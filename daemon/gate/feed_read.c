/*
 * Reading a feed: every record is decided again before it is shown.
 */
#include <stdlib.h>

#include "gate/feed_private.h"

#define PAGE_ROWS 256
#define RUN_ROWS 32	/* read at once */

/* Who reads what, and for whom each record is taken. */
struct reading {
	struct feed *f;
	struct feed_list *list;
	int circle;			/* bit in the policy; -1: all */
	unix_ms_t now;
	struct arena *arena;
	feed_visit visit;
	void *arg;
};

static int
reading_open(struct feed *f, const struct feed_query *q, struct reading *out)
{
	TRY(feed_sync(f));
	out->f = f;
	out->now = q->now;
	return feed_list_of(f, q->circle, &out->list, &out->circle);
}

/* Is it there for whoever reads? */
static int
reading_shows(const struct reading *rd, const struct store_record *r)
{
	uint64_t circles = 0;
	int rc = feed_shows(rd->f, r, rd->now, rd->circle < 0 ? NULL :
	    &circles);

	return rc <= 0 || rd->circle < 0 ? rc :
	    (circles >> rd->circle & 1) != 0;
}

static int
reading_give(const struct reading *rd, const struct store_record *r,
    int64_t added_us)
{
	struct feed_item item = { added_us,
	    r->modified_us != 0 ? r->modified_us : added_us, r };

	return rd->visit(rd->arg, &item);
}

/* Decide one record, and give it.  Returns 1: enough. */
static int
read_record(struct reading *rd, const struct store_record *r,
    int64_t added_us)
{
	int rc = reading_shows(rd, r);

	if (rc <= 0)
		return rc;
	/* Its own ERR_LIMIT is not that of the arena. */
	return reading_give(rd, r, added_us);
}

static int
read_row(struct reading *rd, const struct store_feed_row *row)
{
	struct store_record *r = arena_alloc(rd->arena, sizeof(*r));
	int rc;

	if (r == NULL)
		return ERR_LIMIT;
	rc = store_get_named(rd->f->g->o.store, row->seq, rd->arena, r);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return read_record(rd, r, row->added_us);
}

/* Rows whose records lie together in the store: they are read in one go. */
static int
read_run(struct reading *rd, const struct store_feed_row *rows, size_t n,
    int64_t *at)
{
	struct store_record *v = n < 2 ? NULL : arena_alloc(rd->arena,
	    n * sizeof(*v));
	int got = 0, next = 0, rc;

	if (v != NULL) {
		got = store_get_run(rd->f->g->o.store, rows[0].seq, n,
		    rd->arena, v);
		TRY(got);
	}
	for (size_t i = 0; i < n; i++) {
		if (next < got && v[next].seq == rows[i].seq)
			rc = read_record(rd, &v[next++], rows[i].added_us);
		else
			rc = read_row(rd, &rows[i]);
		if (rc < 0)
			return rc;
		*at = rows[i].added_us;
		if (rc > 0)
			return 1;
	}
	return 0;
}

/* One page of rows; how far it went is in at. */
static int
read_page(struct reading *rd, const struct store_feed_row *rows, size_t n,
    int64_t *at)
{
	for (size_t i = 0, k; i < n; i += k) {
		int rc;

		for (k = 1; k < RUN_ROWS && i + k < n &&
		    rows[i + k].seq == rows[i].seq + (int64_t)k;)
			k++;
		rc = read_run(rd, rows + i, k, at);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
feed_scan(struct feed *f, const struct feed_query *q, struct arena *arena,
    feed_visit visit, void *arg, int64_t *out_at, bool *out_end)
{
	struct store_feed_row rows[PAGE_ROWS];
	struct reading rd = { .arena = arena, .visit = visit, .arg = arg };
	int64_t at = q->after_us;
	size_t left = q->max_rows;
	bool end = false;
	int rc = reading_open(f, q, &rd), n;

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	end = rc == ERR_NOT_FOUND || rd.list->number == 0;
	for (rc = 0; rc == 0 && !end && left > 0; left -= (size_t)n) {
		size_t want = left < PAGE_ROWS ? left : PAGE_ROWS;

		n = store_feed_page(f->g->o.store, rd.list->number, at, rows,
		    want);
		TRY(n);
		rc = read_page(&rd, rows, (size_t)n, &at);
		end = rc == 0 && (size_t)n < want;
	}
	if (rc < 0 && (rc != ERR_LIMIT || at == q->after_us))
		return rc;
	*out_at = at;
	*out_end = end;
	return 0;
}

/* ---- one object ---- */

struct version {
	const struct store_record *record;
	int64_t added_us;
};

struct finding {
	struct reading rd;
	struct str id;
	VEC(struct version) found;
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct finding *fi = arg;
	struct version v;
	struct store_record *copy;
	int rc = reading_shows(&fi->rd, r);

	if (rc <= 0)
		return rc;
	rc = store_feed_find(fi->rd.f->g->o.store, fi->rd.list->number,
	    r->seq, &v.added_us);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	copy = arena_alloc(fi->rd.arena, sizeof(*copy));
	if (copy == NULL)
		return ERR_LIMIT;
	*copy = *r;
	copy->id = fi->id;
	v.record = copy;
	vec_push(&fi->found, v);
	return 0;
}

static int
version_compare(const void *a, const void *b)
{
	const struct version *x = a, *y = b;

	return (x->added_us > y->added_us) - (x->added_us < y->added_us);
}

int
feed_find(struct feed *f, const struct feed_query *q, struct str id,
    struct arena *arena, feed_visit visit, void *arg)
{
	struct finding fi = { .rd = { .arena = arena, .visit = visit,
	    .arg = arg } };
	int rc = reading_open(f, q, &fi.rd);

	if (rc < 0 || fi.rd.list->number == 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	fi.id.n = id.n;
	fi.id.p = arena_dup(arena, id.p, id.n);
	if (fi.id.p == NULL)
		return ERR_LIMIT;
	rc = store_find_id(f->g->o.store, id, arena, on_version, &fi);
	if (fi.found.n > 1)
		qsort(fi.found.v, fi.found.n, sizeof(fi.found.v[0]),
		    version_compare);
	for (size_t i = 0; rc == 0 && i < fi.found.n; i++)
		rc = reading_give(&fi.rd, fi.found.v[i].record,
		    fi.found.v[i].added_us);
	vec_clear(&fi.found);
	return rc < 0 ? rc : 0;
}

int64_t
feed_last_us(struct feed *f, const char *circle)
{
	struct feed_list *l;
	int which;

	if (feed_sync(f) < 0 || feed_list_of(f, circle, &l, &which) < 0)
		return -1;
	return l->last_us;
}
