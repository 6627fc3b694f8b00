#include "store/feed.h"

#include "store/store_private.h"

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

int
store_feed_add(struct store *s, int64_t list,
    const struct store_feed_row *row)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_ADD);

	TRY(store_writable(s));
	sql_int(st, 1, list);
	sql_int(st, 2, row->added_us);
	sql_int(st, 3, row->seq);
	TRY(sql_run(s, st));
	return sqlite3_changes(s->db) == 0 ? ERR_EXISTS : 0;
}

/* The number in the only row of a statement; ERR_NOT_FOUND without one. */
static int
one_number(struct store *s, sqlite3_stmt *st, int64_t *out)
{
	int rc = sql_step(s, st);

	if (rc <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	*out = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return 0;
}

int
store_feed_find(struct store *s, int64_t list, int64_t seq, int64_t *out_us)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_FIND);

	sql_int(st, 1, list);
	sql_int(st, 2, seq);
	return one_number(s, st, out_us);
}

int
store_feed_last(struct store *s, int64_t list, int64_t *out_us)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_LAST);
	int64_t last = -1;
	int rc;

	sql_int(st, 1, list);
	rc = one_number(s, st, &last);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	*out_us = last;
	return 0;
}

int
store_feed_page(struct store *s, int64_t list, int64_t after_us,
    struct store_feed_row *rows, size_t n)
{
	sqlite3_stmt *st = sql_get(s, SQL_FEED_PAGE);
	int got = 0, rc;

	sql_int(st, 1, list);
	sql_int(st, 2, after_us);
	sql_int(st, 3, (int64_t)n);
	while ((rc = sql_step(s, st)) > 0) {
		rows[got].added_us = sqlite3_column_int64(st, 0);
		rows[got].seq = sqlite3_column_int64(st, 1);
		got++;
	}
	return rc < 0 ? rc : got;
}
