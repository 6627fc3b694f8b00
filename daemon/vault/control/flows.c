#include "vault/control/flows.h"

#include <string.h>

#include "policy/flows.h"
#include "vault/circle.h"
#include "vault/peer.h"
#include "vault/posture.h"
#include "vault/terms.h"
#include "vault/trust/evidence.h"

struct flows {
	const struct policy *p;
	int org;
	json_t *list;
};

static json_t *
kinds_json(const struct policy *p, uint64_t bits)
{
	const struct names *kinds = &policy_vocabulary(p)->kinds;
	json_t *list = json_array();

	for (size_t k = 0; k < kinds->n; k++)
		if ((bits >> k & 1) != 0)
			(void)json_array_append_new(list,
			    json_string(kinds->v[k]));
	return list;
}

/* The names of agreements and circles that it waits for. */
static json_t *
needs_json(const struct flows *x, const struct policy_flow *f)
{
	json_t *list = json_array();
	struct policy_term t;

	for (size_t i = 0; policy_term_with(x->p, x->org, i, &t); i++)
		if (((t.circle ? f->circles : f->agreements) >> t.index & 1)
		    != 0)
			(void)json_array_append_new(list,
			    json_string(t.id));
	return list;
}

static void
on_flow(void *arg, const struct policy_flow *f)
{
	struct flows *x = arg;
	const struct vocabulary *v = policy_vocabulary(x->p);
	const char *desk = strchr(v->desks.v[f->desk], '/');
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "direction",
	    f->direction == DIRECTION_IN ? "in" : "out", "desk",
	    desk == NULL ? v->desks.v[f->desk] : desk + 1, "use",
	    v->domains.v[f->domain], "outcome", outcome_name(f->outcome),
	    "kinds", kinds_json(x->p, f->kinds), "tlp", tlp_name(f->tlp));

	if (f->outcome >= OUTCOME_DENY)
		(void)json_object_set_new(j, "by", json_string(f->by >= 0 ?
		    policy_rule_id(x->p, f->by) : reason_name(f->reason)));
	if ((f->agreements | f->circles) != 0)
		(void)json_object_set_new(j, "needs", needs_json(x, f));
	(void)json_array_append_new(x->list, j);
}

json_t *
control_flows_json(const struct vault *v, const char *cert_id)
{
	const struct peer *p = peers_find(v->peers, str_of(cert_id));
	struct policy_standing s = { .now = vault_now(v) };
	struct flows x = { .p = v->policy, .list = json_array() };
	struct gate_party scored;
	const struct posture_entry *set;

	x.org = v->policy == NULL ? -1 : policy_find_org(v->policy,
	    str_of(cert_id));
	if (x.org <= 0)
		return x.list;
	set = postures_find(v->postures, policy_org(v->policy,
	    (size_t)x.org)->country);
	s.posture = set == NULL ? POSTURE_NORMAL : set->level;
	evidence_bands(v->evidence, cert_id, policy_org(v->policy,
	    (size_t)x.org), &scored);
	s.discretion = scored.discretion;
	s.reliability = scored.reliability;
	if (p != NULL) {
		s.agreements = p->party.agreements;
		s.circles = p->party.circles;
	}
	policy_flows(v->policy, x.org, &s, on_flow, &x);
	return x.list;
}

/* ---- the topology ---- */

static json_t *
terms_of(const struct vault *v, const struct peer *p, int org, bool circles)
{
	json_t *list = json_array();
	struct policy_term t;

	for (size_t i = 0; policy_term_with(v->policy, org, i, &t); i++) {
		uint64_t counts = p == NULL ? 0 : t.circle ?
		    p->party.circles : p->party.agreements;

		if (t.circle == circles)
			(void)json_array_append_new(list, json_pack(
			    "{s:s, s:b}", "id", t.id, "counts",
			    (int)(counts >> t.index & 1)));
	}
	return list;
}

static json_t *
node_json(const struct vault *v, const struct policy_org *o, int org)
{
	struct peer *p = peers_find(v->peers, str_of(o->id));

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "id", o->id,
	    "type", o->type, "country", o->country, "state", p == NULL ?
	    "no card" : control_peer_state(p), "circles", terms_of(v, p, org,
	    true), "agreements", terms_of(v, p, org, false), "flows",
	    control_flows_json(v, o->id));
}

void
control_peer_graph(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *nodes = json_array(), *strangers = json_array();

	(void)args;
	for (size_t i = 1; v->policy != NULL && i < policy_norgs(v->policy);
	    i++)
		(void)json_array_append_new(nodes, node_json(v,
		    policy_org(v->policy, i), (int)i));
	for (size_t i = 0; i < peers_count(v->peers); i++)
		if (peers_at(v->peers, i)->party.org < 0)
			(void)json_array_append_new(strangers, json_string(
			    peers_at(v->peers, i)->card.cert_id));
	control_reply(c, json_pack("{s:s, s:o, s:o}", "cert_id", v->cert_id,
	    "nodes", nodes, "not_in_policy", strangers));
}
