#include "policy/met.h"

#include "policy/policy_private.h"

_Static_assert(POLICY_MET_MAX == POLICY_TERMS_MAX, "one bit a term");

struct policy_ceiling
ceiling_meet(const struct policy_ceiling *a, const struct policy_ceiling *b)
{
	return (struct policy_ceiling){
		.kinds = a->kinds & b->kinds,
		.purposes = a->purposes & b->purposes,
		.tlp = a->tlp < b->tlp ? a->tlp : b->tlp,
		.hops = a->hops < b->hops ? a->hops : b->hops,
		.until = a->until.ms < b->until.ms ? a->until : b->until,
	};
}

bool
ceiling_within(const struct policy_ceiling *a, const struct policy_ceiling *b)
{
	return (a->kinds & ~b->kinds) == 0 &&
	    (a->purposes & ~b->purposes) == 0 && a->tlp <= b->tlp &&
	    a->hops <= b->hops && a->until.ms <= b->until.ms;
}

static struct policy_ceiling
ceiling_of(const struct policy_terms *t, unix_ms_t until)
{
	return (struct policy_ceiling){ .kinds = t->kinds,
	    .purposes = t->purposes, .tlp = (uint8_t)t->tlp,
	    .hops = (uint8_t)t->hops, .until = until };
}

void
policy_agreement(const struct policy *p, uint32_t i,
    struct policy_ceiling *out_ours, struct policy_ceiling *out_theirs)
{
	const struct policy_agreement *a = &p->file->agreements.v[i];

	*out_ours = ceiling_of(&a->ours, a->until);
	*out_theirs = ceiling_of(&a->theirs, a->until);
}

void
policy_met_written(const struct policy *p, struct policy_met *out)
{
	const struct policy_file *f = p->file;

	*out = (struct policy_met){ 0 };
	for (size_t i = 0; i < f->agreements.n; i++) {
		struct policy_ceiling ours, theirs;

		policy_agreement(p, (uint32_t)i, &ours, &theirs);
		out->agreements[i] = ceiling_meet(&ours, &theirs);
	}
	for (size_t i = 0; i < f->circles.n; i++)
		out->foci[i] = f->circles.v[i].foci;
}

bool
policy_circle_at(const struct policy *p, size_t i,
    struct policy_circle_facts *out)
{
	const struct policy_circle *c;

	if (i >= p->file->circles.n)
		return false;
	c = &p->file->circles.v[i];
	*out = (struct policy_circle_facts){ .id = c->id.p,
	    .charter = c->charter.p, .members = c->members, .foci = c->foci,
	    .quorum = c->quorum };
	return true;
}

struct str
policy_definition(const struct policy *p, size_t kind)
{
	return kind < p->file->v.kinds.n ? p->file->definitions[kind] :
	    STR("");
}
