#include "gate/gate.h"

#include <stdio.h>
#include <string.h>

#include "gate/admit.h"
#include "gate/gate_private.h"
#include "gate/shadow.h"
#include "policy/oblige.h"
#include "record/derive.h"

#define SCRATCH_BYTES MIB(4)
#define CLOSURE_MAX 256		/* objects looked at for one decision */

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

/* The objects still to look at, and those seen, while a closure is joined. */
struct closure {
	struct gate *g;
	struct label *label;
	struct arena *arena;
	unix_ms_t *embargo_end;	/* the latest of all, or NULL */
	const char *recipient;	/* CERT id of who is to have it, or NULL */
	VEC(struct str) ids;	/* seen and to see, in order of discovery */
	int64_t best_us;	/* newest version of the id at hand */
	struct store_record newest;
	bool found;
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct closure *c = arg;

	if ((r->flags & (RECORD_TOMBSTONE | RECORD_APART)) != 0)
		return 0;
	if (!c->found || r->modified_us >= c->best_us) {
		c->found = true;
		c->best_us = r->modified_us;
		c->newest = *r;
	}
	return 0;
}

static bool
closure_has(const struct closure *c, struct str id)
{
	for (size_t i = 0; i < c->ids.n; i++)
		if (str_eq(c->ids.v[i], id))
			return true;
	return false;
}

/* Put the references of an object on the list; each once, so cycles end. */
static int
closure_refs(struct closure *c, struct str bytes)
{
	struct stix_problem problem;
	struct stix_object o;

	if (stix_read(c->g->other, bytes, &o, &problem) != 0)
		return ERR_DENIED;
	for (size_t i = 0; i < o.nrefs; i++) {
		struct str id = o.refs[i];

		if (closure_has(c, id))
			continue;
		if (c->ids.n >= CLOSURE_MAX)
			return ERR_DENIED;
		id.p = arena_dup(c->arena, id.p, id.n);
		if (id.p == NULL)
			return ERR_DENIED;
		vec_push(&c->ids, id);
	}
	return 0;
}

/* An older version is judged by the newest one's label too. */
static int
closure_self(struct closure *c, struct str bytes)
{
	struct stix_problem problem;
	struct stix_object o;
	struct str id;

	if (stix_read(c->g->other, bytes, &o, &problem) != 0)
		return ERR_DENIED;
	id.n = o.id.n;
	id.p = arena_dup(c->arena, o.id.p, o.id.n);
	if (id.p == NULL)
		return ERR_DENIED;
	if (!closure_has(c, id))
		vec_push(&c->ids, id);
	return 0;
}

static bool
under_embargo(const struct gate *g, const struct label *l)
{
	int bit = names_find(&policy_vocabulary(g->policy)->caveats,
	    STR("embargo"));

	return bit >= 0 && (l->caveats >> bit & 1) != 0;
}

/* If the object with that label is under embargo, it ends no earlier. */
static void
closure_embargo(struct closure *c, const struct label *l, struct str bytes)
{
	unix_ms_t end = UNIX_MS_NEVER;
	struct stix_problem problem;
	struct stix_object o;

	if (c->embargo_end == NULL || !under_embargo(c->g, l))
		return;
	if (stix_read(c->g->other, bytes, &o, &problem) == 0)
		end = derive_embargo(&o);
	if (end.ms > c->embargo_end->ms)
		*c->embargo_end = end;
}

/*
 * How far a record may still go does not count towards who gave it to us,
 * or made it: word about it may always return there.  Whatever else its
 * label says holds on the way back too.
 */
static int
closure_way_back(struct closure *c, struct label *inout)
{
	int echo = c->recipient == NULL ? 0 :
	    gate_is_echo(c->g, &c->newest, c->recipient, c->arena);

	if (echo > 0)
		inout->hops = LABEL_HOPS_MAX;
	return echo < 0 ? echo : 0;
}

/* Join the label of one referenced object, if it is stored here. */
static int
closure_join(struct closure *c, struct str id)
{
	const struct label *l;
	struct label there;

	c->found = false;
	TRY(store_find_id(c->g->o.store, id, c->arena, on_version, c));
	if (!c->found)
		return 0;	/* references may point at nothing we have */
	l = labels_get(c->g->labels, c->newest.label, c->newest.desks);
	if (l == NULL)
		return ERR_DENIED;
	there = *l;
	TRY(closure_way_back(c, &there));
	label_join(c->label, c->label, &there);
	closure_embargo(c, l, c->newest.bytes);
	if ((c->newest.flags & RECORD_HAS_REFS) != 0)
		return closure_refs(c, c->newest.bytes);
	return 0;
}

/*
 * The label of a record towards a recipient (NULL: nobody in particular)
 * and, if embargo_end is not NULL, when the last embargo on it and on what
 * it refers to ends.
 */
static int
closure_label(struct gate *g, const struct store_record *r,
    const char *recipient, unix_ms_t *embargo_end, struct label *out)
{
	AUTO(arena_free) struct arena *arena = NULL;
	const struct label *own;
	struct closure c = { .g = g, .embargo_end = embargo_end,
	    .recipient = recipient };
	struct label l;
	int rc;

	if (g->policy == NULL)
		return ERR_DENIED;
	own = labels_get(g->labels, r->label, r->desks);
	if (own == NULL)
		return ERR_DENIED;
	closure_embargo(&c, own, r->bytes);
	if ((r->flags & (RECORD_HAS_REFS | RECORD_SUPERSEDED)) == 0) {
		*out = *own;
		return 0;
	}
	l = *own;
	c.label = &l;
	c.arena = arena = arena_new(MIB(64));
	rc = closure_refs(&c, r->bytes);
	if (rc == 0 && (r->flags & RECORD_SUPERSEDED) != 0)
		rc = closure_self(&c, r->bytes);
	for (size_t i = 0; rc == 0 && i < c.ids.n; i++)
		rc = closure_join(&c, c.ids.v[i]);
	vec_clear(&c.ids);
	if (rc != 0)
		return rc;
	label_normalise(&l, policy_vocabulary(g->policy));
	*out = l;
	return 0;
}

int
gate_label(struct gate *g, const struct store_record *r, struct label *out)
{
	return closure_label(g, r, NULL, NULL, out);
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

	TRY(closure_label(g, q->record, party_name(g, q->party), &end,
	    &label));
	answer_out(&question, out);
	if (out->outcome == OUTCOME_CONSULT && q->agreed != NULL)
		answer_agreed(&question, q->agreed, out);
	out->alone = under_embargo(g, &label);
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
