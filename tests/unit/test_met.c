/*
 * What both sides allow: the algebra of ceilings, and decisions under it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "policy/met.h"

#define ROUNDS 20000
#define UNTIL_A 1896134399999	/* 2030-01-31, its last millisecond */
#define POLICY \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect, block], intel: [collect]}\n" \
	"kinds: {technical: [botnet, ioc, victim], rest: [content]}\n" \
	"definitions: {content: \"sha256:de\"}\n" \
	"peers:\n" \
	"  cert-xb: {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"circles: {c: {members: [cert-xb], foci: [botnet, ioc, victim], " \
	    "charter: \"sha256:aa\"}}\n" \
	"agreements:\n" \
	"  - {id: A, with: cert-xb, until: \"2030-01-31\", digest: " \
	    "\"sha256:bb\", ours: {purposes: [secops], kinds: [ioc, botnet]," \
	    " tlp: amber, hops: 3}, theirs: {purposes: [secops], kinds: " \
	    "[ioc, botnet], tlp: amber, hops: 2}}\n" \
	"grants:\n" \
	"  - {id: bilat, out: {agreement: A}, kind: technical, for: " \
	    "[secops], tlp: <=amber}\n" \
	"  - {id: ring, out: {circle: c}, kind: [victim], for: [secops], " \
	    "tlp: <=green}\n" \
	"  - {id: words, out: any, kind: [content, ioc], for: [secops], " \
	    "tlp: <=clear}\n" \
	"limits:\n" \
	"  - {id: undef, out: any, definition: unshared, level: consult}\n"

static struct policy *
load(void)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p.yaml"),
	    str_of(POLICY)), 0);
	p = policy_load(files, "p.yaml", &e);
	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

static uint64_t
next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static struct policy_ceiling
any_ceiling(uint64_t *s)
{
	return (struct policy_ceiling){
		.kinds = next_random(s) & next_random(s),
		.purposes = (uint32_t)next_random(s),
		.tlp = (uint8_t)(next_random(s) % (TLP_RED + 1)),
		.hops = (uint8_t)(next_random(s) % (LABEL_HOPS_MAX + 1)),
		.until = { (int64_t)(next_random(s) % 1000) } };
}

static bool
same(const struct policy_ceiling *a, const struct policy_ceiling *b)
{
	return ceiling_within(a, b) && ceiling_within(b, a) &&
	    a->kinds == b->kinds && a->purposes == b->purposes;
}

/* Commutative, associative, idempotent, never wider than either. */
static void
test_ceiling_meet_properties(void **state)
{
	uint64_t s = 88172645463325252;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct policy_ceiling a = any_ceiling(&s);
		struct policy_ceiling b = any_ceiling(&s);
		struct policy_ceiling c = any_ceiling(&s);
		struct policy_ceiling ab = ceiling_meet(&a, &b);
		struct policy_ceiling ba = ceiling_meet(&b, &a);
		struct policy_ceiling bc = ceiling_meet(&b, &c);
		struct policy_ceiling left = ceiling_meet(&ab, &c);
		struct policy_ceiling right = ceiling_meet(&a, &bc);
		struct policy_ceiling aa = ceiling_meet(&a, &a);

		assert_true(same(&ab, &ba));
		assert_true(same(&left, &right));
		assert_true(same(&aa, &a));
		assert_true(ceiling_within(&ab, &a));
		assert_true(ceiling_within(&ab, &b));
		/* The widest that is: what is within both is within it. */
		if (ceiling_within(&c, &a) && ceiling_within(&c, &b))
			assert_true(ceiling_within(&c, &ab));
	}
}

static void
decide(const struct policy *p, const char *text,
    const struct policy_met *met, struct decision *out)
{
	struct policy_request req;
	struct label label;
	struct err e = { 0 };

	if (policy_parse_request(p, str_of(text), &req, &label, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	req.met = met;
	policy_decide(p, &req, out);
}

/* What is agreed binds a grant that rests on it, in every respect. */
static void
test_met_binds_decisions(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	static const char *const ioc =
	    "to: cert-xb/ops, kind: ioc, tlp: green, date: \"2029-01-01\"";
	struct policy_met as_written, met;
	struct decision d;

	(void)state;
	policy_met_written(p, &as_written);
	decide(p, ioc, NULL, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	assert_int_equal(d.cap_hops, 2);
	decide(p, ioc, &as_written, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	assert_int_equal(d.cap_hops, 2);
	assert_int_equal(d.purposes, 3);

	met = as_written;
	met.agreements[0].kinds &= ~(UINT64_C(1) << names_find(
	    &policy_vocabulary(p)->kinds, STR("ioc")));
	decide(p, ioc, &met, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	assert_int_equal(d.reason, REASON_DEFAULT);

	met = as_written;
	met.agreements[0].tlp = TLP_CLEAR;
	decide(p, ioc, &met, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);

	met = as_written;
	met.agreements[0].purposes = 2;
	met.agreements[0].hops = 1;
	decide(p, ioc, &met, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	assert_int_equal(d.purposes, 2);
	assert_int_equal(d.cap_hops, 1);
	met.agreements[0].purposes = 4;		/* of another domain */
	decide(p, ioc, &met, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);

	met = as_written;
	met.foci[0] = 0;
	decide(p, "to: cert-xb/ops, kind: victim, tlp: green", &as_written,
	    &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	decide(p, "to: cert-xb/ops, kind: victim, tlp: green", &met, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
}

/* No ceiling ever gives what the policy as written does not. */
static void
test_met_never_widens(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	uint64_t s = 2463534242;
	struct policy_request req;
	struct policy_met met;
	struct label label;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: green, date: \"2029-01-01\""), &req, &label, &e), 0);
	req.label = &label;
	for (int i = 0; i < ROUNDS; i++) {
		struct decision without, with;

		label.kind = (uint8_t)(next_random(&s) %
		    policy_vocabulary(p)->kinds.n);
		label.tlp = (uint8_t)(next_random(&s) % (TLP_RED + 1));
		label.hops = (uint8_t)(next_random(&s) % 8);
		policy_met_written(p, &met);
		met.agreements[0] = any_ceiling(&s);
		met.agreements[0].until.ms = INT64_MAX;
		met.foci[0] = next_random(&s);
		req.met = NULL;
		policy_decide(p, &req, &without);
		req.met = &met;
		policy_decide(p, &req, &with);
		assert_true(with.outcome >= without.outcome);
		assert_true(with.outcome >= OUTCOME_DENY ||
		    with.cap_hops <= without.cap_hops ||
		    with.agreements != without.agreements ||
		    with.circles != without.circles);
	}
}

/* An agreement ends with its last millisecond, stated by either side. */
static void
test_met_ends(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	struct policy_request req;
	struct policy_met met;
	struct decision d;
	struct label label;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "botnet, tlp: green"), &req, &label, &e), 0);
	policy_met_written(p, &met);
	req.met = &met;
	req.now.ms = UNTIL_A;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	req.now.ms = UNTIL_A + 1;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	req.met = NULL;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	/* The other side states an earlier end. */
	met.agreements[0].until.ms = 1000000;
	req.met = &met;
	req.now.ms = 1000000;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	req.now.ms++;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
}

/* A term whose definition the two sides do not share needs people. */
static void
test_definition_unshared(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	const struct vocabulary *v = policy_vocabulary(p);
	struct policy_request req;
	struct decision d;
	struct label label;
	struct err e;
	int content = names_find(&v->kinds, STR("content"));
	int ioc = names_find(&v->kinds, STR("ioc"));

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "content, tlp: clear"), &req, &label, &e), 0);
	assert_true(str_eqz(policy_definition(p, (size_t)content),
	    "sha256:de"));
	assert_int_equal(policy_definition(p, (size_t)ioc).n, 0);
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	req.definitions = 0;		/* the digests differ */
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_CONSULT);
	assert_string_equal(policy_rule_id(p, d.by), "undef");
	/* We define no ioc, so it is what everybody takes it for ... */
	label.kind = (uint8_t)ioc;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	/* ... unless the peer means something particular. */
	req.undefined = UINT64_C(1) << ioc;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_CONSULT);
	decide(p, "to: cert-xb/ops, kind: content, tlp: clear, definition: "
	    "unshared", NULL, &d);
	assert_int_equal(d.outcome, OUTCOME_CONSULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ceiling_meet_properties),
		cmocka_unit_test(test_met_binds_decisions),
		cmocka_unit_test(test_met_never_widens),
		cmocka_unit_test(test_met_ends),
		cmocka_unit_test(test_definition_unshared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
