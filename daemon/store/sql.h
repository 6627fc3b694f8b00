/*
 * Every statement, prepared once; and what their failures mean.  Private to
 * the store.
 *
 * $1, $2 ... are written in the order of their first appearance, so that a
 * parameter's index is its number here as in PostgreSQL.
 *
 * Failures: SQLITE_FULL is ERR_FULL (the store is sound; roll back and go
 * on when there is room).  SQLITE_IOERR* is ERR_IO and corruption
 * ERR_STORE: then nothing more is acknowledged, the caller rolls back, and
 * that opens the file afresh.  A failed sync is never tried
 * again: whether its transaction is there is known only after that.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>

#include "base/str.h"

struct store;

enum sql {
#define SQL_ROW(id, text) id,
#include "store/sql.def"
#undef SQL_ROW
	SQL_COUNT,
};

/* sql_prepare(s) / sql_finish(s): all of them. */
int sql_prepare(struct store *s) MUST_CHECK;
void sql_finish(struct store *s);

/* sql_get(s, id): that statement, reset; NULL if the store is closed. */
sqlite3_stmt *sql_get(struct store *s, enum sql id);

/*
 * sql_step(s, st): 1 with a row, 0 at the end, ERR_*.  st may be NULL
 * (ERR_IO).  Except after 1, st is reset.
 */
int sql_step(struct store *s, sqlite3_stmt *st) MUST_CHECK;

/* sql_run(s, st): a statement without rows: 0 or ERR_*. */
int sql_run(struct store *s, sqlite3_stmt *st) MUST_CHECK;

/* sql_exec(s, text): statements that are not kept: 0 or ERR_*. */
int sql_exec(struct store *s, const char *text) MUST_CHECK;

/* sql_undo(s): roll back if SQLite has not already; broken if it fails. */
void sql_undo(struct store *s);

/* sql_error(s, rc): note the failure, return what it means. */
int sql_error(struct store *s, int rc);

/* Bind parameter at of st, which may be NULL: then nothing happens. */
void sql_int(sqlite3_stmt *st, int at, int64_t v);
void sql_blob(sqlite3_stmt *st, int at, struct str v);	/* borrowed */
void sql_text(sqlite3_stmt *st, int at, const char *v);	/* borrowed */

/* sql_column(st, at): column at, from 0; valid until the next step. */
struct str sql_column(sqlite3_stmt *st, int at);

#endif
