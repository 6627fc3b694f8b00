#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/cursor.h"
#include "base/unit.h"

static void
test_cursor_reads_what_was_written(void **state)
{
	struct buf b = { 0 };
	struct cur c;

	(void)state;
	out_u8(&b, 7);
	out_u16(&b, 0x1234);
	out_u32(&b, 0xdeadbeef);
	out_u64(&b, UINT64_MAX - 1);
	out_str8(&b, STR("desk"));
	out_str16(&b, STR(""));
	c = cur_of(b.p, b.n);
	assert_int_equal(cur_u8(&c), 7);
	assert_int_equal(cur_u16(&c), 0x1234);
	assert_int_equal(cur_u32(&c), 0xdeadbeef);
	assert_true(cur_u64(&c) == UINT64_MAX - 1);
	assert_true(str_eqz(cur_str8(&c, 10), "desk"));
	assert_int_equal(cur_str16(&c, 10).n, 0);
	assert_int_equal(cur_finish(&c), 0);
	for (size_t n = 0; n < b.n; n++) {
		c = cur_of(b.p, n);
		(void)cur_bytes(&c, b.n);
		assert_int_equal(cur_finish(&c), ERR_SYNTAX);
	}
	buf_clear(&b);
}

static void
test_cursor_limit_and_trailing(void **state)
{
	struct buf b = { 0 };
	struct cur c;

	(void)state;
	out_str8(&b, STR("too long"));
	c = cur_of(b.p, b.n);
	(void)cur_str8(&c, 3);
	assert_int_equal(cur_finish(&c), ERR_LIMIT);
	c = cur_of(b.p, b.n);
	(void)cur_u8(&c);
	assert_int_equal(cur_finish(&c), ERR_SYNTAX);
	buf_clear(&b);
}

static void
test_base64_round_trip_and_strictness(void **state)
{
	static const struct { const char *text; int want; } bad[] = {
		{ "QQ=", ERR_SYNTAX }, { "QQ==QQ==", ERR_SYNTAX },
		{ "QR==", ERR_SYNTAX }, { "Q===", ERR_SYNTAX },
		{ "QUI\n", ERR_SYNTAX }, { "QUJDREVGR0g=", ERR_LIMIT },
	};
	uint8_t back[8];
	struct buf b = { 0 };
	size_t n;

	(void)state;
	for (size_t len = 0; len <= 7; len++) {
		buf_reset(&b);
		base64_encode(&b, (const uint8_t *)"ABCDEFG", len);
		assert_int_equal(base64_decode(back, sizeof(back), buf_str(&b),
		    &n), 0);
		assert_int_equal(n, len);
		assert_memory_equal(back, "ABCDEFG", len);
	}
	for (size_t i = 0; i < NELEM(bad); i++)
		assert_int_equal(base64_decode(back, 7, str_of(bad[i].text),
		    &n), bad[i].want);
	buf_clear(&b);
}

static void
test_str_escape_never_leaves_control_bytes(void **state)
{
	char dst[32], tiny[6];

	(void)state;
	assert_string_equal(str_escape(dst, sizeof(dst), STR("a\nb\"c")),
	    "a\\x0ab\\x22c");
	assert_string_equal(str_escape(tiny, sizeof(tiny),
	    STR("abcdefghijk")), "ab...");
	assert_string_equal(str_escape(tiny, sizeof(tiny), STR("ab")), "ab");
}

static void
test_str_utf8(void **state)
{
	static const struct { const char *s; bool ok; } cases[] = {
		{ "plain", true }, { "\xc3\xa9", true },
		{ "\xf0\x9f\x98\x80", true }, { "\xc0\xaf", false },
		{ "\xed\xa0\x80", false }, { "\xf4\x90\x80\x80", false },
		{ "\xe2\x82", false }, { "\x80", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		assert_int_equal(str_is_utf8(str_of(cases[i].s)),
		    cases[i].ok);
}

static void
test_str_nearest(void **state)
{
	static const char *const names[] = { "permit", "redact", "consult" };
	static const char *const short_names[] = { "C", "B", "id" };

	(void)state;
	assert_string_equal(str_nearest(STR("permitt"), names, 3), "permit");
	assert_null(str_nearest(STR("zzzzzz"), names, 3));
	assert_string_equal(str_nearest(STR("PERMIT"), names, 3), "permit");
	/* Of short words, most of the letters must be there. */
	assert_null(str_nearest(STR("F"), short_names, 3));
	assert_null(str_nearest(STR("via"), short_names, 3));
	assert_string_equal(str_nearest(STR("c"), short_names, 3), "C");
	assert_string_equal(str_nearest(STR("ix"), short_names, 3), "id");
}

static void
test_time_format_and_dates(void **state)
{
	char t[TIME_TEXT_MAX];
	unix_ms_t when;

	(void)state;
	assert_string_equal(time_format(t, (unix_ms_t){ 0 }),
	    "1970-01-01T00:00:00.000Z");
	assert_string_equal(time_format(t, (unix_ms_t){ 1798761599999 }),
	    "2026-12-31T23:59:59.999Z");
	assert_string_equal(time_format(t, UNIX_MS_NEVER), "never");
	assert_int_equal(time_parse_date(STR("2024-02-29"), &when), 0);
	assert_string_equal(time_format(t, when), "2024-02-29T23:59:59.999Z");
	assert_int_equal(time_parse_date(STR("2023-02-29"), &when), ERR_VALUE);
	assert_int_equal(time_parse_date(STR("2023-2-290"), &when),
	    ERR_SYNTAX);
}

static void
test_crypto_vectors(void **state)
{
	/* RFC 8032 7.1, TEST 1 */
	static const char secret[] = "9d61b19deffd5a60ba844af492ec2cc4"
	    "4449c5697b326919703bac031cae7f60";
	static const char public[] = "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a";
	uint8_t seed[32], pub[32], want[32], sig[64];
	struct sign_key *k;
	struct verify_key *v;

	(void)state;
	assert_int_equal(hex_decode(seed, 32, STR(secret)), 0);
	assert_int_equal(hex_decode(want, 32, STR(public)), 0);
	k = sign_key_from_secret(seed);
	assert_non_null(k);
	sign_key_public(k, pub);
	assert_memory_equal(pub, want, 32);
	assert_int_equal(sign_message(k, "x", 1, sig), 0);
	v = verify_key_new(pub);
	assert_int_equal(verify_message(v, "x", 1, sig), 0);
	assert_int_equal(verify_message(v, "y", 1, sig), ERR_SIGNATURE);
	verify_key_free(v);
	sign_key_free(k);
}

static void
test_arena_limit_and_alignment(void **state)
{
	struct arena *a = arena_new(40000);
	char *p;

	(void)state;
	assert_non_null(arena_alloc(a, 1));
	p = arena_alloc(a, 8);
	assert_int_equal((uintptr_t)p % 16, 0);
	assert_non_null(arena_alloc(a, 30000));
	assert_null(arena_alloc(a, 30000));
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_string_equal(arena_dup(a, "text", 4), "text");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_reads_what_was_written),
		cmocka_unit_test(test_cursor_limit_and_trailing),
		cmocka_unit_test(test_base64_round_trip_and_strictness),
		cmocka_unit_test(test_str_escape_never_leaves_control_bytes),
		cmocka_unit_test(test_str_utf8),
		cmocka_unit_test(test_str_nearest),
		cmocka_unit_test(test_time_format_and_dates),
		cmocka_unit_test(test_crypto_vectors),
		cmocka_unit_test(test_arena_limit_and_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
