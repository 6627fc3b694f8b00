/*
 * The prover against records that are followed hop by hop, and the theorems
 * against every pair of comparable cells, over random small worlds.
 */
#include "lib/small_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/prove.h"
#include "verify/certificate.h"

#define WORLDS 10000
#define WIDE_ONE_IN 400
#define PAIR_WORLDS 10

static struct policy *
load(const struct buf *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p"), buf_str(text)), 0);
	p = policy_load(files, "p", &e);
	if (p == NULL)
		fail_msg("%s\n%s", e.text, text->p);
	return p;
}

/* What the prover says of one wall. */
static bool
separates(const struct proof *proof, size_t wall, const char **out_text)
{
	struct proof_verdict v;
	char id[8];

	snprintf(id, sizeof(id), "w%zu", wall);
	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (strcmp(v.claim, "separation") == 0 &&
		    strcmp(v.id, id) == 0) {
			*out_text = v.text;
			return v.holds;
		}
	fail_msg("nothing is said of %s", id);
	return false;
}

/* No theorem falls; if all walls stand, the certificate is good. */
static size_t
check_proof(const struct proof *proof, const char *text)
{
	AUTO_BUF struct buf cert = { 0 };
	char error[CERT_ERROR_MAX];
	struct proof_verdict v;
	struct certificate c;
	int rc;

	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (strcmp(v.claim, "separation") != 0 && !v.holds)
			fail_msg("%s: %s\n%s", v.claim, v.text, text);
	if (!proof_holds(proof))
		return 0;
	proof_certificate(proof, &cert);
	rc = cert_read(cert.p, cert.n, &c, error);
	for (size_t i = 0; rc == 0 && i < c.nclaims; i++)
		rc = cert_check(&c, i, error);
	cert_clear(&c);
	if (rc != 0)
		fail_msg("%s\n%s\n%s", error, text, cert.p);
	return 1;
}

static void
compare(const struct proof *proof, size_t wall, const struct world_chain *c,
    const char *text)
{
	AUTO_BUF struct buf chain = { 0 };
	const char *said = NULL;

	if (separates(proof, wall, &said) == (c == NULL))
		return;
	if (c != NULL)
		world_print(c, &chain);
	fail_msg("w%zu %s, but\n%s\n%s", wall, c != NULL ? "holds" :
	    "falls", c != NULL ? chain.p : said, text);
}

/*
 * A wall falls exactly when a record that is followed comes through, and
 * what holds has a certificate that is good.
 */
static void
test_prove_separation_brute(void **state)
{
	uint64_t s = 11;
	size_t holds = 0, falls = 0, longest = 0, certified = 0;

	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO(proof_free) struct proof *proof = NULL;
		AUTO_BUF struct buf text = { 0 };
		struct world w;
		struct err e;

		world_make(&w, &s, &text);
		p = load(&text);
		assert_int_equal(policy_prove(p, &(struct prove_options){
		    0 }, &proof, &e), 0);
		certified += check_proof(proof, text.p);
		for (size_t k = 0; k < w.nwalls; k++) {
			struct world_chain c;
			bool reached = world_reaches(&w, p, k,
			    i % WIDE_ONE_IN == 0, &c);

			compare(proof, k, reached ? &c : NULL, text.p);
			*(reached ? &falls : &holds) += 1;
			if (reached && c.n > longest)
				longest = c.n;
		}
	}
	/* The worlds are not one-sided, and some chains are long. */
	assert_true(holds > WORLDS / 5 && falls > WORLDS / 6);
	assert_true(certified > WORLDS / 2);
	assert_true(longest >= 4);
}

#define LOOSE(grants) \
	"policy: 1\n" \
	"self: {org: me, country: XA, desks: {a: [d1]}}\n" \
	"purposes: {d1: [u1, v1], d2: [u2]}\n" \
	"kinds: {technical: [k1]}\n" \
	"walls: [{id: w0, keep: [d1], out-of: [d2]}]\n" \
	"peers:\n" \
	"  p0: {country: XB, type: national, wall: attested, onward: [c1],\n" \
	"       desks: {a: [d1]}}\n" \
	"  p1: {country: XC, type: national, wall: attested,\n" \
	"       desks: {b: [d2]}}\n" \
	"circles:\n" \
	"  c0: {members: [p0], foci: [k1], charter: \"sha256:ab\"}\n" \
	"  c1: {members: [p0, p1], foci: [k1], charter: \"sha256:ac\"}\n" \
	"agreements:\n" \
	"  - {id: A, with: p0, until: \"2030-01-31\", digest: " \
	    "\"sha256:cd\",\n" \
	"     ours: {purposes: [d1], kinds: [k1], tlp: amber, hops: 7},\n" \
	"     theirs: {purposes: [d1], kinds: [k1], tlp: amber, hops: 7}}\n" \
	"grants:\n" grants
#define LOOSE_RULE "kind: k1, for: d1, tlp: <=green"

/*
 * Where fewer grants match, fewer caps do: with all of them no hop would be
 * left, and the wall would hold.
 */
static void
test_prove_fewer_caps(void **state)
{
	static const char *const rows[] = {
		/* Less trust. */
		LOOSE("  - {id: g, out: any, " LOOSE_RULE "}\n"
		    "  - {id: h, out: any, " LOOSE_RULE ", discretion: "
		    "\">=B\", cap: {hops: 0}}\n"),
		LOOSE("  - {id: g, out: any, " LOOSE_RULE "}\n"
		    "  - {id: h, out: any, " LOOSE_RULE ", reliability: "
		    "\">=D\", cap: {hops: 0}}\n"),
		/* A charter that differs, an agreement that has ended. */
		LOOSE("  - {id: g, out: any, " LOOSE_RULE "}\n"
		    "  - {id: h, out: {circle: c0}, " LOOSE_RULE ", cap: "
		    "{hops: 0}}\n"),
		LOOSE("  - {id: g, out: {circle: c1}, " LOOSE_RULE "}\n"
		    "  - {id: h, out: {agreement: A}, " LOOSE_RULE ", cap: "
		    "{hops: 0}}\n"),
		LOOSE("  - {id: g, out: {circle: c0, agreement: A}, "
		    LOOSE_RULE "}\n"
		    "  - {id: h, out: {circle: c1}, " LOOSE_RULE ", cap: "
		    "{hops: 0}}\n"),
		/* What was received, and may be passed on. */
		LOOSE("  - {id: g, out: any, " LOOSE_RULE ", transit: true}\n"
		    "  - {id: h, out: any, " LOOSE_RULE ", cap: {hops: 0}}"
		    "\n"),
		/* A label that leaves one purpose. */
		LOOSE("  - {id: g, out: any, " LOOSE_RULE "}\n"
		    "  - {id: h, out: any, " LOOSE_RULE ", cap: {hops: 0, "
		    "purposes: [u1]}}\n"),
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO(proof_free) struct proof *proof = NULL;
		AUTO_BUF struct buf text = { 0 };
		const char *said = NULL;
		struct err e;

		buf_addz(&text, rows[i]);
		p = load(&text);
		assert_int_equal(policy_prove(p, &(struct prove_options){
		    0 }, &proof, &e), 0);
		if (separates(proof, 0, &said) || strstr(said,
		    "hops left 6") == NULL)
			fail_msg("%s\n%s", said, rows[i]);
	}
}

/* What a cell of one desk and use says, each part from free to restricted. */
struct cell {
	uint8_t kind, tlp, lineage, posture, discretion, reliability, hops;
	bool received, terms;
	uint8_t outcome;
};

/* kind 0 is above every other: nobody recognised it. */
static bool
cell_le(const struct cell *a, const struct cell *b)
{
	return (a->kind == b->kind || b->kind == 0) && a->tlp <= b->tlp &&
	    (a->lineage & ~b->lineage) == 0 && a->posture <= b->posture &&
	    a->discretion <= b->discretion &&
	    a->reliability <= b->reliability && a->hops >= b->hops &&
	    a->received <= b->received && a->terms >= b->terms;
}

static enum outcome
cell_outcome(const struct policy *p, int desk, int domain,
    const struct cell *c)
{
	struct label l;
	struct decision d;
	struct policy_request q = {
		.direction = DIRECTION_OUT, .desk = desk, .purpose = domain,
		.label = &l, .posture = (enum posture)c->posture,
		.discretion = (enum band)c->discretion,
		.reliability = (enum band)c->reliability,
		.received = c->received,
		.circles = c->terms ? UINT64_MAX : 0,
	};

	label_bottom(&l);
	l.kind = c->kind;
	l.tlp = c->tlp;
	l.hops = c->hops;
	l.lineage = c->lineage;
	label_normalise(&l, policy_vocabulary(p));
	policy_decide(p, &q, &d);
	return d.outcome;
}

/* Every combination of a few values of each part, for one desk and use. */
static size_t
cells_make(const struct policy *p, int desk, int domain, struct cell *v)
{
	static const uint8_t tlps[] = { TLP_CLEAR, TLP_GREEN, TLP_AMBER,
	    TLP_RED };
	static const uint8_t sets[] = { 0, 1, 8, 9 };
	static const uint8_t bands[] = { BAND_A, BAND_C, BAND_E };
	size_t n = 0;

	for (unsigned i = 0; i < WORLD_KINDS * 4 * 4 * 3 * 3 * 8; i++) {
		unsigned x = i;
		struct cell *c = &v[n++];

		*c = (struct cell){ .reliability = BAND_B };
		c->kind = (uint8_t)(x % WORLD_KINDS), x /= WORLD_KINDS;
		c->tlp = tlps[x % 4], x /= 4;
		c->lineage = sets[x % 4], x /= 4;
		c->posture = (uint8_t)(x % 3), x /= 3;
		c->discretion = bands[x % 3], x /= 3;
		c->hops = x & 1 ? 7 : 1;
		c->received = (x & 2) != 0;
		c->terms = (x & 4) != 0;
		c->outcome = (uint8_t)cell_outcome(p, desk, domain, c);
	}
	return n;
}

static void
check_pairs(const struct cell *v, size_t n, size_t *pairs, const char *text)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			if (!cell_le(&v[i], &v[k]))
				continue;
			++*pairs;
			if (v[k].outcome < v[i].outcome)
				fail_msg("cells %zu %zu: %s -> %s\n%s", i, k,
				    outcome_name(v[i].outcome),
				    outcome_name(v[k].outcome), text);
		}
}

/* policy.md 4: what is more restricted never gains, over every pair. */
static void
test_prove_monotone_pairs(void **state)
{
	struct cell *v = mem_array(struct cell, WORLD_KINDS * 4 * 4 * 9 * 8);
	uint64_t s = 12;
	size_t pairs = 0;

	(void)state;
	for (size_t i = 0; i < PAIR_WORLDS; i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf text = { 0 };
		struct world w;
		int desk;

		world_make(&w, &s, &text);
		p = load(&text);
		desk = policy_org(p, 1 + world_pick(&s, w.norgs))->first_desk;
		for (int d = 0; d < WORLD_DOMAINS; d++)
			if ((policy_desk_uses(p, desk) >> d & 1) != 0)
				check_pairs(v, cells_make(p, desk, d, v),
				    &pairs, text.p);
	}
	free(v);
	assert_true(pairs > 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prove_separation_brute),
		cmocka_unit_test(test_prove_fewer_caps),
		cmocka_unit_test(test_prove_monotone_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
