#include "record/bundle_scan.h"

#include <string.h>

#include "base/limits.h"
#include "record/json_scalar.h"

#define DEPTH_BITS 64

size_t
scan_space(struct str s, size_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\n' ||
	    s.p[at] == '\r' || s.p[at] == '\t'))
		at++;
	return at;
}

/* The end of the string whose quote is at at. */
static size_t
scan_string(struct str s, size_t at)
{
	size_t from = ++at;

	while (at < s.n) {
		const char *quote = memchr(s.p + at, '"', s.n - at);
		size_t end, slashes = 0;

		if (quote == NULL)
			break;
		end = (size_t)(quote - s.p);
		while (end - slashes > from && s.p[end - slashes - 1] == '\\')
			slashes++;
		at = end + 1;
		if (slashes % 2 == 0)
			return at;
		from = at;	/* never count the same backslashes twice */
	}
	return SCAN_BROKEN;
}

static bool
is_delimiter(char c)
{
	return strchr(" \t\r\n,:{}[]\"", c) != NULL;	/* and NUL */
}

static size_t
scan_scalar(struct str s, size_t at)
{
	size_t from = at;

	while (at < s.n && !is_delimiter(s.p[at]))
		at++;
	return at > from ? at : SCAN_BROKEN;
}

/*
 * The end of the object or list at at.  The kinds of the first 64 brackets
 * are remembered; deeper ones are counted, and refused by who reads them.
 */
static size_t
scan_container(struct str s, size_t at)
{
	uint64_t objects = 0;
	size_t depth = 0;

	while (at < s.n) {
		char c = s.p[at];

		if (c == '"') {
			at = scan_string(s, at);
			if (at == SCAN_BROKEN)
				return at;
			continue;
		}
		at++;
		if (c == '{' || c == '[') {
			if (depth < DEPTH_BITS)
				objects = (objects & ~(1ULL << depth)) |
				    (uint64_t)(c == '{') << depth;
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
			if (depth < DEPTH_BITS &&
			    (objects >> depth & 1) != (c == '}'))
				return SCAN_BROKEN;
			if (depth == 0)
				return at;
		}
	}
	return SCAN_BROKEN;
}

size_t
scan_value(struct str s, size_t at)
{
	if (at >= s.n)
		return SCAN_BROKEN;
	if (s.p[at] == '{' || s.p[at] == '[')
		return scan_container(s, at);
	if (s.p[at] == '"')
		return scan_string(s, at);
	return scan_scalar(s, at);
}

size_t
scan_key(struct str s, size_t at, struct buf *b, struct str *out)
{
	struct stix_problem problem;
	struct json_scan scan = { .problem = &problem };

	if (at >= s.n || s.p[at] != '"')
		return 0;
	scan.start = (const unsigned char *)s.p;
	scan.p = scan.start + at;
	scan.end = scan.start + s.n;
	if (json_scan_string(&scan, b, JSON_KEY_MAX, out) != 0)
		return 0;
	return json_scan_at(&scan);
}

static void
note_member(struct str s, struct str key, size_t value_at,
    struct scan_bundle *out)
{
	AUTO_BUF struct buf b = { 0 };
	struct str value;

	if (str_eqz(key, "type")) {
		out->is_bundle = out->is_bundle ||
		    (scan_key(s, value_at, &b, &value) != 0 &&
		    str_eqz(value, "bundle"));
	} else if (str_eqz(key, "objects")) {
		out->twice = out->twice || out->has_objects;
		out->has_objects = true;
		out->objects_at = value_at;
	}
}

/* One member; the position behind it, or SCAN_BROKEN. */
static size_t
scan_member(struct str s, size_t at, struct buf *b, struct scan_bundle *out)
{
	struct str key;
	size_t end = scan_key(s, at, b, &key);

	if (end == 0)
		return SCAN_BROKEN;
	end = scan_space(s, end);
	if (end >= s.n || s.p[end] != ':')
		return SCAN_BROKEN;
	at = scan_space(s, end + 1);
	if (at < s.n)
		note_member(s, key, at, out);
	return scan_value(s, at);
}

size_t
scan_members(struct str s, size_t at, struct scan_bundle *out,
    size_t *out_bad)
{
	AUTO_BUF struct buf b = { 0 };
	size_t end = at + 1;

	*out = (struct scan_bundle){ 0 };
	at = scan_space(s, end);
	if (at < s.n && s.p[at] == '}')
		return at + 1;
	for (;;) {
		*out_bad = at;
		end = scan_member(s, at, &b, out);
		if (end == SCAN_BROKEN)
			return end;
		at = *out_bad = scan_space(s, end);
		if (at >= s.n)
			return SCAN_BROKEN;
		if (s.p[at] == '}')
			return at + 1;
		if (s.p[at] != ',')
			return SCAN_BROKEN;
		at = scan_space(s, at + 1);
	}
}
