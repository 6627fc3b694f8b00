/*
 * Look-up keys: pairs of a 64-bit key and a sequence number.  Private to
 * the store.
 *
 * New keys are staged in memory, and in one row of the table `pending` with
 * the transaction that made them, so that an open after a crash has them
 * again without reading a record.  When enough are staged they are sorted
 * and written as one run; runs of a level are merged, a slice at a time,
 * into a run of the next.  A run is immutable: pages of sorted entries, and
 * in memory its fences (the first key of each page) and a Bloom filter.
 *
 * Measured against B-tree indexes filled in sorted chunks: those rewrite
 * nearly every index page for each chunk once there are some hundred
 * thousand records; runs write each entry once per level, take 13 bytes an
 * entry rather than 26, and a filter answers for an id that is new.  One
 * `pending` row a transaction costs 13 bytes an entry in the write-ahead
 * log, against a parse of every unmerged record at open.
 *
 * The space of keys: hashed keys have the top bit; below them lie
 * addresses in their order, IPv6 (first 62 bits) above IPv4.
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct store;
struct merge;

#define KEY_HASHED (UINT64_C(1) << 63)
#define KEY_IPV6 (UINT64_C(1) << 62)

#define KEY_BYTES 13			/* key 8, seq 5 */
#define KEYS_STAGED_MAX 32768U		/* then they become a run */
#define KEYS_STAGED_HARD (1U << 20)	/* if nobody maintains: at begin */
#define KEYS_FANIN 4			/* runs of a level that are merged */

struct staged_key {
	uint64_t k;
	uint32_t seq;		/* after keys.base */
	uint32_t next;		/* older in the same bucket, + 1; 0 none */
};

struct run {
	int64_t n;
	int level;
	uint64_t keys;
	size_t npages;
	uint64_t *fences;	/* owned; npages of them */
	uint8_t *filter;	/* owned */
	size_t nlines;		/* of the filter, 64 bytes each */
};

struct keys {
	struct staged_key *staged;	/* owned */
	uint32_t n, cap;
	uint32_t *buckets;		/* owned; index + 1 of the newest */
	uint32_t nbuckets;		/* a power of two */
	int64_t base;
	VEC(struct run *) runs;		/* owned; by n */
	VEC(int64_t) garbage;		/* runs whose pages are to go */
	struct merge *merge;		/* owned; NULL: none under way */
	int64_t next_run;
	bool loaded;
};

typedef VEC(int64_t) seq_vec;

/* keys_load(s): read runs and pending keys; what was in memory goes. */
int keys_load(struct store *s) MUST_CHECK;
void keys_clear(struct keys *k);

/*
 * keys_stage(s, k, seq): add one entry of the open transaction, in memory
 * and to the row that commit writes.  A repeated entry is dropped.
 */
void keys_stage(struct store *s, uint64_t k, int64_t seq);

/* keys_unstage(s, n): forget all but the first n staged entries. */
void keys_unstage(struct store *s, uint32_t n);

/*
 * keys_find(s, lo, hi, max, out): append the sequences of every entry with
 * lo <= key <= hi, in no order and perhaps repeated, until there are max.
 */
int keys_find(struct store *s, uint64_t lo, uint64_t hi, size_t max,
    seq_vec *out) MUST_CHECK;

/* keys_flush(s): write what is staged as a run; in a transaction. */
int keys_flush(struct store *s) MUST_CHECK;

/*
 * keys_step(s): a few milliseconds of merging or clearing, in a
 * transaction.  Returns 1 if more is waiting, 0 if not, ERR_*.  After an
 * error, or if the transaction fails, keys_load.
 */
int keys_step(struct store *s) MUST_CHECK;

/* keys_waiting(k): would keys_flush or keys_step have work? */
bool keys_waiting(const struct keys *k);

/* Merging (merge.c): see keys_step. */
bool merge_is_due(const struct keys *k);
int merge_step(struct store *s) MUST_CHECK;
void merge_free(struct merge *m);

/* Runs (run.c). */
struct run *run_new(int64_t n, int level, uint64_t keys);
void run_free(struct run *r);
/* run_add_page(r, page, n): note fences and filter of n encoded entries. */
void run_add_page(struct run *r, const uint8_t *page, size_t n);
bool run_may_hold(const struct run *r, uint64_t k);
/* run_page_keys(s): entries in a full page. */
size_t run_page_keys(void);
int run_write_page(struct store *s, struct run *r, const uint8_t *page,
    size_t n) MUST_CHECK;
/* run_read_page(s, r, i, page, out_n): n entries into page. */
int run_read_page(struct store *s, const struct run *r, size_t i,
    uint8_t *page, size_t *out_n) MUST_CHECK;
int run_find(struct store *s, const struct run *r, const uint64_t range[2],
    size_t max, seq_vec *out) MUST_CHECK;
int run_publish(struct store *s, const struct run *r) MUST_CHECK;
int run_load_all(struct store *s) MUST_CHECK;

static inline uint64_t
key_get(const uint8_t *p)
{
	uint64_t k;

	__builtin_memcpy(&k, p, sizeof(k));
	return __builtin_bswap64(k);
}

static inline int64_t
key_seq(const uint8_t *p)
{
	return (int64_t)p[8] << 32 | (int64_t)p[9] << 24 |
	    (int64_t)p[10] << 16 | (int64_t)p[11] << 8 | (int64_t)p[12];
}

static inline void
key_put(uint8_t *p, uint64_t k, int64_t seq)
{
	k = __builtin_bswap64(k);
	__builtin_memcpy(p, &k, sizeof(k));
	for (int i = 0; i < 5; i++)
		p[8 + i] = (uint8_t)(seq >> (8 * (4 - i)));
}

#endif
