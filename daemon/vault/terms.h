/*
 * What is agreed with one peer: the agreements, circles and definitions
 * that both sides state in TERMS, and what of them counts.  In force is the
 * meet of what each side allows by its own words and by what it recorded of
 * the other; a word can only narrow.
 */
#ifndef VAULT_TERMS_H
#define VAULT_TERMS_H

#include "base/mem.h"
#include "gate/answer.h"
#include "policy/met.h"
#include "wire/msg_terms.h"

struct peer;
struct terms;

#define TERM_PROBLEM_MAX 200
#define TERM_WIDER_MAX 300

/* One agreement, circle or definition, as people want to see it. */
struct terms_row {
	enum term_what what;
	char id[NAME_MAX_BYTES];
	/* The digest each side holds; empty: none. */
	char ours[TERM_DIGEST_MAX + 1], theirs[TERM_DIGEST_MAX + 1];
	bool counts;
	char problem[TERM_PROBLEM_MAX];	/* why it does not; or empty */
	char wider[TERM_WIDER_MAX];	/* what it says beyond what we hold */
	struct policy_ceiling met;	/* of an agreement that is held */
	uint32_t our_version, their_version;	/* of a circle's document */
};

/*
 * terms_new(p, out): what the store keeps of that peer's words.  ERR_* of
 * the store.
 */
int terms_new(struct peer *p, struct terms **out) MUST_CHECK;
void terms_free(struct terms *t);
MEM_AUTO(struct terms, terms_free);

/*
 * terms_say(t, out): append our TERMS for the peer.  Return 1, or 0 if the
 * same was said on this link already: whoever is not concerned by a change
 * does not learn that there was one.  ERR_CRYPTO.
 */
int terms_say(struct terms *t, struct buf *out) MUST_CHECK;

/*
 * terms_hear(t, payload): the peer's TERMS: verified, kept with their
 * signature, and put into the peer's party.  Return 1 if what counts has
 * changed, 0 if not; ERR_SIGNATURE, ERR_* of msg_terms_decode and the store.
 */
int terms_hear(struct terms *t, struct str payload) MUST_CHECK;

/*
 * terms_apply(t): policy or circles are others: the same words again.
 * Return true if what counts has changed.
 */
bool terms_apply(struct terms *t);

/*
 * terms_under(t, policy, party): the same words under another policy; fills
 * all of party but org and posture, which it reads.  party->met is borrowed
 * from t until the next call.
 */
void terms_under(struct terms *t, const struct policy *policy,
    struct gate_party *party);

/* terms_heard(t): has the peer ever stated terms to us? */
bool terms_heard(const struct terms *t);

/* terms_have_ended(t, now): is an agreement past its end that counted? */
bool terms_have_ended(const struct terms *t, unix_ms_t now);

/* terms_row(t, i): the i-th row, or NULL past the last. */
const struct terms_row *terms_row(const struct terms *t, size_t i);

/*
 * terms_circle_version(t, id): that the peer says it holds, or was sent on
 * this link; 0: none.  terms_note_version: it was sent.  terms_link_started:
 * on a new link nothing was.
 */
uint32_t terms_circle_version(const struct terms *t, struct str id);
void terms_note_version(struct terms *t, struct str id, uint32_t version);
void terms_link_started(struct terms *t);

/* term_what_name(w): "agreement", "circle", "definition". */
const char *term_what_name(enum term_what w);

/* terms_ceiling_text(p, c, out): "secops kinds=... tlp=... hops=... until". */
void terms_ceiling_text(const struct policy *p,
    const struct policy_ceiling *c, struct buf *out);

#endif
