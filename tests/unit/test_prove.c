/*
 * The proof of the reference policy, and of what breaks it.
 */
#include "policy/policy_private.h"
#include "policy/prove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE SOURCE_ROOT "/config/examples/reference.yaml"

static char *
reference(void)
{
	FILE *f = fopen(REFERENCE, "r");
	char *text = mem_zeroed(1, 1 << 20);

	assert_non_null(f);
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* Replace, from the line that has `after` on, the next `old` by `new`. */
static char *
edit(char *text, const char *after, const char *old, const char *new)
{
	AUTO_BUF struct buf b = { 0 };
	char *at = strstr(text, after);

	assert_non_null(at);
	at = strstr(at, old);
	if (at == NULL)
		fail_msg("no \"%s\" after \"%s\"", old, after);
	buf_add(&b, text, (size_t)(at - text));
	buf_addz(&b, new);
	buf_addz(&b, at + strlen(old));
	free(text);
	return mem_strdup(b.p);
}

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

/* The proof must fail at that claim first, and its text have these words. */
static void
must_fail(char *text, const char *claim, const char *const words[])
{
	AUTO(mem_free) char *owned = text;
	AUTO(policy_free) struct policy *p = load(owned);
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { 0 };
	struct proof_verdict v;
	struct err e = { 0 };

	assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
	assert_false(proof_holds(proof));
	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (!v.holds)
			break;
	assert_string_equal(v.claim, claim);
	for (size_t i = 0; words[i] != NULL; i++)
		if (strstr(v.text, words[i]) == NULL)
			fail_msg("no \"%s\" in\n%s", words[i], v.text);
	assert_int_equal(policy_prove_text(p, NULL, &e), ERR_CONF);
	assert_non_null(strstr(e.text, words[0]));
}

static void
test_prove_reference_holds(void **state)
{
	static const struct {
		const char *wall;
		size_t states;
	} walls[] = { { "W-SEP", 41 }, { "W-NGO", 29 }, { "W-IP", 55 } };
	AUTO(mem_free) char *text = reference();
	AUTO(policy_free) struct policy *p = load(text);
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { 0 };
	struct proof_verdict v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
	assert_true(proof_holds(proof));
	for (size_t i = 0; i < NELEM(walls); i++) {
		assert_true(proof_verdict(proof, i, &v));
		assert_string_equal(v.id, walls[i].wall);
		assert_int_equal(v.states, walls[i].states);
		/* Nothing goes to these at all. */
		assert_null(strstr(v.rests_on, "ngo-help"));
		assert_null(strstr(v.rests_on, "escrow-u"));
		assert_null(strstr(v.rests_on, "world"));
		assert_non_null(strstr(v.rests_on, "cert-xc"));
	}
	assert_int_equal(policy_prove_text(p, NULL, &e), 0);
}

static void
test_prove_hops_of_a_circle(void **state)
{
	static const char *const words[] = {
		"W-SEP fails  botnet green lineage secops\n"
		"  1 cert-xa -> cert-xc/ops", "permit by out-clean",
		"hops left 6", "2 cert-xc -> cert-xd/fusion",
		"onward clean-net (declared)", "uses intel  <- wall",
		"smallest repairs: out-clean cap hops 0 | cert-xc onward [] | "
		"clean-net without cert-xd", NULL };

	(void)state;
	must_fail(edit(reference(), "id: out-clean", "hops: 0, ", ""),
	    "separation", words);
}

static void
test_prove_hops_of_a_helper(void **state)
{
	static const char *const words[] = { "cert-xe/ops",
		"permit by out-capacity", "cert-xe -> cert-xd/fusion",
		"out-capacity cap hops 0 | cert-xe onward []", NULL };
	char *text = edit(reference(), "id: out-capacity", "hops: 0, ", "");

	(void)state;
	/* Nobody passes it on: that is fine. */
	{
		AUTO(policy_free) struct policy *p = load(text);
		struct err e = { 0 };

		assert_int_equal(policy_prove_text(p, NULL, &e), 0);
	}
	must_fail(edit(text, "cert-xe:", "onward: []",
	    "onward: [clean-net]"), "separation", words);
}

static void
test_prove_floor_is_claimed(void **state)
{
	static const char *const words[] = { "always fails  p.yaml:",
		"to: cert-xb/ops, kind: botnet", "posture: strained",
		"consult by strained", NULL };

	(void)state;
	must_fail(edit(reference(), "strained:  {", "[botnet, victim, ioc]",
	    "[]"), "always", words);
}

static void
test_prove_content_is_claimed(void **state)
{
	static const char *const words[] = { "never fails  p.yaml:",
		"kind: content-report", "permit by out-content", NULL };
	char *text = edit(reference(), "  - {id: no-content", "no-content",
	    "no-nothing");

	(void)state;
	text = edit(text, "  - {id: no-nothing", "kind: [content-report]",
	    "kind: [stat]");
	text = edit(text, "tests:", "by: no-content", "by: out-content");
	must_fail(edit(text, "  - {id: out-stats", "  - {id: out-stats",
	    "  - {id: out-content, out: {type: [national]}, kind: "
	    "[content-report], for: [content], tlp: <=amber}\n"
	    "  - {id: out-stats"), "never", words);
}

/* What is repaired as the proof says is accepted. */
static void
test_prove_repairs_are_repairs(void **state)
{
	static const char *const repairs[][3] = {
		{ "cert-xc:", "onward: [clean-net]", "onward: []" },
		{ "clean-net:", "cert-xc, cert-xd]", "cert-xc]" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(repairs); i++) {
		AUTO(mem_free) char *text = edit(edit(reference(),
		    "id: out-clean", "hops: 0, ", ""), repairs[i][0],
		    repairs[i][1], repairs[i][2]);
		AUTO(policy_free) struct policy *p = load(text);
		AUTO(proof_free) struct proof *proof = NULL;
		const struct prove_options o = { 0 };
		struct proof_verdict v;
		struct err e = { 0 };

		assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
		assert_true(proof_verdict(proof, 0, &v));
		if (!v.holds)
			fail_msg("%s", v.text);
	}
}

/*
 * Fewer grants may leave looser caps: a grant on a circle whose charter the
 * peer does not hold, or for better trust, takes its cap with it.
 */
static void
test_prove_caps_that_fall_away(void **state)
{
	static const char *const rules[] = {
		"out: {circle: c}, kind: [k], for: [d], tlp: <=green, "
		    "cap: {hops: 0}",
		"out: {peer: p1}, kind: [k], for: [d], tlp: <=green, "
		    "discretion: \">=B\", cap: {hops: 0}",
		"out: {peer: p1}, kind: [k], for: [d], tlp: <=green, "
		    "cap: {hops: 0, purposes: [u]}",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rules); i++) {
		AUTO_BUF struct buf text = { 0 };
		AUTO(policy_free) struct policy *p = NULL;
		struct err e = { 0 };

		buf_addf(&text, "policy: 1\n"
		    "self: {org: us, country: XA, desks: {ops: [d]}}\n"
		    "purposes: {d: [u, v], bad: [w]}\nkinds: {g: [k]}\n"
		    "walls: [{id: W, keep: [d], out-of: [bad], why: x}]\n"
		    "peers:\n  p1: {country: XB, type: national, wall: "
		    "attested, onward: [c], desks: {ops: [d]}}\n"
		    "  p2: {country: XC, type: national, wall: none, "
		    "desks: {ops: [d, bad]}}\n"
		    "circles: {c: {members: [p1, p2], foci: [k], charter: "
		    "\"sha256:aa\"}}\n"
		    "grants:\n"
		    "  - {id: g1, out: {peer: p1}, kind: [k], for: [d], "
		    "tlp: <=green}\n  - {id: g2, %s}\n", rules[i]);
		p = load(text.p);
		assert_int_equal(policy_prove_text(p, NULL, &e), ERR_CONF);
		assert_non_null(strstr(e.text, "permit by g1"));
	}
}

/* A grant on a circle and an agreement, where nothing else is in force. */
static void
test_prove_caps_that_fall_away_both(void **state)
{
	static const char text[] = "policy: 1\n"
	    "self: {org: us, country: XA, desks: {ops: [d]}}\n"
	    "purposes: {d: [u, v], bad: [w]}\nkinds: {g: [k]}\n"
	    "walls: [{id: W, keep: [d], out-of: [bad], why: x}]\n"
	    "peers:\n  p1: {country: XB, type: national, wall: attested, "
	    "onward: [c], desks: {ops: [d]}}\n"
	    "  p2: {country: XC, type: national, wall: none, "
	    "desks: {ops: [d, bad]}}\n"
	    "circles:\n"
	    "  c: {members: [p1, p2], foci: [k], charter: \"sha256:aa\"}\n"
	    "  e: {members: [p1], foci: [k], charter: \"sha256:ab\"}\n"
	    "agreements:\n  - {id: a, with: p1, until: \"2099-01-01\", "
	    "digest: \"sha256:ac\", ours: {purposes: [d], kinds: [k], tlp: "
	    "green, hops: 7}, theirs: {purposes: [d], kinds: [k], tlp: "
	    "green, hops: 7}}\n"
	    "grants:\n"
	    "  - {id: g1, out: {circle: c, agreement: a}, kind: [k], for: "
	    "[d], tlp: <=green}\n"
	    "  - {id: g2, out: {circle: e}, kind: [k], for: [d], tlp: "
	    "<=green, cap: {hops: 0}}\n";
	AUTO(policy_free) struct policy *p = load(text);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_prove_text(p, NULL, &e), ERR_CONF);
	assert_non_null(strstr(e.text, "permit by g1"));
}

/* A wall against a use that no peer has rests on nobody. */
static void
test_prove_rests_on_nobody(void **state)
{
	AUTO(mem_free) char *text = edit(reference(), "  world:",
	    "secops, intel, compete,", "secops, intel,");
	AUTO(policy_free) struct policy *p = load(text);
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { 0 };
	struct proof_verdict v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
	assert_true(proof_verdict(proof, 2, &v));
	assert_string_equal(v.id, "W-IP");
	assert_string_equal(v.rests_on, "");
	assert_true(proof_verdict(proof, 0, &v));
	assert_non_null(strstr(v.rests_on, "cert-xc"));
}

/* ---- tables that no compiler makes ---- */

/* Every grant and limit about sending, in or out of one vector. */
static void
vector_fill(struct rule_set *s, uint64_t *vectors, size_t value, int byte)
{
	memset(vectors + value * s->words, byte,
	    s->words * sizeof(*vectors));
}

static void
break_edge(struct policy *p)
{
	int desk = policy_find_desk(p, STR("cert-xd/fusion"));

	p->desks[desk].walled = 0;
}

/* Red goes where green does not. */
static void
break_label(struct policy *p)
{
	struct rule_set *s = &p->sets[DIRECTION_OUT];

	vector_fill(s, s->use, SET_USE(0, TLP_RED), 0xff);
}

static void
break_posture(struct policy *p)
{
	p->file->postures[POSTURE_SUSPENDED].others = POLICY_PERMIT;
}

/* The worst band matches no limit and every grant. */
static void
break_trust(struct policy *p)
{
	struct rule_set *s = &p->sets[DIRECTION_OUT];

	for (int r = 0; r < POLICY_BANDS; r++) {
		uint64_t *v = s->trust + SET_TRUST(BAND_E, r) * s->words;

		for (size_t w = 0; w < s->words; w++)
			v[w] = w < s->first[GRANT_CLASSES] ? UINT64_MAX : 0;
	}
}

/* What nobody recognised matches every grant. */
static void
break_missing(struct policy *p)
{
	struct rule_set *s = &p->sets[DIRECTION_OUT];

	for (size_t w = 0; w < s->words; w++)
		s->kind[w] = w < s->first[GRANT_CLASSES] ? UINT64_MAX : 0;
}

/* No rule caps the hops. */
static void
break_separation(struct policy *p)
{
	struct rule_set *s = &p->sets[DIRECTION_OUT];

	for (size_t bit = 0; bit < s->words * 64; bit++)
		s->terms[bit].hops = LABEL_HOPS_MAX;
}

static void
test_prove_broken_tables(void **state)
{
	static const struct {
		void (*spoil)(struct policy *p);
		const char *claim;
	} cases[] = {
		{ break_edge, "edge" }, { break_label, "label" },
		{ break_posture, "posture" }, { break_trust, "trust" },
		{ break_missing, "missing" },
		{ break_separation, "separation" },
	};
	AUTO(mem_free) char *text = reference();

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO(policy_free) struct policy *p = load(text);
		AUTO(proof_free) struct proof *proof = NULL;
		const struct prove_options o = { 0 };
		struct proof_verdict v;
		struct err e = { 0 };
		bool failed = false;

		cases[i].spoil(p);
		assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
		for (size_t k = 0; proof_verdict(proof, k, &v); k++)
			failed = failed || (!v.holds &&
			    strcmp(v.claim, cases[i].claim) == 0 &&
			    v.text[0] != '\0');
		if (!failed)
			fail_msg("%s holds of broken tables", cases[i].claim);
	}
}

static void
test_prove_cell_limit(void **state)
{
	AUTO(mem_free) char *text = reference();
	AUTO(policy_free) struct policy *p = load(text);
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { .cells_max = 1000 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_prove(p, &o, &proof, &e), ERR_LIMIT);
	assert_null(proof);
	assert_non_null(strstr(e.text, "at most 1000"));
	assert_non_null(strstr(e.text, "that rules tell apart"));
}

static void
on_progress(void *arg, uint64_t done, uint64_t of)
{
	uint64_t *last = arg;

	assert_true(done > *last && done <= of);
	*last = done;
}

static void
test_prove_assumes_what_is_written(void **state)
{
	static const char *const words[] = { "W-SEP fails", NULL };
	uint64_t last = 0;
	const struct prove_options o = { 0, on_progress, &last };
	AUTO(mem_free) char *text = reference();
	AUTO(policy_free) struct policy *p = load(text);
	AUTO(proof_free) struct proof *proof = NULL;
	AUTO_BUF struct buf assume = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_prove(p, &o, &proof, &e), 0);
	proof_assumptions(proof, &assume);
	assert_string_equal(assume.p, "hops-honoured walls-attested");
	/* Without trust in hops the circle passes everything on. */
	must_fail(edit(reference(), "separation:", "hops-honoured, ", ""),
	    "separation", words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prove_reference_holds),
		cmocka_unit_test(test_prove_hops_of_a_circle),
		cmocka_unit_test(test_prove_hops_of_a_helper),
		cmocka_unit_test(test_prove_floor_is_claimed),
		cmocka_unit_test(test_prove_content_is_claimed),
		cmocka_unit_test(test_prove_repairs_are_repairs),
		cmocka_unit_test(test_prove_caps_that_fall_away),
		cmocka_unit_test(test_prove_caps_that_fall_away_both),
		cmocka_unit_test(test_prove_rests_on_nobody),
		cmocka_unit_test(test_prove_broken_tables),
		cmocka_unit_test(test_prove_cell_limit),
		cmocka_unit_test(test_prove_assumes_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
