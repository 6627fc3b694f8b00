/*
 * The way out: our stream of records to one peer.
 *
 * A scan over the store in order of sequence decides every record once,
 * appends the decisions to the log, and hands what is released to the
 * caller batch by batch, each batch under one seal.  The caller sends a
 * batch only after the transaction is on disk.
 *
 * What is new goes first.  What was stored before a session began, or
 * before the policy, a posture, terms or trust changed, follows behind it:
 * the backfill.  What the peer holds, or what is under way to it, is never
 * handed out again.
 */
#ifndef GATE_RELEASE_H
#define GATE_RELEASE_H

#include "gate/delivery.h"
#include "gate/gate.h"
#include "wire/chain.h"

struct release;

/* What one record of a batch is sent with. */
struct release_record {
	int64_t seq;		/* of the original, for the receipt */
	bool redacted;		/* what is sent was derived from it */
	uint16_t leaf;
	uint8_t salt[16];
	struct str label;	/* the sealed label, as sealed */
	struct str terms;	/* release text of its last link */
	uint8_t link;		/* which is that one */
	struct str bytes;
};

/* Records under one seal, in order of leaf; everything borrowed. */
struct release_batch {
	struct str seal;
	const struct digest *hashes;	/* multi-proof for exactly these */
	size_t nhashes;
	const struct chain_link *links;	/* signed */
	size_t nlinks;
	const struct release_record *v;
	size_t n;
	size_t bytes;			/* of all objects together */
};

/*
 * emit(arg, batch): take a batch; it is borrowed for the call.  Returns 0
 * to go on, 1 to stop scanning after it, or ERR_*.
 */
typedef int (*release_emit)(void *arg, const struct release_batch *batch);

struct release_options {
	struct gate *gate;		/* borrowed */
	struct delivery *delivery;	/* borrowed */
	const struct gate_party *party;	/* borrowed */
	const char *cert_id;		/* the peer's, borrowed */
	/*
	 * agreed(arg, seq, out): for which desks did people agree to this
	 * record?  False: nobody did.  May be NULL.
	 */
	bool (*agreed)(void *arg, int64_t seq, struct desk_set *out);
	void *agreed_arg;
};

struct release *release_new(const struct release_options *o);
void release_free(struct release *r);
MEM_AUTO(struct release, release_free);

/*
 * release_set_delivery(r, d): the delivery state was read again.
 */
void release_set_delivery(struct release *r, struct delivery *d);

/*
 * release_start(r, kinds, nkinds, min_confidence): a new session: look again
 * at what is not settled, behind what is new.  kinds: the subscriber's, by name; "*" alone is every
 * kind, none is nobody.  Records that state a confidence (0..100) below the
 * minimum are left out; one that states none is not.
 */
void release_start(struct release *r, const struct str *kinds, size_t nkinds,
    int min_confidence);

/*
 * release_takes(r, g, rec): does the subscriber want such a record, if it is
 * released?  What it wants is not known before its first session: all.  g:
 * the gate that reads the label, r's own or another one over the same store.
 */
bool release_takes(const struct release *r, struct gate *g,
    const struct store_record *rec) MUST_CHECK;

/*
 * release_restart(r): policy, posture, terms or trust changed: decide again
 * about everything that the peer does not hold.
 */
void release_restart(struct release *r);

/*
 * release_run(r, now, max_records, emit, arg): in the open transaction,
 * scan on.  Returns how many records were looked at (0: nothing new), or
 * ERR_* (roll back).
 */
struct release_budget {
	unix_ms_t now;
	size_t max_records, max_bytes;
	/*
	 * Sent and not signed for yet.  No more backfill joins it beyond 2 MiB,
	 * so that what is new never queues behind a long way.
	 */
	size_t under_way;
};
int release_run(struct release *r, const struct release_budget *b,
    release_emit emit, void *arg) MUST_CHECK;

/*
 * release_look_again(r, seq): people agreed to a record that was consulted:
 * the next run decides about it once more.
 */
void release_look_again(struct release *r, int64_t seq);

/* release_waits(r): is there anything that release_run would look at? */
bool release_waits(const struct release *r);

/* release_decided(r): every record up to this sequence was looked at. */
int64_t release_decided(const struct release *r);

/*
 * release_backfill(r, out_at, out_end): how far the backfill has come, as
 * sequences; false if none is under way.
 */
bool release_backfill(const struct release *r, int64_t *out_at,
    int64_t *out_end);

#endif
