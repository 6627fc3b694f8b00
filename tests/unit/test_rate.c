#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vault/rate.h"

static const struct settings_limits limits = {
	.peer_per_second = 10, .peer_burst = 100, .peer_per_day = 1000,
};

static void
test_rate_burst_then_sustained(void **state)
{
	struct rate r = { 0 };
	mono_ms_t now = { 1000 };

	(void)state;
	rate_take(&r, &limits, 100, now);
	assert_true(rate_allows(&r, &limits, now));
	rate_take(&r, &limits, 50, now);
	assert_false(rate_allows(&r, &limits, now));
	now.ms += 4900;
	assert_false(rate_allows(&r, &limits, now));
	now.ms += 200;
	assert_true(rate_allows(&r, &limits, now));
}

/* Asked often, it flows off as fast as when asked seldom. */
static void
test_rate_fractions_add_up(void **state)
{
	struct rate r = { 0 };
	mono_ms_t now = { 0 };

	(void)state;
	rate_take(&r, &limits, 110, now);
	for (int i = 0; i < 99; i++, now.ms += 10)
		assert_false(rate_allows(&r, &limits, now));
	now.ms += 100;
	assert_true(rate_allows(&r, &limits, now));
}

static void
test_rate_day(void **state)
{
	struct rate r = { 0 };
	mono_ms_t now = { 0 };

	(void)state;
	for (int i = 0; i < 11; i++, now.ms += MINUTE(10))
		rate_take(&r, &limits, 100, now);
	assert_false(rate_allows(&r, &limits, now));
	now.ms += DAY(1);
	assert_true(rate_allows(&r, &limits, now));
}

static void
test_quota_take_a_minute(void **state)
{
	struct quota q = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(quota_take(&q, 3, (mono_ms_t){ 59999 }));
	assert_false(quota_take(&q, 3, (mono_ms_t){ 59999 }));
	/* What was refused counts for nothing in the next minute. */
	assert_true(quota_take(&q, 3, (mono_ms_t){ 60000 }));
	assert_false(quota_take(&q, 0, (mono_ms_t){ 120000 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quota_take_a_minute),
		cmocka_unit_test(test_rate_burst_then_sustained),
		cmocka_unit_test(test_rate_fractions_add_up),
		cmocka_unit_test(test_rate_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
