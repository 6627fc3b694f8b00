/*
 * Release texts: the terms under which a batch's records are released to a
 * peer, by name (comity-protocol(7), RELEASE), written from an answer and
 * read back as a tightening of a label.
 */
#ifndef GATE_TERMS_H
#define GATE_TERMS_H

#include "gate/answer.h"
#include "wire/chain.h"

/* A release text and the expiry it was written for.  Zero-initialise. */
struct terms_text {
	char *text;		/* owned */
	size_t n;
	int64_t expires_ms;
};

struct terms_time {
	unix_ms_t now;
	unix_ms_t record_expires;
};

/*
 * terms_text(t, p, a, when, out): the text for answer a: its desks,
 * purposes, hops and obligations by name, and the earlier of the record's
 * own expiry and now plus the answer's cap, cut to the hour so that texts
 * repeat.  Kept in t and written anew only when the expiry changes; out
 * borrows from t.  ERR_VALUE, ERR_LIMIT of release_text_encode.
 */
int terms_text(struct terms_text *t, const struct policy *p,
    const struct gate_answer *a, const struct terms_time *when,
    struct str *out) MUST_CHECK;
void terms_text_clear(struct terms_text *t);

/*
 * terms_of_chain(t, last, out): append the terms of a chain as they are
 * stored here beside a record: who each link is to, and its text.
 */
void terms_of_chain(const struct chain_table *t, uint16_t last,
    struct buf *out);

/* How our own policy and markings tighten what came under some terms. */
struct terms_local {
	uint32_t lineage, caveats;	/* joined */
	bool has_purposes;
	uint32_t purposes;		/* if so, only these are left */
};

/*
 * terms_with_local(text, local, v, out): append stored terms with lines for
 * what we tighten ourselves; they never leave this store.
 */
void terms_with_local(struct str text, const struct terms_local *local,
    const struct vocabulary *v, struct buf *out);

/*
 * terms_tighten(l, text, v): join stored terms into label l, link by link:
 * purposes as stated, of the receiver's desks those stated, one hop less
 * and no more than stated, no later expiry, the obligations as caveats;
 * what we tightened ourselves is joined.  A text that does not read gives the most restrictive label.
 */
void terms_tighten(struct label *l, struct str text,
    const struct vocabulary *v);

/*
 * terms_release(text): the release text that the last link of stored terms
 * has: what was said to us.
 */
struct str terms_release(struct str text);

#endif
