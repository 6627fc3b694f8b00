/*
 * What the tests of a policy leave untested, and agreements that end.
 * The warnings themselves are in tests/golden/policy_errors.txt.
 */
#include "policy/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "policy/coverage.h"

#define REFERENCE SOURCE_ROOT "/config/examples/reference.yaml"
#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect, block]}\n" \
	"kinds: {technical: [botnet, ioc]}\n" \
	"classify: [{when: {type: [indicator]}, kind: ioc}]\n" \
	"peers: {cert-xb: {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}}\n"
#define RULES \
	"grants:\n" \
	"  - {id: a, out: any, kind: ioc, for: secops, tlp: <=green}\n" \
	"  - {id: b, out: any, kind: botnet, for: secops, tlp: <=green}\n" \
	"limits:\n" \
	"  - {id: c, out: any, tlp: \">=green\", level: consult}\n" \
	"  - {id: d, in: any, level: consult}\n"
#define TERMS(id, until) \
	"  - {id: " id ", with: cert-xb, until: \"" until "\", digest: " \
	"\"sha256:cd\", ours: {purposes: [secops], kinds: [ioc], tlp: " \
	"green, hops: 0}, theirs: {purposes: [secops], kinds: [ioc], tlp: " \
	"green, hops: 0}}\n"

static struct policy *
load(const char *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p.yaml"), str_of(text)),
	    0);
	p = policy_load(files, "p.yaml", &e);
	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

static void
test_coverage_of(void **state)
{
	static const struct {
		const char *tests, *missed;	/* "id:line " in file order */
		size_t exercised;
		unsigned percent;
	} rows[] = {
		{ "", "a:8 b:9 c:11 d:12 ", 0, 0 },
		/* What matches counts, be it that it decides or not. */
		{ "tests: [{to: cert-xb/ops, kind: ioc, tlp: green, expect: "
		    "consult}]\n", "b:9 d:12 ", 2, 50 },
		{ "tests: [{to: cert-xb/ops, kind: ioc, tlp: clear, expect: "
		    "permit}]\n", "b:9 c:11 d:12 ", 1, 25 },
		/* A test that fails exercises as well. */
		{ "tests: [{from: cert-xb/ops, kind: ioc, expect: "
		    "permit}]\n", "a:8 b:9 c:11 ", 1, 25 },
		{ "tests: [{to: cert-xb/ops, kind: ioc, tlp: green, expect: "
		    "consult}, {to: cert-xb/ops, kind: botnet, tlp: green, "
		    "expect: consult}, {from: cert-xb/ops, kind: ioc, "
		    "expect: deny}]\n", "", 4, 100 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 }, missed = { 0 };
		AUTO(policy_free) struct policy *p = NULL;
		struct coverage c;

		buf_addf(&text, HEAD RULES "%s", rows[i].tests);
		p = load(text.p);
		coverage_of(p, &c);
		buf_addz(&missed, "");
		for (size_t k = 0; k < c.misses.n; k++)
			buf_addf(&missed, "%s:%u ", c.misses.v[k].id,
			    c.misses.v[k].line);
		assert_string_equal(missed.p == NULL ? "" : missed.p,
		    rows[i].missed);
		assert_int_equal(c.rules, 4);
		assert_int_equal(c.exercised, rows[i].exercised);
		assert_int_equal(coverage_percent(&c), rows[i].percent);
		coverage_clear(&c);
	}
}

static void
test_coverage_of_no_rules(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD);
	struct coverage c;

	(void)state;
	coverage_of(p, &c);
	assert_int_equal(c.rules, 0);
	assert_int_equal(coverage_percent(&c), 100);
	coverage_clear(&c);
}

/* From what moment on an agreement is spoken of, and how. */
static void
test_policy_lint_ending(void **state)
{
	static const struct {
		int64_t before_end_ms;
		const char *want;	/* NULL: nothing yet */
	} rows[] = {
		{ DAY(30) + 1, NULL },
		{ DAY(30), "p.yaml:8:5: agreement \"A\" with cert-xb ends in "
		    "30 days; want a new one by then" },
		{ 0, "p.yaml:8:5: agreement \"A\" with cert-xb ends in 0 "
		    "days; want a new one by then" },
		{ -DAY(3), "p.yaml:8:5: agreement \"A\" with cert-xb ended 3 "
		    "days ago: nothing flows by it" },
	};
	AUTO(policy_free) struct policy *p = load(HEAD "agreements:\n"
	    TERMS("A", "2030-01-31") TERMS("B", "2040-01-31"));
	unix_ms_t end;

	(void)state;
	assert_int_equal(time_parse_date(STR("2030-01-31"), &end), 0);
	for (size_t i = 0; i < NELEM(rows); i++) {
		unix_ms_t now = { end.ms - rows[i].before_end_ms };
		AUTO_BUF struct buf b = { 0 };
		bool said = policy_lint_ending(p, now, 0, &b);

		assert_int_equal(said, rows[i].want != NULL);
		if (said)
			assert_string_equal(b.p, rows[i].want);
		assert_false(policy_lint_ending(p, now, 1, &b));
	}
}

/* The reference policy is quiet but for what its tests leave out. */
static void
test_policy_lint_reference(void **state)
{
	FILE *f = fopen(REFERENCE, "re");
	AUTO(mem_free) char *text = mem_zeroed(1, 1 << 20);
	AUTO(policy_free) struct policy *p = NULL;
	struct coverage c;

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	p = load(text);
	assert_null(policy_warning(p, 0));
	coverage_of(p, &c);
	assert_true(coverage_percent(&c) >= 50);
	coverage_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage_of),
		cmocka_unit_test(test_coverage_of_no_rules),
		cmocka_unit_test(test_policy_lint_ending),
		cmocka_unit_test(test_policy_lint_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
