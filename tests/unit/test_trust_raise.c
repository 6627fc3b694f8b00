/* What would raise a score: as the engine then has it, if it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trust/fixed.h"
#include "trust/raise.h"

#define NOW ((unix_ms_t){ INT64_C(1767225600000) })
#define BIT(w) (1U << RAISE_##w)

/* Sponsors 0 and 1 have discretion B, 2 is of the group of 0, 3 is new. */
static struct trust *
engine(void)
{
	struct trust_rules rules;
	struct trust *t;

	trust_rules_default(&rules);
	t = trust_new(&rules);
	for (int i = 0; i < 4; i++) {
		(void)trust_peer_add(t, i == 2 ? 1 : (uint32_t)i + 1);
		trust_peer_presume(t, i, TRUST_DISCRETION, i < 3 ? TRUST_B :
		    TRUST_E);
	}
	return t;
}

static void
vouch(struct trust *t, int by)
{
	const struct trust_evidence ev = { .peer = 3, .by = by, .at = NOW,
	    .kind = TRUST_VOUCHED };
	struct trust_effect effect;

	assert_int_equal(trust_add(t, &ev, NOW, &effect), 0);
}

static void
test_raise_try_vouches(void **state)
{
	static const int sponsors[] = { 0, 2, 1 };
	AUTO(trust_free) struct trust *t = engine();
	const struct raise_trial x = { t, 3, NOW, sponsors, 3 };
	struct raise_result r;
	struct trust_score s;

	(void)state;
	raise_try(&x, TRUST_DISCRETION, BIT(VOUCH), &r);
	assert_int_equal(r.taken, 2);
	assert_int_equal(r.days[TRUST_D], 0);
	assert_int_equal(r.days[TRUST_C], -1);
	/* Nothing was kept, and it comes as it was said. */
	trust_score(t, 3, TRUST_DISCRETION, NOW, &s);
	assert_int_equal(s.opinion.b, 0);
	vouch(t, 0);
	vouch(t, 1);
	trust_score(t, 3, TRUST_DISCRETION, NOW, &s);
	assert_int_equal(s.opinion.b, r.b);
	raise_try(&x, TRUST_DISCRETION, BIT(VOUCH), &r);
	assert_true(r.useless);
}

static void
test_raise_try_strangers(void **state)
{
	static const int sponsors[] = { 0, 2 };
	AUTO(trust_free) struct trust *t = engine();
	const struct raise_trial x = { t, 3, NOW, sponsors, 2 };
	struct raise_result r;

	(void)state;
	raise_try(&x, TRUST_RELIABILITY, BIT(VOUCH), &r);
	assert_int_equal(r.taken, 1);
	assert_int_equal(r.days[TRUST_D], 0);
}

static void
test_raise_try_receipts_stay_below_c(void **state)
{
	AUTO(trust_free) struct trust *t = engine();
	const struct raise_trial x = { t, 3, NOW, NULL, 0 };
	struct raise_result r;

	(void)state;
	raise_try(&x, TRUST_DISCRETION, BIT(RECEIPT), &r);
	assert_int_equal(r.days[TRUST_E], 0);
	assert_int_equal(r.days[TRUST_D], 1);
	assert_int_equal(r.days[TRUST_C], -1);
	raise_try(&x, TRUST_DISCRETION, BIT(RECEIPT) | BIT(VOUCH), &r);
	/* The bound of newcomers: C, never B. */
	assert_true(r.days[TRUST_C] >= 0);
	assert_int_equal(r.days[TRUST_B], -1);
	assert_true(r.b <= FIXED_RATIO(615385, 1000000));
	raise_try(&x, TRUST_DISCRETION, BIT(AUDIT), &r);
	assert_int_equal(r.days[TRUST_C], 14);
	raise_try(&x, TRUST_RELIABILITY, BIT(RECEIPT), &r);
	assert_int_equal(r.b, 0);
}

/* A hard gate holds for 90 days, whatever is done. */
static void
test_raise_try_gated(void **state)
{
	AUTO(trust_free) struct trust *t = engine();
	const struct raise_trial x = { t, 3, NOW, NULL, 0 };
	const struct trust_evidence ev = { .peer = 3, .by = TRUST_SELF,
	    .at = NOW, .kind = TRUST_LOOSENED, .record = 1 };
	struct trust_effect effect;
	struct raise_result r;

	(void)state;
	assert_int_equal(trust_add(t, &ev, NOW, &effect), 0);
	raise_try(&x, TRUST_DISCRETION, BIT(VOUCH) | BIT(RECEIPT) |
	    BIT(AUDIT) | BIT(ATTESTED), &r);
	assert_true(r.days[TRUST_C] >= 90);
}

static void
test_raise_sponsors(void **state)
{
	static const int sponsors[] = { 0, 1, 2, 3 };
	AUTO(trust_free) struct trust *t = engine();
	const struct raise_trial x = { t, 3, NOW, sponsors, 4 };
	enum trust_note notes[4];

	(void)state;
	raise_sponsors(&x, notes);
	/* Of one group, and still each may be asked. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(notes[i], TRUST_ONE_SPONSOR);
	assert_int_equal(notes[3], TRUST_ABOUT_ITSELF);
	vouch(t, 0);
	raise_sponsors(&x, notes);
	assert_int_equal(notes[0], TRUST_TWICE);
	assert_int_equal(notes[1], TRUST_COUNTED);
	assert_int_equal(notes[2], TRUST_SAME_GROUP);
	vouch(t, 1);
	raise_sponsors(&x, notes);
	assert_int_equal(notes[2], TRUST_SPONSORS_FULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raise_try_vouches),
		cmocka_unit_test(test_raise_try_strangers),
		cmocka_unit_test(test_raise_try_receipts_stay_below_c),
		cmocka_unit_test(test_raise_try_gated),
		cmocka_unit_test(test_raise_sponsors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
