/*
 * Transactions, room on disk, upkeep between transactions, and figures.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "store/store_private.h"

#define CHECKPOINT_BYTES MIB(8)	/* in the log: move them to the file */
#define WAL_BYTES_MAX MIB(64)		/* a longer log is cut afterwards */
#define WAL_BYTES_HARD MIB(256)		/* nobody maintains: at begin */

int64_t
store_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static size_t
wal_bytes(const struct store *s)
{
	return (size_t)s->wal_pages * STORE_PAGE_BYTES;
}

int
store_writable(struct store *s)
{
	if (!s->in_transaction)
		return ERR_BUG;
	return s->failed;
}

/* Accepting stops below free_bytes_min and resumes at twice that. */
int
store_room(struct store *s)
{
	int64_t now_ms = store_now_us() / 1000;
	struct statvfs fs;

	if (s->free_bytes_min > 0 && (s->free_checked_ms == 0 ||
	    now_ms - s->free_checked_ms >= SEC(1))) {
		s->free_checked_ms = now_ms;
		if (fstatvfs(s->dir_fd, &fs) == 0) {
			s->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
			s->low = s->free_bytes < s->free_bytes_min ||
			    (s->low &&
			    s->free_bytes / 2 < s->free_bytes_min);
		}
	}
	if (!s->low)
		return 0;
	snprintf(s->error, sizeof(s->error),
	    "%s: %llu bytes free, %llu wanted", err_text(ERR_FULL),
	    (unsigned long long)s->free_bytes,
	    (unsigned long long)s->free_bytes_min);
	return ERR_FULL;
}

/* After a failure that leaves the connection in doubt: a fresh one. */
static int
reopen(struct store *s)
{
	struct err e = { 0 };
	int rc;

	db_close(s);
	rc = file_check(s->path, false, &e);
	if (rc == 0)
		rc = db_open(s, &e);
	if (rc < 0)
		snprintf(s->error, sizeof(s->error), "%.255s", e.text);
	return rc;
}

/* Work that upkeep should have done long ago. */
static int
catch_up(struct store *s)
{
	int rc;

	if (wal_bytes(s) >= WAL_BYTES_HARD)
		TRY(store_checkpoint(s, false));
	if (s->keys.n < KEYS_STAGED_HARD)
		return 0;
	TRY(sql_run(s, sql_get(s, SQL_BEGIN)));
	rc = keys_flush(s);
	if (rc == 0)
		rc = sql_run(s, sql_get(s, SQL_COMMIT));
	if (rc == 0)
		return 0;
	sql_undo(s);
	if (keys_load(s) < 0)
		s->broken = true;
	return rc;
}

int
store_begin(struct store *s)
{
	if (s->in_transaction)
		return ERR_BUG;
	if (s->broken || s->db == NULL)
		TRY(reopen(s));
	TRY(catch_up(s));
	TRY(sql_run(s, sql_get(s, SQL_BEGIN)));
	s->now.staged = s->keys.n;
	s->before = s->now;
	s->in_transaction = true;
	s->failed = 0;
	return 0;
}

/* What the transaction has gathered in memory. */
static int
commit_gathered(struct store *s)
{
	sqlite3_stmt *st = sql_get(s, SQL_PENDING_PUT);
	uint64_t tombstones = htobe64(s->now.tombstones);

	if (s->now.tombstones != s->before.tombstones)
		TRY(meta_set(s, "tombstones", &tombstones,
		    sizeof(tombstones)));
	if (s->pending.n == 0)
		return 0;
	sql_int(st, 1, s->now.last_seq);
	sql_blob(st, 2, buf_str(&s->pending));
	return sql_run(s, st);
}

int
store_commit(struct store *s)
{
	int64_t start = store_now_us(), took;

	TRY(store_writable(s));
	TRY(commit_gathered(s));
	TRY(sql_run(s, sql_get(s, SQL_COMMIT)));
	s->in_transaction = false;
	buf_reset(&s->pending);
	took = store_now_us() - start;
	s->commits++;
	s->commit_us_last = took;
	if (took > s->commit_us_max)
		s->commit_us_max = took;
	s->full = false;
	if (!s->low)
		s->error[0] = '\0';
	return 0;
}

void
store_rollback(struct store *s)
{
	if (!s->in_transaction)
		return;
	/* SQLite may have rolled back by itself when it failed. */
	sql_undo(s);
	s->changes++;
	s->in_transaction = false;
	s->failed = 0;
	keys_unstage(s, s->before.staged);
	s->now = s->before;
	buf_reset(&s->pending);
	/* Numbers given out in the transaction are no longer so. */
	intern_clear(&s->labels);
	intern_clear(&s->certs);
	/* If this fails store_begin tries again; until then nothing reads. */
	if (s->broken && reopen(s) < 0)
		s->broken = true;
}

bool
store_in_transaction(const struct store *s)
{
	return s->in_transaction;
}

int
store_checkpoint(struct store *s, bool truncate)
{
	int log = 0, done = 0, rc;

	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, truncate ?
	    SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &log,
	    &done);
	if (rc != SQLITE_OK)
		return sql_error(s, rc);
	/* The next transaction writes the log from its start. */
	if (log == done)
		s->wal_pages = 0;
	return 0;
}

/* Steps in one transaction until the time is used. */
static int
maintain_keys(struct store *s, int64_t until_us)
{
	int rc = sql_run(s, sql_get(s, SQL_BEGIN)), more = 0;

	while (rc == 0 && (more = keys_step(s)) > 0 &&
	    store_now_us() < until_us)
		continue;
	if (rc == 0)
		rc = more < 0 ? more : sql_run(s, sql_get(s, SQL_COMMIT));
	if (rc == 0)
		return more;
	sql_undo(s);
	/* Memory ran ahead of the file: read it again. */
	if (keys_load(s) < 0)
		s->broken = true;
	return rc;
}

int
store_maintain(struct store *s, int64_t budget_ms)
{
	int64_t until_us = store_now_us() + budget_ms * 1000;

	if (s->in_transaction)
		return ERR_BUG;
	if (s->broken || s->db == NULL)
		return ERR_IO;
	if (wal_bytes(s) >= CHECKPOINT_BYTES) {
		TRY(store_checkpoint(s, wal_bytes(s) > WAL_BYTES_MAX));
		return keys_waiting(&s->keys);
	}
	/* Without room the keys stay where they are: memory and `pending`. */
	if (s->full || !keys_waiting(&s->keys))
		return 0;
	return maintain_keys(s, until_us);
}

/* The size of a file SQLite has open. */
static uint64_t
open_file_bytes(struct store *s, int op)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;

	if (s->db == NULL ||
	    sqlite3_file_control(s->db, "main", op, &f) != SQLITE_OK ||
	    f == NULL || f->pMethods == NULL ||
	    f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return 0;
	return (uint64_t)size;
}

void
store_stats(struct store *s, struct store_stats *out)
{
	struct statvfs fs;

	*out = (struct store_stats){
		.records = store_count(s),
		.tombstones = s->now.tombstones,
		.log_entries = s->now.log_size,
		.file_bytes = open_file_bytes(s, SQLITE_FCNTL_FILE_POINTER),
		.wal_bytes = open_file_bytes(s,
		    SQLITE_FCNTL_JOURNAL_POINTER),
		.staged_keys = s->keys.n,
		.commits = s->commits,
		.commit_us_last = s->commit_us_last,
		.commit_us_max = s->commit_us_max,
		.full = s->full || s->low,
	};
	if (fstatvfs(s->dir_fd, &fs) == 0)
		out->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	memcpy(out->error, s->error, sizeof(out->error));
}
