/*
 * trust list, trust show: scores of peers, what they are made of, and every
 * item; and what more evidence would make of them.
 */
#include <string.h>

#include "trust/fixed.h"
#include "vault/control/control.h"
#include "vault/control/standing.h"
#include "vault/peer.h"
#include "vault/trust/evidence.h"

#define WHAT_IF_MAX 1000
#define REASONS 3

static json_t *
fixed_json(int64_t v)
{
	char text[FIXED_TEXT_MAX];

	return json_string(fixed_text(text, v));
}

/* What people put this dimension at first; judgement: nothing. */
static enum trust_band
initial_of(const struct vault *v, const struct peer *p,
    enum trust_dimension d)
{
	const struct policy_org *org;

	if (v->policy == NULL || p->party.org < 0 || d == TRUST_JUDGEMENT)
		return TRUST_E;
	org = policy_org(v->policy, (size_t)p->party.org);
	return (enum trust_band)(d == TRUST_DISCRETION ? org->discretion :
	    org->reliability);
}

static json_t *
score_json(const struct trust_score *s, enum trust_band initial)
{
	const struct trust_opinion *o = &s->opinion;
	char letter[2] = { s->letter }, until[TIME_TEXT_MAX];
	json_t *j = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
	    "s:s, s:b}", "band", band_name((enum band)s->band), "letter",
	    letter, "r", fixed_json(o->r), "s", fixed_json(o->s), "b",
	    fixed_json(o->b), "d", fixed_json(o->d), "u", fixed_json(o->u),
	    "E", fixed_json(o->e), "upper", fixed_json(FIXED_ONE - o->d),
	    "initial", band_name((enum band)initial), "capped", s->capped);

	if (s->gated_until.ms != 0)
		(void)json_object_set_new(j, "gated_until",
		    json_string(time_format(until, s->gated_until)));
	return j;
}

/* How many items count in a dimension, and when the last one came. */
static void
evidence_set(const struct vault *v, const struct peer *p,
    enum trust_dimension d, json_t *score)
{
	unix_ms_t last = { 0 };
	char text[TIME_TEXT_MAX];
	json_int_t n = 0;

	for (int k = TRUST_PLAIN + 1; k < TRUST_KINDS; k++) {
		struct trust_sum s;

		if (trust_kind_dimension((enum trust_kind)k) != d)
			continue;
		evidence_sum(v->evidence, p->card.cert_id,
		    (enum trust_kind)k, &s);
		n += s.n;
		if (s.n > 0 && s.last.ms > last.ms)
			last = s.last;
	}
	(void)json_object_set_new(score, "evidence", json_integer(n));
	if (n > 0)
		(void)json_object_set_new(score, "last_change",
		    json_string(time_format(text, last)));
}

/* All three dimensions of one peer. */
static json_t *
scores_json(const struct vault *v, const struct peer *p)
{
	json_t *j = json_object(), *one;

	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		struct evidence_look l = { p->card.cert_id,
		    (enum trust_dimension)d, initial_of(v, p,
		    (enum trust_dimension)d) };
		struct trust_score s;

		evidence_score(v->evidence, &l, &s);
		one = score_json(&s, l.initial);
		evidence_set(v, p, l.dimension, one);
		(void)json_object_set_new(j, trust_dimension_name(
		    l.dimension), one);
	}
	return j;
}

/* What each kind weighs, those that weigh most first. */
static json_t *
reasons_json(const struct vault *v, const struct peer *p, uint32_t *out_n)
{
	bool told[TRUST_KINDS] = { false };
	json_t *list = json_array();

	*out_n = 0;
	for (;;) {
		struct trust_sum best = { 0 }, s;
		char last[TIME_TEXT_MAX];
		int most = -1;

		for (int k = 0; k < TRUST_KINDS; k++) {
			evidence_sum(v->evidence, p->card.cert_id,
			    (enum trust_kind)k, &s);
			if (s.n == 0 || told[k] || (most >= 0 &&
			    s.weight <= best.weight))
				continue;
			best = s;
			most = k;
		}
		if (most < 0)
			return list;
		told[most] = true;
		*out_n += best.n;
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:i, s:o, s:s}", "kind",
		    trust_kind_name((enum trust_kind)most), "dimension",
		    trust_dimension_name(trust_kind_dimension(
		    (enum trust_kind)most)), "n", (int)best.n, "weight",
		    fixed_json(best.weight), "last", time_format(last,
		    best.last)));
	}
}

struct newest {
	json_t *of[TRUST_KINDS];	/* owned: record and reason, or NULL */
	unix_ms_t at[TRUST_KINDS];
};

static int
on_newest(void *arg, const struct evidence_item *i)
{
	struct newest *x = arg;

	if (x->of[i->kind] != NULL && i->at.ms < x->at[i->kind].ms)
		return 0;
	json_decref(x->of[i->kind]);
	x->of[i->kind] = json_pack("{s:s%, s:s%}", "record", i->record.p,
	    i->record.n, "reason", i->reason.p, i->reason.n);
	x->at[i->kind] = i->at;
	return 0;
}

/* To each kind what its newest item says. */
static void
reasons_explain(const struct vault *v, const struct peer *p, json_t *reasons)
{
	struct newest x = { .of = { NULL } };
	json_t *r;
	size_t i;

	(void)!evidence_each(v->evidence, p->card.cert_id, on_newest, &x);
	json_array_foreach(reasons, i, r) {
		int kind = trust_kind_find(str_of(json_string_value(
		    json_object_get(r, "kind"))));

		if (kind >= 0 && x.of[kind] != NULL)
			(void)json_object_update(r, x.of[kind]);
	}
	for (i = 0; i < TRUST_KINDS; i++)
		json_decref(x.of[i]);
}

static json_t *
peer_json(const struct vault *v, const struct peer *p)
{
	uint32_t n;
	json_t *reasons = reasons_json(v, p, &n);

	return json_pack("{s:s, s:o, s:o, s:i}", "id", p->card.cert_id,
	    "scores", scores_json(v, p), "reasons", reasons, "evidence",
	    (int)n);
}

void
control_trust_list(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array(), *reply;
	char at[TIME_TEXT_MAX];

	(void)args;
	for (size_t i = 0; i < peers_count(v->peers); i++)
		(void)json_array_append_new(list, peer_json(v,
		    peers_at(v->peers, i)));
	reply = json_pack("{s:o, s:s}", "peers", list, "at",
	    time_format(at, evidence_now(v->evidence)));
	if (v->settings->trust_clock[0] != '\0')
		(void)json_object_set_new(reply, "trust_clock",
		    json_string(v->settings->trust_clock));
	control_reply(c, reply);
}

static int
on_item(void *arg, const struct evidence_item *i)
{
	struct control_page *page = arg;
	char at[TIME_TEXT_MAX];
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:s%, s:s%, s:s%}",
	    "at", time_format(at, i->at), "kind", trust_kind_name(i->kind),
	    "dimension", trust_dimension_name(trust_kind_dimension(i->kind)),
	    "counted", fixed_json(i->counted), "record", i->record.p,
	    i->record.n, "source", i->source.p, i->source.n, "reason",
	    i->reason.p, i->reason.n);

	if (o != NULL && i->by.n > 0)
		(void)json_object_set_new(o, "by", json_stringn(i->by.p,
		    i->by.n));
	control_key_json(control_vault(page->c), i, o);
	control_page_add(page, o);
	return 0;
}

/* What it answered, and if asked for every item. */
static int
items_add(struct control *c, const struct peer *p, bool items,
    json_t *fields)
{
	struct control_page answers = { c, "answers", json_array() };
	struct control_page all = { c, "items", NULL };
	int rc = control_answers_add(&answers, p);

	(void)json_object_set_new(fields, "answers", answers.list);
	if (rc < 0 || !items)
		return rc;
	all.list = json_array();
	rc = evidence_each(control_vault(c)->evidence, p->card.cert_id,
	    on_item, &all);
	(void)json_object_set_new(fields, "items", all.list);
	return rc;
}

/* The score with some more evidence, beside what it is. */
static json_t *
what_if_json(const struct vault *v, const struct peer *p,
    enum trust_kind kind, unsigned n)
{
	enum trust_dimension d = trust_kind_dimension(kind);
	struct evidence_look l = { p->card.cert_id, d, initial_of(v, p, d) };
	struct trust_score s;

	evidence_what_if(v->evidence, &l, kind, n, &s);
	return json_pack("{s:s, s:i, s:s, s:o}", "kind",
	    trust_kind_name(kind), "n", (int)n, "dimension",
	    trust_dimension_name(d), "score", score_json(&s, l.initial));
}

/* By which scores come of items: who draws them over time needs that. */
static json_t *
rules_json(const struct trust_rules *r)
{
	json_t *bands = json_object();

	for (int b = 0; b < TRUST_BANDS - 1; b++)
		(void)json_object_set_new(bands, band_name((enum band)b),
		    fixed_json(r->bands[b]));
	return json_pack("{s:I, s:I, s:I, s:o}", "good_ms",
	    (json_int_t)r->good_half_life, "vouch_ms",
	    (json_int_t)r->vouch_half_life, "bad_ms",
	    (json_int_t)r->harm_half_life, "bands", bands);
}

void
control_trust_show(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *id = control_text(args, "peer");
	const char *what = control_text(args, "what");
	const struct peer *p = id == NULL ? NULL :
	    peers_find(v->peers, str_of(id));
	int kind = what == NULL ? -1 : trust_kind_find(str_of(what));
	char at[TIME_TEXT_MAX];
	json_t *fields;
	int rc;

	if (p == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl trust list",
		    "no peer %s", id == NULL ? "" : id);
		return;
	}
	if (what != NULL && (kind <= TRUST_PLAIN || kind == TRUST_VOUCHED ||
	    kind == TRUST_REFERRED || kind == TRUST_CONFIRMED)) {
		(void)control_error(c, ERR_USAGE, "comityctl(1), FILES OF "
		    "EVIDENCE, lists the kinds; not vouch, referral and "
		    "confirmed, which need a witness",
		    "%s: no kind of evidence to try", what);
		return;
	}
	fields = json_pack("{s:o, s:s, s:o}", "peer", peer_json(v, p), "at",
	    time_format(at, evidence_now(v->evidence)), "rules",
	    rules_json(evidence_rules(v->evidence)));
	reasons_explain(v, p, json_object_get(json_object_get(fields,
	    "peer"), "reasons"));
	if (what != NULL)
		(void)json_object_set_new(fields, "what_if", what_if_json(v, p,
		    (enum trust_kind)kind, (unsigned)control_number(args, "n",
		    1, WHAT_IF_MAX)));
	rc = items_add(c, p, control_number(args, "history", 0, 1) != 0,
	    fields);
	if (rc < 0) {
		json_decref(fields);
		(void)control_error(c, rc, "see: comityctl status",
		    "the evidence cannot be read: %s", err_text(rc));
		return;
	}
	control_reply(c, fields);
}
