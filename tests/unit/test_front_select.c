#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vault/front/select.h"

#define LAST { TAXII_VERSION_LAST, 0 }
#define FIRST { TAXII_VERSION_FIRST, 0 }
#define ALL { TAXII_VERSION_ALL, 0 }
#define AT(us) { TAXII_VERSION_AT, us }

/* Arrived in the order 2, 1, 3, and 3 once more under another label. */
static const struct front_version four[] = {
	{ 100, 2 }, { 101, 1 }, { 102, 3 }, { 103, 3 },
};

/* Which of the four are meant, as a text of their places. */
static const struct {
	const char *name;
	struct taxii_version tokens[3];
	size_t n;
	const char *want;
} selections[] = {
	{ "none given", { LAST }, 0, "2" },
	{ "last", { LAST }, 1, "2" },
	{ "first", { FIRST }, 1, "1" },
	{ "all", { ALL }, 1, "0123" },
	{ "first and last", { FIRST, LAST }, 2, "12" },
	{ "at", { AT(2) }, 1, "0" },
	{ "at a doubled one", { AT(3) }, 1, "2" },
	{ "at one that is last", { AT(3), LAST }, 2, "2" },
	{ "at none", { AT(9) }, 1, "" },
	{ "at and first", { AT(2), FIRST }, 2, "01" },
};

static void
test_select_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(selections); i++) {
		struct msg_front_query q = { .versions =
		    selections[i].tokens, .nversions = selections[i].n };
		char got[8] = "";

		for (size_t k = 0; k < NELEM(four); k++)
			if (front_select(&q, four, NELEM(four), k))
				got[strlen(got)] = (char)('0' + k);
		if (strcmp(got, selections[i].want) != 0)
			fail_msg("%s: got %s, not %s", selections[i].name,
			    got, selections[i].want);
	}
}

/* One that is judged alone is judged as it is among the others. */
static void
test_select_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(selections); i++) {
		struct msg_front_query q = { .versions =
		    selections[i].tokens, .nversions = selections[i].n };

		for (size_t k = 0; k < 3; k++) {
			int alone = front_select_alone(&q,
			    four[k].version_us);

			assert_true(alone < 0 || (alone == 1) ==
			    front_select(&q, four, NELEM(four), k));
		}
		assert_int_equal(front_select_is_plain(&q), i < 2);
	}
}

static void
test_matches(void **state)
{
	static const struct str id = STR("x-my--type--1");
	static const struct str ids[] = { STR("a--1"), STR("x-my--type--1") };
	static const struct str type[] = { STR("x-my") };
	static const struct str long_type[] = { STR("x-my--type") };
	static const struct str spec[] = { STR("2.0"), STR("2.1") };
	const struct {
		struct msg_front_query q;
		bool want;
	} cases[] = {
		{ { .nids = 0 }, true },
		{ { .ids = ids, .nids = 2 }, true },
		{ { .ids = ids, .nids = 1 }, false },
		{ { .types = type, .ntypes = 1 }, true },
		{ { .types = long_type, .ntypes = 1 }, false },
		{ { .types = ids, .ntypes = 2 }, false },
		{ { .spec_versions = spec, .nspec_versions = 2 }, true },
		{ { .spec_versions = spec, .nspec_versions = 1 }, false },
		{ { .ids = ids, .nids = 2, .types = long_type, .ntypes = 1 },
		  false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		if (front_matches(&cases[i].q, id) != cases[i].want)
			fail_msg("case %zu", i);
	assert_false(front_matches(&cases[3].q, STR("")));
	assert_false(front_matches(&cases[3].q, STR("-")));
}

/* Texts of objects, and the version that they show. */
static const struct {
	const char *object, *want;
} texts[] = {
	{ "{\"modified\":\"M\",\"created\":\"C\"}", "M" },
	{ "{\"created\":\"C\", \"modified\" : \"M\"}", "M" },
	{ "{\"created\":\"C\"}", "C" },
	{ " {\n\"a\" : {\"modified\":\"X\"}, \"modified\"\t:\t\"M\"}", "M" },
	{ "{\"a\":[\"modified\",{\"modified\":\"X\"}],\"created\":\"C\"}",
	  "C" },
	{ "{\"a\":\"modified\",\"b\":\"\\\",\\\"modified\\\":\\\"X\","
	  "\"created\":\"C\"}", "C" },
	{ "{\"n\":-1.5e3,\"t\":true,\"modified\":\"M\"}", "M" },
	{ "{}", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified\":3}", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified\":\"\\u0041\"}", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified\":\"", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified\":\"\\", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified\"", "1970-01-01T00:00:00.000007Z" },
	{ "{\"modified", "1970-01-01T00:00:00.000007Z" },
	{ "[\"modified\",\"X\"]", "1970-01-01T00:00:00.000007Z" },
	{ "}}}}", "1970-01-01T00:00:00.000007Z" },
	{ "", "1970-01-01T00:00:00.000007Z" },
};

static void
test_version_text(void **state)
{
	char room[FRONT_VERSION_MAX];

	(void)state;
	for (size_t i = 0; i < NELEM(texts); i++) {
		/* On the heap, so that a read past its end is seen. */
		size_t n = strlen(texts[i].object);
		AUTO(mem_free) char *p = mem_array(char, n);
		struct str got;

		memcpy(p, texts[i].object, n);
		got = front_version_text((struct str){ p, n }, 7, room);
		if (!str_eqz(got, texts[i].want))
			fail_msg("%s: got %.*s", texts[i].object,
			    (int)got.n, got.p);
	}
}

static void
test_time(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(time_format_us(text, INT64_C(1790000000123456)),
	    "2026-09-21T14:13:20.123456Z");
	assert_string_equal(time_format_us(text, 0),
	    "1970-01-01T00:00:00.000000Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select_versions),
		cmocka_unit_test(test_select_alone),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_version_text),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
