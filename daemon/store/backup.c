/*
 * Consistent copies through SQLite's own page copying, some pages at a
 * time between commits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/store_private.h"

struct backup {
	char *path;		/* owned */
	int fd;			/* of the copy, to sync it */
	sqlite3 *db;		/* owned */
	sqlite3_backup *job;	/* owned */
};

static void
backup_free(struct backup *b)
{
	if (b == NULL)
		return;
	if (b->job != NULL)
		(void)sqlite3_backup_finish(b->job);
	sqlite3_close(b->db);
	if (b->fd >= 0)
		close(b->fd);
	free(b->path);
	free(b);
}
MEM_AUTO(struct backup, backup_free);

void
backup_abandon(struct store *s)
{
	if (s->backup == NULL)
		return;
	(void)unlink(s->backup->path);
	backup_free(s->backup);
	s->backup = NULL;
}

static int
backup_start(struct store *s, const char *path, struct err *e)
{
	AUTO(backup_free) struct backup *b = mem_new(struct backup);

	b->path = mem_strdup(path);
	b->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->fd < 0)
		return err_set(e, errno == EEXIST ? ERR_EXISTS :
		    errno == ENOSPC ? ERR_FULL : ERR_IO,
		    "%s: cannot create: %s", path, strerror(errno));
	if (sqlite3_open_v2(path, &b->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    sqlite3_exec(b->db, "PRAGMA synchronous = OFF; "
	    "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL,
	    NULL) == SQLITE_OK)
		b->job = sqlite3_backup_init(b->db, "main", s->db, "main");
	if (b->job == NULL) {
		err_set(e, ERR_STORE, "%s: cannot copy: %s", path,
		    sqlite3_errmsg(b->db));
		(void)unlink(path);
		return ERR_STORE;
	}
	s->backup = TAKE(b);
	return 0;
}

/* All pages are there: mark the copy as one, and make it durable. */
static int
backup_finish(struct store *s)
{
	struct backup *b = s->backup;
	int rc = sqlite3_backup_finish(b->job);

	b->job = NULL;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(b->db, "PRAGMA journal_mode = DELETE; "
		    "INSERT INTO meta (name, value) VALUES ('copy', x'01') "
		    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		    NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc == SQLITE_FULL ? ERR_FULL : ERR_IO;
	if (sqlite3_close(b->db) != SQLITE_OK)
		return ERR_IO;
	b->db = NULL;
	return fsync(b->fd) < 0 || fsync(s->dir_fd) < 0 ? ERR_IO : 0;
}

int
store_backup(struct store *s, const char *path, int step_pages,
    struct err *e)
{
	int rc;

	if (s->in_transaction)
		return err_set(e, ERR_BUG, "backup inside a transaction");
	if (s->db == NULL || s->broken)
		return err_set(e, ERR_IO, "%s: %s", s->path, s->error);
	if (s->backup != NULL && strcmp(s->backup->path, path) != 0)
		return err_set(e, ERR_EXISTS, "a backup to %s is under way",
		    s->backup->path);
	if (s->backup == NULL)
		TRY(backup_start(s, path, e));
	rc = sqlite3_backup_step(s->backup->job, step_pages);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return 1;
	rc = rc == SQLITE_DONE ? backup_finish(s) :
	    rc == SQLITE_FULL ? ERR_FULL : ERR_IO;
	if (rc < 0) {
		err_set(e, rc, "%s: the copy could not be completed: %s", path,
		    err_text(rc));
		backup_abandon(s);
		return rc;
	}
	backup_free(s->backup);
	s->backup = NULL;
	return 0;
}

int
file_copy(struct store *s, const char *path)
{
	struct err e = { 0 };
	int rc;

	while ((rc = store_backup(s, path, 1024, &e)) > 0)
		continue;
	if (rc < 0)
		snprintf(s->error, sizeof(s->error), "%.200s", e.text);
	return rc;
}
