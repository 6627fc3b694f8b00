/*
 * What a person decided, in the log: who, how that is known, about what,
 * and, when the person proved a key, the signature that proved it; all of
 * it signed by the CERT's identity key.  Pure.
 */
#ifndef AUDIT_APPROVAL_H
#define AUDIT_APPROVAL_H

#include "audit/entry.h"
#include "base/crypto.h"

#define APPROVAL_NONCE_BYTES 16

/* The proof of a key: what the person's program signed (comityctl(1)). */
struct audit_proof {
	uint8_t key[ED25519_PUBLIC_BYTES];
	uint8_t nonce[APPROVAL_NONCE_BYTES];
	uint8_t signature[SIGNATURE_BYTES];
	struct str request;	/* command, LF, arguments as JSON */
};

struct audit_approval {
	unix_ms_t at;
	struct str what;	/* "policy", "posture", "case", ... */
	struct str subject;	/* the digest or number of it */
	struct str who;		/* the operator's name */
	struct str verdict;	/* "propose", "approve", "decline", ... */
	struct str reason;	/* may be empty */
	bool by_key;		/* then proof is filled */
	struct audit_proof proof;
	uint8_t signature[SIGNATURE_BYTES];	/* of the identity key */
};

/*
 * audit_approval_text(a, out): append what the identity key signs: a line
 * of its own domain, then everything of a but that signature.  Texts longer
 * than their length allows are cut.
 */
void audit_approval_text(const struct audit_approval *a, struct buf *out);

/* audit_approval_encode(a, out): append the entry, signature and all. */
void audit_approval_encode(const struct audit_approval *a, struct buf *out);

/* Texts borrow from entry.  ERR_SYNTAX, ERR_LIMIT, ERR_VALUE. */
int audit_approval_decode(struct str entry, struct audit_approval *out)
    MUST_CHECK;

#endif
