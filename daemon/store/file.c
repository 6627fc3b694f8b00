/*
 * The file before SQLite has it: whether it is ours, and making a new one.
 * A new file is made aside and renamed, so that a file of that name is
 * always whole.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "store/schema.h"
#include "store/store_private.h"

#define APPLICATION_ID 0x436f6d74	/* "Comt" */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"	/* with its NUL */
#define HEADER_VERSION 60
#define HEADER_APPLICATION 68

int
dir_sync(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd, rc;

	snprintf(dir, sizeof(dir), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path),
	    slash == NULL ? "." : path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	rc = fsync(fd);
	close(fd);
	return rc == 0 ? 0 : ERR_IO;
}

static uint32_t
header_u32(const uint8_t *h, size_t at)
{
	uint32_t v;

	memcpy(&v, h + at, sizeof(v));
	return be32toh(v);
}

static int
header_check(const char *path, const uint8_t *h, ssize_t n, struct err *e)
{
	uint32_t version;

	if (n < HEADER_BYTES || memcmp(h, HEADER_MAGIC, 16) != 0 ||
	    header_u32(h, HEADER_APPLICATION) != APPLICATION_ID)
		return err_set(e, ERR_NOT_OURS, "%s is not a Comity store "
		    "(%s): move it away, or bring the store back with "
		    "`comityctl restore`", path,
		    n == 0 ? "it is empty" : n < HEADER_BYTES ?
		    "it is too short" : "its header is another program's");
	version = header_u32(h, HEADER_VERSION);
	if (version == 0 || version > (uint32_t)schema_version)
		return err_set(e, ERR_NOT_OURS, "%s has schema version %u; "
		    "this program knows versions 1 to %d: install the newer "
		    "program again, or restore a backup made by this one",
		    path, version, schema_version);
	return 0;
}

static int
exec_all(sqlite3 *db, const char *const *texts, int n)
{
	int rc = SQLITE_OK;

	for (int i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(db, texts[i], NULL, NULL, NULL);
	return rc;
}

static int
put_random(sqlite3 *db, const char *name)
{
	uint8_t bytes[16];
	char hex[33], text[128];

	crypto_random(bytes, sizeof(bytes));
	hex_encode(hex, bytes, sizeof(bytes));
	snprintf(text, sizeof(text),
	    "INSERT INTO meta (name, value) VALUES ('%s', x'%s')", name, hex);
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int
file_fill(sqlite3 *db)
{
	char pragmas[256];
	const char *first[] = { pragmas, "BEGIN" };
	const char *last[] = { "COMMIT" };
	int rc;

	snprintf(pragmas, sizeof(pragmas), "PRAGMA page_size = %d; "
	    "PRAGMA auto_vacuum = 0; PRAGMA synchronous = FULL; "
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    STORE_PAGE_BYTES, APPLICATION_ID, schema_version);
	rc = exec_all(db, first, 2);
	if (rc == SQLITE_OK)
		rc = exec_all(db, schema_migrations, schema_version);
	if (rc == SQLITE_OK)
		rc = put_random(db, "epoch");
	if (rc == SQLITE_OK)
		rc = put_random(db, "secret");
	return rc == SQLITE_OK ? exec_all(db, last, 1) : rc;
}

static int
file_create(const char *path, struct err *e)
{
	char aside[4096];
	sqlite3 *db = NULL;
	int fd, rc;

	snprintf(aside, sizeof(aside), "%s.new", path);
	(void)unlink(aside);
	fd = open(aside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno == ENOSPC ? ERR_FULL : ERR_IO,
		    "%s: cannot create: %s", aside, strerror(errno));
	close(fd);
	rc = sqlite3_open_v2(aside, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = file_fill(db);
	if (rc != SQLITE_OK) {
		err_set(e, rc == SQLITE_FULL ? ERR_FULL : ERR_IO,
		    "%s: cannot create: %s", aside, sqlite3_errmsg(db));
		sqlite3_close(db);
		(void)unlink(aside);
		return rc == SQLITE_FULL ? ERR_FULL : ERR_IO;
	}
	sqlite3_close(db);
	if (rename(aside, path) < 0 || dir_sync(path) < 0)
		return err_set(e, ERR_IO, "%s: cannot create: %s", path,
		    strerror(errno));
	return 0;
}

int
file_check(const char *path, bool create, struct err *e)
{
	uint8_t header[HEADER_BYTES];
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT && create)
		return file_create(path, e);
	if (fd < 0)
		return err_set(e, errno == ELOOP ? ERR_NOT_OURS : ERR_IO,
		    "%s: cannot open: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_NOT_OURS, "%s is not a file", path);
	}
	/* What was put here by hand may be readable by others. */
	if ((st.st_mode & 077) != 0)
		(void)fchmod(fd, 0600);
	n = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (n < 0)
		return err_set(e, ERR_IO, "%s: cannot read: %s", path,
		    strerror(errno));
	return header_check(path, header, n, e);
}

static int
migrate_from(struct store *s, int version)
{
	char text[64];

	for (; version < schema_version; version++) {
		TRY(sql_exec(s, schema_migrations[version]));
		snprintf(text, sizeof(text), "PRAGMA user_version = %d",
		    version + 1);
		TRY(sql_exec(s, text));
	}
	return 0;
}

static int
version_of(struct store *s, int *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st,
	    NULL);

	if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		*out = sqlite3_column_int(st, 0);
	rc = sqlite3_finalize(st);
	return rc == SQLITE_OK ? 0 : sql_error(s, rc);
}

int
file_migrate(struct store *s, struct err *e)
{
	char copy[4096];
	int version = 0, rc;

	if ((rc = version_of(s, &version)) < 0 || version >= schema_version)
		return rc < 0 ? err_set(e, rc, "%s: %s", s->path, s->error) : 0;
	snprintf(copy, sizeof(copy), "%s.before-version-%d", s->path,
	    schema_version);
	(void)unlink(copy);
	if ((rc = file_copy(s, copy)) < 0)
		return err_set(e, rc, "%s: cannot back up to %s before the "
		    "change to schema version %d: %s", s->path, copy,
		    schema_version, s->error);
	rc = sql_exec(s, "BEGIN IMMEDIATE");
	if (rc == 0)
		rc = migrate_from(s, version);
	if (rc == 0)
		rc = sql_exec(s, "COMMIT");
	if (rc < 0) {
		err_set(e, rc, "%s: change to schema version %d: %s; the file "
		    "is as it was", s->path, schema_version, s->error);
		if (!sqlite3_get_autocommit(s->db))
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return rc;
}
