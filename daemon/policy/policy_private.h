/*
 * What a policy is compiled to.  Private to this folder.
 *
 * Of each direction, every grant and limit has one bit; bits are laid out by
 * class, each class from a new word on: grants by via, then limits by level.
 * For each attribute and each value of it there is one vector with the bits
 * of the rules that fit; what matches a request is the AND of the vectors
 * of its values.
 */
#ifndef POLICY_POLICY_PRIVATE_H
#define POLICY_POLICY_PRIVATE_H

#include "base/crypto.h"
#include "config/policy_file.h"
#include "policy/policy.h"
#include "policy/scoring.h"

enum rule_class {
	CLASS_PERMIT, CLASS_GRANT_REDACT, CLASS_GRANT_CONSULT,
	CLASS_LIMIT_REDACT, CLASS_LIMIT_CONSULT, CLASS_LIMIT_DENY,
};
#define RULE_CLASSES 6
#define GRANT_CLASSES 3

/* A vector is a multiple of this many words: one AVX register. */
#define VECTOR_STEP 4
#define VECTOR_WORDS_MAX (POLICY_RULES_MAX / 64 + RULE_CLASSES + VECTOR_STEP)
#define VECTOR_BLOCKS ((VECTOR_WORDS_MAX + 63) / 64)

/* Two attributes of few values share a vector: less to AND. */
#define SET_USE(domain, tlp) ((size_t)(domain) * (TLP_RED + 1) + (size_t)(tlp))
#define SET_TRUST(discretion, reliability) \
	((size_t)(discretion) * POLICY_BANDS + (size_t)(reliability))

/* What a matching rule adds to the decision. */
struct rule_terms {
	int64_t ttl_ms;
	uint64_t redactions;
	uint32_t purposes, obligations, lineage;
	int rule;			/* in policy_file.rules */
	int8_t circle, agreement;	/* -1: none */
	uint8_t hops;
};

/* The rules of one direction. */
struct rule_set {
	size_t words;			/* of one vector */
	size_t first[RULE_CLASSES + 1];	/* word where a class begins */
	/* The same as bits of words, in blocks of 64 words. */
	uint64_t words_of[VECTOR_BLOCKS][RULE_CLASSES];
	bool narrows;			/* some grant caps the purposes */
	bool asks_definition;		/* some limit is on undefined terms */
	uint64_t *bits;			/* owned: all vectors */
	/* Borrowed from bits: the vector of value i is at i * words. */
	uint64_t *org, *kind;
	uint64_t *use;			/* SET_USE(domain, TLP) */
	uint64_t *trust;		/* SET_TRUST(discretion, reliability) */
	uint64_t *transit;		/* may pass on what was received */
	uint64_t *narrow;		/* grants that cap the purposes */
	uint64_t *unshared;		/* limits on undefined terms */
	uint64_t *circle, *agreement;	/* grants that rest on that one */
	struct rule_terms *terms;	/* owned; by bit */
};

/* What is asked of the receiving desk before any rule. */
struct desk_facts {
	uint32_t uses;			/* domains it declares */
	uint32_t walled;		/* lineage that must not reach it */
	uint32_t walled_later;		/* ... once the attestation ends */
	unix_ms_t attested_until;
	uint64_t circles, agreements;	/* that grants rest on */
	unix_ms_t agreements_end;	/* the earliest of them */
	int org;
};

struct policy {
	struct policy_file *file;	/* owned */
	struct rule_set sets[2];	/* by enum direction */
	struct desk_facts *desks;	/* owned */
	struct policy_org *orgs;	/* owned */
	struct policy_trust trust;
	struct scoring_weight weights[TRUST_KINDS];	/* as written */
	uint64_t defined;		/* kinds with a definition */
	struct digest digest;
};

/* policy_compile(p): fill sets and desks from p->file. */
void policy_compile(struct policy *p);
void policy_sets_clear(struct policy *p);

/* The rules that match one request. */
struct matching {
	const struct rule_set *set;	/* borrowed */
	bool kept;			/* grants matched, but none lets pass
					 * on what was received */
	unsigned classes;		/* bit c: some rule of class c */
	uint64_t words[VECTOR_BLOCKS];	/* which words have a bit */
	uint64_t acc[VECTOR_WORDS_MAX];	/* one bit a rule */
};

/* policy_match(p, req, out): desk and purpose of req are in range. */
void policy_match(const struct policy *p, const struct policy_request *req,
    struct matching *out);

/* policy_wall_of(p, req): the first wall that forbids, or -1. */
int policy_wall_of(const struct policy *p, const struct policy_request *req);

/*
 * policy_test_known(p, c): c->by names a wall, a rule, a posture or a
 * reason, or is empty.
 */
bool policy_test_known(const struct policy *p, const struct policy_case *c);

/* policy_case_request(p, c, out): c as a request; out borrows c's label. */
void policy_case_request(const struct policy *p, const struct policy_case *c,
    struct policy_request *out);

/* policy_same_section(a, b, name): the same texts, in the same order. */
bool policy_same_section(const struct policy *a, const struct policy *b,
    const char *name);

/* policy_rule_at(p, by): where that rule or wall is written, or NULL. */
const struct yaml_node *policy_rule_at(const struct policy *p, int by);

/* policy_by_name(p, d): what `by` says: an id, "default", a reason. */
const char *policy_by_name(const struct policy *p, const struct decision *d);

#endif
