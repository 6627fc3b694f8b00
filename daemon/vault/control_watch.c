/*
 * watch: what becomes visible to a desk, in that order, a page at a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vault/control_export.h"

#define ARENA_BYTES MIB(8)
#define ROWS_MAX 256		/* looked at for one page */
#define REPLY_BYTES (400 << 10)
#define CURSOR_MAX 64

struct watching {
	struct control *c;		/* borrowed */
	json_t *args;			/* owned */
	struct export_filter filter;
	int64_t at;			/* looked at last */
	json_t *list;			/* owned until the reply has it */
	size_t bytes;
};

static void
watching_free(void *arg)
{
	struct watching *w = arg;

	json_decref(w->args);
	json_decref(w->list);
	free(w);
}

/*
 * A cursor is a place of that desk in this store's history: of another
 * it would mean nothing, and what it skips would be missed.
 */
static void
cursor_write(const struct watching *w, int64_t at,
    char dst[static CURSOR_MAX])
{
	AUTO_BUF struct buf b = { 0 };
	struct digest digest;
	uint8_t epoch[16];
	char hex[2 * 4 + 1];

	store_epoch(w->filter.v->store, epoch);
	buf_add(&b, epoch, sizeof(epoch));
	buf_addz(&b, control_text(w->args, "desk"));
	digest = sha256_of(b.p, b.n);
	hex_encode(hex, digest.b, 4);
	snprintf(dst, CURSOR_MAX, "w%s.%" PRId64, hex, at);
}

/* Where to go on: after what was added then; what is new only without one. */
static int
cursor_read(struct watching *w, int64_t *out)
{
	char again[CURSOR_MAX];
	const char *text, *dot;
	uint64_t n;

	TRY(control_filter(w->c, w->args, "since", &text));
	if (text == NULL) {
		*out = store_last_seq(w->filter.v->store);
		return 0;
	}
	if (strcmp(text, "start") == 0) {
		*out = 0;
		return 0;
	}
	dot = strchr(text, '.');
	if (dot != NULL && str_to_u64(str_of(dot + 1), &n) == 0 &&
	    n <= (uint64_t)store_last_seq(w->filter.v->store)) {
		cursor_write(w, (int64_t)n, again);
		if (strcmp(again, text) == 0) {
			*out = (int64_t)n;
			return 0;
		}
	}
	return control_error(w->c, ERR_USAGE, "begin anew: --since start",
	    "since %s: no cursor of this desk and of this store", text);
}

static int
on_record(void *arg, const struct store_record *r)
{
	struct watching *w = arg;
	char cursor[CURSOR_MAX];
	json_t *fields;

	w->at = r->seq;
	if (export_record(&w->filter, r, &fields) != EXPORT_TAKEN)
		return 0;
	cursor_write(w, r->seq, cursor);
	(void)json_object_set_new(fields, "cursor", json_string(cursor));
	(void)json_array_append_new(w->list, fields);
	w->bytes += 2 * r->bytes.n + 256;
	return w->bytes > REPLY_BYTES;
}

static void
watch_page(struct watching *w)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct store *s = w->filter.v->store;
	char next[CURSOR_MAX];
	int rc;

	if (cursor_read(w, &w->at) < 0)
		return;
	w->list = json_array();
	rc = store_scan(s, w->at, ROWS_MAX, arena, on_record, w);
	if (rc < 0) {
		(void)control_error(w->c, rc, NULL, "the store could not be "
		    "read: %s", err_text(rc));
		return;
	}
	cursor_write(w, w->at, next);
	control_reply(w->c, json_pack("{s:O, s:s, s:b}", "records", w->list,
	    "next", next, "end", w->at >= store_last_seq(s)));
}

/* The policy may be another one by now. */
static void
watch_answer(struct watching *w)
{
	if (export_filter_read(w->c, w->args, &w->filter) < 0)
		return;
	w->filter.versions = true;
	watch_page(w);
}

static void
on_committed(struct control *c, bool ok)
{
	(void)ok;
	watch_answer(control_kept(c, watching_free));
}

void
control_watch(struct control *c, const json_t *args)
{
	struct watching *w;

	if (control_text(args, "desk") == NULL) {
		(void)control_error(c, ERR_USAGE, "name it: --desk NAME",
		    "a subscription is that of one desk");
		return;
	}
	w = mem_new(struct watching);
	w->c = c;
	w->args = json_deep_copy(args);
	control_keep(c, w, watching_free);
	/* A date that is not on disk yet may be another after a crash. */
	if (store_in_transaction(control_vault(c)->store))
		control_after(c, on_committed);
	else
		watch_answer(w);
}
