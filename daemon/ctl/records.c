/*
 * Commands about single records: lookup, show, why, recall, records.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ask.h"
#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/table.h"

#define LOOKUP_LIMIT_MAX 1000
#define RECORDS_LIMIT_MAX 2000

/* Read --limit; 0 if it is fine. */
static int
limit_read(const struct ctl *c, const char *text, uint64_t most,
    uint64_t *out)
{
	if (text == NULL)
		return 0;
	if (str_to_u64(str_of(text), out) < 0 || *out == 0 || *out > most)
		return ctl_usage(c, "--limit %s: want 1 to %llu", text,
		    (unsigned long long)most);
	return 0;
}

int
cmd_lookup(struct ctl *c)
{
	static const char *const headings[] = { "RECORD", "TYPE", "KIND",
	    "TLP", "SOURCE", "RECEIVED", "NAME" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	const char *limit = NULL, *desk = NULL;
	const struct ctl_option options[] = {
		{ "limit", NULL, &limit, 1 }, { "desk", NULL, &desk, 1 },
	};
	AUTO_JSON json_t *r = NULL;
	uint64_t n = 100;
	size_t i;
	json_t *v;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	rc = limit_read(c, limit, LOOKUP_LIMIT_MAX, &n);
	if (rc == 0)
		rc = client_call(c, "lookup", json_pack("{s:s, s:I, s:s*}",
		    "value", c->argv[0], "limit", (json_int_t)n, "desk",
		    desk), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return json_array_size(json_object_get(r, "records")) > 0 ?
		    CTL_DONE : CTL_NOT_FOUND;
	}
	json_array_foreach(json_object_get(r, "records"), i, v) {
		char ago[AGO_MAX];

		table_cell(t, reply_text(v, "id"));
		table_cell(t, reply_text(v, "type"));
		table_cell(t, reply_text(v, "kind"));
		table_cell(t, reply_text(v, "tlp"));
		table_cell(t, reply_text(v, "source"));
		time_ago(ago, reply_text(v, "received"));
		table_cell(t, ago);
		table_cell(t, reply_text_or(v, "name", "-"));
	}
	if (i == 0)
		return ctl_fail(c, CTL_NOT_FOUND, NULL,
		    "nothing is known about %s", c->argv[0]);
	table_print(t, stdout);
	if (reply_bool(r, "cut"))
		fprintf(stderr, "there are more; --limit N shows them\n");
	return CTL_DONE;
}

/* "name=value" lines of a label, as the lines of a listing. */
static void
label_print(const char *text)
{
	const char *p = strchr(text, '\n');

	while (p != NULL && *++p != '\0') {
		size_t n = strcspn(p, "\n"), name = strcspn(p, "=\n");

		if (name < n)
			printf("  %-11.*s  %.*s\n", (int)name, p,
			    (int)(n - name - 1), p + name + 1);
		p = strchr(p, '\n');
	}
}

void
object_print(const char *text)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	AUTO(mem_free) char *pretty = NULL;

	/* For reading only: --json has the bytes themselves. */
	if (o != NULL)
		pretty = json_dumps(o, JSON_INDENT(2));
	printf("%s\n", pretty != NULL ? pretty : text);
	json_decref(o);
}

/* "B2, confidence 74; b 0.48, u 0.52 of 2 independent reports" */
static void
belief_print(const json_t *x)
{
	long long n = reply_int(x, "reports");

	if (x != NULL)
		table_line(stdout, "credible", "%s%s, confidence %lld; b "
		    "%.4s, u %.4s of %lld independent %s",
		    reply_text(x, "reliability"), reply_text(x,
		    "credibility"), reply_int(x, "confidence"),
		    reply_text(x, "b"), reply_text(x, "u"), n, n == 1 ?
		    "report" : "reports");
}

int
cmd_show(struct ctl *c)
{
	AUTO_JSON json_t *reply = NULL, *r = NULL;
	AUTO_BUF struct buf desks = { 0 };
	const char *desk = NULL;
	const struct ctl_option options[] = { { "desk", NULL, &desk, 1 } };
	size_t i;
	json_t *v;
	int rc;

	CTL_OPTIONS(c, options, 1, 2);
	rc = client_call(c, "show", json_pack("{s:s, s:s*, s:s*}", "id",
	    c->argv[0], "modified", c->argc > 1 ? c->argv[1] : NULL, "desk",
	    desk), &reply);
	if (rc != 0)
		return rc;
	r = json_pack("{s:i, s:b}", "v", 1, "ok", 1);
	json_object_update(r, json_array_get(json_object_get(reply,
	    "records"), 0));
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "desks"), i, v)
		buf_addf(&desks, "%s%s", i > 0 ? ", " : "",
		    json_string_value(v));
	table_line(stdout, "record", "%s", reply_text(r, "id"));
	table_line(stdout, "modified", "%s", reply_text(r, "modified"));
	table_line(stdout, "kind", "%s, TLP:%s", reply_text(r, "kind"),
	    reply_text(r, "tlp"));
	table_line(stdout, "source", "%s, received %s",
	    reply_text(r, "source"), reply_text(r, "received"));
	belief_print(json_object_get(r, "belief"));
	table_line(stdout, "desks", "%s", desks.n > 0 ? desks.p : "all");
	table_line(stdout, "sealed", "by %s at %s",
	    reply_text(r, "sealed_by"), reply_text(r, "seal_time"));
	printf("label\n");
	label_print(reply_text(r, "label"));
	object_print(reply_text(r, "object"));
	return CTL_DONE;
}

int
cmd_why(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 2, 3);
	rc = client_call(c, "why", json_pack("{s:s, s:s, s:s*}", "record",
	    c->argv[0], "peer", c->argv[1], "modified", c->argc > 2 ?
	    c->argv[2] : NULL), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "text"), i, v) {
		AUTO_BUF struct buf b = { 0 };

		if (json_is_string(v))
			text_safe(&b, json_string_value(v));
		puts(b.p == NULL ? "" : b.p);
	}
	return CTL_DONE;
}

int
cmd_recall(struct ctl *c)
{
	static const char *const headings[] = { "PEER", "STATE" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	const char *reason = NULL;
	bool yes = false;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 }, { "yes", &yes, NULL, 0 },
	};
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (reason == NULL || reason[0] == '\0')
		return ctl_usage(c, "--reason is needed: the peers see it");
	if (!yes && !ask_for(c->argv[0], "Every peer deletes it. Type the "
	    "record's id to go on: "))
		return ctl_fail(c, CTL_REFUSED, "--yes for scripts",
		    "not confirmed");
	rc = client_call(c, "recall", json_pack("{s:s, s:s}", "id", c->argv[0],
	    "reason", reason), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "peers"), i, v) {
		table_cell(t, reply_text(v, "id"));
		table_cell(t, reply_text(v, "state"));
	}
	table_print(t, stdout);
	return CTL_DONE;
}

struct records_ask {
	const char *source, *limit, *since, *desk;
	bool derived, ids;
	uint64_t left;		/* rows still wanted; UINT64_MAX: all */
};

/* One page of rows; the next cursor in *cursor (owned), NULL at the end. */
static int
records_page(struct ctl *c, struct client *cl, struct records_ask *a,
    char **cursor, json_t *all, struct table *t)
{
	AUTO_JSON json_t *r = NULL;
	bool more = false;
	size_t i;
	json_t *v;
	int rc;

	rc = client_request(cl, "records", json_pack(
	    "{s:s*, s:s*, s:s*, s:b, s:I}", "since", *cursor, "source",
	    a->source, "desk", a->desk, "derived", a->derived, "limit", (json_int_t)(a->left <
	    RECORDS_LIMIT_MAX ? a->left : RECORDS_LIMIT_MAX)));
	if (rc == 0)
		rc = client_reply(cl, &r, &more);
	if (rc != 0)
		return rc;
	json_array_foreach(json_object_get(r, "records"), i, v) {
		if (c->json) {
			json_array_append(all, v);
		} else if (a->ids) {
			printf("%s\n", reply_text(v, "id"));
		} else {
			table_cell(t, reply_text(v, "id"));
			table_cell(t, reply_text(v, "modified"));
			table_cell(t, reply_text(v, "kind"));
			table_cell(t, reply_text(v, "tlp"));
			table_cell(t, reply_text(v, "source"));
		}
	}
	if (a->left != UINT64_MAX)
		a->left -= i < a->left ? i : a->left;
	free(*cursor);
	*cursor = mem_strdup(json_string_value(json_object_get(r, "next")));
	return 0;
}

int
cmd_records(struct ctl *c)
{
	static const char *const headings[] = { "RECORD", "MODIFIED", "KIND",
	    "TLP", "SOURCE" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	struct records_ask a = { .left = UINT64_MAX };
	const struct ctl_option options[] = {
		{ "source", NULL, &a.source, 1 },
		{ "limit", NULL, &a.limit, 1 }, { "since", NULL, &a.since, 1 },
		{ "desk", NULL, &a.desk, 1 },
		{ "derived", &a.derived, NULL, 0 }, { "ids", &a.ids, NULL, 0 },
	};
	AUTO(client_close) struct client *cl = NULL;
	AUTO(mem_free) char *cursor = NULL;
	json_t *all = json_array();
	AUTO_JSON json_t *doc = json_pack("{s:i, s:b, s:o}", "v", 1, "ok", 1,
	    "records", all);
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	rc = limit_read(c, a.limit, UINT32_MAX, &a.left);
	if (rc == 0)
		rc = client_open(c, &cl);
	cursor = mem_strdup(a.since);
	do {
		if (rc == 0)
			rc = records_page(c, cl, &a, &cursor, all, t);
	} while (rc == 0 && cursor != NULL && a.left > 0);
	if (rc != 0)
		return rc;
	if (c->json) {
		if (cursor != NULL)
			json_object_set_new(doc, "next", json_string(cursor));
		reply_print(doc);
	} else if (!a.ids) {
		table_print(t, stdout);
	}
	return CTL_DONE;
}
