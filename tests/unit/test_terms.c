/* Stored terms: what they make of a label. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/terms.h"

#define ROUNDS 20000

static const char *const desks[] = { "a/ops", "b/lab", "b/ops", "bb/ops",
    "c/ops", NULL };
static const char *const purposes[] = { "block", "detect", "notify", NULL };

struct random {
	uint64_t state;
};

static uint32_t
next(struct random *r, uint32_t below)
{
	r->state = r->state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(r->state >> 33) % below;
}

static void
add_all(struct names *n, const char *const *v)
{
	for (; *v != NULL; v++)
		assert_true(names_add(n, str_of(*v), 512) >= 0);
}

static int
set_up(void **state)
{
	struct vocabulary *v = mem_new(struct vocabulary);

	add_all(&v->desks, desks);
	add_all(&v->purposes, purposes);
	add_all(&v->lineage, (const char *const[]){ "secops", "ngo", NULL });
	*state = v;
	return 0;
}

static int
tear_down(void **state)
{
	vocabulary_clear(*state);
	free(*state);
	return 0;
}

/* A list of some of the names, sorted as they are. */
static void
add_some(struct buf *b, const char *field, const char *const *v,
    struct random *r)
{
	bool first = true;

	buf_addf(b, "%s=", field);
	for (; *v != NULL; v++)
		if (next(r, 2) != 0) {
			buf_addf(b, "%s%s", first ? "" : ",", *v);
			first = false;
		}
	buf_addc(b, '\n');
}

static void
add_terms(struct buf *b, const char *to, struct random *r)
{
	buf_addf(b, "to=%s\ncomity-release/1\n", to);
	add_some(b, "desks", desks, r);
	add_some(b, "purposes", purposes, r);
	buf_addf(b, "hops=%u\nexpires=%u\noblige=\n", next(r, 8),
	    1000 + next(r, 1000));
}

static void
random_label(struct label *l, struct random *r)
{
	label_bottom(l);
	l->purposes = next(r, 8);
	l->hops = (uint8_t)next(r, 8);
	l->expires.ms = 1000 + next(r, 1000);
	l->audience.w[0] = next(r, 32);
	l->lineage = next(r, 4);
	l->tlp = (uint8_t)next(r, 5);
}

/* Whatever is said, it only takes away; more links take away more. */
static void
test_terms_only_tighten(void **state)
{
	const struct vocabulary *v = *state;
	struct random r = { 7 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		AUTO_BUF struct buf one = { 0 }, two = { 0 };
		struct label l, once, twice, steps;

		random_label(&l, &r);
		add_terms(&one, "b", &r);
		add_terms(&two, "c", &r);
		once = l;
		terms_tighten(&once, buf_str(&one), v);
		assert_true(label_le(&l, &once));
		assert_true(once.hops < l.hops || l.hops == 0);
		steps = once;
		terms_tighten(&steps, buf_str(&two), v);
		buf_add(&one, two.p, two.n);
		twice = l;
		terms_tighten(&twice, buf_str(&one), v);
		assert_true(label_le(&once, &twice));
		assert_memory_equal(&twice, &steps, sizeof(steps));
	}
}

/* Only the desks of who got it are spoken of, and no namesake's. */
static void
test_terms_audience(void **state)
{
	static const char text[] = "to=b\ncomity-release/1\n"
	    "desks=b/ops,c/ops\npurposes=detect\nhops=1\nexpires=never\n"
	    "oblige=\nlocal-lineage=ngo,\n";
	const struct vocabulary *v = *state;
	struct label l;

	label_bottom(&l);
	l.audience.w[0] = 0x1f;
	terms_tighten(&l, STR(text), v);
	assert_int_equal(l.audience.w[0], 0x1f & ~2);
	assert_int_equal(l.lineage, 2);
	assert_int_equal(l.hops, 1);
	assert_int_equal(l.purposes, 2);
	assert_true(str_starts(terms_release(STR(text)),
	    "comity-release/1\ndesks=b/ops,c/ops\n"));
	assert_int_equal(terms_release(STR("")).n, 0);
}

/* What does not read allows nothing. */
static void
test_terms_unreadable(void **state)
{
	static const char *const cases[] = { "", "x", "to=b\n", "to=b",
	    "comity-release/1\ndesks=\npurposes=\nhops=0\nexpires=never\n"
	    "oblige=\n",
	    "to=b\ncomity-release/1\ndesks=\npurposes=detect\nhops=1\n"
	    "expires=never\noblige=\nto=c\n" };
	const struct vocabulary *v = *state;

	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l, top;

		label_bottom(&l);
		label_top(&top);
		terms_tighten(&l, str_of(cases[i]), v);
		assert_memory_equal(&l, &top, sizeof(l));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_terms_only_tighten),
		TEST(test_terms_audience),
		TEST(test_terms_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
