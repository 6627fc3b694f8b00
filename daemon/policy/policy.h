/*
 * A compiled policy and the decisions it makes (comity-policy(5)).  Pure:
 * time, trust and posture arrive as arguments.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/file_set.h"
#include "record/label.h"
#include "record/stix.h"
#include "trust/trust.h"

/* permit < redact < consult < deny < forbid: the greater counts. */
enum outcome {
	OUTCOME_PERMIT, OUTCOME_REDACT, OUTCOME_CONSULT, OUTCOME_DENY,
	OUTCOME_FORBID,
};
#define OUTCOMES 5

enum direction { DIRECTION_OUT, DIRECTION_IN };
enum band { BAND_A, BAND_B, BAND_C, BAND_D, BAND_E };
enum posture { POSTURE_NORMAL, POSTURE_STRAINED, POSTURE_SUSPENDED };

/* Obligations the recipient takes on, or that we carry out; a bit set. */
enum obligation {
	OBLIGATION_RECEIPT, OBLIGATION_PURPOSE_BOUND, OBLIGATION_NO_RESALE,
	OBLIGATION_EMBARGO, OBLIGATION_PROTECT_SOURCE,
	OBLIGATION_WARNINGLIST_CHECK, OBLIGATION_NO_ATTRIBUTION,
	OBLIGATION_ENCRYPT_IN_TRANSIT, OBLIGATION_NOTIFY_AFFECTED,
	OBLIGATION_NO_NOTIFY, OBLIGATION_ATTRIBUTE,
	OBLIGATION_CONTACT_FIRST, OBLIGATION_NO_ACTION,
	OBLIGATIONS,
};

#define POLICY_RULES_MAX 16384
#define POLICY_REDACTIONS_MAX 64

/* Reason codes beside rule ids: stable names, never reused. */
enum reason {
	REASON_RULE,		/* a rule of the policy; see decision.by */
	REASON_DEFAULT,		/* no grant matches: denied by default */
	REASON_DESK_PURPOSE,	/* the desk does not declare that use */
	REASON_LABEL_PURPOSE,	/* the label does not allow that purpose */
	REASON_AUDIENCE,	/* the desk is outside the label's audience */
	REASON_HOPS,		/* no transfer left */
	REASON_EXPIRED,		/* the label has expired */
	REASON_TRANSIT,		/* received, and no grant allows passing on */
	REASON_OBLIGATION,	/* an obligation that cannot be carried out */
	REASON_UNKNOWN_PEER,	/* the policy does not know that desk */
	REASON_NO_POLICY,	/* the gate could not decide */
	REASON_AGREED,		/* people were asked, and agreed */
};

struct policy;
struct policy_met;

/* One question.  All indices are of the policy's vocabulary. */
struct policy_request {
	enum direction direction;
	int desk;		/* theirs, in vocabulary.desks; -1 unknown */
	int purpose;		/* domain, in vocabulary.domains */
	const struct label *label;	/* joined over the closure, normalised */
	enum posture posture;	/* of the desk's country */
	enum band discretion, reliability;
	bool received;		/* it came from a peer: passing on is transit */
	uint64_t agreements;	/* bit i: agreement i's digests are equal */
	uint64_t circles;	/* bit i: circle i's charters are equal */
	/* What is agreed with that peer (policy/met.h), or NULL: as written. */
	const struct policy_met *met;
	/* Kinds whose definitions are equal on both sides. */
	uint64_t definitions;
	/* Kinds that the peer defines and we do not. */
	uint64_t undefined;
	unix_ms_t now;
};

/* The answer, with the matching bits as its trace. */
struct decision {
	enum outcome outcome;
	enum outcome granted;	/* g: mildest via of matching grants */
	enum outcome limited;	/* l: strictest of walls, posture, limits */
	enum reason reason;	/* why, when not plainly permitted */
	int by;			/* rule that decided (policy_rule_id), or -1 */
	uint8_t cap_hops;	/* label.hops after this transfer, 0..7 */
	int64_t cap_ttl_ms;	/* INT64_MAX: no cap */
	uint32_t purposes;	/* purposes the recipient may use it for */
	uint32_t obligations;	/* bit set of enum obligation */
	uint64_t redactions;	/* bit set of policy_redaction names */
	uint64_t agreements, circles;	/* bases that matched */
	uint32_t add_lineage;	/* origin tags that in-grants attach */
};

/*
 * policy_load(files, main_name, e): read, check (schema and lint errors),
 * and compile.  Warnings of lint are kept (policy_warning).  NULL with e
 * naming file:line:col.
 */
struct policy *policy_load(const struct file_set *files,
    const char *main_name, struct err *e);
void policy_free(struct policy *p);
MEM_AUTO(struct policy, policy_free);

/* policy_warning(p, i): the i-th lint warning's text, NULL past the last. */
const char *policy_warning(const struct policy *p, size_t i);

/* policy_vocabulary(p): its names, borrowed from p. */
const struct vocabulary *policy_vocabulary(const struct policy *p);

/* policy_digest(p): SHA-256 over the source files in order of name. */
struct digest;
void policy_digest(const struct policy *p, struct digest *out);

/* Facts about organisations; org 0 is ourselves. */
struct policy_org {
	const char *id;		/* borrowed from the policy */
	char country[3];
	const char *type;	/* "national", "vendor", ...; "" for ourselves */
	bool anonymiser;	/* `role: anonymiser` */
	int first_desk, ndesks;	/* in vocabulary.desks */
	enum posture posture;	/* of its country, `in-force` */
	enum band discretion, reliability;	/* trust: initial: */
	const char *minimum_version;	/* of its software; "": any */
	const char *gov_tie;		/* to its state: "none" ... "merged" */
	/* Its wall is attested until then; 0: it is not. */
	unix_ms_t attested_until;
};
size_t policy_norgs(const struct policy *p);
const struct policy_org *policy_org(const struct policy *p, size_t i);
int policy_find_org(const struct policy *p, struct str id);	/* or -1 */
int policy_find_desk(const struct policy *p, struct str org_slash_desk);
/* policy_desk_uses(p, desk): bit set of domains the desk declares. */
uint32_t policy_desk_uses(const struct policy *p, int desk);

/*
 * What the policy says of scores (`bands` and `trust`).
 *
 * blocking: the worst reliability that the source of a record may have for
 * the record to be in an export of a format that blocks: a record is in it
 * if the reliability of its source is at least as good, that is
 * reliability <= blocking.  BAND_C if the policy says nothing; BAND_E if it
 * says `any`: then nothing is left out for its source.
 */
struct policy_trust {
	struct trust_rules rules;	/* for trust_new */
	enum band blocking;
};
/* policy_trust(p): never NULL; borrowed from p. */
const struct policy_trust *policy_trust(const struct policy *p);

/*
 * policy_org_group(p, org): the number of the stakeholder group of the
 * org-th organisation, 0 for ourselves: of `trust: groups:`, or of its
 * country if it is in none; never 0.  Organisations are of one group if
 * these are equal, under one policy: another policy has other numbers.
 * policy_org_group_name(p, org): its name, borrowed: no group has the name
 * of a country.
 */
uint32_t policy_org_group(const struct policy *p, int org);
const char *policy_org_group_name(const struct policy *p, int org);

/* Agreements and circles that need equal digests on both sides. */
struct policy_term {
	const char *id, *digest;	/* borrowed; digest as written */
	uint32_t index;			/* bit in request.agreements/circles */
	bool circle;			/* else an agreement */
};
/* policy_term_with(p, org, i, out): the i-th shared with org, or false. */
bool policy_term_with(const struct policy *p, int org, size_t i,
    struct policy_term *out);

/* A circle as the policy states it; all borrowed from p. */
struct policy_circle_facts {
	const char *id, *charter;
	struct org_set members;		/* bit 0: we ourselves */
	uint64_t foci;			/* kinds */
	int quorum;			/* 0: not stated */
};
/* policy_circle_at(p, i, out): the i-th circle, or false. */
bool policy_circle_at(const struct policy *p, size_t i,
    struct policy_circle_facts *out);

/* policy_classify(p, o): kind index of a valid object by `classify`. */
uint8_t policy_classify(const struct policy *p, const struct stix_object *o);

/*
 * policy_source_label(p, org, desk, out): the label of what comes from
 * that source without one, our own desk (org 0) or a peer: `default-label`
 * of the policy; unstated: RED, AMBER, the purposes and domains declared by
 * that desk of ours or by all desks of the peer.
 */
void policy_source_label(const struct policy *p, int org, int desk,
    struct label *out);

/*
 * policy_decide(p, req, out): never fails: what it cannot decide it denies.
 * Beyond DENY the caps of out are empty: nothing is sent.  Walls, declared
 * uses, audience and hops are asked in direction OUT only.
 */
void policy_decide(const struct policy *p, const struct policy_request *req,
    struct decision *out);

/*
 * policy_decide_local(p, desk, label, now, out): may our own desk see what
 * has this label (joined over the closure, normalised)?  permit with the
 * purposes it may be used for; forbid by a wall; deny by the label's
 * purposes, audience or expiry, or when desk is no desk of ours.
 */
void policy_decide_local(const struct policy *p, int desk,
    const struct label *label, unix_ms_t now, struct decision *out);

/* policy_rule_id(p, i): the id of rule i as written; "" for -1. */
const char *policy_rule_id(const struct policy *p, int i);
/*
 * `consult`: who is asked, how many distinct people must agree and in what
 * time.  Unstated: any operator, two, a day.
 */
struct policy_consult {
	const struct names *panel;	/* roles; empty: any operator */
	size_t quorum;
	int64_t timeout_ms;
};
void policy_consult(const struct policy *p, struct policy_consult *out);
/* policy_may_ask(p, org): may it ask for a record that it lacks? */
bool policy_may_ask(const struct policy *p, int org);

/* policy_release_id(p, i): of the i-th of `releases`, NULL past the last. */
const char *policy_release_id(const struct policy *p, size_t i);
/* policy_redaction(p, bit): what to take out: "source", "victim.name", or a
 * STIX property path as written in the policy; NULL past the last. */
const char *policy_redaction(const struct policy *p, unsigned bit);

/*
 * policy_explain(p, req, d, out): append one line a fact: outcome, g and l
 * with the matching rule ids, caps, obligations, what was overridden, and
 * `nearest:` the single-attribute changes that would alter the outcome.
 */
void policy_explain(const struct policy *p, const struct policy_request *req,
    const struct decision *d, struct buf *out);

/*
 * policy_terms_text(p, d, out): append what a recipient gets with it, a line
 * a fact: caps, purposes, obligations, redactions.
 */
void policy_terms_text(const struct policy *p, const struct decision *d,
    struct buf *out);

/* The names of these in policies, logs and answers; never NULL. */
const char *outcome_name(enum outcome o);
/* reason_name(r): as the name of a rule in `by`. */
const char *reason_name(enum reason r);
/* obligation_name(o): as in `oblige`. */
const char *obligation_name(enum obligation o);
/* band_name(b): "A" to "E". */
const char *band_name(enum band b);
/* posture_name(p): as in `postures`. */
const char *posture_name(enum posture p);

/* The policy's in-file tests. */
struct policy_test_result {
	size_t passed, failed;
};
/*
 * policy_test(p, out_report, out): run the `tests` section; append a line a
 * test ("ok" or "FAILED file:line: expected ..., got ... by ...").
 */
void policy_test(const struct policy *p, struct buf *out_report,
    struct policy_test_result *out);

/*
 * policy_parse_request(p, text, req, label, e): "to: cert-xb/ops, kind:
 * botnet, tlp: green, ..." (the form of a test without expect) into a
 * request and its label.  ERR_USAGE with e.
 */
int policy_parse_request(const struct policy *p, struct str text,
    struct policy_request *req, struct label *label, struct err *e)
    MUST_CHECK;

#endif
