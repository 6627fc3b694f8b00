/*
 * What TAXII servers answer: pages and statuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/envelope.h"

static void
test_envelope_read_page(void **state)
{
	static const char text[] = "\n{ \"next\":\"a\\u0042\",\"objects\": "
	    "[ {\"type\": \"indicator\",\"x\":1.50},\t{\"type\":\"marking-"
	    "definition\"} , {} ],\"more\" :true }\n";
	struct envelope page = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(envelope_read(str_of(text), &page, &e), 0);
	assert_true(page.more);
	assert_string_equal(page.next, "aB");
	assert_int_equal(page.objects.n, 3);
	/* Byte for byte; markings first. */
	assert_true(str_eqz(page.objects.v[0],
	    "{\"type\":\"marking-definition\"}"));
	assert_true(str_eqz(page.objects.v[1],
	    "{\"type\": \"indicator\",\"x\":1.50}"));
	assert_true(str_eqz(page.objects.v[2], "{}"));
	envelope_clear(&page);
	assert_int_equal(envelope_read(STR("{}"), &page, &e), 0);
	assert_false(page.more);
	assert_int_equal(page.objects.n, 0);
}

static void
test_envelope_read_bad(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "", "JSON is broken" }, { "[]", "JSON is broken" },
		{ "{\"objects\":[{]}", "JSON is broken" },
		{ "{\"objects\":[]} x", "JSON is broken" },
		{ "{\"objects\":[],\"objects\":[]}", "JSON is broken" },
		{ "{\"objects\":[1]}", "a list of at most" },
		{ "{\"objects\":[{},]}", "a list of at most" },
		{ "{\"objects\":{}}", "are no list" },
		{ "{\"more\":\"yes\"}", "\"more\"" },
		{ "{\"next\":7}", "\"next\"" },
		{ "{\"more\":true,\"more\":false}", "JSON is broken" },
		{ "{\"more\":nul}", "JSON is broken" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct envelope page = { .more = true };
		struct err e = { 0 };

		assert_int_not_equal(envelope_read(str_of(rows[i].text),
		    &page, &e), 0);
		if (strstr(e.text, rows[i].want) == NULL)
			fail_msg("%s: got %s", rows[i].text, e.text);
		assert_true(page.more);
	}
}

static void
test_envelope_write_reads_back(void **state)
{
	const struct str v[] = { STR("{\"a\":1}"), STR("{\"b\":[]}") };
	AUTO_BUF struct buf out = { 0 };
	struct envelope page = { 0 };
	struct err e;

	(void)state;
	envelope_write(v, NELEM(v), &out);
	assert_int_equal(envelope_read(buf_str(&out), &page, &e), 0);
	assert_int_equal(page.objects.n, 2);
	assert_true(str_eq(page.objects.v[1], v[1]));
	envelope_clear(&page);
}

/* Which of two objects a status says to have failed, as bits. */
static void
test_push_status_read(void **state)
{
	static const struct { const char *text; unsigned failed; } rows[] = {
		{ "{\"status\":\"complete\",\"success_count\":2}", 0 },
		{ "{\"status\":\"complete\",\"failure_count\":0,"
		    "\"failures\":[]}", 0 },
		{ "{\"status\":\"complete\",\"failure_count\":1,"
		    "\"failures\":[{\"id\":\"x--2\"}]}", 2 },
		{ "{\"status\":\"complete\",\"failures\":[{\"id\":\"x--1\","
		    "\"message\":\"no\"}]}", 1 },
		{ "{\"status\":\"complete\",\"failure_count\":1}", 3 },
		{ "{\"status\":\"complete\",\"failure_count\":1,"
		    "\"successes\":[{\"id\":\"x--1\"}]}", 2 },
		{ "{\"status\":\"pending\",\"failure_count\":2}", 0 },
	};
	const struct str v[] = { STR("{\"id\":\"x--1\"}"),
	    STR("{\"id\":\"x--2\"}") };

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct push_status s = { 0 };
		struct err e;

		assert_int_equal(push_status_read(str_of(rows[i].text),
		    &(struct push_objects){ v, 2 }, &s, &e), 0);
		assert_int_equal((unsigned)s.failed[0] |
		    (unsigned)s.failed[1] << 1, rows[i].failed);
		assert_int_equal(s.complete, strstr(rows[i].text,
		    "complete") != NULL);
		push_status_clear(&s);
	}
}

static void
test_push_status_read_bad(void **state)
{
	static const char *const rows[] = { "", "{}", "[]",
	    "{\"status\":\"done\"}", "{\"status\":1}" };
	struct push_status s = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		assert_int_equal(push_status_read(str_of(rows[i]),
		    &(struct push_objects){ NULL, 0 }, &s, &e), ERR_SYNTAX);
	assert_null(s.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_envelope_read_page),
		cmocka_unit_test(test_envelope_read_bad),
		cmocka_unit_test(test_envelope_write_reads_back),
		cmocka_unit_test(test_push_status_read),
		cmocka_unit_test(test_push_status_read_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
