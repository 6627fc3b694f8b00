/*
 * Lists of records, each in the order in which its records were added, with
 * the date of that: microseconds since 1970, each once in a list.  A page
 * costs the same wherever it begins.  Rows are packed: a few bytes each.
 */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "store/store.h"

struct store_feed_row {
	int64_t added_us, seq;
};

/*
 * store_feed_list(s, name, out): the number of a list, made in the open
 * transaction if there is none.  store_feed_find_list: ERR_NOT_FOUND then.
 * Numbers do not outlive the roll-back of what made them.
 */
int store_feed_list(struct store *s, struct str name, int64_t *out)
    MUST_CHECK;
int store_feed_find_list(struct store *s, struct str name, int64_t *out)
    MUST_CHECK;

/*
 * store_feed_add(s, list, rows, n): in the open transaction: these go behind
 * what is in the list.  ERR_VALUE: their dates do not rise; ERR_EXISTS: one
 * of the records is there already (roll back).
 */
int store_feed_add(struct store *s, int64_t list,
    const struct store_feed_row *rows, size_t n) MUST_CHECK;

/* store_feed_find(s, list, seq, out_us): its date; ERR_NOT_FOUND. */
int store_feed_find(struct store *s, int64_t list, int64_t seq,
    int64_t *out_us) MUST_CHECK;

/* store_feed_last(s, list, out_us): the latest date; -1 if it is empty. */
int store_feed_last(struct store *s, int64_t list, int64_t *out_us)
    MUST_CHECK;

/*
 * store_feed_page(s, list, after_us, rows, n): up to n rows with a later
 * date than that, in order.  Returns how many, or ERR_* of the store.
 */
int store_feed_page(struct store *s, int64_t list, int64_t after_us,
    struct store_feed_row *rows, size_t n) MUST_CHECK;

/*
 * store_get_named(s, seq, arena, out): store_get, and the id of the object
 * too; that of a tombstone is empty.
 */
int store_get_named(struct store *s, int64_t seq, struct arena *arena,
    struct store_record *out) MUST_CHECK;
/*
 * store_get_run(s, from, n, arena, out): store_get_named of those of the n
 * records from that one on that there are and that fit the arena, in order,
 * into out.  Returns how many, or ERR_* of the store.
 */
int store_get_run(struct store *s, int64_t from, size_t n,
    struct arena *arena, struct store_record *out) MUST_CHECK;

#endif
