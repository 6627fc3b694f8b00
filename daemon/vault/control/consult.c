/*
 * The cases that wait for people, and what people say about them.
 */
#include "vault/control/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vault/consult/consult.h"
#include "vault/consult/question.h"
#include "vault/control/question.h"
#include "vault/desk_view.h"
#include "vault/record_json.h"

#define ARENA_BYTES MIB(4)
#define CASES_SHOWN 200

static void
set_time(json_t *f, const char *name, unix_ms_t t)
{
	char text[TIME_TEXT_MAX];

	if (t.ms != 0)
		(void)json_object_set_new(f, name,
		    json_string(time_format(text, t)));
}

static void
set_text(json_t *f, const char *name, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(f, name, json_string(text));
}

static json_t *
case_json(const struct consult *c, const struct consult_case *x)
{
	json_t *f = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:i}",
	    "number", (json_int_t)x->number, "state",
	    case_state_name(x->state), "record", x->record, "kind", x->kind,
	    "peer", x->peer, "desks", x->desks, "by", x->by, "needs",
	    x->state == CASE_OPEN ? (int)consult_needs(c, x) : 0);
	json_t *agreed = json_array();

	(void)json_object_set_new(f, "direction", json_string(x->incoming ?
	    "in" : "out"));
	for (size_t i = 0; i < x->yes.n; i++)
		(void)json_array_append_new(agreed,
		    json_string(x->yes.name[i]));
	(void)json_object_set_new(f, "agreed", agreed);
	set_text(f, "declined", x->no);
	set_text(f, "reason", x->reason);
	set_text(f, "asked", x->asked);
	set_text(f, "circle", x->circle);
	set_time(f, "since", x->opened);
	set_time(f, "deadline", x->deadline);
	set_time(f, "closed", x->closed);
	set_time(f, "until", x->until);
	return f;
}

/* How many records wait for people, with a case or without. */
static uint64_t
waiting(const struct vault *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < peers_count(v->peers); i++)
		n += delivery_count(peers_at(v->peers, i)->delivery,
		    DELIVERY_CONSULTED);
	return n;
}

json_t *
control_consult_json(const struct vault *v)
{
	return json_pack("{s:I, s:I, s:I}", "open", (json_int_t)consult_count(
	    v->consult, CASE_OPEN), "waiting", (json_int_t)waiting(v),
	    "questions", (json_int_t)questions_open_count(v->questions));
}

/* Cases of one kind, the newest first. */
static void
list_cases(struct control *c, bool open)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array();
	size_t n = 0;

	while (consult_at(v->consult, n) != NULL)
		n++;
	while (n-- > 0 && json_array_size(list) < CASES_SHOWN) {
		const struct consult_case *x = consult_at(v->consult, n);

		if ((x->state == CASE_OPEN) == open)
			(void)json_array_append_new(list,
			    case_json(v->consult, x));
	}
	control_reply(c, json_pack("{s:o, s:I, s:I, s:o, s:o}", "cases",
	    list, "open", (json_int_t)consult_count(v->consult, CASE_OPEN),
	    "total", (json_int_t)waiting(v), "questions",
	    questions_json(v, open), "asks", wishes_json(v)));
}

void
control_consult_list(struct control *c, const json_t *args)
{
	(void)args;
	list_cases(c, true);
}

void
control_consult_history(struct control *c, const json_t *args)
{
	(void)args;
	list_cases(c, false);
}

/* The record, if one of our desks may see it. */
static json_t *
record_of(struct control *c, const struct consult_case *x)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct desk_view view;
	struct vault *v = control_vault(c);
	struct store_record r;
	json_t *none = json_object();
	int rc = desk_view_read(c, none, &view);

	json_decref(none);
	if (rc < 0 || store_get(v->store, x->seq, arena, &r) != 0 ||
	    !desk_view_shows(&view, &r))
		return NULL;
	return record_json_whole(v, &r);
}

void
control_consult_show(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const struct consult_case *x = consult_find(v->consult,
	    (uint64_t)control_number(args, "number", 0, INT64_MAX));
	json_t *f, *record;

	if (json_object_get(args, "question") != NULL) {
		control_question_show(c, args);
		return;
	}
	if (x == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl consult "
		    "list", "there is no such case");
		return;
	}
	if (v->policy == NULL) {
		(void)control_error(c, ERR_DENIED, NULL,
		    "no policy is in force: nothing can be shown");
		return;
	}
	f = json_pack("{s:o}", "case", case_json(v->consult, x));
	(void)json_object_set_new(json_object_get(f, "case"), "answers",
	    members_json(v, x));
	record = record_of(c, x);
	if (record != NULL)
		(void)json_object_set_new(f, "record", record);
	control_reply(c, f);
}

/* ---- what changes a case ---- */

static void
on_changed(struct control *c, bool ok)
{
	uint64_t *number = control_kept(c, free);
	const struct vault *v = control_vault(c);
	const struct consult_case *x = consult_find(v->consult, *number);

	if (!ok || x == NULL)
		(void)control_error(c, v->degraded_by, NULL,
		    "nothing was changed: the store failed");
	else
		control_reply(c, json_pack("{s:o}", "case",
		    case_json(v->consult, x)));
}

static void
reply_later(struct control *c, const struct consult_case *x)
{
	uint64_t *number = mem_new(uint64_t);

	*number = x->number;
	control_keep(c, number, free);
	control_after(c, on_changed);
}

static void
say(struct control *c, const json_t *args, bool agrees)
{
	struct consult_word word = { .by = control_who(c),
	    .agrees = agrees, .reason = control_text(args, "reason") };
	struct vault *v = control_vault(c);
	struct consult_case *x;
	struct err e = { 0 };
	int rc;

	if (json_object_get(args, "question") != NULL) {
		control_question_say(c, args, agrees);
		return;
	}
	if (!control_turn(c))
		return;
	rc = consult_say(v->consult, (uint64_t)control_number(args, "number",
	    0, INT64_MAX), &word, &x, &e);
	if (rc < 0)
		(void)control_error(c, rc, "comityctl consult list", "%s",
		    e.text[0] != '\0' ? e.text : err_text(rc));
	else
		reply_later(c, x);
}

void
control_consult_approve(struct control *c, const json_t *args)
{
	say(c, args, true);
}

void
control_consult_decline(struct control *c, const json_t *args)
{
	say(c, args, false);
}

void
control_consult_open(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const char *id = control_text(args, "record");
	const char *name = control_text(args, "peer");
	struct vault *v = control_vault(c);
	struct peer *p = name == NULL ? NULL :
	    peers_find(v->peers, str_of(name));
	struct consult_case *x;
	struct store_record r;
	int rc;

	if (p == NULL || id == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s", name == NULL ? "" : name);
		return;
	}
	if (!control_turn(c))
		return;
	rc = record_newest(v, str_of(id), NULL, arena, &r);
	if (rc == 0)
		rc = consult_ask(v->consult, p, r.seq, NULL, &x);
	if (rc == 0)
		reply_later(c, x);
	else
		(void)control_error(c, rc, rc == ERR_DENIED ? "comityctl why "
		    "says what decides about it" : NULL, "%s: %s", id,
		    rc == ERR_DENIED ? "the policy does not put it to "
		    "people" : rc == ERR_LIMIT ? "too many cases are open" :
		    err_text(rc));
}
