/*
 * Per peer: which of our records it holds, which were decided otherwise,
 * and how far the stream of our records is settled.
 *
 * The log is the truth: a turn appends its decisions and receipts there and
 * changes the bitmaps in memory; delivery_save writes the changed bitmap
 * chunks with the log position they stand for, and delivery_load replays
 * the log from that position on.  So a crash loses no bit.
 */
#ifndef GATE_DELIVERY_H
#define GATE_DELIVERY_H

#include "audit/entry.h"
#include "policy/policy.h"
#include "store/store.h"

struct delivery;

/* What became of a record towards a peer. */
enum delivery_state {
	DELIVERY_NONE,		/* not decided yet */
	DELIVERY_DELIVERED,	/* the peer signed for it */
	DELIVERY_REDACTED,	/* the peer signed for what we derived of it */
	DELIVERY_REFUSED,	/* the peer would not take it */
	DELIVERY_CONSULTED, DELIVERY_DENIED, DELIVERY_FORBIDDEN,
	DELIVERY_SENT,		/* under way: never saved, see below */
	DELIVERY_STATES,
};

const char *delivery_state_name(enum delivery_state s);

/*
 * delivery_load(store, peer, out): the state for that CERT id, from saved
 * chunks and the log behind them.  ERR_* of the store, ERR_STORE if a saved
 * chunk does not read.
 */
int delivery_load(struct store *store, const char *peer,
    struct delivery **out) MUST_CHECK;
void delivery_free(struct delivery *d);
MEM_AUTO(struct delivery, delivery_free);

/*
 * delivery_save(d, store): in the open transaction, write what changed
 * since the last save, standing for the log as it is now.
 */
int delivery_save(struct delivery *d, struct store *store) MUST_CHECK;

/* delivery_is_dirty(d): something changed since the last save. */
bool delivery_is_dirty(const struct delivery *d);

/*
 * delivery_get(d, seq), delivery_set(d, seq, s): what became of one record;
 * each is in one state at a time.  delivery_count(d, s): how many are in s.
 */
enum delivery_state delivery_get(const struct delivery *d, int64_t seq);
void delivery_set(struct delivery *d, int64_t seq, enum delivery_state s);
uint64_t delivery_count(const struct delivery *d, enum delivery_state s);

/*
 * delivery_each(d, state, from, visit, arg): sequences > from in that
 * state, ascending, until visit answers false.
 */
void delivery_each(const struct delivery *d, enum delivery_state s,
    int64_t from, bool (*visit)(void *arg, int64_t seq), void *arg);

/*
 * delivery_settled(d): every record up to here is decided, and what was
 * sent of it is signed for.  delivery_set_settled moves it (0: start over).
 */
int64_t delivery_settled(const struct delivery *d);
void delivery_set_settled(struct delivery *d, int64_t seq);

/* The position in the peer's stream that it signed for last. */
uint64_t delivery_position(const struct delivery *d);
void delivery_set_position(struct delivery *d, uint64_t position);

/*
 * delivery_reset(d, everything): forget what was decided against sending;
 * with everything, also what was delivered (the peer lost its store).
 */
void delivery_reset(struct delivery *d, bool everything);

/*
 * delivery_forget_refused(d): the peer asks again, since its policy is
 * another: what it refused has no state any more, and nothing is settled.
 */
void delivery_forget_refused(struct delivery *d);

/*
 * delivery_forget_sent(d): the connection is gone: what was under way has
 * no state any more.  It is not settled, so it will be looked at again.
 */
void delivery_forget_sent(struct delivery *d);

#endif
