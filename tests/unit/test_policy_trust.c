/*
 * What a policy says of scores, as the trust engine gets it.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "trust/fixed.h"

#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect], intel: [collect]}\n" \
	"kinds: {technical: [ioc]}\n" \
	"peers:\n" \
	"  cert-xb: {country: XB, type: national, wall: attested, " \
	"desks: {ops: [secops]}}\n" \
	"  cert-xc: {country: XB, type: national, wall: attested, " \
	"desks: {ops: [secops]}}\n" \
	"  cert-xd: {country: XA, type: national, wall: attested, " \
	"desks: {ops: [secops]}}\n"

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
test_policy_trust_unstated(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD);
	struct trust_rules rules;

	(void)state;
	trust_rules_default(&rules);
	assert_memory_equal(&policy_trust(p)->rules, &rules, sizeof(rules));
	assert_int_equal(policy_trust(p)->blocking, BAND_C);
	/* By country, which we share with one of them. */
	assert_int_equal(policy_org_group(p, 1), policy_org_group(p, 2));
	assert_int_equal(policy_org_group(p, 0), policy_org_group(p, 3));
	assert_int_not_equal(policy_org_group(p, 0), policy_org_group(p, 1));
	assert_string_equal(policy_org_group_name(p, 1), "XB");
}

static void
test_policy_trust_stated(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD
	    "bands: {A: 0.9, B: 0.7, C: 0.5, D: 0.3}\n"
	    "trust:\n"
	    "  half-life: {good: 30d, vouch: 60d, bad: 90d}\n"
	    "  weights: {false-positive: -2.5, confirmed: 0.5, "
	    "receipt: \"+.05\"}\n"
	    "  groups: {gov: [cert-xa, cert-xb], isp: [cert-xc]}\n"
	    "  blocking: \">=B\"\n");
	const struct policy_trust *t = policy_trust(p);
	struct trust_rules rules;

	(void)state;
	trust_rules_default(&rules);
	assert_int_equal(t->blocking, BAND_B);
	assert_int_equal(t->rules.good_half_life, DAY(30));
	assert_int_equal(t->rules.vouch_half_life, DAY(60));
	assert_int_equal(t->rules.harm_half_life, DAY(90));
	assert_int_equal(t->rules.bands[0], FIXED_RATIO(9, 10));
	assert_int_equal(t->rules.bands[3], FIXED_RATIO(3, 10));
	assert_int_equal(t->rules.weights[TRUST_FALSE_POSITIVE],
	    FIXED_RATIO(5, 2));
	assert_int_equal(t->rules.weights[TRUST_CONFIRMED],
	    FIXED_RATIO(1, 2));
	assert_int_equal(t->rules.weights[TRUST_RECEIPT],
	    FIXED_RATIO(1, 20));
	assert_int_equal(t->rules.weights[TRUST_STALE],
	    rules.weights[TRUST_STALE]);
	assert_int_equal(policy_org_group(p, 0), policy_org_group(p, 1));
	assert_int_not_equal(policy_org_group(p, 1), policy_org_group(p, 2));
	assert_string_equal(policy_org_group_name(p, 2), "isp");
	assert_string_equal(policy_org_group_name(p, 3), "XA");
	assert_int_not_equal(policy_org_group(p, 0), policy_org_group(p, 3));
}

/* The bands that policies write are those of the engine, to the bit. */
static void
test_policy_trust_usual_bands(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD
	    "bands: {A: 0.80, B: 0.65, C: 0.45, D: 0.25}\n"
	    "trust: {blocking: any}\n");
	struct trust_rules rules;

	(void)state;
	trust_rules_default(&rules);
	assert_memory_equal(&policy_trust(p)->rules, &rules, sizeof(rules));
	assert_int_equal(policy_trust(p)->blocking, BAND_E);
}

/* A sign that is against its kind never gets into the engine. */
static void
test_policy_trust_wrong_sign(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD
	    "trust: {weights: {false-positive: +2.5, confirmed: -1}}\n");

	(void)state;
	assert_int_equal(policy_trust(p)->rules.weights[TRUST_CONFIRMED], 0);
	assert_int_equal(policy_trust(p)->rules.weights[
	    TRUST_FALSE_POSITIVE], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_trust_unstated),
		cmocka_unit_test(test_policy_trust_stated),
		cmocka_unit_test(test_policy_trust_usual_bands),
		cmocka_unit_test(test_policy_trust_wrong_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
