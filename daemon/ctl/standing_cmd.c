/*
 * trust mine: what peers think of us, and from what.  trust answer: what we
 * have to say to that.
 */
#include "ctl/standing.h"

#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/table.h"

static const char *const dimensions[] = { "reliability", "discretion",
    "judgement" };

static void
mine_list(const json_t *peers)
{
	static const char *const headings[] = { "PEER", "RELIABILITY",
	    "DISCRETION", "JUDGEMENT", ">EVIDENCE", "TOLD" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *p;

	json_array_foreach(peers, i, p) {
		const json_t *scores = json_object_get(p, "scores");

		table_cell(t, reply_text(p, "id"));
		for (size_t d = 0; d < NELEM(dimensions); d++) {
			const json_t *s = json_object_get(scores,
			    dimensions[d]);

			table_cellf(t, "%s %s", reply_text_or(s, "band", "-"),
			    reply_text(s, "b"));
		}
		table_number(t, reply_int(p, "evidence"));
		table_cell(t, reply_text_or(p, "told", "nothing yet"));
	}
	table_print(t, stdout);
}

static void
inputs_print(const json_t *inputs)
{
	static const char *const headings[] = { "KEY", "TIME", "KIND",
	    ">COUNTED", "SEEN BY", "RECORD" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *v;

	json_array_foreach(inputs, i, v) {
		table_cell(t, reply_text(v, "key"));
		table_cell(t, reply_text(v, "at"));
		table_cell(t, reply_text(v, "kind"));
		table_cell(t, reply_text(v, "counted"));
		table_cell(t, reply_text(v, "seen_by"));
		table_cell(t, reply_text_or(v, "record", "-"));
	}
	table_print(t, stdout);
}

/* "waits to be sent", "taken 2026-..", "refused: why". */
static void
answer_print(const json_t *a)
{
	AUTO_BUF struct buf text = { 0 }, why = { 0 };
	const char *state = reply_text(a, "state");

	text_safe(&text, reply_text(a, "text"));
	text_safe(&why, reply_text(a, "why"));
	printf("our answer to %s, %s%s%s%s%s: %s\n", reply_text(a, "key"),
	    strcmp(state,
	    "waits") == 0 ? "which waits to be taken" : state,
	    reply_text(a, "settled")[0] != '\0' ? " " : "",
	    reply_text(a, "settled"), why.n > 0 ? ", " : "",
	    why.n > 0 ? why.p : "", text.p);
}

void
answers_print(const json_t *answers)
{
	size_t i;
	json_t *v;

	json_array_foreach(answers, i, v) {
		AUTO_BUF struct buf text = { 0 };
		const char *key = reply_text(v, "key");

		text_safe(&text, reply_text(v, "text"));
		table_line(stdout, i == 0 ? "answers" : "",
		    "answered %s to %s%s%s%s%s: %s", reply_text(v, "at"),
		    strcmp(key, "all") == 0 ? "all of it" : key,
		    reply_text(v, "kind")[0] != '\0' ? ", " : "",
		    reply_text(v, "kind"), reply_text(v, "record")[0] !=
		    '\0' ? " of " : "", reply_text(v, "record"), text.p);
	}
}

static void
mine_print(const json_t *r)
{
	const json_t *p = json_array_get(json_object_get(r, "peers"), 0);
	const json_t *scores = json_object_get(p, "scores");
	const json_t *inputs = json_object_get(p, "inputs");
	json_t *v;
	size_t i;

	table_line(stdout, "peer", "%s", reply_text(p, "id"));
	if (scores == NULL) {
		table_line(stdout, "told", "nothing yet");
		return;
	}
	table_line(stdout, "told", "%s", reply_text(p, "told"));
	for (size_t d = 0; d < NELEM(dimensions); d++) {
		const json_t *s = json_object_get(scores, dimensions[d]);

		if (s == NULL)
			continue;
		table_line(stdout, dimensions[d], "%s, E %s, b %s to %s, "
		    "evidence %lld%s%s%s", reply_text(s, "band"),
		    reply_text(s, "E"), reply_text(s, "b"),
		    reply_text(s, "upper"), reply_int(s, "evidence"),
		    reply_text(s, "gated_until")[0] != '\0' ?
		    ", at most D until " : "", reply_text(s, "gated_until"),
		    reply_bool(s, "capped") ?
		    ", at most D until attested again" : "");
	}
	if (json_array_size(inputs) > 0)
		inputs_print(inputs);
	json_array_foreach(json_object_get(r, "answers"), i, v)
		answer_print(v);
	if ((long long)json_array_size(inputs) < reply_int(p, "evidence"))
		printf("the newest %zu of %lld\n", json_array_size(inputs),
		    reply_int(p, "evidence"));
}

int
cmd_trust_mine(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 1);
	rc = client_call_all(c, "trust mine", c->argc == 0 ? NULL :
	    json_pack("{s:s}", "peer", c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else if (c->argc == 0)
		mine_list(json_object_get(r, "peers"));
	else
		mine_print(r);
	return CTL_DONE;
}

int
cmd_trust_answer(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 3, 3);
	if (!str_is_utf8(str_of(c->argv[2])))
		return ctl_usage(c, "the answer is not UTF-8");
	rc = client_call(c, "trust answer", json_pack("{s:s, s:s, s:s}",
	    "peer", c->argv[0], "key", c->argv[1], "text", c->argv[2]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s is told, and keeps it beside its evidence; see: "
		    "comityctl trust mine %s\n", c->argv[0], c->argv[0]);
	return CTL_DONE;
}
