/*
 * Warnings about a policy that loads but may not mean what it says.
 */
#include "config/policy_file_read.h"

#include <string.h>

/* All uses of all desks that a rule speaks of. */
static uint32_t
rule_uses(const struct policy_file *f, const struct policy_rule *rule)
{
	uint32_t uses = 0;

	for (size_t i = 1; i < f->parties.n; i++) {
		const struct policy_party *p = &f->parties.v[i];

		if (!org_set_has(&rule->orgs, (unsigned)i))
			continue;
		for (int d = 0; d < p->ndesks; d++)
			uses |= f->desk_uses[p->first_desk + d];
	}
	return uses;
}

static bool
reaches_nobody(const struct org_set *orgs)
{
	uint64_t any = 0;

	/* Bit 0 is ourselves. */
	for (size_t w = 0; w < NELEM(orgs->w); w++)
		any |= w == 0 ? orgs->w[w] & ~UINT64_C(1) : orgs->w[w];
	return any == 0;
}

static bool
has_orgs(const struct policy_rule *rule)
{
	return !reaches_nobody(&rule->orgs);
}

static bool
obliges(const struct policy_rule *rule, const char *name)
{
	for (size_t i = 0; policy_obligations[i] != NULL; i++)
		if (strcmp(policy_obligations[i], name) == 0)
			return (rule->oblige >> i & 1) != 0;
	return false;
}

/* What refuses every flow of a grant: see policy/oblige.h. */
static void
lint_obligations(struct pf *r, const struct policy_rule *rule)
{
	static const char *const pairs[][2] = {
		{ "warninglist-check", "warninglist-check" },
		{ "attribute", "no-attribution" },
		{ "attribute", "protect-source" },
		{ "notify-affected", "no-notify" },
	};

	for (size_t i = 0; i < NELEM(pairs) && !rule->in; i++)
		if (obliges(rule, pairs[i][0]) && obliges(rule, pairs[i][1]))
			pf_warn(r, rule->at, "grant \"%s\": nobody can carry "
			    "out %s%s%s, so that nothing flows by it",
			    rule->id.p, pairs[i][0], i > 0 ? " and " : "",
			    i > 0 ? pairs[i][1] : "");
}

static void
lint_rules(struct pf *r)
{
	const struct policy_file *f = r->f;

	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *rule = &f->rules.v[i];
		const char *what = rule->limit ? "limit" : "grant";

		lint_obligations(r, rule);

		if (!has_orgs(rule) || rule_uses(f, rule) == 0)
			pf_warn(r, rule->at, "%s \"%s\" speaks of no peer",
			    what, rule->id.p);
		else if (rule->kinds == 0)
			pf_warn(r, rule->at, "%s \"%s\" leaves no kind: "
			    "nothing flows by it", what, rule->id.p);
		else if (!rule->limit && !rule->in &&
		    (rule_uses(f, rule) & rule->domains) == 0)
			pf_warn(r, rule->at, "grant \"%s\": no desk it speaks "
			    "of declares that use", rule->id.p);
	}
}

static void
lint_terms(struct pf *r)
{
	const struct policy_file *f = r->f;
	uint64_t circles = 0, agreements = 0;

	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *rule = &f->rules.v[i];

		if (rule->circle >= 0)
			circles |= UINT64_C(1) << rule->circle;
		if (rule->agreement >= 0)
			agreements |= UINT64_C(1) << rule->agreement;
	}
	/* A circle that peers pass things on to is what the proof needs. */
	for (size_t i = 0; i < f->parties.n; i++)
		circles |= f->parties.v[i].onward;
	for (size_t i = 0; i < f->circles.n; i++)
		if (reaches_nobody(&f->circles.v[i].members))
			pf_warn(r, f->circles.v[i].at, "circle \"%s\" has no "
			    "member but ourselves: nothing flows by it",
			    f->circles.v[i].id.p);
	for (size_t i = 0; i < f->circles.n; i++)
		if ((circles >> i & 1) == 0)
			pf_warn(r, f->circles.v[i].at, "circle \"%s\" is used "
			    "by no grant", f->circles.v[i].id.p);
	for (size_t i = 0; i < f->agreements.n; i++)
		if ((agreements >> i & 1) == 0)
			pf_warn(r, f->agreements.v[i].at, "agreement \"%s\" "
			    "is used by no grant", f->agreements.v[i].id.p);
}

void
pf_lint(struct pf *r)
{
	const struct policy_file *f = r->f;

	lint_rules(r);
	lint_terms(r);
	if (f->classify.n == 0 && f->rules.n > 0)
		pf_warn(r, yaml_root(f->tree->trees.v[0]), "no classify "
		    "rules: every record without a kind is \"other\", which "
		    "no grant lets flow");
	for (size_t i = 0; i < f->in_force.n; i++) {
		bool known = false;

		for (size_t k = 1; k < f->parties.n; k++)
			known = known || strcmp(f->parties.v[k].country,
			    f->in_force.v[i].country) == 0;
		if (!known)
			pf_warn(r, yaml_root(f->tree->trees.v[0]), "postures: "
			    "in-force: no peer is of country %s",
			    f->in_force.v[i].country);
	}
}
