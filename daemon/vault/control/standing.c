/*
 * trust mine: what each peer told us of our own scores there, and from what.
 * trust answer: what we have to say to that; and what peers say to ours.
 */
#include "vault/control/standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/fixed.h"
#include "vault/trust/answer.h"
#include "vault/trust/evidence.h"
#include "vault/trust/standing.h"
#include "wire/msg_standing.h"

#define ARENA_BYTES KIB(128)
#define KEY_TEXT_MAX 17
#define PAGE 200

void
control_page_add(struct control_page *p, json_t *o)
{
	if (p->list == NULL)
		p->list = json_array();
	(void)json_array_append_new(p->list, o);
	if (json_array_size(p->list) < PAGE)
		return;
	control_more(p->c, json_pack("{s:o}", p->name, p->list));
	p->list = json_array();
}

static json_t *
micro_json(uint32_t v)
{
	char text[FIXED_TEXT_MAX];

	snprintf(text, sizeof(text), "%u.%06u", v / STANDING_ONE,
	    v % STANDING_ONE);
	return json_string(text);
}

static json_t *
score_json(const struct standing_score *s)
{
	char band[2] = { "ABCDE"[s->band] }, until[TIME_TEXT_MAX];
	json_t *j = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:b}",
	    "band", band, "b", micro_json(s->b), "d", micro_json(s->d), "u",
	    micro_json(s->u), "E", micro_json(s->e), "upper",
	    micro_json(STANDING_ONE - s->d), "evidence",
	    (json_int_t)s->evidence, "capped", s->capped);

	if (s->gated_until.ms != 0)
		(void)json_object_set_new(j, "gated_until",
		    json_string(time_format(until, s->gated_until)));
	return j;
}

static void
set_time(json_t *j, const char *name, unix_ms_t t)
{
	char text[TIME_TEXT_MAX];

	(void)json_object_set_new(j, name, json_string(time_format(text, t)));
}

static void
key_text(uint64_t key, char dst[static KEY_TEXT_MAX])
{
	snprintf(dst, KEY_TEXT_MAX, "%016" PRIx64, key);
}

/* One of our answers. */
static json_t *
answer_json(const struct answer *a)
{
	static const char *const states[] = { "waits", "taken", "refused" };
	char key[KEY_TEXT_MAX] = "all";
	json_t *j;

	if (a->m.key != 0)
		key_text(a->m.key, key);
	j = json_pack("{s:s, s:s%, s:s}", "key", key, "text", a->m.text.p,
	    a->m.text.n, "state", states[a->state]);
	set_time(j, "at", a->m.at);
	if (a->state != ANSWER_WAITS)
		set_time(j, "settled", a->settled);
	if (a->why[0] != '\0')
		(void)json_object_set_new(j, "why", json_string(a->why));
	return j;
}

/* All of ours to one peer. */
static json_t *
ours_json(struct control *c, const char *peer)
{
	struct control_page page = { c, "answers", json_array() };
	const struct answer *a;

	for (size_t i = 0; (a = answer_at(control_vault(c)->answers, i)) !=
	    NULL; i++)
		if (strcmp(a->peer, peer) == 0)
			control_page_add(&page, answer_json(a));
	return page.list;
}

static json_t *
input_json(const struct standing_input *i)
{
	char at[TIME_TEXT_MAX], key[KEY_TEXT_MAX], kind[16];
	bool known = i->kind < TRUST_KINDS;
	json_t *j;

	key_text(i->key, key);
	snprintf(kind, sizeof(kind), "kind-%u", i->kind);
	j = json_pack("{s:s, s:s, s:s, s:s, s:o}", "key", key, "at",
	    time_format(at, i->at), "kind", known ? trust_kind_name(
	    (enum trust_kind)i->kind) : kind, "seen_by", i->by_other ?
	    "another" : "the peer", "counted", micro_json(i->counted));
	if (known && i->kind != TRUST_PLAIN)
		(void)json_object_set_new(j, "dimension",
		    json_string(trust_dimension_name(trust_kind_dimension(
		    (enum trust_kind)i->kind))));
	if (i->record.n > 0)
		(void)json_object_set_new(j, "record", json_stringn(
		    i->record.p, i->record.n));
	return j;
}

/* What was decoded once when it came. */
static json_t *
standing_json(const struct msg_standing *m, unix_ms_t came, bool whole)
{
	json_t *scores = json_object(), *inputs = json_array(), *j;
	char at[TIME_TEXT_MAX], told[TIME_TEXT_MAX];

	for (size_t i = 0; i < m->nscores; i++)
		(void)json_object_set_new(scores, trust_dimension_name(
		    (enum trust_dimension)m->scores[i].dimension),
		    score_json(&m->scores[i]));
	for (size_t i = 0; i < m->ninputs; i++)
		(void)json_array_append_new(inputs, input_json(
		    &m->inputs[i]));
	j = json_pack("{s:s, s:s, s:I, s:o}", "at", time_format(at, m->at),
	    "told", time_format(told, came), "evidence",
	    (json_int_t)m->evidence, "scores", scores);
	if (whole)
		(void)json_object_set_new(j, "inputs", inputs);
	else
		json_decref(inputs);
	return j;
}

/* One peer; one that told us nothing yet has its id alone. */
static int
mine_json(const struct vault *v, const struct peer *p, bool whole,
    json_t **out)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO(mem_free) struct msg_standing *m = mem_new(struct msg_standing);
	struct str payload;
	unix_ms_t came;
	int rc = standing_told(v, p->card.cert_id, arena, &came, &payload);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	if (rc == 0 && msg_standing_decode(payload, m) < 0)
		return ERR_STORE;
	*out = rc == 0 ? standing_json(m, came, whole) : json_object();
	(void)json_object_set_new(*out, "id", json_string(p->card.cert_id));
	return 0;
}

void
control_trust_mine(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array(), *one, *reply;
	const char *peer;
	int rc = 0;

	if (control_filter(c, args, "peer", &peer) < 0) {
		json_decref(list);
		return;
	}
	for (size_t i = 0; rc == 0 && i < peers_count(v->peers); i++) {
		const struct peer *p = peers_at(v->peers, i);

		if (peer != NULL && strcmp(peer, p->card.cert_id) != 0)
			continue;
		rc = mine_json(v, p, peer != NULL, &one);
		if (rc == 0)
			(void)json_array_append_new(list, one);
	}
	if (rc == 0 && peer != NULL && json_array_size(list) == 0)
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s", peer);
	else if (rc < 0)
		(void)control_error(c, rc, "see: comityctl status",
		    "what peers told us cannot be read: %s", err_text(rc));
	if (rc < 0 || (peer != NULL && json_array_size(list) == 0)) {
		json_decref(list);
		return;
	}
	reply = json_pack("{s:o}", "peers", list);
	if (peer != NULL)
		(void)json_object_set_new(reply, "answers", ours_json(c,
		    peer));
	control_reply(c, reply);
}

/* ---- answering ---- */

/* "all", or 16 digits. */
static int
key_parse(const char *text, uint64_t *out)
{
	uint8_t b[sizeof(*out)] = { 0 };
	struct cur c = cur_of(b, sizeof(b));

	if (strcmp(text, "all") == 0) {
		*out = 0;
		return 0;
	}
	TRY(hex_decode(b, sizeof(b), str_of(text)));
	*out = cur_u64(&c);
	return *out == 0 ? ERR_VALUE : 0;
}

/* Which answer is to be on disk before it is spoken of. */
struct said {
	char peer[CERT_ID_MAX + 1];
	uint64_t key;
};

static void
said_free(void *arg)
{
	free(arg);
}

static void
on_said(struct control *c, bool ok)
{
	const struct said *s = control_kept(c, said_free);
	const struct answer *a;

	if (!ok) {
		(void)control_error(c, control_vault(c)->degraded_by, NULL,
		    "nothing was changed: the store failed");
		return;
	}
	a = answer_to(control_vault(c)->answers, s->peer, s->key);
	control_reply(c, json_pack("{s:s, s:o}", "peer", s->peer, "answer",
	    a == NULL ? json_null() : answer_json(a)));
}

static void
answer_said(struct control *c, const struct peer *p, uint64_t key)
{
	struct said *s = mem_new(struct said);

	s->key = key;
	snprintf(s->peer, sizeof(s->peer), "%s", p->card.cert_id);
	control_keep(c, s, said_free);
	control_after(c, on_said);
}

void
control_trust_answer(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *id = control_text(args, "peer");
	const char *key = control_text(args, "key");
	const char *text = control_text(args, "text");
	const struct peer *p = id == NULL ? NULL :
	    peers_find(v->peers, str_of(id));
	struct msg_answer m = { 0 };
	struct err e = { 0 };
	int rc;

	if (p == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s", id == NULL ? "" : id);
		return;
	}
	if (key == NULL || key_parse(key, &m.key) < 0) {
		(void)control_error(c, ERR_USAGE, "comityctl trust mine "
		    "lists the keys", "%s: want a key of 16 digits, or all",
		    key == NULL ? "" : key);
		return;
	}
	if (!control_turn(c))
		return;
	m.to = str_of(p->card.cert_id);
	m.text = str_of(text == NULL ? "" : text);
	rc = answer_say(v->answers, &m, control_who(c), &e);
	if (rc < 0)
		(void)control_error(c, rc, rc == ERR_NOT_FOUND ?
		    "comityctl trust mine lists the keys" : NULL, "%s",
		    e.text);
	else
		answer_said(c, p, m.key);
}

/* ---- what peers answered ---- */

void
control_key_json(const struct vault *v, const struct evidence_item *item,
    json_t *o)
{
	char text[KEY_TEXT_MAX];

	key_text(standing_key(v->standings, item->peer, item->key), text);
	(void)json_object_set_new(o, "key", json_string(text));
}

struct collecting {
	const struct vault *v;
	const struct peer *p;
	struct control_page *page;	/* borrowed */
};

static int
answer_add(struct collecting *x, uint64_t key, const struct evidence_item *i)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(16));
	struct msg_answer m;
	char text[KEY_TEXT_MAX] = "all";
	json_t *o;

	if (!answer_is_from(x->v->answers, x->p->card.cert_id, key))
		return 0;
	TRY(answer_from(x->v, x->p->card.cert_id, key, arena, &m));
	if (key != 0)
		key_text(key, text);
	o = json_pack("{s:s, s:s%}", "key", text, "text", m.text.p,
	    m.text.n);
	set_time(o, "at", m.at);
	if (i != NULL)
		(void)json_object_set_new(o, "kind", json_string(
		    trust_kind_name(i->kind)));
	if (i != NULL && i->record.n > 0)
		(void)json_object_set_new(o, "record", json_stringn(
		    i->record.p, i->record.n));
	control_page_add(x->page, o);
	return 0;
}

static int
on_evidence(void *arg, const struct evidence_item *i)
{
	struct collecting *x = arg;

	return answer_add(x, standing_key(x->v->standings, i->peer, i->key),
	    i);
}

int
control_answers_add(struct control_page *page, const struct peer *p)
{
	const struct vault *v = control_vault(page->c);
	struct collecting x = { v, p, page };

	TRY(answer_add(&x, 0, NULL));
	return answers_from(v->answers, p->card.cert_id) == 0 ? 0 :
	    evidence_each(v->evidence, p->card.cert_id, on_evidence, &x);
}
