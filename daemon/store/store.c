#include "store/store.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/crypto.h"
#include "record/stix.h"
#include "store/store_private.h"

#define CACHE_BYTES_DEFAULT MIB(32)

static const struct {
	long magic;
	const char *name;
} network_fs[] = {
	{ 0x6969, "NFS" },
	{ 0x517b, "SMB" },
	{ 0xfe534d42, "SMB" },
	{ 0xff534d42, "CIFS" },
	{ 0x564c, "NCP" },
	{ 0x73757245, "Coda" },
	{ 0x5346414f, "AFS" },
	{ 0x00c36400, "Ceph" },
};

int
meta_get(struct store *s, const char *name, void *dst, size_t n)
{
	sqlite3_stmt *st = sql_get(s, SQL_META_GET);
	struct str v;
	int rc;

	sql_text(st, 1, name);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	v = sql_column(st, 0);
	if (v.n == n)
		memcpy(dst, v.p, n);
	sqlite3_reset(st);
	return v.n == n ? 0 : sql_error(s, SQLITE_CORRUPT);
}

int
meta_set(struct store *s, const char *name, const void *p, size_t n)
{
	sqlite3_stmt *st = sql_get(s, SQL_META_SET);

	sql_text(st, 1, name);
	sql_blob(st, 2, (struct str){ p, n });
	return sql_run(s, st);
}

static int
max_of(struct store *s, enum sql id, int64_t none, int64_t *out)
{
	sqlite3_stmt *st = sql_get(s, id);
	int rc = sql_step(s, st);

	if (rc > 0) {
		*out = sqlite3_column_type(st, 0) == SQLITE_NULL ? none :
		    sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	return rc < 0 ? rc : 0;
}

static int
new_epoch(struct store *s, bool is_copy)
{
	sqlite3_stmt *st = sql_get(s, SQL_META_DELETE);
	uint8_t epoch[16];

	crypto_random(epoch, sizeof(epoch));
	TRY(meta_set(s, "epoch", epoch, sizeof(epoch)));
	if (is_copy) {
		sql_text(st, 1, "copy");
		TRY(sql_run(s, st));
	}
	memcpy(s->epoch, epoch, sizeof(epoch));
	return 0;
}

/*
 * A copy that is opened for the first time begins another history.  Any
 * other epoch is written back as it is: the first commit makes SQLite open
 * the log and sync its directory, for which the daemon's confinement has no
 * room later.  On a full disk that is left out, so that one can still read.
 */
static int
load_epoch(struct store *s)
{
	uint8_t copy;
	int rc;

	TRY(meta_get(s, "epoch", s->epoch, sizeof(s->epoch)));
	rc = meta_get(s, "copy", &copy, 1);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	TRY(sql_run(s, sql_get(s, SQL_BEGIN)));
	rc = rc == 0 ? new_epoch(s, true) :
	    meta_set(s, "epoch", s->epoch, sizeof(s->epoch));
	if (rc == 0)
		rc = sql_run(s, sql_get(s, SQL_COMMIT));
	if (rc < 0)
		sql_undo(s);
	return rc == ERR_FULL ? 0 : rc;
}

static int
load_state(struct store *s)
{
	struct store_mark now = { 0 };
	int64_t log_last;
	int rc;

	TRY(load_epoch(s));
	TRY(meta_get(s, "secret", s->secret, sizeof(s->secret)));
	TRY(max_of(s, SQL_RECORD_LAST, 0, &now.last_seq));
	TRY(max_of(s, SQL_LOG_LAST, -1, &log_last));
	now.log_size = (uint64_t)(log_last + 1);
	rc = meta_get(s, "tombstones", &now.tombstones,
	    sizeof(now.tombstones));
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	now.tombstones = be64toh(now.tombstones);
	TRY(keys_load(s));
	s->now = now;
	return 0;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

/* SQLite does not say so if it could not. */
static int
check_wal(struct store *s)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode", -1, &st,
	    NULL), is_wal = 0;

	if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		is_wal = str_eqz(sql_column(st, 0), "wal");
	rc = sqlite3_finalize(st);
	if (rc != SQLITE_OK)
		return sql_error(s, rc);
	if (is_wal)
		return 0;
	snprintf(s->error, sizeof(s->error),
	    "the file system does not support a write-ahead log");
	return ERR_STORE;
}

/*
 * One connection, and by its exclusive lock nobody else's: a second
 * checkpointer can corrupt the file in SQLite before 3.51.3.  Checkpoints
 * are store_checkpoint's alone, where their result is seen.
 */
static int
db_settings(struct store *s)
{
	char text[512];

	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
	    NULL);
	snprintf(text, sizeof(text), "PRAGMA locking_mode = EXCLUSIVE; "
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
	    "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; "
	    "PRAGMA secure_delete = 0; PRAGMA cell_size_check = 1; "
	    "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -%zu",
	    s->cache_bytes / 1024);
	TRY(sql_exec(s, text));
	TRY(check_wal(s));
	(void)sqlite3_wal_hook(s->db, on_wal, s);
	return 0;
}

int
db_open(struct store *s, struct err *e)
{
	int rc = sqlite3_open_v2(s->path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	s->broken = false;
	s->failed = 0;
	s->wal_pages = 0;
	rc = rc == SQLITE_OK ? db_settings(s) : sql_error(s, rc);
	if (rc == 0 && (rc = file_migrate(s, e)) < 0) {
		db_close(s);
		return rc;
	}
	if (rc == 0)
		rc = sql_prepare(s);
	if (rc == 0)
		rc = load_state(s);
	if (rc == 0)
		return 0;
	err_set(e, rc, "%s: cannot open: %s%s", s->path, s->error,
	    rc == ERR_STORE ? "; bring the store back from a backup with "
	    "`comityctl restore`" : "");
	db_close(s);
	return rc;
}

void
db_close(struct store *s)
{
	backup_abandon(s);
	sql_finish(s);
	keys_clear(&s->keys);
	intern_clear(&s->labels);
	intern_clear(&s->certs);
	buf_reset(&s->pending);
	sqlite3_close(s->db);
	s->db = NULL;
	s->in_transaction = false;
}

static int
dir_open(struct store *s, struct err *e)
{
	struct statfs fs;

	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0 || fstatfs(s->dir_fd, &fs) < 0)
		return err_set(e, ERR_IO, "%s: %s", s->dir, strerror(errno));
	for (size_t i = 0; i < NELEM(network_fs); i++)
		if ((long)fs.f_type == network_fs[i].magic)
			return err_set(e, ERR_STORE, "%s is on a network file "
			    "system (%s), whose locks and syncs cannot be "
			    "relied on: put the state directory on a local "
			    "disk", s->dir, network_fs[i].name);
	return 0;
}

static int
lock_take(struct store *s, struct err *e)
{
	char path[4096], pid[32] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "%s/comity.lock", s->dir);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (s->lock_fd < 0)
		return err_set(e, errno == ENOSPC ? ERR_FULL : ERR_IO,
		    "%s: %s", path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		n = pread(s->lock_fd, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? n : 0] = '\0';
		return err_set(e, ERR_STORE, "%s: in use by another daemon "
		    "(process %d): stop it first", s->path, atoi(pid));
	}
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* For people only: the lock does not depend on it. */
	if (ftruncate(s->lock_fd, 0) == 0 &&
	    pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
		return 0;
	return 0;
}

static void
interns_init(struct store *s)
{
	s->labels.put = SQL_LABEL_PUT;
	s->labels.find = SQL_LABEL_FIND;
	s->labels.get = SQL_LABEL_GET;
	s->certs.put = SQL_CERT_PUT;
	s->certs.find = SQL_CERT_FIND;
	s->certs.get = SQL_CERT_GET;
}

struct store *
store_open(const struct store_options *o, struct err *e)
{
	AUTO(store_close) struct store *s = mem_new(struct store);
	AUTO_BUF struct buf path = { 0 };

	s->lock_fd = s->dir_fd = -1;
	s->dir = mem_strdup(o->dir);
	buf_addf(&path, "%s/comity.db", o->dir);
	s->path = buf_take(&path);
	s->cache_bytes = o->cache_bytes == 0 ? CACHE_BYTES_DEFAULT :
	    o->cache_bytes;
	s->free_bytes_min = o->free_bytes_min;
	interns_init(s);
	if (dir_open(s, e) < 0 || lock_take(s, e) < 0 ||
	    file_check(s->path, o->create, e) < 0 || db_open(s, e) < 0)
		return NULL;
	return TAKE(s);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->in_transaction)
		store_rollback(s);
	/* If this fails the log stays, and the next open reads it. */
	if (s->db != NULL && !s->broken && store_checkpoint(s, true) < 0)
		s->broken = true;
	db_close(s);
	buf_clear(&s->pending);
	stix_reader_free(s->reader);
	arena_free(s->scratch);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->dir);
	free(s->path);
	free(s);
}

void
store_epoch(const struct store *s, uint8_t out[16])
{
	memcpy(out, s->epoch, sizeof(s->epoch));
}

int
store_new_epoch(struct store *s)
{
	uint8_t before[16];
	int rc;

	memcpy(before, s->epoch, sizeof(before));
	TRY(store_begin(s));
	rc = new_epoch(s, false);
	if (rc == 0)
		rc = store_commit(s);
	if (rc < 0) {
		store_rollback(s);
		memcpy(s->epoch, before, sizeof(before));
	}
	return rc;
}

int64_t
store_last_seq(const struct store *s)
{
	return s->now.last_seq;
}

uint64_t
store_changes(const struct store *s)
{
	return s->changes;
}

uint64_t
store_count(const struct store *s)
{
	return (uint64_t)s->now.last_seq - s->now.tombstones;
}

const char *
store_library_version(void)
{
	return sqlite3_libversion();
}
