#include "front/query.h"

#include <stdio.h>
#include <string.h>

#include "record/stix.h"

#define SEGMENTS_MAX 6
#define FIELDS_MAX 64		/* of one query */

/* What a query may say, and which routes hear it. */
enum filter {
	FILTER_AFTER = 1 << 0, FILTER_LIMIT = 1 << 1, FILTER_NEXT = 1 << 2,
	FILTER_ID = 1 << 3, FILTER_TYPE = 1 << 4, FILTER_VERSION = 1 << 5,
	FILTER_SPEC = 1 << 6,
	FILTER_PAGE = FILTER_AFTER | FILTER_LIMIT | FILTER_NEXT,
};

static const unsigned route_filters[] = {
	[ROUTE_MANIFEST] = FILTER_PAGE | FILTER_ID | FILTER_TYPE |
	    FILTER_VERSION | FILTER_SPEC,
	[ROUTE_OBJECTS] = FILTER_PAGE | FILTER_ID | FILTER_TYPE |
	    FILTER_VERSION | FILTER_SPEC,
	[ROUTE_OBJECT] = FILTER_PAGE | FILTER_VERSION | FILTER_SPEC,
	[ROUTE_VERSIONS] = FILTER_PAGE | FILTER_SPEC,
};

static const struct {
	const char *name;
	enum filter filter;
} filters[] = {
	{ "added_after", FILTER_AFTER }, { "limit", FILTER_LIMIT },
	{ "next", FILTER_NEXT }, { "match[id]", FILTER_ID },
	{ "match[type]", FILTER_TYPE }, { "match[version]", FILTER_VERSION },
	{ "match[spec_version]", FILTER_SPEC },
};

void
query_clear(struct query *q)
{
	free(q->lists);
	buf_clear(&q->text);
	*q = (struct query){ 0 };
}

/* ---- percent-encoding ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * Append s decoded; ERR_SYNTAX for a broken escape, a control byte, or what
 * is not UTF-8 (which the vault would not take from us).
 */
static int
decode(struct str s, bool plus, struct buf *out)
{
	size_t from = out->n;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return ERR_SYNTAX;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return ERR_SYNTAX;
		buf_addc(out, c);
	}
	return out->n == from || str_is_utf8((struct str){ out->p + from,
	    out->n - from }) ? 0 : ERR_SYNTAX;
}

/* ---- the path ---- */

/* Decode a segment into dst of max + 1 bytes; false if it cannot be one. */
static bool
segment_text(struct str s, char *dst, size_t max)
{
	AUTO_BUF struct buf b = { 0 };

	if (decode(s, false, &b) != 0 || b.n == 0 || b.n > max ||
	    memchr(b.p, '/', b.n) != NULL)
		return false;
	memcpy(dst, b.p, b.n + 1);
	return true;
}

/* The segments between slashes; -1: not of the form /a/b/. */
static int
path_split(struct str path, struct str v[static SEGMENTS_MAX])
{
	int n = 0;

	if (path.n == 0 || path.p[0] != '/' || path.p[path.n - 1] != '/')
		return -1;
	for (size_t at = 1; at < path.n;) {
		const char *slash = memchr(path.p + at, '/', path.n - at);
		size_t end = (size_t)(slash - path.p);

		if (n == SEGMENTS_MAX || end == at)
			return -1;
		v[n++] = (struct str){ path.p + at, end - at };
		at = end + 1;
	}
	return n;
}

static enum route
route_of(struct query *q, const struct str *v, int n)
{
	if (n == 1)
		return ROUTE_ROOT;
	if (str_eqz(v[1], "status"))
		return n == 3 && segment_text(v[2], q->object,
		    TAXII_ID_MAX) ? ROUTE_STATUS : ROUTE_NONE;
	if (!str_eqz(v[1], "collections"))
		return ROUTE_NONE;
	if (n == 2)
		return ROUTE_COLLECTIONS;
	if (!segment_text(v[2], q->collection, TAXII_COLLECTION_MAX))
		return ROUTE_NONE;
	if (n == 3)
		return ROUTE_COLLECTION;
	if (n == 4 && str_eqz(v[3], "manifest"))
		return ROUTE_MANIFEST;
	if (!str_eqz(v[3], "objects"))
		return ROUTE_NONE;
	if (n == 4)
		return ROUTE_OBJECTS;
	if (!segment_text(v[4], q->object, TAXII_ID_MAX))
		return ROUTE_NONE;
	if (n == 5)
		return ROUTE_OBJECT;
	return str_eqz(v[5], "versions") ? ROUTE_VERSIONS : ROUTE_NONE;
}

void
query_path(struct query *q, struct str path, const char *root)
{
	struct str v[SEGMENTS_MAX];
	int n = path_split(path, v);

	q->route = ROUTE_NONE;
	/* Who knows only the server finds the discovery there as well. */
	if (n == 0 || (n == 1 && str_eqz(v[0], "taxii2")))
		q->route = ROUTE_DISCOVERY;
	else if (n > 0 && str_eqz(v[0], root))
		q->route = route_of(q, v, n);
	q->q.collection = str_of(q->collection);
	q->q.object = str_of(q->object);
}

/* ---- filters ---- */

static int
bad(struct query *q, const char *name, const char *want)
{
	snprintf(q->why, sizeof(q->why), "%s: want %s", name, want);
	return ERR_SYNTAX;
}

static int
read_after(struct query *q, struct str value)
{
	struct stix_time t;

	if (stix_time_parse(value, &t) != 0 || t.rest.n > 0)
		return bad(q, "added_after",
		    "one time like 2026-01-31T12:00:00.000000Z");
	q->q.has_after = true;
	q->q.after_us = t.seconds * 1000000 + t.nanos / 1000;
	return 0;
}

static int
read_limit(struct query *q, struct str value)
{
	size_t digits = 0;
	uint64_t n;

	while (digits < value.n && value.p[digits] >= '0' &&
	    value.p[digits] <= '9')
		digits++;
	/* A number however long, and more than any page. */
	if (digits == value.n && digits > 10 && value.p[0] != '0')
		n = TAXII_LIMIT_MAX;
	else if (str_to_u64(value, &n) != 0 || n == 0)
		return bad(q, "limit", "a positive number");
	q->q.limit = n > TAXII_LIMIT_MAX ? TAXII_LIMIT_MAX : (uint32_t)n;
	return 0;
}

static int
read_next(struct query *q, struct str value)
{
	if (value.n == 0 || value.n > TAXII_NEXT_MAX)
		return bad(q, "next", "what the page before said");
	q->q.next = value;
	return 0;
}

/* Cut what stands before the next comma off rest; no empty pieces. */
static bool
next_value(struct str *rest, struct str *out)
{
	const char *comma;

	if (rest->p == NULL)
		return false;
	comma = rest->n == 0 ? NULL : memchr(rest->p, ',', rest->n);
	out->p = rest->p;
	out->n = comma == NULL ? rest->n : (size_t)(comma - rest->p);
	if (comma == NULL)
		*rest = (struct str){ NULL, 0 };
	else
		*rest = (struct str){ comma + 1, rest->n - out->n - 1 };
	return true;
}

static int
read_list(struct query *q, const char *name, struct str value,
    struct str v[static TAXII_VALUES_MAX], size_t *out_n)
{
	struct str one;
	size_t n = 0;

	while (next_value(&value, &one)) {
		if (one.n == 0)
			return bad(q, name, "values with commas between");
		/* Longer than anything stored: it matches nothing. */
		if (one.n > TAXII_ID_MAX)
			one = STR("?");
		if (n == TAXII_VALUES_MAX)
			return bad(q, name, "at most 256 values");
		v[n++] = one;
	}
	*out_n = n;
	return 0;
}

static int
read_version(struct str s, struct taxii_version *out)
{
	struct stix_time t;

	*out = (struct taxii_version){ .kind = TAXII_VERSION_AT };
	if (str_eqz(s, "last"))
		out->kind = TAXII_VERSION_LAST;
	else if (str_eqz(s, "first"))
		out->kind = TAXII_VERSION_FIRST;
	else if (str_eqz(s, "all"))
		out->kind = TAXII_VERSION_ALL;
	else if (stix_time_parse(s, &t) != 0)
		return ERR_SYNTAX;
	else
		out->us = t.seconds * 1000000 + t.nanos / 1000;
	return 0;
}

static int
read_versions(struct query *q, struct str value)
{
	static const char want[] = "all, or some of last, first and times, "
	    "each once";
	static const char name[] = "match[version]";
	struct taxii_version *v = q->lists->versions;
	struct str text[TAXII_VALUES_MAX];
	size_t n;

	TRY(read_list(q, name, value, text, &n));
	for (size_t i = 0; i < n; i++) {
		if (read_version(text[i], &v[i]) != 0 ||
		    (v[i].kind == TAXII_VERSION_ALL && n > 1))
			return bad(q, name, want);
		for (size_t k = 0; k < i; k++)
			if (v[k].kind == v[i].kind && v[k].us == v[i].us)
				return bad(q, name, want);
	}
	q->q.nversions = n;
	return 0;
}

static int
read_filter(struct query *q, enum filter f, struct str value)
{
	switch (f) {
	case FILTER_AFTER:
		return read_after(q, value);
	case FILTER_LIMIT:
		return read_limit(q, value);
	case FILTER_NEXT:
		return read_next(q, value);
	case FILTER_ID:
		return read_list(q, "match[id]", value, q->lists->ids,
		    &q->q.nids);
	case FILTER_TYPE:
		return read_list(q, "match[type]", value, q->lists->types,
		    &q->q.ntypes);
	case FILTER_SPEC:
		return read_list(q, "match[spec_version]", value,
		    q->lists->spec_versions, &q->q.nspec_versions);
	default:
		return read_versions(q, value);
	}
}

static const char *
filter_name(enum filter f)
{
	for (size_t i = 0; i < NELEM(filters); i++)
		if (filters[i].filter == f)
			return filters[i].name;
	return "";
}

/* One name=value, decoded at name and value. */
struct field {
	size_t name_at, name_n, value_at, value_n;
};

static int
decode_field(struct query *q, struct str s, struct field *out)
{
	const char *eq = s.n == 0 ? NULL : memchr(s.p, '=', s.n);
	size_t n = eq == NULL ? s.n : (size_t)(eq - s.p);
	struct str value = eq == NULL ? STR("") :
	    (struct str){ eq + 1, s.n - n - 1 };

	out->name_at = q->text.n;
	if (decode((struct str){ s.p, n }, true, &q->text) != 0)
		return bad(q, "query", "names and values in valid escapes");
	out->name_n = q->text.n - out->name_at;
	out->value_at = q->text.n;
	if (decode(value, true, &q->text) != 0)
		return bad(q, "query", "names and values in valid escapes");
	out->value_n = q->text.n - out->value_at;
	return 0;
}

static unsigned
filter_of(const struct query *q, const struct field *f)
{
	struct str name = { q->text.p + f->name_at, f->name_n };

	for (size_t i = 0; f->name_n > 0 && i < NELEM(filters); i++)
		if (str_eqz(name, filters[i].name))
			return filters[i].filter;
	return 0;
}

/* Everything is decoded first: the buffer moves while it grows. */
static int
decode_all(struct query *q, struct str text, struct field *v, size_t *out_n)
{
	size_t n = 0;

	while (text.n > 0) {
		const char *amp = memchr(text.p, '&', text.n);
		size_t len = amp == NULL ? text.n : (size_t)(amp - text.p);

		if (n == FIELDS_MAX)
			return bad(q, "query", "at most 64 fields");
		if (len > 0)
			TRY(decode_field(q, (struct str){ text.p, len },
			    &v[n++]));
		len += amp != NULL;
		text.p += len;
		text.n -= len;
	}
	*out_n = n;
	return 0;
}

int
query_filters(struct query *q, struct str text)
{
	struct field v[FIELDS_MAX];
	unsigned known = (size_t)q->route < NELEM(route_filters) ?
	    route_filters[q->route] : 0, seen = 0, f;
	size_t n;

	TRY(decode_all(q, text, v, &n));
	if (q->lists == NULL)
		q->lists = mem_new(struct taxii_lists);
	for (size_t i = 0; i < n; i++) {
		f = filter_of(q, &v[i]);
		if ((f & known) == 0)
			continue;
		if ((f & seen) != 0)
			return bad(q, filter_name(f), "it once");
		seen |= f;
		TRY(read_filter(q, f, (struct str){
		    q->text.p + v[i].value_at, v[i].value_n }));
	}
	q->q.ids = q->lists->ids;
	q->q.types = q->lists->types;
	q->q.spec_versions = q->lists->spec_versions;
	q->q.versions = q->lists->versions;
	return 0;
}

