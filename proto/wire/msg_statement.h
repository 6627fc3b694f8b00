/*
 * STATEMENT: what one CERT says of another and signs, so that it proves by
 * itself who said it: a vouch, its end, a referral, that its wall was
 * attested.  It may be handed on by anybody; who reads it needs the key of
 * `from`.  STATEMENT_TAKEN: what became of it at the receiver.
 * comity-protocol(7), STATEMENTS.
 */
#ifndef WIRE_MSG_STATEMENT_H
#define WIRE_MSG_STATEMENT_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define STATEMENT_REASON_MAX 255
#define STATEMENT_BYTES_MAX 1024
#define STATEMENT_ONE 1000000U		/* 1.0 of a belief */

enum statement_kind {
	STATEMENT_VOUCH = 1,	/* from is a sponsor of about */
	STATEMENT_VOUCH_ENDED,	/* ... and is no longer */
	STATEMENT_REFERRAL,	/* what from thinks of about's reliability */
	STATEMENT_ATTESTATION,	/* from looked at the wall of about */
};
#define STATEMENT_KINDS (STATEMENT_ATTESTATION + 1)

struct msg_statement {
	enum statement_kind kind;
	struct str from, about;		/* CERT ids, never the same */
	/* The identity key of about, so that no other key inherits it. */
	uint8_t identity[ED25519_PUBLIC_BYTES];
	unix_ms_t at;
	unix_ms_t until;		/* attestation; else 0 */
	uint32_t belief, disbelief;	/* referral, in STATEMENT_ONE */
	/* For people, UTF-8 without control characters; may be empty. */
	struct str reason;
};

/*
 * msg_statement_sign(m, key, out): append the payload, signed; the reason is
 * cut to what fits.  ERR_VALUE from is about, until is not after at, or a
 * control character is in the reason; ERR_CRYPTO.
 * msg_statement_decode(payload, out): borrows from payload.  ERR_SYNTAX,
 * ERR_VALUE, ERR_LIMIT; the signature is not looked at.
 * msg_statement_verify(payload, key): 0, ERR_SYNTAX, ERR_SIGNATURE.
 */
int msg_statement_sign(const struct msg_statement *m,
    const struct sign_key *key, struct buf *out) MUST_CHECK;
int msg_statement_decode(struct str payload, struct msg_statement *out)
    MUST_CHECK;
int msg_statement_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

/*
 * msg_statement_vouch(payload, about, identity, out): is it a vouch for that
 * CERT and that identity key?  NULL, or for people what it is instead; out is
 * empty if it does not read.  The signature is not looked at.
 */
const char *msg_statement_vouch(struct str payload, const char *about,
    const uint8_t identity[ED25519_PUBLIC_BYTES], struct msg_statement *out);

/* statement_kind_name(k): "vouch", "vouch-ended", ...; never NULL. */
const char *statement_kind_name(enum statement_kind k);

enum statement_result {
	STATEMENT_COUNTED = 1,	/* it is evidence at the receiver */
	STATEMENT_KEPT,		/* it counts nothing now, kept or not */
	STATEMENT_REFUSED,	/* dated ahead: it is not kept */
};

struct msg_statement_taken {
	struct digest statement;	/* SHA-256 of the payload */
	enum statement_result result;
	struct str why;			/* for people, at most 255 bytes */
};

/* msg_statement_taken_encode(m, out), msg_statement_taken_decode(..). */
void msg_statement_taken_encode(const struct msg_statement_taken *m,
    struct buf *out);
int msg_statement_taken_decode(struct str payload,
    struct msg_statement_taken *out) MUST_CHECK;

#endif
