/*
 * The way out: our stream of records to one peer.
 *
 * A scan over the store in order of sequence decides every record once,
 * appends the decisions to the log, and hands what is released to the
 * caller batch by batch, each batch under one seal.  The caller sends a
 * batch only after the transaction is on disk.
 */
#ifndef GATE_RELEASE_H
#define GATE_RELEASE_H

#include "gate/delivery.h"
#include "gate/gate.h"

struct release;

/* What one record of a batch is sent with. */
struct release_record {
	int64_t seq;		/* of the original, for the receipt */
	bool redacted;		/* what is sent was derived from it */
	uint16_t leaf;
	uint8_t salt[16];
	struct str label;	/* the sealed label, as sealed */
	struct str terms;	/* release text */
	struct str bytes;
};

/* Records under one seal, in order of leaf; everything borrowed. */
struct release_batch {
	struct str seal;
	const struct digest *hashes;	/* multi-proof for exactly these */
	size_t nhashes;
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
};

struct release *release_new(const struct release_options *o);
void release_free(struct release *r);
MEM_AUTO(struct release, release_free);

/*
 * release_set_delivery(r, d): the delivery state was read again.
 */
void release_set_delivery(struct release *r, struct delivery *d);

/*
 * release_start(r, kinds, nkinds, min_confidence): a new session: scan from
 * what is settled.  kinds: the subscriber's, by name; "*" alone is every
 * kind, none is nobody.  Records that state a confidence (0..100) below the
 * minimum are left out; one that states none is not.
 */
void release_start(struct release *r, const struct str *kinds, size_t nkinds,
    int min_confidence);

/* release_restart(r): policy, terms or trust changed: scan from the start. */
void release_restart(struct release *r);

/*
 * release_run(r, now, max_records, emit, arg): in the open transaction,
 * scan on.  Returns how many records were looked at (0: nothing new), or
 * ERR_* (roll back).
 */
struct release_budget {
	unix_ms_t now;
	size_t max_records, max_bytes;
};
int release_run(struct release *r, const struct release_budget *b,
    release_emit emit, void *arg) MUST_CHECK;

/* release_position(r): the sequence up to which the scan has come. */
int64_t release_position(const struct release *r);

#endif
