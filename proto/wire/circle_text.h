/*
 * Membership of a circle as a document that its members sign
 * (comity-protocol(7), CIRCLE).  Every version names the one before it by
 * digest and counts once enough members of that one have signed it; the
 * first is signed by all of its members.  Who holds a version needs nothing
 * and nobody else to judge the next.
 */
#ifndef WIRE_CIRCLE_TEXT_H
#define WIRE_CIRCLE_TEXT_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

#define CIRCLE_TEXT_MAX (64 << 10)
#define CIRCLE_MEMBERS_MAX 64
#define CIRCLE_FOCI_MAX 64
#define CIRCLE_VERSIONS_MAX 1000000

struct circle_member {
	struct str id;				/* CERT id */
	uint8_t key[ED25519_PUBLIC_BYTES];	/* its identity key */
};

struct circle_signature {
	struct str id;
	uint8_t sig[SIGNATURE_BYTES];
};

struct circle_text {
	struct str name;
	uint32_t version;		/* from 1 on */
	struct digest previous;		/* of the body before; zeros for 1 */
	struct str charter;		/* "sha256:..." */
	unsigned quorum;		/* signatures that the next one needs */
	const struct str *foci;		/* kinds, ascending */
	size_t nfoci;
	const struct circle_member *members;	/* by id, ascending */
	size_t nmembers;
	const struct circle_signature *signatures;	/* as they came */
	size_t nsignatures;
	struct str body;		/* decoded: what is signed */
};

/* circle_text_body(t, out): append the body, without signatures. */
void circle_text_body(const struct circle_text *t, struct buf *out);

/*
 * circle_text_sign(body, id, key, out): append the line with the signature
 * of that member over body.  ERR_CRYPTO.
 */
int circle_text_sign(struct str body, struct str id,
    const struct sign_key *key, struct buf *out) MUST_CHECK;

/*
 * circle_text_decode(text, a, out): everything borrows from text and a.
 * ERR_SYNTAX (not to the byte as it would be written), ERR_VALUE (a name, a
 * quorum over the members, an empty set, not ascending), ERR_LIMIT.
 */
int circle_text_decode(struct str text, struct arena *a,
    struct circle_text *out) MUST_CHECK;

/* circle_text_digest(t): SHA-256 of the body. */
struct digest circle_text_digest(const struct circle_text *t);

/* circle_text_member(t, id): that member, or NULL. */
const struct circle_member *circle_text_member(const struct circle_text *t,
    struct str id);

/*
 * circle_text_signers(t, by, out): how many members of by signed t, each
 * counted once; out, if not NULL, has room for CIRCLE_MEMBERS_MAX ids.
 */
size_t circle_text_signers(const struct circle_text *t,
    const struct circle_text *by, struct str *out);

/*
 * circle_text_follows(next, held, e): does next count, by its signatures,
 * after held (NULL: none, next must be version 1)?  ERR_EXISTS: held is that
 * version or a later one; ERR_ORDER: versions between are missing;
 * ERR_VALUE: of another circle or line; ERR_SIGNATURE: too few signed.
 */
int circle_text_follows(const struct circle_text *next,
    const struct circle_text *held, struct err *e) MUST_CHECK;

#endif
