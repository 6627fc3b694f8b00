/*
 * warning-list list, check: what must not be blocked, as the daemon has it.
 */
#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/table.h"

#define VALUES_MAX 64

/* All lists, which come in several replies, in the last of them. */
static int
lists_call(struct ctl *c, json_t **out)
{
	AUTO(client_close) struct client *cl = NULL;
	AUTO_JSON json_t *lists = json_array();
	AUTO_JSON json_t *r = NULL;
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "warning-list list", NULL);
	while (rc == 0 && more) {
		json_decref(r);
		r = NULL;
		rc = client_reply(cl, &r, &more);
		if (rc == 0)
			(void)json_array_extend(lists, json_object_get(r,
			    "lists"));
	}
	if (rc == 0) {
		(void)json_object_set(r, "lists", lists);
		*out = TAKE(r);
	}
	return rc;
}

static void
own_print(const json_t *own, const char *name, const char *prefix)
{
	AUTO_BUF struct buf b = { 0 };
	const json_t *list = json_object_get(own, name), *v;
	size_t i;

	json_array_foreach(list, i, v)
		buf_addf(&b, "%s%s%s", i > 0 ? ", " : "", prefix,
		    json_string_value(v));
	if (b.n > 0)
		table_line(stdout, name, "%s", b.p);
}

static void
problems_print(const json_t *lists)
{
	const json_t *v;
	size_t i;

	json_array_foreach(lists, i, v)
		if (json_object_get(v, "problem") != NULL)
			table_line(stdout, "refused", "%s: %s",
			    reply_text(v, "file"), reply_text(v, "problem"));
}

int
cmd_warning_list(struct ctl *c)
{
	static const char *const headings[] = { "NAME", "TYPE", ">ENTRIES",
	    ">VERSION", "FILE", "LOADED", "STATE" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *r = NULL;
	const json_t *lists, *v, *own;
	size_t i;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = lists_call(c, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	lists = json_object_get(r, "lists");
	json_array_foreach(lists, i, v) {
		char ago[AGO_MAX];

		time_ago(ago, reply_text(v, "loaded"));
		table_cell(t, reply_text_or(v, "name", "-"));
		table_cell(t, reply_text(v, "type"));
		table_number(t, reply_int(v, "entries"));
		table_number(t, reply_int(v, "version"));
		table_cell(t, reply_text(v, "file"));
		table_cell(t, ago);
		table_cell(t, json_object_get(v, "problem") != NULL ?
		    "refused" : "in force");
	}
	table_print(t, stdout);
	problems_print(lists);
	own = json_object_get(r, "constituency");
	own_print(own, "as", "AS");
	own_print(own, "prefixes", "");
	own_print(own, "domains", "");
	if (reply_text(r, "directory")[0] == '\0')
		puts("no warning-lists in comityd.yaml");
	return CTL_DONE;
}

static void
value_print(const json_t *v)
{
	const json_t *on = json_object_get(v, "on"), *hit;
	size_t i;

	if (json_array_size(on) == 0)
		printf("%s: on no list\n", reply_text(v, "value"));
	json_array_foreach(on, i, hit) {
		if (json_object_get(hit, "constituency") != NULL)
			printf("%s: in our constituency (%s)\n",
			    reply_text(v, "value"), reply_text(hit,
			    "constituency"));
		else
			printf("%s: on \"%s\" (%s, %s)\n", reply_text(v,
			    "value"), reply_text(hit, "list"),
			    reply_text(hit, "type"), reply_text(hit,
			    "file"));
	}
	if (reply_int(v, "n") > (long long)json_array_size(on))
		printf("%s: and on %lld more\n", reply_text(v, "value"),
		    reply_int(v, "n") - (long long)json_array_size(on));
}

int
cmd_warning_check(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	json_t *values;
	const json_t *v;
	size_t i;
	int rc;

	CTL_NO_OPTIONS(c, 1, VALUES_MAX);
	values = json_array();
	for (int k = 0; k < c->argc; k++)
		(void)json_array_append_new(values, json_string(c->argv[k]));
	rc = client_call(c, "warning-list check", json_pack("{s:o}",
	    "values", values), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "values"), i, v)
		value_print(v);
	return CTL_DONE;
}
