/* A record's label in the words of others. */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/online.h"
#include "ctl/table.h"

static void
lines_print(const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		AUTO_BUF struct buf line = { 0 }, safe = { 0 };

		buf_add(&line, text, n);
		text_safe(&safe, line.p == NULL ? "" : line.p);
		puts(safe.p == NULL ? "" : safe.p);
		text += n + (text[n] == '\n');
	}
}

int
cmd_label_show(struct ctl *c)
{
	const char *form = NULL;
	const struct ctl_option options[] = { { "form", NULL, &form, 1 } };
	AUTO_BUF struct buf parts = { 0 };
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_OPTIONS(c, options, 1, 2);
	rc = client_call(c, "label show", json_pack("{s:s, s:s*, s:s}", "id",
	    c->argv[0], "modified", c->argc > 1 ? c->argv[1] : NULL, "form",
	    form == NULL ? "comity" : form), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	lines_print(reply_text(r, "text"));
	json_array_foreach(json_object_get(r, "not_said"), i, v)
		buf_addf(&parts, "%s%s", i > 0 ? ", " : "",
		    json_string_value(v));
	if (parts.n > 0)
		fprintf(stderr, "it cannot say all of: %s; the sealed label "
		    "does\n", parts.p);
	return CTL_DONE;
}
