/*
 * Properties of decisions, over random policies of a small world:
 * they equal those of a plain interpreter of the YAML tree, the order of
 * rules never matters, and input that is more restricted never gains.
 */
#include "lib/plain_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "policy/diff.h"
#include "policy/opens.h"

#define POLICIES 10000
#define REQUESTS 16
#define SHUFFLES 100
#define MONOTONE_POLICIES 2
#define CHANGES 40

static const char *const peers[] = { "p1", "p2", "p3" };
/* A fixed sequence: the same policies on every run and machine. */
static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t
pick(uint64_t *s, size_t n)
{
	return (size_t)(next_random(s) % n);
}

/* "[a, b]": some of names from from on, at least one unless may_be_empty. */
static void
add_some(struct buf *b, uint64_t *s, const char *const *names, size_t n)
{
	size_t sure = pick(s, n);
	const char *sep = "";

	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++)
		if (i == sure || pick(s, 3) == 0) {
			buf_addf(b, "%s%s", sep, names[i]);
			sep = ", ";
		}
	buf_addc(b, ']');
}

static void
add_target(struct buf *b, uint64_t *s)
{
	static const char *const types[] = { "national", "ngo" };
	static const char *const countries[] = { "XB", "XC" };

	switch (pick(s, 7)) {
	case 0:
		buf_addf(b, "{circle: c%zu}", 1 + pick(s, 2));
		break;
	case 1:
		buf_addz(b, "{agreement: A}");
		break;
	case 2:
		buf_addz(b, "{peer: ");
		add_some(b, s, peers, NELEM(peers));
		buf_addc(b, '}');
		break;
	case 3:
		buf_addf(b, "{type: [%s], country: ", types[pick(s, 2)]);
		add_some(b, s, countries, 2);
		buf_addc(b, '}');
		break;
	default:
		buf_addz(b, "any");
	}
}

static void
add_grant(struct buf *b, uint64_t *s, size_t i)
{
	bool in = pick(s, 3) == 0;

	buf_addf(b, "{id: g%zu, %s: ", i, in ? "in" : "out");
	add_target(b, s);
	buf_addz(b, ", kind: ");
	if (pick(s, 4) == 0)
		buf_addz(b, pick(s, 2) ? "any" : "technical");
	else
		add_some(b, s, plain_kinds + 1, 4);
	buf_addz(b, ", for: ");
	add_some(b, s, plain_domains, NELEM(plain_domains));
	if (!in || pick(s, 2))
		buf_addf(b, ", tlp: <=%s", plain_tlps[pick(s, 5)]);
	if (pick(s, 2))
		buf_addf(b, ", discretion: \">=%s\"", plain_bands[pick(s, 5)]);
	if (pick(s, 3) == 0)
		buf_addf(b, ", reliability: \">=%s\"", plain_bands[pick(s, 5)]);
	if (pick(s, 3) == 0)
		buf_addz(b, pick(s, 2) ? ", via: consult" :
		    ", via: redact, redact: [source, victim.name]");
	if (pick(s, 2))
		buf_addf(b, ", cap: {hops: %zu, ttl: %zud%s}", pick(s, 8),
		    1 + pick(s, 90), pick(s, 4) ? "" : ", purposes: [u1]");
	if (pick(s, 2))
		buf_addz(b, ", oblige: [receipt, embargo]");
	if (!in && pick(s, 3) == 0)
		buf_addz(b, ", transit: true");
	buf_addc(b, '}');
}

static void
add_limit(struct buf *b, uint64_t *s, size_t i)
{
	size_t level = 1 + pick(s, 3);

	buf_addf(b, "{id: l%zu, %s: ", i, pick(s, 3) ? "out" : "in");
	add_target(b, s);
	buf_addf(b, ", level: %s", plain_levels[level]);
	if (level == OUTCOME_REDACT)
		buf_addz(b, ", redact: [source]");
	if (pick(s, 8) == 0) {
		buf_addz(b, ", definition: unshared");
	} else if (pick(s, 4)) {
		buf_addz(b, ", kind: ");
		add_some(b, s, plain_kinds + 1, 4);
	}
	if (pick(s, 2)) {
		buf_addz(b, ", for: ");
		add_some(b, s, plain_domains, NELEM(plain_domains));
	}
	if (pick(s, 2))
		buf_addf(b, ", tlp: \">=%s\"", plain_tlps[1 + pick(s, 4)]);
	if (pick(s, 3) == 0)
		buf_addf(b, ", discretion: \"<%s\"", plain_bands[pick(s, 4)]);
	if (pick(s, 3) == 0)
		buf_addf(b, ", reliability: \"<%s\"", plain_bands[pick(s, 4)]);
	buf_addc(b, '}');
}

static void
add_world(struct buf *b, uint64_t *s)
{
	static const char *const walls[] = { "attested", "declared", "none" };

	buf_addz(b, "policy: 1\nself: {org: me, country: XA, desks: {a: [d1]}}\n"
	    "purposes: {d1: [u1, block], d2: [u3, u4], d3: [u5]}\n"
	    "origin-tags: [t1]\nkinds: {technical: [k1, k2, k3], rest: [k4]}\n"
	    "peers:\n");
	buf_addf(b, "  p1: {country: XB, type: national, wall: %s, desks: {a: "
	    "[d1], b: [d2]}}\n", walls[pick(s, 3)]);
	buf_addf(b, "  p2: {country: XC, type: national, wall: %s, desks: {a: "
	    "[d1], b: [d3]}}\n", walls[pick(s, 3)]);
	buf_addf(b, "  p3: {country: XB, type: ngo, wall: %s, desks: {a: "
	    "[d1, d2]}}\ncircles:\n", walls[pick(s, 3)]);
	for (int i = 1; i <= 2; i++) {
		buf_addf(b, "  c%d: {members: ", i);
		add_some(b, s, peers, NELEM(peers));
		buf_addz(b, ", foci: ");
		add_some(b, s, plain_kinds + 1, 4);
		buf_addz(b, ", charter: \"sha256:ab\"}\n");
	}
	buf_addf(b, "agreements:\n  - {id: A, with: %s, until: \"2030-01-31\""
	    ", digest: \"sha256:cd\", ours: {purposes: [d1, d2], kinds: ",
	    peers[pick(s, 3)]);
	add_some(b, s, plain_kinds + 1, 4);
	buf_addf(b, ", tlp: %s, hops: %zu}, theirs: {purposes: [%s], kinds: "
	    "technical, tlp: %s, hops: %zu}}\n", plain_tlps[pick(s, 5)],
	    pick(s, 8), pick(s, 2) ? "block, d2, d3" : "d1",
	    plain_tlps[pick(s, 5)], pick(s, 8));
	buf_addz(b, "postures: {strained: {keep: [k1, k2], others: consult}, "
	    "suspended: {keep: [k1], others: deny}}\nwalls: [");
	for (size_t i = 0, n = pick(s, 3); i < n; i++) {
		buf_addf(b, "%s{id: w%zu, keep: ", i ? ", " : "", i);
		add_some(b, s, plain_lineages, NELEM(plain_lineages));
		buf_addz(b, ", out-of: ");
		add_some(b, s, plain_domains + 1, 2);
		buf_addc(b, '}');
	}
	buf_addz(b, "]\n");
}

#define RULES_MAX 24

/* The rules of a section, each as text, in an order that can be changed. */
struct rules {
	char *grants[RULES_MAX], *limits[RULES_MAX];	/* owned */
	size_t ngrants, nlimits;
};

static void
rules_make(struct rules *r, uint64_t *s)
{
	r->ngrants = 1 + pick(s, 12);
	r->nlimits = pick(s, 5);
	for (size_t i = 0; i < r->ngrants; i++) {
		struct buf b = { 0 };

		add_grant(&b, s, i);
		r->grants[i] = buf_take(&b);
	}
	for (size_t i = 0; i < r->nlimits; i++) {
		struct buf b = { 0 };

		add_limit(&b, s, i);
		r->limits[i] = buf_take(&b);
	}
}

static void
rules_clear(struct rules *r)
{
	for (size_t i = 0; i < r->ngrants; i++)
		free(r->grants[i]);
	for (size_t i = 0; i < r->nlimits; i++)
		free(r->limits[i]);
}

static void
swap_some(char **v, size_t n, uint64_t *s)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = pick(s, i);
		char *t = v[i - 1];

		v[i - 1] = v[k];
		v[k] = t;
	}
}

static void
add_rules(struct buf *b, const struct rules *r)
{
	buf_addz(b, "grants:\n");
	for (size_t i = 0; i < r->ngrants; i++)
		buf_addf(b, "  - %s\n", r->grants[i]);
	buf_addz(b, r->nlimits ? "limits:\n" : "");
	for (size_t i = 0; i < r->nlimits; i++)
		buf_addf(b, "  - %s\n", r->limits[i]);
}

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

/* A random request of the world. */
static void
random_request(uint64_t *s, struct policy_request *q, struct label *l)
{
	static const uint8_t hops[] = { 0, 1, 1, 3, 7, 7 };

	label_bottom(l);
	l->kind = (uint8_t)pick(s, 5);
	l->tlp = (uint8_t)(pick(s, 3) ? pick(s, 3) : pick(s, 5));
	l->lineage = (uint32_t)(pick(s, 2) ? pick(s, 16) : 0);
	l->lineage |= pick(s, 16) == 0 ? LABEL_UNKNOWN_BIT : 0;
	l->purposes = pick(s, 3) ? 31 : (uint32_t)pick(s, 32);
	l->hops = hops[pick(s, NELEM(hops))];
	l->expires.ms = pick(s, 8) ? INT64_MAX : 0;
	if (pick(s, 8) == 0)
		memset(&l->audience, 0, sizeof(l->audience));
	*q = (struct policy_request){
		.direction = pick(s, 3) ? DIRECTION_OUT : DIRECTION_IN,
		.desk = 1 + (int)pick(s, NELEM(plain_desks)),
		.purpose = (int)pick(s, 3), .label = l,
		.posture = (enum posture)(pick(s, 2) ? 0 : pick(s, 3)),
		.discretion = (enum band)pick(s, 5),
		.reliability = (enum band)pick(s, 5),
		.received = pick(s, 4) == 0,
		.agreements = pick(s, 4) ? UINT64_MAX : 0,
		.circles = pick(s, 2) ? UINT64_MAX : pick(s, 4),
		.now.ms = pick(s, 4) ? 1 : PLAIN_AGREEMENT_END,
	};
}

static void
compare(const struct plain *want, const struct decision *d,
    const char *text, uint64_t n)
{
	if (want->outcome != d->outcome)
		fail_msg("request %llu: got %s, want %s\n%s",
		    (unsigned long long)n, outcome_name(d->outcome),
		    outcome_name(want->outcome), text);
	if (d->outcome >= OUTCOME_DENY)
		return;
	if (want->hops != d->cap_hops || want->ttl_ms != d->cap_ttl_ms ||
	    want->purposes != d->purposes ||
	    want->obligations != d->obligations)
		fail_msg("request %llu: hops %u %u, purposes %x %x\n%s",
		    (unsigned long long)n, d->cap_hops, want->hops,
		    d->purposes, want->purposes, text);
}

static void
test_policy_decide_plain(void **state)
{
	size_t counts[OUTCOMES] = { 0 };
	uint64_t s = 1;

	(void)state;
	for (size_t i = 0; i < POLICIES; i++) {
		AUTO(yaml_free) struct yaml_tree *tree = NULL;
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf text = { 0 };
		struct rules r = { .ngrants = 0 };
		struct err e;

		rules_make(&r, &s);
		add_world(&text, &s);
		add_rules(&text, &r);
		rules_clear(&r);
		p = load(&text);
		tree = yaml_parse("p", buf_str(&text), &e);
		for (uint64_t k = 0; k < REQUESTS; k++) {
			struct policy_request q;
			struct decision d;
			struct label l;
			struct plain want;

			random_request(&s, &q, &l);
			policy_decide(p, &q, &d);
			plain_decide(yaml_root(tree), &q, &want);
			compare(&want, &d, text.p, k);
			counts[d.outcome]++;
		}
	}
	/* The world is not one-sided. */
	for (int o = 0; o < OUTCOMES; o++)
		assert_true(counts[o] > POLICIES * REQUESTS / 200);
}

/* The order of rules never matters. */
static void
test_policy_decide_order(void **state)
{
	uint64_t s = 2;

	(void)state;
	for (size_t i = 0; i < SHUFFLES; i++) {
		AUTO(policy_free) struct policy *a = NULL, *b = NULL;
		AUTO_BUF struct buf text = { 0 }, other = { 0 };
		struct rules r = { .ngrants = 0 };

		rules_make(&r, &s);
		add_world(&text, &s);
		buf_add(&other, text.p, text.n);
		add_rules(&text, &r);
		swap_some(r.grants, r.ngrants, &s);
		swap_some(r.limits, r.nlimits, &s);
		add_rules(&other, &r);
		rules_clear(&r);
		a = load(&text);
		b = load(&other);
		for (size_t k = 0; k < REQUESTS; k++) {
			struct policy_request q;
			struct decision x, y;
			struct label l;

			random_request(&s, &q, &l);
			policy_decide(a, &q, &x);
			policy_decide(b, &q, &y);
			/* Which of several equal rules is named may differ. */
			x.by = y.by = 0;
			assert_int_equal(x.outcome, y.outcome);
			assert_int_equal(x.reason, y.reason);
			assert_int_equal(x.purposes, y.purposes);
			assert_int_equal(x.obligations, y.obligations);
			assert_int_equal(x.cap_hops, y.cap_hops);
			assert_int_equal(x.cap_ttl_ms, y.cap_ttl_ms);
		}
	}
}

/* Attributes of a cell, each from free to restricted. */
enum { KIND, TLP, PAP, DISCRETION, RELIABILITY, POSTURE, LINEAGE, HOPS,
    RECEIVED, TERMS, DESK, DOMAIN, ATTRIBUTES };
static const int sizes[ATTRIBUTES] = { 5, 5, 2, 5, 2, 3, 4, 2, 2, 2, 5, 3 };

static void
cell_request(const int at[ATTRIBUTES], const struct vocabulary *v,
    struct policy_request *q, struct label *l)
{
	static const int band[] = { BAND_B, BAND_E };

	label_bottom(l);
	l->kind = (uint8_t)at[KIND];
	l->tlp = (uint8_t)at[TLP];
	l->pap = (uint8_t)(at[PAP] ? PAP_AMBER : PAP_CLEAR);
	/* 0, d1, d1+d2, d1+d2+d3: each above the one before. */
	l->lineage = (1U << at[LINEAGE]) - 1;
	l->hops = at[HOPS] ? 1 : 7;
	label_normalise(l, v);
	*q = (struct policy_request){
		.direction = DIRECTION_OUT, .desk = 1 + at[DESK],
		.purpose = at[DOMAIN], .label = l,
		.posture = (enum posture)at[POSTURE],
		.discretion = (enum band)at[DISCRETION],
		.reliability = (enum band)band[at[RELIABILITY]],
		.received = at[RECEIVED] == 1,
		.agreements = at[TERMS] ? 0 : UINT64_MAX,
		.circles = at[TERMS] ? 0 : UINT64_MAX,
	};
}

/* A step up: the next value; of kinds, to the one nobody recognised. */
static bool
restrict_cell(int at[ATTRIBUTES], int attribute)
{
	if (attribute == DESK || attribute == DOMAIN)
		return false;
	if (attribute == KIND) {
		if (at[KIND] == 0)
			return false;
		at[KIND] = 0;
		return true;
	}
	return ++at[attribute] < sizes[attribute];
}

static enum outcome
cell_outcome(const struct policy *p, const int at[ATTRIBUTES])
{
	struct policy_request q;
	struct decision d;
	struct label l;

	cell_request(at, policy_vocabulary(p), &q, &l);
	policy_decide(p, &q, &d);
	return d.outcome;
}

static size_t
check_cell(const struct policy *p, const int at[ATTRIBUTES],
    const char *text)
{
	enum outcome before = cell_outcome(p, at);

	if (before == OUTCOME_PERMIT)
		return 1;
	for (int a = 0; a < ATTRIBUTES; a++) {
		int up[ATTRIBUTES];
		enum outcome after;

		memcpy(up, at, sizeof(up));
		if (!restrict_cell(up, a))
			continue;
		after = cell_outcome(p, up);
		if (after < before)
			fail_msg("attribute %d: %s -> %s\n%s", a,
			    outcome_name(before), outcome_name(after), text);
	}
	return 1;
}

static bool
next_cell(int at[ATTRIBUTES])
{
	for (int a = 0; a < ATTRIBUTES; a++) {
		if (++at[a] < sizes[a])
			return true;
		at[a] = 0;
	}
	return false;
}

/* policy.md 3: more restricted input never gains; every cell, every step. */
static void
test_policy_decide_monotone(void **state)
{
	uint64_t s = 3;

	(void)state;
	for (size_t i = 0; i < MONOTONE_POLICIES; i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf text = { 0 };
		struct rules r = { .ngrants = 0 };
		int at[ATTRIBUTES] = { 0 };
		size_t cells = 0;

		rules_make(&r, &s);
		add_world(&text, &s);
		add_rules(&text, &r);
		rules_clear(&r);
		p = load(&text);
		do
			cells += check_cell(p, at, text.p);
		while (next_cell(at));
		assert_true(cells >= 576000);
	}
}

/* Could who asks under b do more than under a? */
static bool
is_milder(const struct decision *a, const struct decision *b)
{
	return b->outcome <= OUTCOME_CONSULT && (b->outcome < a->outcome ||
	    (b->outcome == a->outcome && (b->cap_hops > a->cap_hops ||
	    b->cap_ttl_ms > a->cap_ttl_ms ||
	    (b->purposes & ~a->purposes) != 0 ||
	    (a->obligations & ~b->obligations) != 0)));
}

/* Change a policy at random: a rule less, another one, or another world. */
static void
rules_change(struct rules *r, uint64_t *s)
{
	size_t i = pick(s, r->ngrants);
	struct buf b = { 0 };

	if (pick(s, 3) == 0 && r->ngrants > 1) {
		free(r->grants[i]);
		r->grants[i] = r->grants[--r->ngrants];
		return;
	}
	if (pick(s, 2) && r->nlimits < RULES_MAX) {
		add_limit(&b, s, r->nlimits + 40);
		r->limits[r->nlimits++] = buf_take(&b);
		return;
	}
	add_grant(&b, s, i + 40);
	free(r->grants[i]);
	r->grants[i] = buf_take(&b);
}

/* What is said to open nothing gives nobody more, however it is asked. */
static void
test_policy_opens_property(void **state)
{
	size_t opened = 0;
	uint64_t s = 77;

	(void)state;
	for (size_t i = 0; i < CHANGES; i++) {
		AUTO(policy_free) struct policy *from = NULL, *to = NULL;
		AUTO(diff_free) struct diff *diff = NULL;
		AUTO_BUF struct buf a = { 0 }, b = { 0 };
		struct rules r = { .ngrants = 0 };
		uint64_t world = next_random(&s), other = world;
		char why[256] = "";

		rules_make(&r, &s);
		add_world(&a, &world);
		add_rules(&a, &r);
		rules_change(&r, &s);
		if (pick(&s, 4) == 0)
			other = s;
		add_world(&b, &other);
		add_rules(&b, &r);
		rules_clear(&r);
		from = load(&a);
		to = load(&b);
		assert_false(policy_opens(from, from, why, sizeof(why)));
		if (policy_opens(from, to, why, sizeof(why))) {
			opened++;
			continue;
		}
		diff = policy_diff(from, to);
		assert_int_equal(diff_count(diff, DIFF_OPENS), 0);
		for (size_t n = 0; n < 2000; n++) {
			struct policy_request q;
			struct decision x, y;
			struct label l;

			random_request(&s, &q, &l);
			policy_decide(from, &q, &x);
			policy_decide(to, &q, &y);
			if (is_milder(&x, &y))
				fail_msg("%s was %s\n%s\n---\n%s",
				    outcome_name(y.outcome),
				    outcome_name(x.outcome), a.p, b.p);
		}
	}
	if (opened < CHANGES / 10 || opened > CHANGES * 9 / 10)
		fail_msg("%zu of %d opened: the test says little", opened,
		    CHANGES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_opens_property),
		cmocka_unit_test(test_policy_decide_plain),
		cmocka_unit_test(test_policy_decide_order),
		cmocka_unit_test(test_policy_decide_monotone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
