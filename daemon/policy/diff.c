#include "policy/diff.h"

#include <stdlib.h>
#include <string.h>

#include "policy/diff_private.h"

#define TERMS_BITS 64

const char *
diff_kind_name(enum diff_kind k)
{
	static const char *const names[DIFF_KINDS] = { "opens", "closes",
	    "terms" };

	return names[k];
}

/* ---- asking both ---- */

/* One policy's side: what it calls what another one, `by`, has numbers for. */
struct side {
	const struct policy *p;
	int kinds[LABEL_KINDS_MAX];	/* by the number of `by`; -1: none */
	int domains[LABEL_BITS_MAX];	/* the same */
	int lineage[LABEL_BITS_MAX];	/* the same */
	uint64_t purposes[TERMS_BITS];	/* from its own bit to that of `by` */
	uint64_t redactions[TERMS_BITS];
};

/*
 * Requests are asked by the numbers of the new policy, and then by those of
 * the old one if they have a name that the new one lacks.
 */
struct asking {
	struct diff *d;
	const struct policy *by;
	bool gone;			/* by is the old policy */
	struct side from, to;
	int from_desk, to_desk;		/* -1: not there */
	bool in;
	struct boxes part;		/* of one kind at one desk */
};

static const struct vocabulary *
words(const struct policy *p)
{
	return &p->file->v;
}

static uint64_t
bit_of(int i)
{
	return i < 0 ? 0 : UINT64_C(1) << i;
}

static void
side_fill(struct side *s, const struct policy *p, const struct policy *by)
{
	const struct vocabulary *v = words(by), *own = words(p);

	s->p = p;
	for (size_t i = 0; i < v->kinds.n; i++)
		s->kinds[i] = names_find(&own->kinds, str_of(v->kinds.v[i]));
	for (size_t i = 0; i < v->domains.n; i++)
		s->domains[i] = names_find(&own->domains,
		    str_of(v->domains.v[i]));
	for (size_t i = 0; i < v->lineage.n; i++)
		s->lineage[i] = names_find(&own->lineage,
		    str_of(v->lineage.v[i]));
	for (size_t i = 0; i < own->purposes.n; i++)
		s->purposes[i] = bit_of(names_find(&v->purposes,
		    str_of(own->purposes.v[i])));
	for (size_t i = 0; i < p->file->redactions.n; i++)
		s->redactions[i] = bit_of(names_find(&by->file->redactions,
		    str_of(p->file->redactions.v[i])));
}

/* Bits of one side as bits of `by`; what that lacks, at the end. */
static uint64_t
translate(const uint64_t map[TERMS_BITS], uint64_t bits)
{
	uint64_t out = 0;

	for (; bits != 0; bits &= bits - 1) {
		uint64_t b = map[__builtin_ctzll(bits)];

		out |= b != 0 ? b : UINT64_C(1) << 63;
	}
	return out;
}

/* A request by the numbers of `by`. */
struct point {
	int kind, tlp, posture, discretion, reliability, received, use;
	int lineage;			/* DIFF_NO_LINEAGE: none */
};

static void
side_decide(const struct side *s, int desk, bool in, const struct point *x,
    struct decision *out)
{
	struct label label;
	struct policy_request req = {
		.direction = in ? DIRECTION_IN : DIRECTION_OUT,
		.desk = desk, .purpose = s->domains[x->use],
		.label = &label, .posture = (enum posture)x->posture,
		.discretion = (enum band)x->discretion,
		.reliability = (enum band)x->reliability,
		.received = x->received != 0, .agreements = UINT64_MAX,
		.circles = UINT64_MAX, .definitions = UINT64_MAX,
	};

	label_bottom(&label);
	/* What it has no name for nobody recognises there. */
	label.kind = (uint8_t)(s->kinds[x->kind] < 0 ? 0 :
	    s->kinds[x->kind]);
	label.tlp = (uint8_t)x->tlp;
	if (x->lineage != DIFF_NO_LINEAGE)
		label.lineage = s->lineage[x->lineage] < 0 ?
		    LABEL_UNKNOWN_BIT : 1U << s->lineage[x->lineage];
	label_normalise(&label, words(s->p));
	policy_decide(s->p, &req, out);
}

static bool
same_terms(const struct asking *a, const struct decision *x,
    const struct decision *y)
{
	return x->cap_hops == y->cap_hops && x->cap_ttl_ms == y->cap_ttl_ms &&
	    x->obligations == y->obligations &&
	    translate(a->from.purposes, x->purposes) ==
	    translate(a->to.purposes, y->purposes) &&
	    translate(a->from.redactions, x->redactions) ==
	    translate(a->to.redactions, y->redactions);
}

/* "permit by out-clean, hops 0, ttl 90d": the outcome and its terms. */
static void
add_side(const struct policy *p, const struct decision *d, bool terms,
    struct buf *out)
{
	AUTO_BUF struct buf caps = { 0 };

	buf_addf(out, "%s by %s", outcome_name(d->outcome),
	    policy_by_name(p, d));
	if (!terms)
		return;
	policy_terms_text(p, d, &caps);
	for (size_t i = 0; i + 1 < caps.n; i++)
		if (caps.p[i] == '\n')
			caps.p[i] = ';';
	if (caps.n > 0)
		buf_addf(out, " (%.*s)", (int)caps.n - 1, caps.p);
}

/* "policy.yaml:71", where what decided is written; "" for a reason. */
static char *
place_of(const struct policy *p, const struct decision *d)
{
	const struct yaml_node *at = policy_rule_at(p, d->by);
	AUTO_BUF struct buf b = { 0 };

	if (at == NULL)
		return mem_strdup("");
	buf_addf(&b, "%s:%u", at->file, at->line);
	return mem_strdup(b.p);
}

static void
change_free(struct diff_change *c)
{
	free(c->before);
	free(c->after);
	free(c->before_at);
	free(c->after_at);
}

/* Its number; what is like one before is freed. */
static uint32_t
change_number(struct diff *d, struct diff_change *c)
{
	for (size_t i = 0; i < d->changes.n; i++) {
		const struct diff_change *x = &d->changes.v[i];

		if (x->kind != c->kind || x->in != c->in ||
		    x->gone != c->gone || strcmp(x->before, c->before) != 0 ||
		    strcmp(x->after, c->after) != 0 ||
		    strcmp(x->before_at, c->before_at) != 0 ||
		    strcmp(x->after_at, c->after_at) != 0)
			continue;
		change_free(c);
		return (uint32_t)i;
	}
	vec_push(&d->changes, *c);
	return (uint32_t)d->changes.n - 1;
}

static void
note_change(struct asking *a, const struct point *x,
    const struct decision *before, const struct decision *after)
{
	bool terms = before->outcome == after->outcome;
	AUTO_BUF struct buf was = { 0 }, is = { 0 };
	struct diff_change c = { .in = a->in, .gone = a->gone,
	    .kind = terms ? DIFF_TERMS : after->outcome < before->outcome ?
	    DIFF_OPENS : DIFF_CLOSES };
	struct box b = { .in = {
		[BOX_KIND] = bit_of(x->kind), [BOX_TLP] = bit_of(x->tlp),
		[BOX_POSTURE] = bit_of(x->posture),
		[BOX_DISCRETION] = bit_of(x->discretion),
		[BOX_RELIABILITY] = bit_of(x->reliability),
		[BOX_RECEIVED] = bit_of(x->received),
		[BOX_LINEAGE] = bit_of(x->lineage),
		[BOX_USE] = bit_of(x->use) } };

	add_side(a->from.p, before, terms, &was);
	add_side(a->to.p, after, terms, &is);
	c.before = mem_strdup(was.p);
	c.after = mem_strdup(is.p);
	c.before_at = place_of(a->from.p, before);
	c.after_at = place_of(a->to.p, after);
	b.change = change_number(a->d, &c);
	desk_set_add(&b.desks, (unsigned)(a->gone ? a->from_desk :
	    a->to_desk));
	vec_push(&a->part.v, b);
}

/* Asked already, by the numbers of the new policy? */
static bool
is_asked(const struct asking *a, const struct point *x)
{
	return a->gone && a->to_desk >= 0 && a->to.kinds[x->kind] >= 0 &&
	    a->to.domains[x->use] >= 0 && (x->lineage == DIFF_NO_LINEAGE ||
	    a->to.lineage[x->lineage] >= 0);
}

static void
compare_point(struct asking *a, const struct point *x)
{
	struct decision before = { .outcome = OUTCOME_DENY,
	    .reason = REASON_UNKNOWN_PEER, .by = -1 }, after = before;

	if (is_asked(a, x))
		return;
	if (a->from_desk >= 0)
		side_decide(&a->from, a->from_desk, a->in, x, &before);
	if (a->to_desk >= 0)
		side_decide(&a->to, a->to_desk, a->in, x, &after);
	/* What does not flow either way is the same to everybody. */
	if (before.outcome >= OUTCOME_DENY && after.outcome >= OUTCOME_DENY)
		return;
	if (before.outcome == after.outcome &&
	    same_terms(a, &before, &after))
		return;
	note_change(a, x, &before, &after);
}

/* The bands of one kind of trust that need asking; E stands for all. */
static int
bands_from(bool matters)
{
	return matters ? 0 : POLICY_BANDS - 1;
}

static void
compare_lineage(struct asking *a, struct point *x)
{
	const struct vocabulary *v = words(a->by);

	x->lineage = DIFF_NO_LINEAGE;
	compare_point(a, x);
	/* Walls are asked about what is sent, not about what comes in. */
	for (size_t l = 0; !a->in && l < v->lineage.n; l++) {
		x->lineage = (int)l;
		compare_point(a, x);
	}
}

static void
compare_kind(struct asking *a, struct point *x)
{
	const struct diff *d = a->d;

	for (x->tlp = 0; x->tlp <= TLP_RED; x->tlp++)
	for (x->posture = 0; x->posture < POLICY_POSTURES; x->posture++)
	for (x->discretion = bands_from(d->disc_matters[a->in]);
	    x->discretion < POLICY_BANDS; x->discretion++)
	for (x->reliability = bands_from(d->rel_matters[a->in]);
	    x->reliability < POLICY_BANDS; x->reliability++)
	for (x->received = 0; x->received < (a->in ? 1 : 2); x->received++)
		compare_lineage(a, x);
	/* At once, so that single requests never are many. */
	boxes_merge(&a->part);
	for (size_t i = 0; i < a->part.v.n; i++)
		vec_push(&a->d->boxes.v, a->part.v.v[i]);
	a->part.v.n = 0;
}

/* Does the desk declare what `by` calls that use? */
static bool
has_use(const struct side *s, int desk, size_t use)
{
	return desk >= 0 && s->domains[use] >= 0 &&
	    (policy_desk_uses(s->p, desk) >> s->domains[use] & 1) != 0;
}

static void
compare_desk(struct asking *a)
{
	const struct vocabulary *v = words(a->by);

	for (size_t u = 0; u < v->domains.n; u++)
		for (size_t i = 0; i < 2 * v->kinds.n; i++) {
			struct point x = { .use = (int)u,
			    .kind = (int)(i / 2) };

			a->in = i % 2 != 0;
			if (has_use(&a->from, a->from_desk, u) ||
			    has_use(&a->to, a->to_desk, u))
				compare_kind(a, &x);
		}
}

/* Every desk of the peers of `by`, by its name in both. */
static void
compare_by(struct asking *a, const struct policy *by)
{
	const struct vocabulary *from = words(a->d->from);
	const struct vocabulary *to = words(a->d->to);

	a->by = by;
	a->gone = by == a->d->from;
	side_fill(&a->from, a->d->from, by);
	side_fill(&a->to, a->d->to, by);
	for (size_t i = 0; i < words(by)->desks.n; i++) {
		struct str name = str_of(words(by)->desks.v[i]);

		if (by->desks[i].org == 0)
			continue;
		a->from_desk = names_find(&from->desks, name);
		a->to_desk = names_find(&to->desks, name);
		compare_desk(a);
	}
}

static void
find_what_matters(struct diff *d, const struct policy *p)
{
	for (size_t i = 0; i < p->file->rules.n; i++) {
		const struct policy_rule *r = &p->file->rules.v[i];

		d->disc_matters[r->in] |= r->discretion_min > 0 ||
		    r->discretion_max < POLICY_BANDS - 1;
		d->rel_matters[r->in] |= r->reliability_min > 0 ||
		    r->reliability_max < POLICY_BANDS - 1;
	}
}

struct diff *
policy_diff(const struct policy *from, const struct policy *to)
{
	struct diff *d = mem_new(struct diff);
	struct asking *a = mem_new(struct asking);

	d->from = from;
	d->to = to;
	a->d = d;
	find_what_matters(d, from);
	find_what_matters(d, to);
	compare_by(a, to);
	compare_by(a, from);
	vec_clear(&a->part.v);
	boxes_merge(&d->boxes);
	for (int k = 0; k < DIFF_KINDS; k++)
		for (size_t i = 0; i < d->boxes.v.n; i++)
			if ((int)d->changes.v[d->boxes.v.v[i].change].kind ==
			    k)
				diff_add_set(d, &d->boxes.v.v[i]);
	diff_add_facts(d);
	free(a);
	return d;
}

void
diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->changes.n; i++)
		change_free(&d->changes.v[i]);
	for (size_t i = 0; i < d->sets.n; i++)
		for (size_t k = 0; k < NELEM(d->sets.v[i].texts); k++)
			free(d->sets.v[i].texts[k]);
	for (size_t i = 0; i < d->facts.n; i++)
		free(d->facts.v[i]);
	vec_clear(&d->facts);
	vec_clear(&d->changes);
	vec_clear(&d->sets);
	vec_clear(&d->boxes.v);
	free(d);
}

bool
diff_set(const struct diff *d, size_t i, struct diff_set *out)
{
	if (i >= d->sets.n)
		return false;
	*out = d->sets.v[i].out;
	return true;
}

uint64_t
diff_count(const struct diff *d, enum diff_kind k)
{
	return d->counts[k];
}

const char *
diff_fact(const struct diff *d, size_t i)
{
	return i < d->facts.n ? d->facts.v[i] : NULL;
}
