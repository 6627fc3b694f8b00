#include "gate/feed_circle.h"

#include "gate/admit.h"
#include "gate/gate_private.h"

#define KNOWN_MAX 65536

/* What holds for every record of one label from one source. */
struct known {
	int64_t label, desks, source;
	uint64_t circles;
};

struct feed_circles {
	struct gate *g;			/* borrowed */
	struct map64 known;		/* of struct known, owned */
	struct arena *arena;		/* owned: one name */
};

struct feed_circles *
feed_circles_new(struct gate *g)
{
	struct feed_circles *c = mem_new(struct feed_circles);

	c->g = g;
	c->arena = arena_new(KIB(4));
	return c;
}

void
feed_circles_free(struct feed_circles *c)
{
	if (c == NULL)
		return;
	map64_clear(&c->known, free);
	arena_free(c->arena);
	free(c);
}

void
feed_circles_forget(struct feed_circles *c)
{
	map64_clear(&c->known, free);
}

/* One record, and one circle that it may go by. */
struct membership {
	struct feed_circles *c;
	const struct label *label;
	const struct policy_circle_facts *facts;
	uint64_t bit;
	bool own;
	int source;		/* organisation that gave it; -1: unknown */
	unix_ms_t now;
};

/* Is it for desks of members only, and for some besides ours? */
static bool
is_restricted(const struct membership *m)
{
	const struct policy *p = m->c->g->policy;
	struct desk_set left = m->label->audience;
	bool others = false;

	for (size_t o = 0; o < policy_norgs(p); o++) {
		const struct policy_org *org = policy_org(p, o);

		if (o != 0 && !org_set_has(&m->facts->members, (unsigned)o))
			continue;
		for (int i = 0; i < org->ndesks; i++) {
			unsigned desk = (unsigned)(org->first_desk + i);

			others = others || (o != 0 && desk_set_has(
			    &m->label->audience, desk));
			left.w[desk / 64] &= ~(UINT64_C(1) << desk % 64);
		}
	}
	for (size_t w = 0; w < NELEM(left.w); w++)
		if (left.w[w] != 0)
			return false;
	return others;
}

/* Does it go to, or did it come from, that member by the circle? */
static bool
goes_with(const struct membership *m, int org, enum direction direction)
{
	struct gate_party party = { .org = org, .agreements = UINT64_MAX,
	    .circles = UINT64_MAX, .definitions = UINT64_MAX };
	struct gate_question q = { .policy = m->c->g->policy,
	    .party = &party, .label = m->label, .now = m->now };
	struct gate_answer a;

	if (direction == DIRECTION_OUT)
		answer_out(&q, &a);
	else
		answer_in(&q, &a);
	return a.outcome <= (direction == DIRECTION_OUT ? OUTCOME_REDACT :
	    OUTCOME_CONSULT) && (a.circles & m->bit) != 0;
}

static bool
is_member(const struct membership *m)
{
	const struct policy *p = m->c->g->policy;

	if (is_restricted(m))
		return true;
	if (!m->own)
		return m->source > 0 && org_set_has(&m->facts->members,
		    (unsigned)m->source) && goes_with(m, m->source,
		    DIRECTION_IN);
	for (size_t o = 1; o < policy_norgs(p); o++)
		if (org_set_has(&m->facts->members, (unsigned)o) &&
		    goes_with(m, (int)o, DIRECTION_OUT))
			return true;
	return false;
}

/* Which organisation gave it; -1 if the policy does not name it. */
static int
source_of(struct feed_circles *c, const struct store_record *r)
{
	struct str name;

	arena_reset(c->arena);
	if (r->source == 0 || store_name(c->g->o.store, r->source, c->arena,
	    &name) < 0)
		return -1;
	return policy_find_org(c->g->policy, name);
}

static uint64_t
circles_find(struct feed_circles *c, const struct store_record *r,
    unix_ms_t now)
{
	const struct policy *p = c->g->policy;
	const struct label *l = p == NULL ? NULL : labels_get(c->g->labels,
	    r->label, r->desks);
	struct policy_circle_facts facts;
	struct membership m = { .c = c, .label = l, .facts = &facts,
	    .own = (r->flags & RECORD_OWN) != 0, .now = now };
	uint64_t found = 0;

	if (l == NULL)
		return 0;
	m.source = m.own ? -1 : source_of(c, r);
	for (size_t i = 0; policy_circle_at(p, i, &facts); i++) {
		m.bit = UINT64_C(1) << i;
		if ((facts.foci >> l->kind & 1) != 0 && is_member(&m))
			found |= m.bit;
	}
	return found;
}

uint64_t
feed_circles_of(struct feed_circles *c, const struct store_record *r,
    unix_ms_t now)
{
	struct store_record as = *r;
	struct known *k;
	uint64_t key;

	/* To its desk it is what it would be, were it not apart. */
	if ((r->flags & RECORD_APART) != 0 &&
	    admit_apart_label(c->g, r, &as.label) != 0)
		return 0;
	r = &as;
	key = (uint64_t)r->label << 32 | (uint32_t)r->desks;
	k = map64_get(&c->known, key);
	if (k != NULL && k->label == r->label && k->desks == r->desks &&
	    k->source == r->source)
		return k->circles;
	if (k == NULL) {
		if (c->known.n > KNOWN_MAX)
			map64_clear(&c->known, free);
		k = mem_new(struct known);
		map64_set(&c->known, key, k);
	}
	*k = (struct known){ r->label, r->desks, r->source,
	    circles_find(c, r, now) };
	return k->circles;
}
