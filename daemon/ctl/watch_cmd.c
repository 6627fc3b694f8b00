/*
 * watch: what becomes visible to a desk, a line a record, as it comes.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/export_cmd.h"
#include "ctl/pause.h"

#define POLL_MS 250

/* A text as JSON, in quotes. */
static void
add_text(struct buf *b, const char *name, const json_t *record)
{
	const json_t *v = json_object_get(record, name);
	AUTO(mem_free) char *text = json_is_string(v) ? json_dumps(v,
	    JSON_ENCODE_ANY) : NULL;

	if (text != NULL)
		buf_addf(b, "\"%s\":%s,", name, text);
}

/* One line; the object is in it as it is, but for line ends. */
static void
add_line(struct buf *b, const json_t *record)
{
	static const char *const names[] = { "cursor", "kind", "tlp", "pap",
	    "source", "received" };
	const json_t *object = json_object_get(record, "object");
	size_t from;

	buf_addc(b, '{');
	for (size_t i = 0; i < NELEM(names); i++)
		add_text(b, names[i], record);
	buf_addz(b, "\"object\":");
	from = b->n;
	buf_add(b, json_string_value(object), json_string_length(object));
	for (size_t i = from; i < b->n; i++)
		if (b->p[i] == '\n' || b->p[i] == '\r')
			b->p[i] = ' ';
	buf_addz(b, "}\n");
}

struct watching {
	struct ctl *c;
	const json_t *args;		/* borrowed */
	struct client *cl;		/* owned; NULL: to be opened */
	char *cursor;			/* owned; where to go on */
	bool end;			/* of what is there now */
	bool closed;			/* nobody reads any more */
};

/* One page, printed whole before the cursor moves. */
static int
watch_page(struct watching *w)
{
	AUTO_JSON json_t *r = NULL;
	AUTO_BUF struct buf lines = { 0 };
	bool more = false;
	json_t *args, *v;
	size_t i;
	int rc = w->cl != NULL ? 0 : client_open(w->c, &w->cl);

	if (rc != 0)
		return rc;
	args = json_deep_copy(w->args);
	if (w->cursor != NULL)
		json_object_set_new(args, "since", json_string(w->cursor));
	rc = client_request(w->cl, "watch", args);
	if (rc == 0)
		rc = client_reply(w->cl, &r, &more);
	if (rc != 0)
		return rc;
	json_array_foreach(json_object_get(r, "records"), i, v)
		add_line(&lines, v);
	w->closed = (lines.n > 0 && fwrite(lines.p, 1, lines.n, stdout) !=
	    lines.n) || fflush(stdout) != 0;
	free(w->cursor);
	w->cursor = mem_strdup(reply_text(r, "next"));
	w->end = reply_bool(r, "end");
	return 0;
}

static int
watch(struct watching *w)
{
	AUTO(pause_free) struct pause *p = pause_new(true);
	bool worked = false;
	int rc;

	do {
		rc = watch_page(w);
		if (rc == 0) {
			pause_worked(p, w->c);
			worked = true;
			continue;
		}
		client_close(TAKE(w->cl));
		if (!worked)
			return rc;
		if (!pause_retry(p, w->c, rc))
			return w->c->quiet ? CTL_DONE : rc;
		w->end = false;
	} while (!w->closed && pause_for(p, w->end ? POLL_MS : 0));
	return CTL_DONE;
}

int
cmd_watch(struct ctl *c)
{
	struct export_filters f = { 0 };
	struct watching w = { .c = c };
	const char *since = NULL;
	const struct ctl_option options[] = {
		EXPORT_FILTER_OPTIONS(f), { "use", NULL, &f.use, 1 },
		{ "since", NULL, &since, 1 },
	};
	AUTO_JSON json_t *args = NULL;
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	if (f.desk == NULL)
		return ctl_usage(c, "--desk is needed");
	rc = filter_arguments(c, &f, &args);
	if (rc != 0)
		return rc;
	w.args = args;
	w.cursor = mem_strdup(since);
	rc = watch(&w);
	client_close(w.cl);
	free(w.cursor);
	return rc;
}
