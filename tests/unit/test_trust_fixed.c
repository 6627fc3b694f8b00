/* Fractions as integers, and the credibility of records on top. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/credibility.h"
#include "trust/fixed.h"

/* 1e-9 in units of the last bit, rounded down. */
#define NANO (FIXED_ONE / 1000000000)

#define assert_near(a, b, most)						\
	assert_in_range((uint64_t)((a) < (b) ? (b) - (a) : (a) - (b)), 0, \
	    (uint64_t)(most))

static void
test_fixed_decay_halves(void **state)
{
	(void)state;
	assert_int_equal(fixed_decay(FIXED_ONE, 0, 100), FIXED_ONE);
	assert_int_equal(fixed_decay(FIXED_ONE, -5, 100), FIXED_ONE);
	assert_int_equal(fixed_decay(FIXED_ONE, 100, 100), FIXED_ONE / 2);
	assert_int_equal(fixed_decay(FIXED_ONE, 1000, 100), FIXED_ONE >> 10);
	assert_int_equal(fixed_decay(FIXED_ONE, INT64_MAX, 100), 0);
	assert_int_equal(fixed_decay(0, 1, 100), 0);
}

/* Two halves of the time are the whole of it; each entry proves the next. */
static void
test_fixed_decay_composes(void **state)
{
	(void)state;
	for (int64_t dt = 1; dt < DAY(400); dt = dt * 3 + 1) {
		int64_t once = fixed_decay(FIXED_ONE, 2 * dt, DAY(90));
		int64_t twice = fixed_decay(fixed_decay(FIXED_ONE, dt,
		    DAY(90)), dt, DAY(90));

		assert_near(once, twice, 4);
	}
}

static void
test_fixed_decay_falls(void **state)
{
	int64_t was = FIXED_ONE;

	(void)state;
	for (int64_t dt = 1; dt < 100000; dt++) {
		int64_t v = fixed_decay(FIXED_ONE, dt, 99991);

		assert_true(v < was);
		was = v;
	}
}

/* Bits computed elsewhere, at 60 decimal places. */
static void
test_fixed_decay_known_bits(void **state)
{
	static const struct {
		int64_t dt, half_life, v;
	} rows[] = {
		{ 1, 2, INT64_C(199032864766430) },
		{ 10, 90, INT64_C(260610563078050) },
		{ 1, 3, INT64_C(223406837066609) },
		{ DAY(1), DAY(90), INT64_C(279315485563695) },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		assert_near(fixed_decay(FIXED_ONE, rows[i].dt,
		    rows[i].half_life), rows[i].v, 1);
}

static void
test_fixed_power(void **state)
{
	(void)state;
	assert_int_equal(fixed_power(0, 1, 2), 0);
	assert_int_equal(fixed_power(FIXED_ONE, 7, 3), FIXED_ONE);
	assert_near(fixed_power(FIXED_ONE / 4, 1, 2), FIXED_ONE / 2, 8);
	assert_near(fixed_power(FIXED_ONE / 2, 3, 1), FIXED_ONE / 8, 8);
	assert_near(fixed_power(FIXED_RATIO(3, 10), 2, 1),
	    FIXED_RATIO(9, 100), 64);
	assert_int_equal(fixed_power(1, INT32_MAX, 1), 0);
	for (int64_t x = FIXED_ONE / 1000; x < FIXED_ONE; x += FIXED_ONE / 997)
		assert_near(fixed_power(fixed_power(x, 1, 3), 3, 1), x,
		    NANO / 10);
}

static void
test_fixed_parse(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t micro;
	} rows[] = {
		{ "1.0", 0, 1000000 }, { "0", 0, 0 }, { ".5", 0, 500000 },
		{ "5.", 0, 5000000 }, { "0.000001", 0, 1 },
		{ "32767", 0, INT64_C(32767000000) },
		{ "18.250000000", 0, 18250000 },
		{ "", ERR_SYNTAX, 0 }, { ".", ERR_SYNTAX, 0 },
		{ "-1", ERR_SYNTAX, 0 }, { "+1", ERR_SYNTAX, 0 },
		{ "1e3", ERR_SYNTAX, 0 }, { "1.0 ", ERR_SYNTAX, 0 },
		{ "1.2.3", ERR_SYNTAX, 0 }, { "nan", ERR_SYNTAX, 0 },
		{ "32768", ERR_VALUE, 0 }, { "32767.1", ERR_VALUE, 0 },
		{ "99999999999999999999999", ERR_VALUE, 0 },
		{ "0.0000000001", ERR_VALUE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		int64_t v = -7;

		assert_int_equal(fixed_parse(str_of(rows[i].text), &v),
		    rows[i].rc);
		if (rows[i].rc == 0)
			assert_int_equal(fixed_micro(v), rows[i].micro);
		else
			assert_int_equal(v, -7);
	}
}

static void
test_fixed_text_rounds(void **state)
{
	char text[FIXED_TEXT_MAX];

	(void)state;
	assert_string_equal(fixed_text(text, 0), "0.000000");
	assert_string_equal(fixed_text(text, 18 * FIXED_ONE), "18.000000");
	assert_string_equal(fixed_text(text, FIXED_ONE * 2 / 3), "0.666667");
	assert_string_equal(fixed_text(text, FIXED_ONE - 1), "1.000000");
}

/* Vector 4. */
static void
test_credibility_vector(void **state)
{
	static const struct report reports[] = {
		{ FIXED_RATIO(85, 100), FIXED_RATIO(70, 100), 1, 1 },
		{ FIXED_RATIO(50, 100), FIXED_RATIO(60, 100), 2, 2 },
	};
	static const struct {
		int64_t day, micro;
	} rows[] = {
		{ 0, 82744979 }, { 10, 80620084 }, { 20, 61327380 },
		{ 30, 0 }, { 31, 0 },
	};
	struct trust_opinion o;

	(void)state;
	assert_int_equal(credibility(reports, NELEM(reports), &o), 2);
	assert_near(fixed_micro(o.b), 654900, 1);
	assert_near(fixed_micro(o.u), 345100, 1);
	assert_near(fixed_micro(credibility_base(&o)), 82744979, 1);
	assert_int_equal(credibility_stix(&o), 83);
	for (size_t i = 0; i < NELEM(rows); i++)
		assert_near(fixed_micro(credibility_decay(credibility_base(
		    &o), DAY(rows[i].day), DAY(30), 300)), rows[i].micro, 1);
}

static void
test_credibility_same_root_or_group_once(void **state)
{
	static const int64_t half = FIXED_ONE / 2;
	static const struct {
		const char *what;
		struct report reports[4];
		size_t counted;
	} rows[] = {
		{ "apart", { { half, half, 1, 1 }, { half, half, 2, 2 } }, 2 },
		{ "a root", { { half, half, 1, 1 }, { half, half, 1, 2 } }, 1 },
		{ "a group", { { half, half, 1, 1 }, { half, half, 2, 1 } }, 1 },
		{ "unknown", { { half, half, 1, 1 }, { half, half, 2, 0 } }, 1 },
		{ "nobody", { { half, 0, 1, 1 } }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct trust_opinion o, turned;
		struct report r[4];

		assert_int_equal(credibility(rows[i].reports, 4, &o),
		    rows[i].counted);
		for (size_t k = 0; k < 4; k++)
			r[k] = rows[i].reports[3 - k];
		assert_int_equal(credibility(r, 4, &turned), rows[i].counted);
		assert_int_equal(o.b, turned.b);
	}
}

/* More reports never take away, and certainty does not overflow. */
static void
test_credibility_grows(void **state)
{
	struct report r[CREDIBILITY_REPORTS_MAX + 3];
	int64_t was = 0;

	(void)state;
	for (size_t i = 0; i < NELEM(r); i++)
		r[i] = (struct report){ FIXED_ONE, FIXED_ONE, i + 1,
		    (uint32_t)i + 1 };
	for (size_t n = 0; n <= NELEM(r); n++) {
		struct trust_opinion o;

		(void)credibility(r, n, &o);
		assert_true(o.b >= was && o.b <= FIXED_ONE);
		assert_in_range(credibility_stix(&o), 50, 100);
		was = o.b;
	}
}

static void
test_credibility_admiralty(void **state)
{
	static const int confidences[] = { 90, 70, 50, 30, 10 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(credibility_from_admiralty((char)('1' + i)),
		    confidences[i]);
		assert_int_equal(credibility_to_admiralty(confidences[i]),
		    '1' + i);
	}
	assert_int_equal(credibility_from_admiralty('6'), -1);
	assert_int_equal(credibility_from_admiralty('x'), -1);
	assert_int_equal(credibility_to_admiralty(-1), '6');
	assert_int_equal(credibility_to_admiralty(100), '1');
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_decay_halves),
		cmocka_unit_test(test_fixed_decay_composes),
		cmocka_unit_test(test_fixed_decay_falls),
		cmocka_unit_test(test_fixed_decay_known_bits),
		cmocka_unit_test(test_fixed_power),
		cmocka_unit_test(test_fixed_parse),
		cmocka_unit_test(test_fixed_text_rounds),
		cmocka_unit_test(test_credibility_vector),
		cmocka_unit_test(test_credibility_same_root_or_group_once),
		cmocka_unit_test(test_credibility_grows),
		cmocka_unit_test(test_credibility_admiralty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
