/*
 * What members of our circles ask us, what they answer us, and what is
 * asked for.
 */
#include "vault/control/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vault/consult/question.h"
#include "vault/consult/wish.h"
#include "vault/member.h"
#include "vault/operator.h"
#include "vault/peer.h"

#define QUESTIONS_SHOWN 200

static void
set_time(json_t *f, const char *name, unix_ms_t t)
{
	char text[TIME_TEXT_MAX];

	if (t.ms != 0)
		(void)json_object_set_new(f, name,
		    json_string(time_format(text, t)));
}

static void
set_str(json_t *f, const char *name, struct str s)
{
	if (s.n > 0)
		(void)json_object_set_new(f, name, json_stringn(s.p, s.n));
}

static json_t *
question_json(const struct question *q)
{
	char name[24];
	json_t *f;

	snprintf(name, sizeof(name), "q%" PRIu64, q->number);
	f = json_pack("{s:s, s:s, s:s}", "name", name, "state",
	    q->answer.n == 0 ? "open" : q->agrees ? "agreed" : "declined",
	    "tlp", tlp_name(q->m.tlp));
	set_str(f, "from", q->m.from);
	set_str(f, "circle", q->m.circle);
	set_str(f, "kind", q->m.kind);
	set_str(f, "peer", q->m.peer);
	set_str(f, "desks", q->m.desks);
	set_str(f, "record", q->m.record);
	set_time(f, "since", q->m.at);
	set_time(f, "deadline", q->m.deadline);
	set_str(f, "by", str_of(q->by));
	set_str(f, "reason", str_of(q->reason));
	set_time(f, "answered", q->answered);
	return f;
}

json_t *
questions_json(const struct vault *v, bool open)
{
	json_t *list = json_array();
	size_t n = 0;

	while (question_at(v->questions, n) != NULL)
		n++;
	while (n-- > 0 && json_array_size(list) < QUESTIONS_SHOWN) {
		const struct question *q = question_at(v->questions, n);

		if ((q->answer.n == 0) == open)
			(void)json_array_append_new(list, question_json(q));
	}
	return list;
}

static json_t *
wish_json(const struct wish *w)
{
	json_t *f = json_pack("{s:I}", "number", (json_int_t)w->number);

	set_str(f, "record", w->m.id);
	set_str(f, "peer", w->m.to);
	set_str(f, "desk", w->m.desk);
	set_str(f, "reason", w->m.reason);
	set_time(f, "since", w->m.at);
	set_time(f, "noted", w->noted);
	return f;
}

json_t *
wishes_json(const struct vault *v)
{
	json_t *list = json_array();
	size_t n = 0;

	while (wish_at(v->wishes, n) != NULL)
		n++;
	while (n-- > 0)
		(void)json_array_append_new(list,
		    wish_json(wish_at(v->wishes, n)));
	return list;
}

json_t *
members_json(const struct vault *v, const struct consult_case *x)
{
	json_t *list = json_array();
	const struct member *m;

	for (size_t i = 0; (m = members_at(v->members, i)) != NULL; i++) {
		json_t *f;

		if (m->number != x->number)
			continue;
		f = json_pack("{s:s, s:s}", "member", m->id, "word",
		    member_word_name(m->word));
		set_str(f, "reason", str_of(m->reason));
		set_time(f, "at", m->at);
		(void)json_array_append_new(list, f);
	}
	return list;
}

/* ---- questions ---- */

static uint64_t
question_number(const json_t *args)
{
	return (uint64_t)control_number(args, "question", 0, INT64_MAX);
}

void
control_question_show(struct control *c, const json_t *args)
{
	const struct question *q = question_find(
	    control_vault(c)->questions, question_number(args));

	if (q == NULL)
		(void)control_error(c, ERR_NOT_FOUND, "comityctl consult "
		    "list", "there is no such question");
	else
		control_reply(c, json_pack("{s:o}", "question",
		    question_json(q)));
}

/* What is kept of a request until the turn is on disk. */
struct kept {
	uint64_t number;
};

static void
kept_free(void *k)
{
	free(k);
}

static void
reply_later(struct control *c, uint64_t number,
    void (*fn)(struct control *c, bool ok))
{
	struct kept *k = mem_new(struct kept);

	k->number = number;
	control_keep(c, k, kept_free);
	control_after(c, fn);
}

static void
not_stored(struct control *c)
{
	(void)control_error(c, control_vault(c)->degraded_by, NULL,
	    "nothing was changed: the store failed");
}

static void
on_said(struct control *c, bool ok)
{
	const struct kept *k = control_kept(c, kept_free);
	const struct question *q = question_find(
	    control_vault(c)->questions, k->number);

	if (!ok || q == NULL)
		not_stored(c);
	else
		control_reply(c, json_pack("{s:o}", "question",
		    question_json(q)));
}

void
control_question_say(struct control *c, const json_t *args, bool agrees)
{
	struct consult_word word = { .by = control_who(c),
	    .agrees = agrees, .reason = control_text(args, "reason") };
	struct question *q;
	struct err e = { 0 };
	int rc;

	if (!control_turn(c))
		return;
	rc = question_say(control_vault(c)->questions,
	    question_number(args), &word, &q, &e);
	if (rc < 0)
		(void)control_error(c, rc, "comityctl consult list", "%s",
		    e.text[0] != '\0' ? e.text : err_text(rc));
	else
		reply_later(c, q->number, on_said);
}

/* ---- asking for a record ---- */

static void
on_asked(struct control *c, bool ok)
{
	const struct kept *k = control_kept(c, kept_free);
	const struct wish *w = wish_find(control_vault(c)->wishes,
	    k->number);

	if (!ok || w == NULL)
		not_stored(c);
	else
		control_reply(c, json_pack("{s:o}", "ask", wish_json(w)));
}

/* The desk that asks: the one named, or the only one there is. */
static int
asking_desk(struct control *c, const json_t *args, struct str *out)
{
	const struct policy *p = control_vault(c)->policy;
	const char *desk = control_text(args, "desk");
	const struct policy_org *self;

	if (p == NULL)
		return control_error(c, ERR_DENIED, NULL,
		    "no policy is in force");
	self = policy_org(p, 0);
	for (int i = 0; i < self->ndesks; i++) {
		const char *full = policy_vocabulary(p)->desks.v[
		    self->first_desk + i];
		const char *name = strchr(full, '/') + 1;

		if (desk == NULL ? self->ndesks == 1 :
		    strcmp(desk, name) == 0) {
			*out = str_of(name);
			return 0;
		}
	}
	if (desk == NULL)
		return control_error(c, ERR_USAGE, "--desk NAME",
		    "which desk of this CERT asks?");
	return control_error(c, ERR_USAGE, "the desks of this CERT are under "
	    "`self:` in policy.yaml", "no desk %s in the policy", desk);
}

void
control_ask(struct control *c, const json_t *args)
{
	const char *id = control_text(args, "record");
	const char *name = control_text(args, "peer");
	struct vault *v = control_vault(c);
	const struct peer *p = name == NULL ? NULL :
	    peers_find(v->peers, str_of(name));
	struct msg_ask m = { 0 };
	const struct wish *w;
	const char *reason;
	int rc;

	if (p == NULL || id == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s", name == NULL ? "" : name);
		return;
	}
	if (!control_reason(c, args, &reason) ||
	    asking_desk(c, args, &m.desk) < 0 || !control_turn(c))
		return;
	m.to = str_of(p->card.cert_id);
	m.id = str_of(id);
	m.reason = str_of(reason);
	rc = wish_make(v->wishes, &m, control_who(c), &w);
	if (rc < 0)
		(void)control_error(c, rc, NULL, "%s: %s", id,
		    rc == ERR_LIMIT || rc == ERR_VALUE ?
		    "this is no id of a record" : err_text(rc));
	else
		reply_later(c, w->number, on_asked);
}
