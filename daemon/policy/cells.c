#include "policy/cells.h"

#include <string.h>

#define PROGRESS_EVERY (UINT64_C(1) << 20)

/* The values of one attribute, and the class of each. */
struct classes {
	int *of;		/* owned: by value */
	int *first;		/* owned: a value of each class */
	int n;
};

/* A circle and an agreement on which one grant rests together. */
struct both {
	uint64_t circle, agreement;	/* one bit each */
};

struct cells {
	const struct policy *p;		/* borrowed */
	VEC(struct both) both;
	struct classes desks, kinds, tlps, postures, discretions,
	    reliabilities;
	uint64_t *start;	/* owned: by desk class, where its cells are */
	int *nterms;		/* owned: by desk class */
	uint64_t n;
	uint8_t *outcomes;	/* owned: outcome, and hops in the high bits */
};

/* ---- classes ---- */

typedef bool (*same_fn)(const struct policy *p, int a, int b);

static void
classes_make(struct classes *c, const struct policy *p, int values,
    same_fn same)
{
	c->of = mem_array(int, (size_t)values);
	c->first = mem_array(int, (size_t)values);
	for (int v = 0; v < values; v++) {
		int k = 0;

		while (k < c->n && !same(p, c->first[k], v))
			k++;
		if (k == c->n)
			c->first[c->n++] = v;
		c->of[v] = k;
	}
}

static void
classes_clear(struct classes *c)
{
	free(c->of);
	free(c->first);
}

static bool
same_vector(const struct rule_set *s, const uint64_t *v, size_t a, size_t b)
{
	return memcmp(v + a * s->words, v + b * s->words,
	    s->words * sizeof(*v)) == 0;
}

static const struct rule_set *
out_rules(const struct policy *p)
{
	return &p->sets[DIRECTION_OUT];
}

static bool
same_kind(const struct policy *p, int a, int b)
{
	for (size_t i = 0; i < POLICY_POSTURES; i++)
		if (((p->file->postures[i].keep >> a ^
		    p->file->postures[i].keep >> b) & 1) != 0)
			return false;
	return (a == 0) == (b == 0) && same_vector(out_rules(p),
	    out_rules(p)->kind, (size_t)a, (size_t)b);
}

static bool
same_desk(const struct policy *p, int a, int b)
{
	const struct desk_facts *x = &p->desks[a], *y = &p->desks[b];

	/* Our own desks are nobody's peer; they are left out below. */
	return (x->org == 0) == (y->org == 0) && x->uses == y->uses &&
	    x->circles == y->circles && x->agreements == y->agreements &&
	    same_vector(out_rules(p), out_rules(p)->org, (size_t)x->org,
	    (size_t)y->org);
}

static bool
same_tlp(const struct policy *p, int a, int b)
{
	const struct rule_set *s = out_rules(p);

	for (size_t d = 0; d < p->file->v.domains.n; d++)
		if (!same_vector(s, s->use, SET_USE(d, a), SET_USE(d, b)))
			return false;
	return true;
}

static bool
same_posture(const struct policy *p, int a, int b)
{
	const struct policy_posture *x = &p->file->postures[a];
	const struct policy_posture *y = &p->file->postures[b];

	return x->keep == y->keep && x->others == y->others;
}

static bool
same_discretion(const struct policy *p, int a, int b)
{
	const struct rule_set *s = out_rules(p);

	for (int i = 0; i < POLICY_BANDS; i++)
		if (!same_vector(s, s->trust, SET_TRUST(a, i),
		    SET_TRUST(b, i)))
			return false;
	return true;
}

static bool
same_reliability(const struct policy *p, int a, int b)
{
	const struct rule_set *s = out_rules(p);

	for (int i = 0; i < POLICY_BANDS; i++)
		if (!same_vector(s, s->trust, SET_TRUST(i, a),
		    SET_TRUST(i, b)))
			return false;
	return true;
}

/* ---- the table ---- */

static int
terms_of_desk(const struct desk_facts *d)
{
	int n = __builtin_popcountll(d->circles) +
	    __builtin_popcountll(d->agreements);

	/* All and none; each alone, if that is not all. */
	return n == 0 ? 1 : n == 1 ? 2 : 2 + n;
}

static int
parts_of_domain(const struct cells *c, int domain)
{
	return !out_rules(c->p)->narrows ? 1 : 1 + __builtin_popcount(
	    c->p->file->v.domain_purposes[domain]);
}

static const struct desk_facts *
desk_of_class(const struct cells *c, int desk)
{
	return &c->p->desks[c->desks.first[desk]];
}

/* Every circle and agreement on which some grant for sending rests. */
static void
both_find(struct cells *c)
{
	const struct policy_file *f = c->p->file;

	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *r = &f->rules.v[i];
		struct both b;
		size_t k = 0;

		if (r->limit || r->in || r->circle < 0 || r->agreement < 0)
			continue;
		b = (struct both){ UINT64_C(1) << r->circle,
		    UINT64_C(1) << r->agreement };
		while (k < c->both.n && (c->both.v[k].circle != b.circle ||
		    c->both.v[k].agreement != b.agreement))
			k++;
		if (k == c->both.n)
			vec_push(&c->both, b);
	}
}

/* The i-th of those that can both be in force for that desk; or NULL. */
static const struct both *
both_of(const struct cells *c, const struct desk_facts *d, int i)
{
	for (size_t k = 0; k < c->both.n; k++)
		if ((c->both.v[k].circle & d->circles) != 0 &&
		    (c->both.v[k].agreement & d->agreements) != 0 && i-- == 0)
			return &c->both.v[k];
	return NULL;
}

/* How many cells one desk and domain have, but for the parts. */
static uint64_t
cells_of_use(const struct cells *c, int desk)
{
	return (uint64_t)c->kinds.n * (uint64_t)c->tlps.n *
	    (uint64_t)c->postures.n * (uint64_t)c->discretions.n *
	    (uint64_t)c->reliabilities.n * 2 * (uint64_t)c->nterms[desk];
}

static void
cells_layout(struct cells *c)
{
	c->start = mem_array(uint64_t, (size_t)c->desks.n + 1);
	c->nterms = mem_array(int, (size_t)c->desks.n);
	for (int d = 0; d < c->desks.n; d++) {
		const struct desk_facts *f = desk_of_class(c, d);

		c->start[d] = c->n;
		c->nterms[d] = terms_of_desk(f);
		for (int i = 0; both_of(c, f, i) != NULL; i++)
			c->nterms[d]++;
		for (uint32_t u = f->org == 0 ? 0 : f->uses; u != 0;
		    u &= u - 1)
			c->n += cells_of_use(c, d) * (uint64_t)
			    parts_of_domain(c, __builtin_ctz(u));
	}
	c->start[c->desks.n] = c->n;
}

int
cells_class(const struct cells *c, enum cell_attribute a, int value)
{
	switch (a) {
	case CELL_DESK:
		return c->desks.of[value];
	case CELL_KIND:
		return c->kinds.of[value];
	case CELL_TLP:
		return c->tlps.of[value];
	case CELL_POSTURE:
		return c->postures.of[value];
	case CELL_DISCRETION:
		return c->discretions.of[value];
	case CELL_RELIABILITY:
		return c->reliabilities.of[value];
	default:
		return value;
	}
}

int
cells_classes(const struct cells *c, enum cell_attribute a, int desk)
{
	switch (a) {
	case CELL_DESK:
		return c->desks.n;
	case CELL_DOMAIN:
		return (int)c->p->file->v.domains.n;
	case CELL_KIND:
		return c->kinds.n;
	case CELL_TLP:
		return c->tlps.n;
	case CELL_POSTURE:
		return c->postures.n;
	case CELL_DISCRETION:
		return c->discretions.n;
	case CELL_RELIABILITY:
		return c->reliabilities.n;
	case CELL_RECEIVED:
		return 2;
	case CELL_TERMS:
		return c->nterms[desk];
	default:
		return 1;
	}
}

/* Where a cell is; its domain is one that the desk declares. */
static uint64_t
cell_index(const struct cells *c, const struct cell *at)
{
	int desk = at->v[CELL_DESK], domain = at->v[CELL_DOMAIN];
	uint32_t before = desk_of_class(c, desk)->uses &
	    ((1U << domain) - 1);
	uint64_t i = 0, skipped = 0;

	for (; before != 0; before &= before - 1)
		skipped += (uint64_t)parts_of_domain(c,
		    __builtin_ctz(before));
	for (int a = CELL_KIND; a < CELL_PART; a++)
		i = i * (uint64_t)cells_classes(c, (enum cell_attribute)a,
		    desk) + (uint64_t)at->v[a];
	return c->start[desk] + skipped * cells_of_use(c, desk) +
	    i * (uint64_t)parts_of_domain(c, domain) +
	    (uint64_t)at->v[CELL_PART];
}

enum outcome
cells_outcome(const struct cells *c, const struct cell *at)
{
	return (enum outcome)(c->outcomes[cell_index(c, at)] & 7);
}

int
cells_hops(const struct cells *c, const struct cell *at)
{
	return c->outcomes[cell_index(c, at)] >> 4;
}

uint64_t
cells_count(const struct cells *c)
{
	return c->n;
}

/* The i-th bit that is set. */
static int
nth_bit(uint64_t bits, int i)
{
	while (i-- > 0)
		bits &= bits - 1;
	return __builtin_ctzll(bits);
}

/*
 * 0: all in force; 1: none; from 2: what one grant rests on, alone, which is
 * a circle, an agreement, or both.
 */
static void
request_terms(const struct cells *c, const struct desk_facts *d, int terms,
    struct policy_request *req)
{
	const struct both *both = both_of(c, d, terms - 2 -
	    __builtin_popcountll(d->circles) -
	    __builtin_popcountll(d->agreements));
	int ncircles = __builtin_popcountll(d->circles);

	req->circles = req->agreements = terms == 0 ? UINT64_MAX : 0;
	if (terms < 2)
		return;
	if (both != NULL) {
		req->circles = both->circle;
		req->agreements = both->agreement;
	} else if (terms - 2 < ncircles) {
		req->circles = UINT64_C(1) << nth_bit(d->circles, terms - 2);
	} else {
		req->agreements = UINT64_C(1) << nth_bit(d->agreements,
		    terms - 2 - ncircles);
	}
}

void
cells_request(const struct cells *c, const struct cell *at,
    struct policy_request *req, struct label *label)
{
	const struct desk_facts *d = desk_of_class(c, at->v[CELL_DESK]);
	uint32_t purposes =
	    c->p->file->v.domain_purposes[at->v[CELL_DOMAIN]];

	label_bottom(label);
	label->kind = (uint8_t)c->kinds.first[at->v[CELL_KIND]];
	label->tlp = (uint8_t)c->tlps.first[at->v[CELL_TLP]];
	label->hops = LABEL_HOPS_MAX;
	if (at->v[CELL_PART] > 0)
		label->purposes = 1U << nth_bit(purposes,
		    at->v[CELL_PART] - 1);
	*req = (struct policy_request){
		.direction = DIRECTION_OUT,
		.desk = c->desks.first[at->v[CELL_DESK]],
		.purpose = at->v[CELL_DOMAIN], .label = label,
		.posture = (enum posture)
		    c->postures.first[at->v[CELL_POSTURE]],
		.discretion = (enum band)
		    c->discretions.first[at->v[CELL_DISCRETION]],
		.reliability = (enum band)
		    c->reliabilities.first[at->v[CELL_RELIABILITY]],
		.received = at->v[CELL_RECEIVED] != 0,
	};
	request_terms(c, d, at->v[CELL_TERMS], req);
}

/* The next cell of the same desk and domain, or false. */
static bool
cell_next(const struct cells *c, struct cell *at)
{
	int desk = at->v[CELL_DESK];

	if (++at->v[CELL_PART] < parts_of_domain(c, at->v[CELL_DOMAIN]))
		return true;
	at->v[CELL_PART] = 0;
	for (int a = CELL_TERMS; a >= CELL_KIND; a--) {
		if (++at->v[a] < cells_classes(c, (enum cell_attribute)a,
		    desk))
			return true;
		at->v[a] = 0;
	}
	return false;
}

bool
cells_each(const struct cells *c, int desk, cell_visit visit, void *arg)
{
	const struct desk_facts *f = desk_of_class(c, desk);

	for (uint32_t u = f->org == 0 ? 0 : f->uses; u != 0; u &= u - 1) {
		struct cell at = { { 0 } };

		at.v[CELL_DESK] = desk;
		at.v[CELL_DOMAIN] = __builtin_ctz(u);
		do {
			if (visit(arg, &at))
				return true;
		} while (cell_next(c, &at));
	}
	return false;
}

/* ---- deciding ---- */

struct filling {
	struct cells *c;
	const struct prove_options *o;
	uint64_t done;
};

static bool
on_cell(void *arg, const struct cell *at)
{
	struct filling *f = arg;
	struct policy_request req;
	struct decision d;
	struct label label;

	cells_request(f->c, at, &req, &label);
	policy_decide(f->c->p, &req, &d);
	/* Cells are visited in the order in which they lie. */
	f->c->outcomes[f->done++] = (uint8_t)((unsigned)d.outcome |
	    (unsigned)(d.outcome < OUTCOME_DENY ? d.cap_hops : 0) << 4);
	if (f->o->progress != NULL && f->done % PROGRESS_EVERY == 0)
		f->o->progress(f->o->arg, f->done, f->c->n);
	return false;
}

static int
cells_refuse(const struct cells *c, uint64_t max, struct err *e)
{
	const struct {
		const char *name;
		int n;
	} a[] = {
		{ "desks that rules tell apart", c->desks.n },
		{ "kinds that rules tell apart", c->kinds.n },
		{ "TLP colours", c->tlps.n }, { "postures", c->postures.n },
		{ "bands of discretion", c->discretions.n },
		{ "bands of reliability", c->reliabilities.n },
	};
	size_t most = 0;

	for (size_t i = 1; i < NELEM(a); i++)
		if (a[i].n > a[most].n)
			most = i;
	return err_set(e, ERR_LIMIT, "the proof would need %llu cells, and "
	    "at most %llu are looked at; what contributes most: %d %s",
	    (unsigned long long)c->n, (unsigned long long)max, a[most].n,
	    a[most].name);
}

int
cells_new(const struct policy *p, const struct prove_options *o,
    struct cells **out, struct err *e)
{
	AUTO(cells_free) struct cells *c = mem_new(struct cells);
	uint64_t max = o->cells_max != 0 ? o->cells_max : PROVE_CELLS_MAX;
	struct filling f = { c, o, 0 };

	c->p = p;
	classes_make(&c->desks, p, (int)p->file->v.desks.n, same_desk);
	classes_make(&c->kinds, p, (int)p->file->v.kinds.n, same_kind);
	classes_make(&c->tlps, p, TLP_RED + 1, same_tlp);
	classes_make(&c->postures, p, POLICY_POSTURES, same_posture);
	classes_make(&c->discretions, p, POLICY_BANDS, same_discretion);
	classes_make(&c->reliabilities, p, POLICY_BANDS, same_reliability);
	both_find(c);
	cells_layout(c);
	if (c->n > max)
		return cells_refuse(c, max, e);
	c->outcomes = mem_array(uint8_t, c->n + 1);
	for (int d = 0; d < c->desks.n; d++)
		(void)cells_each(c, d, on_cell, &f);
	*out = TAKE(c);
	return 0;
}

void
cells_free(struct cells *c)
{
	if (c == NULL)
		return;
	classes_clear(&c->desks);
	classes_clear(&c->kinds);
	classes_clear(&c->tlps);
	classes_clear(&c->postures);
	classes_clear(&c->discretions);
	classes_clear(&c->reliabilities);
	vec_clear(&c->both);
	free(c->start);
	free(c->nterms);
	free(c->outcomes);
	free(c);
}
