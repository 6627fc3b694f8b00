#include "store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/store_private.h"

static const char *const texts[SQL_COUNT] = {
#define SQL_ROW(id, text) [id] = text,
#include "store/sql.def"
#undef SQL_ROW
};

int
sql_error(struct store *s, int rc)
{
	int os = s->db == NULL ? 0 : sqlite3_system_errno(s->db);
	int code;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		code = ERR_FULL;
		s->full = true;
		break;
	case SQLITE_IOERR:
		/* A quota is reported as a failed write. */
		code = os == EDQUOT || os == ENOSPC ? ERR_FULL : ERR_IO;
		s->broken = true;
		break;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		code = ERR_IO;
		s->broken = true;
		break;
	default:
		code = ERR_STORE;
		s->broken = s->broken || (rc & 0xff) == SQLITE_CORRUPT ||
		    (rc & 0xff) == SQLITE_NOTADB;
		break;
	}
	if (s->in_transaction && s->failed == 0)
		s->failed = code;
	snprintf(s->error, sizeof(s->error), "%s: %s%s%s (SQLite %d)",
	    err_text(code), s->db == NULL ? "closed" : sqlite3_errmsg(s->db),
	    os != 0 ? ": " : "", os != 0 ? strerror(os) : "", rc);
	return code;
}

int
sql_prepare(struct store *s)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		int rc = sqlite3_prepare_v3(s->db, texts[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL);

		if (rc != SQLITE_OK)
			return sql_error(s, rc);
	}
	return 0;
}

void
sql_finish(struct store *s)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
}

sqlite3_stmt *
sql_get(struct store *s, enum sql id)
{
	return s->statements[id];
}

int
sql_step(struct store *s, sqlite3_stmt *st)
{
	int rc;

	if (st == NULL)
		return ERR_IO;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return 1;
	rc = sqlite3_reset(st);
	return rc == SQLITE_OK ? 0 : sql_error(s, rc);
}

int
sql_run(struct store *s, sqlite3_stmt *st)
{
	int rc = sql_step(s, st);

	if (rc > 0)
		sqlite3_reset(st);
	return rc < 0 ? rc : 0;
}

int
sql_exec(struct store *s, const char *text)
{
	int rc = s->db == NULL ? SQLITE_IOERR :
	    sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_error(s, rc);
}

void
sql_undo(struct store *s)
{
	if (s->db != NULL && !sqlite3_get_autocommit(s->db) &&
	    sql_run(s, sql_get(s, SQL_ROLLBACK)) < 0)
		s->broken = true;
}

/*
 * A bind fails only for want of memory; the column is then NULL, which
 * every table here refuses.
 */
void
sql_int(sqlite3_stmt *st, int at, int64_t v)
{
	if (st != NULL)
		(void)sqlite3_bind_int64(st, at, v);
}

void
sql_blob(sqlite3_stmt *st, int at, struct str v)
{
	if (st != NULL)
		(void)sqlite3_bind_blob64(st, at, v.n == 0 ? "" : v.p, v.n,
		    SQLITE_STATIC);
}

void
sql_text(sqlite3_stmt *st, int at, const char *v)
{
	if (st != NULL)
		(void)sqlite3_bind_text(st, at, v, -1, SQLITE_STATIC);
}

struct str
sql_column(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);

	return (struct str){ p == NULL ? "" : p,
		(size_t)sqlite3_column_bytes(st, at) };
}
