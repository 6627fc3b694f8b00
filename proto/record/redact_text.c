/* What was taken out must not be quoted elsewhere in the object. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "record/redact.h"

/* Written by people: what is in it can be blotted out. */
static const char *const free_text[] = {
	"name", "description", "abstract", "content", "explanation",
	"objective", "context", "product", "result_name", "source_name",
	"kill_chain_name", "phase_name",
};

/* Said by the format, or made anew for the derived object. */
static const char *const formal[] = {
	"type", "spec_version", "created", "modified", "id",
	"created_by_ref", "object_marking_refs", "granular_markings",
	"pattern", "pattern_type", "extension_type",
};

static bool
is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Where needle is in s, in any capitals; s.n if it is not. */
static size_t
find(struct str s, const char *needle, size_t n)
{
	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, needle, n) == 0)
			return i;
	return s.n;
}

bool
redaction_finds(const struct redaction *r, struct str s)
{
	for (size_t i = 0; i < r->removed.n; i++)
		if (find(s, r->removed.v[i], strlen(r->removed.v[i])) < s.n)
			return true;
	return false;
}

static void
blot_one(struct str s, const char *needle, struct buf *out)
{
	size_t n = strlen(needle), at;

	while ((at = find(s, needle, n)) < s.n) {
		buf_add(out, s.p, at);
		buf_addz(out, REDACTED_TEXT);
		s.p += at + n;
		s.n -= at + n;
	}
	buf_add(out, s.p, s.n);
}

/* The text with everything blotted out, or NULL if that does not help. */
static json_t *
blot(const struct redaction *r, struct str s)
{
	AUTO_BUF struct buf text = { 0 };

	buf_add(&text, s.p, s.n);
	for (size_t i = 0; i < r->removed.n; i++) {
		AUTO_BUF struct buf next = { 0 };

		blot_one(buf_str(&text), r->removed.v[i], &next);
		buf_reset(&text);
		buf_add(&text, next.p, next.n);
	}
	return redaction_finds(r, buf_str(&text)) ? NULL :
	    json_stringn(text.p, text.n);
}

static struct str
text_of(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void scrub_members(const struct redaction *r, json_t *at,
    unsigned depth);

static void
scrub_list(const struct redaction *r, json_t *list, unsigned depth)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *item = json_array_get(list, i);

		if (json_is_string(item) && redaction_finds(r,
		    text_of(item)))
			(void)json_array_remove(list, i);
		else if (json_is_array(item))
			scrub_list(r, item, depth + 1);
		else
			scrub_members(r, item, depth + 1);
		item = json_array_get(list, i);
		if ((json_is_array(item) && json_array_size(item) == 0) ||
		    (json_is_object(item) && json_object_size(item) == 0))
			(void)json_array_remove(list, i);
	}
}

/* Names of one's own can quote as well as values. */
static bool
key_is_custom(const char *key, unsigned depth)
{
	return depth > 0 || strncmp(key, "x_", 2) == 0;
}

/* JSON_DEPTH_MAX bounds the depth. */
static void
scrub_members(const struct redaction *r, json_t *at, unsigned depth)
{
	const char *key;
	json_t *v, *text;
	void *next;

	json_object_foreach_safe(at, next, key, v) {
		bool drop = false;

		if (is_in(formal, NELEM(formal), key))
			continue;
		if (key_is_custom(key, depth) &&
		    redaction_finds(r, str_of(key))) {
			drop = true;
		} else if (json_is_string(v) &&
		    redaction_finds(r, text_of(v))) {
			text = is_in(free_text, NELEM(free_text), key) ?
			    blot(r, text_of(v)) : NULL;
			drop = text == NULL;
			if (!drop)
				(void)json_object_set_new(at, key, text);
		} else if (json_is_array(v)) {
			scrub_list(r, v, depth);
			drop = json_array_size(v) == 0;
		} else if (json_is_object(v)) {
			scrub_members(r, v, depth + 1);
			drop = json_object_size(v) == 0;
		}
		if (drop)
			(void)json_object_del(at, key);
	}
}

static int
scrub_pattern(const struct redaction *r)
{
	const char *type = json_string_value(json_object_get(r->root,
	    "pattern_type"));
	const json_t *pattern = json_object_get(r->root, "pattern");
	AUTO_BUF struct buf out = { 0 };
	struct str text;
	int rc;

	if (!json_is_string(pattern) ||
	    (r->typed.n == 0 && r->removed.n == 0))
		return 0;
	text = text_of(pattern);
	if (type == NULL || strcmp(type, "stix") != 0)
		return r->typed.n > 0 || redaction_finds(r, text) ?
		    ERR_DENIED : 0;
	rc = redact_pattern(r, text, &out);
	if (rc == ERR_DENIED && r->typed.n == 0 && !redaction_finds(r, text))
		return 0;	/* unreadable, and nothing of ours in it */
	TRY(rc);
	if (rc > 0 && json_object_set_new(r->root, "pattern",
	    json_stringn(out.p, out.n)) != 0)
		return ERR_LIMIT;
	return redaction_finds(r, rc > 0 ? buf_str(&out) : text) ?
	    ERR_DENIED : 0;
}

/* Longer texts first: of "ACME Ltd" no " Ltd" may be left. */
static int
on_longer(const void *a, const void *b)
{
	size_t x = strlen(*(char *const *)a), y = strlen(*(char *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

int
redaction_scrub(struct redaction *r)
{
	if (r->removed.n > 1)
		qsort(r->removed.v, r->removed.n, sizeof(r->removed.v[0]),
		    on_longer);
	TRY(scrub_pattern(r));
	if (r->removed.n > 0)
		scrub_members(r, r->root, 0);
	return 0;
}

/* ---- references ---- */

static bool
is_single_ref(const char *key)
{
	return str_ends(str_of(key), "_ref");
}

static void
drop_refs_in(json_t *at, const char *prefix)
{
	const char *key;
	json_t *v;
	void *next;

	for (size_t i = json_array_size(at); i-- > 0;)
		drop_refs_in(json_array_get(at, i), prefix);
	json_object_foreach_safe(at, next, key, v) {
		bool refs = str_ends(str_of(key), "_refs");

		if (strcmp(key, "created_by_ref") == 0)
			continue;
		for (size_t i = refs ? json_array_size(v) : 0; i-- > 0;)
			if (json_is_string(json_array_get(v, i)) && str_starts(
			    text_of(json_array_get(v, i)), prefix))
				(void)json_array_remove(v, i);
		if ((refs && json_array_size(v) == 0) ||
		    (is_single_ref(key) && json_is_string(v) &&
		    str_starts(text_of(v), prefix)))
			(void)json_object_del(at, key);
		else
			drop_refs_in(v, prefix);
	}
}

int
redaction_drop_refs(struct redaction *r, const char *prefix)
{
	json_t *before = json_copy(r->root);
	int rc;

	drop_refs_in(r->root, prefix);
	rc = redaction_check(r, before);
	json_decref(before);
	return rc;
}
