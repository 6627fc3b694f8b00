/*
 * What a policy says of scores, as the trust engine gets it.
 */
#include "policy/prove.h"

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

/* ---- the claim ---- */

/* What the proof says of these lines after HEAD; "" if all of it holds. */
static void
proves(const char *lines, const char *want)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO(policy_free) struct policy *p = NULL;
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { 0 };
	struct proof_verdict v;
	struct err e = { 0 };
	size_t i = 0;

	buf_addf(&text, "%s%s", HEAD, lines);
	p = load(text.p);
	assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
	while (proof_verdict(proof, i, &v) &&
	    strcmp(v.claim, "trust-order") != 0)
		i++;
	assert_string_equal(v.claim, "trust-order");
	if (strcmp(v.text, want) != 0)
		fail_msg("%s:\ngot\n%swant\n%s", lines, v.text, want);
	assert_int_equal(v.holds, want[0] == '\0');
	assert_int_equal(proof_holds(proof), v.holds);
	assert_int_equal(policy_prove_text(p, NULL, &e), v.holds ? 0 :
	    ERR_CONF);
}

static void
test_trust_order_holds(void **state)
{
	(void)state;
	proves("", "");
	proves("trust: {blocking: any}\n", "");
	proves("trust: {weights: {false-positive: -2, confirmed: +0.75}}\n",
	    "");
	/* Alike is in order, and so is what does not count. */
	proves("trust: {weights: {false-positive: -4, stale: -4}}\n", "");
	proves("trust: {weights: {stale: 0, withdrawn: 0.0}}\n", "");
	/* Then a vouch lasts no longer than that, either. */
	proves("trust: {half-life: {good: 30d, bad: 30d}}\n", "");
}

static void
test_trust_order_fails(void **state)
{
	static const struct {
		const char *lines, *want;
	} rows[] = {
		{ "trust: {weights: {confirmed: -1.0}}\n",
		    "trust-order fails: good evidence lowers a score\n"
		    "  confirmed         -1.0    p.yaml:9\n"
		    "  at r 8 s 2, b is 0.666667; after one more confirmed it is 0.636364\n"
		    "  smallest repairs: confirmed +1.0\n" },
		{ "trust: {weights: {false-positive: +2.5}}\n",
		    "trust-order fails: bad evidence raises a score\n"
		    "  false-positive    +2.5    p.yaml:9\n"
		    "  at r 8 s 2, b is 0.666667; after one more false-positive it is 0.800000\n"
		    "  smallest repairs: false-positive -2.5\n" },
		{ "trust:\n  weights:\n    stale: 0.125\n",
		    "trust-order fails: bad evidence raises a score\n"
		    "  stale             0.125   p.yaml:11\n"
		    "  at r 8 s 2, b is 0.666667; after one more stale it is 0.673684\n"
		    "  smallest repairs: stale -0.125 | stale 0\n" },
		{ "trust: {weights: {false-positive: -5}}\n",
		    "trust-order fails: a weaker harm weighs more than a harder one\n"
		    "  false-positive    -5      p.yaml:9\n"
		    "  warning-listed    -4.0    not stated\n"
		    "  at r 8 s 0, one false-positive makes b 0.533333, one warning-listed 0.571429\n"
		    "  smallest repairs: false-positive -4.0 | warning-listed -5.0\n" },
		{ "trust:\n  weights:\n    stale: -3\n"
		    "    false-positive: -2\n",
		    "trust-order fails: a weaker harm weighs more than a harder one\n"
		    "  stale             -3      p.yaml:11\n"
		    "  false-positive    -2      p.yaml:12\n"
		    "  at r 8 s 0, one stale makes b 0.615385, one false-positive 0.666667\n"
		    "  smallest repairs: stale -2.0 | false-positive -3.0\n" },
		{ "trust: {weights: {canary: -2}}\n",
		    "trust-order fails: a weaker harm weighs more than a harder one\n"
		    "  audit-refused     -3.0    not stated\n"
		    "  canary            -2      p.yaml:9\n"
		    "  at r 8 s 0, one audit-refused makes b 0.615385, one canary 0.666667\n"
		    "  smallest repairs: audit-refused -2.0 | canary -3.0\n" },
		{ "trust: {weights: {withdrawn: 1.5}}\n",
		    "trust-order fails: what is cheap weighs more than what is costly\n"
		    "  withdrawn         1.5     p.yaml:9\n"
		    "  confirmed         +1.0    not stated\n"
		    "  at r 0 s 0, one withdrawn makes b 0.428571, one confirmed 0.333333\n"
		    "  smallest repairs: withdrawn +1.0 | confirmed +1.5\n" },
		{ "trust: {weights: {attested: +.05}}\n",
		    "trust-order fails: what is cheap weighs more than what is costly\n"
		    "  receipt           +0.1    not stated\n"
		    "  attested          +.05    p.yaml:9\n"
		    "  at r 0 s 0, one receipt makes b 0.047619, one attested 0.024390\n"
		    "  smallest repairs: receipt +0.05 | attested +0.1\n" },
		{ "trust: {half-life: {good: 90d, bad: 30d}}\n",
		    "trust-order fails: bad evidence is forgotten before good\n"
		    "  half-life good 90d, bad 30d  p.yaml:9\n"
		    "  at r 1.6 s 1.6, b is 0.307692; 30d later, with nothing new, it is 0.312026\n"
		    "  smallest repairs: half-life bad 90d | half-life good 30d\n" },
		{ "trust: {half-life: {good: 36h, vouch: 90d, bad: 60h}}\n",
		    "trust-order fails: bad evidence is forgotten before vouches\n"
		    "  half-life vouch 90d, bad 60h  p.yaml:9\n"
		    "  at r 1.6 s 1.6, b is 0.307692; 60h later, with nothing new, it is 0.359193\n"
		    "  smallest repairs: half-life bad 90d | half-life vouch 60h\n" },
		{ "bands: {A: 0.8, B: 0.6, C: 0.45, D: 0.25}\n",
		    "trust-order fails: two vouches and what is cheap make band B\n"
		    "  band B from b 0.600000  p.yaml:9\n"
		    "  vouch 1.6 and receipt 1.6, the most that they come to, make r 3.2 s 0, b 0.615385\n"
		    "  smallest repairs: bands B 0.616\n" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++)
		proves(rows[i].lines, rows[i].want);
}

/* ---- the engine, under rules that the claim takes ---- */

#define POLICIES 300
#define ITEMS 60

static uint64_t
draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* A trust section with some weights and half lives, in order or not. */
static void
random_rules(uint64_t *seed, struct buf *out)
{
	const char *sep = "";

	buf_addf(out, "%strust:\n  half-life: {good: %dd, vouch: %dd, "
	    "bad: %dd}\n  weights: {", HEAD, 1 + (int)(draw(seed) % 200),
	    1 + (int)(draw(seed) % 200), 60 + (int)(draw(seed) % 400));
	for (int k = 0; k < TRUST_KINDS; k++) {
		enum trust_kind kind = (enum trust_kind)k;
		int64_t most;

		if (!trust_kind_weighs(kind) || draw(seed) % 3 != 0)
			continue;
		most = trust_kind_most(kind) / (FIXED_ONE / 1000);
		/* Around what is usual: some of it is in order. */
		if (most > 6000)
			most = 6000;
		most = (int64_t)(draw(seed) % (uint64_t)(most + 1));
		buf_addf(out, "%s%s: %s%d.%03d", sep, trust_kind_name(kind),
		    draw(seed) % 40 == 0 ? "" : trust_kind_pool(kind) >=
		    TRUST_HARM ? "-" : "+", (int)(most / 1000),
		    (int)(most % 1000));
		sep = ", ";
	}
	buf_addz(out, "}\n");
}

/* Does that policy's trust-order hold? */
static bool
in_order(const struct policy *p)
{
	AUTO(proof_free) struct proof *proof = NULL;
	struct proof_verdict v = { 0 };
	struct err e = { 0 };

	assert_int_equal(policy_prove(p, &(struct prove_options){ 0 },
	    &proof, &e), 0);
	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (strcmp(v.claim, "trust-order") == 0)
			return v.holds;
	return false;
}

static int64_t
b_of(const struct trust *t, enum trust_dimension d, unix_ms_t now)
{
	struct trust_score s;

	trust_score(t, 0, d, now, &s);
	return s.opinion.b;
}

/* One more item never moves b the wrong way, whatever was before. */
static void
run_engine(const struct trust_rules *rules, uint64_t *seed)
{
	AUTO(trust_free) struct trust *t = trust_new(rules);
	unix_ms_t now = { DAY(1000) };

	(void)trust_peer_add(t, 1);
	/* A witness of another group, who has standing. */
	(void)trust_peer_add(t, 2);
	trust_peer_presume(t, 1, TRUST_RELIABILITY, TRUST_A);
	trust_peer_presume(t, 0, TRUST_RELIABILITY,
	    (enum trust_band)(draw(seed) % TRUST_BANDS));
	for (int i = 0; i < ITEMS; i++) {
		enum trust_kind kind = (enum trust_kind)(draw(seed) %
		    TRUST_KINDS);
		bool said = kind == TRUST_CONFIRMED ||
		    (kind == TRUST_FALSE_POSITIVE && draw(seed) % 2 == 0);
		struct trust_evidence ev = { .kind = kind, .at = now,
		    .record = draw(seed), .by = said ? 1 : TRUST_SELF };
		struct trust_effect effect;
		int64_t before[TRUST_DIMENSIONS];

		if (!trust_kind_weighs(kind))
			continue;
		ev.dimension = trust_kind_dimension(kind);
		for (int d = 0; d < TRUST_DIMENSIONS; d++)
			before[d] = b_of(t, (enum trust_dimension)d, now);
		assert_int_equal(trust_add(t, &ev, now, &effect), 0);
		for (int d = 0; d < TRUST_DIMENSIONS; d++) {
			int64_t after = b_of(t, (enum trust_dimension)d, now);

			if (trust_kind_pool(kind) < TRUST_HARM ?
			    after < before[d] : after > before[d])
				fail_msg("%s: dimension %d from %lld to %lld",
				    trust_kind_name(kind), d,
				    (long long)before[d], (long long)after);
		}
		now.ms += (int64_t)(draw(seed) % 4) * HOUR(7);
	}
}

static void
test_trust_order_engine(void **state)
{
	uint64_t seed = 2026;
	int held = 0;

	(void)state;
	for (int i = 0; i < POLICIES; i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf text = { 0 };

		random_rules(&seed, &text);
		p = load(text.p);
		if (!in_order(p))
			continue;
		held++;
		run_engine(&policy_trust(p)->rules, &seed);
	}
	/* Neither all nor nothing: the claim and the engine are both asked. */
	if (held < POLICIES / 20 || held > POLICIES / 20 * 19)
		fail_msg("%d of %d are in order", held, POLICIES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_trust_unstated),
		cmocka_unit_test(test_policy_trust_stated),
		cmocka_unit_test(test_policy_trust_usual_bands),
		cmocka_unit_test(test_policy_trust_wrong_sign),
		cmocka_unit_test(test_trust_order_holds),
		cmocka_unit_test(test_trust_order_fails),
		cmocka_unit_test(test_trust_order_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
