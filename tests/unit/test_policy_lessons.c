/*
 * What hurt users of other systems, as far as a policy decides it: tests
 * named l_nn are those rows.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect, block], intel: [collect], law: [ask]}\n" \
	"kinds: {technical: [botnet, ioc]}\n" \
	"classify: [{when: {label: [ioc]}, kind: ioc}]\n" \
	"walls: [{id: W, keep: [secops], out-of: [intel]}]\n"
/* A CSIRT, one inside a ministry, and one whose wall is only a word. */
#define PEERS \
	"peers:\n" \
	"  cert-xb: {country: XB, type: national, wall: attested,\n" \
	"    desks: {ops: [secops], lab: [secops, intel]}}\n" \
	"  cert-xc: {country: XC, type: national, gov-tie: merged,\n" \
	"    wall: none, desks: {ops: [secops], fusion: [intel]}}\n" \
	"  cert-xd: {country: XD, type: national, wall: declared,\n" \
	"    desks: {ops: [secops], fusion: [intel]}}\n"
#define CIRCLE(members) \
	"circles: {net: {members: [" members "], foci: [ioc, botnet], " \
	    "charter: \"sha256:aa\"}}\n"
#define RULE "kind: technical, for: [secops, law, intel], tlp: <=red"

static struct policy *
load_text(const char *text, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();

	assert_int_equal(file_set_add(files, STR("p"), str_of(text)), 0);
	return policy_load(files, "p", e);
}

static struct policy *
load(const char *text)
{
	struct err e = { 0 };
	struct policy *p = load_text(text, &e);

	if (p == NULL)
		fail_msg("%s\n%s", e.text, text);
	return p;
}

/* The outcomes that occur over all cells of one lineage, as a bit set. */
static unsigned
outcomes(const struct policy *p, int desk, uint32_t lineage)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < 3 * 5 * 5 * 3 * 3 * 2; i++) {
		unsigned x = i;
		struct label l;
		struct decision d;
		struct policy_request q = { .direction = DIRECTION_OUT,
		    .desk = desk, .label = &l, .circles = UINT64_MAX,
		    .agreements = UINT64_MAX, .reliability = BAND_A };

		label_bottom(&l);
		l.kind = (uint8_t)(x % 3), x /= 3;
		l.tlp = (uint8_t)(x % 5), x /= 5;
		q.discretion = (enum band)(x % 5), x /= 5;
		q.posture = (enum posture)(x % 3), x /= 3;
		q.purpose = (int)(x % 3), x /= 3;
		q.received = x != 0;
		l.lineage = lineage;
		label_normalise(&l, policy_vocabulary(p));
		policy_decide(p, &q, &d);
		seen |= 1U << d.outcome;
	}
	return seen;
}

#define NOTHING (1U << OUTCOME_DENY | 1U << OUTCOME_FORBID)

static int
desk_of(const struct policy *p, const char *name)
{
	int desk = policy_find_desk(p, str_of(name));

	assert_true(desk > 0);
	return desk;
}

/* L-04: a group in which nobody is reaches nobody, whoever else there is. */
static void
test_policy_l_04_empty_group(void **state)
{
	static const char *const rows[] = {
		/* A circle of ourselves alone. */
		HEAD PEERS CIRCLE("cert-xa")
		    "grants: [{id: g, out: {circle: net}, " RULE "}]\n",
		/* A type and a country of which no peer is. */
		HEAD PEERS "grants: [{id: g, out: {type: ngo}, " RULE "}]\n",
		HEAD PEERS "grants: [{id: g, out: {country: XQ}, " RULE
		    "}]\n",
		/* Members, but none that the rest of the rule leaves. */
		HEAD PEERS CIRCLE("cert-xb") "grants: [{id: g, out: {circle: "
		    "net, peer: [cert-xc]}, " RULE "}]\n",
		/* No rule at all, or none that opens anything. */
		HEAD PEERS,
		HEAD PEERS "grants: []\n",
		HEAD PEERS "limits: [{id: l, out: any, level: redact, "
		    "redact: [source]}]\n",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(policy_free) struct policy *p = load(rows[i]);

		for (size_t d = 1; d <= 6; d++)
			assert_int_equal(outcomes(p, (int)d, 0) & ~NOTHING,
			    0);
		if (strstr(rows[i], "id: g") != NULL)
			assert_non_null(strstr(policy_warning(p, 0),
			    "speaks of no peer"));
	}
}

/* L-04: where a set is written and empty, the policy is not taken. */
static void
test_policy_l_04_empty_set(void **state)
{
	static const char *const rows[] = {
		HEAD PEERS CIRCLE("") ,
		HEAD PEERS "grants: [{id: g, out: {peer: []}, " RULE "}]\n",
		HEAD PEERS "grants: [{id: g, out: {type: []}, " RULE "}]\n",
		HEAD PEERS "grants: [{id: g, out: {country: []}, " RULE
		    "}]\n",
		HEAD PEERS "grants: [{id: g, out: any, kind: [], for: "
		    "secops, tlp: <=red}]\n",
		HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: [], "
		    "tlp: <=red}]\n",
		HEAD PEERS "limits: [{id: l, out: any, kind: [], level: "
		    "deny}]\n",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct err e = { 0 };
		struct policy *p = load_text(rows[i], &e);

		assert_null(p);
		if (strstr(e.text, "is empty, and an empty set means nobody")
		    == NULL)
			fail_msg("%s\n%s", e.text, rows[i]);
	}
}

/* L-08: a condition that is not understood is never left out. */
static void
test_policy_l_08_unknown_condition(void **state)
{
	static const char *const rows[] = {
		HEAD PEERS "grants: [{id: g, out: any, tpl: <=green, " RULE
		    "}]\n",
		HEAD PEERS "grants: [{id: g, out: {desk: ops}, " RULE "}]\n",
		HEAD PEERS "grants: [{id: g, out: any, not: {peer: cert-xc}, "
		    RULE "}]\n",
		HEAD PEERS "grants: [{id: g, out: {peer: \"!cert-xc\"}, " RULE
		    "}]\n",
		HEAD PEERS "limits: [{id: l, out: any, level: deny, label: "
		    "[x]}]\n",
		HEAD "classify: [{when: {lable: [x]}, kind: ioc}]\n",
	};
	/* In a request too: no wider answer than was asked for. */
	static const char *const requests[] = {
		"to: cert-xb/ops, kinds: ioc", "to: cert-xb/ops, kind: iok",
		"to: cert-xb/ops, tlp: <=green", "to: cert-xb", "to: any",
		"kind: ioc",
	};
	AUTO(policy_free) struct policy *p = load(HEAD PEERS);
	struct policy_request q;
	struct label l;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		assert_null(load_text(rows[i], &e));
	for (size_t i = 0; i < NELEM(requests); i++)
		assert_int_equal(policy_parse_request(p, str_of(requests[i]),
		    &q, &l, &e), ERR_USAGE);
}

/* L-08: a filter that asks nothing would fit every record. */
static void
test_policy_l_08_empty_filter(void **state)
{
	static const char *const rows[] = { "when: {}, ", "", "when: {label: "
	    "[]}, " };

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct err e = { 0 };

		buf_addf(&text, "policy: 1\nself: {org: cert-xa, country: XA,"
		    " desks: {ops: [secops]}}\npurposes: {secops: [detect]}\n"
		    "kinds: {technical: [ioc]}\nclassify: [{%skind: ioc}]\n",
		    rows[i]);
		assert_null(load_text(text.p, &e));
		assert_non_null(strstr(e.text, "p:5:"));
	}
}

/*
 * L-27: a body that may use data in ways we may not never gets it: not by a
 * grant that names it, not by consent, not for another use of its own.
 */
static void
test_policy_l_27_other_uses(void **state)
{
	AUTO(policy_free) struct policy *p = load(HEAD PEERS
	    CIRCLE("cert-xb, cert-xc, cert-xd")
	    "grants:\n"
	    "  - {id: a, out: any, " RULE ", transit: true}\n"
	    "  - {id: b, out: {peer: [cert-xb, cert-xc, cert-xd]}, " RULE
	    ", via: consult}\n"
	    "  - {id: c, out: {circle: net}, " RULE ", transit: true}\n");
	/* The last two: its desks are not really apart. */
	static const char *const bodies[] = { "cert-xb/lab",
	    "cert-xc/fusion", "cert-xd/fusion", "cert-xc/ops",
	    "cert-xd/ops" };

	(void)state;
	for (size_t i = 0; i < NELEM(bodies); i++) {
		int desk = desk_of(p, bodies[i]);

		assert_int_equal(outcomes(p, desk, 1), 1U << OUTCOME_FORBID);
		/* Mixed with other lineage, or with some unknown here. */
		assert_int_equal(outcomes(p, desk, 1 | 4),
		    1U << OUTCOME_FORBID);
		assert_int_equal(outcomes(p, desk, LABEL_UNKNOWN_BIT),
		    1U << OUTCOME_FORBID);
	}
	/* A desk that is apart gets it; so does any what no wall keeps. */
	assert_true((outcomes(p, desk_of(p, "cert-xb/ops"), 1) &
	    1U << OUTCOME_PERMIT) != 0);
	assert_true((outcomes(p, desk_of(p, "cert-xc/fusion"), 0) &
	    1U << OUTCOME_PERMIT) != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_l_04_empty_group),
		cmocka_unit_test(test_policy_l_04_empty_set),
		cmocka_unit_test(test_policy_l_08_unknown_condition),
		cmocka_unit_test(test_policy_l_08_empty_filter),
		cmocka_unit_test(test_policy_l_27_other_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
