/*
 * The difference of two policies: what it says of changes to the reference
 * policy, and that its boxes stand for exactly the requests that differ.
 */
#include "policy/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff_box.h"

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

/* The reference, and it with `old` after `after` replaced by `new`. */
static struct diff *
diff_of(const char *after, const char *old, const char *new,
    struct policy *both[2])
{
	AUTO(mem_free) char *text = reference();
	AUTO_BUF struct buf b = { 0 };
	char *at = strstr(text, after);

	assert_non_null(at);
	at = strstr(at, old);
	assert_non_null(at);
	buf_add(&b, text, (size_t)(at - text));
	buf_addz(&b, new);
	buf_addz(&b, at + strlen(old));
	both[0] = load(text);
	both[1] = load(b.p);
	return policy_diff(both[0], both[1]);
}

static void
free_both(struct policy *both[2])
{
	policy_free(both[0]);
	policy_free(both[1]);
}

static void
test_diff_same_is_empty(void **state)
{
	struct policy *both[2];
	AUTO(diff_free) struct diff *d = diff_of("why:", "stay", "remain",
	    both);
	struct diff_set s;

	(void)state;
	assert_false(diff_set(d, 0, &s));
	for (int k = 0; k < DIFF_KINDS; k++)
		assert_int_equal(diff_count(d, (enum diff_kind)k), 0);
	free_both(both);
}

/* Without a wall inside, cert-xb loses what an NGO reported, only that. */
static void
test_diff_wall_none_closes_ngo(void **state)
{
	struct policy *both[2];
	AUTO(diff_free) struct diff *d = diff_of("cert-xb: {",
	    "wall: attested", "wall: none", both);
	struct diff_set s;
	size_t n = 0;

	(void)state;
	for (; diff_set(d, n, &s); n++) {
		assert_int_equal(s.kind, DIFF_CLOSES);
		assert_string_equal(s.lineage, "ngo");
		assert_string_equal(s.desks, "cert-xb/ops");
		assert_string_equal(s.after, "forbid by W-NGO");
	}
	assert_true(n > 0);
	assert_int_equal(diff_count(d, DIFF_OPENS), 0);
	assert_int_equal(diff_count(d, DIFF_TERMS), 0);
	free_both(both);
}

static void
test_diff_terms_alone(void **state)
{
	struct policy *both[2];
	AUTO(diff_free) struct diff *d = diff_of("id: out-capacity",
	    "hops: 0, ", "", both);
	struct diff_set s;

	(void)state;
	assert_true(diff_set(d, 0, &s));
	assert_int_equal(s.kind, DIFF_TERMS);
	assert_string_equal(s.desks, "cert-xe/ops");
	assert_non_null(strstr(s.before, "cap hops=0"));
	assert_non_null(strstr(s.after, "cap hops=6"));
	assert_int_equal(diff_count(d, DIFF_OPENS), 0);
	free_both(both);
}

static void
test_diff_desk_gone_and_new(void **state)
{
	struct policy *both[2];
	AUTO(diff_free) struct diff *d = diff_of("cert-xf: {",
	    "ops: [secops]", "soc: [secops]", both);
	bool gone = false, new = false;
	struct diff_set s;

	(void)state;
	for (size_t i = 0; diff_set(d, i, &s); i++) {
		gone |= s.kind == DIFF_CLOSES && strcmp(s.desks,
		    "cert-xf/ops") == 0 && strcmp(s.after,
		    "deny by unknown-peer") == 0;
		new |= s.kind == DIFF_OPENS && strstr(s.desks,
		    "cert-xf/soc") != NULL;
	}
	assert_true(gone && new);
	assert_int_equal(diff_count(d, DIFF_OPENS),
	    diff_count(d, DIFF_CLOSES));
	free_both(both);
}

/* A kind that is dropped closes under its old name, and says where. */
static void
test_diff_kind_gone(void **state)
{
	static const char old[] =
	    "policy: 1\n"
	    "self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n"
	    "purposes: {secops: [detect], law: [ask]}\n"
	    "origin-tags: [ngo]\n"
	    "kinds: {technical: [botnet, ioc]}\n"
	    "classify: [{when: {type: [indicator]}, kind: ioc}]\n"
	    "walls: [{id: W, keep: [ngo], out-of: [law]}]\n"
	    "peers: {cert-xb: {country: XB, type: national, wall: attested,"
	    " desks: {ops: [secops], lea: [law]}}}\n"
	    "grants: [{id: g, out: any, kind: any, for: [secops], tlp: "
	    "<=green}]\n";
	static const char new[] =
	    "policy: 1\n"
	    "self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n"
	    "purposes: {secops: [detect], law: [ask]}\n"
	    "origin-tags: [ngo]\n"
	    "kinds: {technical: [ioc]}\n"
	    "classify: [{when: {type: [indicator]}, kind: ioc}]\n"
	    "walls: [{id: W, keep: [ngo], out-of: [law]}]\n"
	    "peers: {cert-xb: {country: XB, type: national, wall: attested,"
	    " desks: {ops: [secops], lea: [law]}}}\n"
	    "grants: [{id: g, out: any, kind: any, for: [secops], tlp: "
	    "<=green}]\n";
	AUTO(policy_free) struct policy *from = load(old), *to = load(new);
	AUTO(diff_free) struct diff *d = policy_diff(from, to);
	AUTO(diff_free) struct diff *back = policy_diff(to, from);
	struct diff_set s;

	(void)state;
	assert_true(diff_set(d, 0, &s));
	assert_string_equal(s.before, "permit by g");
	assert_string_equal(s.before_at, "p.yaml:9");
	assert_string_equal(s.after, "deny by default");
	assert_string_equal(s.after_at, "");
	assert_true(diff_count(d, DIFF_CLOSES) > 0);
	assert_int_equal(diff_count(d, DIFF_OPENS), 0);
	assert_int_equal(diff_count(d, DIFF_TERMS), 0);
	assert_int_equal(diff_count(back, DIFF_OPENS),
	    diff_count(d, DIFF_CLOSES));
	for (size_t i = 0; diff_set(d, i, &s); i++) {
		assert_string_equal(s.kinds, "botnet");
		assert_string_equal(s.desks, "cert-xb/ops");
	}
}

/* What changes beside requests is said as well. */
static void
test_diff_facts(void **state)
{
	static const struct {
		const char *after, *old, *new, *want;
	} rows[] = {
		{ "in-force:", "{XB: strained}", "{}",
		    "the posture in force with XB is normal, was strained" },
		{ "A-XB", "2027-06-30", "2027-07-30",
		    "agreement A-XB lasts longer, until 2027-07-30" },
		{ "A-XB", "sha256:c0de", "sha256:c0df",
		    "agreement A-XB has another digest" },
		{ "clean-net:", "7c1e", "7c1f",
		    "circle clean-net has another charter" },
		{ "clean-net:", "quorum: 2", "quorum: 1",
		    "circle clean-net takes 1 signatures to change, took 2" },
		{ "classify:", "[advisory]", "[adv]",
		    "section classify is another" },
		{ "bands:", "0.65", "0.60", "section bands is another" },
		{ "trust:", "quorum", "weights: {stale: -0.5}, quorum",
		    "evidence stale weighs -0.5, was -0.25" },
		{ "trust:", "bad: 180d", "bad: 200d", "the half life of bad "
		    "evidence is 200d, was 180d" },
		{ "trust:", "quorum", "groups: {g: [vendor]}, quorum",
		    "vendor is of the group g, was of XV" },
		{ "trust:", "quorum", "blocking: any, quorum", "exports that "
		    "block take sources from E on, took them from C on" },
		{ "vendor:", "country: XV", "country: XW",
		    "vendor is in XW, was in XV" },
		{ "desks: {ops: [secops], liaison: [law]}", "}", "}, "
		    "default-label: {tlp: green}",
		    "what comes unmarked from cert-xa/ops is labelled "
		    "otherwise" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct policy *both[2];
		AUTO(diff_free) struct diff *d = diff_of(rows[i].after,
		    rows[i].old, rows[i].new, both);

		if (diff_fact(d, 0) == NULL ||
		    strcmp(diff_fact(d, 0), rows[i].want) != 0)
			fail_msg("want %s, got %s", rows[i].want,
			    diff_fact(d, 0) == NULL ? "nothing" :
			    diff_fact(d, 0));
		free_both(both);
	}
}

/* A fixed sequence: the same boxes on every run and machine. */
static uint64_t
next_random(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *s >> 33;
}

/* Merging neither loses nor adds nor doubles a request. */
static void
test_boxes_merge_keeps_requests(void **state)
{
	uint64_t s = 7;

	(void)state;
	for (int run = 0; run < 300; run++) {
		bool in[4][3][3][2] = { 0 }, out[4][3][3][2] = { 0 };
		struct boxes b = { 0 };

		for (int i = 0; i < 72; i++) {
			int k = i % 4, t = i / 4 % 3, p = i / 12 % 3,
			    d = i / 36;
			struct box x = { .change = (uint32_t)(k == 3) };

			if (next_random(&s) % 3 == 0)
				continue;
			in[k][t][p][d] = true;
			for (int a = 0; a < BOX_ATTRIBUTES; a++)
				x.in[a] = 1;
			x.in[BOX_KIND] = UINT64_C(1) << k;
			x.in[BOX_TLP] = UINT64_C(1) << t;
			x.in[BOX_LINEAGE] = UINT64_C(1) << p;
			desk_set_add(&x.desks, (unsigned)d);
			vec_push(&b.v, x);
		}
		boxes_merge(&b);
		for (size_t i = 0; i < b.v.n; i++)
			for (int c = 0; c < 72; c++) {
				int k = c % 4, t = c / 4 % 3, p = c / 12 % 3,
				    d = c / 36;
				const struct box *x = &b.v.v[i];

				if ((x->in[BOX_KIND] >> k & 1) == 0 ||
				    (x->in[BOX_TLP] >> t & 1) == 0 ||
				    (x->in[BOX_LINEAGE] >> p & 1) == 0 ||
				    !desk_set_has(&x->desks, (unsigned)d))
					continue;
				assert_false(out[k][t][p][d]);
				out[k][t][p][d] = true;
				assert_int_equal(x->change, k == 3);
			}
		assert_memory_equal(in, out, sizeof(in));
		vec_clear(&b.v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_same_is_empty),
		cmocka_unit_test(test_diff_wall_none_closes_ngo),
		cmocka_unit_test(test_diff_terms_alone),
		cmocka_unit_test(test_diff_desk_gone_and_new),
		cmocka_unit_test(test_diff_kind_gone),
		cmocka_unit_test(test_diff_facts),
		cmocka_unit_test(test_boxes_merge_keeps_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
