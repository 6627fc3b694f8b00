/*
 * RECORDS: records under one seal, with their labels, the signed chain of
 * terms they are released under, and the hashes that stand for what is left
 * out.
 */
#ifndef WIRE_MSG_RECORDS_H
#define WIRE_MSG_RECORDS_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "merkle/seal.h"
#include "wire/chain.h"

struct msg_record {
	uint16_t leaf;			/* index under the seal */
	uint8_t salt[SEAL_SALT_BYTES];
	uint8_t label;			/* index into labels */
	uint8_t link;			/* index into links: its last one */
	struct str bytes;
};

/*
 * Labels are in order of first use: the first record uses entry 0, each
 * further one an entry used before or the next; none is left unused.  A link
 * stands behind the one before it, and none is left unused either.
 */
struct msg_records {
	uint64_t position;	/* of the sender's stream after this batch, > 0 */
	struct str seal;		/* its bytes, as sealed */
	struct str *labels;		/* texts, 1..256 */
	size_t nlabels;
	const struct chain_link *links;	/* 1..256 */
	size_t nlinks;
	struct msg_record *records;	/* 1..256, by ascending leaf */
	size_t nrecords;
	const struct digest *hashes;	/* as multiproof_make gives them */
	size_t nhashes;
};

/*
 * msg_records_encode(m, out): append the payload.  ERR_LIMIT if a count, a
 * text or the whole is over what RECORDS may have; out is then as before.
 * The rest is the caller's to have right.
 */
int msg_records_encode(const struct msg_records *m, struct buf *out)
    MUST_CHECK;

/*
 * msg_records_decode(payload, a, out): arrays are in a (KIB(64) is enough),
 * everything else borrows from payload.  Checked: the seal reads; leaves
 * ascend and are under it; tables as above; as many hashes as the
 * multi-proof needs.  Not checked: signature, hashes, texts, bytes, and
 * that bytes are within RECORD_BYTES_MAX (the gate refuses such a record
 * alone).  ERR_SYNTAX, ERR_VALUE, ERR_LIMIT.
 */
int msg_records_decode(struct str payload, struct arena *a,
    struct msg_records *out) MUST_CHECK;

/*
 * msg_records_terms(m, out): the terms digest: SHA-256 over the release
 * texts of the links joined in table order.
 */
void msg_records_terms(const struct msg_records *m, struct digest *out);

#endif
