/*
 * proof list, proof show: what peers signed and may not have.
 */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/table.h"

int
cmd_proof_list(struct ctl *c)
{
	static const char *const headings[] = { "NAME", "TIME", "PEER",
	    "ORIGINATOR", "WHAT IS WRONG" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "proof list", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "proofs"), i, v) {
		table_cell(t, reply_text(v, "name"));
		table_cell(t, reply_text(v, "at"));
		table_cell(t, reply_text(v, "peer"));
		table_cell(t, reply_text_or(v, "originator", "-"));
		table_cell(t, reply_text(v, "fault"));
	}
	table_print(t, stdout);
	fprintf(stderr, "%zu kept of %lld\n", i, reply_int(r, "total"));
	return CTL_DONE;
}

/* The terms of a link, a line each, as somebody else wrote them. */
static void
terms_print(const char *text)
{
	while (*text != '\0') {
		AUTO_BUF struct buf line = { 0 }, safe = { 0 };
		size_t n = strcspn(text, "\n");

		buf_add(&line, text, n);
		text_safe(&safe, line.n > 0 ? line.p : "");
		printf("      %s\n", safe.n > 0 ? safe.p : "");
		text += n + (text[n] == '\n');
	}
}

int
cmd_proof_show(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	const json_t *p;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = client_call(c, "proof show", json_pack("{s:s}", "name",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	p = json_object_get(r, "proof");
	table_line(stdout, "peer", "%s", reply_text(p, "peer"));
	table_line(stdout, "at", "%s", reply_text(p, "at"));
	table_line(stdout, "wrong", "%s", reply_text(p, "fault"));
	table_line(stdout, "sealed", "by %s", reply_text_or(p, "originator",
	    "-"));
	table_line(stdout, "leaf", "%lld, %s", reply_int(p, "leaf"),
	    reply_text(p, "leaf_hash"));
	json_array_foreach(json_object_get(p, "links"), i, v) {
		table_line(stdout, "link", "%s to %s", reply_text(v, "from"),
		    reply_text(v, "to"));
		terms_print(reply_text(v, "terms"));
	}
	return CTL_DONE;
}
