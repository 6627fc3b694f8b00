/* What the specification says that no conduct can reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trust/fixed.h"
#include "trust/trust.h"

#define REL TRUST_RELIABILITY
#define DIS TRUST_DISCRETION
#define JUD TRUST_JUDGEMENT
#define Q(millionths) FIXED_RATIO(millionths, 1000000)

static struct trust *
engine(int npeers)
{
	struct trust_rules rules;
	struct trust *t;

	trust_rules_default(&rules);
	t = trust_new(&rules);
	for (int i = 0; i < npeers; i++)
		assert_int_equal(trust_peer_add(t, (uint32_t)i + 1), i);
	return t;
}

static unix_ms_t
at(int64_t ms)
{
	return (unix_ms_t){ INT64_C(1767225600000) + ms };
}

static int
try_add(struct trust *t, struct trust_evidence ev, enum trust_note *out_note)
{
	struct trust_effect effect;
	int rc = trust_add(t, &ev, ev.at, &effect);

	*out_note = effect.note;
	return rc;
}

static struct trust_effect
add(struct trust *t, struct trust_evidence ev)
{
	struct trust_effect effect;

	assert_int_equal(trust_add(t, &ev, ev.at, &effect), 0);
	return effect;
}

/* Good standing in a dimension: r of it, at once. */
static void
give(struct trust *t, int peer, enum trust_dimension d, int r, int64_t ms)
{
	for (int i = 0; i < r; i++)
		(void)add(t, (struct trust_evidence){ .peer = peer,
		    .by = TRUST_SELF, .at = at(ms + DAY(i / 3)),
		    .dimension = d, .pool = TRUST_COSTLY,
		    .weight = FIXED_ONE });
}

static int64_t
micro_b(const struct trust *t, int peer, enum trust_dimension d, int64_t ms)
{
	struct trust_score s;

	trust_score(t, peer, d, at(ms), &s);
	return fixed_micro(s.opinion.b);
}

static enum trust_band
band(const struct trust *t, int peer, enum trust_dimension d, int64_t ms)
{
	struct trust_score s;

	trust_score(t, peer, d, at(ms), &s);
	return s.band;
}

static struct trust_evidence
vouch(int peer, int by, int64_t ms)
{
	return (struct trust_evidence){ .peer = peer, .by = by,
	    .at = at(ms), .kind = TRUST_VOUCHED };
}

/* Sponsors 1 and 2 with all they need, at day 40. */
static struct trust *
with_sponsors(int npeers)
{
	struct trust *t = engine(npeers);

	for (int i = 1; i <= 2; i++)
		for (int64_t day = 0; day < 40; day++)
			give(t, i, DIS, 1, DAY(day));
	return t;
}

/* A new identity starts at b = 0, below every gate. */
static void
test_new_identity_below_every_gate(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	struct trust_score s;

	(void)state;
	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		trust_score(t, 0, (enum trust_dimension)d, at(0), &s);
		assert_int_equal(s.opinion.b, 0);
		assert_int_equal(s.opinion.e, FIXED_ONE / 4);
		assert_int_equal(s.band, TRUST_E);
		assert_int_equal(s.letter, 'F');
	}
}

/* Two perfect vouches and unlimited receipts: r 3.2, b 0.615385, never B. */
static void
test_newcomer_stays_at_c(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	struct trust_score s;

	(void)state;
	for (int64_t day = 0; day < 1000; day++) {
		/* Vouched for again every day, by whoever. */
		for (int i = 0; i < 2; i++)
			(void)add(t, (struct trust_evidence){ .at = at(DAY(
			    day)), .by = TRUST_SELF, .dimension = DIS,
			    .pool = TRUST_VOUCH, .weight = FIXED_ONE });
		for (int i = 0; i < 100; i++)
			(void)add(t, (struct trust_evidence){ .at = at(DAY(
			    day)), .by = TRUST_SELF, .kind = TRUST_RECEIPT });
		trust_score(t, 0, DIS, at(DAY(day)), &s);
		assert_true(fixed_micro(s.opinion.r) <= 3200000);
		assert_true(s.band >= TRUST_C);
	}
	assert_int_equal(fixed_micro(s.opinion.r), 3200000);
	assert_int_equal(fixed_micro(s.opinion.b), 615385);
	assert_int_equal(s.band, TRUST_C);
}

/* Bad-mouthing moves r 8 from 0.800000 to at most 0.727273. */
static void
test_bad_mouthing_is_bounded(void **state)
{
	AUTO(trust_free) struct trust *t = engine(11);

	(void)state;
	for (int i = 1; i <= 10; i++) {
		give(t, i, REL, 5, 0);
		give(t, i, JUD, 18, DAY(1));
	}
	for (int i = 0; i < 8; i++)
		(void)add(t, (struct trust_evidence){ .at = at(DAY(6)),
		    .by = TRUST_SELF, .dimension = DIS, .pool = TRUST_COSTLY,
		    .weight = FIXED_ONE });
	assert_int_equal(micro_b(t, 0, DIS, DAY(6)), 800000);
	for (int i = 1; i <= 10; i++)
		for (int n = 0; n < 50; n++)
			(void)add(t, (struct trust_evidence){ .by = i,
			    .at = at(DAY(6)), .kind = TRUST_REFERRED,
			    .dimension = DIS, .said_d = FIXED_ONE });
	assert_int_equal(micro_b(t, 0, DIS, DAY(6)), 727273);
}

/* The same holds for false positives that others claim. */
static void
test_claimed_false_positives_are_bounded(void **state)
{
	AUTO(trust_free) struct trust *t = engine(2);

	(void)state;
	give(t, 1, REL, 5, 0);
	give(t, 1, JUD, 18, DAY(1));
	for (int i = 0; i < 8; i++)
		(void)add(t, (struct trust_evidence){ .at = at(DAY(6)),
		    .by = TRUST_SELF, .dimension = REL, .pool = TRUST_CHEAP,
		    .weight = FIXED_RATIO(1, 10) });
	for (uint64_t i = 0; i < 500; i++)
		(void)add(t, (struct trust_evidence){ .by = 1, .record = i,
		    .at = at(DAY(6)), .kind = TRUST_FALSE_POSITIVE });
	/* .8 / (.8 + 1 + 2) */
	assert_int_equal(micro_b(t, 0, REL, DAY(6)), 210526);
}

/* At the ceiling one loosening gives 0.692308; A again after 227.3 days. */
static void
test_one_loosening_costs_227_days(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	int64_t ms = 0;

	(void)state;
	for (int i = 0; i < 30; i++)
		(void)add(t, (struct trust_evidence){ .at = at(0),
		    .by = TRUST_SELF, .dimension = DIS, .pool = TRUST_COSTLY,
		    .weight = FIXED_ONE });
	assert_int_equal(micro_b(t, 0, DIS, 0), 900000);
	assert_int_equal(band(t, 0, DIS, 0), TRUST_A);
	assert_true(add(t, (struct trust_evidence){ .at = at(0),
	    .by = TRUST_SELF, .kind = TRUST_LOOSENED }).gated);
	assert_int_equal(micro_b(t, 0, DIS, 0), 692308);
	assert_int_equal(band(t, 0, DIS, 0), TRUST_D);
	while (band(t, 0, DIS, ms) != TRUST_A && ms < DAY(300)) {
		ms += HOUR(1);
		(void)add(t, (struct trust_evidence){ .at = at(ms),
		    .by = TRUST_SELF, .dimension = DIS, .pool = TRUST_COSTLY,
		    .weight = FIXED_ONE });
	}
	/* 180 log2(6 / 2.5) = 227.35 */
	assert_in_range(ms, DAY(227) + HOUR(6), DAY(227) + HOUR(10));
}

static void
test_confirmed_by_same_group_counts_0(void **state)
{
	static const struct {
		uint32_t theirs, ours;
		bool same_root;
		int rc;
	} rows[] = {
		{ 1, 1, false, ERR_DENIED }, { 0, 1, false, ERR_DENIED },
		{ 1, 0, false, ERR_DENIED }, { 1, 2, true, ERR_DENIED },
		{ 1, 2, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(trust_free) struct trust *t = engine(2);
		enum trust_note note;

		trust_peer_group(t, 0, rows[i].theirs);
		trust_peer_group(t, 1, rows[i].ours);
		give(t, 1, REL, 5, 0);
		assert_int_equal(try_add(t, (struct trust_evidence){ .by = 1,
		    .at = at(DAY(1)), .kind = TRUST_CONFIRMED,
		    .same_root = rows[i].same_root }, &note), rows[i].rc);
		assert_int_equal(micro_b(t, 0, REL, DAY(1)),
		    rows[i].rc == 0 ? 333333 : 0);
	}
}

/* A flood of confirmations counts three a day, whoever sends it. */
static void
test_flood_of_confirmations(void **state)
{
	AUTO(trust_free) struct trust *t = engine(2);
	struct trust_score s;

	(void)state;
	give(t, 1, REL, 5, 0);
	for (uint64_t i = 0; i < 10000; i++)
		(void)add(t, (struct trust_evidence){ .by = 1, .record = i,
		    .at = at(DAY(1) + (int64_t)i), .kind = TRUST_CONFIRMED });
	trust_score(t, 0, REL, at(DAY(1)), &s);
	assert_in_range(fixed_micro(s.opinion.r), 2999990, 3000000);
}

static void
test_vouch_needs_two_apart(void **state)
{
	AUTO(trust_free) struct trust *t = with_sponsors(5);
	struct trust_effect effect;
	enum trust_note note;

	(void)state;
	assert_int_equal(band(t, 1, DIS, DAY(40)), TRUST_A);
	effect = add(t, vouch(0, 1, DAY(40)));
	assert_int_equal(effect.note, TRUST_ONE_SPONSOR);
	assert_int_equal(micro_b(t, 0, REL, DAY(40)), 0);
	/* Of the same group, newcomers, and a third: not. */
	trust_peer_group(t, 2, 2);
	assert_int_equal(try_add(t, vouch(0, 2, DAY(40)), &note), ERR_DENIED);
	assert_int_equal(note, TRUST_SAME_GROUP);
	assert_int_equal(try_add(t, vouch(0, 3, DAY(40)), &note), ERR_DENIED);
	assert_int_equal(note, TRUST_NO_STANDING);
	trust_peer_group(t, 2, 3);
	effect = add(t, vouch(0, 2, DAY(40)));
	assert_int_equal(effect.note, TRUST_COUNTED);
	/* Both dimensions, no judgement. */
	assert_int_equal(micro_b(t, 0, REL, DAY(40)), 444444);
	assert_int_equal(micro_b(t, 0, DIS, DAY(40)), 444444);
	assert_int_equal(micro_b(t, 0, JUD, DAY(40)), 0);
	/* The same again renews and adds nothing. */
	(void)add(t, vouch(0, 2, DAY(40)));
	assert_int_equal(micro_b(t, 0, DIS, DAY(40)), 444444);
	assert_int_equal(trust_sponsor(t, 0, 0), 1);
	assert_int_equal(trust_sponsor(t, 0, 1), 2);
	assert_int_equal(trust_sponsor(t, 3, 0), -1);
}

/* A sponsor that leaves takes the vouch with it: it takes two. */
static void
test_sponsor_leaves(void **state)
{
	AUTO(trust_free) struct trust *t = with_sponsors(3);

	(void)state;
	(void)add(t, vouch(0, 1, DAY(40)));
	(void)add(t, vouch(0, 2, DAY(40)));
	(void)add(t, (struct trust_evidence){ .by = 1, .at = at(DAY(41)),
	    .kind = TRUST_SPONSOR_LEFT });
	assert_int_equal(micro_b(t, 0, REL, DAY(41)), 0);
	assert_int_equal(trust_sponsor(t, 0, 0), -1);
	/* Who never vouched cannot leave. */
	(void)add(t, (struct trust_evidence){ .by = 1, .at = at(DAY(41)),
	    .kind = TRUST_SPONSOR_LEFT });
	assert_int_equal(trust_sponsor(t, 0, 1), 2);
}

/* A ring: who was vouched for vouches for its sponsor. */
static void
test_vouch_ring(void **state)
{
	AUTO(trust_free) struct trust *t = with_sponsors(5);
	enum trust_note note;

	(void)state;
	(void)add(t, vouch(0, 1, DAY(40)));
	give(t, 0, REL, 1, DAY(41));
	for (int64_t day = 41; day < 80; day++)
		give(t, 0, DIS, 1, DAY(day));
	assert_int_equal(band(t, 0, DIS, DAY(80)), TRUST_A);
	assert_int_equal(try_add(t, vouch(1, 0, DAY(80)), &note), ERR_DENIED);
	assert_int_equal(note, TRUST_RELATED);
	/* Sponsor and sponsored together for a third. */
	(void)add(t, vouch(3, 1, DAY(80)));
	assert_int_equal(try_add(t, vouch(3, 0, DAY(80)), &note), ERR_DENIED);
	assert_int_equal(note, TRUST_RELATED);
}

/* Who vouched within a year answers for a hard gate. */
static void
test_sponsors_answer(void **state)
{
	AUTO(trust_free) struct trust *t = with_sponsors(3);

	(void)state;
	(void)add(t, vouch(0, 1, DAY(40)));
	(void)add(t, vouch(0, 2, DAY(40)));
	assert_int_equal(trust_answers(t, 0, at(DAY(400)), 0), 1);
	assert_int_equal(trust_answers(t, 0, at(DAY(406)), 0), -1);
	(void)add(t, (struct trust_evidence){ .peer = 1, .by = TRUST_SELF,
	    .at = at(DAY(400)), .kind = TRUST_VOUCHED_GATED });
	assert_int_equal(micro_b(t, 1, JUD, DAY(400)), 0);
}

/* Another item of good evidence never lowers b, of bad never raises it. */
static void
test_evidence_keeps_its_sign(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		AUTO(trust_free) struct trust *t = engine(1);

		for (int i = 0; i < 50; i++) {
			int pool, d;
			int64_t before, after;

			random = random * 1664525 + 1013904223;
			pool = (int)(random >> 16 & 0xff) % TRUST_POOLS;
			d = (int)(random >> 24) % TRUST_DIMENSIONS;
			before = micro_b(t, 0, (enum trust_dimension)d,
			    DAY(i));
			(void)add(t, (struct trust_evidence){ .at = at(DAY(
			    i)), .by = TRUST_SELF, .dimension =
			    (enum trust_dimension)d, .pool =
			    (enum trust_pool)pool, .weight = (random & 0xff) *
			    (FIXED_ONE / 64) });
			after = micro_b(t, 0, (enum trust_dimension)d,
			    DAY(i));
			if (pool >= TRUST_HARM)
				assert_true(after <= before);
			else
				assert_true(after >= before);
			assert_in_range(after, 0, 900000);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_identity_below_every_gate),
		cmocka_unit_test(test_newcomer_stays_at_c),
		cmocka_unit_test(test_bad_mouthing_is_bounded),
		cmocka_unit_test(test_claimed_false_positives_are_bounded),
		cmocka_unit_test(test_one_loosening_costs_227_days),
		cmocka_unit_test(test_confirmed_by_same_group_counts_0),
		cmocka_unit_test(test_flood_of_confirmations),
		cmocka_unit_test(test_vouch_needs_two_apart),
		cmocka_unit_test(test_sponsor_leaves),
		cmocka_unit_test(test_vouch_ring),
		cmocka_unit_test(test_sponsors_answer),
		cmocka_unit_test(test_evidence_keeps_its_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
