/*
 * policy shadow: try a policy beside the one in force, and see where they
 * differ.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"

static int
shadow_start(struct ctl *c, const char *path, json_t **out)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	AUTO(client_close) struct client *cl = NULL;
	AUTO_BUF struct buf bytes = { 0 };
	struct err e = { 0 };
	bool more;
	int rc;

	if (policy_to_try(path, files, &e) < 0)
		return ctl_fail_err(c, &e, "comityctl policy prove FILE");
	file_set_encode(files, &bytes);
	rc = client_open(c, &cl);
	if (rc == 0)
		rc = client_request(cl, "policy shadow start", NULL);
	if (rc == 0)
		rc = client_send_files(cl, buf_str(&bytes));
	return rc != 0 ? rc : client_reply(cl, out, &more);
}

/* "permit by out-clean". */
static void
cell_outcome(struct table *t, const json_t *row, const char *outcome,
    const char *by)
{
	const char *rule = reply_text(row, by);

	table_cellf(t, "%s%s%s", reply_text(row, outcome),
	    rule[0] != '\0' ? " by " : "", rule);
}

static void
shadow_print(const json_t *r)
{
	static const char *const headings[] = { "PEER", "", "IN FORCE",
	    "SHADOW", ">RECORDS" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	const json_t *rows = json_object_get(r, "changes");
	size_t i;
	json_t *row;

	if (!reply_bool(r, "on")) {
		puts("no policy runs beside the one in force");
		return;
	}
	json_array_foreach(rows, i, row) {
		table_cell(t, reply_text(row, "peer"));
		table_cell(t, reply_text(row, "direction"));
		cell_outcome(t, row, "before", "before_by");
		cell_outcome(t, row, "after", "after_by");
		table_number(t, reply_int(row, "records"));
	}
	if (json_array_size(rows) > 0)
		table_print(t, stdout);
	if (reply_int(r, "unlisted") > 0)
		printf("... and %lld more of other kinds\n",
		    reply_int(r, "unlisted"));
	shadow_line_print(r);
}

void
shadow_line_print(const json_t *s)
{
	if (s != NULL)
		table_line(stdout, "shadow", "%.23s..., since %s: %lld of "
		    "%lld decisions differ", reply_text(s, "digest"),
		    reply_text(s, "since"), reply_int(s, "differ"),
		    reply_int(s, "decisions"));
}

int
cmd_policy_shadow(struct ctl *c)
{
	bool off = false;
	const struct ctl_option options[] = { { "off", &off, NULL, 0 } };
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 0, 1);
	if (off && c->argc > 0)
		return ctl_usage(c, "want a file or --off, not both");
	if (c->argc > 0)
		rc = shadow_start(c, c->argv[0], &r);
	else
		rc = client_call(c, off ? "policy shadow stop" :
		    "policy shadow", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		shadow_print(r);
	return CTL_DONE;
}
