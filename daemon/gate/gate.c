#include "gate/gate.h"

#include <string.h>

#include "gate/admit.h"
#include "gate/closure.h"
#include "gate/gate_private.h"
#include "gate/opinion.h"
#include "gate/shadow.h"
#include "policy/oblige.h"

#define SCRATCH_BYTES MIB(4)

static int
on_origin(void *arg, int64_t seal, char *dst)
{
	return gate_seal_origin(arg, seal, dst);
}

static bool
on_embargoed(void *arg, const struct label *l)
{
	return closure_under_embargo(arg, l);
}

struct gate *
gate_new(const struct gate_options *o)
{
	struct gate *g = mem_new(struct gate);

	g->o = *o;
	g->labels = labels_new(o->store);
	g->seals = seals_new(&(struct seals_options){ .store = o->store,
	    .key = o->key, .cert_id = o->cert_id, .keys = o->keys,
	    .keys_arg = o->keys_arg });
	g->withdrawn = withdrawn_new(o->store);
	g->references = references_new(&(struct references_options){
	    .store = o->store, .labels = g->labels, .origin = on_origin,
	    .embargoed = on_embargoed, .arg = g });
	g->reader = stix_reader_new();
	g->other = stix_reader_new();
	g->scratch = arena_new(SCRATCH_BYTES);
	g->generation = 1;
	return g;
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	references_free(g->references);
	labels_free(g->labels);
	seals_free(g->seals);
	withdrawn_free(g->withdrawn);
	stix_reader_free(g->reader);
	stix_reader_free(g->other);
	arena_free(g->scratch);
	vec_clear(&g->holders);
	free(g);
}

void
gate_set_policy(struct gate *g, const struct policy *p)
{
	g->policy = p;
	g->generation++;
	references_forget(g->references);
	labels_set_vocabulary(g->labels,
	    p == NULL ? NULL : policy_vocabulary(p));
}

const struct policy *
gate_policy(const struct gate *g)
{
	return g->policy;
}

void
gate_set_shadow(struct gate *g, struct shadow *s)
{
	g->shadow = s;
}

uint64_t
gate_generation(const struct gate *g)
{
	return g->generation;
}

void
gate_forget(struct gate *g)
{
	g->generation++;
	references_forget(g->references);
	labels_trim(g->labels);
}

int
gate_tombstone(struct gate *g, const struct store_record *r)
{
	TRY(seals_keep_leaf(g->seals, r));
	return store_set_tombstone(g->o.store, r->seq);
}

void
gate_hold(struct gate *g, const void *owner, int64_t from, unix_ms_t until)
{
	for (size_t i = 0; i < g->holders.n; i++)
		if (g->holders.v[i].owner == owner) {
			g->holders.v[i].until = until;
			return;
		}
	vec_push(&g->holders, (struct gate_holder){ owner, from, until });
}

void
gate_unhold(struct gate *g, const void *owner)
{
	for (size_t i = 0; i < g->holders.n; i++)
		if (g->holders.v[i].owner == owner) {
			g->holders.v[i] = g->holders.v[--g->holders.n];
			return;
		}
}

int64_t
gate_releasable(const struct gate *g, unix_ms_t now)
{
	int64_t last = store_last_seq(g->o.store);

	for (size_t i = 0; i < g->holders.n; i++)
		if (g->holders.v[i].until.ms > now.ms &&
		    g->holders.v[i].from <= last)
			last = g->holders.v[i].from - 1;
	return last;
}

int
gate_withdraw(struct gate *g, const char *origin, const struct digest *d)
{
	return withdrawn_add(g->withdrawn, origin, d);
}

void
gate_rolled_back(struct gate *g)
{
	seals_forget(g->seals);
	g->embargoes_read = false;
	if (g->shadow != NULL)
		shadow_rolled_back(g->shadow);
	gate_set_policy(g, g->policy);
}

int
gate_seal_origin(struct gate *g, int64_t seal, char *dst)
{
	return seals_origin(g->seals, seal, dst);
}

int
gate_label(struct gate *g, const struct store_record *r, struct label *out)
{
	return closure_label(g, &(struct closure_query){ .record = r }, out);
}

/* What the obligations make of what the policy answered. */
static void
answer_oblige(struct gate *g, const struct gate_query *q,
    const struct label *l, struct gate_answer *a)
{
	struct oblige_flow flow = { a->outcome, a->reason, a->by,
	    a->obligations, a->redactions };
	struct oblige_facts facts = { .label = l, .now = q->now,
	    .received = (q->record->flags & RECORD_OWN) == 0,
	    .bare = q->party->bare, .embargo_end = a->embargo_end };

	oblige_out(g->policy, &facts, &flow);
	a->outcome = flow.outcome;
	a->reason = flow.reason;
	a->by = flow.by;
	a->obligations = flow.obligations;
	a->redactions = flow.redactions;
	/* Whoever passes it on says who gave it, but for an anonymiser. */
	if ((a->obligations >> OBLIGATION_NO_ATTRIBUTION & 1) != 0 &&
	    q->party->org >= 0 && !policy_org(g->policy,
	    (size_t)q->party->org)->anonymiser)
		a->cap_hops = 0;
}

static const char *
party_name(const struct gate *g, const struct gate_party *p)
{
	return g->policy == NULL || p->org < 0 ? NULL :
	    policy_org(g->policy, (size_t)p->org)->id;
}

int
gate_answer_out(struct gate *g, const struct gate_query *q,
    struct gate_answer *out)
{
	struct label label;
	struct gate_question question = {
		.policy = g->policy, .party = q->party, .label = &label,
		.received = (q->record->flags & RECORD_OWN) == 0,
		.now = q->now,
	};
	unix_ms_t end = { 0 };
	struct closure_query closure = { q->record, party_name(g, q->party),
	    &end };

	TRY(closure_label(g, &closure, &label));
	answer_out(&question, out);
	if (out->outcome == OUTCOME_CONSULT && q->agreed != NULL)
		answer_agreed(&question, q->agreed, out);
	out->alone = closure_under_embargo(g, &label);
	out->embargo_end = end;
	answer_oblige(g, q, &label, out);
	if (q->record->expires.ms <= q->now.ms &&
	    out->outcome < OUTCOME_DENY) {
		out->outcome = OUTCOME_DENY;
		out->reason = REASON_EXPIRED;
		out->by = -1;
	}
	return 0;
}

/*
 * What a desk published itself tells it nothing by what it refers to: that
 * others hold more of that, which it may not see, does not hide its own.
 */
static int
answer_own_words(struct gate *g, const struct store_record *r, int desk,
    unix_ms_t now)
{
	const struct label *l;
	struct decision d;
	struct label label;
	int rc;

	if ((r->flags & (RECORD_HAS_REFS | RECORD_SUPERSEDED)) == 0)
		return 0;
	rc = admit_published_by(g, r, desk);
	l = rc <= 0 ? NULL : labels_get(g->labels, r->label, r->desks);
	if (l == NULL)
		return rc < 0 ? rc : 0;
	label = *l;
	if (r->expires.ms < label.expires.ms)
		label.expires = r->expires;
	policy_decide_local(g->policy, desk, &label, now, &d);
	return d.outcome == OUTCOME_PERMIT;
}

int
gate_answer_local(struct gate *g, const struct store_record *r, int desk,
    unix_ms_t now)
{
	struct decision d;
	struct label label;
	int rc;

	/* What waits for people nobody works with. */
	if ((r->flags & RECORD_HELD) != 0)
		return 0;
	/* Nor with what was thought of something that was taken back. */
	rc = (r->flags & RECORD_OPINION) == 0 ? 1 :
	    opinion_holds(g->o.store, r);
	if (rc <= 0)
		return rc;
	rc = gate_label(g, r, &label);
	if (rc == ERR_DENIED)
		return 0;
	TRY(rc);
	if (r->expires.ms < label.expires.ms)
		label.expires = r->expires;
	policy_decide_local(g->policy, desk, &label, now, &d);
	if (d.outcome == OUTCOME_PERMIT)
		return 1;
	return answer_own_words(g, r, desk, now);
}

int
gate_is_echo(struct gate *g, const struct store_record *r,
    const char *cert_id, struct arena *arena)
{
	char origin[CERT_ID_MAX + 1];
	struct str source;

	if ((r->flags & RECORD_OWN) != 0)
		return 0;
	TRY(store_name(g->o.store, r->source, arena, &source));
	if (str_eqz(source, cert_id))
		return 1;
	TRY(gate_seal_origin(g, r->seal, origin));
	return strcmp(origin, cert_id) == 0;
}
