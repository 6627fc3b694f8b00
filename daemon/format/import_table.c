/*
 * Plain lists, a value a line, and tables of comma-separated values
 * (RFC 4180; also with semicolons or tabs).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/import_private.h"
#include "record/stix.h"

#define COLUMNS_MAX 64

/* ---- lines ---- */

static bool
next_line(struct str *rest, struct str *out)
{
	const char *end;

	if (rest->n == 0)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	out->p = rest->p;
	out->n = end == NULL ? rest->n : (size_t)(end - rest->p);
	rest->p += out->n + (end != NULL);
	rest->n -= out->n + (end != NULL);
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct str
trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct str
without_mark(struct str text)
{
	if (str_starts(text, "\xef\xbb\xbf")) {
		text.p += 3;
		text.n -= 3;
	}
	return text;
}

/* ---- a value ---- */

struct row {
	struct str value, type;
	uint32_t line;
};

/* The indicator of a row; NULL after a note. */
static json_t *
row_indicator(struct import *out, const struct row *r, unix_ms_t now)
{
	AUTO_BUF struct buf pattern = { 0 };
	struct import_indicator n = { .at = now, .from = now };
	char place[48], shown[100];
	bool alone;
	int rc = r->type.n > 0 ? import_pattern(r->type, r->value, &pattern,
	    &alone) : import_pattern_any(r->value, &pattern);

	if (rc == 0) {
		n.pattern = buf_str(&pattern);
		return import_indicator_new(&n);
	}
	snprintf(place, sizeof(place), "line %u", (unsigned)r->line);
	str_escape(shown, sizeof(shown), r->value);
	if (rc == ERR_NOT_FOUND)
		import_note(out, true, place, "no such kind: \"%.*s\"",
		    (int)(r->type.n > 40 ? 40 : r->type.n), r->type.p);
	else if (r->type.n > 0)
		import_note(out, true, place, "not of kind %.*s: \"%s\"",
		    (int)(r->type.n > 40 ? 40 : r->type.n), r->type.p, shown);
	else
		import_note(out, true, place, "\"%s\" is no address, domain, "
		    "URL, hash or e-mail address", shown);
	return NULL;
}

/* ---- lists ---- */

/* A line of a list: without its comment, and without a hosts file's address. */
static struct str
list_value(struct str line)
{
	static const char *const sinks[] = { "0.0.0.0", "127.0.0.1", "::1",
		"::" };
	size_t end = 0;
	struct str first;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';' ||
	    str_starts(line, "//"))
		return STR("");
	while (end < line.n && !is_blank(line.p[end]))
		end++;
	first = (struct str){ line.p, end };
	line = trim((struct str){ line.p + end, line.n - end });
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return first;
	for (size_t i = 0; i < NELEM(sinks); i++)
		if (str_eqz(first, sinks[i]))
			return list_value(line);
	return first;
}

int
import_list(struct str text, const struct import_options *o,
    struct import *out, struct err *e)
{
	struct str rest = without_mark(text), line;
	struct row r = { .type = str_of(o->kind) };

	if (o->kind != NULL && !import_pattern_knows(r.type))
		return err_set(e, ERR_USAGE, "no such kind: %s; want ipv4, "
		    "ipv6, domain, url, email, md5, sha1, sha256, sha512, or "
		    "a type of MISP", o->kind);
	while (next_line(&rest, &line)) {
		json_t *made;

		r.line++;
		r.value = list_value(line);
		if (r.value.n == 0)
			continue;
		made = row_indicator(out, &r, o->now);
		if (made != NULL)
			import_add_json(out, r.line, made);
	}
	return 0;
}

/* ---- tables ---- */

enum column {
	COLUMN_NONE, COLUMN_VALUE, COLUMN_TYPE, COLUMN_NAME, COLUMN_COMMENT,
	COLUMN_LABELS, COLUMN_CONFIDENCE, COLUMN_FROM, COLUMN_UNTIL,
	COLUMN_TLP,
};

/* What headers call them; the first is our own word. */
static const struct {
	enum column column;
	const char *name;
} column_names[] = {
	{ COLUMN_VALUE, "value" }, { COLUMN_VALUE, "indicator" },
	{ COLUMN_VALUE, "ioc" }, { COLUMN_VALUE, "ioc_value" },
	{ COLUMN_VALUE, "observable" }, { COLUMN_VALUE, "ip" },
	{ COLUMN_VALUE, "domain" }, { COLUMN_VALUE, "url" },
	{ COLUMN_VALUE, "hash" }, { COLUMN_VALUE, "dst_ip" },
	{ COLUMN_TYPE, "type" }, { COLUMN_TYPE, "kind" },
	{ COLUMN_TYPE, "ioc_type" }, { COLUMN_TYPE, "indicator_type" },
	{ COLUMN_NAME, "name" }, { COLUMN_NAME, "title" },
	{ COLUMN_COMMENT, "comment" }, { COLUMN_COMMENT, "description" },
	{ COLUMN_COMMENT, "note" },
	{ COLUMN_LABELS, "labels" }, { COLUMN_LABELS, "tags" },
	{ COLUMN_CONFIDENCE, "confidence" },
	{ COLUMN_CONFIDENCE, "confidence_level" },
	{ COLUMN_FROM, "valid_from" }, { COLUMN_FROM, "first_seen" },
	{ COLUMN_FROM, "first_seen_utc" }, { COLUMN_FROM, "date" },
	{ COLUMN_UNTIL, "valid_until" }, { COLUMN_UNTIL, "expires" },
	{ COLUMN_TLP, "tlp" },
};

struct table {
	struct str rest;
	char separator;
	uint32_t line;		/* where the row at hand begins */
	uint32_t lines;		/* read so far */
	struct buf text;	/* owned: fields of the row, decoded */
	size_t at[COLUMNS_MAX], n[COLUMNS_MAX];
	size_t fields;
	enum column of[COLUMNS_MAX];
	const char *kinds[COLUMNS_MAX];	/* what a heading says; or NULL */
};

static struct str
field(const struct table *t, size_t i)
{
	return (struct str){ t->text.p + t->at[i], t->n[i] };
}

/* Read one field; ERR_SYNTAX if its quotes do not end. */
static int
read_field(struct table *t)
{
	struct str *r = &t->rest;
	bool quoted = r->n > 0 && r->p[0] == '"';
	size_t i = quoted, at = t->text.n;

	while (i < r->n) {
		char c = r->p[i];

		if (quoted && c == '"' && i + 1 < r->n && r->p[i + 1] == '"')
			i++;
		else if (quoted && c == '"')
			break;
		else if (!quoted && (c == t->separator || c == '\n'))
			break;
		t->lines += quoted && c == '\n';
		buf_addc(&t->text, c);
		i++;
	}
	if (quoted && i >= r->n)
		return ERR_SYNTAX;
	i += quoted;
	while (i < r->n && r->p[i] != t->separator && r->p[i] != '\n')
		i++;
	if (t->fields < COLUMNS_MAX) {
		struct str s = { t->text.p + at, t->text.n - at };

		s = t->text.n == at ? STR("") : trim(s);
		t->at[t->fields] = s.n == 0 ? 0 : (size_t)(s.p - t->text.p);
		t->n[t->fields++] = s.n;
	}
	r->p += i;
	r->n -= i;
	return 0;
}

/* The next row that is not empty, and no comment: 1, 0 at the end, ERR_*. */
static int
read_row(struct table *t)
{
	do {
		if (t->rest.n == 0)
			return 0;
		t->line = ++t->lines;
		buf_reset(&t->text);
		buf_addc(&t->text, ' ');
		t->fields = 0;
		for (;;) {
			TRY(read_field(t));
			if (t->rest.n == 0 || t->rest.p[0] == '\n')
				break;
			t->rest.p++;
			t->rest.n--;
		}
		if (t->rest.n > 0) {
			t->rest.p++;
			t->rest.n--;
		}
	} while (t->fields == 1 && (t->n[0] == 0 || field(t, 0).p[0] == '#'));
	return 1;
}

/* A comment line above a header may hold separators itself. */
static bool
is_comment(const struct table *t)
{
	return t->n[0] > 0 && field(t, 0).p[0] == '#';
}

static enum column
column_find(struct str name)
{
	if (name.n > 0 && name.p[0] == '#')
		name = trim((struct str){ name.p + 1, name.n - 1 });
	for (size_t i = 0; i < NELEM(column_names); i++)
		if (name.n == strlen(column_names[i].name) &&
		    strncasecmp(column_names[i].name, name.p, name.n) == 0)
			return column_names[i].column;
	return COLUMN_NONE;
}

/* Headings that say what the values below them are. */
static const char *
kind_find(struct str name)
{
	static const char *const kinds[] = { "ipv4", "ipv6", "cidr",
		"hostname", "host", "fqdn", "uri", "email", "md5", "sha1",
		"sha-1", "sha256", "sha-256", "sha512", "sha-512", "filename",
		"mutex", "regkey" };

	for (size_t i = 0; i < NELEM(kinds); i++)
		if (name.n == strlen(kinds[i]) &&
		    strncasecmp(kinds[i], name.p, name.n) == 0)
			return kinds[i];
	return NULL;
}

/* Where no column is the value, those are that are named by their kind. */
static bool
columns_by_kind(struct table *t)
{
	bool value = false;

	for (size_t i = 0; i < t->fields; i++) {
		t->kinds[i] = t->of[i] == COLUMN_NONE ?
		    kind_find(field(t, i)) : NULL;
		if (t->kinds[i] != NULL)
			t->of[i] = COLUMN_VALUE;
		value = value || t->kinds[i] != NULL;
	}
	return value;
}

/* By the header alone; a second column for the same is not used. */
static bool
columns_by_header(struct table *t)
{
	bool value = false;

	for (size_t i = 0; i < t->fields; i++) {
		enum column c = column_find(field(t, i));

		for (size_t k = 0; k < i; k++)
			if (t->of[k] == c)
				c = COLUMN_NONE;
		t->of[i] = c;
		value = value || c == COLUMN_VALUE;
	}
	return value || columns_by_kind(t);
}

/* What nobody asked for is at least named. */
static void
note_unused(struct import *out, const struct table *t)
{
	char place[48], shown[100];

	snprintf(place, sizeof(place), "line %u", (unsigned)t->line);
	for (size_t i = 0; i < t->fields; i++)
		if (t->of[i] == COLUMN_NONE && t->n[i] > 0)
			import_note(out, false, place, "column \"%s\" is not "
			    "used; --map takes it", str_escape(shown,
			    sizeof(shown), field(t, i)));
}

static size_t
field_find(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->fields; i++) {
		struct str f = field(t, i);

		if (f.n == name.n && strncasecmp(f.p, name.p, f.n) == 0)
			return i;
	}
	return COLUMNS_MAX;
}

/* By "value=ip,comment=note". */
static int
columns_by_map(struct table *t, const char *map, struct err *e)
{
	struct str rest = str_of(map);
	bool value = false;

	memset(t->of, 0, sizeof(t->of));
	memset(t->kinds, 0, sizeof(t->kinds));
	while (rest.n > 0) {
		const char *comma = memchr(rest.p, ',', rest.n);
		size_t n = comma == NULL ? rest.n : (size_t)(comma - rest.p);
		struct str one = { rest.p, n };
		const char *eq = memchr(one.p, '=', one.n);
		enum column c;
		size_t i;

		rest.p += n + (comma != NULL);
		rest.n -= n + (comma != NULL);
		if (eq == NULL)
			return err_set(e, ERR_USAGE, "--map: want "
			    "WORD=COLUMN, with commas between");
		c = column_find((struct str){ one.p, (size_t)(eq - one.p) });
		i = field_find(t, (struct str){ eq + 1,
		    one.n - (size_t)(eq - one.p) - 1 });
		if (c == COLUMN_NONE)
			return err_set(e, ERR_USAGE, "--map: no such word: "
			    "%.*s; want value, type, name, comment, labels, "
			    "confidence, valid_from, valid_until or tlp",
			    (int)(eq - one.p), one.p);
		if (i == COLUMNS_MAX)
			return err_set(e, ERR_USAGE, "--map: the header has "
			    "no column %.*s", (int)(one.n -
			    (size_t)(eq - one.p) - 1), eq + 1);
		t->of[i] = c;
		value = value || c == COLUMN_VALUE;
	}
	return value ? 0 : err_set(e, ERR_USAGE,
	    "--map: want value=COLUMN at least");
}

/* A time as it stands in tables, in RFC 3339; false: none. */
static bool
read_time(struct str s, char dst[static TIME_TEXT_MAX])
{
	struct stix_time t;

	if (s.n == 10)
		snprintf(dst, TIME_TEXT_MAX, "%.10sT00:00:00Z", s.p);
	else if (s.n >= 19 && s.n < TIME_TEXT_MAX - 1)
		snprintf(dst, TIME_TEXT_MAX, "%.10sT%.8sZ", s.p, s.p + 11);
	else
		return false;
	return stix_time_parse(str_of(dst), &t) == 0;
}

static void
add_labels(json_t *o, struct str s)
{
	json_t *list = json_array();

	while (s.n > 0) {
		size_t n = 0;
		struct str one;

		while (n < s.n && s.p[n] != ',' && s.p[n] != ';' &&
		    s.p[n] != '|')
			n++;
		one = trim((struct str){ s.p, n });
		n += n < s.n;
		s.p += n;
		s.n -= n;
		if (one.n > 0)
			(void)json_array_append_new(list, json_stringn(one.p,
			    one.n));
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(o, "labels", list);
	json_decref(list);
}

static void
add_tlp(json_t *o, struct str s)
{
	json_t *labels = json_object_get(o, "labels");
	char tag[64];

	if (str_starts(s, "TLP:") || str_starts(s, "tlp:")) {
		s.p += 4;
		s.n -= 4;
	}
	snprintf(tag, sizeof(tag), "tlp:%.*s", (int)(s.n > 40 ? 40 : s.n),
	    s.p);
	for (char *p = tag; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	if (labels == NULL) {
		(void)json_object_set_new(o, "labels", json_array());
		labels = json_object_get(o, "labels");
	}
	(void)json_array_append_new(labels, json_string(tag));
}

static void
add_field(struct import *out, const struct table *t, size_t i, json_t *o)
{
	struct str s = field(t, i);
	char place[48], time[TIME_TEXT_MAX];
	uint64_t n;

	snprintf(place, sizeof(place), "line %u", (unsigned)t->line);
	switch (t->of[i]) {
	case COLUMN_NAME:
		import_set(o, "name", s);
		break;
	case COLUMN_COMMENT:
		import_set(o, "description", s);
		break;
	case COLUMN_LABELS:
		add_labels(o, s);
		break;
	case COLUMN_CONFIDENCE:
		if (str_to_u64(s, &n) == 0 && n <= 100)
			(void)json_object_set_new(o, "confidence",
			    json_integer((json_int_t)n));
		else
			import_note(out, false, place, "confidence: want 0 "
			    "to 100");
		break;
	case COLUMN_FROM:
	case COLUMN_UNTIL:
		if (read_time(s, time))
			(void)json_object_set_new(o, t->of[i] == COLUMN_FROM ?
			    "valid_from" : "valid_until", json_string(time));
		else
			import_note(out, false, place, "a time that does "
			    "not read is left out");
		break;
	default:
		break;
	}
}

/* The kind of the value in that column; empty: by itself. */
static struct str
kind_of(const struct import_options *o, const struct table *t, size_t column)
{
	if (o->kind != NULL)
		return str_of(o->kind);
	if (t->kinds[column] != NULL)
		return str_of(t->kinds[column]);
	/* A word that is no kind of ours: by the value itself. */
	for (size_t i = 0; i < t->fields; i++)
		if (t->of[i] == COLUMN_TYPE &&
		    import_pattern_knows(field(t, i)))
			return field(t, i);
	return STR("");
}

static void
take_value(struct import *out, const struct import_options *o,
    const struct table *t, size_t column)
{
	struct row r = { .line = t->line, .value = field(t, column),
	    .type = kind_of(o, t, column) };
	json_t *made = row_indicator(out, &r, o->now);

	if (made == NULL)
		return;
	for (size_t i = 0; i < t->fields; i++)
		if (t->n[i] > 0)
			add_field(out, t, i, made);
	for (size_t i = 0; i < t->fields; i++)
		if (t->n[i] > 0 && t->of[i] == COLUMN_TLP)
			add_tlp(made, field(t, i));
	import_add_json(out, t->line, made);
}

static void
take_row(struct import *out, const struct import_options *o,
    const struct table *t)
{
	size_t values = 0;
	char place[48];

	for (size_t i = 0; i < t->fields; i++)
		if (t->of[i] == COLUMN_VALUE && t->n[i] > 0) {
			take_value(out, o, t, i);
			values++;
		}
	if (values > 0)
		return;
	snprintf(place, sizeof(place), "line %u", (unsigned)t->line);
	import_note(out, true, place, "no value in this row");
}

/* The separator that the first line has most of. */
static char
find_separator(struct str text)
{
	static const char candidates[] = ",;\t";
	size_t most = 0;
	char best = ',';
	struct str line = { 0 };	/* of an empty text, there is none */

	while (next_line(&text, &line) && (line.n == 0 || line.p[0] == '#'))
		;
	for (const char *c = candidates; *c != '\0'; c++) {
		size_t n = 0;

		for (size_t i = 0; i < line.n; i++)
			n += line.p[i] == *c;
		if (n > most) {
			most = n;
			best = *c;
		}
	}
	return best;
}

static int
read_table(struct table *t, const struct import_options *o,
    struct import *out, struct err *e)
{
	size_t columns;
	int rc = read_row(t);

	/* The header may be the last of the comments above the rows. */
	while (rc == 1 && is_comment(t) && !columns_by_header(t))
		rc = read_row(t);
	if (rc == 1 && o->map != NULL)
		TRY(columns_by_map(t, o->map, e));
	else if (rc == 1 && !columns_by_header(t))
		return err_set(e, ERR_USAGE, "line %u: no column for the "
		    "values; name it: --map value=COLUMN",
		    (unsigned)t->line);
	columns = t->fields;
	if (rc == 1)
		note_unused(out, t);
	while (rc == 1 && (rc = read_row(t)) == 1) {
		char place[48];

		snprintf(place, sizeof(place), "line %u", (unsigned)t->line);
		if (is_comment(t))
			continue;
		if (t->fields > columns)
			import_note(out, true, place, "%zu columns; the "
			    "header has %zu", t->fields, columns);
		else
			take_row(out, o, t);
	}
	return rc < 0 ? err_set(e, ERR_SYNTAX, "line %u: a quoted field "
	    "without an end", (unsigned)t->line) : 0;
}

int
import_csv(struct str text, const struct import_options *o,
    struct import *out, struct err *e)
{
	struct table *t = mem_new(struct table);
	int rc;

	t->rest = without_mark(text);
	t->separator = find_separator(t->rest);
	rc = read_table(t, o, out, e);
	buf_clear(&t->text);
	free(t);
	return rc;
}
