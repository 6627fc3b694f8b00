#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "audit/approval.h"
#include "audit/entry.h"

static void
seqs(struct seq_list *l, size_t n, int64_t from, int64_t step)
{
	for (size_t i = 0; i < n; i++)
		vec_push(&l->at, from + (int64_t)i * step);
}

static void
test_decisions_round_trip(void **state)
{
	struct audit_decisions d = { .at = { 1700000000123 },
	    .peer = STR("cert-xb.example"), .policy = { 1, 2, 3 } }, back;
	struct buf b = { 0 };

	(void)state;
	vec_push(&d.groups, (struct audit_group){ .outcome = 3,
	    .reason = 1, .by = STR("") });
	vec_push(&d.groups, (struct audit_group){ .outcome = 0,
	    .reason = 0, .by = STR("out-clean") });
	seqs(&d.groups.v[0].seqs, 3, 5, 1000000007);
	seqs(&d.groups.v[1].seqs, 300, 1, 1);
	audit_decisions_encode(&d, &b);
	assert_int_equal(audit_decisions_decode(buf_str(&b), &back), 0);
	assert_true(str_eqz(back.peer, "cert-xb.example"));
	assert_int_equal(back.groups.n, 2);
	assert_int_equal(back.groups.v[0].outcome, 3);
	assert_int_equal(back.groups.v[0].seqs.at.v[2], 2000000019);
	assert_true(str_eqz(back.groups.v[1].by, "out-clean"));
	assert_int_equal(back.groups.v[1].seqs.at.n, 300);
	audit_decisions_clear(&back);
	for (size_t n = 0; n < b.n; n++)
		assert_true(audit_decisions_decode((struct str){ b.p, n },
		    &back) < 0);
	audit_decisions_clear(&d);
	buf_clear(&b);
}

static void
test_receipt_round_trip(void **state)
{
	struct audit_receipt r = { .at = { 17 }, .peer = STR("p"),
	    .position = 9, .message = STR("signed") }, back;
	struct buf b = { 0 };

	(void)state;
	seqs(&r.delivered, 5, 10, 3);
	seqs(&r.refused, 1, 7, 1);
	audit_receipt_encode(&r, &b);
	assert_int_equal(audit_receipt_decode(buf_str(&b), &back), 0);
	assert_int_equal(back.position, 9);
	assert_int_equal(back.delivered.at.v[4], 22);
	assert_int_equal(back.redacted.at.n, 0);
	assert_int_equal(back.refused.at.v[0], 7);
	assert_true(str_eqz(back.message, "signed"));
	audit_receipt_clear(&back);
	for (size_t n = 0; n < b.n; n++)
		assert_true(audit_receipt_decode((struct str){ b.p, n },
		    &back) < 0);
	audit_receipt_clear(&r);
	buf_clear(&b);
}

/* A list that goes back, stands still or promises too much is refused. */
static void
test_seq_list_is_strict(void **state)
{
	static const struct { const char *name; uint8_t b[12]; size_t n; }
	bad[] = {
		{ "a step of zero", { 2, 1, 0 }, 3 },
		{ "more than there is", { 200, 1 }, 2 },
		{ "a number without end", { 1, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff }, 11 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(bad); i++) {
		struct cur c = cur_of(bad[i].b, bad[i].n);
		struct seq_list l = { 0 };

		seq_list_cur(&c, 100, &l);
		if (cur_finish(&c) == 0)
			fail_msg("%s was taken", bad[i].name);
		vec_clear(&l.at);
	}
}

/* Every prefix fails; the whole gives the same again, with and without key. */
static void
test_audit_approval_round(void **state)
{
	struct audit_approval a = { .at = { 42 }, .what = STR("policy"),
	    .subject = STR("ab12"), .who = STR("duty"),
	    .verdict = STR("approve"), .reason = STR("seen") };

	(void)state;
	for (int key = 0; key < 2; key++) {
		AUTO_BUF struct buf one = { 0 }, two = { 0 };
		struct audit_approval b;

		a.by_key = key;
		a.proof.request = STR("policy approve\n{}");
		memset(a.proof.key, 7, sizeof(a.proof.key));
		memset(a.signature, 9, sizeof(a.signature));
		audit_approval_encode(&a, &one);
		for (size_t n = 0; n < one.n; n++)
			assert_int_not_equal(audit_approval_decode(
			    (struct str){ one.p, n }, &b), 0);
		assert_int_equal(audit_approval_decode(buf_str(&one), &b), 0);
		assert_int_equal(b.by_key, key);
		audit_approval_encode(&b, &two);
		assert_true(str_eq(buf_str(&one), buf_str(&two)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions_round_trip),
		cmocka_unit_test(test_receipt_round_trip),
		cmocka_unit_test(test_seq_list_is_strict),
		cmocka_unit_test(test_audit_approval_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
