/*
 * Who there is: ourselves, peers and their desks, circles, agreements; and
 * what is known of them: postures between countries, trust.
 */
#include "config/policy_file_read.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"

#define SHOWN_MAX 80
#define ORG_MAX (LABEL_ORGS_MAX - 1)

const char *const policy_types[] = { "national", "sectoral", "vendor",
    "private", "ngo", "university", "third-party", "public", NULL };
const char *const policy_postures[] = { "normal", "strained", "suspended",
    NULL };
const char *const policy_gov_ties[] = { "none", "arms-length", "close",
    "merged", NULL };
static const char *const walls[] = { "attested", "declared", "none", NULL };
enum { ROLE_ANONYMISER };
static const char *const roles[] = { "anonymiser", "relay", NULL };
static const char *const profiles[] = { "normal", "low-bandwidth", NULL };
static const char *const exemptions[] = { "exempt", "expected", NULL };

/* The names "org/desk" and the domains each desk declares. */
static int
pf_desks(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct policy_party *p = out;
	struct policy_file *f = r->f;
	const char *org = f->v.orgs.v[f->parties.n];
	char name[2 * NAME_MAX_BYTES];

	(void)row;
	TRY(pf_is_map(r, n));
	if (n->n == 0)
		return pf_error(r, n, "no desk; want at least one, like ops: "
		    "[secops]");
	p->first_desk = (int)f->v.desks.n;
	p->ndesks = (int)n->n;
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct pf_row uses = { .key = "the list of uses" };
		int d = ERR_LIMIT;

		if (m->key.n < NAME_MAX_BYTES &&
		    memchr(m->key.p, '/', m->key.n) == NULL) {
			(void)snprintf(name, sizeof(name), "%s/%s", org,
			    m->key.p);
			d = names_add(&f->v.desks, str_of(name),
			    LABEL_DESKS_MAX);
		}
		if (d == ERR_LIMIT && f->v.desks.n == LABEL_DESKS_MAX)
			return yaml_key_error(r->e, m, "desk \"%.60s\" is one "
			    "too many: there may be %d in all", m->key.p,
			    LABEL_DESKS_MAX);
		if (d < 0)
			return yaml_key_error(r->e, m, "desk \"%.60s\"; want a "
			    "name without \"/\", white space or comma, under "
			    "%d bytes with the CERT's", m->key.p,
			    NAME_MAX_BYTES);
		TRY(pf_domains(r, &uses, m, &f->desk_uses[d]));
	}
	return 0;
}

/* Give an organisation its number; `at` has its name. */
static int
add_org(struct pf *r, const struct yaml_node *at, struct str name)
{
	char shown[SHOWN_MAX];

	(void)str_escape(shown, sizeof(shown), name);
	if (!schema_is_name(name) || name.n >= NAME_MAX_BYTES)
		return pf_error(r, at, "\"%s\"; want a CERT's name as in its "
		    "card: lower-case letters, digits and hyphens, with dots "
		    "between, under %d bytes", shown, NAME_MAX_BYTES);
	if (names_find(&r->f->v.orgs, name) >= 0)
		return pf_error(r, at, "peer \"%s\" is there already",
		    shown);
	if (names_add(&r->f->v.orgs, name, ORG_MAX) < 0)
		return pf_error(r, at, "more than %d peers", ORG_MAX - 1);
	return 0;
}

static struct policy_party
party_new(const struct yaml_node *at)
{
	return (struct policy_party){
		.at = at, .type = -1, .discretion = POLICY_BANDS - 1,
		.reliability = POLICY_BANDS - 1, .wall = POLICY_WALL_NONE,
		.attested_until = UNIX_MS_NEVER, .group = -1,
		.label = { .tlp = -1, .pap = -1, .hops = -1 },
	};
}

static int
pf_self_org(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	(void)row, (void)out;
	TRY(pf_is_text(r, n));
	return add_org(r, n, n->text);
}

int
pf_read_self(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "org", .read = pf_self_org, .required = true },
		{ .key = "country", .read = pf_country, .required = true,
		  .offset = offsetof(struct policy_party, country) },
		{ .key = "desks", .read = pf_desks, .required = true },
		{ .key = "default-label", .read = pf_label,
		  .offset = offsetof(struct policy_party, label) },
		{ 0 },
	};
	struct policy_party p = party_new(n);

	TRY(pf_map(r, n, rows, &p));
	vec_push(&r->f->parties, p);
	return 0;
}

/* A closed word that is checked and not needed here. */
static int
pf_word(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int unused;

	(void)out;
	return pf_enum(r, row, n, &unused);
}

static int
pf_role(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int role;

	TRY(pf_enum(r, row, n, &role));
	*(bool *)out = role == ROLE_ANONYMISER;
	return 0;
}

/* Circles come later in the reading: see pf_read_onward. */
static int
pf_later(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	(void)r, (void)row, (void)n, (void)out;
	return 0;
}

static int
pf_wall(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int w;

	TRY(pf_enum(r, row, n, &w));
	*(enum policy_wall *)out = (enum policy_wall)w;
	return 0;
}

/* "1.20.3": numbers with dots between. */
static int
pf_version(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];
	struct str s = n->text;
	bool good;

	TRY(pf_is_text(r, n));
	good = s.n < 32 && s.p[0] != '.' && s.p[s.n - 1] != '.';
	for (size_t i = 0; good && i < s.n; i++)
		good = (s.p[i] >= '0' && s.p[i] <= '9') ||
		    (s.p[i] == '.' && s.p[i - 1] != '.');
	if (!good)
		return pf_error(r, n, "%s \"%s\"; want a version of the "
		    "software, like \"0.2\"", row->key, str_escape(shown,
		    sizeof(shown), s));
	*(struct str *)out = s;
	return 0;
}

static const struct pf_row peer_rows[] = {
	{ .key = "country", .read = pf_country, .required = true,
	  .offset = offsetof(struct policy_party, country) },
	{ .key = "type", .read = pf_enum, .required = true,
	  .names = policy_types,
	  .offset = offsetof(struct policy_party, type) },
	{ .key = "gov-tie", .read = pf_enum, .names = policy_gov_ties,
	  .offset = offsetof(struct policy_party, gov_tie) },
	{ .key = "wall", .read = pf_wall, .names = walls,
	  .offset = offsetof(struct policy_party, wall) },
	{ .key = "onward", .read = pf_later },
	{ .key = "desks", .read = pf_desks, .required = true },
	{ .key = "profile", .read = pf_word, .names = profiles },
	{ .key = "role", .read = pf_role, .names = roles,
	  .offset = offsetof(struct policy_party, anonymiser) },
	{ .key = "attested-until", .read = pf_date,
	  .offset = offsetof(struct policy_party, attested_until) },
	{ .key = "minimum-version", .read = pf_version,
	  .offset = offsetof(struct policy_party, minimum_version) },
	{ .key = "note", .read = pf_note },
	{ .key = "default-label", .read = pf_label,
	  .offset = offsetof(struct policy_party, label) },
	{ 0 },
};

int
pf_read_peers(struct pf *r, const struct yaml_node *n)
{
	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct policy_party p = party_new(m);
		struct yaml_node at = *m;

		at.line = m->key_line;
		at.column = m->key_column;
		TRY(add_org(r, &at, m->key));
		TRY(pf_map(r, m, peer_rows, &p));
		if (yaml_get(m, "attested-until") != NULL &&
		    p.wall != POLICY_WALL_ATTESTED)
			return pf_error(r, yaml_get(m, "attested-until"),
			    "attested-until is of an attested wall; want it "
			    "with wall: attested");
		vec_push(&r->f->parties, p);
	}
	return 0;
}

static int
find_circle(struct pf *r, const struct yaml_node *n)
{
	const char *names[POLICY_TERMS_MAX];

	for (size_t i = 0; i < r->f->circles.n; i++) {
		if (str_eq(r->f->circles.v[i].id, n->text))
			return (int)i;
		names[i] = r->f->circles.v[i].id.p;
	}
	return pf_unknown(r, n, "circle", names, r->f->circles.n);
}

static int
on_onward(struct pf *r, const struct yaml_node *item, void *arg)
{
	int c = find_circle(r, item);

	TRY(c);
	*(uint64_t *)arg |= UINT64_C(1) << c;
	return 0;
}

int
pf_read_onward(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row row = { .key = "onward",
	    .may_be_empty = true };

	(void)n;
	for (size_t i = 1; i < r->f->parties.n; i++) {
		struct policy_party *p = &r->f->parties.v[i];
		const struct yaml_node *onward = yaml_get(p->at, "onward");

		if (onward != NULL)
			TRY(pf_each(r, &row, onward, on_onward, &p->onward));
	}
	return 0;
}

static int
find_peer(struct pf *r, const struct yaml_node *n)
{
	int o = names_find(&r->f->v.orgs, n->text);

	return o >= 0 ? o : pf_not_a_peer(r, n);
}

static int
on_member(struct pf *r, const struct yaml_node *item, void *arg)
{
	int o = find_peer(r, item);

	TRY(o);
	org_set_add(arg, (unsigned)o);
	return 0;
}

static int
pf_members(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	return pf_each(r, row, n, on_member, out);
}

static const struct pf_row circle_rows[] = {
	{ .key = "members", .read = pf_members, .required = true,
	  .offset = offsetof(struct policy_circle, members) },
	{ .key = "foci", .read = pf_kinds, .required = true,
	  .offset = offsetof(struct policy_circle, foci) },
	{ .key = "charter", .read = pf_digest, .required = true,
	  .offset = offsetof(struct policy_circle, charter) },
	{ .key = "quorum", .read = pf_integer, .min = 1, .max = 100,
	  .offset = offsetof(struct policy_circle, quorum) },
	{ .key = "reciprocity", .read = pf_word, .names = exemptions },
	{ .key = "note", .read = pf_note },
	{ 0 },
};

int
pf_read_circles(struct pf *r, const struct yaml_node *n)
{
	struct policy_file *f = r->f;

	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct policy_circle c = { .at = m, .id = m->key };

		for (size_t i = 0; i < f->circles.n; i++)
			if (str_eq(f->circles.v[i].id, m->key))
				return yaml_key_error(r->e, m, "circle \"%s\""
				    " is there already, at %s:%u", m->key.p,
				    f->circles.v[i].at->file,
				    f->circles.v[i].at->key_line);
		if (f->circles.n == POLICY_TERMS_MAX)
			return pf_error(r, m, "more than %d circles",
			    POLICY_TERMS_MAX);
		TRY(pf_map(r, m, circle_rows, &c));
		/* Only we ourselves may be left out: we are in all. */
		org_set_add(&c.members, 0);
		vec_push(&f->circles, c);
	}
	return 0;
}

static int
pf_terms(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "purposes", .read = pf_purposes, .required = true,
		  .offset = offsetof(struct policy_terms, purposes) },
		{ .key = "kinds", .read = pf_kinds, .required = true,
		  .offset = offsetof(struct policy_terms, kinds) },
		{ .key = "tlp", .read = pf_tlp, .required = true,
		  .offset = offsetof(struct policy_terms, tlp) },
		{ .key = "hops", .read = pf_integer, .required = true,
		  .max = LABEL_HOPS_MAX,
		  .offset = offsetof(struct policy_terms, hops) },
		{ 0 },
	};

	(void)row;
	return pf_map(r, n, rows, out);
}

static int
pf_peer(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int o;

	(void)row;
	TRY(pf_is_text(r, n));
	o = find_peer(r, n);
	TRY(o);
	if (o == 0)
		return pf_error(r, n, "\"%s\" are we ourselves; want a peer",
		    r->f->v.orgs.v[0]);
	*(int *)out = o;
	return 0;
}

static const struct pf_row agreement_rows[] = {
	{ .key = "id", .read = pf_id, .required = true,
	  .offset = offsetof(struct policy_agreement, id) },
	{ .key = "with", .read = pf_peer, .required = true,
	  .offset = offsetof(struct policy_agreement, with) },
	{ .key = "until", .read = pf_date, .required = true,
	  .offset = offsetof(struct policy_agreement, until) },
	{ .key = "digest", .read = pf_digest, .required = true,
	  .offset = offsetof(struct policy_agreement, digest) },
	{ .key = "ours", .read = pf_terms, .required = true,
	  .offset = offsetof(struct policy_agreement, ours) },
	{ .key = "theirs", .read = pf_terms, .required = true,
	  .offset = offsetof(struct policy_agreement, theirs) },
	{ .key = "note", .read = pf_note },
	{ 0 },
};

int
pf_read_agreements(struct pf *r, const struct yaml_node *n)
{
	struct policy_file *f = r->f;

	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_agreement a = { .at = i };

		TRY(pf_map(r, i, agreement_rows, &a));
		for (size_t k = 0; k < f->agreements.n; k++)
			if (str_eq(f->agreements.v[k].id, a.id))
				return pf_error(r, i, "agreement \"%s\" is "
				    "there already, at %s:%u", a.id.p,
				    f->agreements.v[k].at->file,
				    f->agreements.v[k].at->line);
		if (f->agreements.n == POLICY_TERMS_MAX)
			return pf_error(r, i, "more than %d agreements",
			    POLICY_TERMS_MAX);
		vec_push(&f->agreements, a);
	}
	return 0;
}
