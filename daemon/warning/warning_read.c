/*
 * The file of one MISP warning list: an object with "name", "type", "list"
 * and, as it likes, "version", "description" and "matching_attributes".  It
 * is read without a tree of it in memory: lists have a million entries.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "record/json_check.h"
#include "record/json_scalar.h"
#include "warning/warning_private.h"

#define ARENA_BYTES KIB(64)
#define BIT(kind) (1U << (kind))
#define ALL_KINDS UINT32_MAX

struct reading {
	const char *file;	/* borrowed, as all */
	struct str text;
	struct json_scan scan;
	struct stix_problem problem;
	struct buf unescaped;	/* owned */
	struct arena *arena;	/* owned; scratch of an entry */
	struct err *e;
	struct list *list;
	bool typed;
	size_t list_at;		/* where "list" begins; 0: there is none */
};

static const char *const type_names[] = { "string", "hostname", "substring",
    "cidr", "regex" };

const char *
warning_type_name(enum warning_type t)
{
	return type_names[t];
}

/* Which observables an attribute type of MISP stands for. */
static const struct attribute {
	const char *name;
	uint32_t kinds;
} attributes[] = {
	{ "ip-src", BIT(OBSERVABLE_IP) },
	{ "ip-dst", BIT(OBSERVABLE_IP) },
	{ "ip-src|port", BIT(OBSERVABLE_IP) },
	{ "ip-dst|port", BIT(OBSERVABLE_IP) },
	{ "domain|ip", BIT(OBSERVABLE_IP) | BIT(OBSERVABLE_DOMAIN) },
	{ "domain", BIT(OBSERVABLE_DOMAIN) },
	{ "hostname", BIT(OBSERVABLE_DOMAIN) },
	{ "hostname|port", BIT(OBSERVABLE_DOMAIN) },
	{ "url", BIT(OBSERVABLE_URL) },
	{ "uri", BIT(OBSERVABLE_URL) },
	{ "link", BIT(OBSERVABLE_URL) },
	{ "email", BIT(OBSERVABLE_EMAIL) },
	{ "email-src", BIT(OBSERVABLE_EMAIL) },
	{ "email-dst", BIT(OBSERVABLE_EMAIL) },
	{ "whois-registrant-email", BIT(OBSERVABLE_EMAIL) },
	{ "filename", BIT(OBSERVABLE_FILE_NAME) },
	{ "mutex", BIT(OBSERVABLE_MUTEX) },
	{ "regkey", BIT(OBSERVABLE_REGISTRY_KEY) },
	{ "mac-address", BIT(OBSERVABLE_MAC) },
	{ "AS", BIT(OBSERVABLE_ASN) },
};

static const char *const hashes[] = { "md5", "sha", "ssdeep", "tlsh",
    "imphash", "pehash", "authentihash", "vhash", "x509-fingerprint" };

/* Those that we do not know stand for nothing that we look up. */
static uint32_t
attribute_kinds(struct str name)
{
	struct str hash = name;

	for (size_t i = 0; i < NELEM(attributes); i++)
		if (str_eqz(name, attributes[i].name))
			return attributes[i].kinds;
	if (str_starts(name, "filename|"))
		hash = (struct str){ name.p + 9, name.n - 9 };
	for (size_t i = 0; i < NELEM(hashes); i++)
		if (str_starts(hash, hashes[i]))
			return BIT(OBSERVABLE_HASH);
	return 0;
}

/* "FILE:LINE:COL: what", at a byte of the text. */
static int
refuse_at(struct reading *r, size_t at, const char *what)
{
	size_t line = 1, col = 1;

	for (size_t i = 0; i < at && i < r->text.n; i++) {
		col++;
		if (r->text.p[i] == '\n') {
			line++;
			col = 1;
		}
	}
	return err_set(r->e, ERR_CONF, "%s:%zu:%zu: %s", r->file, line, col,
	    what);
}

/* The scanner said no. */
static int
refuse_scan(struct reading *r)
{
	return refuse_at(r, json_scan_at(&r->scan), r->problem.text);
}

/* One byte that must be there, such as ':'. */
static int
read_byte(struct reading *r, int want, const char *name)
{
	if (json_scan_peek(&r->scan) != want) {
		(void)json_scan_unexpected(&r->scan, name);
		return refuse_scan(r);
	}
	r->scan.p++;
	return 0;
}

static int
read_string(struct reading *r, const char *what, struct str *out)
{
	if (json_scan_peek(&r->scan) != '"') {
		(void)json_scan_unexpected(&r->scan, what);
		return refuse_scan(r);
	}
	if (json_scan_string(&r->scan, &r->unescaped, JSON_STRING_MAX,
	    out) < 0)
		return refuse_scan(r);
	return 0;
}

/* Step over a value that we have no use for. */
static int
skip_value(struct reading *r)
{
	size_t end;

	(void)json_scan_peek(&r->scan);
	end = json_check(r->text, json_scan_at(&r->scan));
	if (end == JSON_BROKEN)
		return refuse_at(r, json_scan_at(&r->scan),
		    "not JSON: the value that begins here does not end");
	r->scan.p = r->scan.start + end;
	return 0;
}

/* Another member or element?  1, or 0 after the closing byte. */
static int
read_more(struct reading *r, int close, bool first)
{
	int c = json_scan_peek(&r->scan);

	if (c == close) {
		r->scan.p++;
		return 0;
	}
	if (!first)
		TRY(read_byte(r, ',', close == ']' ? "\",\" or \"]\"" :
		    "\",\" or \"}\""));
	return 1;
}

/* The entries are read when it is known what they are. */
static int
skip_list(struct reading *r)
{
	bool first = true;
	struct str s;
	int more;

	TRY(read_byte(r, '[', "a list"));
	while ((more = read_more(r, ']', first)) > 0) {
		TRY(read_string(r, "a value in quotes", &s));
		first = false;
	}
	return more;
}

static int
read_type(struct reading *r)
{
	size_t at;
	struct str s;

	(void)json_scan_peek(&r->scan);
	at = json_scan_at(&r->scan);
	TRY(read_string(r, "a type in quotes", &s));
	for (size_t i = 0; i < NELEM(type_names); i++)
		if (str_eqz(s, type_names[i])) {
			r->list->type = (enum warning_type)i;
			r->typed = true;
			return 0;
		}
	return refuse_at(r, at, "an unknown type; want string, hostname, "
	    "substring, cidr or regex");
}

static int
read_attributes(struct reading *r)
{
	uint32_t kinds = 0;
	bool first = true;
	struct str s;
	int more;

	TRY(read_byte(r, '[', "a list of attribute types"));
	while ((more = read_more(r, ']', first)) > 0) {
		TRY(read_string(r, "an attribute type in quotes", &s));
		kinds |= attribute_kinds(s);
		first = false;
	}
	TRY(more);
	/* No list of them at all: as if it were not said. */
	r->list->kinds = first ? ALL_KINDS : kinds;
	return 0;
}

static int
read_version(struct reading *r)
{
	json_t *v = NULL;
	int c = json_scan_peek(&r->scan);

	/* Some write it as a text; nothing depends on it. */
	if (c != '-' && (c < '0' || c > '9'))
		return skip_value(r);
	if (json_scan_number(&r->scan, &v) < 0)
		return refuse_scan(r);
	if (json_is_integer(v) && json_integer_value(v) > 0)
		r->list->version = (uint64_t)json_integer_value(v);
	json_decref(v);
	return 0;
}

static int
read_member(struct reading *r, struct str key)
{
	struct str s;
	size_t at = json_scan_at(&r->scan);

	if (str_eqz(key, "type"))
		return read_type(r);
	if (str_eqz(key, "matching_attributes"))
		return read_attributes(r);
	if (str_eqz(key, "version"))
		return read_version(r);
	if (str_eqz(key, "list")) {
		if (json_scan_peek(&r->scan) != '[')
			return read_byte(r, '[', "a list");
		if (r->list_at > 0)
			return refuse_at(r, at, "a second \"list\"");
		r->list_at = json_scan_at(&r->scan);
		return skip_list(r);
	}
	if (!str_eqz(key, "name"))
		return skip_value(r);
	TRY(read_string(r, "a name in quotes", &s));
	if (s.n == 0 || s.n > WARNING_NAME_MAX)
		return refuse_at(r, at, "want a name of 1 to 256 bytes");
	free(r->list->name);
	r->list->name = mem_dup(s.p, s.n);
	return 0;
}

/* What stands round the entries. */
static int
read_object(struct reading *r)
{
	bool first = true;
	int more;

	TRY(read_byte(r, '{', "the object of a MISP warning list"));
	while ((more = read_more(r, '}', first)) > 0) {
		char text[JSON_KEY_MAX];
		struct str key;

		TRY(read_string(r, "a name in quotes", &key));
		if (key.n >= sizeof(text))
			key.n = 0;
		memcpy(text, key.p, key.n);	/* the next string is read */
		key.p = text;
		TRY(read_byte(r, ':', "\":\""));
		TRY(read_member(r, key));
		first = false;
	}
	TRY(more);
	if (json_scan_peek(&r->scan) >= 0) {
		(void)json_scan_unexpected(&r->scan, "the end of the file");
		return refuse_scan(r);
	}
	if (r->list->name != NULL && r->typed && r->list_at > 0)
		return 0;
	return err_set(r->e, ERR_CONF, "%s: no \"%s\"; want the object of a "
	    "MISP warning list with name, type and list", r->file,
	    r->list->name == NULL ? "name" : !r->typed ? "type" : "list");
}

static int
read_entries(struct reading *r)
{
	struct list *l = r->list;
	bool first = true;
	int more;

	r->scan.p = r->scan.start + r->list_at;
	TRY(read_byte(r, '[', "a list"));
	while ((more = read_more(r, ']', first)) > 0) {
		char shown[80];
		const char *why;
		struct str s;

		first = false;
		TRY(read_string(r, "a value in quotes", &s));
		if (l->entries >= WARNING_ENTRIES_MAX)
			return err_set(r->e, ERR_LIMIT, "%s: more than %d "
			    "entries", r->file, WARNING_ENTRIES_MAX);
		if (l->slow.n >= WARNING_SLOW_MAX)
			return err_set(r->e, ERR_LIMIT, "%s: more than %d "
			    "substrings or regular expressions; each is "
			    "looked for in every value", r->file,
			    WARNING_SLOW_MAX);
		why = list_add(l, l->type, s, r->arena);
		if (why != NULL)
			return err_set(r->e, ERR_CONF, "%s: entry %zu \"%s\": "
			    "%s", r->file, l->entries + 1,
			    str_escape(shown, sizeof(shown), s), why);
		arena_reset(r->arena);
	}
	return more;
}

struct list *
list_read(const char *file, struct str text, struct err *e)
{
	AUTO(list_free) struct list *l = mem_new(struct list);
	struct reading r = { .file = file, .text = text, .e = e, .list = l };
	int rc;

	if (str_starts(text, "\xef\xbb\xbf")) {
		text.p += 3;
		text.n -= 3;
		r.text = text;
	}
	l->file = mem_strdup(file);
	l->kinds = ALL_KINDS;
	r.scan.start = r.scan.p = (const unsigned char *)text.p;
	r.scan.end = r.scan.start + text.n;
	r.scan.problem = &r.problem;
	if (text.n > WARNING_FILE_BYTES_MAX) {
		(void)err_set(e, ERR_LIMIT, "%s: larger than 64 MiB", file);
		return NULL;
	}
	r.arena = arena_new(ARENA_BYTES);
	rc = read_object(&r);
	if (rc == 0)
		rc = read_entries(&r);
	arena_free(r.arena);
	buf_clear(&r.unescaped);
	return rc < 0 ? NULL : TAKE(l);
}
