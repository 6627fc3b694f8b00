/*
 * What the files of a feed share.  Only they include it.
 */
#ifndef GATE_FEED_PRIVATE_H
#define GATE_FEED_PRIVATE_H

#include "gate/feed.h"
#include "gate/feed_circle.h"
#include "gate/gate_private.h"
#include "store/feed.h"

#define FEED_CIRCLES_MAX 64

/* One list of the store; that of a circle, or of all. */
struct feed_list {
	bool known;		/* number and last are from the store */
	int64_t number;		/* 0: the store has none yet */
	int64_t last_us;	/* -1: empty */
	VEC(struct store_feed_row) rows;	/* owned: of the piece at hand */
};

/* What the store keeps of a feed, in one value. */
struct feed_state {
	int64_t at;		/* of what is new, looked at up to here */
	int64_t back_at, back_end;	/* what was there before */
	uint64_t items;
	uint8_t policy[DIGEST_BYTES];	/* that decided; zero: none yet */
};

struct feed {
	struct gate *g;			/* borrowed */
	char desk[NAME_MAX_BYTES];
	int index;			/* in the policy; -1: not there */
	uint64_t generation;		/* of the gate, when it was read */
	uint8_t policy[DIGEST_BYTES];	/* in force now */
	struct feed_circles *circles;	/* owned */
	struct feed_list all, lists[FEED_CIRCLES_MAX];
	struct feed_state state;
	bool sound;			/* state is the store's */
	bool dirty;			/* and has changed since */
	bool again;			/* asked to look at everything */
	bool rewound;			/* was asked, since it was opened */
	struct arena *arena;		/* owned: a piece of the scan */
};

/*
 * feed_sync(f): read from the store what a roll-back made doubtful, and
 * follow the gate's policy.  ERR_* of the store.
 */
int feed_sync(struct feed *f) MUST_CHECK;

/*
 * feed_list_of(f, circle, out, out_circle): that list with what the store
 * has of it, and the circle's bit in the policy, -1 for all (NULL).
 * ERR_NOT_FOUND: no circle of ours; ERR_* of the store.
 */
int feed_list_of(struct feed *f, const char *circle,
    struct feed_list **out, int *out_circle) MUST_CHECK;

/*
 * feed_shows(f, r, now, out_circles): may the desk see it, as a record? 1, 0,
 * ERR_*; if 1, out_circles (unless NULL) has a bit for each circle by which
 * it goes.
 */
int feed_shows(struct feed *f, const struct store_record *r, unix_ms_t now,
    uint64_t *out_circles) MUST_CHECK;

#endif
