/*
 * Evidence about peers: each item a fact that we saw or that somebody
 * signed, kept in the store with its record, time, reason and where the
 * signed thing is; counted by daemon/trust; and the bands that come out.
 */
#ifndef VAULT_TRUST_EVIDENCE_H
#define VAULT_TRUST_EVIDENCE_H

#include "trust/trust.h"
#include "vault/vault.h"

#define EVIDENCE_REASON_MAX 512
#define EVIDENCE_SOURCE_MAX 400

struct evidence;

/* One fact.  All borrowed. */
struct evidence_item {
	unix_ms_t at;
	enum trust_kind kind;
	struct str peer;	/* CERT id: whom it is about */
	struct str by;		/* CERT id: who says so; empty: we saw it */
	struct str record;	/* STIX id it is about, or a position; or empty */
	struct str source;	/* what is signed: "proof NAME", an opinion's id */
	struct str reason;	/* for people */
	unix_ms_t until;	/* attested: when that ends; else 0 */
	int64_t said_b, said_d;	/* referred: the opinion of by; fixed.h */
	int64_t counted;	/* fixed.h, as the policy in force has it */
	uint64_t key;
};

/* evidence_open(v, out): what the store holds, counted.  ERR_* of it. */
int evidence_open(struct vault *v, struct evidence **out) MUST_CHECK;
void evidence_free(struct evidence *e);

/* evidence_vault(e): whose it is; borrowed. */
struct vault *evidence_vault(const struct evidence *e);

/*
 * evidence_now(e): the time that evidence and scores have: that of day, or
 * what the setting trust-clock says.  evidence_clock_changed(e): the
 * settings are others.
 */
unix_ms_t evidence_now(const struct evidence *e);
void evidence_clock_changed(struct evidence *e);

/* evidence_rules(e): by which it is counted; borrowed. */
const struct trust_rules *evidence_rules(const struct evidence *e);

/*
 * evidence_policy_changed(e): another policy is in force: groups, and what
 * is presumed of peers, are its own; everything is counted again.
 */
void evidence_policy_changed(struct evidence *e);

/* evidence_reopen(e): a turn was undone: count again what the store has. */
int evidence_reopen(struct evidence *e) MUST_CHECK;

/*
 * evidence_add(e, item): in the open turn.  at, counted and key are found
 * out.  1: it counts; 0: it does not, and is not kept: about a peer that we
 * do not know or ourselves, told by nobody with standing, over a limit, or a
 * fact that was counted.  ERR_* of the store.  Bands follow after the
 * dispatch.
 */
int evidence_add(struct evidence *e, const struct evidence_item *item)
    MUST_CHECK;

/*
 * evidence_take(e, item, out): the same; out is why it counts or not, where
 * the engine said so, else TRUST_COUNTED.
 */
int evidence_take(struct evidence *e, const struct evidence_item *item,
    enum trust_note *out) MUST_CHECK;

/* evidence_is_sponsor(e, peer, by): does a vouch of by for peer stand? */
bool evidence_is_sponsor(const struct evidence *e, struct str peer,
    struct str by);

/* evidence_may_sponsor(e, by): does it keep terms well enough for that? */
bool evidence_may_sponsor(const struct evidence *e, struct str by);

/*
 * evidence_holds(e, item): is that fact about a record held: its kind, peer
 * and record, and whether others said it (by)?  1, 0 or ERR_* of the store.
 */
int evidence_holds(const struct evidence *e, const struct evidence_item *item)
    MUST_CHECK;

/*
 * evidence_object(e, bytes, by): an object came, in the open turn: an opinion
 * or sighting about a record that a peer gave us is evidence, one that is no
 * longer valid, or of what must not be blocked, about who sent it.  by: the CERT that made it; empty: us.
 */
int evidence_object(struct evidence *e, struct str bytes, struct str by)
    MUST_CHECK;

/*
 * evidence_warning(e, bytes, by): in the open turn: an indicator that another
 * CERT made and we took: of a value on a warning list, or of what is ours?
 */
int evidence_warning(struct evidence *e, struct str bytes, struct str by)
    MUST_CHECK;

/*
 * evidence_withdrawn(e, by, record, how): in the open turn: a CERT took back
 * a record that it gave us.  Evidence for it, if nobody had been harmed.
 * how: for people.
 */
int evidence_withdrawn(struct evidence *e, struct str by, struct str record,
    struct str how) MUST_CHECK;

/* evidence_proofs(e, peer): proofs that are kept of it and not yet counted. */
int evidence_proofs(struct evidence *e, const char *peer) MUST_CHECK;

/*
 * evidence_score(e, peer, d, initial, out): by CERT id; of one of whom
 * nothing is known, what initial makes.
 */
struct evidence_look {
	const char *peer;
	enum trust_dimension dimension;
	enum trust_band initial;
};
void evidence_score(const struct evidence *e, const struct evidence_look *l,
    struct trust_score *out);

/* evidence_bands(e, peer, org, party): both bands into party. */
struct gate_party;
void evidence_bands(const struct evidence *e, const char *peer,
    const struct policy_org *org, struct gate_party *party);

/*
 * evidence_bands_under(e, peer, policy, party): the bands if that policy,
 * which knows the peer, were in force.
 */
void evidence_bands_under(struct evidence *e, const char *peer,
    const struct policy *policy, struct gate_party *party);

/* evidence_sum(e, peer, kind, out): what that kind weighs for it now. */
void evidence_sum(const struct evidence *e, const char *peer,
    enum trust_kind kind, struct trust_sum *out);

/*
 * evidence_each(e, peer, visit, arg): every item about it, or with NULL about
 * everybody; visit may stop.
 */
typedef int (*evidence_visit)(void *arg, const struct evidence_item *item);
int evidence_each(const struct evidence *e, const char *peer,
    evidence_visit visit, void *arg) MUST_CHECK;

/*
 * evidence_ties(e): in the open turn: what the policy in force states of each
 * CERT's tie to its state and of its wall, against what it stated before:
 * another tie, an attestation that has ended or was renewed, are evidence.
 */
int evidence_ties(struct evidence *e) MUST_CHECK;
/* evidence_ties_foretell(e, p, visit, arg): what that would be under p. */
int evidence_ties_foretell(struct evidence *e, const struct policy *p,
    evidence_visit visit, void *arg) MUST_CHECK;

/*
 * evidence_find(e, peer, test, arg): is there an item about it for whose key
 * test says so?  1 or 0; nothing is counted for that.  ERR_* of the store.
 */
typedef bool (*evidence_test)(void *arg, struct str peer, uint64_t key);
int evidence_find(const struct evidence *e, const char *peer,
    evidence_test test, void *arg) MUST_CHECK;

/*
 * evidence_group(e, peer, dst): the stakeholder group of a CERT by its id,
 * as a text for people and files; "" if it is not known.
 */
#define EVIDENCE_GROUP_MAX 80
const char *evidence_group(const struct evidence *e, const char *peer,
    char dst[static EVIDENCE_GROUP_MAX]);

/*
 * evidence_what_if(e, l, kind, n, out): the score if n more items of that
 * kind came now, each of another record.  Nothing is kept.
 */
void evidence_what_if(const struct evidence *e,
    const struct evidence_look *l, enum trust_kind kind, unsigned n,
    struct trust_score *out);

/*
 * evidence_trial(e, ids, n, out): a copy of the engine as it is, to try
 * things on, in which all these CERTs are, and their numbers in it.
 */
struct trust *evidence_trial(const struct evidence *e,
    const char *const *ids, size_t n, int *out);

/* evidence_tick(e): once a second: bands may have worn off. */
void evidence_tick(struct evidence *e);

#endif
