#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "front/limit.h"

#define START_MS INT64_C(1000000000)

static struct limit_key
key_of(const char *text)
{
	struct sockaddr_storage sa = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		sa.ss_family = AF_INET;
	} else {
		sa.ss_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr),
		    1);
	}
	return limit_key((const struct sockaddr *)&sa);
}

static unsigned
connect_times(struct limit *l, const char *address, int64_t ms, unsigned n)
{
	struct limit_key k = key_of(address);
	unsigned served = 0;

	for (unsigned i = 0; i < n; i++)
		served += limit_connect(l, &k, (mono_ms_t){ START_MS + ms });
	return served;
}

static void
disconnect_times(struct limit *l, const char *address, unsigned n)
{
	struct limit_key k = key_of(address);

	while (n-- > 0)
		limit_disconnect(l, &k);
}

static void
test_limit_key(void **state)
{
	static const struct { const char *a, *b; bool same; } cases[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "192.0.2.1", "c000:201::", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct limit_key a = key_of(cases[i].a);
		struct limit_key b = key_of(cases[i].b);

		if ((memcmp(a.b, b.b, sizeof(a.b)) == 0) != cases[i].same)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
		assert_false(a.local);
	}
	assert_true(key_of("127.0.0.1").local);
	assert_true(key_of("::1").local);
	assert_true(key_of("::ffff:127.0.0.9").local);
}

static void
test_limit_key_text(void **state)
{
	static const char *const cases[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2::9", "2001:db8:1:2::/64" },
	};
	char text[LIMIT_KEY_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct limit_key k = key_of(cases[i][0]);

		assert_string_equal(limit_key_text(&k, text), cases[i][1]);
	}
	assert_string_equal(limit_key_text(&(struct limit_key){ 0 }, text),
	    "elsewhere");
}

static void
test_limit_connections(void **state)
{
	struct limit_options o = limit_options_default();
	AUTO(limit_free) struct limit *l = NULL;

	(void)state;
	o.connections = 10;
	o.per_address = 4;
	l = limit_new(&o);
	assert_int_equal(connect_times(l, "192.0.2.1", 0, 9), 4);
	assert_int_equal(connect_times(l, "2001:db8::1", 0, 3), 3);
	assert_int_equal(connect_times(l, "2001:db8::2", 0, 3), 1);
	assert_int_equal(connect_times(l, "127.0.0.1", 0, 9), 2);
	disconnect_times(l, "2001:db8::3", 1);
	assert_int_equal(connect_times(l, "192.0.2.1", 0, 1), 0);
	assert_int_equal(connect_times(l, "192.0.2.2", 0, 2), 1);
}

static void
test_limit_new_connections(void **state)
{
	struct limit_options o = limit_options_default();
	AUTO(limit_free) struct limit *l = NULL;
	unsigned served = 0;

	(void)state;
	o.burst = 5;
	o.per_second = 2;
	l = limit_new(&o);
	for (unsigned i = 0; i < 20; i++) {
		served += connect_times(l, "192.0.2.1", 0, 1);
		disconnect_times(l, "192.0.2.1", served == i + 1);
	}
	assert_int_equal(served, 5);
	assert_int_equal(connect_times(l, "192.0.2.1", 499, 1), 0);
	assert_int_equal(connect_times(l, "192.0.2.1", 1000, 5), 2);
	assert_int_equal(connect_times(l, "192.0.2.2", 0, 9), 5);
	/* Time that goes backwards is no harm. */
	assert_int_equal(connect_times(l, "192.0.2.1", 900, 1), 0);
	assert_int_equal(connect_times(l, "127.0.0.1", 0, 99), 99);
}

/* 10,000 unknown tokens in a minute: 120 of them are looked at. */
static void
test_limit_logins(void **state)
{
	struct limit_options o = limit_options_default();
	AUTO(limit_free) struct limit *l = limit_new(&o);
	struct limit_key k = key_of("127.0.0.1");
	struct limit_key other = key_of("192.0.2.1");
	unsigned looked_at = 0;
	mono_ms_t now = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		now.ms = START_MS + i * 6;
		if (limit_login_wait(l, &k, now) > 0)
			continue;
		looked_at++;
		limit_login_failed(l, &k, now);
	}
	assert_in_range(looked_at, 119, 120);
	assert_in_range(limit_login_wait(l, &k, now), 1, 7);
	assert_int_equal(limit_login_wait(l, &other, now), 0);
	now.ms += 7000;
	assert_int_equal(limit_login_wait(l, &k, now), 0);
	for (unsigned i = 0; i < 3; i++)
		limit_login_failed(l, &k, now);
	assert_true(limit_login_wait(l, &k, now) > 0);
	limit_login_passed(l, &k);
	assert_int_equal(limit_login_wait(l, &k, now), 0);
}

/* Strangers from everywhere do not make open connections forgotten. */
static void
test_limit_many_addresses(void **state)
{
	struct limit_options o = limit_options_default();
	AUTO(limit_free) struct limit *l = NULL;
	struct limit_key k = key_of("192.0.2.1");

	(void)state;
	o.connections = 20;
	o.per_address = 4;
	l = limit_new(&o);
	assert_int_equal(connect_times(l, "192.0.2.1", 0, 4), 4);
	for (unsigned i = 0; i < o.failures; i++)
		limit_login_failed(l, &k, (mono_ms_t){ START_MS });
	for (unsigned i = 0; i < 3000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "2001:db8:%x::1", i);
		assert_int_equal(connect_times(l, text, i, 1), 1);
		disconnect_times(l, text, 1);
	}
	assert_int_equal(connect_times(l, "192.0.2.1", 3000, 1), 0);
	assert_true(limit_login_wait(l, &k, (mono_ms_t){ START_MS + 1 }) >
	    0);
	disconnect_times(l, "192.0.2.1", 1);
	assert_int_equal(connect_times(l, "192.0.2.1", 3000, 2), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit_key),
		cmocka_unit_test(test_limit_key_text),
		cmocka_unit_test(test_limit_connections),
		cmocka_unit_test(test_limit_new_connections),
		cmocka_unit_test(test_limit_logins),
		cmocka_unit_test(test_limit_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
