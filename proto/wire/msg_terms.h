/*
 * TERMS: what the sender holds in common with the receiver: agreements with
 * what each side of them allows, charters of circles, definitions of kinds.
 * Signed, so that what was said can be shown later.
 */
#ifndef WIRE_MSG_TERMS_H
#define WIRE_MSG_TERMS_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/unit.h"

#define TERMS_MAX 256
#define TERM_DIGEST_MAX 128
#define TERM_PURPOSES_MAX 32
#define TERM_KINDS_MAX 64

enum term_what { TERM_AGREEMENT, TERM_CIRCLE, TERM_DEFINITION };

/* What one side of an agreement allows, by names. */
struct term_side {
	const struct str *purposes, *kinds;	/* borrowed; each name once */
	size_t npurposes, nkinds;
	uint8_t tlp;		/* enum tlp: ceiling */
	uint8_t hops;		/* 0..7 */
};

struct msg_term {
	enum term_what what;
	struct str id;		/* 1..NAME_MAX_BYTES - 1 bytes */
	struct str digest;	/* text, 1..TERM_DIGEST_MAX bytes */
	uint32_t version;	/* of the circle's document; 0: none held */
	unix_ms_t until;	/* agreement: ends then */
	struct term_side ours, theirs;	/* agreement: the sender's view */
};

struct msg_terms {
	unix_ms_t at;			/* when it was said */
	const struct msg_term *v;	/* <= TERMS_MAX, no term twice */
	size_t n;
};

/* Whose words they are, and to whom. */
struct terms_parties {
	struct str from, to;	/* CERT ids */
	const struct sign_key *key;	/* from's, to sign with; or NULL */
};

/*
 * msg_terms_sign(m, who, out): append the payload with its signature; terms
 * over the limits, and those past what a message holds, are left out (they
 * then do not count).  ERR_CRYPTO.
 */
int msg_terms_sign(const struct msg_terms *m,
    const struct terms_parties *who, struct buf *out) MUST_CHECK;

/*
 * msg_terms_decode(payload, a, out): the arrays are in a.  The signature is
 * not looked at.  ERR_SYNTAX, ERR_VALUE (what, empty text, twice, a colour
 * or hops out of range), ERR_LIMIT.
 */
int msg_terms_decode(struct str payload, struct arena *a,
    struct msg_terms *out) MUST_CHECK;

/* msg_terms_verify(payload, who, key): ERR_SIGNATURE, ERR_SYNTAX. */
int msg_terms_verify(struct str payload, const struct terms_parties *who,
    const struct verify_key *key) MUST_CHECK;

/*
 * msg_terms_same(a, b): do two payloads say the same, whenever they were
 * said?
 */
bool msg_terms_same(struct str a, struct str b);

#endif
