/*
 * What a policy says of scores: the bands, what evidence weighs and how long,
 * who is of one group, and where peers begin.
 */
#include "config/policy_file_read.h"

#include "config/schema.h"

#define HALF_LIFE_DAYS_MAX 3650
#define GROUPS_MAX 256
#define BLOCKING_WORST 2	/* C */

int
pf_read_bands(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "A", .read = pf_fraction, .required = true,
		  .offset = 0 * sizeof(int), .max = 1000 },
		{ .key = "B", .read = pf_fraction, .required = true,
		  .offset = 1 * sizeof(int), .max = 1000 },
		{ .key = "C", .read = pf_fraction, .required = true,
		  .offset = 2 * sizeof(int), .max = 1000 },
		{ .key = "D", .read = pf_fraction, .required = true,
		  .offset = 3 * sizeof(int), .max = 1000 },
		{ 0 },
	};
	int *least = r->f->scoring.bands;

	r->f->scoring.bands_at = n;
	TRY(pf_map(r, n, rows, least));
	for (int i = 1; i < POLICY_BANDS - 1; i++)
		if (least[i] >= least[i - 1])
			return pf_error(r, yaml_get(n, policy_bands[i]),
			    "band %s begins at or above band %s; want less",
			    policy_bands[i], policy_bands[i - 1]);
	return 0;
}

struct bands {
	int discretion, reliability;
};

static const struct pf_row band_rows[] = {
	{ .key = "discretion", .read = pf_enum, .names = policy_bands,
	  .offset = offsetof(struct bands, discretion) },
	{ .key = "reliability", .read = pf_enum, .names = policy_bands,
	  .offset = offsetof(struct bands, reliability) },
	{ 0 },
};

static void
set_bands(struct policy_party *p, const struct bands *b)
{
	p->discretion = (uint8_t)b->discretion;
	p->reliability = (uint8_t)b->reliability;
}

static int
pf_initial(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct bands rest = { POLICY_BANDS - 1, POLICY_BANDS - 1 };
	const struct yaml_node *other = yaml_get(n, "default");

	(void)row, (void)out;
	TRY(pf_is_map(r, n));
	if (other != NULL)
		TRY(pf_map(r, other, band_rows, &rest));
	for (size_t i = 1; i < r->f->parties.n; i++)
		set_bands(&r->f->parties.v[i], &rest);
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct bands b = rest;
		struct yaml_node at = *m;
		int o = names_find(&r->f->v.orgs, m->key);

		at.text = m->key;
		at.line = m->key_line;
		at.column = m->key_column;
		if (str_eqz(m->key, "default"))
			continue;
		if (o < 0)
			return pf_not_a_peer(r, &at);
		TRY(pf_map(r, m, band_rows, &b));
		set_bands(&r->f->parties.v[o], &b);
	}
	return 0;
}

/* A half life: no shorter than evidence is told apart by, and no eternity. */
static int
pf_half(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int64_t ms;

	TRY(pf_duration(r, row, n, &ms));
	if (ms < DAY(1) || ms > DAY(HALF_LIFE_DAYS_MAX))
		return pf_error(r, n, "%s \"%s\"; want a half life from 1d to "
		    "%dd", row->key, n->text.p, HALF_LIFE_DAYS_MAX);
	*(int64_t *)out = ms;
	return 0;
}

static int
pf_half_life(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "good", .read = pf_half, .required = true,
		  .offset = offsetof(struct policy_scoring, good_ms) },
		{ .key = "vouch", .read = pf_half,
		  .offset = offsetof(struct policy_scoring, vouch_ms) },
		{ .key = "bad", .read = pf_half, .required = true,
		  .offset = offsetof(struct policy_scoring, bad_ms) },
		{ 0 },
	};

	(void)row;
	r->f->scoring.half_life_at = n;
	return pf_map(r, n, rows, out);
}

/* What each kind weighs is for who knows the kinds (daemon/policy). */
static int
pf_weights(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	(void)row, (void)out;
	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next)
		TRY(pf_is_text(r, m));
	r->f->scoring.weights = n;
	return 0;
}

static int
on_member(struct pf *r, const struct yaml_node *item, void *arg)
{
	const int *group = arg;
	const struct names *groups = &r->f->scoring.groups;
	int org = names_find(&r->f->v.orgs, item->text);
	struct policy_party *p;

	if (org < 0)
		return pf_not_in(r, item, "organisation", &r->f->v.orgs);
	p = &r->f->parties.v[org];
	if (p->group >= 0)
		return pf_error(r, item, "\"%s\" is in group %s already; who "
		    "were in two groups could confirm what either says",
		    item->text.p, groups->v[p->group]);
	p->group = *group;
	return 0;
}

static int
pf_groups(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct names *groups = out;

	(void)row;
	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct pf_row members = { .key = m->key.p };
		struct yaml_node at = *m;
		struct str id;
		int group;

		at.kind = YAML_TEXT;
		at.text = m->key;
		at.line = m->key_line;
		at.column = m->key_column;
		TRY(pf_id(r, &members, &at, &id));
		/* They are told apart by name from who is in no group. */
		if (schema_is_country(id))
			return pf_error(r, &at, "group \"%s\" reads like a "
			    "country, and who is in no group is grouped by "
			    "country; want another name", id.p);
		group = names_add(groups, id, GROUPS_MAX);
		if (group < 0)
			return pf_error(r, &at, "more than %d groups",
			    GROUPS_MAX);
		TRY(pf_each(r, &members, m, on_member, &group));
	}
	return 0;
}

/* ">=C", or "any": the worst that is good enough. */
static int
pf_blocking(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	TRY(pf_is_text(r, n));
	if (str_eqz(n->text, "any")) {
		*(int *)out = POLICY_BANDS - 1;
		return 0;
	}
	if (!str_starts(n->text, ">="))
		return pf_error(r, n, "%s \"%s\"; want the least reliability "
		    "of a source, like \">=C\", or any", row->key,
		    n->text.p);
	return pf_band_worst(r, row, n, out);
}

static int
pf_witnesses(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	char country[3];

	(void)out;
	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next)
		TRY(pf_country(r, row, m, country));
	return 0;
}

void
pf_scoring_default(struct policy_file *f)
{
	f->scoring.blocking = BLOCKING_WORST;
}

int
pf_read_trust(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "half-life", .read = pf_half_life },
		{ .key = "weights", .read = pf_weights },
		{ .key = "groups", .read = pf_groups,
		  .offset = offsetof(struct policy_scoring, groups) },
		{ .key = "blocking", .read = pf_blocking,
		  .offset = offsetof(struct policy_scoring, blocking) },
		{ .key = "witnesses", .read = pf_witnesses },
		{ .key = "quorum", .read = pf_integer, .min = 1, .max = 1000,
		  .offset = offsetof(struct policy_scoring, quorum) },
		{ .key = "initial", .read = pf_initial },
		{ 0 },
	};
	const struct yaml_node *witnesses = yaml_get(n, "witnesses");
	struct policy_scoring *s = &r->f->scoring;

	TRY(pf_map(r, n, rows, s));
	if (witnesses != NULL && (size_t)s->quorum > witnesses->n)
		return pf_error(r, yaml_get(n, "quorum"), "quorum %d of %zu "
		    "witnesses; want at most %zu", s->quorum, witnesses->n,
		    witnesses->n);
	return 0;
}
