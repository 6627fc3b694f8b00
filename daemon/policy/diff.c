#include "policy/diff.h"

#include <string.h>

#include "policy/diff_box.h"
#include "policy/policy_private.h"

/* A lineage of its own: none at all. */
#define NO_LINEAGE 63
#define TERMS_BITS 64

/* What the requests of some boxes have in common. */
struct change {
	enum diff_kind kind;
	bool in;
	bool gone;			/* its desks are the old policy's */
	char *before, *after;		/* owned */
};

/* The texts of one set. */
struct set {
	struct diff_set out;
	char *texts[8];			/* owned */
};

struct diff {
	const struct policy *from, *to;	/* borrowed */
	VEC(struct change) changes;
	struct boxes boxes;
	VEC(struct set) sets;
	uint64_t counts[DIFF_KINDS];
};

const char *
diff_kind_name(enum diff_kind k)
{
	static const char *const names[DIFF_KINDS] = { "opens", "closes",
	    "terms" };

	return names[k];
}

/* ---- asking both ---- */

/* One policy's side: how its numbers are called in the new policy's. */
struct side {
	const struct policy *p;
	uint8_t kinds[LABEL_KINDS_MAX];	/* by the new policy's number */
	int domains[LABEL_BITS_MAX];	/* the same; -1: it has none so */
	uint64_t lineage[TERMS_BITS];	/* the same, as bits */
	uint64_t purposes[TERMS_BITS];	/* from its bit to the new one's */
	uint64_t redactions[TERMS_BITS];
};

struct asking {
	struct diff *d;
	struct side from, to;
	int from_desk, to_desk;		/* -1: not there */
	bool in;
	bool rel_matters[2], disc_matters[2];	/* by direction */
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
side_fill(struct side *s, const struct policy *p, const struct policy *to)
{
	const struct vocabulary *v = words(to), *own = words(p);

	s->p = p;
	for (size_t i = 0; i < v->kinds.n; i++) {
		int k = names_find(&own->kinds, str_of(v->kinds.v[i]));

		s->kinds[i] = (uint8_t)(k < 0 ? 0 : k);
	}
	for (size_t i = 0; i < v->domains.n; i++)
		s->domains[i] = names_find(&own->domains,
		    str_of(v->domains.v[i]));
	for (size_t i = 0; i < v->lineage.n; i++) {
		int l = names_find(&own->lineage, str_of(v->lineage.v[i]));

		/* What it has no name for is unknown to it. */
		s->lineage[i] = l < 0 ? LABEL_UNKNOWN_BIT : bit_of(l);
	}
	for (size_t i = 0; i < own->purposes.n; i++)
		s->purposes[i] = bit_of(names_find(&v->purposes,
		    str_of(own->purposes.v[i])));
	for (size_t i = 0; i < p->file->redactions.n; i++)
		s->redactions[i] = bit_of(names_find(&to->file->redactions,
		    str_of(p->file->redactions.v[i])));
}

/* Bits of one side as bits of the new policy; what it lacks, at the end. */
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

/* A request by the numbers of the new policy. */
struct point {
	int kind, tlp, posture, discretion, reliability, received, use;
	int lineage;			/* NO_LINEAGE: none */
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
	label.kind = s->kinds[x->kind];
	label.tlp = (uint8_t)x->tlp;
	if (x->lineage != NO_LINEAGE)
		label.lineage = (uint32_t)s->lineage[x->lineage];
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

static uint32_t
change_number(struct diff *d, const struct change *c)
{
	for (size_t i = 0; i < d->changes.n; i++) {
		const struct change *x = &d->changes.v[i];

		if (x->kind == c->kind && x->in == c->in &&
		    x->gone == c->gone &&
		    strcmp(x->before, c->before) == 0 &&
		    strcmp(x->after, c->after) == 0) {
			free(c->before);
			free(c->after);
			return (uint32_t)i;
		}
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
	struct change c = { .in = a->in, .gone = a->to_desk < 0, .kind = terms ? DIFF_TERMS :
	    after->outcome < before->outcome ? DIFF_OPENS : DIFF_CLOSES };
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
	b.change = change_number(a->d, &c);
	desk_set_add(&b.desks, (unsigned)(c.gone ? a->from_desk :
	    a->to_desk));
	vec_push(&a->d->boxes.v, b);
}

static void
compare_point(struct asking *a, const struct point *x)
{
	struct decision before = { .outcome = OUTCOME_DENY,
	    .reason = REASON_UNKNOWN_PEER, .by = -1 }, after = before;

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
	const struct vocabulary *v = words(a->to.p);

	x->lineage = NO_LINEAGE;
	compare_point(a, x);
	/* Walls are asked about what is sent, not about what comes in. */
	for (size_t l = 0; !a->in && l < v->lineage.n; l++) {
		x->lineage = (int)l;
		compare_point(a, x);
	}
}

static void
compare_use(struct asking *a, int use)
{
	struct point x = { .use = use };

	for (x.kind = 0; x.kind < (int)words(a->to.p)->kinds.n; x.kind++)
	for (x.tlp = 0; x.tlp <= TLP_RED; x.tlp++)
	for (x.posture = 0; x.posture < POLICY_POSTURES; x.posture++)
	for (x.discretion = bands_from(a->disc_matters[a->in]);
	    x.discretion < POLICY_BANDS; x.discretion++)
	for (x.reliability = bands_from(a->rel_matters[a->in]);
	    x.reliability < POLICY_BANDS; x.reliability++)
	for (x.received = 0; x.received < (a->in ? 1 : 2); x.received++)
		compare_lineage(a, &x);
}

static void
compare_desk(struct asking *a)
{
	uint32_t uses = a->to_desk < 0 ? 0 :
	    policy_desk_uses(a->to.p, a->to_desk);

	for (size_t u = 0; u < words(a->to.p)->domains.n; u++) {
		int old = a->from.domains[u];

		if (a->from_desk >= 0 && old >= 0 &&
		    (policy_desk_uses(a->from.p, a->from_desk) >> old & 1))
			uses |= 1U << u;
	}
	for (int in = 0; in < 2; in++)
		for (uint32_t u = uses; u != 0; u &= u - 1) {
			a->in = in != 0;
			compare_use(a, __builtin_ctz(u));
		}
}

static void
compare_all(struct asking *a)
{
	const struct vocabulary *from = words(a->from.p);
	const struct vocabulary *to = words(a->to.p);

	for (size_t i = 0; i < to->desks.n; i++) {
		if (a->to.p->desks[i].org == 0)
			continue;
		a->to_desk = (int)i;
		a->from_desk = names_find(&from->desks,
		    str_of(to->desks.v[i]));
		compare_desk(a);
	}
	for (size_t i = 0; i < from->desks.n; i++)
		if (a->from.p->desks[i].org != 0 && names_find(&to->desks,
		    str_of(from->desks.v[i])) < 0) {
			a->to_desk = -1;
			a->from_desk = (int)i;
			compare_desk(a);
		}
}

static void
find_what_matters(struct asking *a, const struct policy *p)
{
	for (size_t i = 0; i < p->file->rules.n; i++) {
		const struct policy_rule *r = &p->file->rules.v[i];

		a->disc_matters[r->in] |= r->discretion_min > 0 ||
		    r->discretion_max < POLICY_BANDS - 1;
		a->rel_matters[r->in] |= r->reliability_min > 0 ||
		    r->reliability_max < POLICY_BANDS - 1;
	}
}

/* ---- saying it ---- */

/* Names of the bits, or "any" if it is all n of them. */
static char *
names_text(uint64_t bits, const char *const *names, size_t n)
{
	AUTO_BUF struct buf b = { 0 };

	if (n < 64 && bits == (UINT64_C(1) << n) - 1)
		return mem_strdup("any");
	for (size_t i = 0; i < n; i++)
		if ((bits >> i & 1) != 0)
			buf_addf(&b, "%s%s", b.n > 0 ? "," : "", names[i]);
	return mem_strdup(b.p == NULL ? "" : b.p);
}

static char *
vocabulary_text(uint64_t bits, const struct names *n)
{
	const char *names[64];

	for (size_t i = 0; i < n->n && i < NELEM(names); i++)
		names[i] = n->v[i];
	return names_text(bits, names, n->n);
}

static char *
lineage_text(uint64_t bits, const struct names *n)
{
	char *text = vocabulary_text(bits & ~bit_of(NO_LINEAGE), n);
	AUTO_BUF struct buf b = { 0 };

	if ((bits & bit_of(NO_LINEAGE)) == 0)
		return text;
	if (strcmp(text, "any") != 0)
		buf_addf(&b, "none%s%s", text[0] != '\0' ? "," : "", text);
	else
		buf_addz(&b, "any");
	free(text);
	return mem_strdup(b.p);
}

static char *
desks_text(const struct names *desks, const struct desk_set *s)
{
	AUTO_BUF struct buf b = { 0 };

	for (unsigned i = 0; i < desks->n; i++)
		if (desk_set_has(s, i))
			buf_addf(&b, "%s%s", b.n > 0 ? "," : "",
			    desks->v[i]);
	return mem_strdup(b.p);
}

/* Bands that did not matter were asked as E alone. */
static char *
bands_text(uint64_t bits, bool matters)
{
	return !matters ? mem_strdup("any") :
	    names_text(bits, policy_bands, POLICY_BANDS);
}

static void
add_set(const struct asking *a, const struct box *b)
{
	const struct diff *d = a->d;
	const struct change *c = &d->changes.v[b->change];
	const struct vocabulary *v = words(d->to);
	const char *tlps[TLP_RED + 1];
	struct set s = { .texts = {
		desks_text(&words(c->gone ? d->from : d->to)->desks,
		    &b->desks),
		vocabulary_text(b->in[BOX_USE], &v->domains),
		vocabulary_text(b->in[BOX_KIND], &v->kinds), NULL,
		names_text(b->in[BOX_POSTURE], policy_postures,
		POLICY_POSTURES),
		bands_text(b->in[BOX_DISCRETION], a->disc_matters[c->in]),
		bands_text(b->in[BOX_RELIABILITY], a->rel_matters[c->in]),
		c->in ? mem_strdup("any") :
		lineage_text(b->in[BOX_LINEAGE], &v->lineage) } };

	for (int t = 0; t <= TLP_RED; t++)
		tlps[t] = tlp_name(t);
	s.texts[3] = names_text(b->in[BOX_TLP], tlps, NELEM(tlps));
	s.out = (struct diff_set){ .kind = c->kind,
	    .requests = box_requests(b), .direction = c->in ? "from" : "to",
	    .desks = s.texts[0], .uses = s.texts[1], .kinds = s.texts[2],
	    .tlps = s.texts[3], .postures = s.texts[4],
	    .discretion = s.texts[5], .reliability = s.texts[6],
	    .lineage = s.texts[7], .received = c->in ||
	    b->in[BOX_RECEIVED] == 3 ? "any" : b->in[BOX_RECEIVED] == 2 ?
	    "yes" : "no", .before = c->before, .after = c->after };
	a->d->counts[c->kind] += s.out.requests;
	vec_push(&a->d->sets, s);
}

struct diff *
policy_diff(const struct policy *from, const struct policy *to)
{
	struct diff *d = mem_new(struct diff);
	struct asking *a = mem_new(struct asking);

	d->from = from;
	d->to = to;
	a->d = d;
	side_fill(&a->from, from, to);
	side_fill(&a->to, to, to);
	find_what_matters(a, from);
	find_what_matters(a, to);
	compare_all(a);
	boxes_merge(&d->boxes);
	for (int k = 0; k < DIFF_KINDS; k++)
		for (size_t i = 0; i < d->boxes.v.n; i++)
			if ((int)d->changes.v[d->boxes.v.v[i].change].kind ==
			    k)
				add_set(a, &d->boxes.v.v[i]);
	free(a);
	return d;
}

void
diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->changes.n; i++) {
		free(d->changes.v[i].before);
		free(d->changes.v[i].after);
	}
	for (size_t i = 0; i < d->sets.n; i++)
		for (size_t k = 0; k < NELEM(d->sets.v[i].texts); k++)
			free(d->sets.v[i].texts[k]);
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
