/*
 * trust evidence: all that is kept about one peer or all of them, in the
 * form of which scores can be counted again elsewhere.
 */
#include <inttypes.h>
#include <stdio.h>

#include "trust/fixed.h"
#include "vault/control.h"
#include "vault/evidence.h"
#include "vault/peer.h"

#define PAGE_ITEMS 1000

struct page {
	struct control *c;	/* borrowed */
	json_t *items;		/* owned */
};

static int
on_item(void *arg, const struct evidence_item *i)
{
	struct page *p = arg;
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
	(void)json_array_append_new(p->items, o);
	if (json_array_size(p->items) < PAGE_ITEMS)
		return 0;
	control_more(p->c, json_pack("{s:o}", "items", p->items));
	p->items = json_array();
	return 0;
}

static json_t *
groups_json(const struct vault *v)
{
	json_t *groups = json_object();

	for (size_t i = 0; i < peers_count(v->peers); i++) {
		const char *id = peers_at(v->peers, i)->card.cert_id;
		char group[EVIDENCE_GROUP_MAX];

		if (evidence_group(v->evidence, id, group)[0] != '\0')
			(void)json_object_set_new(groups, id,
			    json_string(group));
	}
	return groups;
}

void
control_trust_evidence(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct page p = { .c = c };
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
	rc = evidence_each(v->evidence, peer, on_item, &p);
	if (rc < 0) {
		json_decref(p.items);
		(void)control_error(c, rc, "see: comityctl status",
		    "the evidence cannot be read: %s", err_text(rc));
		return;
	}
	control_reply(c, json_pack("{s:o, s:o, s:s}", "items", p.items,
	    "groups", groups_json(v), "at", time_format(at,
	    evidence_now(v->evidence))));
}
