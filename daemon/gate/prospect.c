#include "gate/prospect.h"

#include "base/mem.h"
#include "policy/oblige.h"

#define ROWS_MAX 256		/* of one desk and use */
#define RUNS_MAX 32		/* of one kind */

/* One desk, one use, one direction. */
struct gather {
	const struct policy *p;
	struct gate_party real, tried;	/* as it is; with other bands */
	struct label label;
	enum direction direction;
	int desk, domain;
	unix_ms_t at;
	struct prospect runs[RUNS_MAX], v[ROWS_MAX];
	size_t nruns, n;
};

/* What becomes of the label at the bands that are tried. */
static void
gather_decide(const struct gather *g, bool agreed, struct decision *out)
{
	const struct gate_question q = { .policy = g->p, .party = &g->tried,
	    .label = &g->label, .now = g->at };
	const struct oblige_facts facts = { .label = &g->label,
	    .embargo_end = UNIX_MS_NEVER, .now = g->at,
	    .bare = g->tried.bare };
	struct policy_request req;
	struct oblige_flow flow;

	answer_request(&q, g->direction, g->desk, g->domain, &req);
	if (agreed) {
		req.agreements = req.circles = UINT64_MAX;
		req.met = NULL;
	}
	policy_decide(g->p, &req, out);
	if (g->direction == DIRECTION_IN)
		return;
	flow = (struct oblige_flow){ out->outcome, out->reason, out->by,
	    out->obligations, out->redactions };
	oblige_out(g->p, &facts, &flow);
	out->outcome = flow.outcome;
	out->reason = flow.reason;
	out->by = flow.by;
}

static bool
fares_alike(const struct prospect *a, const struct prospect *b)
{
	return a->outcome == b->outcome && a->discretion == b->discretion &&
	    a->reliability == b->reliability && a->now == b->now &&
	    a->agreements == b->agreements && a->circles == b->circles &&
	    a->reason == b->reason && a->by == b->by;
}

/* One more colour of the kind: a run goes on, or one begins. */
static void
gather_run(struct gather *g, const struct prospect *x)
{
	for (size_t i = 0; i < g->nruns; i++)
		if (g->runs[i].tlp == x->tlp - 1 &&
		    fares_alike(&g->runs[i], x)) {
			g->runs[i].tlp = x->tlp;
			return;
		}
	if (g->nruns < RUNS_MAX)
		g->runs[g->nruns++] = *x;
}

/* Try one pair of bands; better than best: that is worth a row. */
static bool
gather_try(struct gather *g, const struct decision *present,
    enum outcome best, struct prospect *x)
{
	struct decision d, now;

	gather_decide(g, true, &d);
	if (d.outcome >= OUTCOME_DENY || d.outcome >= best)
		return false;
	gather_decide(g, false, &now);
	x->outcome = d.outcome;
	x->discretion = g->tried.discretion;
	x->reliability = g->tried.reliability;
	x->now = x->discretion == g->real.discretion &&
	    x->reliability == g->real.reliability;
	x->agreements = x->circles = 0;
	if (now.outcome > d.outcome) {
		x->agreements = d.agreements & ~g->real.agreements;
		x->circles = d.circles & ~g->real.circles;
	}
	x->reason = x->now ? REASON_RULE : present->reason;
	x->by = x->now ? -1 : present->by;
	return true;
}

/* Does any band at all make a difference to the label? */
static bool
bands_matter(struct gather *g, const struct decision *present)
{
	struct decision d;

	g->tried.discretion = g->tried.reliability = BAND_A;
	gather_decide(g, true, &d);
	return d.outcome != present->outcome;
}

/*
 * The steps by which a label fares better: of the band that the direction
 * looks at first, then of the other.
 */
static void
gather_label(struct gather *g, struct prospect *x)
{
	bool out = g->direction == DIRECTION_OUT;
	enum band *inner = out ? &g->tried.discretion : &g->tried.reliability;
	enum band *outer = out ? &g->tried.reliability : &g->tried.discretion;
	struct decision present;
	enum outcome best = OUTCOME_FORBID;
	int from_inner, from_outer, steps;

	g->tried = g->real;
	gather_decide(g, true, &present);
	steps = bands_matter(g, &present) ? BAND_E : 0;
	g->tried = g->real;
	from_inner = (int)*inner;
	from_outer = (int)*outer;
	for (int o = from_outer; o >= 0 && from_outer - o <= steps; o--)
		for (int i = from_inner; i >= 0 && from_inner - i <= steps;
		    i--) {
			*outer = (enum band)o;
			*inner = (enum band)i;
			if (gather_try(g, &present, best, x)) {
				best = x->outcome;
				gather_run(g, x);
			}
		}
	if (best != OUTCOME_FORBID)
		return;
	x->outcome = present.outcome;
	x->discretion = g->real.discretion;
	x->reliability = g->real.reliability;
	x->now = false;
	x->agreements = x->circles = 0;
	x->reason = present.reason;
	x->by = present.by;
	gather_run(g, x);
}

/* A run of this kind: with kinds of the same. */
static void
gather_add(struct gather *g, const struct prospect *x)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].tlp_from == x->tlp_from &&
		    g->v[i].tlp == x->tlp && fares_alike(&g->v[i], x)) {
			g->v[i].kinds |= x->kinds;
			return;
		}
	if (g->n < ROWS_MAX)
		g->v[g->n++] = *x;
}

static void
gather_kind(struct gather *g, size_t kind)
{
	struct prospect x = { .direction = g->direction, .desk = g->desk,
	    .domain = g->domain, .kinds = UINT64_C(1) << kind };

	g->label.kind = (uint8_t)kind;
	g->nruns = 0;
	for (int tlp = TLP_CLEAR; tlp <= TLP_RED; tlp++) {
		g->label.tlp = (uint8_t)tlp;
		g->label.hops = label_default_hops((uint8_t)tlp);
		x.tlp = x.tlp_from = tlp;
		gather_label(g, &x);
	}
	for (size_t i = 0; i < g->nruns; i++)
		gather_add(g, &g->runs[i]);
}

static int
rank(const struct prospect *x)
{
	return x->outcome >= OUTCOME_DENY ? 2 : x->now ? 0 : 1;
}

static void
gather_use(struct gather *g, prospect_fn fn, void *arg)
{
	size_t kinds = policy_vocabulary(g->p)->kinds.n;

	g->n = 0;
	/* Kind 0 is what nobody recognised. */
	for (size_t k = 1; k < kinds; k++)
		gather_kind(g, k);
	for (int r = 0; r <= 2; r++)
		for (size_t i = 0; i < g->n; i++)
			if (rank(&g->v[i]) == r)
				fn(arg, &g->v[i]);
}

void
prospects(const struct policy *p, const struct gate_party *party,
    unix_ms_t at, prospect_fn fn, void *arg)
{
	const struct policy_org *o = policy_org(p, (size_t)party->org);
	AUTO(mem_free) struct gather *g = mem_new(struct gather);

	g->p = p;
	g->real = *party;
	g->at = at;
	for (int in = 0; in < 2; in++) {
		struct label from;

		g->direction = in ? DIRECTION_IN : DIRECTION_OUT;
		policy_source_label(p, in ? party->org : 0, -1, &from);
		label_bottom(&g->label);
		g->label.lineage = from.lineage;
		for (int i = 0; i < o->ndesks; i++) {
			uint32_t uses;

			g->desk = o->first_desk + i;
			uses = policy_desk_uses(p, g->desk);
			for (; uses != 0; uses &= uses - 1) {
				g->domain = __builtin_ctz(uses);
				gather_use(g, fn, arg);
			}
		}
	}
}
