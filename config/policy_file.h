/*
 * policy.yaml as a checked tree (comity-policy(5)).  Reading resolves every
 * name to its place in the vocabulary, so that what is left can be compiled
 * without asking again: no unknown peer, no empty surprise, no condition
 * that would let more restricted input gain anything.
 */
#ifndef CONFIG_POLICY_FILE_H
#define CONFIG_POLICY_FILE_H

#include "base/err.h"
#include "config/file_set.h"
#include "config/yaml.h"
#include "record/label.h"

#define POLICY_WALLS_MAX 64
#define POLICY_TERMS_MAX 64	/* agreements, and circles, each */

/* The numbers of these are those of policy/policy.h's enums. */
enum policy_wall { POLICY_WALL_ATTESTED, POLICY_WALL_DECLARED,
    POLICY_WALL_NONE };
enum policy_level { POLICY_PERMIT, POLICY_REDACT, POLICY_CONSULT,
    POLICY_DENY, POLICY_FORBID };
#define POLICY_BANDS 5		/* A to E */
#define POLICY_POSTURES 3	/* normal, strained, suspended */

/* `default-label`: what an unlabelled record of that source gets. */
struct policy_label {
	const struct yaml_node *at;	/* NULL: nothing stated */
	int tlp, pap, hops;		/* -1: not stated */
	bool has_purposes, has_lineage;
	uint32_t purposes, lineage, caveats;
};

/* We ourselves (index 0) and each peer, in the order of vocabulary.orgs. */
struct policy_party {
	const struct yaml_node *at;
	char country[3];		/* "*" for everywhere */
	int type;			/* of policy_types; -1 for ourselves */
	int gov_tie;			/* of policy_gov_ties */
	enum policy_wall wall;
	unix_ms_t attested_until;	/* then the wall is only declared */
	struct str minimum_version;	/* of its software; may be empty */
	bool anonymiser;		/* trusted to hide who gave it what */
	uint64_t onward;		/* circles it passes things on to */
	int first_desk, ndesks;		/* in vocabulary.desks */
	uint8_t discretion, reliability; /* trust: initial: 0 is A, 4 is E */
	int group;			/* in policy_scoring.groups; or -1 */
	struct policy_label label;
};

struct policy_wall_rule {
	const struct yaml_node *at;
	struct str id;
	uint32_t keep;			/* lineage */
	uint32_t out_of;		/* domains */
};

/* What may lose lineage on purpose; whoever publishes it reads the rest. */
struct policy_release {
	const struct yaml_node *at;
	struct str id;
};

struct policy_circle {
	const struct yaml_node *at;
	struct str id, charter;
	int quorum;			/* signatures for a change; 0 unstated */
	struct org_set members;
	uint64_t foci;			/* kinds */
};

/* One side of an agreement. */
struct policy_terms {
	uint32_t purposes;		/* purposes, not domains */
	uint64_t kinds;
	int tlp;			/* ceiling */
	int hops;
};

struct policy_agreement {
	const struct yaml_node *at;
	struct str id, digest;
	int with;			/* org */
	unix_ms_t until;
	struct policy_terms ours, theirs;
};

/* A grant or a limit: one set per attribute, all of which must match. */
struct policy_rule {
	const struct yaml_node *at;
	struct str id;
	bool in;			/* direction */
	bool limit;
	enum policy_level level;	/* `via` of a grant, `level` of a limit */
	struct org_set orgs;		/* whom it speaks of */
	int circle, agreement;		/* basis; -1: none */
	bool unshared;			/* also kinds without a shared
					 * definition */
	uint64_t kinds;
	uint32_t domains;
	int tlp_min, tlp_max;
	int discretion_min, discretion_max;	/* bands, 0 (A) to 4 (E) */
	int reliability_min, reliability_max;
	bool transit;
	int cap_hops;			/* LABEL_HOPS_MAX: no cap */
	int64_t cap_ttl_ms;		/* INT64_MAX: no cap */
	uint32_t cap_purposes;		/* UINT32_MAX: no cap */
	uint32_t oblige;		/* bits of policy_obligations */
	uint64_t redact;		/* bits of policy_file.redactions */
	uint32_t tag;			/* lineage that is added */
};

struct policy_posture {
	uint64_t keep;			/* kinds that flow as ever */
	enum policy_level others;
};

/* `consult`: who is asked. */
struct policy_panel {
	struct names roles;		/* owned; empty: any operator */
	int quorum;			/* distinct people */
	int64_t timeout_ms;
	struct org_set ask;		/* who may ask for what it lacks */
};

/* `bands`, and what `trust` says of scores; 0 is unstated. */
struct policy_scoring {
	int bands[POLICY_BANDS - 1];	/* thousandths */
	int64_t good_ms, vouch_ms, bad_ms;	/* half lives */
	const struct yaml_node *bands_at, *half_life_at;	/* or NULL */
	const struct yaml_node *weights;	/* a map of texts, or NULL */
	struct names groups;		/* of stakeholders; owned */
	/* The worst reliability of a source for exports that block. */
	int blocking;
	int quorum;			/* of the witnesses */
};

struct policy_classifier {
	const struct yaml_node *at;
	/* Lists of texts, "*" at the end for any rest; NULL: not asked. */
	const struct yaml_node *type, *label, *indicator_type, *tag;
	int kind;
};

/* One of `tests`, or a request typed by a person. */
struct policy_case {
	const struct yaml_node *at;
	bool in;
	int desk;
	int purpose;			/* domain */
	struct label label;
	int posture;			/* -1: the one in force */
	int discretion, reliability;
	bool received;
	bool unshared;			/* no definition is shared */
	unix_ms_t date;
	int expect;			/* enum policy_level; -1: none */
	struct str by;			/* may be empty */
};

enum policy_claim_kind { POLICY_SEPARATION, POLICY_MONOTONE, POLICY_NEVER,
    POLICY_ALWAYS };
/* Bits of policy_claim.assume and .theorems. */
#define POLICY_HOPS_HONOURED 1U
#define POLICY_WALLS_ATTESTED 2U
#define POLICY_ONWARD_DECLARED 4U
#define POLICY_THEOREM_LABEL 1U
#define POLICY_THEOREM_POSTURE 2U
#define POLICY_THEOREM_TRUST 4U
#define POLICY_THEOREM_MISSING 8U

/* One of `prove`.  What never and always leave unstated is every value. */
struct policy_claim {
	const struct yaml_node *at;
	enum policy_claim_kind kind;
	uint64_t walls;			/* separation: in file order */
	uint32_t assume, theorems;
	bool in;			/* never, always: direction */
	int desk;			/* -1: any of a peer */
	uint64_t kinds;
	uint32_t domains, lineage;	/* 0: not stated */
	int tlp;			/* at most */
	uint32_t postures;		/* bits */
	int discretion, reliability;	/* the worst band meant */
	uint32_t decide;		/* bits of enum policy_level */
};

struct policy_tree;	/* the YAML behind it, and what reading needs */

struct policy_file {
	struct vocabulary v;		/* owned */
	struct names groups;		/* of kinds; owned */
	uint64_t group_kinds[LABEL_KINDS_MAX];
	uint64_t technical;		/* kinds of the group "technical" */
	struct str definitions[LABEL_KINDS_MAX];	/* digests, or empty */
	uint32_t desk_uses[LABEL_DESKS_MAX];	/* domains */
	struct names redactions;	/* <= 64; owned */
	VEC(struct policy_party) parties;
	VEC(struct policy_wall_rule) walls;
	VEC(struct policy_release) releases;
	VEC(struct policy_circle) circles;
	VEC(struct policy_agreement) agreements;
	VEC(struct policy_rule) rules;
	VEC(struct policy_classifier) classify;
	VEC(struct policy_case) tests;
	VEC(struct policy_claim) claims;
	struct policy_panel panel;
	struct policy_scoring scoring;
	VEC(char *) warnings;		/* owned texts, "file:line:col: ..." */
	struct policy_posture postures[POLICY_POSTURES];
	VEC(struct policy_in_force { char country[3]; int posture; }) in_force;
	struct policy_tree *tree;	/* owned */
};

/*
 * policy_file_read(files, main_name, e): read, check and resolve the policy
 * main_name and what it includes.  NULL with e ("file:line:col: ...").
 */
struct policy_file *policy_file_read(const struct file_set *files,
    const char *main_name, struct err *e);
void policy_file_free(struct policy_file *f);
MEM_AUTO(struct policy_file, policy_file_free);

/*
 * policy_file_section(f, name): that section of the main file as written,
 * or NULL.
 */
const struct yaml_node *policy_file_section(const struct policy_file *f,
    const char *name);

/* policy_file_source(f, i): the name of the i-th file read, or NULL. */
const char *policy_file_source(const struct policy_file *f, size_t i);

/*
 * policy_file_case(f, text, out, e): read "to: cert-xb/ops, kind: botnet",
 * the members of a test, with or without braces around them.  ERR_USAGE.
 */
int policy_file_case(const struct policy_file *f, struct str text,
    struct policy_case *out, struct err *e) MUST_CHECK;

/* Closed lists of names, NULL at the end. */
extern const char *const policy_types[];	/* national, private, ... */
extern const char *const policy_gov_ties[];	/* none ... merged */
extern const char *const policy_levels[];	/* permit ... forbid */
extern const char *const policy_bands[];	/* A ... E */
extern const char *const policy_postures[];	/* normal ... suspended */
extern const char *const policy_obligations[];	/* receipt, ... */
extern const char *const policy_caveats[];
extern const char *const policy_definitions[];	/* unshared */

#endif
