/*
 * Readers for what only a policy has: kinds, domains, purposes, lineage,
 * bounds on TLP and trust.  Every name is looked up at once.
 */
#include "config/policy_file_read.h"

#include <stdio.h>
#include <string.h>

#include "record/derive.h"

#define SHOWN_MAX 80

const char *const policy_bands[] = { "A", "B", "C", "D", "E", NULL };
static const char *const tlp_words[] = { "clear", "green", "amber",
    "amber+strict", "red", NULL };
static const char *const pap_words[] = { "clear", "green", "amber", "red",
    NULL };

int
pf_kind(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int k;

	(void)row;
	TRY(pf_is_text(r, n));
	k = names_find(&r->f->v.kinds, n->text);
	if (k < 0)
		return pf_not_in(r, n, "kind", &r->f->v.kinds);
	*(int *)out = k;
	return 0;
}

/* What could have stood there: "any" if alone, groups, kinds by name. */
static int
unknown_kinds(struct pf *r, const struct yaml_node *n, bool alone)
{
	const struct policy_file *f = r->f;
	AUTO(mem_free) const char **v = mem_array(const char *,
	    f->groups.n + f->v.kinds.n);
	size_t count = 0;

	if (str_eqz(n->text, "any"))
		return pf_error(r, n, "\"any\" stands alone, not in a list");
	if (alone)
		v[count++] = "any";
	for (size_t i = 0; i < f->groups.n; i++)
		v[count++] = f->groups.v[i];
	for (size_t i = 1; i < f->v.kinds.n; i++)
		v[count++] = f->v.kinds.v[i];
	return pf_unknown(r, n, "kind", v, count);
}

struct kinds {
	uint64_t bits;
	bool alone;		/* a text, not a list */
};

/* A group of kinds, else a kind: a group named "other" is that group. */
static int
on_kind(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct kinds *to = arg;
	int g = names_find(&r->f->groups, item->text);
	int k = names_find(&r->f->v.kinds, item->text);

	if (g < 0 && k < 0)
		return unknown_kinds(r, item, to->alone);
	to->bits |= g >= 0 ? r->f->group_kinds[g] : UINT64_C(1) << k;
	return 0;
}

int
pf_kinds(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct kinds to = { .alone = n->kind == YAML_TEXT };

	if (n->kind == YAML_TEXT && str_eqz(n->text, "any"))
		to.bits = UINT64_MAX;
	else
		TRY(pf_each(r, row, n, on_kind, &to));
	*(uint64_t *)out = to.bits;
	return 0;
}

int
pf_domain(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int d;

	(void)row;
	TRY(pf_is_text(r, n));
	d = names_find(&r->f->v.domains, n->text);
	if (d < 0)
		return pf_not_in(r, n, "domain of purposes",
		    &r->f->v.domains);
	*(int *)out = d;
	return 0;
}

static int
on_domain(struct pf *r, const struct yaml_node *item, void *arg)
{
	int d;

	TRY(pf_domain(r, NULL, item, &d));
	*(uint32_t *)arg |= 1U << d;
	return 0;
}

int
pf_domains(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	uint32_t bits = 0;

	if (n->kind == YAML_TEXT && str_eqz(n->text, "any"))
		bits = UINT32_MAX;
	else
		TRY(pf_each(r, row, n, on_domain, &bits));
	*(uint32_t *)out = bits;
	return 0;
}

/* A purpose, or a domain for all purposes in it. */
static int
on_purpose(struct pf *r, const struct yaml_node *item, void *arg)
{
	const struct vocabulary *v = &r->f->v;
	int d = names_find(&v->domains, item->text);
	int p = names_find(&v->purposes, item->text);

	if (d < 0 && p < 0)
		return pf_not_in(r, item, "purpose", &v->purposes);
	*(uint32_t *)arg |= d >= 0 ? v->domain_purposes[d] : 1U << p;
	return 0;
}

int
pf_purposes(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	uint32_t bits = 0;

	TRY(pf_each(r, row, n, on_purpose, &bits));
	*(uint32_t *)out = bits;
	return 0;
}

static int
on_lineage(struct pf *r, const struct yaml_node *item, void *arg)
{
	int i = names_find(&r->f->v.lineage, item->text);

	if (i < 0)
		return pf_not_in(r, item, "lineage", &r->f->v.lineage);
	*(uint32_t *)arg |= 1U << i;
	return 0;
}

int
pf_lineage(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	uint32_t bits = 0;

	TRY(pf_each(r, row, n, on_lineage, &bits));
	*(uint32_t *)out = bits;
	return 0;
}

static int
on_caveat(struct pf *r, const struct yaml_node *item, void *arg)
{
	int i = names_find(&r->f->v.caveats, item->text);

	if (i < 0)
		return pf_not_in(r, item, "caveat", &r->f->v.caveats);
	*(uint32_t *)arg |= 1U << i;
	return 0;
}

int
pf_caveats(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	uint32_t bits = 0;

	TRY(pf_each(r, row, n, on_caveat, &bits));
	*(uint32_t *)out = bits;
	return 0;
}

static int
on_redaction(struct pf *r, const struct yaml_node *item, void *arg)
{
	char part[NAME_MAX_BYTES];
	int i = names_add(&r->f->redactions, item->text, 64);

	snprintf(part, sizeof(part), "%.*s", (int)item->text.n,
	    item->text.p);
	if (i < 0 || !derive_part_reads(part))
		return pf_error(r, item, "what to redact; want \"source\", "
		    "\"victim.name\" or a property path, at most 64 in all");
	*(uint64_t *)arg |= UINT64_C(1) << i;
	return 0;
}

int
pf_redactions(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	uint64_t bits = 0;

	TRY(pf_each(r, row, n, on_redaction, &bits));
	*(uint64_t *)out = bits;
	return 0;
}

int
pf_tlp(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct pf_row words = *row;

	words.names = tlp_words;
	return pf_enum(r, &words, n, out);
}

int
pf_pap(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct pf_row words = *row;

	words.names = pap_words;
	return pf_enum(r, &words, n, out);
}

int
pf_desk(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int d;

	(void)row;
	TRY(pf_is_text(r, n));
	d = names_find(&r->f->v.desks, n->text);
	if (d < 0)
		return pf_not_in(r, n, "desk", &r->f->v.desks);
	*(int *)out = d;
	return 0;
}

/* What follows sign, as one of words; hint says why only this sign. */
static int
read_bound(struct pf *r, const struct yaml_node *n, const char *sign,
    const char *const *words, const char *hint)
{
	struct yaml_node rest = *n;
	char shown[SHOWN_MAX];
	size_t count = 0, skip = strlen(sign);

	TRY(pf_is_text(r, n));
	if (!str_starts(n->text, sign) ||
	    (skip == 1 && str_starts(n->text, "<=")))
		return pf_error(r, n, "\"%s\"; %s", str_escape(shown,
		    sizeof(shown), n->text), hint);
	rest.text.p += skip;
	rest.text.n -= skip;
	for (; words[count] != NULL; count++)
		if (str_eqz(rest.text, words[count]))
			return (int)count;
	return pf_unknown(r, &rest, words == policy_bands ? "band" : "TLP",
	    words, count);
}

static int
store_bound(int bound, void *out)
{
	if (bound < 0)
		return bound;
	*(int *)out = bound;
	return 0;
}

/*
 * policy.md 3: grants may only ask downwards, limits only upwards, so that
 * input which is more restricted never gains anything.
 */
int
pf_tlp_most(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	(void)row;
	return store_bound(read_bound(r, n, "<=", tlp_words, "want TLP "
	    "up to a colour, like <=green, so that what is more restricted "
	    "never gains by it"), out);
}

int
pf_tlp_least(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	(void)row;
	return store_bound(read_bound(r, n, ">=", tlp_words, "want TLP "
	    "from a colour on, like \">=amber\", so that what is more "
	    "restricted never escapes it"), out);
}

int
pf_band_worst(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	(void)row;
	return store_bound(read_bound(r, n, ">=", policy_bands, "want "
	    "trust from a band on, like \">=C\", so that less trust never "
	    "gains by it"), out);
}

int
pf_band_best(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int band = read_bound(r, n, "<", policy_bands, "want trust below a "
	    "band, like \"<C\", so that less trust never escapes it");

	(void)row;
	if (band == POLICY_BANDS - 1)
		return pf_error(r, n, "no band is below E");
	return store_bound(band < 0 ? band : band + 1, out);
}
