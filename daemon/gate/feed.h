/*
 * What one of our own desks may see, in the order in which it became
 * visible to it: the feed that fronts, exports and subscriptions read.
 *
 * A scan over the store decides every record for the desk; what it may see
 * gets a date_added (TAXII 2.1 3.2): microseconds since 1970, strictly
 * rising within the desk, written once and kept for ever.  The dates, and
 * nothing else of the store's numbers, are known outside.  Whoever reads has
 * every record decided again at that moment: what the desk may not see any
 * more is not there.
 */
#ifndef GATE_FEED_H
#define GATE_FEED_H

#include "gate/gate.h"

struct feed;

/*
 * feed_open(g, desk, out): the feed of one of our desks (its name in the
 * policy), from the store.  ERR_* of the store.
 */
int feed_open(struct gate *g, const char *desk, struct feed **out)
    MUST_CHECK;
void feed_free(struct feed *f);
MEM_AUTO(struct feed, feed_free);

/*
 * feed_run(f, now, max_records): in the open transaction, decide further.
 * Returns how many records were looked at, 0: nothing is left; ERR_* (roll
 * back, then feed_rolled_back).
 */
int feed_run(struct feed *f, unix_ms_t now, size_t max_records) MUST_CHECK;
bool feed_waits(const struct feed *f);
void feed_rolled_back(struct feed *f);
/* feed_restart(f): the policy or terms changed: look at everything again. */
void feed_restart(struct feed *f);

/* feed_has(f, seq): that record has its date_added already. */
bool feed_has(const struct feed *f, int64_t seq);

/* One version of an object that the desk may see now. */
struct feed_item {
	int64_t added_us;
	/*
	 * The version that TAXII speaks of: microseconds of modified, else
	 * created, else of added_us.
	 */
	int64_t version_us;
	const struct store_record *record;	/* with id and bytes, borrowed */
};

/* Return 0 to go on, 1 to stop after it, or ERR_*. */
typedef int (*feed_visit)(void *arg, const struct feed_item *item);

/*
 * feed_scan(f, q, arena, visit, arg): items in order of added_us, each
 * decided again now.  At most max_rows rows are looked at, so that a turn of
 * the loop is bounded; out_at is where to go on (the added_us looked at
 * last), out_end says that there is no more.  Returns 0 or ERR_*.
 */
struct feed_query {
	const char *circle;	/* NULL: all that the desk may see */
	int64_t after_us;	/* exclusive; -1: from the start */
	unix_ms_t now;
	size_t max_rows;
};
int feed_scan(struct feed *f, const struct feed_query *q,
    struct arena *arena, feed_visit visit, void *arg, int64_t *out_at,
    bool *out_end) MUST_CHECK;

/*
 * feed_find(f, q, id, arena, visit, arg): every version of that object, as
 * above, in order of added_us; after_us and max_rows do not count.
 */
int feed_find(struct feed *f, const struct feed_query *q, struct str id,
    struct arena *arena, feed_visit visit, void *arg) MUST_CHECK;

/* feed_last_us(f): the added_us given last; -1 if none. */
int64_t feed_last_us(const struct feed *f);

#endif
