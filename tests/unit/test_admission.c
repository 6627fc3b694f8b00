#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "config/settings.h"
#include "supervisor/admission.h"

#define START_MS INT64_C(1000000000)

static struct settings settings;

static struct admission_key
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
	return admission_key((const struct sockaddr *)&sa);
}

static struct admission_question
question(const char *address, int64_t ms)
{
	return (struct admission_question){ .limits = &settings.limits,
	    .key = key_of(address), .now = { START_MS + ms } };
}

static bool
ask(struct admission *a, const char *address, int64_t ms)
{
	struct admission_question q = question(address, ms);

	return admission_ask(a, &q);
}

static unsigned
ask_times(struct admission *a, const char *address, int64_t ms, unsigned n)
{
	unsigned let_in = 0;

	for (unsigned i = 0; i < n; i++)
		let_in += ask(a, address, ms);
	return let_in;
}

static void
gone(struct admission *a, const char *address)
{
	struct admission_key k = key_of(address);

	admission_gone(a, &k);
}

static int
setup(void **state)
{
	settings_defaults(&settings);
	*state = admission_new();
	return 0;
}

static int
teardown(void **state)
{
	admission_free(*state);
	return 0;
}

static void
test_admission_key(void **state)
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct admission_key a = key_of(cases[i].a);
		struct admission_key b = key_of(cases[i].b);

		if ((memcmp(a.b, b.b, sizeof(a.b)) == 0) != cases[i].same)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
		assert_false(a.local);
	}
	assert_true(key_of("127.0.0.1").local);
	assert_true(key_of("::1").local);
	assert_true(key_of("::ffff:127.0.0.9").local);
}

static void
test_admission_per_address(void **state)
{
	struct admission *a = *state;

	assert_int_equal(ask_times(a, "192.0.2.1", 0, 10), 4);
	assert_int_equal(ask_times(a, "192.0.2.2", 0, 10), 4);
	gone(a, "192.0.2.1");
	assert_int_equal(ask_times(a, "192.0.2.1", 1, 10), 1);
}

static void
test_admission_per_minute(void **state)
{
	struct admission *a = *state;
	unsigned let_in = 0;

	for (int i = 0; i < 100; i++)
		if (ask(a, "192.0.2.1", i * 100)) {
			gone(a, "192.0.2.1");
			let_in++;
		}
	assert_int_equal(let_in, 20);
	assert_true(ask(a, "192.0.2.1", MINUTE(1)));
}

/* Who proves itself is no stranger: it may come back as often as it has to. */
static void
test_admission_proved_does_not_count(void **state)
{
	struct admission *a = *state;
	struct admission_key k = key_of("192.0.2.1");

	for (int i = 0; i < 100; i++) {
		assert_true(ask(a, "192.0.2.1", i));
		admission_proved(a, &k);
	}
}

static void
test_admission_early_drop(void **state)
{
	struct admission *a = *state;
	unsigned let_in = 0;
	char address[32];

	for (unsigned i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "198.18.%u.%u", i / 250,
		    i % 250);
		let_in += ask(a, address, i * 20);
		if (i < 16)
			assert_int_equal(let_in, i + 1);
		assert_true(let_in <= 64);
	}
	/* With so many tries chance has let in nearly all that may be. */
	assert_true(let_in >= 48);
	assert_false(ask(a, "127.0.0.1", 0) && let_in >= 64);
}

static void
test_admission_penalty(void **state)
{
	static const int64_t want_ms[] = { SEC(10), SEC(20), SEC(40), SEC(80),
		SEC(160), SEC(320), MINUTE(10), MINUTE(10) };
	struct admission *a = *state;
	struct admission_key k = key_of("192.0.2.1");
	int64_t now = 0;

	for (size_t i = 0; i < sizeof(want_ms) / sizeof(want_ms[0]); i++) {
		struct admission_question q = question("192.0.2.1", now);

		admission_penalty(a, &q);
		assert_false(ask(a, "192.0.2.1", now));
		assert_false(ask(a, "192.0.2.1", now + want_ms[i] - 1));
		assert_true(ask(a, "192.0.2.9", now));
		gone(a, "192.0.2.9");
		now += want_ms[i];
		assert_true(ask(a, "192.0.2.1", now));
		gone(a, "192.0.2.1");
	}
	/* A proof that succeeds clears it. */
	assert_true(ask(a, "192.0.2.1", now));
	admission_proved(a, &k);
	{
		struct admission_question q = question("192.0.2.1", now);

		admission_penalty(a, &q);
	}
	assert_true(ask(a, "192.0.2.1", now + SEC(10)));
}

static void
test_admission_handshakes_per_second(void **state)
{
	struct admission *a = *state;
	unsigned let_in = 0;

	settings.limits.handshakes_per_second = 7;
	for (int i = 0; i < 50; i++)
		if (ask(a, "127.0.0.1", 10)) {
			gone(a, "127.0.0.1");
			let_in++;
		}
	assert_int_equal(let_in, 7);
	assert_true(ask(a, "127.0.0.1", 1010));
}

/* Strangers in masses do not make it forget who is open or shut out. */
static void
test_admission_many_addresses(void **state)
{
	struct admission *a = *state;
	char address[32];

	assert_int_equal(ask_times(a, "192.0.2.1", 0, 10), 4);
	settings.limits.handshakes_per_second = 1000000;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "198.18.%u.%u", i / 250,
		    i % 250);
		if (ask(a, address, 10))
			gone(a, address);
	}
	assert_int_equal(ask_times(a, "192.0.2.1", 20, 10), 0);
}

#define ADMISSION_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ADMISSION_TEST(test_admission_key),
		ADMISSION_TEST(test_admission_per_address),
		ADMISSION_TEST(test_admission_per_minute),
		ADMISSION_TEST(test_admission_proved_does_not_count),
		ADMISSION_TEST(test_admission_early_drop),
		ADMISSION_TEST(test_admission_penalty),
		ADMISSION_TEST(test_admission_handshakes_per_second),
		ADMISSION_TEST(test_admission_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
