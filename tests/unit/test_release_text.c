#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/release_text.h"

#define GOOD "comity-release/1\ndesks=xb/ops,xc/ops\n" \
	"purposes=detect,notify\nhops=1\nexpires=1790000000123\n" \
	"oblige=purpose-bound,receipt\n"

static int
decode(struct str text, struct release_text *out)
{
	AUTO(arena_free) struct arena *a = arena_new(KIB(64));

	return release_text_decode(text, a, out);
}

static void
test_release_text_round_trip(void **state)
{
	AUTO(arena_free) struct arena *a = arena_new(KIB(64));
	/* In any order, and one twice: the text is the same. */
	const struct str desks[] = { STR("xc/ops"), STR("xb/ops"),
	    STR("xc/ops") };
	const struct str purposes[] = { STR("notify"), STR("detect") };
	const struct str oblige[] = { STR("receipt"), STR("purpose-bound") };
	struct release_text r = { .desks = { desks, 3 },
	    .purposes = { purposes, 2 }, .hops = 1,
	    .expires = { 1790000000123 }, .oblige = { oblige, 2 } };
	AUTO_BUF struct buf b = { 0 }, again = { 0 };

	(void)state;
	assert_int_equal(release_text_encode(&r, &b), 0);
	assert_string_equal(b.p, GOOD);
	assert_int_equal(release_text_decode(buf_str(&b), a, &r), 0);
	assert_int_equal(r.desks.n, 2);
	assert_true(str_eqz(r.desks.v[1], "xc/ops"));
	assert_int_equal(r.hops, 1);
	assert_int_equal(r.expires.ms, 1790000000123);
	assert_int_equal(release_text_encode(&r, &again), 0);
	assert_string_equal(again.p, GOOD);
}

static void
test_release_text_nobody(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	struct release_text r = { .expires = UNIX_MS_NEVER }, got;

	(void)state;
	assert_int_equal(release_text_encode(&r, &b), 0);
	assert_string_equal(b.p, "comity-release/1\ndesks=\npurposes=\n"
	    "hops=0\nexpires=never\noblige=\n");
	assert_int_equal(decode(buf_str(&b), &got), 0);
	assert_int_equal(got.desks.n, 0);
	assert_int_equal(got.expires.ms, UNIX_MS_NEVER.ms);
}

static void
test_release_text_encode_refused(void **state)
{
	static const struct str names[] = { STR(""), STR("a b"), STR("a,b"),
	    STR("a\n"), STR("\xff") };
	AUTO_BUF struct buf b = { 0 };
	struct release_text r = { .hops = 8 };
	char big[LABEL_BYTES_MAX];
	struct str many[20];

	(void)state;
	assert_int_equal(release_text_encode(&r, &b), ERR_VALUE);
	r.hops = 0;
	for (size_t i = 0; i < NELEM(names); i++) {
		r.desks = (struct release_names){ &names[i], 1 };
		assert_int_equal(release_text_encode(&r, &b), ERR_VALUE);
	}
	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < NELEM(many); i++)
		many[i] = (struct str){ big + i, 300 - i };
	r.desks = (struct release_names){ many, NELEM(many) };
	assert_int_equal(release_text_encode(&r, &b), ERR_LIMIT);
	r.desks = (struct release_names){ many, RELEASE_NAMES_MAX + 1 };
	assert_int_equal(release_text_encode(&r, &b), ERR_LIMIT);
	assert_int_equal(b.n, 0);
}

#define HEAD "comity-release/1\n"
#define TAIL "hops=0\nexpires=never\noblige=\n"

static const struct { const char *name; struct str text; int want; }
cases[] = {
	{ "good", STR(GOOD), 0 },
	{ "no line end", STR(HEAD "desks=\npurposes=\nhops=0\n"
	    "expires=never\noblige="), ERR_SYNTAX },
	{ "more after it", STR(HEAD "desks=\npurposes=\n" TAIL "x"),
	    ERR_SYNTAX },
	{ "other version", STR("comity-release/2\ndesks=\npurposes=\n" TAIL),
	    ERR_SYNTAX },
	{ "other order", STR(HEAD "purposes=\ndesks=\n" TAIL), ERR_SYNTAX },
	{ "a field less", STR(HEAD "desks=\n" TAIL), ERR_SYNTAX },
	{ "CR LF", STR(HEAD "desks=\r\npurposes=\n" TAIL), ERR_VALUE },
	{ "unsorted", STR(HEAD "desks=b,a\npurposes=\n" TAIL), ERR_VALUE },
	{ "twice", STR(HEAD "desks=a,a\npurposes=\n" TAIL), ERR_VALUE },
	{ "empty name", STR(HEAD "desks=a,,b\npurposes=\n" TAIL),
	    ERR_VALUE },
	{ "comma last", STR(HEAD "desks=a,\npurposes=\n" TAIL), ERR_VALUE },
	{ "NUL", STR(HEAD "desks=a\0\npurposes=\n" TAIL), ERR_VALUE },
	{ "hops 8", STR(HEAD "desks=\npurposes=\nhops=8\nexpires=never\n"
	    "oblige=\n"), ERR_VALUE },
	{ "hops 07", STR(HEAD "desks=\npurposes=\nhops=07\nexpires=never\n"
	    "oblige=\n"), ERR_VALUE },
	{ "expires -1", STR(HEAD "desks=\npurposes=\nhops=0\nexpires=-1\n"
	    "oblige=\n"), ERR_SYNTAX },
	{ "expires 01", STR(HEAD "desks=\npurposes=\nhops=0\nexpires=01\n"
	    "oblige=\n"), ERR_SYNTAX },
	{ "never as number", STR(HEAD "desks=\npurposes=\nhops=0\n"
	    "expires=9223372036854775807\noblige=\n"), ERR_VALUE },
	{ "empty", STR(""), ERR_SYNTAX },
};

static void
test_release_text_decode(void **state)
{
	struct str good = STR(GOOD);
	struct release_text r;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		int rc = decode(cases[i].text, &r);

		if (rc != cases[i].want)
			fail_msg("%s: got %s, want %s", cases[i].name,
			    err_name(rc), err_name(cases[i].want));
	}
	for (size_t n = 0; n < good.n; n++)
		assert_true(decode((struct str){ good.p, n }, &r) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release_text_round_trip),
		cmocka_unit_test(test_release_text_nobody),
		cmocka_unit_test(test_release_text_encode_refused),
		cmocka_unit_test(test_release_text_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
