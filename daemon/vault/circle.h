/*
 * Circles: the signed documents of their membership that this CERT holds
 * (wire/circle_text.h).  A policy names the members it means; where a
 * document is held, only members of both count.  Each version is judged
 * here, from its signatures, whoever sent it.
 */
#ifndef VAULT_CIRCLE_H
#define VAULT_CIRCLE_H

#include "vault/vault.h"
#include "wire/circle_text.h"

struct circles;
struct link;
struct peer;

/* circles_open(v, out): what the store holds.  ERR_* of the store. */
int circles_open(struct vault *v, struct circles **out) MUST_CHECK;
void circles_free(struct circles *cs);
/* circles_reopen(cs): a turn was undone: read them again. */
int circles_reopen(struct circles *cs) MUST_CHECK;

/* circles_vault(cs): whose they are. */
const struct vault *circles_vault(const struct circles *cs);

/* circle_held(cs, name): the newest version, or NULL; borrowed. */
const struct circle_text *circle_held(const struct circles *cs,
    struct str name);
/* circle_at(cs, i): the i-th circle with a document, or NULL. */
const struct circle_text *circle_at(const struct circles *cs, size_t i);
/* circle_version(cs, name): of what is held; 0: no document. */
uint32_t circle_version(const struct circles *cs, struct str name);
/*
 * circle_has(cs, name, cert_id): may that CERT know of the circle?  Without
 * a document the policy alone says so: true.
 */
bool circle_has(const struct circles *cs, struct str name,
    const char *cert_id);

/* What of a circle counts with one peer. */
struct circle_limits {
	uint64_t foci;		/* kinds; all without a document */
	char problem[160];	/* why nothing does; or empty */
};
/*
 * circle_limits(cs, policy, term, cert_id, out): of a circle of that policy;
 * false: out says why not.
 */
bool circle_limits(const struct circles *cs, const struct policy *policy,
    const struct policy_term *term, const char *cert_id,
    struct circle_limits *out);

/*
 * circle_text_of(cs, name, version, a, out): one version as it is kept, in
 * a.  ERR_NOT_FOUND, ERR_* of the store.
 */
int circle_text_of(struct circles *cs, struct str name, uint32_t version,
    struct arena *a, struct str *out) MUST_CHECK;
/*
 * circle_offers(cs, fn, arg): what members sent to us, who hold none of that
 * circle.  fn returns 0 to go on; what it is given is borrowed for the call.
 */
typedef int (*circle_fn)(void *arg, const struct circle_text *t,
    struct str text);
int circle_offers(struct circles *cs, circle_fn fn, void *arg) MUST_CHECK;

/*
 * circle_accept(cs, text, by_hand, e): in a turn of its own that is on disk
 * on return: judge a version and hold it.  by_hand: a person vouches for
 * the first one that we hold, whatever its number.  Return 1, or 0 if it is
 * held already; ERR_* of circle_text_decode and circle_text_follows,
 * ERR_DENIED (we are no member, or a key is not that of the card we hold),
 * ERR_* of the store; all with e.
 */
int circle_accept(struct circles *cs, struct str text, bool by_hand,
    struct err *e) MUST_CHECK;

/* circle_received(p, text): CIRCLE from a peer.  ERR_* closes the link. */
int circle_received(struct peer *p, struct str text) MUST_CHECK;

/* circle_spread(p): send to p what it lacks of the circles we share. */
void circle_spread(struct peer *p);

/* What a proposed version changes. */
struct circle_change {
	struct str name;
	const struct str *add, *remove, *foci;	/* foci: none: as before */
	size_t nadd, nremove, nfoci;
	unsigned quorum;			/* 0: as before */
};
/*
 * circle_propose(cs, c, out, e): append the next version, signed by us; the
 * first is made from the policy.  ERR_NOT_FOUND, ERR_EXISTS, ERR_VALUE.
 */
int circle_propose(struct circles *cs, const struct circle_change *c,
    struct buf *out, struct err *e) MUST_CHECK;

/*
 * circle_sign(cs, text, out, e): append the proposal with our signature, if
 * it follows what we hold and is ours to sign.
 */
int circle_sign(struct circles *cs, struct str text, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
