/*
 * Tokens with which tools log in to the fronts: add, list, revoke.
 */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "ctl/client.h"
#include "ctl/table.h"

/* "all, inbox", or "nothing". */
static void
list_text(const json_t *list, struct buf *out)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		buf_addz(out, "nothing");
	json_array_foreach(list, i, v)
		buf_addf(out, "%s%s", i == 0 ? "" : ",",
		    strcmp(json_string_value(v), "*") == 0 ?
		    "everything" : json_string_value(v));
}

static void
token_line(const json_t *t)
{
	AUTO_BUF struct buf text = { 0 }, safe = { 0 };
	const char *expires = reply_text(t, "expires");

	buf_addf(&text, "desk %s, reads ", reply_text(t, "desk"));
	list_text(json_object_get(t, "read"), &text);
	buf_addz(&text, ", writes ");
	list_text(json_object_get(t, "write"), &text);
	buf_addf(&text, ", since %.10s", reply_text(t, "created"));
	if (expires[0] != '\0')
		buf_addf(&text, ", until %s", expires);
	text_safe(&safe, text.p);
	table_line(stdout, reply_text(t, "name"), "%s", safe.p);
}

int
cmd_token_add(struct ctl *c)
{
	const char *desk = NULL, *read = NULL, *write = NULL, *life = NULL;
	const struct ctl_option options[] = {
		{ "desk", NULL, &desk, 1 },
		{ "read", NULL, &read, 1 },
		{ "write", NULL, &write, 1 },
		{ "expires", NULL, &life, 1 },
	};
	AUTO_JSON json_t *r = NULL;
	int64_t ms = 0;
	json_t *args;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (desk == NULL)
		return ctl_usage(c, "--desk is needed: whose eyes the tool "
		    "looks with");
	if (life != NULL && (schema_duration(str_of(life), &ms) != 0 ||
	    ms <= 0))
		return ctl_usage(c, "--expires %s: want a duration like 90d",
		    life);
	args = json_pack("{s:s, s:s, s:s*, s:s*}", "name", c->argv[0],
	    "desk", desk, "read", read, "write", write);
	if (ms != 0)
		json_object_set_new(args, "life_ms", json_integer(ms));
	rc = client_call(c, "token add", args, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	printf("%s\n", reply_text(r, "token"));
	fprintf(stderr, "Nobody can show it again: give it to the tool "
	    "now, as its password or bearer token.\n");
	return CTL_DONE;
}

int
cmd_token_list(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "token list", json_object(), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "tokens"), i, v)
		token_line(v);
	return CTL_DONE;
}

int
cmd_token_revoke(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = client_call(c, "token revoke", json_pack("{s:s}", "name",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s: revoked; its tool is no longer let in\n",
		    reply_text(r, "name"));
	return CTL_DONE;
}
