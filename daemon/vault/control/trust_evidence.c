/*
 * trust evidence: all that is kept about one peer or all of them, in the
 * form of which scores can be counted again elsewhere.
 */
#include <inttypes.h>
#include <stdio.h>

#include "trust/fixed.h"
#include "vault/control/control.h"
#include "vault/peer.h"
#include "vault/trust/evidence.h"

#define PAGE_ITEMS 500

struct page {
	struct control *c;	/* borrowed */
	json_t *items;		/* owned */
};

/* What the kind has beside who and when; as text, so that it reads alike. */
static void
item_said(json_t *o, const struct evidence_item *i)
{
	char text[FIXED_TEXT_MAX], until[TIME_TEXT_MAX];

	if (i->until.ms != 0)
		(void)json_object_set_new(o, "until", json_string(
		    time_format(until, i->until)));
	if (i->kind != TRUST_REFERRED)
		return;
	(void)json_object_set_new(o, "b", json_string(fixed_text(text,
	    i->said_b)));
	(void)json_object_set_new(o, "d", json_string(fixed_text(text,
	    i->said_d)));
}

static json_t *
item_json(const struct evidence_item *i)
{
	char at[TIME_TEXT_MAX], id[2 * sizeof(i->key) + 1];
	json_t *o;

	snprintf(id, sizeof(id), "%016" PRIx64, i->key);
	o = json_pack("{s:s, s:s%, s:s, s:s, s:s}", "at", time_format(at,
	    i->at), "peer", i->peer.p, i->peer.n, "kind",
	    trust_kind_name(i->kind), "dimension", trust_dimension_name(
	    trust_kind_dimension(i->kind)), "id", id);
	if (o != NULL && i->by.n > 0)
		(void)json_object_set_new(o, "by", json_stringn(i->by.p,
		    i->by.n));
	if (o != NULL && i->record.n > 0)
		(void)json_object_set_new(o, "record", json_stringn(
		    i->record.p, i->record.n));
	if (o != NULL)
		item_said(o, i);
	return o;
}

static int
on_item(void *arg, const struct evidence_item *i)
{
	struct page *p = arg;

	/* Who counts again finds out by itself which sponsors answer. */
	if (i->kind == TRUST_VOUCHED_GATED)
		return 0;
	(void)json_array_append_new(p->items, item_json(i));
	if (json_array_size(p->items) < PAGE_ITEMS)
		return 0;
	control_more(p->c, json_pack("{s:o}", "items", p->items));
	p->items = json_array();
	return 0;
}

/* What the policy presumes of a CERT, where it does. */
static void
initial_add(json_t *all, const struct policy_org *org)
{
	const struct { enum trust_dimension d; enum band band; } said[] = {
		{ TRUST_RELIABILITY, org->reliability },
		{ TRUST_DISCRETION, org->discretion },
	};
	json_t *one = json_object();

	for (size_t i = 0; i < NELEM(said); i++)
		if (said[i].band != BAND_E)
			(void)json_object_set_new(one, trust_dimension_name(
			    said[i].d), json_string(band_name(said[i].band)));
	if (json_object_size(one) > 0)
		(void)json_object_set(all, org->id, one);
	json_decref(one);
}

/* Which group everybody is of, and what is presumed of it. */
static void
policy_json(const struct vault *v, json_t *groups, json_t *initial)
{
	size_t n = v->policy == NULL ? 0 : policy_norgs(v->policy);

	for (size_t i = 0; i < n; i++) {
		const struct policy_org *org = policy_org(v->policy, i);
		char group[EVIDENCE_GROUP_MAX];

		initial_add(initial, org);
		if (evidence_group(v->evidence, org->id, group)[0] != '\0')
			(void)json_object_set_new(groups, org->id,
			    json_string(group));
	}
}

void
control_trust_evidence(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct page p = { .c = c };
	json_t *groups, *initial, *ids;
	char at[TIME_TEXT_MAX];
	const char *peer;
	int rc;

	if (control_filter(c, args, "peer", &peer) < 0)
		return;
	if (peer != NULL && peers_find(v->peers, str_of(peer)) == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl trust list",
		    "no peer %s", peer);
		return;
	}
	p.items = json_array();
	/*
	 * A score rests on the scores of those who said something: everything
	 * about everybody is handed out, and who asked for one peer reads the
	 * scores of that one.
	 */
	rc = evidence_each(v->evidence, NULL, on_item, &p);
	if (rc < 0) {
		json_decref(p.items);
		(void)control_error(c, rc, "see: comityctl status",
		    "the evidence cannot be read: %s", err_text(rc));
		return;
	}
	groups = json_object();
	initial = json_object();
	ids = json_array();
	policy_json(v, groups, initial);
	for (size_t i = 0; i < peers_count(v->peers); i++)
		(void)json_array_append_new(ids, json_string(peers_at(
		    v->peers, i)->card.cert_id));
	control_reply(c, json_pack("{s:o, s:o, s:o, s:o, s:s}", "items",
	    p.items, "groups", groups, "initial", initial, "peers", ids,
	    "at", time_format(at, evidence_now(v->evidence))));
}
