/*
 * What others write, as STIX 2.1 objects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "format/import.h"
#include "record/stix.h"

#define NOW ((unix_ms_t){ 1767225600000 })

struct outcome {
	struct import i;
	json_t *objects;	/* owned */
	int rc;
	struct err e;
};

/* Convert; everything that comes out must be valid STIX 2.1. */
static void
convert(struct outcome *o, const char *text, struct import_options options)
{
	AUTO(stix_reader_free) struct stix_reader *reader = stix_reader_new();
	size_t k;
	json_t *v;

	memset(o, 0, sizeof(*o));
	options.now = NOW;
	o->rc = import_convert(str_of(text), &options, &o->i, &o->e);
	o->objects = o->i.n == 0 ? json_array() :
	    json_loads(o->i.objects.p, 0, NULL);
	assert_non_null(o->objects);
	assert_int_equal(json_array_size(o->objects), o->i.n);
	assert_int_equal(o->i.places.n, o->i.n);
	json_array_foreach(o->objects, k, v) {
		struct stix_problem problem;
		struct stix_object object;
		char *one = json_dumps(v, 0);

		if (stix_read(reader, str_of(one), &object, &problem) != 0)
			fail_msg("%s: %s", one, problem.text);
		free(one);
	}
}

static void
outcome_clear(struct outcome *o)
{
	json_decref(o->objects);
	import_clear(&o->i);
}

static const char *
text_of(const struct outcome *o, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(json_array_get(
	    o->objects, i), name));

	return s == NULL ? "" : s;
}

static void
test_import_detect(void **state)
{
	static const struct {
		const char *text;
		enum import_format format;
	} rows[] = {
		{ "{\"type\":\"bundle\"}", IMPORT_STIX },
		{ " [{\"type\":\"indicator\"}]", IMPORT_STIX },
		{ "{\"Event\":{}}", IMPORT_MISP },
		{ "{\"response\":[{\"Event\":{}}]}", IMPORT_MISP },
		{ "value,type\na,b\n", IMPORT_CSV },
		{ "# a, comment\nvalue;type\n", IMPORT_CSV },
		{ "192.0.2.1\nevil.example\n", IMPORT_LIST },
		{ "", IMPORT_LIST }, { "# nothing", IMPORT_LIST },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		if (import_detect(str_of(rows[i].text)) != rows[i].format)
			fail_msg("%s", rows[i].text);
}

static void
test_import_list(void **state)
{
	static const struct {
		const char *line, *kind, *pattern;	/* "": refused */
	} rows[] = {
		{ "192.0.2.1", NULL, "[ipv4-addr:value = '192.0.2.1']" },
		{ "192.0.2[.]1", NULL, "[ipv4-addr:value = '192.0.2.1']" },
		{ "198.51.100.0/24", NULL,
		    "[ipv4-addr:value = '198.51.100.0/24']" },
		{ "2001:DB8::1", NULL, "[ipv6-addr:value = '2001:db8::1']" },
		{ "hxxp://Evil[.]Example/A", NULL,
		    "[url:value = 'http://evil.example/A']" },
		{ "Evil.Example", NULL,
		    "[domain-name:value = 'evil.example']" },
		{ "127.0.0.1 evil.example # note", NULL,
		    "[domain-name:value = 'evil.example']" },
		{ "D41D8CD98F00B204E9800998ECF8427E", NULL,
		    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']" },
		{ "a@evil.example", NULL,
		    "[email-addr:value = 'a@evil.example']" },
		{ "it's", "filename", "[file:name = 'it\\'s']" },
		{ "a\\b", "mutex", "[mutex:name = 'a\\\\b']" },
		{ "what is this", NULL, "" },
		{ "evil.example", "ipv4", "" },
		{ "192.0.2.1", "sha256", "" },
		{ "d41d8cd98f00b204e9800998ecf8427e", "sha1", "" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct outcome o;

		convert(&o, rows[i].line, (struct import_options){
		    .format = IMPORT_LIST, .kind = rows[i].kind });
		assert_int_equal(o.rc, 0);
		if (strcmp(text_of(&o, 0, "pattern"), rows[i].pattern) != 0)
			fail_msg("%s: %s", rows[i].line, text_of(&o, 0,
			    "pattern"));
		assert_int_equal(o.i.notes.n, rows[i].pattern[0] == '\0');
		outcome_clear(&o);
	}
}

static void
test_import_list_same_ids(void **state)
{
	struct outcome a, b;

	(void)state;
	convert(&a, "# x\n\nevil.example\n", (struct import_options){
	    .format = IMPORT_LIST });
	convert(&b, "EVIL[.]example", (struct import_options){
	    .format = IMPORT_LIST });
	assert_string_equal(text_of(&a, 0, "id"), text_of(&b, 0, "id"));
	assert_int_equal(a.i.places.v[0], 3);
	outcome_clear(&a);
	outcome_clear(&b);
	convert(&a, "x", (struct import_options){ .format = IMPORT_LIST,
	    .kind = "nonsense" });
	assert_int_equal(a.rc, ERR_USAGE);
	outcome_clear(&a);
}

static void
test_import_csv(void **state)
{
	struct outcome o;

	(void)state;
	convert(&o, "\xef\xbb\xbf" "ioc;ioc_type;comment;confidence;first_seen;"
	    "tags;tlp\r\n"
	    "evil.example;hostname;\"a;\"\"b\"\"\nc\";80;"
	    "2026-01-02 03:04:05;x,y;TLP:GREEN\r\n"
	    "192.0.2.1;whatever;;101;never;;\r\n"
	    "nothing here;domain;;;;;\r\n"
	    "1;2;3;4;5;6;7;8\r\n", (struct import_options){
	    .format = IMPORT_AUTO });
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.i.format, IMPORT_CSV);
	assert_int_equal(o.i.n, 2);
	assert_string_equal(text_of(&o, 0, "description"), "a;\"b\"\nc");
	assert_string_equal(text_of(&o, 0, "valid_from"),
	    "2026-01-02T03:04:05Z");
	assert_int_equal(json_array_size(json_object_get(json_array_get(
	    o.objects, 0), "labels")), 3);
	/* Two losses of the second row, two rows refused. */
	assert_int_equal(o.i.notes.n, 4);
	assert_string_equal(o.i.notes.v[2].place, "line 5");
	outcome_clear(&o);
}

/* Columns may be named by what they have; several are several values. */
static void
test_import_csv_of_kinds(void **state)
{
	static const char *const patterns[] = {
		"[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
		"[file:hashes.'SHA-1' = "
		    "'da39a3ee5e6b4b0d3255bfef95601890afd80709']",
		"[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427f']",
	};
	struct outcome o;

	(void)state;
	convert(&o, "md5,SHA1,seen by,comment\n"
	    "d41d8cd98f00b204e9800998ecf8427e,"
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709,us,both\n"
	    "d41d8cd98f00b204e9800998ecf8427f,,us,one\n"
	    ",,us,none\n", (struct import_options){ .format = IMPORT_CSV });
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.i.n, NELEM(patterns));
	for (size_t i = 0; i < NELEM(patterns); i++)
		assert_string_equal(text_of(&o, i, "pattern"), patterns[i]);
	assert_string_equal(text_of(&o, 1, "description"), "both");
	assert_int_equal(o.i.places.v[1], 2);
	/* The column that nobody knows, and the row without a value. */
	assert_int_equal(o.i.notes.n, 2);
	assert_string_equal(o.i.notes.v[0].text, "column \"seen by\" is not "
	    "used; --map takes it");
	assert_true(o.i.notes.v[1].refused);
	outcome_clear(&o);
}

static void
test_import_csv_map(void **state)
{
	static const struct {
		const char *text, *map;
		int rc;
	} rows[] = {
		{ "a,b\nevil.example,x\n", "value=a,comment=b", 0 },
		{ "a,b\nevil.example,x\n", NULL, ERR_USAGE },
		{ "a,b\n", "value=c", ERR_USAGE },
		{ "a,b\n", "comment=a", ERR_USAGE },
		{ "a,b\n", "nonsense=a", ERR_USAGE },
		{ "a,b\n", "value", ERR_USAGE },
		{ "value,b\n\"x\n", NULL, ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct outcome o;

		convert(&o, rows[i].text, (struct import_options){
		    .format = IMPORT_CSV, .map = rows[i].map });
		if (o.rc != rows[i].rc)
			fail_msg("%s: %d %s", rows[i].text, o.rc, o.e.text);
		assert_int_equal(o.i.n, rows[i].rc == 0);
		outcome_clear(&o);
	}
}

static void
test_import_stix_20(void **state)
{
	static const char text[] = "{\"type\":\"bundle\",\"id\":\"bundle--"
	    "5f1d7c3e-0003-4000-8000-0000c0a80101\",\"spec_version\":\"2.0\","
	    "\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--"
	    "5f1d7c3e-0004-4000-8000-0000c0a80101\",\"created\":"
	    "\"2017-01-01T00:00:00.000Z\",\"modified\":"
	    "\"2017-01-01T00:00:00.000Z\",\"labels\":[\"benign\"],"
	    "\"pattern\":\"[url:value = 'a']\",\"valid_from\":"
	    "\"2017-01-01T00:00:00Z\"},{\"type\":\"malware\",\"id\":"
	    "\"malware--5f1d7c3e-0004-4000-8000-0000c0a80101\",\"created\":"
	    "\"2017-01-01T00:00:00.000Z\",\"modified\":"
	    "\"2017-01-01T00:00:00.000Z\",\"labels\":[\"trojan\"],"
	    "\"aliases\":[],\"name\":\"x\"}]}";
	struct outcome o;

	(void)state;
	assert_false(import_is_plain(STR(text)));
	convert(&o, text, (struct import_options){ .format = IMPORT_AUTO });
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.i.n, 2);
	assert_string_equal(text_of(&o, 0, "pattern_type"), "stix");
	assert_non_null(json_object_get(json_array_get(o.objects, 0),
	    "indicator_types"));
	assert_int_equal(o.i.notes.n, 1);
	assert_false(o.i.notes.v[0].refused);
	outcome_clear(&o);
	assert_true(import_is_plain(STR("{\"type\":\"bundle\",\"objects\":["
	    "{\"spec_version\":\"2.1\",\"modified\":\"\"}]}")));
}

#define ATTRIBUTE(type, value, more) "{\"type\":\"" type "\",\"value\":\"" \
    value "\",\"category\":\"c\",\"uuid\":" \
    "\"5f1d7c3e-0001-4000-8000-0000c0a80101\"" more "}"
#define EVENT(attributes) "{\"Event\":{\"info\":\"i\",\"uuid\":\"u\"," \
    "\"Tag\":[{\"name\":\"tlp:green\"}],\"Attribute\":[" attributes "]}}"

static void
test_import_misp(void **state)
{
	static const struct {
		const char *text, *pattern;	/* "": refused */
		bool alone;
	} rows[] = {
		{ EVENT(ATTRIBUTE("ip-dst", "203.0.113.9", "")),
		    "[ipv4-addr:value = '203.0.113.9']", true },
		{ EVENT(ATTRIBUTE("domain", "Evil[.]example", "")),
		    "[domain-name:value = 'evil.example']", false },
		{ EVENT(ATTRIBUTE("ip-dst|port", "203.0.113.9|443", "")),
		    "[network-traffic:dst_ref.value = '203.0.113.9' AND "
		    "network-traffic:dst_port = 443]", false },
		{ EVENT(ATTRIBUTE("filename|md5", "a|b", "")),
		    "[file:name = 'a' AND file:hashes.MD5 = 'b']", false },
		{ EVENT(ATTRIBUTE("yara", "rule x {}", "")), "rule x {}",
		    false },
		{ EVENT(ATTRIBUTE("comment", "text", "")), "", false },
		{ EVENT(ATTRIBUTE("md5", "x", "")), "", false },
		{ EVENT(ATTRIBUTE("domain|ip", "x", "")), "", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct outcome o;

		convert(&o, rows[i].text, (struct import_options){
		    .format = IMPORT_AUTO });
		assert_int_equal(o.rc, 0);
		if (strcmp(text_of(&o, 0, "pattern"), rows[i].pattern) != 0)
			fail_msg("%s: %s", rows[i].text, text_of(&o, 0,
			    "pattern"));
		assert_int_equal(text_of(&o, 0, "x_misp_value")[0] == '\0',
		    rows[i].alone || rows[i].pattern[0] == '\0');
		outcome_clear(&o);
	}
}

static void
test_import_misp_bad(void **state)
{
	static const char *const rows[] = {
		"{\"Event\":", "{\"Event\":1}", "[]", "{\"response\":[1]}",
		"{\"Event\":{},\"Event\":{}}",
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		convert(&o, rows[i], (struct import_options){
		    .format = IMPORT_MISP });
		if (o.rc != ERR_SYNTAX)
			fail_msg("%s: %d", rows[i], o.rc);
		outcome_clear(&o);
	}
}

#define TIMED(more, event) "{\"Event\":{\"date\":\"2026-01-02\"," event \
    "\"Attribute\":[" ATTRIBUTE("domain", "a.example", more) "]}}"

/*
 * L-09, L-11: what changes of an event is a newer version of everything that
 * inherits it, and what was deleted is revoked.
 */
static void
test_import_misp_versions(void **state)
{
	static const struct {
		const char *text, *created, *modified, *from;
		bool revoked;
	} rows[] = {
		{ TIMED(",\"timestamp\":\"1768100000\"", ""),
		    "2026-01-02T00:00:00.000Z", "2026-01-11T02:53:20.000Z",
		    "2026-01-11T02:53:20.000Z", false },
		{ TIMED(",\"timestamp\":1768100000",
		    "\"timestamp\":\"1768200000\","),
		    "2026-01-02T00:00:00.000Z", "2026-01-12T06:40:00.000Z",
		    "2026-01-12T06:40:00.000Z", false },
		{ TIMED(",\"timestamp\":\"1768200000\"",
		    "\"timestamp\":1768100000,"),
		    "2026-01-02T00:00:00.000Z", "2026-01-12T06:40:00.000Z",
		    "2026-01-12T06:40:00.000Z", false },
		/* The day of the event after all that is in it. */
		{ TIMED(",\"timestamp\":\"1700000000\"", ""),
		    "2023-11-14T22:13:20.000Z", "2023-11-14T22:13:20.000Z",
		    "2023-11-14T22:13:20.000Z", false },
		{ TIMED(",\"timestamp\":\"1768100000\",\"deleted\":true",
		    ""), "2026-01-02T00:00:00.000Z",
		    "2026-01-11T02:53:20.000Z", "2026-01-11T02:53:20.000Z",
		    true },
		{ TIMED(",\"timestamp\":\"1768100000\",\"first_seen\":"
		    "\"2025-12-31T01:02:03.456789+00:00\"", ""),
		    "2026-01-02T00:00:00.000Z", "2026-01-11T02:53:20.000Z",
		    "2025-12-31T01:02:03.456Z", false },
		{ TIMED(",\"timestamp\":\"1768100000\",\"first_seen\":"
		    "\"never-ever-ever-ever-+00:00\"", ""),
		    "2026-01-02T00:00:00.000Z", "2026-01-11T02:53:20.000Z",
		    "2026-01-11T02:53:20.000Z", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct outcome o;

		convert(&o, rows[i].text, (struct import_options){
		    .format = IMPORT_MISP });
		assert_int_equal(o.i.n, 1);
		assert_string_equal(text_of(&o, 0, "created"),
		    rows[i].created);
		assert_string_equal(text_of(&o, 0, "modified"),
		    rows[i].modified);
		assert_string_equal(text_of(&o, 0, "valid_from"),
		    rows[i].from);
		assert_int_equal(json_is_true(json_object_get(json_array_get(
		    o.objects, 0), "revoked")), rows[i].revoked);
		outcome_clear(&o);
	}
}

/* What parts came to: how many, the longest, and what was in them. */
struct parts {
	size_t n, longest, objects, notes;
};

static void
on_part(struct import *i, void *arg)
{
	struct parts *p = arg;

	p->n++;
	p->objects += i->n;
	p->notes += i->notes.n;
	p->longest = i->objects.n > p->longest ? i->objects.n : p->longest;
	assert_int_equal(i->places.n, i->n);
	assert_true(i->n == 0 || i->objects.p[i->objects.n - 1] == ']');
}

/* L-14: memory is that of a part, however long the text is. */
static void
test_import_convert_in_parts(void **state)
{
	struct parts parts = { 0 };
	struct import i = { .on_part = on_part, .arg = &parts };
	struct import_options o = { .format = IMPORT_LIST };
	AUTO_BUF struct buf text = { 0 };
	struct err e;

	(void)state;
	for (unsigned k = 0; k < 40000; k++)
		buf_addf(&text, k % 10 == 0 ? "no value %u\n" :
		    "h%u.evil.example\n", k);
	assert_int_equal(import_convert(buf_str(&text), &o, &i, &e), 0);
	assert_true(parts.n > 3 && parts.longest < MIB(5));
	assert_int_equal(parts.objects + i.n, 36000);
	assert_int_equal(parts.notes + i.notes.n, 4000);
	import_clear(&i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_detect),
		cmocka_unit_test(test_import_list),
		cmocka_unit_test(test_import_list_same_ids),
		cmocka_unit_test(test_import_csv),
		cmocka_unit_test(test_import_csv_map),
		cmocka_unit_test(test_import_stix_20),
		cmocka_unit_test(test_import_misp),
		cmocka_unit_test(test_import_misp_bad),
		cmocka_unit_test(test_import_misp_versions),
		cmocka_unit_test(test_import_convert_in_parts),
		cmocka_unit_test(test_import_csv_of_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
