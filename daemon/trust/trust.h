/*
 * One node's view of its peers, from evidence: three dimensions that are
 * never averaged.  Pure and in integers: the same items in the same order
 * give the same bits everywhere.  Time, and who is who, arrive as arguments;
 * what was counted is kept by the caller (trust/book.h, or the store).
 */
#ifndef TRUST_TRUST_H
#define TRUST_TRUST_H

#include <stdbool.h>

#include "base/unit.h"

enum trust_dimension {
	TRUST_RELIABILITY,	/* what a peer sends */
	TRUST_DISCRETION,	/* how it keeps terms */
	TRUST_JUDGEMENT,	/* whom it vouches for */
};
#define TRUST_DIMENSIONS 3

enum trust_pool {
	TRUST_COSTLY, TRUST_CHEAP, TRUST_VOUCH, TRUST_REFERRAL,
	TRUST_HARM,
	TRUST_HEARSAY,		/* harm that others told of, at most 1.0 */
};
#define TRUST_POOLS 6

/* As enum band of the policy. */
enum trust_band { TRUST_A, TRUST_B, TRUST_C, TRUST_D, TRUST_E };
#define TRUST_BANDS 5

/* Their numbers are in stores: new ones go to the end. */
enum trust_kind {
	TRUST_PLAIN,		/* dimension, pool and weight as given */
	TRUST_CONFIRMED,	/* a record, by another root and group */
	TRUST_SIGHTED,		/* a record, by ourselves */
	TRUST_WITHDRAWN,	/* by its originator, before harm */
	TRUST_FALSE_POSITIVE, TRUST_STALE, TRUST_WARNING_LISTED,
	TRUST_OWN_CONSTITUENCY,
	TRUST_RECEIPT,		/* in time, with matching terms */
	TRUST_RECEIPT_MISSING,
	TRUST_AUDIT_OPENED, TRUST_AUDIT_REFUSED,
	TRUST_ATTESTED,		/* its wall, by a third party; may end */
	TRUST_ATTESTATION_LAPSED,
	TRUST_GOV_TIE_CHANGED,
	TRUST_CANARY,		/* touched */
	TRUST_LOOSENED,		/* a label, proved by signatures */
	TRUST_HOPS_EXCEEDED,	/* the same */
	TRUST_VOUCHED,		/* by a sponsor */
	TRUST_SPONSOR_LEFT,
	TRUST_VOUCHED_GATED,	/* whom it vouched for hit a hard gate */
	TRUST_REFERRED,		/* what another peer thinks of it */
	TRUST_LIFTED,		/* a hard gate, by two people */
};
#define TRUST_KINDS (TRUST_LIFTED + 1)

#define TRUST_SELF (-1)		/* we ourselves, as a witness */
#define TRUST_SKEW_MS MINUTE(5)	/* how far ahead evidence may be dated */
#define TRUST_SPONSORS 2

struct trust;

/*
 * Half lives in milliseconds; `bands` are the least b of A, B, C and D;
 * `weights` what an item of a kind adds to its pool, good or harm, fixed.h,
 * from 0 to trust_kind_most(); 0 for kinds of which trust_kind_weighs() is
 * false.
 */
struct trust_rules {
	int64_t good_half_life, vouch_half_life, harm_half_life;
	int64_t bands[TRUST_BANDS - 1];
	int64_t weights[TRUST_KINDS];
};

/* An opinion (all fixed.h): r, s evidence; b + d + u = 1; e expected. */
struct trust_opinion {
	int64_t r, s, b, d, u, e;
};

/* One item.  Members that its kind does not use are 0. */
struct trust_evidence {
	uint64_t key;		/* of this fact: counted once (trust_key) */
	unix_ms_t at;		/* when it happened */
	unix_ms_t until;	/* attested: when that ends; 0: never */
	int64_t weight;		/* plain; vouched: E of the sponsor once
				 * judged, 0 before.  fixed.h */
	int64_t said_b, said_d;	/* referred: the opinion of `by` */
	uint64_t record;	/* it is about, or 0 */
	int peer, by;		/* whom it is about, who says so */
	enum trust_kind kind;
	enum trust_dimension dimension;		/* plain, referred, lifted */
	enum trust_pool pool;			/* plain */
	bool same_root;		/* confirmed: both reports have one root */
};

/* Why an item counted less than it might, or not. */
enum trust_note {
	TRUST_COUNTED, TRUST_OVER_LIMIT, TRUST_SAME_GROUP, TRUST_SAME_ROOT,
	TRUST_ABOUT_ITSELF, TRUST_NO_STANDING, TRUST_ONE_SPONSOR,
	TRUST_RELATED, TRUST_SPONSORS_FULL, TRUST_FUTURE, TRUST_LATE,
	TRUST_TWICE, TRUST_UNKNOWN_PEER, TRUST_NOT_GATED,
};

struct trust_effect {
	enum trust_dimension dimension;
	enum trust_pool pool;
	int64_t counted;	/* weight; fixed.h */
	enum trust_note note;
	bool gated;		/* it set a hard gate: sponsors answer */
};

struct trust_score {
	struct trust_opinion opinion;
	enum trust_band band;	/* with gates and caps */
	char letter;		/* Admiralty reliability, 'A'..'F' */
	unix_ms_t gated_until;	/* 0: no hard gate */
	bool capped;		/* at D until attested again */
};

/* What items of one kind weigh now. */
struct trust_sum {
	uint32_t n;		/* that counted, ever */
	unix_ms_t last;
	int64_t weight;		/* decayed; fixed.h */
};

/* trust_rules_default(out): 90, 180 and 180 days; .80 .65 .45 .25; and the
 * weights of comity-trust(7). */
void trust_rules_default(struct trust_rules *out);

/* trust_new(rules): without peers; rules are copied. */
struct trust *trust_new(const struct trust_rules *rules);
void trust_free(struct trust *t);
MEM_AUTO(struct trust, trust_free);

/* trust_copy(t): another with the same peers and evidence, to try things. */
struct trust *trust_copy(const struct trust *t);

/*
 * trust_peer_add(t, group): a peer without evidence, b = 0; its number,
 * from 0.  group: its stakeholder group, 0 if unknown: then it differs from
 * no other.
 */
int trust_peer_add(struct trust *t, uint32_t group);
/* trust_peer_group(t, peer, group): its group is another from now on. */
void trust_peer_group(struct trust *t, int peer, uint32_t group);
/*
 * trust_peer_presume(t, peer, d, band): people put it into that band at
 * first: from now on it is as if it had just the evidence for that, which
 * does not wear off; what is counted adds to it.  TRUST_E: nothing is
 * presumed, as of a new peer.
 */
void trust_peer_presume(struct trust *t, int peer, enum trust_dimension d,
    enum trust_band band);
size_t trust_npeers(const struct trust *t);
/* trust_bytes(t): what t takes of memory, for all peers. */
size_t trust_bytes(const struct trust *t);

/*
 * trust_add(t, ev, now, out): count one item, in O(1).  0 if it was taken in,
 * even if it counts nothing (out->note says why).  Refused and harmless:
 * ERR_SKEW dated after now; ERR_ORDER dated before the newest of that peer
 * (trust_reset and count again in order); ERR_DENIED about itself, from a
 * witness without standing (reliability B; a sponsor's discretion B) or, to
 * confirm, of the same group or root, a vouch that may not be; ERR_NOT_FOUND no such peer;
 * ERR_VALUE a weight below 0 or a kind, dimension or pool that is none.
 * out is set in every case.  Keys are not looked at: see trust/book.h.
 */
int trust_add(struct trust *t, const struct trust_evidence *ev,
    unix_ms_t now, struct trust_effect *out) MUST_CHECK;

/* trust_reset(t, peer): forget its evidence, not its group or what is
 * presumed. */
void trust_reset(struct trust *t, int peer);

/*
 * trust_score(t, peer, d, now, out): a `now` before the newest evidence is
 * taken as that.  peer is one of t's.
 */
void trust_score(const struct trust *t, int peer, enum trust_dimension d,
    unix_ms_t now, struct trust_score *out);

/*
 * trust_score_from(t, l, out): the same if another band were presumed.
 */
struct trust_look {
	int peer;
	enum trust_dimension dimension;
	enum trust_band initial;
	unix_ms_t now;
};
void trust_score_from(const struct trust *t, const struct trust_look *l,
    struct trust_score *out);

/* trust_sum(t, peer, kind, now, out): what that kind weighs. */
void trust_sum(const struct trust *t, int peer, enum trust_kind kind,
    unix_ms_t now, struct trust_sum *out);

/* trust_sponsor(t, peer, i): the i-th sponsor, or -1. */
int trust_sponsor(const struct trust *t, int peer, int i);
/*
 * trust_answers(t, peer, at, i): the i-th sponsor if it vouched within 365
 * days before at: it answers for a hard gate (TRUST_VOUCHED_GATED); or -1.
 */
int trust_answers(const struct trust *t, int peer, unix_ms_t at, int i);

/*
 * trust_refresh(t, now, on_change, arg): bring all bands up to now and call
 * on_change (may be NULL) for each that is another than at the last refresh
 * (E at first).  What was refreshed for that now and got no evidence since
 * is not computed again.  Returns how many changed.
 */
size_t trust_refresh(struct trust *t, unix_ms_t now,
    void (*on_change)(void *arg, int peer, enum trust_dimension d,
    enum trust_band was), void *arg);

/*
 * trust_fuse(t, a, b, out): the opinion of two independent lots of evidence.
 * trust_discount(p, b, d, out): what (b, d) is worth from a referrer with
 * expected judgement p, as r and s of at most 1.0 each; out->b, d and u are
 * the discounted opinion itself.
 */
void trust_fuse(const struct trust_opinion *a, const struct trust_opinion *b,
    struct trust_opinion *out);
void trust_discount(int64_t p, int64_t b, int64_t d,
    struct trust_opinion *out);

/* trust_opinion(r, s, out): r and s at most 18. */
void trust_opinion(int64_t r, int64_t s, struct trust_opinion *out);

/* trust_kind_dimension(kind): where its items count; not TRUST_PLAIN. */
enum trust_dimension trust_kind_dimension(enum trust_kind kind);

/* trust_kind_pool(kind): the pool, if we saw it; not TRUST_PLAIN. */
enum trust_pool trust_kind_pool(enum trust_kind kind);

/*
 * trust_kind_weighs(kind): do its items have a weight of their own that
 * rules may state?  Not what a sponsor or referrer lends, nor what caps.
 * trust_kind_most(kind): the most that such an item may weigh: what its
 * pool holds, or what counts of it in its time if that is less; fixed.h.
 */
bool trust_kind_weighs(enum trust_kind kind);
int64_t trust_kind_most(enum trust_kind kind);

/* trust_per_record(kind): the same peer, kind and record counts once. */
bool trust_per_record(enum trust_kind kind);
/*
 * trust_key(ev): the key of a fact: of kinds that count once a record, peer,
 * kind and record; otherwise all of it.  Never 0.
 */
uint64_t trust_key(const struct trust_evidence *ev);

/* Names in files and answers; never NULL.  The finders return -1. */
const char *trust_kind_name(enum trust_kind k);
const char *trust_dimension_name(enum trust_dimension d);
const char *trust_pool_name(enum trust_pool p);
const char *trust_note_text(enum trust_note n);
int trust_kind_find(struct str name);
int trust_dimension_find(struct str name);
int trust_pool_find(struct str name);

#endif
