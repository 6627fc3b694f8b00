#include "policy/flows.h"

#include <string.h>

#include "base/mem.h"

#define FLOWS_MAX 256		/* of one desk and use */

/* One desk, one use, one direction. */
struct gather {
	const struct policy *p;
	const struct policy_standing *s;
	struct policy_request req;	/* but the label's kind and colour */
	struct label label;
	struct policy_flow v[FLOWS_MAX];
	size_t n;
};

static void
gather_decide(struct gather *g, bool now, struct decision *out)
{
	g->req.agreements = now ? g->s->agreements : UINT64_MAX;
	g->req.circles = now ? g->s->circles : UINT64_MAX;
	g->req.label = &g->label;
	policy_decide(g->p, &g->req, out);
}

/* One outcome of a kind: with those that fare alike. */
static void
gather_add(struct gather *g, const struct policy_flow *f)
{
	for (size_t i = 0; i < g->n; i++) {
		struct policy_flow *at = &g->v[i];

		if (at->outcome != f->outcome || at->tlp != f->tlp ||
		    at->agreements != f->agreements ||
		    at->circles != f->circles || at->by != f->by ||
		    at->reason != f->reason)
			continue;
		at->kinds |= f->kinds;
		return;
	}
	if (g->n < FLOWS_MAX)
		g->v[g->n++] = *f;
}

/* What becomes of the label as it stands. */
static struct policy_flow
gather_flow(struct gather *g)
{
	struct policy_flow f = { .direction = g->req.direction,
	    .desk = g->req.desk, .domain = g->req.purpose, .by = -1,
	    .kinds = UINT64_C(1) << g->label.kind, .tlp = g->label.tlp };
	struct decision d, now;

	gather_decide(g, false, &d);
	gather_decide(g, true, &now);
	f.outcome = d.outcome;
	if (now.outcome > d.outcome) {
		f.agreements = d.agreements & ~g->s->agreements;
		f.circles = d.circles & ~g->s->circles;
	}
	if (d.outcome >= OUTCOME_DENY) {
		f.by = d.by;
		f.reason = d.reason;
		f.tlp = TLP_RED;
	}
	return f;
}

/* What becomes of a kind, colour by colour: the last that fares alike. */
static void
gather_kind(struct gather *g, size_t kind)
{
	struct policy_flow f = { .tlp = -1 };

	g->label.kind = (uint8_t)kind;
	for (int tlp = TLP_CLEAR; tlp <= TLP_RED; tlp++) {
		struct policy_flow next;

		g->label.tlp = (uint8_t)tlp;
		g->label.hops = label_default_hops((uint8_t)tlp);
		next = gather_flow(g);
		if (tlp > TLP_CLEAR && (next.outcome != f.outcome ||
		    next.agreements != f.agreements ||
		    next.circles != f.circles))
			gather_add(g, &f);
		f = next;
		/* From here on nothing flows, whatever the colour. */
		if (f.outcome >= OUTCOME_DENY)
			break;
	}
	if (f.outcome < OUTCOME_DENY || g->label.tlp == TLP_CLEAR)
		gather_add(g, &f);
}

static void
gather_run(struct gather *g, policy_flow_fn fn, void *arg)
{
	size_t kinds = policy_vocabulary(g->p)->kinds.n;

	g->n = 0;
	/* Kind 0 is what nobody recognised. */
	for (size_t k = 1; k < kinds; k++)
		gather_kind(g, k);
	for (int o = OUTCOME_PERMIT; o <= OUTCOME_FORBID; o++)
		for (size_t i = 0; i < g->n; i++)
			if ((int)g->v[i].outcome == o)
				fn(arg, &g->v[i]);
}

/* An unmarked record of that side, with nothing else taken away. */
static void
source_label(const struct policy *p, int org, struct label *out)
{
	struct label from;

	policy_source_label(p, org, -1, &from);
	label_bottom(out);
	out->lineage = from.lineage;
}

void
policy_flows(const struct policy *p, int org,
    const struct policy_standing *s, policy_flow_fn fn, void *arg)
{
	const struct policy_org *o = policy_org(p, (size_t)org);
	AUTO(mem_free) struct gather *g = mem_new(struct gather);

	g->p = p;
	g->s = s;
	for (int in = 0; in < 2; in++)
		for (int i = 0; i < o->ndesks; i++) {
			int desk = o->first_desk + i;
			uint32_t uses = policy_desk_uses(p, desk);

			for (; uses != 0; uses &= uses - 1) {
				source_label(p, in ? org : 0, &g->label);
				g->req = (struct policy_request){
				    .direction = in ? DIRECTION_IN :
				    DIRECTION_OUT, .desk = desk,
				    .purpose = __builtin_ctz(uses),
				    .posture = s->posture > o->posture ?
				    s->posture : o->posture,
				    .discretion = s->discretion,
				    .reliability = s->reliability,
				    .definitions = UINT64_MAX,
				    .now = s->now };
				gather_run(g, fn, arg);
			}
		}
}
