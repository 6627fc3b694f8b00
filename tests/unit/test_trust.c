/* The engine: the vectors of the specification, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/fixed.h"
#include "trust/trust.h"

#define REL TRUST_RELIABILITY
#define DIS TRUST_DISCRETION
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
day(int64_t n)
{
	return (unix_ms_t){ INT64_C(1767225600000) + DAY(n) };
}

static struct trust_effect
add(struct trust *t, struct trust_evidence ev)
{
	struct trust_effect effect;

	assert_int_equal(trust_add(t, &ev, ev.at, &effect), 0);
	return effect;
}

static void
add_plain(struct trust *t, int64_t n, enum trust_dimension d,
    enum trust_pool pool, int64_t weight)
{
	(void)add(t, (struct trust_evidence){ .at = day(n), .by = TRUST_SELF,
	    .dimension = d, .pool = pool, .weight = weight });
}

static void
add_kind(struct trust *t, int64_t n, enum trust_kind kind)
{
	(void)add(t, (struct trust_evidence){ .at = day(n), .by = TRUST_SELF,
	    .kind = kind });
}

/* Within a millionth, as the columns of a vector are written. */
static void
assert_column(int64_t got, int64_t micro)
{
	int64_t v = fixed_micro(got);

	if (v < micro - 1 || v > micro + 1)
		fail_msg("got %lld millionths, expected %lld", (long long)v,
		    (long long)micro);
}

static struct trust_score
score(const struct trust *t, int64_t n, enum trust_dimension d)
{
	struct trust_score s;

	trust_score(t, 0, d, day(n), &s);
	return s;
}

struct row {
	int64_t day, r, s, b, d, u, e;
	char band;
};

static void
assert_row(const struct trust *t, enum trust_dimension d,
    const struct row *row)
{
	struct trust_score s = score(t, row->day, d);

	assert_column(s.opinion.r, row->r);
	assert_column(s.opinion.s, row->s);
	assert_column(s.opinion.b, row->b);
	assert_column(s.opinion.d, row->d);
	assert_column(s.opinion.u, row->u);
	assert_column(s.opinion.e, row->e);
	assert_int_equal("ABCDE"[s.band], row->band);
}

static void
test_vector_1_reliability(void **state)
{
	static const struct row rows[] = {
		{ 0, 1000000, 0, 333333, 0, 666667, 500000, 'D' },
		{ 10, 2925875, 0, 593981, 0, 406019, 695486, 'C' },
		{ 30, 2508188, 1000000, 455356, 181548, 363096, 546130, 'C' },
		{ 45, 5234542, 943874, 640043, 115410, 244546, 701180, 'C' },
		{ 60, 4663447, 890899, 617320, 117932, 264748, 683507, 'C' },
		{ 60, 4663447, 4890899, 403610, 423295, 173095, 446884, 'D' },
	};
	AUTO(trust_free) struct trust *t = engine(1);

	(void)state;
	add_plain(t, 0, REL, TRUST_COSTLY, FIXED_ONE);
	assert_row(t, REL, &rows[0]);
	assert_int_equal(score(t, 0, REL).letter, 'F');
	add_plain(t, 10, REL, TRUST_COSTLY, 2 * FIXED_ONE);
	assert_row(t, REL, &rows[1]);
	assert_int_equal(score(t, 10, REL).letter, 'C');
	add_plain(t, 30, REL, TRUST_HARM, FIXED_ONE);
	assert_row(t, REL, &rows[2]);
	for (int i = 0; i < 5; i++)
		add_kind(t, 45, TRUST_SIGHTED);
	assert_row(t, REL, &rows[3]);
	assert_row(t, REL, &rows[4]);
	add_kind(t, 60, TRUST_WARNING_LISTED);
	assert_row(t, REL, &rows[5]);
}

static void
test_vector_2_discretion(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	struct trust_score s;

	(void)state;
	add_plain(t, 0, DIS, TRUST_VOUCH, Q(820000));
	add_plain(t, 0, DIS, TRUST_VOUCH, Q(740000));
	for (int64_t n = 1; n <= 60; n++) {
		for (int i = 0; i < 7; i++)	/* 5 count a day */
			add_kind(t, n, TRUST_RECEIPT);
		if (n == 30) {
			s = score(t, n, DIS);
			assert_column(s.opinion.r, 2989802);
			assert_column(s.opinion.b, 599182);
			assert_int_equal(s.band, TRUST_C);
		}
		if (n == 31 || n == 45 || n == 59)
			add_kind(t, n, TRUST_AUDIT_OPENED);
	}
	add_kind(t, 60, TRUST_ATTESTED);
	s = score(t, 60, DIS);
	assert_column(s.opinion.r, 7521236);
	assert_column(s.opinion.b, 789943);
	assert_column(s.opinion.e, 842457);
	assert_int_equal(s.band, TRUST_B);
	(void)add(t, (struct trust_evidence){ .at = day(60), .record = 1,
	    .by = TRUST_SELF, .kind = TRUST_CANARY });
	s = score(t, 60, DIS);
	assert_column(s.opinion.b, 556254);
	assert_int_equal(s.band, TRUST_C);
	assert_int_equal(s.gated_until.ms, 0);
	assert_true(add(t, (struct trust_evidence){ .at = day(61),
	    .record = 2, .by = TRUST_SELF, .kind = TRUST_CANARY }).gated);
	s = score(t, 61, DIS);
	assert_column(s.opinion.r, 7468274);
	assert_column(s.opinion.s, 11984626);
	assert_column(s.opinion.b, 348124);
	assert_int_equal(s.band, TRUST_D);
	assert_int_equal(s.gated_until.ms, day(151).ms);
	s = score(t, 151, DIS);
	assert_column(s.opinion.r, 3989585);
	assert_column(s.opinion.s, 8474411);
	assert_column(s.opinion.b, 275829);
	assert_int_equal(s.band, TRUST_D);
}

static void
test_vector_3_fusion(void **state)
{
	struct trust_opinion ours, said, fused;

	(void)state;
	trust_discount(Q(700000), Q(600000), Q(100000), &said);
	assert_column(said.b, 420000);
	assert_column(said.d, 70000);
	assert_column(said.u, 510000);
	assert_column(said.r, 1000000);
	assert_column(said.s, 274510);
	trust_opinion(FIXED_RATIO(4663447, 1000000) , Q(890899), &ours);
	trust_fuse(&ours, &said, &fused);
	assert_column(fused.b, 641470);
	assert_column(fused.d, 132000);
	assert_column(fused.u, 226530);
}

/* Every refusal leaves the peer as it was. */
static void
test_trust_add_refuses(void **state)
{
	static const struct {
		struct trust_evidence ev;
		int rc;
		enum trust_note note;
	} rows[] = {
		{ { .peer = 3, .by = TRUST_SELF }, ERR_NOT_FOUND,
		    TRUST_UNKNOWN_PEER },
		{ { .peer = -1, .by = TRUST_SELF }, ERR_NOT_FOUND,
		    TRUST_UNKNOWN_PEER },
		{ { .by = 9 }, ERR_NOT_FOUND, TRUST_UNKNOWN_PEER },
		{ { .by = TRUST_SELF, .weight = -1 }, ERR_VALUE, 0 },
		{ { .by = TRUST_SELF, .kind = TRUST_KINDS }, ERR_VALUE, 0 },
		{ { .by = TRUST_SELF, .pool = TRUST_POOLS }, ERR_VALUE, 0 },
		{ { .by = TRUST_SELF, .dimension = TRUST_DIMENSIONS },
		    ERR_VALUE, 0 },
		{ { .by = TRUST_SELF, .kind = TRUST_VOUCHED }, ERR_VALUE, 0 },
		{ { .by = 1, .kind = TRUST_REFERRED, .said_b = FIXED_ONE,
		    .said_d = 1 }, ERR_VALUE, 0 },
		{ { .by = 0, .kind = TRUST_CONFIRMED }, ERR_DENIED,
		    TRUST_ABOUT_ITSELF },
		{ { .by = 1, .kind = TRUST_CONFIRMED }, ERR_DENIED,
		    TRUST_NO_STANDING },
		{ { .by = 2, .kind = TRUST_CONFIRMED, .same_root = true },
		    ERR_DENIED, TRUST_SAME_ROOT },
		{ { .by = 1, .kind = TRUST_VOUCHED }, ERR_DENIED,
		    TRUST_NO_STANDING },
		{ { .by = 1, .kind = TRUST_REFERRED }, ERR_DENIED,
		    TRUST_NO_STANDING },
		{ { .by = TRUST_SELF, .kind = TRUST_LIFTED,
		    .dimension = DIS }, ERR_DENIED, TRUST_NOT_GATED },
	};
	AUTO(trust_free) struct trust *t = engine(3);
	struct trust_effect effect;
	struct trust_score before = score(t, 1, REL), after;

	(void)state;
	for (int i = 0; i < 6; i++)
		(void)add(t, (struct trust_evidence){ .peer = 2,
		    .by = TRUST_SELF, .at = day(i / 3 - 1),
		    .kind = TRUST_SIGHTED });
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct trust_evidence ev = rows[i].ev;

		ev.at = day(0);
		assert_int_equal(trust_add(t, &ev, day(1), &effect),
		    rows[i].rc);
		assert_int_equal(effect.note, rows[i].note);
		assert_int_equal(effect.counted, 0);
	}
	after = score(t, 1, REL);
	assert_memory_equal(&before.opinion, &after.opinion,
	    sizeof(before.opinion));
}

static void
test_trust_add_time(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	struct trust_evidence ev = { .at = day(10), .by = TRUST_SELF,
	    .kind = TRUST_SIGHTED };
	struct trust_effect effect;
	struct trust_score was, now;

	(void)state;
	/* From the future, but for what clocks differ. */
	assert_int_equal(trust_add(t, &ev, day(9), &effect), ERR_SKEW);
	assert_int_equal(effect.note, TRUST_FUTURE);
	ev.at.ms = day(9).ms + TRUST_SKEW_MS;
	assert_int_equal(trust_add(t, &ev, day(9), &effect), 0);
	/* Out of order: the caller counts again; nothing changed. */
	was = score(t, 10, REL);
	ev.at = day(8);
	assert_int_equal(trust_add(t, &ev, day(10), &effect), ERR_ORDER);
	assert_int_equal(effect.note, TRUST_LATE);
	now = score(t, 10, REL);
	assert_int_equal(was.opinion.b, now.opinion.b);
	/* A clock that steps back a day makes nothing grow. */
	now = score(t, 8, REL);
	assert_int_equal(now.opinion.r, FIXED_ONE);
}

/* Looking at scores in between changes no bit of later ones. */
static void
test_trust_score_alters_nothing(void **state)
{
	AUTO(trust_free) struct trust *looked = engine(1);
	AUTO(trust_free) struct trust *t = engine(1);

	(void)state;
	for (int64_t n = 0; n < 300; n++) {
		if (n % 3 == 0) {
			add_kind(looked, n, TRUST_SIGHTED);
			add_kind(t, n, TRUST_SIGHTED);
		}
		(void)score(looked, n, REL);
		(void)trust_refresh(looked, day(n), NULL, NULL);
	}
	assert_int_equal(score(looked, 300, REL).opinion.b,
	    score(t, 300, REL).opinion.b);
}

static void
on_band(void *arg, int peer, enum trust_dimension d, enum trust_band was)
{
	char *text = arg;

	assert_int_equal(peer, 0);
	assert_int_equal(d, REL);
	text[strlen(text)] = "ABCDE"[was];
}

static void
test_trust_refresh_tells_changes(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	char text[32] = "";

	(void)state;
	assert_int_equal(trust_refresh(t, day(0), on_band, text), 0);
	for (int i = 0; i < 3; i++)
		add_kind(t, 0, TRUST_SIGHTED);
	assert_int_equal(trust_refresh(t, day(0), on_band, text), 1);
	assert_int_equal(trust_refresh(t, day(0), on_band, text), 0);
	/* Silence wears it off, a band at a time. */
	for (int64_t n = 1; n < 700; n++)
		(void)trust_refresh(t, day(n), on_band, text);
	assert_string_equal(text, "ECD");
	/* What is counted again is told only if it comes out different. */
	trust_reset(t, 0);
	assert_int_equal(trust_refresh(t, day(700), on_band, text), 0);
	assert_int_equal(score(t, 700, REL).opinion.b, 0);
}

static void
test_trust_gate_lifted(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);

	(void)state;
	for (int64_t n = 0; n < 20; n++)
		add_plain(t, n, DIS, TRUST_COSTLY, FIXED_ONE);
	add_kind(t, 20, TRUST_LOOSENED);
	assert_int_equal(score(t, 20, DIS).band, TRUST_D);
	assert_true(score(t, 20, DIS).opinion.b > Q(650000));
	assert_int_equal(score(t, 109, DIS).band, TRUST_D);
	(void)add(t, (struct trust_evidence){ .at = day(21), .kind =
	    TRUST_LIFTED, .dimension = DIS, .by = TRUST_SELF });
	assert_int_equal(score(t, 21, DIS).band, TRUST_B);
}

static void
test_trust_attestation_caps(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);

	(void)state;
	for (int i = 0; i < 10; i++)
		add_plain(t, 0, DIS, TRUST_COSTLY, FIXED_ONE);
	assert_int_equal(score(t, 0, DIS).band, TRUST_A);
	add_kind(t, 0, TRUST_GOV_TIE_CHANGED);
	assert_int_equal(score(t, 0, DIS).band, TRUST_D);
	assert_true(score(t, 0, DIS).capped);
	(void)add(t, (struct trust_evidence){ .at = day(1), .kind =
	    TRUST_ATTESTED, .until = day(20), .by = TRUST_SELF });
	assert_int_equal(score(t, 20, DIS).band, TRUST_A);
	/* It ends by itself, and may be said to have lapsed before. */
	assert_int_equal(score(t, 21, DIS).band, TRUST_D);
	add_kind(t, 22, TRUST_ATTESTED);
	assert_int_equal(score(t, 22, DIS).band, TRUST_A);
	add_kind(t, 23, TRUST_ATTESTATION_LAPSED);
	assert_int_equal(score(t, 23, DIS).band, TRUST_D);
	/* Reliability is not touched. */
	assert_false(score(t, 23, REL).capped);
}

static void
attest(struct trust *t, int at, int until)
{
	(void)add(t, (struct trust_evidence){ .at = day(at), .kind =
	    TRUST_ATTESTED, .until = day(until), .by = TRUST_SELF });
}

/* Nobody cuts short what another attested. */
static void
test_trust_attestation_longest_holds(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);

	(void)state;
	attest(t, 1, 100);
	attest(t, 2, 40);
	assert_false(score(t, 41, DIS).capped);
	attest(t, 50, 120);
	assert_false(score(t, 119, DIS).capped);
	assert_true(score(t, 121, DIS).capped);
	/* After a change it is attested anew, and only for so long. */
	add_kind(t, 121, TRUST_GOV_TIE_CHANGED);
	attest(t, 122, 130);
	assert_false(score(t, 129, DIS).capped);
	assert_true(score(t, 131, DIS).capped);
	add_kind(t, 132, TRUST_ATTESTED);
	attest(t, 133, 140);
	assert_false(score(t, 141, DIS).capped);
}

static void
test_trust_sum_by_kind(void **state)
{
	AUTO(trust_free) struct trust *t = engine(1);
	struct trust_sum sum;

	(void)state;
	add_kind(t, 0, TRUST_FALSE_POSITIVE);
	add_kind(t, 180, TRUST_FALSE_POSITIVE);
	trust_sum(t, 0, TRUST_FALSE_POSITIVE, day(180), &sum);
	assert_int_equal(sum.n, 2);
	assert_int_equal(sum.last.ms, day(180).ms);
	assert_int_equal(sum.weight, FIXED_ONE * 3 / 2);
	assert_true(trust_bytes(t) < 16 * 4096);
}

static void
test_trust_names(void **state)
{
	(void)state;
	for (int i = 0; i < TRUST_KINDS; i++)
		assert_int_equal(trust_kind_find(str_of(trust_kind_name(
		    (enum trust_kind)i))), i);
	for (int i = 0; i < TRUST_POOLS; i++)
		assert_int_equal(trust_pool_find(str_of(trust_pool_name(
		    (enum trust_pool)i))), i);
	for (int i = 0; i < TRUST_DIMENSIONS; i++)
		assert_int_equal(trust_dimension_find(str_of(
		    trust_dimension_name((enum trust_dimension)i))), i);
	for (int i = 0; i <= TRUST_NOT_GATED; i++)
		assert_non_null(trust_note_text((enum trust_note)i));
	assert_int_equal(trust_kind_find(STR("nonsense")), -1);
	assert_int_equal(trust_pool_find(STR("")), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector_1_reliability),
		cmocka_unit_test(test_vector_2_discretion),
		cmocka_unit_test(test_vector_3_fusion),
		cmocka_unit_test(test_trust_add_refuses),
		cmocka_unit_test(test_trust_add_time),
		cmocka_unit_test(test_trust_score_alters_nothing),
		cmocka_unit_test(test_trust_refresh_tells_changes),
		cmocka_unit_test(test_trust_gate_lifted),
		cmocka_unit_test(test_trust_attestation_caps),
		cmocka_unit_test(test_trust_attestation_longest_holds),
		cmocka_unit_test(test_trust_sum_by_kind),
		cmocka_unit_test(test_trust_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
