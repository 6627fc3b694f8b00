/*
 * proof list, proof show: what peers signed and may not have.  The bytes of
 * the record in question are not shown: no desk was given them.
 */
#include <string.h>

#include "gate/proof.h"
#include "merkle/seal.h"
#include "vault/control/control.h"
#include "vault/peer.h"

#define ARENA_BYTES MIB(4)

static json_t *
base64_json(struct str s)
{
	AUTO_BUF struct buf b = { 0 };

	base64_encode(&b, (const uint8_t *)s.p, s.n);
	return json_stringn(b.p, b.n);
}

/* A text that came from outside: if it is none, its bytes. */
static json_t *
text_json(struct str s)
{
	json_t *text = json_stringn(s.p, s.n);

	return text != NULL ? text : base64_json(s);
}

/* What a list says of one. */
static json_t *
proof_json(const char *name, const struct proof *p)
{
	char at[TIME_TEXT_MAX];
	struct seal seal;

	return json_pack("{s:s, s:s, s:s%, s:s, s:s*, s:I}", "name", name,
	    "at", time_format(at, p->at), "peer", p->sender.p, p->sender.n,
	    "fault", chain_fault_text(p->fault), "originator",
	    seal_decode(p->table.seal, &seal) == 0 ? seal.cert_id : NULL,
	    "links", (json_int_t)p->table.n);
}

struct listing {
	json_t *list;
	const char *name;	/* only that one, whole; or NULL */
};

static json_t *
links_json(const struct chain_table *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct chain_link *l = &t->v[i];
		json_t *o = json_pack("{s:s%, s:s%, s:o, s:o, s:o}",
		    "from", l->from.p, l->from.n, "to", l->to.p, l->to.n,
		    "leaves", base64_json((struct str){
		    (const char *)l->leaves, CHAIN_LEAVES_BYTES }),
		    "terms", text_json(l->text),
		    "signature", base64_json((struct str){
		    (const char *)l->signature, SIGNATURE_BYTES }));

		if (o != NULL && l->previous != CHAIN_FIRST)
			(void)json_object_set_new(o, "previous",
			    json_integer(l->previous));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* Everything of it but the record. */
static void
add_whole(json_t *fields, const struct proof *p)
{
	char hex[2 * DIGEST_BYTES + 1];
	struct digest leaf;

	seal_leaf(p->salt, p->label, p->bytes, &leaf);
	hex_encode(hex, leaf.b, DIGEST_BYTES);
	(void)json_object_set_new(fields, "seal",
	    base64_json(p->table.seal));
	(void)json_object_set_new(fields, "links", links_json(&p->table));
	(void)json_object_set_new(fields, "last", json_integer(p->last));
	(void)json_object_set_new(fields, "leaf", json_integer(p->leaf));
	(void)json_object_set_new(fields, "leaf_hash", json_string(hex));
	(void)json_object_set_new(fields, "label", text_json(p->label));
}

static int
on_proof(void *arg, const char *name, struct str value)
{
	AUTO(arena_free) struct arena *arena = NULL;
	struct listing *l = arg;
	json_t *fields;
	struct proof p;

	if (l->name != NULL && strcmp(l->name, name) != 0)
		return 0;
	arena = arena_new(ARENA_BYTES);
	if (proof_decode(value, arena, &p) != 0)
		return ERR_STORE;
	fields = proof_json(name, &p);
	if (fields != NULL && l->name != NULL)
		add_whole(fields, &p);
	(void)json_array_append_new(l->list, fields);
	return 0;
}

/* How many there ever were, of all peers whose cards are held. */
static int
proofs_total(struct vault *v, uint64_t *out)
{
	uint64_t total = 0, n;

	for (size_t i = 0; i < peers_count(v->peers); i++) {
		TRY(proof_count(v->store, peers_at(v->peers, i)->card.cert_id,
		    &n));
		total += n;
	}
	*out = total;
	return 0;
}

void
control_proof_list(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct listing l = { json_array(), NULL };
	uint64_t total = 0;
	int rc = proof_each(v->store, on_proof, &l);

	(void)args;
	if (rc == 0)
		rc = proofs_total(v, &total);
	if (rc < 0) {
		json_decref(l.list);
		(void)control_error(c, rc, "see: comityctl status",
		    "the proofs cannot be read: %s", err_text(rc));
		return;
	}
	control_reply(c, json_pack("{s:o, s:I}", "proofs", l.list, "total",
	    (json_int_t)total));
}

void
control_proof_show(struct control *c, const json_t *args)
{
	const char *name = control_text(args, "name");
	struct listing l = { json_array(), name == NULL ? "" : name };
	int rc = proof_each(control_vault(c)->store, on_proof, &l);

	if (rc == 0 && json_array_size(l.list) == 0)
		rc = ERR_NOT_FOUND;
	if (rc < 0)
		(void)control_error(c, rc, "find them with: comityctl proof "
		    "list", "no proof %s here", l.name);
	else
		control_reply(c, json_pack("{s:O}", "proof",
		    json_array_get(l.list, 0)));
	json_decref(l.list);
}
