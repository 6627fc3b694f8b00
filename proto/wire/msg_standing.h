/*
 * STANDING: how the sender scores the receiver, and from what.  ANSWER: what
 * the one who is scored has to say to that, signed.  ANSWERED: what became
 * of it.  comity-protocol(7), STANDING.
 */
#ifndef WIRE_MSG_STANDING_H
#define WIRE_MSG_STANDING_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define STANDING_SCORES_MAX 3
#define STANDING_INPUTS_MAX 200
#define STANDING_RECORD_MAX 300
#define STANDING_BANDS 5
#define STANDING_ONE 1000000U		/* 1.0 */

/* One dimension.  b + d + u is about STANDING_ONE. */
struct standing_score {
	uint8_t dimension;		/* enum trust_dimension of the sender */
	uint8_t band;			/* below STANDING_BANDS, A first */
	uint32_t b, d, u, e;		/* in STANDING_ONE, at most that */
	uint32_t evidence;		/* how many items count in it */
	unix_ms_t gated_until;		/* at most D until then; 0: no */
	bool capped;			/* at most D until attested again */
};

/* One item of evidence, without who said it and why. */
struct standing_input {
	uint64_t key;			/* to answer by; never 0 */
	unix_ms_t at;
	uint8_t kind;			/* enum trust_kind of the sender */
	bool by_other;			/* not the sender saw it itself */
	uint32_t counted;		/* when it was taken in; STANDING_ONE */
	struct str record;		/* STIX id, or empty */
};

struct msg_standing {
	unix_ms_t at;
	uint32_t evidence;		/* in all; inputs are the newest */
	struct standing_score scores[STANDING_SCORES_MAX];
	size_t nscores;
	struct standing_input inputs[STANDING_INPUTS_MAX];
	size_t ninputs;
};

/*
 * msg_standing_encode(m, out): append the payload.
 * msg_standing_decode(payload, out): borrows from payload.  ERR_SYNTAX,
 * ERR_VALUE (a number over its limit, a dimension or key twice in a row, a
 * key of 0), ERR_LIMIT.
 */
void msg_standing_encode(const struct msg_standing *m, struct buf *out);
int msg_standing_decode(struct str payload, struct msg_standing *out)
    MUST_CHECK;

#define ANSWER_TEXT_MAX 1000

struct msg_answer {
	uint64_t key;			/* of an input; 0: to all of it */
	unix_ms_t at;
	struct str from, to;		/* CERT ids: who is scored, by whom */
	struct str text;		/* UTF-8, not empty */
};

/*
 * answer_text_ok(text): 1 to ANSWER_TEXT_MAX bytes of UTF-8 without control
 * characters.
 * msg_answer_sign(m, key, out): append the payload, signed.  ERR_VALUE the
 * text is none, ERR_CRYPTO.
 * msg_answer_decode(payload, out): borrows from payload.  ERR_SYNTAX,
 * ERR_VALUE, ERR_LIMIT; the signature is not looked at.
 * msg_answer_verify(payload, key): 0, ERR_SYNTAX, ERR_SIGNATURE.
 */
bool answer_text_ok(struct str text);
int msg_answer_sign(const struct msg_answer *m, const struct sign_key *key,
    struct buf *out) MUST_CHECK;
int msg_answer_decode(struct str payload, struct msg_answer *out)
    MUST_CHECK;
int msg_answer_verify(struct str payload, const struct verify_key *key)
    MUST_CHECK;

#define ANSWERED_WHY_MAX 255

struct msg_answered {
	struct digest answer;		/* SHA-256 of the payload of ANSWER */
	bool taken;			/* it is kept beside the evidence */
	struct str why;			/* if not, for people; may be empty */
};

/* msg_answered_encode(m, out): why is cut to what fits.
 * msg_answered_decode(payload, out): ERR_SYNTAX, ERR_VALUE, ERR_LIMIT. */
void msg_answered_encode(const struct msg_answered *m, struct buf *out);
int msg_answered_decode(struct str payload, struct msg_answered *out)
    MUST_CHECK;

#endif
