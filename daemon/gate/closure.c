#include "gate/closure.h"

#include <string.h>

#include "gate/gate_private.h"
#include "record/derive.h"

/* The objects seen and to see while a closure is joined. */
struct closure {
	struct gate *g;
	const struct closure_query *q;	/* borrowed */
	struct label label;
	uint64_t walk;
	size_t n;
	struct reference *seen[CLOSURE_MAX];	/* in order of discovery */
};

/* Put references on the list; each once, so that cycles end. */
static int
closure_add(struct closure *c, struct reference *const *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (refs[i]->walk == c->walk)
			continue;
		if (c->n >= CLOSURE_MAX)
			return ERR_DENIED;
		refs[i]->walk = c->walk;
		c->seen[c->n++] = refs[i];
	}
	return 0;
}

bool
closure_under_embargo(const struct gate *g, const struct label *l)
{
	int bit = names_find(&policy_vocabulary(g->policy)->caveats,
	    STR("embargo"));

	return bit >= 0 && (l->caveats >> bit & 1) != 0;
}

static void
embargo_until(const struct closure_query *q, unix_ms_t end)
{
	if (q->embargo_end != NULL && end.ms > q->embargo_end->ms)
		*q->embargo_end = end;
}

/* If the record itself is under embargo, it ends no earlier. */
static void
embargo_own(struct gate *g, const struct closure_query *q,
    const struct label *own)
{
	struct stix_problem problem;
	struct stix_object o;

	if (q->embargo_end == NULL || !closure_under_embargo(g, own))
		return;
	embargo_until(q, stix_read(g->other, q->record->bytes, &o,
	    &problem) == 0 ? derive_embargo(&o) : UNIX_MS_NEVER);
}

/* Join the label of one referenced object, if it is stored here. */
static int
closure_join(struct closure *c, struct reference *ref)
{
	const char *to = c->q->recipient;
	struct label there;

	TRY(references_read(c->g->references, ref));
	if (ref->unknown)
		return ERR_DENIED;
	if (ref->label == NULL)
		return 0;	/* references may point at nothing we have */
	there = *ref->label;
	/*
	 * How far a record may still go does not count towards who gave it to
	 * us, or made it: word about it may always return there.  Whatever
	 * else its label says holds on the way back too.
	 */
	if (to != NULL && (strcmp(ref->source, to) == 0 ||
	    strcmp(ref->origin, to) == 0))
		there.hops = LABEL_HOPS_MAX;
	label_join(&c->label, &c->label, &there);
	embargo_until(c->q, ref->embargo_end);
	return closure_add(c, ref->refs, ref->nrefs);
}

static int
closure_walk(struct closure *c)
{
	struct references *known = c->g->references;
	struct reference *const *refs;
	size_t n;

	c->walk = references_begin(known);
	TRY(references_of(known, c->q->record, &refs, &n));
	TRY(closure_add(c, refs, n));
	for (size_t i = 0; i < c->n; i++)
		TRY(closure_join(c, c->seen[i]));
	return 0;
}

int
closure_label(struct gate *g, const struct closure_query *q,
    struct label *out)
{
	const struct store_record *r = q->record;
	const struct label *own;
	struct closure c;

	if (g->policy == NULL)
		return ERR_DENIED;
	own = labels_get(g->labels, r->label, r->desks);
	if (own == NULL)
		return ERR_DENIED;
	embargo_own(g, q, own);
	if ((r->flags & (RECORD_HAS_REFS | RECORD_SUPERSEDED)) == 0) {
		*out = *own;
		return 0;
	}
	c.g = g;
	c.q = q;
	c.label = *own;
	c.n = 0;
	TRY(closure_walk(&c));
	label_normalise(&c.label, policy_vocabulary(g->policy));
	*out = c.label;
	return 0;
}
