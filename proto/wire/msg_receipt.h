/*
 * RECEIPT: the recipient's signature over what became of one RECORDS
 * message, sent once that is on its disk.
 */
#ifndef WIRE_MSG_RECEIPT_H
#define WIRE_MSG_RECEIPT_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/limits.h"

#define RECEIPT_PURPOSE_MAX 2048

struct msg_refused {
	uint16_t index;		/* of the record in its message */
	uint16_t reason;	/* refusal number, > 0; may be one we lack */
};

struct msg_receipt {
	uint64_t position;	/* of the RECORDS message */
	struct digest digest;	/* SHA-256 of its payload */
	struct digest terms;	/* msg_records_terms */
	struct str purpose;	/* names joined by commas; may be empty */
	uint16_t stored, unchanged;
	const struct msg_refused *refused;	/* by ascending index */
	size_t nrefused;
	uint8_t signature[SIGNATURE_BYTES];
};

/*
 * msg_receipt_sign(m, key, out): append the payload, signed (m->signature
 * is not used).  ERR_LIMIT if a text or count is over, ERR_CRYPTO.
 */
int msg_receipt_sign(const struct msg_receipt *m, const struct sign_key *key,
    struct buf *out) MUST_CHECK;

/*
 * msg_receipt_decode(payload, a, out): the array is in a.  ERR_SYNTAX,
 * ERR_VALUE (order, reason 0, more than BATCH_RECORDS_MAX records in all),
 * ERR_LIMIT.  The signature is not looked at.
 */
int msg_receipt_decode(struct str payload, struct arena *a,
    struct msg_receipt *out) MUST_CHECK;

/* msg_receipt_signed(payload, out): append the bytes that are signed. */
void msg_receipt_signed(struct str payload, struct buf *out);

/* msg_receipt_verify(payload, key): 0, ERR_SYNTAX or ERR_SIGNATURE. */
int msg_receipt_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

#endif
