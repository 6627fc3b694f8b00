/*
 * How credible a stored record is: every report of it that the store has,
 * put together by trust/credibility.h.
 *
 * Reports of a record are the versions of it and the other records of its
 * type that name the same value, or all of its values, each by itself a
 * match; of those, the ones that whoever asks may see, for what they may not
 * see must not show in a figure either.  Withdrawn, superseded, derived and
 * held records report nothing, nor does one of what is harmless.
 *
 * A report has the confidence that it states, 50 if it states none, and E of
 * the reliability of who gave it to us; what we publish ourselves, 1.  Its
 * root is who sealed it, its group the one that the policy counts that root
 * to.
 *
 * Confidence wears off from the newest report on, as values do: addresses
 * and networks within 30 days, URLs 60, names and mail addresses 120, hashes
 * and all else in 1825, with delta 0.3.  b, u and credibility do not: that a
 * thing is old makes it no less likely to have been true.
 */
#ifndef VAULT_TRUST_BELIEF_H
#define VAULT_TRUST_BELIEF_H

#include "trust/credibility.h"
#include "vault/desk_view.h"

#define BELIEF_UNSTATED 50	/* confidence of a report that states none */

/* What STIX calls the value of an opinion. */
enum likert {
	LIKERT_STRONGLY_DISAGREE, LIKERT_DISAGREE, LIKERT_NEUTRAL,
	LIKERT_AGREE, LIKERT_STRONGLY_AGREE,
};

struct belief {
	struct trust_opinion opinion;	/* b, u, before it wears off */
	int confidence;		/* 0..100, worn off by now */
	unsigned reports;	/* that counted: no two of a root or group */
	unsigned peers;		/* reports that peers gave, counted or not */
	char credibility;	/* Admiralty, '1'..'5'; '6' nothing counts */
	char reliability;	/* Admiralty, 'A'..'F': who gave the record */
	enum trust_band band;	/* the best of all who report it */
	bool own;		/* one of the reports is ours */
};

struct beliefs;

/*
 * beliefs_new(view): for the records of one request; remembers what it found
 * out about sources, so neither bands nor policy may change under it.  view
 * is borrowed; beliefs_free.
 */
struct beliefs *beliefs_new(const struct desk_view *view);
/*
 * beliefs_new_shared(v): the same with what every desk of ours may see that
 * may see the record at hand.
 */
struct beliefs *beliefs_new_shared(struct vault *v);
void beliefs_free(struct beliefs *b);
MEM_AUTO(struct beliefs, beliefs_free);

/*
 * belief_of(b, r, out): of a stored record with its bytes, which the view
 * shows.  ERR_* of the store; ERR_VALUE if it is no object that reads.
 */
int belief_of(struct beliefs *b, const struct store_record *r,
    struct belief *out) MUST_CHECK;

/*
 * belief_others(b, dst): the sequences of the other records that report what
 * was asked about last; returns how many.
 */
size_t belief_others(const struct beliefs *b,
    int64_t dst[static CREDIBILITY_REPORTS_MAX]);

/* belief_mark(v, out): append what is another when a source's band is. */
void belief_mark(const struct vault *v, struct buf *out);

/*
 * belief_likert(x): from 100 (b + u / 2): below 20, 40, 60, 80, or more.
 * likert_name(l): as STIX writes it.
 */
enum likert belief_likert(const struct belief *x);
const char *likert_name(enum likert l);

/*
 * belief_json(x): {confidence, credibility, reliability, b, u, reports,
 * peers}, owned by the caller.
 */
json_t *belief_json(const struct belief *x);

#endif
