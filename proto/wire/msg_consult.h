/*
 * CONSULT: a CERT whose policy puts a record to people asks another member
 * of the circle that it would go by; CONSULT_ANSWER: what that member's
 * people say.  Each says who it is from and for whom, so that it proves
 * that by itself.
 */
#ifndef WIRE_MSG_CONSULT_H
#define WIRE_MSG_CONSULT_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define CONSULT_DESKS_MAX 255
#define CONSULT_ID_MAX 300
#define CONSULT_REASON_MAX 255

struct msg_consult {
	uint64_t number;		/* of the asker's case; not 0 */
	unix_ms_t at, deadline;
	struct str from, to;		/* CERT ids */
	struct str circle;		/* its name, not empty */
	struct str kind;		/* of the record; may be empty */
	uint8_t tlp;			/* 0 clear to 4 red */
	struct str peer;		/* CERT id: where it would go */
	struct str desks;		/* of that peer; for people */
	struct str record;		/* its id if `to` may have it, or "" */
};

/*
 * msg_consult_sign(m, key, out): append the payload, signed; desks are cut
 * to what fits.  ERR_LIMIT, ERR_CRYPTO.  msg_consult_decode(payload, out):
 * ERR_SYNTAX, ERR_VALUE, ERR_LIMIT; the signature is not looked at.
 * msg_consult_verify(payload, key): 0, ERR_SYNTAX, ERR_SIGNATURE.
 */
int msg_consult_sign(const struct msg_consult *m, const struct sign_key *key,
    struct buf *out) MUST_CHECK;
int msg_consult_decode(struct str payload, struct msg_consult *out)
    MUST_CHECK;
int msg_consult_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

struct msg_consult_answer {
	uint64_t number;		/* of the case, as asked */
	struct digest question;		/* SHA-256 of the CONSULT payload */
	unix_ms_t at;
	struct str from, to;
	bool agrees;
	struct str reason;		/* for people; may be empty */
};

/* The same three for the answer; the reason is cut to what fits. */
int msg_consult_answer_sign(const struct msg_consult_answer *m,
    const struct sign_key *key, struct buf *out) MUST_CHECK;
int msg_consult_answer_decode(struct str payload,
    struct msg_consult_answer *out) MUST_CHECK;
int msg_consult_answer_verify(struct str payload,
    const struct verify_key *key) MUST_CHECK;

#endif
