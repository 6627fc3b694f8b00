/*
 * RECALL: an originator withdraws a record; RECALLED: a holder confirms.
 */
#ifndef WIRE_MSG_RECALL_H
#define WIRE_MSG_RECALL_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define RECALL_ID_MAX 300
#define RECALL_MODIFIED_MAX 64
#define RECALL_REASON_MAX 1024

struct msg_recall {
	struct str id;			/* STIX id, not empty */
	struct str modified;		/* text; may be empty */
	struct digest digest;		/* SHA-256 of the record's bytes */
	unix_ms_t at;
	struct str reason;		/* for people */
	struct str originator;		/* CERT id of who sealed and signs */
};

/*
 * msg_recall_sign(m, key, out): append the payload, signed; the reason is
 * cut to what fits.  ERR_LIMIT, ERR_CRYPTO.  msg_recall_decode(payload,
 * out): ERR_SYNTAX, ERR_VALUE, ERR_LIMIT; the signature is not looked at.
 * msg_recall_verify(payload, key): 0, ERR_SYNTAX, ERR_SIGNATURE.
 */
int msg_recall_sign(const struct msg_recall *m, const struct sign_key *key,
    struct buf *out) MUST_CHECK;
int msg_recall_decode(struct str payload, struct msg_recall *out)
    MUST_CHECK;
int msg_recall_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

struct msg_recalled {
	struct str id, modified;	/* as in RECALL */
	struct digest digest;
	unix_ms_t at;
	bool had_it;			/* it was here and is deleted */
};

/* The same three for the confirmation. */
int msg_recalled_sign(const struct msg_recalled *m,
    const struct sign_key *key, struct buf *out) MUST_CHECK;
int msg_recalled_decode(struct str payload, struct msg_recalled *out)
    MUST_CHECK;
int msg_recalled_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

#endif
