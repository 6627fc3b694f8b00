/*
 * The cases that wait for people: list, show, open, approve, decline,
 * history.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/table.h"

/* The names that agreed, by commas. */
static void
agreed_text(struct buf *out, const json_t *names)
{
	size_t i;
	json_t *v;

	json_array_foreach(names, i, v)
		buf_addf(out, "%s%s", i == 0 ? "" : ", ",
		    json_string_value(v));
}

static void
cases_print(const json_t *cases, bool open)
{
	const char *const headings[] = { "CASE", "RECORD", "", "PEER", "KIND",
	    "BY", "AGREED", open ? "BEFORE" : "STATE" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *v;

	json_array_foreach(cases, i, v) {
		AUTO_BUF struct buf agreed = { 0 };

		agreed_text(&agreed, json_object_get(v, "agreed"));
		table_cellf(t, "%lld", reply_int(v, "number"));
		table_cell(t, reply_text(v, "record"));
		table_cell(t, strcmp(reply_text(v, "direction"), "in") == 0 ?
		    "from" : "to");
		table_cell(t, reply_text(v, "peer"));
		table_cell(t, reply_text(v, "kind"));
		table_cell(t, reply_text(v, "by"));
		table_cell(t, agreed.n > 0 ? agreed.p : "-");
		table_cell(t, reply_text(v, open ? "deadline" : "state"));
	}
	table_print(t, stdout);
}

/* What other members of our circles ask about their cases. */
static void
questions_print(const json_t *questions, bool open)
{
	const char *const headings[] = { "QUESTION", "FROM", "CIRCLE", "KIND",
	    "TLP", "FOR", open ? "BEFORE" : "STATE" };
	AUTO(table_free) struct table *t = NULL;
	size_t i;
	json_t *v;

	if (json_array_size(questions) == 0)
		return;
	t = table_new(headings, NELEM(headings));
	json_array_foreach(questions, i, v) {
		table_cell(t, reply_text(v, "name"));
		table_cell(t, reply_text(v, "from"));
		table_cell(t, reply_text(v, "circle"));
		table_cell(t, reply_text(v, "kind"));
		table_cell(t, reply_text(v, "tlp"));
		table_cell(t, reply_text(v, "peer"));
		table_cell(t, reply_text(v, open ? "deadline" : "state"));
	}
	putchar('\n');
	table_print(t, stdout);
}

/* What we asked for. */
static void
asks_print(const json_t *asks)
{
	const char *const headings[] = { "ASKED FOR", "PEER", "DESK", "SINCE",
	    "NOTED" };
	AUTO(table_free) struct table *t = NULL;
	size_t i;
	json_t *v;

	if (json_array_size(asks) == 0)
		return;
	t = table_new(headings, NELEM(headings));
	json_array_foreach(asks, i, v) {
		table_cell(t, reply_text(v, "record"));
		table_cell(t, reply_text(v, "peer"));
		table_cell(t, reply_text(v, "desk"));
		table_cell(t, reply_text(v, "since"));
		table_cell(t, reply_text_or(v, "noted", "not yet"));
	}
	putchar('\n');
	table_print(t, stdout);
}

static int
list_cases(struct ctl *c, const char *command, bool open)
{
	AUTO_JSON json_t *r = NULL;
	const json_t *cases;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, command, NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	cases = json_object_get(r, "cases");
	cases_print(cases, open);
	questions_print(json_object_get(r, "questions"), open);
	if (open)
		asks_print(json_object_get(r, "asks"));
	if (open)
		fprintf(stderr, "%zu of %lld open cases; %lld records wait, "
		    "and none goes until people agree\n",
		    json_array_size(cases), reply_int(r, "open"),
		    reply_int(r, "total"));
	return CTL_DONE;
}

int
cmd_consult_list(struct ctl *c)
{
	return list_cases(c, "consult list", true);
}

int
cmd_consult_history(struct ctl *c)
{
	return list_cases(c, "consult history", false);
}

/* One line, if there is anything to say. */
static void
line(const json_t *x, const char *name, const char *title)
{
	AUTO_BUF struct buf safe = { 0 };

	if (reply_text(x, name)[0] == '\0')
		return;
	text_safe(&safe, reply_text(x, name));
	table_line(stdout, title, "%s", safe.p == NULL ? "" : safe.p);
}

/* What the other members of the circle said. */
static void
answers_print(const json_t *answers)
{
	size_t i;
	json_t *v;

	json_array_foreach(answers, i, v) {
		AUTO_BUF struct buf safe = { 0 };

		text_safe(&safe, reply_text(v, "reason"));
		table_line(stdout, "member", "%s %s%s%s",
		    reply_text(v, "member"), reply_text(v, "word"),
		    safe.n > 0 ? ": " : "", safe.n > 0 ? safe.p : "");
	}
}

static void
case_print(const json_t *x)
{
	AUTO_BUF struct buf agreed = { 0 };

	agreed_text(&agreed, json_object_get(x, "agreed"));
	table_line(stdout, "case", "%lld, %s", reply_int(x, "number"),
	    reply_text(x, "state"));
	line(x, "record", "record");
	line(x, "kind", "kind");
	line(x, "peer", strcmp(reply_text(x, "direction"), "in") == 0 ?
	    "from" : "to");
	line(x, "desks", "desks");
	line(x, "by", "asked by");
	line(x, "asked", "wanted");
	line(x, "circle", "by circle");
	table_line(stdout, "agreed", "%s", agreed.n > 0 ? agreed.p :
	    "nobody yet");
	if (reply_int(x, "needs") > 0)
		table_line(stdout, "needs", "%lld more before %s",
		    reply_int(x, "needs"), reply_text(x, "deadline"));
	line(x, "declined", "declined");
	line(x, "reason", "said last");
	line(x, "closed", "closed");
	line(x, "until", "holds until");
	answers_print(json_object_get(x, "answers"));
}

static void
question_print(const json_t *x)
{
	table_line(stdout, "question", "%s, %s", reply_text(x, "name"),
	    reply_text(x, "state"));
	line(x, "from", "from");
	line(x, "circle", "by circle");
	line(x, "record", "record");
	line(x, "kind", "kind");
	line(x, "tlp", "TLP");
	line(x, "peer", "would go to");
	line(x, "desks", "desks");
	line(x, "deadline", "before");
	line(x, "by", "answered by");
	line(x, "reason", "reason");
}

/* "12" is the number of a case, "q12" that of a question. */
static int
case_argument(const struct ctl *c, const char *text, json_t **out)
{
	bool question = text[0] == 'q';
	uint64_t n;

	if (str_to_u64(str_of(text + question), &n) < 0 || n == 0 ||
	    n > INT64_MAX)
		return ctl_usage(c, "%s: want the number of a case, or of a "
		    "question as q1; comityctl consult list shows them",
		    text);
	*out = json_pack("{s:I}", question ? "question" : "number",
	    (json_int_t)n);
	return 0;
}

static int
case_call(struct ctl *c, const char *command, json_t *args)
{
	AUTO_JSON json_t *r = NULL;
	const json_t *record;
	int rc = client_call(c, command, args, &r);

	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	if (json_object_get(r, "question") != NULL) {
		question_print(json_object_get(r, "question"));
		return CTL_DONE;
	}
	case_print(json_object_get(r, "case"));
	record = json_object_get(r, "record");
	if (record != NULL)
		object_print(reply_text(record, "object"));
	return CTL_DONE;
}

int
cmd_consult_show(struct ctl *c)
{
	json_t *args;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = case_argument(c, c->argv[0], &args);
	return rc != 0 ? rc : case_call(c, "consult show", args);
}

static int
say(struct ctl *c, const char *command)
{
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 },
	};
	json_t *args;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	rc = case_argument(c, c->argv[0], &args);
	if (rc != 0)
		return rc;
	if (reason != NULL)
		(void)json_object_set_new(args, "reason",
		    json_string(reason));
	return case_call(c, command, args);
}

int
cmd_consult_approve(struct ctl *c)
{
	return say(c, "consult approve");
}

int
cmd_consult_decline(struct ctl *c)
{
	return say(c, "consult decline");
}

int
cmd_consult_open(struct ctl *c)
{
	CTL_NO_OPTIONS(c, 2, 2);
	return case_call(c, "consult open", json_pack("{s:s, s:s}",
	    "record", c->argv[0], "peer", c->argv[1]));
}
