/*
 * ASK: a desk asks for a record that it knows of and lacks.  ASKED: the one
 * reply there is, whatever becomes of it; its payload is a number, as in
 * PING (wire/msg_flow.h).
 */
#ifndef WIRE_MSG_ASK_H
#define WIRE_MSG_ASK_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define ASK_ID_MAX 300
#define ASK_REASON_MAX 150

struct msg_ask {
	uint64_t number;		/* the asker's; ASKED repeats it */
	unix_ms_t at;
	struct str from, to;		/* CERT ids */
	struct str id;			/* of the record */
	struct str desk;		/* of the asker: "ops" */
	struct str reason;		/* for people; may be empty */
};

/*
 * msg_ask_sign(m, key, out): append the payload, signed; the reason is cut
 * to what fits.  ERR_LIMIT, ERR_CRYPTO.  msg_ask_decode(payload, out):
 * ERR_SYNTAX, ERR_VALUE, ERR_LIMIT; the signature is not looked at.
 * msg_ask_verify(payload, key): 0, ERR_SYNTAX, ERR_SIGNATURE.
 */
int msg_ask_sign(const struct msg_ask *m, const struct sign_key *key,
    struct buf *out) MUST_CHECK;
int msg_ask_decode(struct str payload, struct msg_ask *out) MUST_CHECK;
int msg_ask_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

#endif
