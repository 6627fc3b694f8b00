/*
 * ask: for a record that a peer keeps back.
 */
#include <stdio.h>

#include "ctl/client.h"

int
cmd_ask(struct ctl *c)
{
	const char *desk = NULL, *reason = NULL;
	const struct ctl_option options[] = {
		{ "desk", NULL, &desk, 1 },
		{ "reason", NULL, &reason, 1 },
	};
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 2, 2);
	rc = client_call(c, "ask", json_pack("{s:s, s:s, s:s*, s:s*}", "peer",
	    c->argv[0], "record", c->argv[1], "desk", desk, "reason",
	    reason), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s will be asked for %s.  If it can be had at all, "
		    "people there decide;\nwhat becomes of it is not said: it "
		    "comes, or it does not.\n", c->argv[0], c->argv[1]);
	return CTL_DONE;
}
