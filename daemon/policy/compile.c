/*
 * From the checked file to bit vectors.
 */
#include "policy/policy_private.h"

#include <stdlib.h>
#include <string.h>

static enum rule_class
rule_class_of(const struct policy_rule *r)
{
	if (!r->limit)
		return r->level == POLICY_PERMIT ? CLASS_PERMIT :
		    r->level == POLICY_REDACT ? CLASS_GRANT_REDACT :
		    CLASS_GRANT_CONSULT;
	return r->level == POLICY_REDACT ? CLASS_LIMIT_REDACT :
	    r->level == POLICY_CONSULT ? CLASS_LIMIT_CONSULT :
	    CLASS_LIMIT_DENY;
}

/* Where each class begins, and how long a vector is. */
static void
set_layout(struct rule_set *s, const struct policy_file *f, bool in)
{
	size_t count[RULE_CLASSES] = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < f->rules.n; i++)
		if (f->rules.v[i].in == in)
			count[rule_class_of(&f->rules.v[i])]++;
	for (int c = 0; c < RULE_CLASSES; c++) {
		s->first[c] = at;
		at += (count[c] + 63) / 64;
		for (size_t w = s->first[c]; w < at; w++)
			s->words_of[w / 64][c] |= UINT64_C(1) << (w % 64);
	}
	s->first[RULE_CLASSES] = at;
	s->words = (at + VECTOR_STEP - 1) / VECTOR_STEP * VECTOR_STEP;
	if (s->words == 0)
		s->words = VECTOR_STEP;
}

static void
set_alloc(struct rule_set *s, const struct policy_file *f)
{
	uint64_t **const vectors[] = { &s->org, &s->kind, &s->use, &s->trust,
	    &s->transit, &s->narrow, &s->unshared, &s->circle,
	    &s->agreement };
	const size_t values[] = { f->parties.n, f->v.kinds.n,
	    SET_USE(f->v.domains.n, 0), SET_TRUST(POLICY_BANDS, 0), 1, 1, 1,
	    f->circles.n, f->agreements.n };
	size_t total = 0;

	for (size_t i = 0; i < NELEM(vectors); i++)
		total += values[i];
	s->bits = mem_array(uint64_t, total * s->words);
	s->terms = mem_array(struct rule_terms, s->words * 64);
	total = 0;
	for (size_t i = 0; i < NELEM(vectors); i++) {
		*vectors[i] = s->bits + total * s->words;
		total += values[i];
	}
}

static void
bit_set(const struct rule_set *s, uint64_t *vectors, size_t value, size_t bit)
{
	vectors[value * s->words + bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* Where both of two attributes are in range. */
static void
rule_place_pairs(const struct rule_set *s, const struct policy *p,
    const struct policy_rule *r, size_t bit)
{
	for (size_t d = 0; d < p->file->v.domains.n; d++)
		for (int t = r->tlp_min; t <= r->tlp_max; t++)
			if ((r->domains >> d & 1) != 0)
				bit_set(s, s->use, SET_USE(d, t), bit);
	for (int d = r->discretion_min; d <= r->discretion_max; d++)
		for (int i = r->reliability_min; i <= r->reliability_max; i++)
			bit_set(s, s->trust, SET_TRUST(d, i), bit);
}

/* The bit of rule r in every vector that it belongs to. */
static void
rule_place(struct rule_set *s, const struct policy *p,
    const struct policy_rule *r, size_t bit)
{
	const struct vocabulary *v = &p->file->v;

	/* From 1: no rule is about ourselves. */
	for (size_t o = 1; o < p->file->parties.n; o++)
		if (org_set_has(&r->orgs, (unsigned)o))
			bit_set(s, s->org, o, bit);
	for (size_t k = 0; k < v->kinds.n; k++)
		if ((r->kinds >> k & 1) != 0)
			bit_set(s, s->kind, k, bit);
	rule_place_pairs(s, p, r, bit);
	if (r->limit || r->transit || r->in)
		bit_set(s, s->transit, 0, bit);
	if (r->unshared) {
		bit_set(s, s->unshared, 0, bit);
		s->asks_definition = true;
	}
	if (r->limit)
		return;
	if (r->cap_purposes != UINT32_MAX) {
		bit_set(s, s->narrow, 0, bit);
		s->narrows = true;
	}
	if (r->circle >= 0)
		bit_set(s, s->circle, (size_t)r->circle, bit);
	if (r->agreement >= 0)
		bit_set(s, s->agreement, (size_t)r->agreement, bit);
}

static void
set_compile(struct policy *p, bool in)
{
	const struct policy_file *f = p->file;
	struct rule_set *s = &p->sets[in ? DIRECTION_IN : DIRECTION_OUT];
	size_t next[RULE_CLASSES];

	set_layout(s, f, in);
	set_alloc(s, f);
	for (int c = 0; c < RULE_CLASSES; c++)
		next[c] = s->first[c] * 64;
	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *r = &f->rules.v[i];
		size_t bit;

		if (r->in != in)
			continue;
		bit = next[rule_class_of(r)]++;
		rule_place(s, p, r, bit);
		s->terms[bit] = (struct rule_terms){
			.ttl_ms = r->cap_ttl_ms, .redactions = r->redact,
			.purposes = r->cap_purposes,
			.obligations = r->oblige, .lineage = r->tag,
			.rule = (int)i, .hops = (uint8_t)r->cap_hops,
			.circle = (int8_t)(r->limit ? -1 : r->circle),
			.agreement = (int8_t)(r->limit ? -1 : r->agreement),
		};
	}
}

/* The lineage that walls keep from a desk with these uses. */
static uint32_t
walled_lineage(const struct policy_file *f, uint32_t uses)
{
	uint32_t walled = 0;

	for (size_t i = 0; i < f->walls.n; i++)
		if ((f->walls.v[i].out_of & uses) != 0)
			walled |= f->walls.v[i].keep;
	return walled;
}

/* The circles and agreements that grants rest on for this organisation. */
static void
desk_terms(const struct policy_file *f, int org, struct desk_facts *d)
{
	d->agreements_end = UNIX_MS_NEVER;
	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *r = &f->rules.v[i];

		if (r->limit || !org_set_has(&r->orgs, (unsigned)org))
			continue;
		if (r->circle >= 0)
			d->circles |= UINT64_C(1) << r->circle;
		if (r->agreement < 0)
			continue;
		d->agreements |= UINT64_C(1) << r->agreement;
		if (f->agreements.v[r->agreement].until.ms <
		    d->agreements_end.ms)
			d->agreements_end =
			    f->agreements.v[r->agreement].until;
	}
}

static void
org_desks(struct policy *p, int org)
{
	const struct policy_file *f = p->file;
	const struct policy_party *party = &f->parties.v[org];
	struct desk_facts shared = { .org = org };
	uint32_t all = 0;

	desk_terms(f, org, &shared);
	for (int i = 0; i < party->ndesks; i++)
		all |= f->desk_uses[party->first_desk + i];
	for (int i = 0; i < party->ndesks; i++) {
		struct desk_facts *d = &p->desks[party->first_desk + i];

		*d = shared;
		d->uses = f->desk_uses[party->first_desk + i];
		/* Without an attested wall of its own, an organisation is
		 * one desk with all uses. */
		d->walled = walled_lineage(f, org != 0 &&
		    party->wall != POLICY_WALL_ATTESTED ? all : d->uses);
		d->walled_later = walled_lineage(f, org != 0 ? all :
		    d->uses);
		d->attested_until = party->attested_until;
	}
}

void
policy_compile(struct policy *p)
{
	p->desks = mem_array(struct desk_facts, p->file->v.desks.n);
	for (size_t k = 0; k < p->file->v.kinds.n; k++)
		if (p->file->definitions[k].n > 0)
			p->defined |= UINT64_C(1) << k;
	for (size_t i = 0; i < p->file->parties.n; i++)
		org_desks(p, (int)i);
	set_compile(p, false);
	set_compile(p, true);
}

void
policy_sets_clear(struct policy *p)
{
	for (size_t i = 0; i < NELEM(p->sets); i++) {
		free(p->sets[i].bits);
		free(p->sets[i].terms);
	}
	free(p->desks);
}
