/*
 * The store: records, seals, labels, deliveries, peers, recalls and the log, in
 * one durable transaction at a time.  All SQL is behind this header.
 *
 * One connection writes.  The record table is append-only by sequence;
 * look-up keys are gathered in memory and merged into index tables in
 * sorted runs by store_maintain, off the acknowledging path; look-ups ask
 * both; what a crash left unmerged is rebuilt at open.
 *
 * Nothing outside may learn a sequence number, a label number or any other
 * number of this store.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/unit.h"
#include "record/observable.h"

struct store;

struct store_options {
	const char *dir;	/* state directory; the file is comity.db */
	size_t cache_bytes;	/* page cache; 0 = 32 MiB */
	bool create;		/* make it if it is not there */
	uint64_t free_bytes_min;	/* stop accepting below this */
};

/*
 * store_open(o, e): open or create, migrate (with a backup of the file
 * first), lock against a second daemon, recover, warm up so that nothing is
 * opened by path afterwards.  NULL with e: ERR_NOT_OURS for a file that is
 * not ours or is of a later version, ERR_IO, ERR_FULL, ERR_STORE.
 */
struct store *store_open(const struct store_options *o, struct err *e);
void store_close(struct store *s);
MEM_AUTO(struct store, store_close);

/* store_epoch(s): 16 bytes that name this store's history. */
void store_epoch(const struct store *s, uint8_t out[16]);
/* store_new_epoch(s): a restore from a backup was made. */
int store_new_epoch(struct store *s) MUST_CHECK;

/*
 * One transaction.  After ERR_IO, ERR_FULL or ERR_STORE from any call in it:
 * roll back; nothing of it can be committed any more (every further change
 * gives the same code).  ERR_FULL leaves the store sound: reads go on, and
 * changes when there is room.  After ERR_IO or ERR_STORE the roll-back opens
 * the file afresh; if it cannot, everything gives ERR_IO and store_begin
 * tries again.  Whether a transaction whose commit failed so is there is
 * known only then: ask store_last_seq and store_log_size.  A change outside a
 * transaction, or a begin inside one, gives ERR_BUG.
 */
int store_begin(struct store *s) MUST_CHECK;
int store_commit(struct store *s) MUST_CHECK;	/* durable on return */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);

enum record_flag {
	RECORD_OWN = 1,		/* published here */
	RECORD_DERIVED = 2,	/* made by redaction; not streamed by itself */
	RECORD_HAS_REFS = 4,	/* its label needs its reference closure */
	RECORD_REVOKED = 8,
	RECORD_TOMBSTONE = 16,	/* recalled or expired: digest only */
	RECORD_UNKEYED = 32,	/* its pattern did not parse */
	RECORD_SUPERSEDED = 64,	/* a newer version is stored */
	RECORD_RELABELLED = 128,	/* stored again under a later label, */
				/*   which stands for it everywhere */
	RECORD_HELD = 256,	/* received, and people must agree first */
	RECORD_STANDS = 512,	/* derived, and no original is stored here */
	RECORD_APART = 1024,	/* of one desk alone: its id was taken by */
				/*   what that desk may not see */
	RECORD_OPINION = 4096,	/* ours about another, for our desks alone */
	RECORD_FETCHED = 2048,	/* from a peer without seals; ours is on it */
};

struct store_record {
	int64_t seq;		/* 0 before it is stored */
	uint32_t flags;		/* enum record_flag */
	uint8_t kind;		/* not stored by number: see kind_name */
	int64_t label;		/* store_intern_label */
	int64_t desks;		/* store_intern_label of the desk list, 0 all */
	int64_t seal;		/* store_put_seal */
	uint16_t leaf;		/* index in the seal */
	uint8_t salt[16];
	int64_t source;		/* store_intern_name of who gave it; 0 self */
	unix_ms_t received;
	unix_ms_t expires;	/* UNIX_MS_NEVER */
	int64_t modified_us;	/* for version order; ties by the bytes */
	struct str id;		/* put: required; get: empty */
	struct str bytes;	/* the object; get: in the arena */
};

/*
 * store_put(s, r, keys, nkeys, out_seq): append in the open transaction.
 * keys are observables to index (with addresses and sub-domain suffixes).
 * The caller has asked store_find_id first.  ERR_LIMIT: the bytes are over
 * RECORD_BYTES_MAX, the id over STIX_ID_MAX or empty, too many keys.
 * ERR_FULL: the disk, or less than free_bytes_min left (only this call
 * minds that; it is over when twice as much is free).
 */
int store_put(struct store *s, const struct store_record *r,
    const struct observable *keys, size_t nkeys, int64_t *out_seq)
    MUST_CHECK;

/*
 * store_get(s, seq, arena, out): ERR_NOT_FOUND; ERR_LIMIT if the arena is
 * full.  The bytes of a tombstone are the SHA-256 of what they were.
 */
int store_get(struct store *s, int64_t seq, struct arena *arena,
    struct store_record *out) MUST_CHECK;

/*
 * store_find_id(s, id, arena, visit, arg): every stored version of id, in
 * order of seq, seen through visit (return non-zero to stop; that value is
 * returned).  Includes the open transaction.  0 when done.
 */
typedef int (*store_visit)(void *arg, const struct store_record *r);
int store_find_id(struct store *s, struct str id, struct arena *arena,
    store_visit visit, void *arg) MUST_CHECK;

/*
 * store_scan(s, from, limit, arena, visit, arg): records with seq > from,
 * in order, at most limit.  Returns how many were visited, or ERR_*.  A
 * negative value of visit is returned; a positive one ends the scan.  It
 * ends early when the arena is full (ERR_LIMIT if not one record fitted).
 * visit may call the store.
 */
int store_scan(struct store *s, int64_t from, size_t limit,
    struct arena *arena, store_visit visit, void *arg) MUST_CHECK;

/* store_last_seq(s): highest sequence, open transaction included; 0 none. */
int64_t store_last_seq(const struct store *s);
/*
 * store_changes(s): another number after every change of a record, and after
 * a roll-back: what was read of records before may be stale.
 */
uint64_t store_changes(const struct store *s);
uint64_t store_count(const struct store *s);	/* records, no tombstones */

/*
 * store_lookup(s, o, subdomains, limit, arena, visit, arg): records with
 * that observable, verified against their bytes: an address also finds the
 * networks that contain it; a network the addresses and networks in it and
 * around it; with subdomains, a domain also what is under it.  The newest
 * first, of at most 65,536 that its keys propose; no tombstones.  Returns
 * how many were visited, or ERR_*; visit as in store_scan.
 */
int store_lookup(struct store *s, const struct observable *o,
    bool subdomains, size_t limit, struct arena *arena, store_visit visit,
    void *arg) MUST_CHECK;

/*
 * store_find_value(s, o, limit, arena, visit, arg): records whose keys say
 * that they name just that observable, an address or network of the same
 * length, the newest first: a hash may be wrong, so visit asks the bytes.
 * One key is looked at, for asking about many records.  Tombstones too.
 * Returns how many were visited, or ERR_*; visit as in store_scan.
 */
int store_find_value(struct store *s, const struct observable *o,
    size_t limit, struct arena *arena, store_visit visit, void *arg)
    MUST_CHECK;

/*
 * store_set_tombstone(s, seq): replace the bytes by their digest,
 * overwriting them, and flag it; ERR_NOT_FOUND.  store_find_id still finds it.
 */
int store_set_tombstone(struct store *s, int64_t seq) MUST_CHECK;

/*
 * store_add_flags(s, seq, flags): set these too, in the open transaction;
 * ERR_NOT_FOUND.
 */
int store_add_flags(struct store *s, int64_t seq, uint32_t flags) MUST_CHECK;
/* store_drop_flags(s, seq, flags): take these away, likewise. */
int store_drop_flags(struct store *s, int64_t seq, uint32_t flags)
    MUST_CHECK;

/*
 * store_intern_label(s, bytes, out): a small number for a run of bytes
 * (label text, desk list); the same bytes give the same number.
 * store_label(s, n, arena, out): the bytes again.
 */
int store_intern_label(struct store *s, struct str bytes, int64_t *out)
    MUST_CHECK;
int store_label(struct store *s, int64_t n, struct arena *arena,
    struct str *out) MUST_CHECK;

/* store_intern_name(s, name, out): as above for CERT ids, from 1. */
int store_intern_name(struct store *s, struct str name, int64_t *out)
    MUST_CHECK;
int store_name(struct store *s, int64_t n, struct arena *arena,
    struct str *out) MUST_CHECK;
/* store_find_name(s, name, out): its number; ERR_NOT_FOUND if it has none. */
int store_find_name(struct store *s, struct str name, int64_t *out)
    MUST_CHECK;

/*
 * Seals.  proof: hashes that together with this store's records of the seal
 * rebuild its root (empty when all its leaves are here).
 */
int store_put_seal(struct store *s, struct str seal, struct str proof,
    int64_t *out) MUST_CHECK;
int store_seal(struct store *s, int64_t n, struct arena *arena,
    struct str *out_seal, struct str *out_proof) MUST_CHECK;
/*
 * store_seal_records(s, n, ...): the records of a seal, in order of seq;
 * visit as in store_find_id.
 */
int store_seal_records(struct store *s, int64_t n, struct arena *arena,
    store_visit visit, void *arg) MUST_CHECK;

/*
 * Small values by (space, key): peers' cards, positions, bitmaps by chunk,
 * recalls, settings.  space and key are NUL-terminated ASCII.
 */
int store_set(struct store *s, const char *space, const char *key,
    struct str value) MUST_CHECK;
int store_unset(struct store *s, const char *space, const char *key)
    MUST_CHECK;
int store_value(struct store *s, const char *space, const char *key,
    struct arena *arena, struct str *out) MUST_CHECK;	/* ERR_NOT_FOUND */
typedef int (*store_value_visit)(void *arg, const char *key,
    struct str value);
int store_values(struct store *s, const char *space,
    store_value_visit visit, void *arg) MUST_CHECK;

/*
 * The log: append-only entries.  store_log_append in the open transaction;
 * out_index from 0.  store_log_read visits from index on, at most limit, and
 * returns how many; visit as in store_scan.
 */
int store_log_append(struct store *s, uint8_t type, struct str entry,
    const struct digest *leaf, uint64_t *out_index) MUST_CHECK;
typedef int (*store_log_visit)(void *arg, uint64_t index, uint8_t type,
    struct str entry, const struct digest *leaf);
int store_log_read(struct store *s, uint64_t from, size_t limit,
    store_log_visit visit, void *arg) MUST_CHECK;
uint64_t store_log_size(const struct store *s);

/*
 * store_maintain(s, budget_ms): outside a transaction: merge index runs,
 * checkpoint the write-ahead log, for about budget_ms.  Returns 1 if more
 * is waiting, 0 if not, or ERR_*.  Call it after each commit (5 ms suffice
 * for any rate) and while it says 1 and nothing else is to do.
 */
int store_maintain(struct store *s, int64_t budget_ms) MUST_CHECK;

/*
 * store_backup(s, path, step_pages, e): start or go on with a consistent
 * copy into path (inside the state directory; made 0600).  Returns 1 if
 * more steps are needed, 0 when the copy is whole and synced.  The copy
 * gets a new epoch when it is opened for the first time.  Outside a
 * transaction; commits between the steps are in the copy.  ERR_EXISTS if
 * the file is there or another copy is under way; after any error the
 * unfinished copy is removed.
 */
int store_backup(struct store *s, const char *path, int step_pages,
    struct err *e) MUST_CHECK;

/* store_library_version(): of SQLite, as it runs. */
const char *store_library_version(void);

struct store_stats {
	uint64_t records, tombstones, log_entries, file_bytes, wal_bytes,
	    free_bytes, staged_keys, commits;
	int64_t commit_us_last, commit_us_max;
	bool full;		/* below free_bytes_min, or the disk said so */
	char error[256];	/* last failure, "" if none since it worked */
};
void store_stats(struct store *s, struct store_stats *out);

#endif
