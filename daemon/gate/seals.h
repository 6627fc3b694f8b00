/*
 * Seals: making them for what is published or derived here, and proving
 * any subset of a stored seal's records to a peer.
 */
#ifndef GATE_SEALS_H
#define GATE_SEALS_H

#include "base/crypto.h"
#include "base/limits.h"
#include "store/store.h"
#include "wire/chain.h"

struct seals;

/* Everything is borrowed; keys and keys_arg as in struct gate_options. */
struct seals_options {
	struct store *store;
	const struct sign_key *key;
	const char *cert_id;
	const struct verify_key *(*keys)(void *arg, const char *cert_id);
	void *keys_arg;
};
struct seals *seals_new(const struct seals_options *o);
void seals_free(struct seals *s);

/*
 * seals_make(s, leaves, n, now, out): sign a new seal over n <=
 * BATCH_RECORDS_MAX leaves and store it in the open transaction.
 */
struct seals_leaves {
	const struct digest *v;
	size_t n;
};
int seals_make(struct seals *s, const struct seals_leaves *leaves,
    unix_ms_t now, int64_t *out_seal) MUST_CHECK;

/*
 * seals_prove(s, seal, indices, n, out): the seal's bytes and the
 * multi-proof for n ascending leaf indices.  Borrowed until the next call.
 * ERR_STORE if the stored records and hashes do not rebuild the root.
 */
struct seals_proof {
	struct str seal;
	const struct digest *hashes;
	size_t nhashes;
};
int seals_prove(struct seals *s, int64_t seal, const uint16_t *indices,
    size_t n, struct seals_proof *out) MUST_CHECK;

/*
 * seals_chain(s, seal, leaf, out): the chain under which a record came: the
 * table of links that was stored with its seal and the one that is its last.
 * n is 0 for a seal that was made here.  Borrowed until a function of this
 * header is called for another seal.  ERR_DENIED if a received seal has no
 * chain for that leaf: the record cannot be sent on.
 */
struct seals_chain {
	struct chain_table table;
	uint16_t last;
};
int seals_chain(struct seals *s, int64_t seal, uint16_t leaf,
    struct seals_chain *out) MUST_CHECK;

/* seals_origin(s, seal, dst): the CERT id that sealed; CERT_ID_MAX + 1. */
int seals_origin(struct seals *s, int64_t seal, char *dst) MUST_CHECK;

/*
 * seals_keep_leaf(s, r): in the open transaction, before the record becomes
 * a tombstone: keep its leaf hash, which its neighbours' proofs need.
 */
int seals_keep_leaf(struct seals *s, const struct store_record *r)
    MUST_CHECK;

/* Leaves that a peer claims to be under one seal. */
struct seals_claim {
	const uint16_t *indices;	/* ascending */
	const struct digest *leaves;
	size_t n;
	const struct digest *hashes;	/* the multi-proof's */
	size_t nhashes;
	/* seals_keep: which of the n are stored, and under which links. */
	const bool *here;
	const struct chain_link *links;
	size_t nlinks;
	const uint8_t *last;	/* of the n */
};
struct seals_received {
	char origin[CERT_ID_MAX + 1];	/* who sealed */
	uint16_t count;
	unix_ms_t at;
};

/*
 * seals_verify(s, seal, claim, out): the seal reads, its originator's card
 * is held, its signature is good, and the claim's leaves are under its
 * root.  ERR_SYNTAX, ERR_AUTH (no card), ERR_SIGNATURE.
 */
int seals_verify(struct seals *s, struct str seal,
    const struct seals_claim *claim, struct seals_received *out) MUST_CHECK;

/*
 * seals_keep(s, seal, claim, out): store a verified seal with the hashes
 * that stand for what of it is not stored here, and the chain.
 */
int seals_keep(struct seals *s, struct str seal,
    const struct seals_claim *claim, int64_t *out_seal) MUST_CHECK;

/* seals_leaf(salt, label, bytes, out): comity-protocol(7), SEALS. */
void seals_leaf(const uint8_t salt[16], struct str label, struct str bytes,
    struct digest *out);

/* seals_forget(s): a transaction was rolled back: numbers may be reused. */
void seals_forget(struct seals *s);

#endif
