#include "vault/control/control.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "vault/control/flows.h"
#include "vault/link.h"
#include "vault/peer.h"
#include "vault/taxii_peer.h"
#include "vault/terms.h"
#include "vault/trust/card_vouch.h"

static void
set_text(json_t *f, const char *name, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(f, name, json_string(text));
}

static json_t *
row_json(const struct vault *v, const struct terms_row *r)
{
	json_t *f = json_pack("{s:s, s:s, s:b, s:b}", "id", r->id, "what",
	    term_what_name(r->what), "equal", r->ours[0] != '\0' &&
	    strcmp(r->ours, r->theirs) == 0, "counts", (int)r->counts);
	AUTO_BUF struct buf text = { 0 };

	set_text(f, "ours", r->ours);
	set_text(f, "theirs", r->theirs);
	set_text(f, "problem", r->problem);
	set_text(f, "wider", r->wider);
	if (r->what == TERM_AGREEMENT && r->ours[0] != '\0') {
		terms_ceiling_text(v->policy, &r->met, &text);
		set_text(f, "in_force", text.p);
	}
	if (r->what == TERM_CIRCLE && r->our_version > 0)
		(void)json_object_set_new(f, "version",
		    json_integer(r->our_version));
	return f;
}

/* Agreements, circles and definitions, and what of them counts. */
static json_t *
terms_json(const struct vault *v, const struct peer *p)
{
	json_t *list = json_array();
	const struct terms_row *r;

	for (size_t i = 0; (r = terms_row(p->terms, i)) != NULL; i++)
		(void)json_array_append_new(list, row_json(v, r));
	return list;
}

/* The peer that args name, or NULL after an error was answered. */
static struct peer *
named_peer(struct control *c, const json_t *args)
{
	const char *id = control_text(args, "id");
	struct peer *p = peers_find(control_vault(c)->peers, str_of(id));

	if (p == NULL)
		(void)control_error(c, ERR_NOT_FOUND,
		    "see: comityctl peer list", "no peer %s",
		    id == NULL ? "" : id);
	return p;
}

void
control_peer_show(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct peer *p = named_peer(c, args);
	AUTO_BUF struct buf card = { 0 };
	char code[CARD_CODE_MAX];
	json_t *card_json;

	if (p == NULL)
		return;
	if (p->taxii != NULL) {
		control_reply(c, json_pack("{s:o, s:o}", "peer",
		    control_peer_json(v, p), "terms", terms_json(v, p)));
		return;
	}
	card_encode(&p->card, &card);
	card_json = json_loadb(card.p, card.n, 0, NULL);
	control_reply(c, json_pack("{s:o, s:o, s:s, s:o}", "peer",
	    control_peer_json(v, p), "card", card_json, "code",
	    card_code(&p->card, code), "terms", terms_json(v, p)));
}

static void
add_step(json_t *steps, const char *step, int ok, const char *text,
    const char *fix)
{
	json_t *s = json_pack("{s:s, s:s}", "step", step, "text", text);

	if (ok >= 0)
		(void)json_object_set_new(s, "ok", json_boolean(ok));
	if (ok == 0 && fix != NULL)
		(void)json_object_set_new(s, "fix", json_string(fix));
	(void)json_array_append_new(steps, s);
}

/* Terms and clock, as the live link knows them. */
static void
add_live_steps(const struct peer *p, json_t *steps)
{
	AUTO_BUF struct buf text = { 0 };
	const struct terms_row *r;
	size_t n = 0, differ = 0;

	for (; (r = terms_row(p->terms, n)) != NULL; n++)
		if (!r->counts)
			buf_addf(&text, "%s%s: %s", differ++ ? "; " : "",
			    r->id, r->problem);
	if (p->party.org < 0)
		add_step(steps, "terms", 0, "the policy does not name it",
		    "add it under `peers:` in policy.yaml and reload");
	else if (differ > 0)
		add_step(steps, "terms", 0, text.p, "compare the documents "
		    "with the other side, then correct `digest:`, `charter:` "
		    "or `definitions:`; see comityctl peer show");
	else
		add_step(steps, "terms", 1, n == 0 ? "no agreement or circle "
		    "in common" : "all digests are equal", NULL);
	buf_reset(&text);
	buf_addf(&text, "its clock differs by %lld ms",
	    (long long)p->skew_ms);
	add_step(steps, "clock", 1, text.p, NULL);
}

/* One that is a TAXII server: what its client says of it. */
static void
taxii_step(const struct peer *p, json_t *steps)
{
	const char *state = taxii_peer_state(p->taxii);

	if (p->party.org < 0)
		add_step(steps, "terms", 0, "the policy does not name it",
		    "add it under `peers:` in policy.yaml and reload");
	if (p->last_state[0] != '\0')
		add_step(steps, "taxii", 0, p->last_state, "correct its "
		    "entry under taxii-peers: in comityd.yaml and reload, or "
		    "ask who runs that server");
	else if (strcmp(state, "starting") == 0)
		add_step(steps, "taxii", -1, "its process does not run: the "
		    "log says why, at client-start or client-setup", NULL);
	else
		add_step(steps, "taxii", strcmp(state, "waiting") == 0 ? 1 :
		    -1, state, NULL);
}

void
control_peer_check(struct control *c, const json_t *args)
{
	struct peer *p = named_peer(c, args);
	json_t *steps, *endpoints;
	struct link_progress g;

	if (p == NULL)
		return;
	steps = json_array();
	endpoints = json_array();
	if (p->taxii != NULL) {
		taxii_step(p, steps);
		control_reply(c, json_pack("{s:o, s:o, s:s}", "steps", steps,
		    "endpoints", endpoints, "state", control_peer_state(p)));
		return;
	}
	for (size_t i = 0; i < p->card.nendpoints; i++)
		(void)json_array_append_new(endpoints,
		    json_string(p->card.endpoints[i]));
	link_progress(p, &g);
	add_step(steps, "tls", g.tls, g.tls_text, "see that both sides "
	    "speak TLS 1.3 and that nothing between them ends it");
	add_step(steps, "pins", g.pins, g.pins_text, "ask for a new card, "
	    "compare its code by telephone, then: comityctl peer add");
	add_step(steps, "identity", g.identity, g.identity_text,
	    "ask whether the other side holds your current card");
	if (g.ready)
		add_live_steps(p, steps);
	else
		add_step(steps, "terms", -1, "not reached yet", NULL);
	control_reply(c, json_pack("{s:o, s:o, s:s}", "steps", steps,
	    "endpoints", endpoints, "state", control_peer_state(p)));
}

/* ---- add and remove ---- */

/* What of a card differs from the one held now. */
static json_t *
differences(const struct card *a, const struct card *b)
{
	json_t *list = json_array();

	if (memcmp(a->identity, b->identity, sizeof(a->identity)) != 0)
		(void)json_array_append_new(list, json_string("identity"));
	if (strcmp(a->name, b->name) != 0)
		(void)json_array_append_new(list, json_string("name"));
	if (strcmp(a->country, b->country) != 0)
		(void)json_array_append_new(list, json_string("country"));
	if (a->nendpoints != b->nendpoints ||
	    memcmp(a->endpoints, b->endpoints, sizeof(a->endpoints)) != 0)
		(void)json_array_append_new(list, json_string("endpoints"));
	if (a->npins != b->npins ||
	    memcmp(a->pins, b->pins, sizeof(a->pins)) != 0)
		(void)json_array_append_new(list, json_string("pins"));
	if (a->ndesks != b->ndesks ||
	    memcmp(a->desks, b->desks, sizeof(a->desks)) != 0)
		(void)json_array_append_new(list, json_string("desks"));
	if (a->not_before.ms != b->not_before.ms ||
	    a->not_after.ms != b->not_after.ms)
		(void)json_array_append_new(list, json_string("validity"));
	return list;
}

/* What is said of a card, before and after it is added. */
static json_t *
card_fields(struct vault *v, const struct card *card)
{
	const struct peer *held = peers_find(v->peers,
	    str_of(card->cert_id));
	json_t *endpoints = json_array(), *f, *differs;
	char code[CARD_CODE_MAX], until[TIME_TEXT_MAX];

	for (size_t i = 0; i < card->nendpoints; i++)
		(void)json_array_append_new(endpoints,
		    json_string(card->endpoints[i]));
	f = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "id", card->cert_id,
	    "name", card->name, "country", card->country, "code",
	    card_code(card, code), "endpoints", endpoints, "not_after",
	    time_format(until, card->not_after));
	if (held != NULL) {
		differs = differences(&held->card, card);
		(void)json_object_set_new(f, "differs", differs);
	}
	(void)json_object_set_new(f, "flows", control_flows_json(v,
	    card->cert_id));
	return f;
}

/* Replies that wait for the turn keep the fields here. */
static void
fields_free(void *arg)
{
	json_decref(arg);
}

static void
on_changed(struct control *c, bool ok)
{
	json_t *fields = control_kept(c, fields_free);

	if (ok)
		control_reply(c, json_incref(fields));
	else
		(void)control_error(c, control_vault(c)->degraded_by, NULL,
		    "nothing was changed: the store failed");
}

/* Did the person compare the code, or say that no one needs to? */
static bool
confirmed(const json_t *args, const struct card *card)
{
	const char *given = control_text(args, "code");
	char code[CARD_CODE_MAX];

	return json_is_true(json_object_get(args, "yes")) ||
	    (given != NULL && strcmp(given, card_code(card, code)) == 0);
}

static int
read_card(struct control *c, const json_t *args, struct card *out,
    struct card_vouches *vouches)
{
	const char *text = control_text(args, "card");
	struct err e = { 0 };
	int rc = card_decode_all(str_of(text), clock_unix(), out, vouches,
	    &e);

	if (rc != 0)
		return control_error(c, rc, "ask the other CERT for a new "
		    "card: comityctl card show", "%s", e.text);
	if (strcmp(out->cert_id, control_vault(c)->cert_id) == 0)
		return control_error(c, ERR_CONF, "give this card to the "
		    "other side, and add theirs here",
		    "%s is this CERT itself", out->cert_id);
	return 0;
}

/* In the open turn: the card, and what others signed of it. */
static int
add_card(struct vault *v, const struct card *card,
    const struct card_vouches *vouches, json_t *fields)
{
	struct peer *p;
	json_t *rows;
	int changed, counted;

	TRY(changed = peers_add(v->peers, card, &p));
	TRY(counted = card_vouches_take(v, &(struct card_vouching){ card,
	    vouches, true }, &rows));
	(void)json_object_set_new(fields, "vouches", rows);
	return changed == 1 || counted > 0;
}

/* What it would change. */
static void
add_dry(struct control *c, const struct card_vouching *x, json_t *fields)
{
	bool held = json_object_get(fields, "differs") != NULL;
	json_t *rows;
	int counted = card_vouches_take(control_vault(c), x, &rows);

	if (counted < 0) {
		json_decref(fields);
		(void)control_error(c, counted, "see: comityctl status",
		    "the evidence cannot be read: %s", err_text(counted));
		return;
	}
	(void)json_object_set_new(fields, "vouches", rows);
	(void)json_object_set_new(fields, "changed", json_boolean(!held ||
	    counted > 0 || json_array_size(json_object_get(fields,
	    "differs")) > 0));
	control_reply(c, fields);
}

static void
add_read(struct control *c, const json_t *args, const struct card *card,
    const struct card_vouches *vouches)
{
	struct vault *v = control_vault(c);
	const struct peer *p;
	json_t *fields;
	bool held;
	int rc;

	p = peers_find(v->peers, str_of(card->cert_id));
	if (p != NULL && p->taxii != NULL) {
		(void)control_error(c, ERR_EXISTS, "take it out of "
		    "taxii-peers: in comityd.yaml and reload first",
		    "%s is a TAXII server", card->cert_id);
		return;
	}
	held = p != NULL;
	fields = card_fields(v, card);
	if (json_is_true(json_object_get(args, "dry_run"))) {
		add_dry(c, &(struct card_vouching){ card, vouches, false },
		    fields);
		return;
	}
	if (!confirmed(args, card)) {
		json_decref(fields);
		(void)control_error(c, ERR_USAGE, "compare the code by "
		    "telephone, then give it with --code, or --yes",
		    "the code of %s was not confirmed", card->cert_id);
		return;
	}
	rc = turn_open(v->turn);
	if (rc == 0 && (rc = add_card(v, card, vouches, fields)) < 0)
		turn_fail(v->turn, rc);
	if (rc < 0) {
		json_decref(fields);
		(void)control_error(c, rc, NULL, "not added: %s",
		    err_text(rc));
		return;
	}
	(void)json_object_set_new(fields, "changed", json_boolean(rc == 1));
	(void)json_object_set_new(fields, "added", json_boolean(!held));
	control_keep(c, fields, fields_free);
	control_after(c, on_changed);
}

void
control_peer_add(struct control *c, const json_t *args)
{
	struct card_vouches vouches = { .n = 0 };
	struct card card;

	if (read_card(c, args, &card, &vouches) == 0)
		add_read(c, args, &card, &vouches);
	card_vouches_clear(&vouches);
}

void
control_peer_remove(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *id = control_text(args, "id");
	struct peer *p = peers_find(v->peers, str_of(id));
	int rc;

	if (p == NULL) {
		control_reply(c, json_pack("{s:s, s:b}", "id",
		    id == NULL ? "" : id, "changed", 0));
		return;
	}
	if (p->taxii != NULL) {
		(void)control_error(c, ERR_CONF, "take it out of "
		    "taxii-peers: in comityd.yaml and reload",
		    "%s has no card: it is a TAXII server", id);
		return;
	}
	rc = turn_open(v->turn);
	if (rc == 0 && (rc = peers_remove(v->peers, p)) < 0)
		turn_fail(v->turn, rc);
	if (rc < 0) {
		(void)control_error(c, rc, NULL, "not removed: %s",
		    err_text(rc));
		return;
	}
	control_keep(c, json_pack("{s:s, s:b}", "id", id, "changed", 1),
	    fields_free);
	control_after(c, on_changed);
}
