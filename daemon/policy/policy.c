/*
 * Loading a policy, and what it says about organisations and sources.
 */
#include "policy/policy.h"

#include "policy/lint.h"
#include "policy/policy_private.h"

#include <stdlib.h>
#include <string.h>

static void
orgs_fill(struct policy *p)
{
	const struct policy_file *f = p->file;

	p->orgs = mem_array(struct policy_org, f->parties.n);
	for (size_t i = 0; i < f->parties.n; i++) {
		const struct policy_party *party = &f->parties.v[i];
		struct policy_org *o = &p->orgs[i];

		o->id = f->v.orgs.v[i];
		memcpy(o->country, party->country, sizeof(o->country));
		o->type = party->type < 0 ? "" : policy_types[party->type];
		o->anonymiser = party->anonymiser;
		o->minimum_version = party->minimum_version.n > 0 ?
		    party->minimum_version.p : "";
		o->gov_tie = policy_gov_ties[party->gov_tie];
		if (party->wall == POLICY_WALL_ATTESTED)
			o->attested_until = party->attested_until;
		o->first_desk = party->first_desk;
		o->ndesks = party->ndesks;
		o->discretion = (enum band)party->discretion;
		o->reliability = (enum band)party->reliability;
		for (size_t k = 0; k < f->in_force.n; k++)
			if (strcmp(f->in_force.v[k].country, o->country) == 0)
				o->posture = (enum posture)
				    f->in_force.v[k].posture;
	}
}

static int
check_tests(const struct policy *p, struct err *e)
{
	const struct policy_file *f = p->file;

	for (size_t i = 0; i < f->tests.n; i++) {
		const struct policy_case *c = &f->tests.v[i];
		char shown[NAME_MAX_BYTES];

		if (!policy_test_known(p, c))
			return yaml_error(e, yaml_get(c->at, "by"), "by "
			    "\"%s\" is no wall, grant, limit, posture or "
			    "reason", str_escape(shown, sizeof(shown),
			    c->by));
	}
	return 0;
}

/* One file of the set, for the digest. */
static void
digest_add(struct buf *b, struct str bytes)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_addc(b, (char)(bytes.n >> shift & 0xff));
	buf_add(b, bytes.p, bytes.n);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Over the length (8 bytes) and the bytes of every file read. */
static void
digest_fill(struct policy *p, const struct file_set *files)
{
	AUTO_BUF struct buf all = { 0 };
	VEC(const char *) names = { 0 };
	const char *name;

	for (size_t i = 0; (name = policy_file_source(p->file, i)); i++)
		vec_push(&names, name);
	qsort(names.v, names.n, sizeof(*names.v), compare_names);
	for (size_t i = 0; i < names.n; i++) {
		struct str bytes;

		if (file_set_get(files, str_of(names.v[i]), &bytes) == 0)
			digest_add(&all, bytes);
	}
	p->digest = sha256_of(all.p, all.n);
	vec_clear(&names);
}

struct policy *
policy_load(const struct file_set *files, const char *main_name,
    struct err *e)
{
	AUTO(policy_free) struct policy *p = mem_new(struct policy);

	p->file = policy_file_read(files, main_name, e);
	if (p->file == NULL)
		return NULL;
	if (p->file->rules.n > POLICY_RULES_MAX) {
		(void)err_set(e, ERR_CONF, "%s: %zu grants and limits; at "
		    "most %d", main_name, p->file->rules.n,
		    POLICY_RULES_MAX);
		return NULL;
	}
	if (check_tests(p, e) < 0 || scoring_read(p, e) < 0)
		return NULL;
	orgs_fill(p);
	policy_compile(p);
	policy_lint(p);
	digest_fill(p, files);
	return TAKE(p);
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	policy_sets_clear(p);
	policy_file_free(p->file);
	free(p->orgs);
	free(p);
}

const char *
policy_warning(const struct policy *p, size_t i)
{
	return i < p->file->warnings.n ? p->file->warnings.v[i] : NULL;
}

const struct vocabulary *
policy_vocabulary(const struct policy *p)
{
	return &p->file->v;
}

void
policy_digest(const struct policy *p, struct digest *out)
{
	*out = p->digest;
}

size_t
policy_norgs(const struct policy *p)
{
	return p->file->parties.n;
}

const struct policy_org *
policy_org(const struct policy *p, size_t i)
{
	return i < p->file->parties.n ? &p->orgs[i] : NULL;
}

int
policy_find_org(const struct policy *p, struct str id)
{
	return names_find(&p->file->v.orgs, id);
}

int
policy_find_desk(const struct policy *p, struct str org_slash_desk)
{
	return names_find(&p->file->v.desks, org_slash_desk);
}

uint32_t
policy_desk_uses(const struct policy *p, int desk)
{
	return desk < 0 || (size_t)desk >= p->file->v.desks.n ? 0 :
	    p->desks[desk].uses;
}

bool
policy_term_with(const struct policy *p, int org, size_t i,
    struct policy_term *out)
{
	const struct policy_file *f = p->file;

	if (org <= 0)
		return false;
	for (size_t a = 0; a < f->agreements.n; a++)
		if (f->agreements.v[a].with == org && i-- == 0) {
			*out = (struct policy_term){
				f->agreements.v[a].id.p,
				f->agreements.v[a].digest.p, (uint32_t)a,
				false };
			return true;
		}
	for (size_t c = 0; c < f->circles.n; c++)
		if (org_set_has(&f->circles.v[c].members, (unsigned)org) &&
		    i-- == 0) {
			*out = (struct policy_term){ f->circles.v[c].id.p,
				f->circles.v[c].charter.p, (uint32_t)c,
				true };
			return true;
		}
	return false;
}

/* Bytes alike but for the case of ASCII letters. */
static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
pattern_fits(struct str pattern, struct str s)
{
	bool rest = str_ends(pattern, "*");
	size_t n = pattern.n - rest;

	if (rest ? s.n < n : s.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fold(pattern.p[i]) != fold(s.p[i]))
			return false;
	return true;
}

/* Does one of the patterns fit one of the texts?  NULL asks nothing. */
static bool
any_fits(const struct yaml_node *patterns, const struct str *v, size_t n)
{
	const struct yaml_node *p;

	if (patterns == NULL)
		return true;
	p = patterns->kind == YAML_LIST ? patterns->first : patterns;
	for (; p != NULL; p = patterns->kind == YAML_LIST ? p->next : NULL)
		for (size_t i = 0; i < n; i++)
			if (pattern_fits(p->text, v[i]))
				return true;
	return false;
}

uint8_t
policy_classify(const struct policy *p, const struct stix_object *o)
{
	const struct policy_file *f = p->file;

	for (size_t i = 0; i < f->classify.n; i++) {
		const struct policy_classifier *c = &f->classify.v[i];

		if (any_fits(c->type, &o->type, 1) &&
		    any_fits(c->label, o->labels, o->nlabels) &&
		    any_fits(c->tag, o->labels, o->nlabels) &&
		    any_fits(c->indicator_type, o->indicator_types,
		    o->nindicator_types))
			return (uint8_t)c->kind;
	}
	return 0;
}

void
policy_source_label(const struct policy *p, int org, int desk,
    struct label *out)
{
	const struct policy_file *f = p->file;
	const struct policy_party *party;
	uint32_t uses = 0;

	if (org < 0 || (size_t)org >= f->parties.n) {
		label_top(out);
		return;
	}
	party = &f->parties.v[org];
	for (int i = 0; i < party->ndesks; i++)
		if (desk < 0 || org != 0 || desk == party->first_desk + i)
			uses |= f->desk_uses[party->first_desk + i];
	label_bottom(out);
	out->tlp = (uint8_t)(party->label.tlp < 0 ? TLP_RED :
	    party->label.tlp);
	out->pap = (uint8_t)(party->label.pap < 0 ? PAP_AMBER :
	    party->label.pap);
	out->hops = party->label.hops < 0 ? label_default_hops(out->tlp) :
	    (uint8_t)party->label.hops;
	/* Domains are the first names of lineage, with the same bits. */
	out->lineage = party->label.has_lineage ? party->label.lineage : uses;
	out->caveats = party->label.caveats;
	out->purposes = party->label.has_purposes ? party->label.purposes : 0;
	for (size_t d = 0; d < f->v.domains.n &&
	    !party->label.has_purposes; d++)
		if ((uses >> d & 1) != 0)
			out->purposes |= f->v.domain_purposes[d];
	org_set_add(&out->roots, (unsigned)org);
}

const char *
policy_release_id(const struct policy *p, size_t i)
{
	return i < p->file->releases.n ? p->file->releases.v[i].id.p : NULL;
}

void
policy_consult(const struct policy *p, struct policy_consult *out)
{
	const struct policy_panel *panel = &p->file->panel;

	*out = (struct policy_consult){ &panel->roles,
	    panel->quorum == 0 ? 2 : (size_t)panel->quorum,
	    panel->quorum == 0 ? DAY(1) : panel->timeout_ms };
}

bool
policy_may_ask(const struct policy *p, int org)
{
	return org > 0 && org_set_has(&p->file->panel.ask, (unsigned)org);
}
