/*
 * The way in: objects published here, batches received from peers, and what
 * was fetched from peers that seal nothing.  Everything that enters the store
 * enters through these three functions, in the store's open transaction.
 */
#ifndef GATE_ADMIT_H
#define GATE_ADMIT_H

#include "base/crypto.h"
#include "gate/gate.h"
#include "record/stix.h"
#include "wire/chain.h"

/* What became of one object. */
struct admit_verdict {
	enum refusal refusal;	/* REFUSAL_NONE: stored or unchanged */
	bool unchanged;		/* already here, byte for byte */
	bool held;		/* stored, and nobody sees it yet: held.h */
	bool unchecked;		/* stored; warning lists are to be asked */
	bool unkeyed;		/* stored, but its pattern did not parse */
	int64_t conflict;	/* REFUSAL_CONFLICT: with that record */
	bool dangles;		/* published: it refers to what is not here */
	char id[STIX_ID_MAX + 1];	/* "" when not even that was readable */
	char text[512];		/* refused or unkeyed: why, for people */
};

/*
 * admit_published(g, desk, objects, n, now, out):
 * n <= BATCH_RECORDS_MAX objects that one of our own desks (an index into
 * our organisation's desks) publishes: validate, label, seal as one batch,
 * store.  out[n] says what became of each; one bad object does not touch
 * the others.  Return 0, or ERR_* of the store (the caller rolls back), or
 * ERR_DENIED if there is no such desk.
 */
struct admit_objects {
	int desk;		/* in the policy's vocabulary */
	const struct str *v;	/* borrowed */
	size_t n;
	unix_ms_t now;
	/* What is here byte for byte keeps the label that it has. */
	bool keep_label;
	/*
	 * The desk speaks for itself, and learns nothing of what it may not
	 * see: where that has the same id, what it publishes is stored apart,
	 * for this desk alone, as if there were none.
	 */
	bool walled;
	const struct admit_binding *binding;	/* borrowed; NULL: none */
};
int admit_published(struct gate *g, const struct admit_objects *in,
    struct admit_verdict *out) MUST_CHECK;

/*
 * For a circle alone: beside what its label says, only these desks may have
 * it, and an object of another kind is refused (REFUSAL_POLICY).
 */
struct admit_binding {
	struct desk_set audience;
	uint64_t kinds;
};

/*
 * admit_published_by(g, r, desk): was that stored record published here by
 * the desk of that number?  1 or 0; ERR_* of the store.
 */
int admit_published_by(struct gate *g, const struct store_record *r,
    int desk) MUST_CHECK;

/*
 * admit_apart_label(g, r, out): the number of the label that a record which
 * is stored apart would have otherwise.  ERR_* of the store.
 */
int admit_apart_label(struct gate *g, const struct store_record *r,
    int64_t *out) MUST_CHECK;

/* One record of a received batch. */
struct admit_record {
	uint16_t leaf;
	const uint8_t *salt;	/* 16 bytes, borrowed */
	struct str label, bytes;	/* borrowed */
	uint8_t link;		/* its last one, of the batch's */
};

/* A received batch: its seal, records and the sibling hashes. */
struct admit_batch {
	const struct gate_party *party;	/* who sent it */
	const char *sender;		/* its CERT id */
	struct str seal;		/* bytes as received */
	const struct digest *hashes;	/* multi-proof */
	size_t nhashes;
	const struct chain_link *links;	/* as decoded, <= CHAIN_LINKS_MAX */
	size_t nlinks;
	const struct admit_record *v;
	size_t n;
	unix_ms_t now;
};

/*
 * admit_received(g, in, out): verify the seal with the originator's key,
 * every record with the multi-proof and every link of the chain with the
 * key of who signed it, validate, label, ask the policy, store what is
 * admitted.  A seal that fails refuses the whole batch (REFUSAL_SEAL), a
 * chain that fails the records under it (REFUSAL_CHAIN); what was signed
 * wrongly is kept (proof.h).  Return 0, or ERR_* of the store.
 */
int admit_received(struct gate *g, const struct admit_batch *in,
    struct admit_verdict *out) MUST_CHECK;

/*
 * admit_fetched(g, in, out): n <= BATCH_RECORDS_MAX objects that were
 * fetched from a peer that seals nothing (a TAXII server).  Each gets the
 * label that the policy gives to what comes from that peer, tightened by the
 * object's own markings; the policy is asked, and what it lets in or has
 * wait for people is sealed by ourselves as one batch.  What would have to
 * be redacted is refused.  out[n]: what became of each; what is here already
 * is unchanged, whatever its label.  Return 0, or ERR_* of the store.
 */
struct admit_fetch {
	const struct gate_party *party;	/* where it was fetched */
	const char *sender;		/* its CERT id */
	const struct str *v;		/* borrowed */
	size_t n;
	unix_ms_t now;
};
int admit_fetched(struct gate *g, const struct admit_fetch *in,
    struct admit_verdict *out) MUST_CHECK;

#endif
