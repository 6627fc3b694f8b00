/*
 * What the files of the store share.  Private to the store.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "store/intern.h"
#include "store/keys.h"
#include "store/sql.h"
#include "store/store.h"

struct stix_reader;

/*
 * Measured with objects of 860 bytes: 1.16 bytes on disk for each of theirs,
 * and 1.23 with pages of 8192, at the same speed and commit latency.
 */
#define STORE_PAGE_BYTES 16384

/* What a roll-back restores. */
struct store_mark {
	int64_t last_seq;
	int64_t last_seal;	/* of the newest record */
	uint64_t tombstones, log_size;
	uint32_t staged;
};

struct store {
	/* What outlives a re-opening. */
	char *dir, *path;		/* owned */
	size_t cache_bytes;
	uint64_t free_bytes_min;
	int lock_fd, dir_fd;
	uint64_t commits;
	uint64_t changes;		/* of records, ever */
	int64_t commit_us_last, commit_us_max;
	char error[256];

	/* The connection. */
	sqlite3 *db;			/* owned; NULL: could not re-open */
	sqlite3_stmt *statements[SQL_COUNT];
	bool broken;			/* re-open when rolled back */
	bool in_transaction;
	int failed;			/* ERR_* of the open transaction */

	/* What the file says. */
	uint8_t epoch[16], secret[16];
	struct store_mark now, before;
	struct keys keys;
	struct buf pending;		/* keys of the open transaction */
	struct intern labels, certs;

	/* Room on disk. */
	bool full;			/* the disk said so */
	bool low;			/* below free_bytes_min */
	uint64_t free_bytes;
	int64_t free_checked_ms;
	int wal_pages;

	/* Reading records for store_lookup. */
	struct stix_reader *reader;	/* owned; made when needed */
	struct arena *scratch;		/* owned; likewise */

	struct backup *backup;		/* owned; under way */
};

/* db_open(s, e) / db_close(s): the connection and all that it says. */
int db_open(struct store *s, struct err *e) MUST_CHECK;
void db_close(struct store *s);

/* file_check(path, create, e): is it a store of ours?  Makes a new one. */
int file_check(const char *path, bool create, struct err *e) MUST_CHECK;
/* file_migrate(s, e): bring an older file to this version. */
int file_migrate(struct store *s, struct err *e) MUST_CHECK;
/* file_copy(s, path): a whole consistent copy, for file_migrate. */
int file_copy(struct store *s, const char *path) MUST_CHECK;
/* dir_sync(path): fsync the directory that path is in. */
int dir_sync(const char *path) MUST_CHECK;

/* store_writable(s): 0 in a sound transaction; else why not. */
int store_writable(struct store *s) MUST_CHECK;
/* store_room(s): ERR_FULL below free_bytes_min; asks once a second. */
int store_room(struct store *s) MUST_CHECK;
int meta_get(struct store *s, const char *name, void *dst, size_t n)
    MUST_CHECK;	/* ERR_NOT_FOUND; ERR_STORE if it is not n bytes */
int meta_set(struct store *s, const char *name, const void *p, size_t n)
    MUST_CHECK;
int64_t store_now_us(void);	/* monotonic */

/* store_checkpoint(s, truncate): move the write-ahead log into the file. */
int store_checkpoint(struct store *s, bool truncate) MUST_CHECK;

/* backup_abandon(s): stop one that is under way and remove its file. */
void backup_abandon(struct store *s);

/* Keys by what they stand for (record.c, lookup.c). */
uint64_t key_of_id(const struct store *s, struct str id);
uint64_t key_of_seal(const struct store *s, int64_t seal);
void keys_stage_observable(struct store *s, const struct observable *o,
    int64_t seq);

/*
 * record_fetch(s, seq, id, arena, out): store_get, but ERR_NOT_FOUND unless
 * it has that id (id.p NULL: any).
 */
int record_fetch(struct store *s, int64_t seq, struct str id,
    struct arena *arena, struct store_record *out) MUST_CHECK;

/*
 * json_id(bytes, out): the raw text of the top-level member "id" of an
 * object, if it can be told without unescaping; false otherwise.
 */
bool json_id(struct str bytes, struct str *out);

/* seq_sort(v): ascending, each once. */
void seq_sort(seq_vec *v);

#endif
