#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/limits.h"
#include "record/bundle_scan.h"
#include "record/json_check.h"
#include "record/json_text.h"

#define SHARED_DEFAULT SOURCE_ROOT "/../shared"
#define SUITE "/data/C-malformed/json-test-suite/"

/* What json_check says of a whole text. */
static bool
is_checked(struct str text)
{
	size_t end = json_check(text, scan_space(text, 0));

	return end != JSON_BROKEN && scan_space(text, end) == text.n;
}

/*
 * Parse an exact copy, so that reads past the end are seen.  What parses
 * also passes for JSON.
 */
static int
parse(struct str text, json_t **out, struct stix_problem *problem)
{
	AUTO(mem_free) char *copy = malloc(text.n + 1);
	struct json_facts facts;
	json_t *root = NULL;
	int rc;

	assert_non_null(copy);
	memcpy(copy, text.p, text.n);
	copy = realloc(copy, text.n > 0 ? text.n : 1);
	problem->text[0] = '\0';
	rc = json_text_parse((struct str){ copy, text.n }, &root, &facts,
	    problem);
	if (is_checked((struct str){ copy, text.n }) < (rc == 0))
		fail_msg("%.*s: not JSON", (int)text.n, text.p);
	if (rc == 0)
		*out = root;
	else
		assert_null(root);
	return rc;
}

static int
verdict(struct str text, struct stix_problem *problem)
{
	json_t *root = NULL;
	int rc = parse(text, &root, problem);

	json_decref(root);
	return rc == 0 ? REFUSAL_NONE : (int)problem->refusal;
}

static void
test_json_text_parse_good(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "null", "true", "false", "0", "-0", "-1", "12.5",
		"1e2", "1E-400", "-0.0", "\"\"", " [ 1 , 2 ]\r\n\t",
		"9007199254740991", "-9007199254740991",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
		"\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xef\xbf\xbf\"",
		"{\"a\":{\"b\":[{},[],\"c\"]},\"d\":1.5e3,\"\":null}",
		"\"a\\u0041b\\\\c\"", "\"\x7f\"",
		"{\"\\u0061\":1,\"b\\n\":[true,false,null]}",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(texts); i++) {
		json_t *got = NULL, *want = json_loads(texts[i],
		    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		struct stix_problem problem;

		if (parse(str_of(texts[i]), &got, &problem) != 0)
			fail_msg("%s: %s", texts[i], problem.text);
		if (!json_equal(got, want))
			fail_msg("%s: other value than jansson's", texts[i]);
		json_decref(got);
		json_decref(want);
	}
}

#define TEXT(lit) { (lit), sizeof(lit) - 1 }

static void
test_json_text_parse_bad(void **state)
{
	static const struct {
		struct str text;
		enum refusal want;
		const char *says;
	} cases[] = {
		{ TEXT(""), REFUSAL_JSON, "at byte 0" },
		{ TEXT("   "), REFUSAL_JSON, "at byte 3" },
		{ TEXT("nul"), REFUSAL_JSON, "a value" },
		{ TEXT("NaN"), REFUSAL_JSON, "a value" },
		{ TEXT("Infinity"), REFUSAL_JSON, "a value" },
		{ TEXT("'a'"), REFUSAL_JSON, "a value" },
		{ TEXT("[1,]"), REFUSAL_JSON, "at byte 3" },
		{ TEXT("[,1]"), REFUSAL_JSON, "at byte 1" },
		{ TEXT("[1 2]"), REFUSAL_JSON, "at byte 3" },
		{ TEXT("[1}"), REFUSAL_JSON, "at byte 2" },
		{ TEXT("{1:2}"), REFUSAL_JSON, "a key" },
		{ TEXT("{\"a\" 1}"), REFUSAL_JSON, "at byte 5" },
		{ TEXT("{\"a\":1,}"), REFUSAL_JSON, "a key" },
		{ TEXT("{\"a\":1]"), REFUSAL_JSON, "at byte 6" },
		{ TEXT("{\"a\":1 ...}"), REFUSAL_JSON, "at byte 7" },
		{ TEXT("{} {}"), REFUSAL_JSON, "more text" },
		{ TEXT("{}\0"), REFUSAL_JSON, "more text" },
		{ TEXT("1 x"), REFUSAL_JSON, "more text" },
		{ TEXT("\xef\xbb\xbf{}"), REFUSAL_JSON, "byte order mark" },
		{ TEXT("{\"pattern\":1,\"x\":2,\"pattern\":1}"),
		    REFUSAL_JSON, "duplicate key `pattern` at byte 19" },
		{ TEXT("{\"a\":1,\"\\u0061\":2}"), REFUSAL_JSON,
		    "duplicate key `a`" },
		{ TEXT("[[{\"q\\\"\":1,\"q\\\"\":2}]]"), REFUSAL_JSON,
		    "duplicate key `q\\x22`" },
		{ TEXT("\"\xff\""), REFUSAL_JSON, "invalid UTF-8 at byte 1" },
		{ TEXT("\"\xc0\x80\""), REFUSAL_JSON, "invalid UTF-8" },
		{ TEXT("\"\xed\xa0\x80\""), REFUSAL_JSON, "invalid UTF-8" },
		{ TEXT("\"\xf4\x90\x80\x80\""), REFUSAL_JSON, "UTF-8" },
		{ TEXT("\"\xe2\x82"), REFUSAL_JSON, "invalid UTF-8" },
		{ TEXT("{\"\xff\":1}"), REFUSAL_JSON, "invalid UTF-8" },
		{ TEXT("\"a\0b\""), REFUSAL_JSON, "NUL in a string" },
		{ TEXT("\"a\\u0000b\""), REFUSAL_JSON, "NUL in a string" },
		{ TEXT("{\"a\\u0000\":1}"), REFUSAL_JSON, "NUL" },
		{ TEXT("\"\n\""), REFUSAL_JSON, "control character 0x0a" },
		{ TEXT("\"\\x\""), REFUSAL_JSON, "an escape" },
		{ TEXT("\"\\\0\""), REFUSAL_JSON, "an escape" },
		{ TEXT("\"\\u12\""), REFUSAL_JSON, "hexadecimal" },
		{ TEXT("\"\\ud800\""), REFUSAL_JSON, "lone surrogate" },
		{ TEXT("\"\\udc00\""), REFUSAL_JSON, "lone surrogate" },
		{ TEXT("\"\\ud800\\u0041\""), REFUSAL_JSON, "lone" },
		{ TEXT("\"\\ud800\\"), REFUSAL_JSON, "lone" },
		{ TEXT("\"abc"), REFUSAL_JSON, "without end" },
		{ TEXT("\"abc\\"), REFUSAL_JSON, "without end" },
		{ TEXT("01"), REFUSAL_JSON, "leading zero" },
		{ TEXT("-"), REFUSAL_JSON, "a digit" },
		{ TEXT("-a"), REFUSAL_JSON, "a digit" },
		{ TEXT("+1"), REFUSAL_JSON, "a value" },
		{ TEXT("1."), REFUSAL_JSON, "a digit" },
		{ TEXT(".5"), REFUSAL_JSON, "a value" },
		{ TEXT("1e"), REFUSAL_JSON, "a digit" },
		{ TEXT("1e+"), REFUSAL_JSON, "a digit" },
		{ TEXT("0x10"), REFUSAL_JSON, "more text" },
		{ TEXT("9007199254740992"), REFUSAL_JSON, "2^53-1 at byte 0" },
		{ TEXT("-9007199254740992"), REFUSAL_JSON, "2^53-1" },
		{ TEXT("100000000000000000000000"), REFUSAL_JSON, "2^53-1" },
		{ TEXT("[1E400]"), REFUSAL_JSON, "number out of range" },
		{ TEXT("-1e999"), REFUSAL_JSON, "number out of range" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct stix_problem problem;
		int got = verdict(cases[i].text, &problem);

		if (got != (int)cases[i].want ||
		    strstr(problem.text, cases[i].says) == NULL)
			fail_msg("%s: %s: %s (want %s)", cases[i].text.p,
			    refusal_name(got), problem.text, cases[i].says);
	}
}

/* n times before, the middle, n times after. */
static char *
nested(size_t n, const char *before, const char *middle, const char *after)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addz(&b, before);
	buf_addz(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_addz(&b, after);
	return buf_take(&b);
}

static void
assert_verdict(char *text, int want, const char *says)
{
	struct stix_problem problem;
	int got = verdict(str_of(text), &problem);

	if (got != want || strstr(problem.text, says) == NULL)
		fail_msg("%s: %s: want %s", refusal_name(got), problem.text,
		    says);
	free(text);
}

static void
test_json_text_parse_limits(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_verdict(nested(JSON_DEPTH_MAX, "[", "", "]"), 0, "");
	assert_verdict(nested(JSON_DEPTH_MAX + 1, "[", "", "]"),
	    REFUSAL_LIMIT, "levels deep at byte 32");
	assert_verdict(nested(JSON_DEPTH_MAX + 1, "{\"a\":", "1", "}"),
	    REFUSAL_LIMIT, "levels deep");
	assert_verdict(nested(100000, "[", "", "]"), REFUSAL_LIMIT, "deep");
	assert_verdict(nested(100000, "{\"a\":", "1", "}"), REFUSAL_LIMIT,
	    "deep");
	assert_verdict(nested(JSON_NODES_MAX, "", "[", "1,"), REFUSAL_LIMIT,
	    "more than 200000 values");
	for (int i = 0; i <= JSON_MEMBERS_MAX; i++)
		buf_addf(&b, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
	buf_addz(&b, "}");
	assert_verdict(buf_take(&b), REFUSAL_LIMIT, "members");
	buf_addf(&b, "{\"%0*d\":1}", JSON_KEY_MAX, 0);
	assert_verdict(buf_take(&b), 0, "");
	buf_addf(&b, "{\"%0*d\":1}", JSON_KEY_MAX + 1, 0);
	assert_verdict(buf_take(&b), REFUSAL_LIMIT, "longer than 256 bytes");
	buf_addf(&b, "\"%0*d\"", JSON_STRING_MAX + 1, 0);
	assert_verdict(buf_take(&b), REFUSAL_LIMIT, "longer than");
}

static void
test_json_text_parse_facts(void **state)
{
	static const char text[] =
	    "{\"a\":[1,{\"b\":2}],\"c\":{\"d\":[ ]},\"e\":{}}";
	struct stix_problem problem;
	struct json_facts facts;
	json_t *root = NULL;

	(void)state;
	assert_int_equal(json_text_parse(STR(text), &root, &facts, &problem),
	    0);
	assert_int_equal(facts.nodes, 8);
	assert_true(facts.has_empty);
	assert_true(str_eqz(facts.empty_in, "c"));
	assert_int_equal(text[facts.empty_at], ']');
	json_decref(root);
}

/* Text that a cut anywhere makes invalid. */
static void
test_json_text_parse_prefixes(void **state)
{
	static const char text[] = "{\"a\":[1.5e+3,-2,\"x\\u00e9\\ud83d\\ude00"
	    "\xf0\x9f\x98\x80\"],\"b\":{\"c\":[true,false,null]}}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct stix_problem problem;

		if (verdict((struct str){ text, n }, &problem) !=
		    REFUSAL_JSON)
			fail_msg("a prefix of %zu bytes parsed", n);
	}
}

static void
test_json_check(void **state)
{
	static const struct {
		const char *text;
		size_t at, end;
	} rows[] = {
		{ "x{\"a\":[1,{}]} y", 1, 13 }, { "[1] ]", 0, 3 },
		{ "12,", 0, 2 }, { "\"a\\\"\" ", 0, 5 }, { "true", 0, 4 },
		{ "", 0, JSON_BROKEN }, { "[", 0, JSON_BROKEN },
		{ "[1,]", 0, JSON_BROKEN }, { "{\"a\"}", 0, JSON_BROKEN },
		{ "{,}", 0, JSON_BROKEN }, { "[1}", 0, JSON_BROKEN },
		{ "-", 0, JSON_BROKEN }, { "[01]", 0, JSON_BROKEN },
		{ "1.", 0, JSON_BROKEN }, { "1e", 0, JSON_BROKEN },
		{ "\"\\x\"", 0, JSON_BROKEN },
		{ "\"\\u12g4\"", 0, JSON_BROKEN },
		{ "\"\n\"", 0, JSON_BROKEN }, { "tru", 0, JSON_BROKEN },
	};
	AUTO_BUF struct buf deep = { 0 };

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		if (json_check(str_of(rows[i].text), rows[i].at) !=
		    rows[i].end)
			fail_msg("%s", rows[i].text);
	for (int i = 0; i < JSON_CHECK_DEPTH_MAX; i++)
		buf_addc(&deep, '[');
	for (int i = 0; i < JSON_CHECK_DEPTH_MAX; i++)
		buf_addc(&deep, ']');
	assert_true(is_checked(buf_str(&deep)));
	buf_reset(&deep);
	for (int i = 0; i <= JSON_CHECK_DEPTH_MAX; i++)
		buf_addc(&deep, '[');
	for (int i = 0; i <= JSON_CHECK_DEPTH_MAX; i++)
		buf_addc(&deep, ']');
	assert_false(is_checked(buf_str(&deep)));
}

/* Fails the allocation that brings fail_in to nought. */
static int fail_in;

static void *
on_malloc(size_t n)
{
	return --fail_in == 0 ? NULL : malloc(n);
}

/* Whichever allocation fails, the text is refused for it, without a leak. */
static void
test_json_text_parse_no_memory(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,-2,\"x\\u00e9\",{\"b\":1,"
	    "\"c\":null,\"d\":[],\"e\":{},\"f\":0,\"g\":0,\"h\":0,\"i\":0,"
	    "\"j\":0,\"k\":0}],\"l\":[1,2,3,4,5,6,7,8,9,10]}";
	int got, n = 0;

	(void)state;
	json_set_alloc_funcs(on_malloc, free);
	do {
		struct stix_problem problem;

		fail_in = ++n;
		got = verdict(STR(text), &problem);
		if (got != REFUSAL_NONE && (got != REFUSAL_LIMIT ||
		    strstr(problem.text, "out of memory") == NULL))
			fail_msg("allocation %d: %s", n, problem.text);
	} while (got != REFUSAL_NONE && n < 1000);
	json_set_alloc_funcs(malloc, free);
	assert_true(n > 20);
	assert_int_equal(got, REFUSAL_NONE);
}

/* Real data, where there is some. */

static const char *
shared_path(void)
{
	const char *p = getenv("COMITY_SHARED");

	return p != NULL ? p : SHARED_DEFAULT;
}

static void
load(const char *path, struct buf *out)
{
	gzFile f = gzopen(path, "rb");
	char block[65536];
	int n;

	assert_non_null(f);
	while ((n = gzread(f, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
	assert_int_equal(n, 0);
	gzclose(f);
}

/* I-JSON and we refuse what plain JSON has: doubled keys and NUL. */
static bool
is_excepted(const char *file)
{
	static const char *const files[] = {
		"y_object_duplicated_key.json",
		"y_object_duplicated_key_and_value.json",
		"y_object_escaped_null_in_key.json",
		"y_string_null_escape.json",
	};

	for (size_t i = 0; i < NELEM(files); i++)
		if (strcmp(file, files[i]) == 0)
			return true;
	return false;
}

static void
check_suite_file(const char *path, const char *file)
{
	AUTO_BUF struct buf b = { 0 };
	struct stix_problem problem;
	json_t *got = NULL, *want;

	load(path, &b);
	if (strncmp(file, "y_", 2) == 0 && !is_checked(buf_str(&b)))
		fail_msg("%s: not JSON", file);
	if (strncmp(file, "n_", 2) == 0 && str_is_utf8(buf_str(&b)) &&
	    is_checked(buf_str(&b)))
		fail_msg("%s: JSON", file);
	if (parse(buf_str(&b), &got, &problem) != 0) {
		assert_true(problem.text[0] != '\0');
		if (strncmp(file, "y_", 2) == 0 && !is_excepted(file))
			fail_msg("%s: %s", file, problem.text);
		return;
	}
	if (strncmp(file, "n_", 2) == 0 || is_excepted(file))
		fail_msg("%s: parsed", file);
	want = json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
	    NULL);
	if (!json_equal(got, want))
		fail_msg("%s: other value than jansson's", file);
	json_decref(want);
	json_decref(got);
}

static size_t
check_suite(const char *folder)
{
	char path[1024];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s" SUITE "%s", shared_path(), folder);
	d = opendir(path);
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		char file[2048];

		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		check_suite_file(file, e->d_name);
		n++;
	}
	closedir(d);
	return n;
}

static void
test_json_text_parse_suite(void **state)
{
	size_t n = check_suite("test_parsing") + check_suite("test_transform");

	(void)state;
	if (n == 0)
		print_message("no shared data: skipped\n");
	else
		print_message("%zu files of the JSON test suite\n", n);
}

static void
test_json_text_parse_naughty(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	struct stix_problem problem;
	json_t *list = NULL, *item;
	char path[1024];
	size_t i;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path),
	    "%s/data/C-malformed/naughty-strings/blns.json", shared_path());
	f = fopen(path, "r");
	if (f == NULL) {
		print_message("no shared data: skipped\n");
		return;
	}
	fclose(f);
	load(path, &b);
	assert_int_equal(parse(buf_str(&b), &list, &problem), 0);
	json_array_foreach(list, i, item) {
		char *text = json_dumps(item, JSON_ENCODE_ANY |
		    (i % 2 == 0 ? JSON_ENSURE_ASCII : 0));
		json_t *again = NULL;

		if (parse(str_of(text), &again, &problem) != 0)
			fail_msg("string %zu: %s", i, problem.text);
		assert_true(json_equal(item, again));
		json_decref(again);
		free(text);
	}
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_text_parse_good),
		cmocka_unit_test(test_json_text_parse_bad),
		cmocka_unit_test(test_json_text_parse_limits),
		cmocka_unit_test(test_json_text_parse_facts),
		cmocka_unit_test(test_json_text_parse_prefixes),
		cmocka_unit_test(test_json_check),
		cmocka_unit_test(test_json_text_parse_no_memory),
		cmocka_unit_test(test_json_text_parse_suite),
		cmocka_unit_test(test_json_text_parse_naughty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
