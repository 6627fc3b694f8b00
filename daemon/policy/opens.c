#include "policy/opens.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_private.h"

#define CELLS_MAX (UINT64_C(1) << 25)
#define BASES_MAX 16		/* of one organisation */
#define BASES_AT_ONCE 4

struct opens {
	const struct policy *from, *to;
	char *text;
	size_t size;
	uint64_t cells;			/* asked so far */
	uint64_t redaction[64];		/* of `from`: its bit in `to`, or 0 */
};

static bool PRINTF_LIKE(2, 3)
opens_by(struct opens *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(o->text, o->size, fmt, ap);
	va_end(ap);
	return true;
}

/* ---- what the rules are written in ---- */

static bool
same_names(const struct names *a, const struct names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

/* The same texts, in the same order? */
static bool
same_node(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || !str_eq(a->text, b->text) ||
	    !str_eq(a->key, b->key) || a->n != b->n)
		return false;
	a = a->first;
	for (b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same_node(a, b))
			return false;
	return a == b;
}

bool
policy_same_section(const struct policy *a, const struct policy *b,
    const char *name)
{
	return same_node(policy_file_section(a->file, name),
	    policy_file_section(b->file, name));
}

/* Things that decisions do not show, or that make them incomparable. */
static bool
opens_words(struct opens *o)
{
	/* How a record gets its kind and its label, who is asked, and what
	 * trust a band takes. */
	static const char *const sections[] = { "classify", "vocabulary",
	    "releases", "consult", "bands" };
	const struct policy_file *a = o->from->file, *b = o->to->file;

	if (!same_names(&a->v.purposes, &b->v.purposes) ||
	    !same_names(&a->v.domains, &b->v.domains) ||
	    !same_names(&a->v.lineage, &b->v.lineage) ||
	    !same_names(&a->v.kinds, &b->v.kinds) ||
	    memcmp(a->v.domain_purposes, b->v.domain_purposes,
	    sizeof(a->v.domain_purposes)) != 0)
		return opens_by(o, "purposes, origin-tags or kinds are "
		    "others: nothing can be compared");
	for (size_t i = 0; i < NELEM(sections); i++)
		if (!policy_same_section(o->from, o->to, sections[i]))
			return opens_by(o, "section %s is another, and what "
			    "follows from it cannot be compared",
			    sections[i]);
	for (size_t k = 0; k < b->v.kinds.n; k++)
		if (a->definitions[k].n > 0 &&
		    !str_eq(a->definitions[k], b->definitions[k]))
			return opens_by(o, "the definition of %s is another",
			    b->v.kinds.v[k]);
	if ((a->v.walled_lineage & ~b->v.walled_lineage) != 0)
		return opens_by(o, "a wall keeps less");
	return false;
}

static void
on_score(void *arg, bool opens, const char *text)
{
	struct opens *o = arg;

	/* The first is told. */
	if (opens && o->text[0] == '\0')
		(void)opens_by(o, "%s", text);
}

/* Could scores be better, and with them bands? */
static bool
opens_scores(struct opens *o)
{
	o->text[0] = '\0';
	scoring_diff(o->from, o->to, on_score, o);
	return o->text[0] != '\0';
}

/*
 * An agreement or a circle counts where both sides hold the same digest:
 * another one may be what the peer holds already.
 */
static bool
opens_agreement(struct opens *o, const struct policy_agreement *a,
    const struct policy_agreement *b)
{
	if (b->until.ms > a->until.ms)
		return opens_by(o, "agreement %s lasts longer", b->id.p);
	if (!str_eq(a->digest, b->digest))
		return opens_by(o, "agreement %s has another digest, which "
		    "the peer may hold", b->id.p);
	return false;
}

static bool
opens_circle(struct opens *o, const struct policy_circle *a,
    const struct policy_circle *b)
{
	if (!str_eq(a->charter, b->charter))
		return opens_by(o, "circle %s has another charter, which "
		    "members may hold", b->id.p);
	if (b->quorum < a->quorum)
		return opens_by(o, "circle %s takes fewer signatures to "
		    "change", b->id.p);
	return false;
}

static bool
opens_terms(struct opens *o)
{
	const struct policy_file *a = o->from->file, *b = o->to->file;

	for (size_t i = 0; i < b->agreements.n; i++)
		for (size_t k = 0; k < a->agreements.n; k++)
			if (str_eq(b->agreements.v[i].id,
			    a->agreements.v[k].id) && opens_agreement(o,
			    &a->agreements.v[k], &b->agreements.v[i]))
				return true;
	for (size_t i = 0; i < b->circles.n; i++)
		for (size_t k = 0; k < a->circles.n; k++)
			if (str_eq(b->circles.v[i].id, a->circles.v[k].id) &&
			    opens_circle(o, &a->circles.v[k],
			    &b->circles.v[i]))
				return true;
	return false;
}

/* ---- desks ---- */

/* One desk in both policies; from -1: the old one lacks it. */
struct desk_pair {
	int from, to;
	int from_org, to_org;
	const char *name;
};

/* Labels that records without a marking get from there. */
static bool
opens_source(struct opens *o, const struct desk_pair *d)
{
	struct label a, b;

	if (d->from < 0)
		return false;
	policy_source_label(o->from, d->from_org, d->from, &a);
	policy_source_label(o->to, d->to_org, d->to, &b);
	if (b.tlp >= a.tlp && b.pap >= a.pap && b.hops <= a.hops &&
	    (b.purposes & ~a.purposes) == 0 && (a.lineage & ~b.lineage) == 0
	    && (a.caveats & ~b.caveats) == 0)
		return false;
	return opens_by(o, "what comes unmarked from %s is labelled less "
	    "strictly", d->name);
}

static bool
opens_facts(struct opens *o, const struct desk_pair *d)
{
	const struct desk_facts *a, *b = &o->to->desks[d->to];

	if (d->from < 0)
		return d->to_org == 0 ? opens_by(o, "desk %s of ours is new",
		    d->name) : false;
	a = &o->from->desks[d->from];
	if ((a->walled & ~b->walled) != 0 ||
	    ((a->walled_later & ~b->walled_later) != 0) ||
	    (a->attested_until.ms < b->attested_until.ms &&
	    b->walled != b->walled_later))
		return opens_by(o, "a wall keeps less from %s", d->name);
	if (d->to_org == 0 && (b->uses & ~a->uses) != 0)
		return opens_by(o, "desk %s of ours has another use",
		    d->name);
	return opens_source(o, d);
}

/* ---- cells ---- */

struct cell {
	enum direction direction;
	const struct desk_pair *desk;
	int domain, tlp, kind;
	int discretion, reliability;	/* -1: what each policy says */
	enum posture posture;
	bool received;
	/* The bases that count, as bits of each policy. */
	uint64_t agreements[2], circles[2];
};

static void
cell_decide(const struct policy *p, const struct cell *c, bool to,
    struct decision *out)
{
	const struct policy_org *org = policy_org(p,
	    (size_t)(to ? c->desk->to_org : c->desk->from_org));
	struct label label;
	struct policy_request r = { .direction = c->direction,
	    .desk = to ? c->desk->to : c->desk->from,
	    .purpose = c->domain, .label = &label, .received = c->received,
	    .posture = org->posture > c->posture ? org->posture :
	    c->posture, .discretion = c->discretion < 0 ? org->discretion :
	    (enum band)c->discretion, .reliability = c->reliability < 0 ?
	    org->reliability : (enum band)c->reliability,
	    .agreements = c->agreements[to], .circles = c->circles[to] };

	label_bottom(&label);
	label.tlp = (uint8_t)c->tlp;
	label.kind = (uint8_t)c->kind;
	policy_decide(p, &r, out);
}

/* Is what b asks for less than what a asks for? */
static bool
asks_less(const struct opens *o, const struct decision *a,
    const struct decision *b)
{
	uint64_t kept = 0;

	for (uint64_t r = a->redactions; r != 0; r &= r - 1) {
		uint64_t bit = o->redaction[__builtin_ctzll(r)];

		if (bit == 0)
			return true;
		kept |= bit;
	}
	return (kept & ~b->redactions) != 0 ||
	    (a->obligations & ~b->obligations) != 0 ||
	    (a->add_lineage & ~b->add_lineage) != 0;
}

static bool
cell_opens(struct opens *o, const struct cell *c)
{
	struct decision a = { .outcome = OUTCOME_DENY }, b;
	const struct vocabulary *v = &o->to->file->v;
	const char *what = "more freely";

	o->cells++;
	cell_decide(o->to, c, true, &b);
	if (b.outcome > OUTCOME_CONSULT)
		return false;
	if (c->desk->from >= 0)
		cell_decide(o->from, c, false, &a);
	if (b.outcome < a.outcome)
		what = outcome_name(b.outcome);
	else if (b.outcome == a.outcome &&
	    ((b.purposes & ~a.purposes) != 0 || b.cap_hops > a.cap_hops ||
	    b.cap_ttl_ms > a.cap_ttl_ms || asks_less(o, &a, &b)))
		what = "under milder terms";
	else
		return false;
	return opens_by(o, "%s %s for %s, %s, tlp %s: %s, was %s",
	    c->direction == DIRECTION_OUT ? "to" : "from", c->desk->name,
	    v->domains.v[c->domain], v->kinds.v[c->kind], tlp_name(c->tlp),
	    what, outcome_name(a.outcome));
}

/* Every kind, TLP, band and posture. */
static bool
opens_cells(struct opens *o, struct cell *c)
{
	for (c->kind = 0; c->kind < (int)o->to->file->v.kinds.n; c->kind++)
	for (c->tlp = TLP_CLEAR; c->tlp <= TLP_RED; c->tlp++)
	for (int p = POSTURE_NORMAL; p <= POSTURE_SUSPENDED; p++)
	for (int t = -1; t < POLICY_BANDS * POLICY_BANDS; t++) {
		c->posture = (enum posture)p;
		c->discretion = t < 0 ? -1 : t / POLICY_BANDS;
		c->reliability = t < 0 ? -1 : t % POLICY_BANDS;
		if (cell_opens(o, c))
			return true;
		if (o->cells > CELLS_MAX)
			return opens_by(o, "too much to compare");
	}
	return false;
}

/* An agreement or circle by its bit in each policy; 0 where it is not. */
struct basis {
	bool circle;
	uint64_t bit[2];
};

struct bases {
	struct basis v[BASES_MAX];
	size_t n;
	bool cut;		/* there are more */
};

/* What the desk's organisation shares with us in one policy. */
static void
bases_add(const struct opens *o, const struct desk_pair *d, bool to,
    struct bases *out)
{
	const struct policy *p = to ? o->to : o->from;
	const struct policy *other = to ? o->from : o->to;
	int org = to ? d->to_org : d->from_org;
	int other_org = to ? d->from_org : d->to_org;
	struct policy_term t, same;

	for (size_t i = 0; policy_term_with(p, org, i, &t); i++) {
		struct basis b = { .circle = t.circle };
		bool both = false;

		b.bit[to] = UINT64_C(1) << t.index;
		for (size_t k = 0; !both &&
		    policy_term_with(other, other_org, k, &same); k++)
			both = same.circle == t.circle &&
			    strcmp(same.id, t.id) == 0;
		if (both && !to)
			continue;	/* it has come with the new one's */
		if (both)
			b.bit[!to] = UINT64_C(1) << same.index;
		if (out->n == BASES_MAX)
			out->cut = true;
		else
			out->v[out->n++] = b;
	}
}

/*
 * Every few bases at a time: a grant rests on two at most, and what a
 * change of terms shows are two grants, one that lets flow and one that
 * caps what flows.
 */
static bool
opens_bases(struct opens *o, const struct cell *plain)
{
	struct bases all = { .n = 0 };

	bases_add(o, plain->desk, true, &all);
	if (plain->desk->from >= 0)
		bases_add(o, plain->desk, false, &all);
	if (all.cut)
		return opens_by(o, "too much to compare");
	for (uint32_t some = 0; some < 1U << all.n; some++) {
		struct cell c = *plain;

		if (__builtin_popcount(some) > BASES_AT_ONCE)
			continue;
		for (uint32_t left = some; left != 0; left &= left - 1) {
			const struct basis *b =
			    &all.v[__builtin_ctz(left)];
			uint64_t *bits = b->circle ? c.circles :
			    c.agreements;

			bits[false] |= b->bit[false];
			bits[true] |= b->bit[true];
		}
		if (opens_cells(o, &c))
			return true;
	}
	return false;
}

/* On the way out a desk's declared uses count; on the way in, every one. */
static bool
opens_desk(struct opens *o, const struct desk_pair *d)
{
	uint32_t uses = policy_desk_uses(o->to, d->to);
	int ndomains = (int)o->to->file->v.domains.n;

	for (int i = 0; i < 4 * ndomains; i++) {
		struct cell c = { .desk = d, .domain = i / 4,
		    .direction = (i & 1) != 0 ? DIRECTION_IN :
		    DIRECTION_OUT, .received = (i & 2) != 0 };

		if (c.direction == DIRECTION_OUT &&
		    (uses & 1U << c.domain) == 0)
			continue;
		if (opens_bases(o, &c))
			return true;
	}
	return false;
}

/* ---- everybody ---- */

static bool
opens_org(struct opens *o, size_t i)
{
	const struct policy_org *org = policy_org(o->to, i);
	int before = policy_find_org(o->from, str_of(org->id));

	if (o->to->file->parties.v[i].anonymiser && (before < 0 ||
	    !o->from->file->parties.v[before].anonymiser))
		return opens_by(o, "%s is trusted to hide sources", org->id);
	if (before >= 0 && strcmp(policy_org(o->from, (size_t)before)->country,
	    org->country) != 0)
		return opens_by(o, "%s is in another country", org->id);
	for (int k = 0; k < org->ndesks; k++) {
		struct desk_pair d = { .to = org->first_desk + k,
		    .to_org = (int)i, .from_org = before, .from = -1 };

		d.name = o->to->file->v.desks.v[d.to];
		if (before >= 0)
			d.from = policy_find_desk(o->from, str_of(d.name));
		if (opens_facts(o, &d) || (i > 0 && opens_desk(o, &d)))
			return true;
	}
	return false;
}

bool
policy_opens(const struct policy *from, const struct policy *to, char *text,
    size_t size)
{
	struct opens o = { .from = from, .to = to, .text = text,
	    .size = size };
	const char *name;

	for (unsigned i = 0; i < 64 &&
	    (name = policy_redaction(from, i)) != NULL; i++)
		for (unsigned k = 0; k < 64 &&
		    policy_redaction(to, k) != NULL; k++)
			if (strcmp(policy_redaction(to, k), name) == 0)
				o.redaction[i] = UINT64_C(1) << k;
	if (opens_words(&o) || opens_scores(&o) || opens_terms(&o))
		return true;
	for (size_t i = 0; i < policy_norgs(to); i++)
		if (opens_org(&o, i))
			return true;
	return false;
}
