#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vault/front/next.h"

#define AT INT64_C(1790000000123456)

static const uint8_t key[FRONT_NEXT_KEY_BYTES] = { 1, 2, 3 };
static const uint8_t other_key[FRONT_NEXT_KEY_BYTES] = { 1, 2, 4 };

static struct front_next
next_of(const struct msg_front_query *q)
{
	return (struct front_next){ key, STR("ops"), STR("c-1"),
	    front_query_digest(q) };
}

static void
test_next_round_trip(void **state)
{
	static const int64_t places[] = { -1, 0, 1, AT, INT64_MAX,
	    INT64_MIN };
	struct msg_front_query q = { .what = TAXII_OBJECTS };
	struct front_next n = next_of(&q);

	(void)state;
	for (size_t i = 0; i < NELEM(places); i++) {
		AUTO_BUF struct buf b = { 0 }, again = { 0 };
		int64_t got = 5;

		front_next_make(&n, places[i], &b);
		assert_true(b.n <= TAXII_NEXT_MAX);
		assert_int_equal(strspn(b.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789-_"), b.n);
		assert_int_equal(front_next_read(&n, buf_str(&b), &got), 0);
		assert_true(got == places[i]);
		front_next_make(&n, places[i], &again);
		assert_true(str_eq(buf_str(&b), buf_str(&again)));
	}
}

/* Every character of it counts, and so does its length. */
static void
test_next_forged(void **state)
{
	struct msg_front_query q = { .what = TAXII_OBJECTS };
	struct front_next n = next_of(&q);
	AUTO_BUF struct buf b = { 0 };
	int64_t got = 5;

	(void)state;
	front_next_make(&n, AT, &b);
	for (size_t i = 0; i < b.n; i++) {
		char was = b.p[i];

		b.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(front_next_read(&n, buf_str(&b), &got),
		    0);
		b.p[i] = was;
		assert_int_not_equal(front_next_read(&n, (struct str){ b.p,
		    i }, &got), 0);
	}
	buf_addc(&b, 'A');
	assert_int_not_equal(front_next_read(&n, buf_str(&b), &got), 0);
	assert_int_equal(front_next_read(&n, STR(
	    "++++++++++++++++++++++++++++++++"), &got), ERR_SYNTAX);
	assert_int_equal(front_next_read(&n, STR(
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff"), &got), ERR_SYNTAX);
	assert_true(got == 5);
}

static const struct str ids[] = { STR("a"), STR("b") };
static const struct str joined[] = { STR("ab") };
static const struct taxii_version first[] = { { TAXII_VERSION_FIRST, 0 } };
static const struct taxii_version at[] = { { TAXII_VERSION_AT, 3 } };

/* What a token is bound to: with any of it changed, it is refused. */
static void
test_next_bound(void **state)
{
	const struct msg_front_query was = { .what = TAXII_OBJECTS,
	    .ids = ids, .nids = 2 };
	const struct msg_front_query others[] = {
		{ .what = TAXII_MANIFEST, .ids = ids, .nids = 2 },
		{ .what = TAXII_OBJECTS },
		{ .what = TAXII_OBJECTS, .ids = joined, .nids = 1 },
		{ .what = TAXII_OBJECTS, .types = ids, .ntypes = 2 },
		{ .what = TAXII_OBJECTS, .spec_versions = ids,
		  .nspec_versions = 2 },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 1 },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 2,
		  .versions = first, .nversions = 1 },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 2,
		  .versions = at, .nversions = 1 },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 2,
		  .has_after = true },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 2,
		  .has_after = true, .after_us = 1 },
		{ .what = TAXII_OBJECTS, .ids = ids, .nids = 2,
		  .object = STR("x") },
	};
	struct front_next n = next_of(&was);
	AUTO_BUF struct buf b = { 0 };
	struct msg_front_query limited = was;
	int64_t got;

	(void)state;
	front_next_make(&n, AT, &b);
	for (size_t i = 0; i < NELEM(others); i++) {
		struct front_next o = next_of(&others[i]);

		if (front_next_read(&o, buf_str(&b), &got) != ERR_DENIED)
			fail_msg("query %zu takes another's token", i);
	}
	n.desk = STR("soc");
	assert_int_equal(front_next_read(&n, buf_str(&b), &got), ERR_DENIED);
	n = next_of(&was);
	n.collection = STR("c-2");
	assert_int_equal(front_next_read(&n, buf_str(&b), &got), ERR_DENIED);
	n = next_of(&was);
	n.key = other_key;
	assert_int_equal(front_next_read(&n, buf_str(&b), &got), ERR_DENIED);
	/* The size of a page may be another on each. */
	limited.limit = 7;
	n = next_of(&limited);
	assert_int_equal(front_next_read(&n, buf_str(&b), &got), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_round_trip),
		cmocka_unit_test(test_next_forged),
		cmocka_unit_test(test_next_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
