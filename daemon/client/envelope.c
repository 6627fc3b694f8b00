#include "client/envelope.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "record/bundle_scan.h"

#define TYPE_MARKING "\"marking-definition\""

void
envelope_clear(struct envelope *e)
{
	vec_clear(&e->objects);
	*e = (struct envelope){ 0 };
}

static int
not_json(struct err *e)
{
	return err_set(e, ERR_SYNTAX, "its answer is no TAXII envelope: the "
	    "JSON is broken");
}

/*
 * One pass over the list for each half of its order.  A type stands in
 * quotes; an id that begins with it goes on behind it.
 */
static int
read_objects(struct str text, size_t at, bool markings, struct envelope *out)
{
	at = scan_space(text, at + 1);
	if (at < text.n && text.p[at] == ']')
		return 0;
	for (;;) {
		size_t end = at < text.n && text.p[at] == '{' ?
		    scan_value(text, at) : SCAN_BROKEN;
		struct str o;

		if (end == SCAN_BROKEN)
			return ERR_SYNTAX;
		o = (struct str){ text.p + at, end - at };
		if (markings == (memmem(o.p, o.n, TYPE_MARKING,
		    strlen(TYPE_MARKING)) != NULL))
			vec_push(&out->objects, o);
		if (out->objects.n > ENVELOPE_OBJECTS_MAX)
			return ERR_LIMIT;
		at = scan_space(text, end);
		if (at < text.n && text.p[at] == ']')
			return 0;
		if (at >= text.n || text.p[at] != ',')
			return ERR_SYNTAX;
		at = scan_space(text, at + 1);
	}
}

/* The members beside the objects, in whose place stands null. */
static int
read_members(struct str text, struct envelope *out, struct err *e)
{
	json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES,
	    NULL);
	const json_t *next = json_object_get(root, "next");
	const json_t *more = json_object_get(root, "more");
	int rc = 0;

	if (!json_is_object(root))
		rc = not_json(e);
	else if ((more != NULL && !json_is_boolean(more)) ||
	    (next != NULL && !json_is_string(next)))
		rc = err_set(e, ERR_SYNTAX, "its envelope has a \"more\" "
		    "that is not true or false, or a \"next\" that is no "
		    "text");
	else if (json_string_length(next) > ENVELOPE_NEXT_MAX)
		rc = err_set(e, ERR_LIMIT, "the \"next\" of its envelope is "
		    "longer than %d bytes", ENVELOPE_NEXT_MAX);
	if (rc == 0) {
		out->more = json_is_true(more);
		if (next != NULL)
			memcpy(out->next, json_string_value(next),
			    json_string_length(next));
	}
	json_decref(root);
	return rc;
}

static int
read_envelope(struct str text, struct envelope *out, struct err *e)
{
	AUTO_BUF struct buf rest = { 0 };
	struct scan_bundle s = { 0 };
	size_t start = scan_space(text, 0), bad, end;

	end = start < text.n && text.p[start] == '{' ?
	    scan_members(text, start, &s, &bad) : SCAN_BROKEN;
	if (end == SCAN_BROKEN || scan_space(text, end) != text.n || s.twice)
		return not_json(e);
	if (!s.has_objects)
		return read_members(text, out, e);
	if (text.p[s.objects_at] != '[')
		return err_set(e, ERR_SYNTAX, "the \"objects\" of its "
		    "envelope are no list");
	end = scan_value(text, s.objects_at);
	if (end == SCAN_BROKEN)
		return not_json(e);
	buf_add(&rest, text.p, s.objects_at);
	buf_addz(&rest, "null");
	buf_add(&rest, text.p + end, text.n - end);
	TRY(read_members(buf_str(&rest), out, e));
	if (read_objects(text, s.objects_at, true, out) != 0 ||
	    read_objects(text, s.objects_at, false, out) != 0)
		return err_set(e, ERR_SYNTAX, "the \"objects\" of its "
		    "envelope are not a list of at most %d objects",
		    ENVELOPE_OBJECTS_MAX);
	return 0;
}

int
envelope_read(struct str text, struct envelope *out, struct err *e)
{
	struct envelope read = { 0 };
	int rc = read_envelope(text, &read, e);

	if (rc != 0) {
		envelope_clear(&read);
		return rc;
	}
	*out = read;
	return 0;
}

void
envelope_write(const struct str *v, size_t n, struct buf *out)
{
	buf_addz(out, "{\"objects\":[");
	for (size_t i = 0; i < n; i++) {
		buf_addz(out, i > 0 ? "," : "");
		buf_add(out, v[i].p, v[i].n);
	}
	buf_addz(out, "]}");
}

/* ---- status ---- */

void
push_status_clear(struct push_status *s)
{
	free(s->failed);
	*s = (struct push_status){ 0 };
}

/* The STIX id of an object, into dst of that size; "" if it has none. */
static void
object_id(struct str o, char *dst, size_t size)
{
	json_t *root = json_loadb(o.p, o.n, 0, NULL);
	const char *id = json_string_value(json_object_get(root, "id"));

	snprintf(dst, size, "%s", id == NULL ? "" : id);
	json_decref(root);
}

static const json_t *
find_row(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		const char *at = json_string_value(json_object_get(row,
		    "id"));

		if (at != NULL && strcmp(at, id) == 0)
			return row;
	}
	return NULL;
}

static void
note_failure(struct push_status *s, size_t i, const json_t *row)
{
	const char *text = json_string_value(json_object_get(row,
	    "message"));

	s->failed[i] = true;
	s->nfailed++;
	if (s->text[0] == '\0' && text != NULL)
		(void)str_escape(s->text, sizeof(s->text), str_of(text));
}

static void
read_failures(const json_t *root, const struct push_objects *pushed,
    struct push_status *s)
{
	const json_t *failures = json_object_get(root, "failures");
	const json_t *successes = json_object_get(root, "successes");
	json_int_t count = json_integer_value(json_object_get(root,
	    "failure_count"));
	/* Does it name every one? */
	bool named = (json_int_t)json_array_size(failures) >= count;

	for (size_t i = 0; i < pushed->n; i++) {
		const json_t *row;
		char id[256];

		if (count == 0 && json_array_size(failures) == 0)
			return;
		object_id(pushed->v[i], id, sizeof(id));
		row = find_row(failures, id);
		if (row != NULL || (!named && find_row(successes, id) ==
		    NULL))
			note_failure(s, i, row);
	}
}

int
push_status_read(struct str text, const struct push_objects *pushed,
    struct push_status *out, struct err *e)
{
	json_t *root = json_loadb(text.p, text.n, 0, NULL);
	const char *status = json_string_value(json_object_get(root,
	    "status"));
	const char *id = json_string_value(json_object_get(root, "id"));

	if (status == NULL || (strcmp(status, "complete") != 0 &&
	    strcmp(status, "pending") != 0)) {
		json_decref(root);
		return err_set(e, ERR_SYNTAX, "its answer to a push is no "
		    "TAXII status");
	}
	*out = (struct push_status){ .complete = status[0] == 'c',
	    .failed = mem_array(bool, pushed->n) };
	snprintf(out->id, sizeof(out->id), "%s", id == NULL ? "" : id);
	if (out->complete)
		read_failures(root, pushed, out);
	json_decref(root);
	return 0;
}
