/*
 * The sections that decide: walls, releases, grants and limits.
 */
#include "config/policy_file_read.h"

#include <stdlib.h>
#include <string.h>

/* In the order of enum obligation of policy/policy.h. */
const char *const policy_obligations[] = {
	"receipt", "purpose-bound", "no-resale", "embargo", "protect-source",
	"warninglist-check", "no-attribution", "encrypt-in-transit",
	"notify-affected", "no-notify", "attribute", "contact-first",
	"no-action", NULL,
};
static const char *const grant_levels[] = { "permit", "redact", "consult",
    NULL };
static const char *const limit_levels[] = { "redact", "consult", "deny",
    NULL };
const char *const policy_definitions[] = { "unshared", NULL };

static const struct pf_row wall_rows[] = {
	{ .key = "id", .read = pf_id, .required = true,
	  .offset = offsetof(struct policy_wall_rule, id) },
	{ .key = "keep", .read = pf_lineage, .required = true,
	  .offset = offsetof(struct policy_wall_rule, keep) },
	{ .key = "out-of", .read = pf_domains, .required = true,
	  .offset = offsetof(struct policy_wall_rule, out_of) },
	{ .key = "why", .read = pf_note },
	{ 0 },
};

int
pf_read_walls(struct pf *r, const struct yaml_node *n)
{
	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_wall_rule w = { .at = i };

		TRY(pf_map(r, i, wall_rows, &w));
		r->f->v.walled_lineage |= w.keep;
		/* A lineage without a name may be any of them. */
		w.keep |= LABEL_UNKNOWN_BIT;
		if (r->f->walls.n == POLICY_WALLS_MAX)
			return pf_error(r, i, "more than %d walls",
			    POLICY_WALLS_MAX);
		vec_push(&r->f->walls, w);
	}
	return 0;
}

/* What a release says; checked, and used by whoever publishes statistics. */
struct release {
	struct str id;
	uint64_t kinds;
	uint32_t drop;
	int kind, tlp, from_tlp, sign_off, epsilon, cap, min_orgs;
};

static int
pf_from(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "kind", .read = pf_kinds, .required = true,
		  .offset = offsetof(struct release, kinds) },
		{ .key = "tlp", .read = pf_tlp_most, .required = true,
		  .offset = offsetof(struct release, from_tlp) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

static int
pf_makes(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "kind", .read = pf_kind, .required = true,
		  .offset = offsetof(struct release, kind) },
		{ .key = "tlp", .read = pf_tlp, .required = true,
		  .offset = offsetof(struct release, tlp) },
		{ .key = "drop", .read = pf_lineage, .required = true,
		  .offset = offsetof(struct release, drop) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

static int
pf_dp_count(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "epsilon", .read = pf_fraction, .required = true,
		  .min = 1, .max = 10000,
		  .offset = offsetof(struct release, epsilon) },
		{ .key = "per-org-cap", .read = pf_integer, .required = true,
		  .min = 1, .max = 1000000,
		  .offset = offsetof(struct release, cap) },
		{ .key = "min-orgs", .read = pf_integer, .required = true,
		  .min = 2, .max = LABEL_ORGS_MAX,
		  .offset = offsetof(struct release, min_orgs) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

static int
pf_form(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "dp-count", .read = pf_dp_count, .required = true },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

int
pf_read_releases(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "id", .read = pf_id, .required = true,
		  .offset = offsetof(struct release, id) },
		{ .key = "from", .read = pf_from, .required = true },
		{ .key = "makes", .read = pf_makes, .required = true },
		{ .key = "form", .read = pf_form, .required = true },
		{ .key = "sign-off", .read = pf_integer, .required = true,
		  .min = 1, .max = 10,
		  .offset = offsetof(struct release, sign_off) },
		{ .key = "why", .read = pf_note },
		{ 0 },
	};

	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct release rel = { 0 };

		TRY(pf_map(r, i, rows, &rel));
		vec_push(&r->f->releases,
		    ((struct policy_release){ i, rel.id }));
	}
	return 0;
}

/* Whom a rule speaks of; the parts of a target must all hold. */
struct target {
	struct org_set peers, typed, from;
	int circle, agreement;
};

static int
on_peer(struct pf *r, const struct yaml_node *item, void *arg)
{
	int o = names_find(&r->f->v.orgs, item->text);

	if (o < 0)
		return pf_not_a_peer(r, item);
	if (o == 0)
		return pf_error(r, item, "\"%s\" are we ourselves; want a "
		    "peer", r->f->v.orgs.v[0]);
	org_set_add(arg, (unsigned)o);
	return 0;
}

static int
pf_target_peers(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	memset(out, 0, sizeof(struct org_set));
	return pf_each(r, row, n, on_peer, out);
}

static int
pf_target_types(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	uint32_t types;

	TRY(pf_enums(r, row, n, &types));
	memset(out, 0, sizeof(struct org_set));
	for (size_t i = 1; i < r->f->parties.n; i++)
		if ((types >> r->f->parties.v[i].type & 1) != 0)
			org_set_add(out, (unsigned)i);
	return 0;
}

static int
on_country(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct pf_row row = { .key = "country" };
	char country[3];

	TRY(pf_country(r, &row, item, country));
	for (size_t i = 1; i < r->f->parties.n; i++)
		if (strcmp(r->f->parties.v[i].country, country) == 0)
			org_set_add(arg, (unsigned)i);
	return 0;
}

static int
pf_target_countries(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	memset(out, 0, sizeof(struct org_set));
	return pf_each(r, row, n, on_country, out);
}

static int
pf_target_circle(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	const char *names[POLICY_TERMS_MAX];

	(void)row;
	TRY(pf_is_text(r, n));
	for (size_t i = 0; i < r->f->circles.n; i++) {
		names[i] = r->f->circles.v[i].id.p;
		if (!str_eq(r->f->circles.v[i].id, n->text))
			continue;
		*(int *)out = (int)i;
		return 0;
	}
	return pf_unknown(r, n, "circle", names, r->f->circles.n);
}

static int
pf_target_agreement(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	const char *names[POLICY_TERMS_MAX];

	(void)row;
	TRY(pf_is_text(r, n));
	for (size_t i = 0; i < r->f->agreements.n; i++) {
		names[i] = r->f->agreements.v[i].id.p;
		if (!str_eq(r->f->agreements.v[i].id, n->text))
			continue;
		*(int *)out = (int)i;
		return 0;
	}
	return pf_unknown(r, n, "agreement", names, r->f->agreements.n);
}

static const struct pf_row target_rows[] = {
	{ .key = "circle", .read = pf_target_circle,
	  .offset = offsetof(struct target, circle) },
	{ .key = "agreement", .read = pf_target_agreement,
	  .offset = offsetof(struct target, agreement) },
	{ .key = "peer", .read = pf_target_peers,
	  .offset = offsetof(struct target, peers) },
	{ .key = "type", .read = pf_target_types, .names = policy_types,
	  .offset = offsetof(struct target, typed) },
	{ .key = "country", .read = pf_target_countries,
	  .offset = offsetof(struct target, from) },
	{ 0 },
};

static int
pf_target(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct policy_rule *rule = out;
	struct target t = { .circle = -1, .agreement = -1 };

	memset(&t.peers, 0xff, 3 * sizeof(struct org_set));
	rule->in = strcmp(row->key, "in") == 0;
	if (n->kind == YAML_TEXT && str_eqz(n->text, "any")) {
		memset(&rule->orgs, 0xff, sizeof(rule->orgs));
		return 0;
	}
	if (n->kind != YAML_MAP || n->n == 0)
		return pf_error(r, n, "whom %s speaks of is not clear; want "
		    "any, or one like {circle: NAME}, {agreement: ID}, "
		    "{peer: NAME}, {type: [national]} or {country: [XA]}",
		    row->key);
	TRY(pf_map(r, n, target_rows, &t));
	rule->circle = t.circle;
	rule->agreement = t.agreement;
	for (size_t w = 0; w < NELEM(rule->orgs.w); w++)
		rule->orgs.w[w] = t.peers.w[w] & t.typed.w[w] & t.from.w[w];
	return 0;
}

static int
pf_level(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int i;

	TRY(pf_enum(r, row, n, &i));
	/* limit_levels begins at redact. */
	*(enum policy_level *)out = (enum policy_level)(row->names ==
	    limit_levels ? i + 1 : i);
	return 0;
}

/* A kind nobody recognised might be any: a grant never means it. */
static int
pf_grant_kinds(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	uint64_t kinds;

	TRY(pf_kinds(r, row, n, &kinds));
	if (kinds != UINT64_MAX && (kinds & 1) != 0)
		return pf_error(r, n, "a grant cannot speak of \"other\", the "
		    "kind of what no classify rule recognised; want kinds by "
		    "name");
	*(uint64_t *)out = kinds & ~UINT64_C(1);
	return 0;
}

/* ... and a limit always does. */
static int
pf_limit_kinds(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	TRY(pf_kinds(r, row, n, out));
	*(uint64_t *)out |= 1;
	return 0;
}

/* Nobody shares a definition of "other"; of which others, peers say. */
static int
pf_definition(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int unshared;

	TRY(pf_enum(r, row, n, &unshared));
	((struct policy_rule *)out)->kinds = 1;
	((struct policy_rule *)out)->unshared = true;
	return 0;
}

static int
pf_cap(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "hops", .read = pf_integer, .max = LABEL_HOPS_MAX,
		  .offset = offsetof(struct policy_rule, cap_hops) },
		{ .key = "ttl", .read = pf_duration,
		  .offset = offsetof(struct policy_rule, cap_ttl_ms) },
		{ .key = "purposes", .read = pf_purposes,
		  .offset = offsetof(struct policy_rule, cap_purposes) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

#define RULE(f) .offset = offsetof(struct policy_rule, f)

static const struct pf_row grant_rows[] = {
	{ .key = "id", .read = pf_id, .required = true, RULE(id) },
	{ .key = "out", .read = pf_target },
	{ .key = "in", .read = pf_target },
	{ .key = "kind", .read = pf_grant_kinds, .required = true,
	  RULE(kinds) },
	{ .key = "for", .read = pf_domains, .required = true, RULE(domains) },
	{ .key = "tlp", .read = pf_tlp_most, RULE(tlp_max) },
	{ .key = "discretion", .read = pf_band_worst, RULE(discretion_max) },
	{ .key = "reliability", .read = pf_band_worst,
	  RULE(reliability_max) },
	{ .key = "via", .read = pf_level, .names = grant_levels,
	  RULE(level) },
	{ .key = "cap", .read = pf_cap },
	{ .key = "oblige", .read = pf_enums, .names = policy_obligations,
	  .may_be_empty = true, RULE(oblige) },
	{ .key = "redact", .read = pf_redactions, RULE(redact) },
	{ .key = "tag", .read = pf_lineage, RULE(tag) },
	{ .key = "transit", .read = pf_bool, RULE(transit) },
	{ .key = "why", .read = pf_note },
	{ 0 },
};

static const struct pf_row limit_rows[] = {
	{ .key = "id", .read = pf_id, .required = true, RULE(id) },
	{ .key = "out", .read = pf_target },
	{ .key = "in", .read = pf_target },
	{ .key = "level", .read = pf_level, .names = limit_levels,
	  .required = true, RULE(level) },
	{ .key = "kind", .read = pf_limit_kinds, RULE(kinds) },
	{ .key = "definition", .read = pf_definition,
	  .names = policy_definitions },
	{ .key = "for", .read = pf_domains, RULE(domains) },
	{ .key = "tlp", .read = pf_tlp_least, RULE(tlp_min) },
	{ .key = "discretion", .read = pf_band_best, RULE(discretion_min) },
	{ .key = "reliability", .read = pf_band_best,
	  RULE(reliability_min) },
	{ .key = "redact", .read = pf_redactions, RULE(redact) },
	{ .key = "why", .read = pf_note },
	{ 0 },
};

static struct policy_rule
rule_new(const struct yaml_node *at, bool limit)
{
	return (struct policy_rule){
		.at = at, .limit = limit, .level = POLICY_PERMIT,
		.circle = -1, .agreement = -1, .kinds = UINT64_MAX,
		.domains = UINT32_MAX, .tlp_max = TLP_RED,
		.discretion_max = POLICY_BANDS - 1,
		.reliability_max = POLICY_BANDS - 1,
		.cap_hops = LABEL_HOPS_MAX, .cap_ttl_ms = INT64_MAX,
		.cap_purposes = UINT32_MAX,
	};
}

/* What only makes sense together, or only in one direction. */
static int
rule_check(struct pf *r, const struct yaml_node *n,
    const struct policy_rule *rule)
{
	const struct yaml_node *out = yaml_get(n, "out");
	const char *what = rule->limit ? "limit" : "grant";

	if ((out == NULL) == (yaml_get(n, "in") == NULL))
		return pf_error(r, n, "%s \"%s\" wants one of out and in",
		    what, rule->id.p);
	if (!rule->limit && out != NULL && yaml_get(n, "tlp") == NULL)
		return pf_error(r, n, "grant \"%s\" has no tlp; say up to "
		    "which colour, like tlp: <=green", rule->id.p);
	if (rule->level == POLICY_REDACT && rule->redact == 0)
		return pf_error(r, n, "%s \"%s\" redacts but does not say "
		    "what; want redact: [source, ...]", what, rule->id.p);
	if (rule->level != POLICY_REDACT && rule->redact != 0)
		return pf_error(r, yaml_get(n, "redact"), "%s \"%s\" has "
		    "redact, but is not %s: redact", what, rule->id.p,
		    rule->limit ? "level" : "via");
	if (yaml_get(n, "tag") != NULL && !rule->in)
		return pf_error(r, yaml_get(n, "tag"), "tag marks what comes "
		    "in; want it in a grant with in");
	if (yaml_get(n, "transit") != NULL && rule->in)
		return pf_error(r, yaml_get(n, "transit"), "transit is about "
		    "passing on; want it in a grant with out");
	if (yaml_get(n, "definition") != NULL && yaml_get(n, "kind") != NULL)
		return pf_error(r, yaml_get(n, "definition"), "want kind or "
		    "definition, not both");
	return 0;
}

/* The basis narrows the rule: members and foci, or the terms of both. */
static void
rule_apply_basis(struct pf *r, struct policy_rule *rule)
{
	const struct policy_file *f = r->f;

	if (rule->circle >= 0) {
		const struct policy_circle *c = &f->circles.v[rule->circle];

		if (!rule->limit && rule->kinds != ~UINT64_C(1) &&
		    (rule->kinds & ~c->foci) != 0)
			pf_warn(r, rule->at, "grant \"%s\" names kinds outside "
			    "the foci of circle \"%s\": they do not flow by "
			    "it", rule->id.p, c->id.p);
		for (size_t w = 0; w < NELEM(rule->orgs.w); w++)
			rule->orgs.w[w] &= c->members.w[w];
		if (!rule->limit)
			rule->kinds &= c->foci;
	}
	if (rule->agreement >= 0) {
		const struct policy_agreement *a =
		    &f->agreements.v[rule->agreement];
		struct org_set with = { { 0 } };

		org_set_add(&with, (unsigned)a->with);
		for (size_t w = 0; w < NELEM(rule->orgs.w); w++)
			rule->orgs.w[w] &= with.w[w];
		if (rule->limit)
			return;
		rule->kinds &= a->ours.kinds & a->theirs.kinds;
		rule->cap_purposes &= a->ours.purposes & a->theirs.purposes;
		if (rule->tlp_max > a->ours.tlp)
			rule->tlp_max = a->ours.tlp;
		if (rule->tlp_max > a->theirs.tlp)
			rule->tlp_max = a->theirs.tlp;
		if (rule->cap_hops > a->ours.hops)
			rule->cap_hops = a->ours.hops;
		if (rule->cap_hops > a->theirs.hops)
			rule->cap_hops = a->theirs.hops;
	}
}

/* A grant that leaves no purpose of a domain is not for that domain. */
static void
rule_drop_empty_domains(const struct policy_file *f, struct policy_rule *rule)
{
	for (size_t d = 0; d < f->v.domains.n; d++)
		if ((f->v.domain_purposes[d] & rule->cap_purposes) == 0)
			rule->domains &= ~(1U << d);
}

static int
read_rules(struct pf *r, const struct yaml_node *n, bool limits)
{
	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_rule rule = rule_new(i, limits);

		TRY(pf_map(r, i, limits ? limit_rows : grant_rows, &rule));
		TRY(rule_check(r, i, &rule));
		rule_apply_basis(r, &rule);
		rule_drop_empty_domains(r->f, &rule);
		vec_push(&r->f->rules, rule);
	}
	return 0;
}

int
pf_read_grants(struct pf *r, const struct yaml_node *n)
{
	return read_rules(r, n, false);
}

int
pf_read_limits(struct pf *r, const struct yaml_node *n)
{
	return read_rules(r, n, true);
}
