/* Evidence that comes twice, late, or from a clock that steps back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trust/book.h"
#include "trust/fixed.h"

#define NOW (unix_ms_t){ INT64_C(1767225600000) + DAY(400) }

static struct book *
book(void)
{
	struct trust_rules rules;
	struct book *b;

	trust_rules_default(&rules);
	b = book_new(&rules);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(book_peer(b, i + 1), i);
	return b;
}

static struct trust_evidence
on_day(int64_t day, enum trust_kind kind, uint64_t record)
{
	return (struct trust_evidence){ .by = TRUST_SELF, .kind = kind,
	    .record = record,
	    .at.ms = INT64_C(1767225600000) + DAY(day) };
}

static int
add(struct book *b, struct trust_evidence ev, enum trust_note *out_note)
{
	struct trust_effect effect;
	int rc = book_add(b, &ev, NOW, &effect);

	*out_note = effect.note;
	return rc;
}

static int64_t
b_of(const struct book *b, int peer, enum trust_dimension d)
{
	struct trust_score s;

	trust_score(book_engine(b), peer, d, NOW, &s);
	return s.opinion.b;
}

static void
test_book_add_twice(void **state)
{
	AUTO(book_free) struct book *b = book();
	struct trust_evidence ev = on_day(0, TRUST_SIGHTED, 7);
	enum trust_note note;

	(void)state;
	assert_int_equal(add(b, ev, &note), 0);
	assert_int_equal(add(b, ev, &note), ERR_EXISTS);
	assert_int_equal(note, TRUST_TWICE);
	/* The same fact at another time, or told by somebody else. */
	ev.at.ms += DAY(1);
	assert_int_equal(add(b, ev, &note), ERR_EXISTS);
	ev.kind = TRUST_CONFIRMED;
	ev.by = 1;
	assert_int_equal(add(b, ev, &note), ERR_EXISTS);
	/* Another record is another fact. */
	assert_int_equal(add(b, on_day(1, TRUST_SIGHTED, 8), &note), 0);
	assert_int_equal(book_size(b), 2);
	/* What others call false does not keep us from saying so. */
	ev = on_day(1, TRUST_FALSE_POSITIVE, 9);
	assert_int_equal(add(b, ev, &note), 0);
	ev.by = 1;
	assert_int_equal(add(b, ev, &note), ERR_DENIED);
	assert_int_equal(note, TRUST_NO_STANDING);
}

/* What is refused is not held: it may be said again by who has standing. */
static void
test_book_add_refused_is_not_held(void **state)
{
	AUTO(book_free) struct book *b = book();
	struct trust_evidence ev = on_day(3, TRUST_CONFIRMED, 7);
	enum trust_note note;

	(void)state;
	ev.by = 0;
	assert_int_equal(add(b, ev, &note), ERR_DENIED);
	assert_int_equal(note, TRUST_ABOUT_ITSELF);
	assert_int_equal(book_size(b), 0);
	assert_int_equal(add(b, on_day(3, TRUST_SIGHTED, 7), &note), 0);
	ev = on_day(500, TRUST_SIGHTED, 8);
	assert_int_equal(add(b, ev, &note), ERR_SKEW);
	assert_int_equal(book_size(b), 1);
}

/* Whatever order items come in, the same bits come out. */
static void
test_book_add_in_any_order(void **state)
{
	static const enum trust_kind kinds[] = { TRUST_SIGHTED,
	    TRUST_RECEIPT, TRUST_STALE, TRUST_AUDIT_OPENED, TRUST_CANARY,
	    TRUST_SIGHTED, TRUST_RECEIPT_MISSING, TRUST_ATTESTED };
	enum { N = 97 };
	AUTO(book_free) struct book *first = book();
	enum trust_note note;

	(void)state;
	for (int i = 0; i < N; i++)
		assert_int_equal(add(first, on_day(i * 3, kinds[(size_t)i %
		    NELEM(kinds)], (uint64_t)i + 1), &note), 0);
	for (int step = 2; step < N; step += 19) {
		AUTO(book_free) struct book *b = book();

		for (int i = 0; i < N; i++) {
			int k = i * step % N;

			assert_int_equal(add(b, on_day(k * 3,
			    kinds[(size_t)k % NELEM(kinds)],
			    (uint64_t)k + 1), &note), 0);
		}
		for (int d = 0; d < TRUST_DIMENSIONS; d++)
			assert_int_equal(b_of(b, 0, (enum trust_dimension)d),
			    b_of(first, 0, (enum trust_dimension)d));
	}
}

/* Sponsors answer for a hard gate once, also when all is counted again. */
static void
test_book_sponsors_answer_once(void **state)
{
	AUTO(book_free) struct book *b = book();
	struct trust_evidence ev = on_day(0, TRUST_PLAIN, 0);
	enum trust_note note;
	struct trust_score s;

	(void)state;
	ev.dimension = TRUST_DISCRETION;
	ev.pool = TRUST_COSTLY;
	ev.weight = 8 * FIXED_ONE;
	for (ev.peer = 1; ev.peer <= 2; ev.peer++)
		assert_int_equal(add(b, ev, &note), 0);
	ev = on_day(1, TRUST_VOUCHED, 0);
	for (ev.by = 1; ev.by <= 2; ev.by++)
		assert_int_equal(add(b, ev, &note), 0);
	assert_int_equal(add(b, on_day(5, TRUST_LOOSENED, 3), &note), 0);
	assert_int_equal(book_size(b), 7);
	assert_int_equal(add(b, on_day(2, TRUST_SIGHTED, 4), &note), 0);
	assert_int_equal(book_size(b), 8);
	trust_score(book_engine(b), 1, TRUST_JUDGEMENT,
	    on_day(5, TRUST_PLAIN, 0).at, &s);
	assert_int_equal(s.opinion.s, FIXED_ONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_book_add_twice),
		cmocka_unit_test(test_book_add_refused_is_not_held),
		cmocka_unit_test(test_book_add_in_any_order),
		cmocka_unit_test(test_book_sponsors_answer_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
