/*
 * What a policy says about itself: tests, and claims to be proved.
 */
#include "config/policy_file_read.h"

#include <string.h>

static const char *const senders[] = { "hops-honoured", "walls-attested",
    "onward-declared", NULL };
static const char *const theorems[] = { "label", "posture", "trust",
    "missing", NULL };

#define CASE(f) .offset = offsetof(struct policy_case, f)

/* "to": a desk of a peer; "from": the same, sending. */
static int
pf_case_desk(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	struct policy_case *c = out;

	TRY(pf_desk(r, row, n, &c->desk));
	if (c->desk < r->f->parties.v[0].ndesks)
		return pf_error(r, n, "\"%s\" is a desk of ours; want one of "
		    "a peer", n->text.p);
	c->in = strcmp(row->key, "from") == 0;
	return 0;
}

static int
pf_case_kind(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int k;

	TRY(pf_kind(r, row, n, &k));
	((struct policy_case *)out)->label.kind = (uint8_t)k;
	return 0;
}

static int
pf_case_tlp(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int tlp;

	TRY(pf_tlp(r, row, n, &tlp));
	((struct policy_case *)out)->label.tlp = (uint8_t)tlp;
	return 0;
}

static int
pf_case_pap(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int pap;

	TRY(pf_pap(r, row, n, &pap));
	((struct policy_case *)out)->label.pap = (uint8_t)pap;
	return 0;
}

static int
pf_case_hops(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int hops;

	TRY(pf_integer(r, row, n, &hops));
	((struct policy_case *)out)->label.hops = (uint8_t)hops;
	return 0;
}

static int
pf_case_definition(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	int i;

	TRY(pf_enum(r, row, n, &i));
	((struct policy_case *)out)->unshared = true;
	return 0;
}

static const struct pf_row case_rows[] = {
	{ .key = "to", .read = pf_case_desk },
	{ .key = "from", .read = pf_case_desk },
	{ .key = "kind", .read = pf_case_kind },
	{ .key = "tlp", .read = pf_case_tlp },
	{ .key = "pap", .read = pf_case_pap },
	{ .key = "hops", .read = pf_case_hops, .max = LABEL_HOPS_MAX },
	{ .key = "lineage", .read = pf_lineage, .may_be_empty = true,
	  CASE(label.lineage) },
	{ .key = "caveats", .read = pf_caveats, .may_be_empty = true,
	  CASE(label.caveats) },
	{ .key = "purposes", .read = pf_purposes, .may_be_empty = true,
	  CASE(label.purposes) },
	{ .key = "purpose", .read = pf_domain, CASE(purpose) },
	{ .key = "posture", .read = pf_enum, .names = policy_postures,
	  CASE(posture) },
	{ .key = "discretion", .read = pf_enum, .names = policy_bands,
	  CASE(discretion) },
	{ .key = "reliability", .read = pf_enum, .names = policy_bands,
	  CASE(reliability) },
	{ .key = "received", .read = pf_bool, CASE(received) },
	{ .key = "definition", .read = pf_case_definition,
	  .names = policy_definitions },
	{ .key = "date", .read = pf_date, CASE(date) },
	{ .key = "note", .read = pf_note },
	/* The last two: only of a test. */
	{ .key = "expect", .read = pf_enum, .required = true,
	  .names = policy_levels, CASE(expect) },
	{ .key = "by", .read = pf_text, CASE(by) },
	{ 0 },
};
#define CASE_EXPECT (NELEM(case_rows) - 3)

int
pf_read_case(struct pf *r, const struct yaml_node *n, bool expects,
    struct policy_case *out)
{
	struct pf_row rows[NELEM(case_rows)];
	struct policy_case c = { .at = n, .desk = -1, .posture = -1,
	    .discretion = 1, .reliability = 2, .expect = -1 };
	int secops = names_find(&r->f->v.domains, STR("secops"));

	memcpy(rows, case_rows, sizeof(rows));
	if (!expects)
		rows[CASE_EXPECT].key = NULL;
	label_bottom(&c.label);
	c.label.tlp = TLP_RED;
	c.purpose = secops < 0 ? 0 : secops;
	c.label.lineage = 1U << c.purpose;
	TRY(pf_map(r, n, rows, &c));
	if ((yaml_get(n, "to") == NULL) == (yaml_get(n, "from") == NULL))
		return pf_error(r, n, "want one of to and from, with a desk "
		    "like %s", r->f->v.desks.v[r->f->v.desks.n - 1]);
	label_normalise(&c.label, &r->f->v);
	*out = c;
	return 0;
}

int
pf_read_tests(struct pf *r, const struct yaml_node *n)
{
	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_case c;

		TRY(pf_read_case(r, i, true, &c));
		vec_push(&r->f->tests, c);
	}
	return 0;
}

#define CLAIM(f) .offset = offsetof(struct policy_claim, f)

static int
on_claim_wall(struct pf *r, const struct yaml_node *item, void *arg)
{
	AUTO(mem_free) const char **ids = mem_array(const char *,
	    r->f->walls.n);
	uint64_t *walls = arg;

	for (size_t i = 0; i < r->f->walls.n; i++) {
		ids[i] = r->f->walls.v[i].id.p;
		if (str_eq(r->f->walls.v[i].id, item->text)) {
			*walls |= UINT64_C(1) << i;
			return 0;
		}
	}
	return pf_unknown(r, item, "wall", ids, r->f->walls.n);
}

static int
pf_claim_walls(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	return pf_each(r, row, n, on_claim_wall, out);
}

/* "out" and "to", "in" and "from": any, or a desk of a peer. */
static int
pf_claim_target(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	struct policy_claim *c = out;

	c->in = strcmp(row->key, "in") == 0 || strcmp(row->key, "from") == 0;
	if (n->kind == YAML_TEXT && str_eqz(n->text, "any"))
		return 0;
	TRY(pf_desk(r, row, n, &c->desk));
	if (c->desk < r->f->parties.v[0].ndesks)
		return pf_error(r, n, "\"%s\" is a desk of ours; want one of "
		    "a peer", n->text.p);
	return 0;
}

static int
pf_cells(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "kind", .read = pf_kinds, CLAIM(kinds) },
		{ .key = "out", .read = pf_claim_target },
		{ .key = "in", .read = pf_claim_target },
		{ .key = "to", .read = pf_claim_target },
		{ .key = "from", .read = pf_claim_target },
		{ .key = "for", .read = pf_domains, CLAIM(domains) },
		{ .key = "lineage", .read = pf_lineage, CLAIM(lineage) },
		{ .key = "tlp", .read = pf_tlp_most, CLAIM(tlp) },
		{ .key = "posture", .read = pf_enums,
		  .names = policy_postures, CLAIM(postures) },
		{ .key = "discretion", .read = pf_band_worst,
		  CLAIM(discretion) },
		{ .key = "reliability", .read = pf_band_worst,
		  CLAIM(reliability) },
		{ .key = "decide", .read = pf_enums, .names = policy_levels,
		  .required = true, CLAIM(decide) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

/* What a claim means before anything is stated. */
static void
claim_init(const struct pf *r, const struct yaml_node *n,
    struct policy_claim *out)
{
	size_t kinds = r->f->v.kinds.n;

	*out = (struct policy_claim){ .at = n, .desk = -1, .tlp = TLP_RED,
	    .postures = (1U << POLICY_POSTURES) - 1,
	    .discretion = POLICY_BANDS - 1,
	    .reliability = POLICY_BANDS - 1,
	    .kinds = kinds >= 64 ? UINT64_MAX : (UINT64_C(1) << kinds) - 1 };
}

int
pf_read_prove(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "separation", .read = pf_claim_walls, CLAIM(walls) },
		{ .key = "assume", .read = pf_enums, .names = senders,
		  .may_be_empty = true, CLAIM(assume) },
		{ .key = "monotone", .read = pf_enums, .names = theorems,
		  CLAIM(theorems) },
		{ .key = "never", .read = pf_cells },
		{ .key = "always", .read = pf_cells },
		{ 0 },
	};
	static const char *const claims[] = { "separation", "monotone",
	    "never", "always" };

	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_claim c;
		int found = 0;

		claim_init(r, i, &c);
		TRY(pf_map(r, i, rows, &c));
		for (size_t k = 0; k < NELEM(claims); k++)
			if (yaml_get(i, claims[k]) != NULL) {
				c.kind = (enum policy_claim_kind)k;
				found++;
			}
		if (found != 1)
			return pf_error(r, i, "want one claim: separation, "
			    "monotone, never or always");
		vec_push(&r->f->claims, c);
	}
	return 0;
}
