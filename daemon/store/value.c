/*
 * What is kept beside the records: interned names, seals, small values, and
 * the log.
 */
#include <string.h>

#include "store/store_private.h"

#define LOG_PAGE 64

int
store_intern_label(struct store *s, struct str bytes, int64_t *out)
{
	return intern_number(s, &s->labels, bytes, out);
}

int
store_label(struct store *s, int64_t n, struct arena *arena, struct str *out)
{
	return intern_bytes(s, &s->labels, n, arena, out);
}

int
store_intern_name(struct store *s, struct str name, int64_t *out)
{
	return intern_number(s, &s->certs, name, out);
}

int
store_name(struct store *s, int64_t n, struct arena *arena, struct str *out)
{
	return intern_bytes(s, &s->certs, n, arena, out);
}

int
store_find_name(struct store *s, struct str name, int64_t *out)
{
	return intern_find(s, &s->certs, name, out);
}

/* A copy of a column in the arena. */
static int
column_dup(sqlite3_stmt *st, int at, struct arena *arena, struct str *out)
{
	struct str v = sql_column(st, at);
	const char *p = arena_dup(arena, v.p, v.n);

	if (p == NULL)
		return ERR_LIMIT;
	*out = (struct str){ p, v.n };
	return 0;
}

int
store_put_seal(struct store *s, struct str seal, struct str proof,
    int64_t *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_SEAL_PUT);

	TRY(store_writable(s));
	sql_blob(st, 1, seal);
	sql_blob(st, 2, proof);
	TRY(sql_run(s, st));
	*out = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
store_seal(struct store *s, int64_t n, struct arena *arena,
    struct str *out_seal, struct str *out_proof)
{
	sqlite3_stmt *st = sql_get(s, SQL_SEAL_GET);
	struct str seal, proof;
	int rc;

	sql_int(st, 1, n);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = column_dup(st, 0, arena, &seal);
	if (rc == 0)
		rc = column_dup(st, 1, arena, &proof);
	sqlite3_reset(st);
	if (rc < 0)
		return rc;
	*out_seal = seal;
	*out_proof = proof;
	return 0;
}

int
store_set(struct store *s, const char *space, const char *key,
    struct str value)
{
	sqlite3_stmt *st = sql_get(s, SQL_SETTING_SET);

	TRY(store_writable(s));
	sql_text(st, 1, space);
	sql_text(st, 2, key);
	sql_blob(st, 3, value);
	return sql_run(s, st);
}

int
store_unset(struct store *s, const char *space, const char *key)
{
	sqlite3_stmt *st = sql_get(s, SQL_SETTING_DELETE);

	TRY(store_writable(s));
	sql_text(st, 1, space);
	sql_text(st, 2, key);
	return sql_run(s, st);
}

int
store_value(struct store *s, const char *space, const char *key,
    struct arena *arena, struct str *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_SETTING_GET);
	int rc;

	sql_text(st, 1, space);
	sql_text(st, 2, key);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = column_dup(st, 0, arena, out);
	sqlite3_reset(st);
	return rc;
}

/* The value after name (in place of which the next name is put). */
static int
value_next(struct store *s, const char *space, struct buf *name,
    struct buf *value)
{
	sqlite3_stmt *st = sql_get(s, SQL_SETTING_NEXT);
	AUTO_BUF struct buf after = { 0 };
	struct str v;
	int rc;

	buf_addz(&after, name->p);
	sql_text(st, 1, space);
	sql_text(st, 2, after.p);
	if ((rc = sql_step(s, st)) <= 0)
		return rc;
	v = sql_column(st, 0);
	buf_reset(name);
	buf_add(name, v.p, v.n);
	v = sql_column(st, 1);
	buf_reset(value);
	buf_add(value, v.p, v.n);
	sqlite3_reset(st);
	return 1;
}

int
store_values(struct store *s, const char *space, store_value_visit visit,
    void *arg)
{
	AUTO_BUF struct buf name = { 0 }, value = { 0 };
	int rc;

	buf_addz(&name, "");
	/* One at a time: visit may change what it visits. */
	while ((rc = value_next(s, space, &name, &value)) > 0)
		if ((rc = visit(arg, name.p, buf_str(&value))) != 0)
			return rc;
	return rc;
}

int
store_log_append(struct store *s, uint8_t type, struct str entry,
    const struct digest *leaf, uint64_t *out_index)
{
	sqlite3_stmt *st = sql_get(s, SQL_LOG_PUT);

	TRY(store_writable(s));
	sql_int(st, 1, (int64_t)s->now.log_size);
	sql_int(st, 2, type);
	sql_blob(st, 3, entry);
	sql_blob(st, 4, (struct str){ (const char *)leaf->b,
	    sizeof(leaf->b) });
	TRY(sql_run(s, st));
	*out_index = s->now.log_size++;
	return 0;
}

struct log_row {
	uint64_t index;
	uint8_t type;
	size_t at, n;	/* in the page's bytes */
	struct digest leaf;
};

static int
log_page(struct store *s, uint64_t from, size_t n, struct log_row *rows,
    struct buf *bytes)
{
	sqlite3_stmt *st = sql_get(s, SQL_LOG_SCAN);
	int got = 0, rc;

	buf_reset(bytes);
	sql_int(st, 1, (int64_t)from);
	sql_int(st, 2, (int64_t)n);
	while ((rc = sql_step(s, st)) > 0) {
		struct str entry = sql_column(st, 2), leaf;

		rows[got] = (struct log_row){
			.index = (uint64_t)sqlite3_column_int64(st, 0),
			.type = (uint8_t)sqlite3_column_int(st, 1),
			.at = bytes->n, .n = entry.n };
		buf_add(bytes, entry.p, entry.n);
		leaf = sql_column(st, 3);
		if (leaf.n == sizeof(rows[got].leaf.b))
			memcpy(rows[got].leaf.b, leaf.p, leaf.n);
		got++;
	}
	return rc < 0 ? rc : got;
}

int
store_log_read(struct store *s, uint64_t from, size_t limit,
    store_log_visit visit, void *arg)
{
	AUTO_BUF struct buf bytes = { 0 };
	struct log_row rows[LOG_PAGE];
	int seen = 0;

	while ((size_t)seen < limit) {
		size_t n = limit - (size_t)seen;
		int got = log_page(s, from, n < LOG_PAGE ? n : LOG_PAGE, rows,
		    &bytes), rc;

		if (got <= 0)
			return got < 0 ? got : seen;
		for (int i = 0; i < got; i++, seen++) {
			struct str entry = { bytes.p + rows[i].at, rows[i].n };

			rc = visit(arg, rows[i].index, rows[i].type, entry,
			    &rows[i].leaf);
			if (rc != 0)
				return rc < 0 ? rc : seen + 1;
		}
		from = rows[got - 1].index + 1;
	}
	return seen;
}

uint64_t
store_log_size(const struct store *s)
{
	return s->now.log_size;
}
