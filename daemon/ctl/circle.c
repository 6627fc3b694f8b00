/*
 * Circles: list, show, propose, sign, accept.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/files.h"
#include "ctl/table.h"

#define DOCUMENT_BYTES_MAX (64 << 10)

static void
names_add_json(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		buf_addf(b, "%s%s", i > 0 ? "," : "", json_string_value(v));
	if (json_array_size(list) == 0)
		buf_addz(b, "-");
}

static void
names_cell(struct table *t, const json_t *list)
{
	AUTO_BUF struct buf b = { 0 }, safe = { 0 };

	names_add_json(&b, list);
	text_safe(&safe, b.p);
	table_cell(t, safe.p);
}

static void
circle_row(struct table *t, const json_t *v, const char *state)
{
	const json_t *d = json_object_get(v, "document");
	const json_t *any = d != NULL ? d : json_object_get(v, "policy");

	table_cell(t, reply_text(v, "name"));
	if (d != NULL)
		table_number(t, reply_int(d, "version"));
	else
		table_cell(t, "-");
	names_cell(t, json_object_get(any, "members"));
	names_cell(t, json_object_get(any, "foci"));
	if (state != NULL)
		table_cell(t, state);
	else
		names_cell(t, json_object_get(v, "counting"));
}

static void
circles_print(const json_t *r)
{
	static const char *const headings[] = { "CIRCLE", "VERSION",
	    "MEMBERS", "FOCI", "COUNTING" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(r, "circles"), i, v)
		circle_row(t, v, json_object_get(v, "policy") == NULL ?
		    "not in the policy" : NULL);
	json_array_foreach(json_object_get(r, "offered"), i, v)
		circle_row(t, v, "offered");
	table_print(t, stdout);
}

int
cmd_circle_list(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "circle list", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		circles_print(r);
	return CTL_DONE;
}

static void
part_print(const char *heading, const json_t *part)
{
	AUTO_BUF struct buf members = { 0 }, foci = { 0 };

	if (part == NULL)
		return;
	names_add_json(&members, json_object_get(part, "members"));
	names_add_json(&foci, json_object_get(part, "foci"));
	table_line(stdout, heading, "members %s, foci %s, quorum %lld, "
	    "charter %s", members.p, foci.p, reply_int(part, "quorum"),
	    reply_text(part, "charter"));
}

int
cmd_circle_show(struct ctl *c)
{
	AUTO_BUF struct buf counting = { 0 };
	AUTO_JSON json_t *r = NULL;
	const json_t *d;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = client_call(c, "circle show", json_pack("{s:s}", "name",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	d = json_object_get(r, "document");
	part_print("policy", json_object_get(r, "policy"));
	part_print("document", d);
	if (d != NULL)
		table_line(stdout, "version", "%lld, sha256:%s",
		    reply_int(d, "version"), reply_text(d, "digest"));
	names_add_json(&counting, json_object_get(r, "counting"));
	table_line(stdout, "counting", "%s", counting.p);
	if (d != NULL)
		printf("\n%s", reply_text(r, "text"));
	return CTL_DONE;
}

/* "a,b,c" as a list; NULL is an empty one. */
static json_t *
list_of(const char *text)
{
	json_t *list = json_array();

	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, ",");

		json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] == ',');
	}
	return list;
}

/* Write the proposal to where it was wanted, and say what is missing. */
static int
proposal_keep(struct ctl *c, json_t *r, const char *path)
{
	AUTO_BUF struct buf names = { 0 };
	const json_t *by = json_object_get(r, "signed");
	long long have = (long long)json_array_size(by);
	struct err e = { 0 };

	if (path != NULL && file_write(path, 0644, str_of(reply_text(r,
	    "text")), &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	if (path == NULL)
		printf("%s", reply_text(r, "text"));
	names_add_json(&names, by);
	fprintf(stderr, "%s version %lld: %lld of %lld signatures: %s\n",
	    reply_text(r, "name"), reply_int(r, "version"), have,
	    reply_int(r, "needs"), names.p);
	if (have >= reply_int(r, "needs"))
		fprintf(stderr, "It is enough: comityctl circle accept "
		    "FILE\n");
	else
		fprintf(stderr, "Have other members sign it: comityctl "
		    "circle sign FILE\n");
	return CTL_DONE;
}

int
cmd_circle_propose(struct ctl *c)
{
	const char *add = NULL, *remove = NULL, *foci = NULL, *quorum = NULL,
	    *out = NULL;
	const struct ctl_option options[] = {
		{ "add", NULL, &add, 1 }, { "remove", NULL, &remove, 1 },
		{ "foci", NULL, &foci, 1 }, { "quorum", NULL, &quorum, 1 },
		{ "out", NULL, &out, 1 },
	};
	AUTO_JSON json_t *r = NULL;
	uint64_t n = 0;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (quorum != NULL && (str_to_u64(str_of(quorum), &n) < 0 || n == 0 ||
	    n > 64))
		return ctl_usage(c, "--quorum %s: want 1 to 64", quorum);
	rc = client_call(c, "circle propose", json_pack("{s:s, s:o, s:o, s:o,"
	    " s:i}", "name", c->argv[0], "add", list_of(add), "remove",
	    list_of(remove), "foci", list_of(foci), "quorum", (int)n), &r);
	return rc != 0 ? rc : proposal_keep(c, r, out);
}

int
cmd_circle_sign(struct ctl *c)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_JSON json_t *r = NULL;
	struct err e = { 0 };
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	if (file_read(c->argv[0], DOCUMENT_BYTES_MAX, &text, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	rc = client_call(c, "circle sign", json_pack("{s:s}", "text",
	    text.p == NULL ? "" : text.p), &r);
	return rc != 0 ? rc : proposal_keep(c, r,
	    strcmp(c->argv[0], "-") == 0 ? NULL : c->argv[0]);
}

int
cmd_circle_accept(struct ctl *c)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_JSON json_t *r = NULL;
	struct err e = { 0 };
	json_t *args;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	/* A name that is no file is a circle that a member sent. */
	if (!file_exists(c->argv[0]) && strcmp(c->argv[0], "-") != 0)
		args = json_pack("{s:s}", "name", c->argv[0]);
	else if (file_read(c->argv[0], DOCUMENT_BYTES_MAX, &text, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	else
		args = json_pack("{s:s}", "text", text.p == NULL ? "" :
		    text.p);
	rc = client_call(c, "circle accept", args, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s\n", reply_bool(r, "changed") ? "held from now on, "
		    "and sent to the members that are connected" :
		    "held already");
	return CTL_DONE;
}
