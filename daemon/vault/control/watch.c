/*
 * watch: what becomes visible to a desk, in that order, a page at a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gate/feed.h"
#include "vault/control/export.h"
#include "vault/feeds.h"
#include "vault/trust/belief.h"

#define ARENA_BYTES MIB(8)
#define ROWS_MAX 256		/* looked at for one page */
#define REPLY_BYTES (400 << 10)
#define CURSOR_MAX 64

struct watching {
	struct control *c;		/* borrowed */
	json_t *args;			/* owned */
	struct export_filter filter;
	struct feed *feed;		/* borrowed */
	const char *circle;		/* borrowed from args, or NULL */
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
 * A cursor is a date_added of that desk and circle in this store's history: of another
 * it would mean nothing, and what it skips would be missed.
 */
static void
cursor_write(const struct watching *w, int64_t us,
    char dst[static CURSOR_MAX])
{
	AUTO_BUF struct buf b = { 0 };
	struct digest digest;
	uint8_t epoch[16];
	char hex[2 * 4 + 1];

	store_epoch(w->filter.v->store, epoch);
	buf_add(&b, epoch, sizeof(epoch));
	buf_addf(&b, "%s\n%s", control_text(w->args, "desk"),
	    w->circle == NULL ? "" : w->circle);
	digest = sha256_of(b.p, b.n);
	hex_encode(hex, digest.b, 4);
	snprintf(dst, CURSOR_MAX, "w%s.%" PRId64, hex, us + 1);
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
		*out = feed_last_us(w->feed, w->circle);
		return 0;
	}
	if (strcmp(text, "start") == 0) {
		*out = -1;
		return 0;
	}
	dot = strchr(text, '.');
	if (dot != NULL && str_to_u64(str_of(dot + 1), &n) == 0 &&
	    n <= (uint64_t)(feed_last_us(w->feed, w->circle) + 1)) {
		cursor_write(w, (int64_t)n - 1, again);
		if (strcmp(again, text) == 0) {
			*out = (int64_t)n - 1;
			return 0;
		}
	}
	return control_error(w->c, ERR_USAGE, "begin anew: --since start",
	    "since %s: no cursor of this desk and of this store", text);
}

static int
on_item(void *arg, const struct feed_item *item)
{
	struct watching *w = arg;
	char cursor[CURSOR_MAX];
	json_t *fields;

	if (export_record(&w->filter, item->record, &fields) != EXPORT_TAKEN)
		return 0;
	cursor_write(w, item->added_us, cursor);
	(void)json_object_set_new(fields, "cursor", json_string(cursor));
	(void)json_array_append_new(w->list, fields);
	w->bytes += 2 * item->record->bytes.n + 256;
	return w->bytes > REPLY_BYTES;
}

static void
watch_page(struct watching *w)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct vault *v = w->filter.v;
	char next[CURSOR_MAX];
	int64_t at;
	bool end = false;
	int rc;

	if (cursor_read(w, &at) < 0)
		return;
	w->list = json_array();
	w->filter.beliefs = beliefs_new(&w->filter.view);
	rc = feed_scan(w->feed, &(struct feed_query){ .after_us = at,
	    .circle = w->circle, .now = vault_now(v),
	    .max_rows = ROWS_MAX }, arena, on_item, w, &at, &end);
	beliefs_free(w->filter.beliefs);
	w->filter.beliefs = NULL;
	if (rc < 0) {
		(void)control_error(w->c, rc, NULL, "the store could not be "
		    "read: %s", err_text(rc));
		return;
	}
	cursor_write(w, at, next);
	control_reply(w->c, json_pack("{s:O, s:s, s:b}", "records", w->list,
	    "next", next, "end", end));
}

/* The policy may be another one by now. */
static void
watch_answer(struct watching *w)
{
	if (export_filter_read(w->c, w->args, &w->filter) < 0)
		return;
	w->filter.versions = true;
	w->circle = control_text(w->args, "circle");
	w->feed = feeds_get(w->filter.v->feeds, control_text(w->args, "desk"));
	if (w->feed == NULL)
		(void)control_error(w->c, ERR_USAGE, NULL, "no desk %s in "
		    "the policy", control_text(w->args, "desk"));
	else
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
