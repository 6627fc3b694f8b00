/*
 * What one of our own desks may see, in the order in which it became
 * visible to it: the feed that fronts, exports and subscriptions read.
 *
 * A scan over the store decides every record for the desk; what it may see
 * gets a date_added (TAXII 2.1 3.2): microseconds since 1970, strictly
 * rising, written once and kept for ever.  There is one list of all that the
 * desk may see and one for each circle of ours, with dates of their own, so
 * that none tells of another.  The dates, and nothing else of the store's
 * numbers, are known outside.  Whoever reads has every record decided again
 * at that moment: what the desk may not see any more is not there.
 *
 * What a turn dates may be dated otherwise after it was undone: what is read
 * while the store is in a transaction is not for outside.
 */
#ifndef GATE_FEED_H
#define GATE_FEED_H

#include "gate/gate.h"

struct feed;

/*
 * feed_open(g, desk, out): the feed of one of our desks (its name in the
 * policy), from the store.  It follows the policy of g by itself: another
 * one has everything looked at again that has no date yet.  ERR_* of the
 * store.
 */
int feed_open(struct gate *g, const char *desk, struct feed **out)
    MUST_CHECK;
void feed_free(struct feed *f);
MEM_AUTO(struct feed, feed_free);

/*
 * feed_run(f, now, max_records): in the open transaction, decide further,
 * what is new before what was there.  Returns how many records were looked
 * at, 0: nothing is left that may be released now; ERR_* (roll back, then
 * feed_rolled_back).
 */
int feed_run(struct feed *f, unix_ms_t now, size_t max_records) MUST_CHECK;
/* feed_waits(f, now): is there anything that feed_run would look at? */
bool feed_waits(struct feed *f, unix_ms_t now);
/* feed_behind(f, now): new records that it has not looked at yet. */
uint64_t feed_behind(struct feed *f, unix_ms_t now);
void feed_rolled_back(struct feed *f);
/* feed_restart(f): look at everything again that has no date. */
void feed_restart(struct feed *f);
/*
 * feed_look(f, seq, now): in the open transaction, look again at one record
 * that changed in its place: people let it in.  ERR_* as feed_run.
 */
int feed_look(struct feed *f, int64_t seq, unix_ms_t now) MUST_CHECK;

/*
 * feed_has(f, seq): that record has its date_added already; 1 or 0, ERR_*
 * of the store.
 */
int feed_has(struct feed *f, int64_t seq) MUST_CHECK;

/* What people are shown of it. */
struct feed_figures {
	uint64_t items;		/* that have a date */
	uint64_t lag;		/* records not looked at yet */
};
void feed_figures(struct feed *f, struct feed_figures *out);

/* One version of an object that the desk may see now. */
struct feed_item {
	int64_t added_us;
	/*
	 * The version that TAXII speaks of: microseconds of modified, else
	 * created, else of added_us.
	 */
	int64_t version_us;
	/* With id and bytes; valid until the arena of the query is reset. */
	const struct store_record *record;
};

/* Return 0 to go on, 1 to stop after it, or ERR_*. */
typedef int (*feed_visit)(void *arg, const struct feed_item *item);

/*
 * feed_scan(f, q, arena, visit, arg): items in order of added_us, each
 * decided again now.  At most max_rows rows are looked at, and no more than
 * the arena holds, so that a turn of the loop is bounded; out_at is where to
 * go on (the added_us looked at last), out_end says that there is no more.
 * Nothing is there in a circle that is none of ours.  visit may ask the
 * store.  Returns 0; ERR_LIMIT: not one record fits the arena; ERR_* of the
 * store or of visit.
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

/*
 * feed_last_us(f, circle): the added_us given last in that list (NULL: of
 * all); -1 if none, or if it cannot be read.
 */
int64_t feed_last_us(struct feed *f, const char *circle);

#endif
