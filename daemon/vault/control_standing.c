/*
 * trust mine: what each peer told us of our own scores there, and from what.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust/fixed.h"
#include "vault/control.h"
#include "vault/standing.h"
#include "wire/msg_standing.h"

#define ARENA_BYTES KIB(128)
#define KEY_TEXT_MAX 17

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

static json_t *
input_json(const struct standing_input *i)
{
	char at[TIME_TEXT_MAX], key[KEY_TEXT_MAX], kind[16];
	bool known = i->kind < TRUST_KINDS;
	json_t *j;

	snprintf(key, sizeof(key), "%016" PRIx64, i->key);
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
standing_json(const struct msg_standing *m, unix_ms_t came)
{
	json_t *scores = json_object(), *inputs = json_array();
	char at[TIME_TEXT_MAX], told[TIME_TEXT_MAX];

	for (size_t i = 0; i < m->nscores; i++)
		(void)json_object_set_new(scores, trust_dimension_name(
		    (enum trust_dimension)m->scores[i].dimension),
		    score_json(&m->scores[i]));
	for (size_t i = 0; i < m->ninputs; i++)
		(void)json_array_append_new(inputs, input_json(
		    &m->inputs[i]));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "at",
	    time_format(at, m->at), "told", time_format(told, came),
	    "evidence", (json_int_t)m->evidence, "scores", scores, "inputs",
	    inputs);
}

/* One peer; one that told us nothing yet has its id alone. */
static int
mine_json(const struct vault *v, const struct peer *p, json_t **out)
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
	*out = rc == 0 ? standing_json(m, came) : json_object();
	(void)json_object_set_new(*out, "id", json_string(p->card.cert_id));
	return 0;
}

void
control_trust_mine(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array(), *one;
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
		rc = mine_json(v, p, &one);
		if (rc == 0)
			(void)json_array_append_new(list, one);
	}
	if (rc == 0 && peer != NULL && json_array_size(list) == 0)
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s", peer);
	else if (rc < 0)
		(void)control_error(c, rc, "see: comityctl status",
		    "what peers told us cannot be read: %s", err_text(rc));
	else
		control_reply(c, json_pack("{s:O}", "peers", list));
	json_decref(list);
}
