#include "policy/cells.h"

#include <string.h>

#define PROGRESS_EVERY (UINT64_C(1) << 20)

/* The values of one attribute, and the class of each. */
struct classes {
	int *of;		/* owned: by value */
	int *first;		/* owned: a value of each class */
	int n;
};

/* Circles and agreements that are in force together. */
struct terms {
	uint64_t circles, agreements;
};

/*
 * The classes of one class of desks: what rules about its organisation tell
 * apart.
 */
struct desk_classes {
	struct classes kinds, tlps, discretions, reliabilities;
	VEC(struct terms) terms;	/* all, none, and each alone */
	/* By domain: a purpose of each class of them; 0: no rule asks. */
	uint32_t parts[LABEL_BITS_MAX];
};

struct cells {
	const struct policy *p;		/* borrowed */
	struct classes desks, postures;
	struct desk_classes *of_desk;	/* owned: by desk class */
	uint64_t *start;	/* owned: by desk class, where its cells are */
	uint64_t n;
	uint8_t *outcomes;	/* owned: outcome, and hops in the high bits */
};

/* ---- classes ---- */

/* The desk whose rules are looked at; NULL: not a matter of rules. */
struct sorting {
	const struct policy *p;
	const struct desk_facts *desk;
};

typedef bool (*same_fn)(const struct sorting *x, int a, int b);

static void
classes_make(struct classes *c, const struct sorting *x, int values,
    same_fn same)
{
	c->of = mem_array(int, (size_t)values);
	c->first = mem_array(int, (size_t)values);
	for (int v = 0; v < values; v++) {
		int k = 0;

		while (k < c->n && !same(x, c->first[k], v))
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

static const struct rule_set *
out_rules(const struct policy *p)
{
	return &p->sets[DIRECTION_OUT];
}

/* Are two vectors the same where the desk's organisation has rules? */
static bool
same_vector(const struct sorting *x, const uint64_t *v, size_t a, size_t b)
{
	const struct rule_set *s = out_rules(x->p);
	const uint64_t *org = s->org + (size_t)x->desk->org * s->words;

	for (size_t w = 0; w < s->words; w++)
		if (((v[a * s->words + w] ^ v[b * s->words + w]) & org[w])
		    != 0)
			return false;
	return true;
}

static bool
same_kind(const struct sorting *x, int a, int b)
{
	for (size_t i = 0; i < POLICY_POSTURES; i++)
		if (((x->p->file->postures[i].keep >> a ^
		    x->p->file->postures[i].keep >> b) & 1) != 0)
			return false;
	return (a == 0) == (b == 0) && same_vector(x,
	    out_rules(x->p)->kind, (size_t)a, (size_t)b);
}

static bool
same_desk(const struct sorting *x, int a, int b)
{
	const struct desk_facts *f = &x->p->desks[a], *g = &x->p->desks[b];
	const struct rule_set *s = out_rules(x->p);

	/* Our own desks are nobody's peer; they are left out below. */
	return (f->org == 0) == (g->org == 0) && f->uses == g->uses &&
	    f->circles == g->circles && f->agreements == g->agreements &&
	    memcmp(s->org + (size_t)f->org * s->words,
	    s->org + (size_t)g->org * s->words,
	    s->words * sizeof(*s->org)) == 0;
}

static bool
same_tlp(const struct sorting *x, int a, int b)
{
	for (uint32_t u = x->desk->uses; u != 0; u &= u - 1)
		if (!same_vector(x, out_rules(x->p)->use,
		    SET_USE(__builtin_ctz(u), a),
		    SET_USE(__builtin_ctz(u), b)))
			return false;
	return true;
}

static bool
same_posture(const struct sorting *x, int a, int b)
{
	const struct policy_posture *f = &x->p->file->postures[a];
	const struct policy_posture *g = &x->p->file->postures[b];

	return f->keep == g->keep && f->others == g->others;
}

static bool
same_discretion(const struct sorting *x, int a, int b)
{
	for (int i = 0; i < POLICY_BANDS; i++)
		if (!same_vector(x, out_rules(x->p)->trust, SET_TRUST(a, i),
		    SET_TRUST(b, i)))
			return false;
	return true;
}

static bool
same_reliability(const struct sorting *x, int a, int b)
{
	for (int i = 0; i < POLICY_BANDS; i++)
		if (!same_vector(x, out_rules(x->p)->trust, SET_TRUST(i, a),
		    SET_TRUST(i, b)))
			return false;
	return true;
}

static void
terms_add(struct desk_classes *k, uint64_t circles, uint64_t agreements)
{
	for (size_t i = 2; i < k->terms.n; i++)
		if (k->terms.v[i].circles == circles &&
		    k->terms.v[i].agreements == agreements)
			return;
	vec_push(&k->terms, ((struct terms){ circles, agreements }));
}

/*
 * All in force and none; and for each grant what it rests on, alone: the
 * caps of the others fall away.
 */
static void
terms_make(struct desk_classes *k, const struct sorting *x)
{
	const struct policy_file *f = x->p->file;

	terms_add(k, UINT64_MAX, UINT64_MAX);
	if ((x->desk->circles | x->desk->agreements) == 0)
		return;
	terms_add(k, 0, 0);
	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *r = &f->rules.v[i];

		if (r->limit || r->in || (r->circle < 0 && r->agreement < 0)
		    || !org_set_has(&r->orgs, (unsigned)x->desk->org))
			continue;
		terms_add(k, r->circle < 0 ? 0 : UINT64_C(1) << r->circle,
		    r->agreement < 0 ? 0 : UINT64_C(1) << r->agreement);
	}
}

/* The caps on purposes of grants about this desk that ask for them. */
static bool
same_purpose(const struct sorting *x, int a, int b)
{
	const struct rule_set *s = out_rules(x->p);
	const uint64_t *org = s->org + (size_t)x->desk->org * s->words;

	for (size_t w = 0; w < s->first[GRANT_CLASSES]; w++)
		for (uint64_t m = org[w] & s->narrow[w]; m; m &= m - 1) {
			uint32_t cap = s->terms[w * 64 +
			    (size_t)__builtin_ctzll(m)].purposes;

			if (((cap >> a ^ cap >> b) & 1) != 0)
				return false;
		}
	return true;
}

static bool
is_narrowed(const struct sorting *x)
{
	const struct rule_set *s = out_rules(x->p);
	const uint64_t *org = s->org + (size_t)x->desk->org * s->words;

	for (size_t w = 0; w < s->first[GRANT_CLASSES]; w++)
		if ((org[w] & s->narrow[w]) != 0)
			return true;
	return false;
}

static void
parts_make(struct desk_classes *k, const struct sorting *x)
{
	const struct vocabulary *v = &x->p->file->v;

	for (size_t d = 0; d < v->domains.n && is_narrowed(x); d++)
		for (uint32_t u = v->domain_purposes[d]; u; u &= u - 1) {
			uint32_t reps = k->parts[d];
			int purpose = __builtin_ctz(u);

			while (reps != 0 && !same_purpose(x,
			    __builtin_ctz(reps), purpose))
				reps &= reps - 1;
			if (reps == 0)
				k->parts[d] |= 1U << purpose;
		}
}

static void
desk_classes_make(struct desk_classes *k, const struct sorting *x)
{
	classes_make(&k->kinds, x, (int)x->p->file->v.kinds.n, same_kind);
	classes_make(&k->tlps, x, TLP_RED + 1, same_tlp);
	classes_make(&k->discretions, x, POLICY_BANDS, same_discretion);
	classes_make(&k->reliabilities, x, POLICY_BANDS, same_reliability);
	terms_make(k, x);
	parts_make(k, x);
}

static void
desk_classes_clear(struct desk_classes *k)
{
	classes_clear(&k->kinds);
	classes_clear(&k->tlps);
	classes_clear(&k->discretions);
	classes_clear(&k->reliabilities);
	vec_clear(&k->terms);
}

/* ---- the table ---- */

static const struct desk_facts *
desk_of_class(const struct cells *c, int desk)
{
	return &c->p->desks[c->desks.first[desk]];
}

int
cells_parts(const struct cells *c, int desk, int domain)
{
	return 1 + __builtin_popcount(c->of_desk[desk].parts[domain]);
}

/* How many cells one desk and domain have, but for the parts. */
static uint64_t
cells_of_use(const struct cells *c, int desk)
{
	uint64_t n = 1;

	for (int a = CELL_KIND; a < CELL_PART; a++)
		n *= (uint64_t)cells_classes(c, (enum cell_attribute)a,
		    desk);
	return n;
}

static void
cells_layout(struct cells *c)
{
	c->start = mem_array(uint64_t, (size_t)c->desks.n + 1);
	c->of_desk = mem_array(struct desk_classes, (size_t)c->desks.n);
	for (int d = 0; d < c->desks.n; d++) {
		const struct sorting x = { c->p, desk_of_class(c, d) };

		c->start[d] = c->n;
		desk_classes_make(&c->of_desk[d], &x);
		for (uint32_t u = x.desk->org == 0 ? 0 : x.desk->uses;
		    u != 0; u &= u - 1)
			c->n += cells_of_use(c, d) * (uint64_t)
			    cells_parts(c, d, __builtin_ctz(u));
	}
	c->start[c->desks.n] = c->n;
}

int
cells_class(const struct cells *c, int desk, enum cell_attribute a,
    int value)
{
	const struct desk_classes *k = &c->of_desk[desk];

	switch (a) {
	case CELL_KIND:
		return k->kinds.of[value];
	case CELL_TLP:
		return k->tlps.of[value];
	case CELL_POSTURE:
		return c->postures.of[value];
	case CELL_DISCRETION:
		return k->discretions.of[value];
	case CELL_RELIABILITY:
		return k->reliabilities.of[value];
	default:
		return value;
	}
}

int
cells_desk_class(const struct cells *c, int desk)
{
	return c->desks.of[desk];
}

int
cells_desks(const struct cells *c)
{
	return c->desks.n;
}

int
cells_classes(const struct cells *c, enum cell_attribute a, int desk)
{
	const struct desk_classes *k = &c->of_desk[desk];

	switch (a) {
	case CELL_KIND:
		return k->kinds.n;
	case CELL_TLP:
		return k->tlps.n;
	case CELL_POSTURE:
		return c->postures.n;
	case CELL_DISCRETION:
		return k->discretions.n;
	case CELL_RELIABILITY:
		return k->reliabilities.n;
	case CELL_RECEIVED:
		return 2;
	case CELL_TERMS:
		return (int)k->terms.n;
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
		skipped += (uint64_t)cells_parts(c, desk,
		    __builtin_ctz(before));
	for (int a = CELL_KIND; a < CELL_PART; a++)
		i = i * (uint64_t)cells_classes(c, (enum cell_attribute)a,
		    desk) + (uint64_t)at->v[a];
	return c->start[desk] + skipped * cells_of_use(c, desk) +
	    i * (uint64_t)cells_parts(c, desk, domain) +
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

void
cells_request(const struct cells *c, const struct cell *at,
    struct policy_request *req, struct label *label)
{
	const struct desk_classes *k = &c->of_desk[at->v[CELL_DESK]];

	label_bottom(label);
	label->kind = (uint8_t)k->kinds.first[at->v[CELL_KIND]];
	label->tlp = (uint8_t)k->tlps.first[at->v[CELL_TLP]];
	label->hops = LABEL_HOPS_MAX;
	if (at->v[CELL_PART] > 0)
		label->purposes = 1U << nth_bit(
		    k->parts[at->v[CELL_DOMAIN]], at->v[CELL_PART] - 1);
	*req = (struct policy_request){
		.direction = DIRECTION_OUT,
		.desk = c->desks.first[at->v[CELL_DESK]],
		.purpose = at->v[CELL_DOMAIN], .label = label,
		.posture = (enum posture)
		    c->postures.first[at->v[CELL_POSTURE]],
		.discretion = (enum band)
		    k->discretions.first[at->v[CELL_DISCRETION]],
		.reliability = (enum band)
		    k->reliabilities.first[at->v[CELL_RELIABILITY]],
		.received = at->v[CELL_RECEIVED] != 0,
		.circles = k->terms.v[at->v[CELL_TERMS]].circles,
		.definitions = UINT64_MAX,
		.agreements = k->terms.v[at->v[CELL_TERMS]].agreements,
	};
}

/* The next cell of the same desk and domain, or false. */
static bool
cell_next(const struct cells *c, struct cell *at)
{
	int desk = at->v[CELL_DESK];

	if (++at->v[CELL_PART] < cells_parts(c, desk,
	    at->v[CELL_DOMAIN]))
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

/* The attribute with the most classes, over all desks. */
static int
cells_refuse(const struct cells *c, uint64_t max, struct err *e)
{
	struct {
		const char *name;
		enum cell_attribute a;
		int n;
	} a[] = {
		{ "desks that rules tell apart", CELL_DESK, c->desks.n },
		{ "kinds that rules tell apart", CELL_KIND, 0 },
		{ "TLP colours", CELL_TLP, 0 },
		{ "postures", CELL_POSTURE, 0 },
		{ "bands of discretion", CELL_DISCRETION, 0 },
		{ "bands of reliability", CELL_RELIABILITY, 0 },
		{ "circles and agreements of one desk", CELL_TERMS, 0 },
	};
	size_t most = 0;

	for (size_t i = 1; i < NELEM(a); i++) {
		for (int d = 0; d < c->desks.n; d++)
			if (cells_classes(c, a[i].a, d) > a[i].n)
				a[i].n = cells_classes(c, a[i].a, d);
		if (a[i].n > a[most].n)
			most = i;
	}
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
	const struct sorting all = { p, NULL };
	struct filling f = { c, o, 0 };

	c->p = p;
	classes_make(&c->desks, &all, (int)p->file->v.desks.n, same_desk);
	classes_make(&c->postures, &all, POLICY_POSTURES, same_posture);
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
	for (int d = 0; c->of_desk != NULL && d < c->desks.n; d++)
		desk_classes_clear(&c->of_desk[d]);
	classes_clear(&c->desks);
	classes_clear(&c->postures);
	free(c->of_desk);
	free(c->start);
	free(c->outcomes);
	free(c);
}
