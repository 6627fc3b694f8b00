/*
 * policy simulate: what a policy would let flow of what is stored.
 */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"

/* Ask, send the files, and wait for the last answer. */
static int
simulate(struct ctl *c, const struct buf *files, int64_t since_ms,
    json_t **out)
{
	AUTO(client_close) struct client *cl = NULL;
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "policy simulate", json_pack("{s:I}",
		    "since_ms", (json_int_t)since_ms));
	if (rc == 0)
		rc = client_send_files(cl, buf_str(files));
	while (rc == 0 && more) {
		AUTO_JSON json_t *r = NULL;

		rc = client_reply(cl, &r, &more);
		if (rc == 0 && more)
			progress_show("records", reply_int(r, "done"),
			    reply_int(r, "of"));
		else if (rc == 0)
			*out = json_incref(r);
	}
	progress_end();
	return rc;
}

static void
samples_print(const json_t *peer)
{
	size_t i;
	json_t *s;

	json_array_foreach(json_object_get(peer, "samples"), i, s)
		printf("  %s  %s -> %s%s%s\n", reply_text(s, "id"),
		    reply_text(s, "before"), reply_text(s, "after"),
		    reply_text(s, "by")[0] != '\0' ? " by " : "",
		    reply_text(s, "by"));
}

static void
simulate_print(const json_t *r)
{
	static const char *const headings[] = { "PEER", ">RECORDS",
	    ">WOULD FLOW", ">WOULD STOP", ">DELIVERED", ">REDACTED",
	    ">CONSULTED", ">DENIED", ">FORBIDDEN" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i, k;
	json_t *p, *v;

	json_array_foreach(json_object_get(r, "peers"), i, p) {
		const json_t *after = json_object_get(p, "after");

		table_cell(t, reply_text(p, "id"));
		table_number(t, reply_int(p, "records"));
		table_number(t, reply_int(p, "flow"));
		table_number(t, reply_int(p, "stop"));
		table_number(t, reply_int(after, "delivered"));
		table_number(t, reply_int(after, "redacted"));
		table_number(t, reply_int(after, "consulted"));
		table_number(t, reply_int(after, "denied"));
		table_number(t, reply_int(after, "forbidden"));
	}
	table_print(t, stdout);
	json_array_foreach(json_object_get(r, "peers"), i, p) {
		json_array_foreach(json_object_get(p, "changes"), k, v)
			table_line(stdout, reply_text(p, "id"),
			    "%lld records: %s -> %s",
			    reply_int(v, "records"), reply_text(v, "before"),
			    reply_text(v, "after"));
		samples_print(p);
	}
}

int
cmd_policy_simulate(struct ctl *c)
{
	const char *since = NULL;
	const struct ctl_option options[] = { { "since", NULL, &since, 1 } };
	AUTO(file_set_free) struct file_set *files = file_set_new();
	AUTO_BUF struct buf bytes = { 0 };
	AUTO_JSON json_t *r = NULL;
	int64_t age = 0, from = 0;
	struct err e = { 0 };
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (since != NULL) {
		if (schema_duration(str_of(since), &age) < 0)
			return ctl_usage(c, "--since %s: want a duration "
			    "like 30d or 12h", since);
		from = now_ms().ms - age;
	}
	if (policy_to_try(c->argv[0], files, &e) < 0)
		return ctl_fail_err(c, &e, "comityctl policy prove FILE");
	file_set_encode(files, &bytes);
	rc = simulate(c, &bytes, from, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		simulate_print(r);
	return CTL_DONE;
}
