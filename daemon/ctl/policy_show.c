/*
 * policy show: the files of the policy in force, or of the one that waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/policy_running.h"

/* Take in one piece. */
static int
piece_add(const struct ctl *c, const json_t *reply, struct buf *out)
{
	const char *text = reply_text(reply, "files");
	size_t cap = strlen(text) / 4 * 3 + 3, n;
	AUTO(mem_free) uint8_t *bytes = mem_array(uint8_t, cap);

	if (base64_decode(bytes, cap, str_of(text), &n) < 0)
		return ctl_fail(c, CTL_REFUSED, "is the daemon of another "
		    "version? comityctl version", "not a piece of files");
	buf_add(out, (const char *)bytes, n);
	return 0;
}

int
policy_running(const struct ctl *c, bool pending, struct file_set **out)
{
	AUTO(client_close) struct client *cl = NULL;
	AUTO_BUF struct buf bytes = { 0 };
	struct err e = { 0 };
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "policy show", json_pack("{s:b}",
		    "pending", pending));
	while (rc == 0 && more) {
		AUTO_JSON json_t *r = NULL;

		rc = client_reply(cl, &r, &more);
		if (rc == 0)
			rc = piece_add(c, r, &bytes);
	}
	if (rc != 0)
		return rc;
	*out = file_set_decode(buf_str(&bytes), &e);
	return *out == NULL ? ctl_fail_err(c, &e, NULL) : 0;
}

/* Every file: those of the directory, then those of its sub-directories. */
static void
files_each(const struct file_set *files,
    void (*fn)(void *arg, struct str name, struct str bytes), void *arg)
{
	static const char *const patterns[] = { "*", "*.d/*" };
	struct str name, bytes;

	for (size_t k = 0; k < NELEM(patterns); k++)
		for (size_t i = 0; file_set_match(files, patterns[k], i,
		    &name); i++)
			if (file_set_get(files, name, &bytes) == 0)
				fn(arg, name, bytes);
}

static void
on_json(void *arg, struct str name, struct str bytes)
{
	json_t *f = json_pack("{s:s%}", "name", name.p, name.n);
	json_t *text = json_stringn(bytes.p, bytes.n);

	/* A document need not be UTF-8. */
	json_object_set_new(f, "text", text == NULL ? json_string("") :
	    text);
	json_array_append_new(arg, f);
}

static void
on_print(void *arg, struct str name, struct str bytes)
{
	(void)arg;
	printf("# ---- %.*s\n", (int)name.n, name.p);
	(void)fwrite(bytes.p, 1, bytes.n, stdout);
}

int
cmd_policy_show(struct ctl *c)
{
	bool pending = false;
	const struct ctl_option options[] = {
		{ "pending", &pending, NULL, 0 },
	};
	AUTO(file_set_free) struct file_set *files = NULL;
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	rc = policy_running(c, pending, &files);
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *list = json_array();
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:o}", "v", 1,
		    "ok", 1, "files", list);

		files_each(files, on_json, list);
		reply_print(j);
	} else {
		files_each(files, on_print, NULL);
	}
	return CTL_DONE;
}
