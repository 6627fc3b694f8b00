#include "config/schema.h"

#include "base/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const char *const colours[] = { "red", "amber", "green", NULL };

struct sample {
	char id[32];
	char text[8];
	char country[3];
	char path[16];
	char listen[2][40];
	size_t nlisten;
	int colour;
	bool on;
	int64_t wait_ms, bytes, count;
};

static const struct option options[] = {
	OPT_TEXT(sample, id, OPTION_NAME, "id", NULL, "Who."),
	OPT_TEXT(sample, text, OPTION_TEXT, "text", "", "A text."),
	OPT_TEXT(sample, country, OPTION_COUNTRY, "country", "XA", "Where."),
	OPT_TEXT(sample, path, OPTION_PATH, "path", "/a", "A file."),
	OPT_LIST(sample, listen, nlisten, OPTION_ADDRESS, "listen", "Ends."),
	OPT_ENUM(sample, colour, "look.colour", colours, "green", "Colour."),
	OPT_BOOL(sample, on, "look.on", "true", "On or off."),
	OPT_NUMBER(sample, wait_ms, OPTION_DURATION, "limits.wait", SEC(1),
	    HOUR(1), "10s", "A wait that is explained by a sentence that is "
	    "long enough to go over more than one line of the output."),
	OPT_NUMBER(sample, bytes, OPTION_SIZE, "limits.bytes", 1 << 10,
	    1 << 30, "1MiB", "A size."),
	OPT_NUMBER(sample, count, OPTION_INTEGER, "limits.deep.count", 1, 100,
	    "7", "A number."),
	OPT_END
};

static int
read_sample(const char *text, struct sample *out, struct err *e)
{
	AUTO(yaml_free) struct yaml_tree *t = NULL;

	t = yaml_parse("s.yaml", str_of(text), e);
	if (t == NULL)
		return ERR_CONF;
	return schema_read(options, yaml_root(t), out, e);
}

static void
test_schema_read_good(void **state)
{
	struct sample s;
	struct err e = { 0 };

	(void)state;
	if (read_sample("id: cert-xa\ntext: 1e3\ncountry: NO\n"
	    "listen: [\"[::1]:1\", a.b:65535]\nlook: {colour: red, on: false}\n"
	    "limits:\n  wait: 5m\n  bytes: 4KiB\n  deep: {count: 100}\n",
	    &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(s.id, "cert-xa");
	assert_string_equal(s.text, "1e3");
	assert_string_equal(s.country, "NO");
	assert_int_equal(s.nlisten, 2);
	assert_string_equal(s.listen[0], "[::1]:1");
	assert_string_equal(s.listen[1], "a.b:65535");
	assert_int_equal(s.colour, 0);
	assert_false(s.on);
	assert_int_equal(s.wait_ms, MINUTE(5));
	assert_int_equal(s.bytes, 4096);
	assert_int_equal(s.count, 100);
}

static void
test_schema_read_defaults(void **state)
{
	struct sample s, d;
	struct err e = { 0 };

	(void)state;
	memset(&s, 0x5a, sizeof(s));
	if (read_sample("id: x\nlimits:\nlook: {}\n", &s, &e) < 0)
		fail_msg("%s", e.text);
	schema_defaults(options, &d);
	assert_string_equal(d.id, "");
	assert_string_equal(s.country, "XA");
	assert_string_equal(s.path, "/a");
	assert_string_equal(s.text, "");
	assert_int_equal(s.nlisten, 0);
	assert_int_equal(s.colour, 2);
	assert_true(s.on && d.on);
	assert_int_equal(s.wait_ms, SEC(10));
	assert_int_equal(s.bytes, 1 << 20);
	assert_int_equal(s.count, 7);
	assert_int_equal(d.count, 7);
}

#define WANT_TIME "; want a duration, like 500ms, 10s, 5m, 24h or 90d"
#define WANT_SIZE "; want a size, like 16KiB, 4MiB or 1GiB"
#define WANT_HOST "; want host:port, like 192.0.2.1:7600 or " \
	"[2001:db8::1]:7600"
#define WANT_NAME "; want a DNS name in lower case, like cert.example.org"
#define WANT_LAND "; want a country code of two capital letters, like NO"

/* Each is the only line after "id: x", unless it gives an id itself. */
static const struct {
	const char *text, *want;
} bad[] = {
	{ "idd: y", "s.yaml:2:1: unknown key \"idd\"; did you mean \"id\"?" },
	{ "zzzzzzzz: y", "s.yaml:2:1: unknown key \"zzzzzzzz\"; want id, text, "
	    "country, path, listen, look or limits" },
	{ "limits: {wat: 1s}", "s.yaml:2:10: unknown key \"wat\"; did you mean "
	    "\"wait\"?" },
	{ "limits.wait: 1s", "s.yaml:2:1: unknown key \"limits.wait\"; "
	    "want id, text, country, path, listen, look or limits" },
	{ "limits: 3", "s.yaml:2:9: a text; want a mapping (\"key: value\")" },
	{ "limits: [a]", "s.yaml:2:9: a list; want a mapping "
	    "(\"key: value\")" },
	{ "limits: ''", NULL },
	{ "text: [a]", "s.yaml:2:7: text is a list; want one line of text" },
	{ "text: {a: b}",
	    "s.yaml:2:7: text is a mapping; want one line of text" },
	{ "text: \"a\\nb\"",
	    "s.yaml:2:7: text \"a\\x0ab\"; want one line of text" },
	{ "text: \"a\\Nb\"",	/* U+0085 */
	    "s.yaml:2:7: text \"a\\xc2\\x85b\"; want one line of text" },
	{ "text: \"a\\u202eb\"",
	    "s.yaml:2:7: text \"a\\xe2\\x80\\xaeb\"; want one line" },
	{ "text: 12345678", "s.yaml:2:7: text \"12345678\" is too long; want "
	    "at most 7 bytes" },
	{ "path: ''", "s.yaml:2:7: path \"\"; want a file name without "
	    "control characters" },
	{ "country: false", "s.yaml:2:10: country \"false\"" WANT_LAND },
	{ "country: no", "s.yaml:2:10: country \"no\"" WANT_LAND },
	{ "country: NOR", "s.yaml:2:10: country \"NOR\"" WANT_LAND },
	{ "listen: a:1", "s.yaml:2:9: listen is a text; want a list (\"[a, b]\""
	    " or lines with \"- \") of host:port, like 192.0.2.1:7600 or "
	    "[2001:db8::1]:7600" },
	{ "listen: [a:0]", "s.yaml:2:10: listen \"a:0\"" WANT_HOST },
	{ "listen: [a:65536]", "s.yaml:2:10: listen \"a:65536\"" WANT_HOST },
	{ "listen: [a]", "s.yaml:2:10: listen \"a\"" WANT_HOST },
	{ "listen: ['::1:1']", "s.yaml:2:10: listen \"::1:1\"" WANT_HOST },
	{ "listen: [1.2.3.256:1]",
	    "s.yaml:2:10: listen \"1.2.3.256:1\"" WANT_HOST },
	{ "listen: [a:1, b:1, c:1]",
	    "s.yaml:2:9: listen has 3 items; want at most 2" },
	{ "listen: [a:1, a:1]",
	    "s.yaml:2:15: listen has \"a:1\" twice; remove one" },
	{ "listen: [[a:1]]", "s.yaml:2:10: listen is a list" WANT_HOST },
	{ "look: {colour: gren}", "s.yaml:2:16: look.colour \"gren\"; did you "
	    "mean \"green\"? (red, amber or green)" },
	{ "look: {colour: Red}", "s.yaml:2:16: look.colour \"Red\"; did you "
	    "mean \"red\"? (red, amber or green)" },
	{ "look: {colour: heliotrope}", "s.yaml:2:16: look.colour "
	    "\"heliotrope\"; want red, amber or green" },
	{ "look: {on: yes}",
	    "s.yaml:2:12: look.on \"yes\"; want true or false" },
	{ "look: {on: ON}",
	    "s.yaml:2:12: look.on \"ON\"; want true or false" },
	{ "look: {on: True}",
	    "s.yaml:2:12: look.on \"True\"; want true or false" },
	{ "look: {on: 1}", "s.yaml:2:12: look.on \"1\"; want true or false" },
	{ "look: {on: }", "s.yaml:2:12: look.on \"\"; want true or false" },
	{ "look: {on: 'true'}", "s.yaml:2:12: look.on \"true\" is in quotes; "
	    "want true without quotes" },
	{ "limits: {wait: 10}", "s.yaml:2:16: limits.wait \"10\"" WANT_TIME },
	{ "limits: {wait: 12:30}",
	    "s.yaml:2:16: limits.wait \"12:30\"" WANT_TIME },
	{ "limits: {wait: 1.5s}",
	    "s.yaml:2:16: limits.wait \"1.5s\"" WANT_TIME },
	{ "limits: {wait: -1s}",
	    "s.yaml:2:16: limits.wait \"-1s\"" WANT_TIME },
	{ "limits: {wait: 1 s}",
	    "s.yaml:2:16: limits.wait \"1 s\"" WANT_TIME },
	{ "limits: {wait: s}", "s.yaml:2:16: limits.wait \"s\"" WANT_TIME },
	{ "limits: {wait: 500ms}", "s.yaml:2:16: limits.wait \"500ms\" is out "
	    "of range; want 1s to 1h" },
	{ "limits: {wait: 61m}", "s.yaml:2:16: limits.wait \"61m\" is out of "
	    "range; want 1s to 1h" },
	{ "limits: {wait: 99999999999999999999d}", "s.yaml:2:16: limits.wait "
	    "\"99999999999999999999d\"" },
	{ "limits: {bytes: 4MB}",
	    "s.yaml:2:17: limits.bytes \"4MB\"" WANT_SIZE },
	{ "limits: {bytes: 4096}",
	    "s.yaml:2:17: limits.bytes \"4096\"" WANT_SIZE },
	{ "limits: {bytes: 2GiB}", "s.yaml:2:17: limits.bytes \"2GiB\" is out "
	    "of range; want 1KiB to 1GiB" },
	{ "limits: {deep: {count: 1_000}}",
	    "s.yaml:2:24: limits.deep.count \"1_000\"; want a whole number" },
	{ "limits: {deep: {count: 0o17}}",
	    "s.yaml:2:24: limits.deep.count \"0o17\"; want a whole number" },
	{ "limits: {deep: {count: 017}}",
	    "s.yaml:2:24: limits.deep.count \"017\"; want a whole number" },
	{ "limits: {deep: {count: 1e3}}",
	    "s.yaml:2:24: limits.deep.count \"1e3\"; want a whole number" },
	{ "limits: {deep: {count: '5'}}",
	    "s.yaml:2:24: limits.deep.count \"5\"; want a whole number" },
	{ "limits: {deep: {count: 101}}", "s.yaml:2:24: limits.deep.count "
	    "\"101\" is out of range; want 1 to 100" },
	{ "text: x\nid: Cert-XA", "s.yaml:2:5: id \"Cert-XA\"" WANT_NAME },
	{ "text: x", "s.yaml:1:1: id is missing; want a DNS name in lower "
	    "case, like cert.example.org" },
};

static void
test_schema_read_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(bad); i++) {
		bool first = strncmp(bad[i].text, "text: x", 7) == 0;
		char text[256];
		struct err e = { 0 };
		struct sample s;
		int rc;

		snprintf(text, sizeof(text), "%s%s\n", first ? "" : "id: x\n",
		    bad[i].text);
		rc = read_sample(text, &s, &e);
		if (bad[i].want == NULL) {
			assert_int_equal(rc, 0);
			continue;
		}
		assert_int_equal(rc, ERR_CONF);
		if (strncmp(e.text, bad[i].want, strlen(bad[i].want)) != 0)
			fail_msg("%s: got %s, want %s", bad[i].text, e.text,
			    bad[i].want);
	}
}

static void
test_schema_print_round(void **state)
{
	AUTO_BUF struct buf out = { 0 }, again = { 0 };
	struct sample s, t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(read_sample("id: x\ntext: 'a\"\\# b'\ncountry: NO\n"
	    "listen: ['[::]:1']\nlimits: {wait: 90s, bytes: 1GiB}\n", &s, &e),
	    0);
	schema_print(options, &s, false, &out);
	assert_string_equal(out.p, "id: \"x\"\ntext: \"a\\\"\\\\# b\"\n"
	    "country: \"NO\"\npath: \"/a\"\nlisten: [\"[::]:1\"]\n"
	    "look:\n  colour: green\n  on: true\n"
	    "limits:\n  wait: 90s\n  bytes: 1GiB\n  deep:\n    count: 7\n");
	if (read_sample(out.p, &t, &e) < 0)
		fail_msg("%s", e.text);
	schema_print(options, &t, false, &again);
	assert_string_equal(out.p, again.p);
	buf_reset(&out);
	schema_print(options, &s, true, &out);
	assert_non_null(strstr(out.p, "  # A wait that is explained by a "
	    "sentence that is long enough to go over\n  # more than one line"));
	assert_int_equal(read_sample(out.p, &t, &e), 0);
	buf_reset(&again);
	schema_print(options, &t, true, &again);
	assert_string_equal(out.p, again.p);
}

static void
test_schema_is_forms(void **state)
{
	static const struct {
		const char *text;
		bool name, address;
	} rows[] = {
		{ "cert-xa", true, false }, { "cert.example.org", true, false },
		{ "1a.2b", true, false }, { "a", true, false },
		{ "", false, false }, { ".", false, false },
		{ "a.", false, false }, { ".a", false, false },
		{ "a..b", false, false }, { "-a", false, false },
		{ "a-", false, false }, { "A", false, false },
		{ "a_b", false, false }, { "192.0.2.1", false, false },
		{ "\xc3\xa5.no", false, false }, { "a b", false, false },
		{ "a:1", false, true }, { "192.0.2.1:1", false, true },
		{ "[::1]:65535", false, true }, { "[::1]", false, false },
		{ "[]:1", false, false }, { "[192.0.2.1]:1", false, false },
		{ ":1", false, false }, { "a:", false, false },
		{ "a:01", false, false }, { "a:-1", false, false },
		{ "[::1%eth0]:1", false, false },
	};
	char label[65];

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		if (schema_is_name(str_of(rows[i].text)) != rows[i].name ||
		    schema_is_address(str_of(rows[i].text)) != rows[i].address)
			fail_msg("%s", rows[i].text);
	memset(label, 'a', sizeof(label));
	assert_true(schema_is_name((struct str){ label, 63 }));
	assert_false(schema_is_name((struct str){ label, 64 }));
}

static void
test_schema_duration_size(void **state)
{
	static const struct {
		const char *text;
		int time_rc, size_rc;
		int64_t value;
	} rows[] = {
		{ "0ms", 0, ERR_SYNTAX, 0 },
		{ "1ms", 0, ERR_SYNTAX, 1 },
		{ "90d", 0, ERR_SYNTAX, DAY(90) },
		{ "36525d", 0, ERR_SYNTAX, DAY(36525) },
		{ "36526d", ERR_VALUE, ERR_SYNTAX, 0 },
		{ "18446744073709551615d", ERR_VALUE, ERR_SYNTAX, 0 },
		{ "16KiB", ERR_SYNTAX, 0, 16384 },
		{ "1GiB", ERR_SYNTAX, 0, 1 << 30 },
		{ "1073741824GiB", ERR_SYNTAX, 0, INT64_C(1) << 60 },
		{ "1073741825GiB", ERR_SYNTAX, ERR_VALUE, 0 },
		{ "1kib", ERR_SYNTAX, ERR_SYNTAX, 0 },
		{ "KiB", ERR_SYNTAX, ERR_SYNTAX, 0 },
		{ "", ERR_SYNTAX, ERR_SYNTAX, 0 },
		{ "+1s", ERR_SYNTAX, ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		int64_t t = -7, z = -7;

		if (schema_duration(str_of(rows[i].text), &t) !=
		    rows[i].time_rc ||
		    schema_size(str_of(rows[i].text), &z) != rows[i].size_rc)
			fail_msg("%s", rows[i].text);
		assert_int_equal(t, rows[i].time_rc == 0 ? rows[i].value : -7);
		assert_int_equal(z, rows[i].size_rc == 0 ? rows[i].value : -7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema_read_good),
		cmocka_unit_test(test_schema_read_defaults),
		cmocka_unit_test(test_schema_read_bad),
		cmocka_unit_test(test_schema_print_round),
		cmocka_unit_test(test_schema_is_forms),
		cmocka_unit_test(test_schema_duration_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
