/*
 * The gate between two CERTs, without a network.  Tests named L-nn are rows
 * of what hurt users elsewhere and may not happen here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/gate_fixture.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define T2 "2026-01-02T00:00:00.000Z"
#define GREEN marking_tlp_id(TLP_GREEN)
#define RED marking_tlp_id(TLP_RED)

/* The same words in another order: their numbers differ at both sides. */
#define POLICY(self, other, purposes, kinds) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {pap: green}}\n" \
	"purposes: {" purposes "}\n" \
	"origin-tags: [ngo]\n" \
	"kinds: {technical: [" kinds "]}\n" \
	"classify:\n" \
	"  - {when: {label: [botnet]}, kind: botnet}\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {type: [indicator, report]}, kind: ioc}\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: out, out: {peer: " other "}, kind: technical, for: " \
	    "[secops], tlp: <=green, cap: {hops: 0}, oblige: [receipt]}\n" \
	"  - {id: in, in: any, kind: technical, for: [secops], " \
	    "tag: [ngo]}\n" \
	"limits:\n" \
	"  - {id: hide, out: any, kind: [victim], level: redact, redact: " \
	    "[victim.name]}\n"
#define POLICY_A POLICY("cert-a", "cert-b", \
	"secops: [detect, block], law: [ask]", "botnet, ioc, victim")
#define POLICY_B POLICY("cert-b", "cert-a", \
	"law: [ask], secops: [block, detect]", "victim, ioc, botnet")

struct pair {
	struct cert *a, *b;
};

static int
set_up(void **state)
{
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", POLICY_A);
	p->b = cert_open("cert-b", POLICY_B);
	cert_meet(p->a, p->b);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	cert_close(p->a);
	cert_close(p->b);
	free(p);
	return 0;
}

static const char *
indicator(unsigned number, const char *modified, const char *label,
    const char *tlp)
{
	static char text[4][2048];
	static unsigned next;

	return indicator_text(text[next++ % 4], sizeof(text[0]),
	    &(struct indicator_facts){ number, modified, label, tlp, "" });
}

/* L-03: names cross, never numbers; L-17: the bytes are the originator's. */
static void
test_gate_l03_l17_names_and_bytes_cross(void **state)
{
	struct pair *p = *state;
	const char *object = indicator(1, T1, "botnet", GREEN);
	struct crossing x;

	cert_publish(p->a, object);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_string_equal(x.object, object);
	assert_non_null(strstr(x.label, "kind=botnet\n"));
	assert_non_null(strstr(x.label, "purposes=block,detect\n"));
	assert_non_null(strstr(x.terms, "desks=cert-b/ops\n"));
	/* It means the same at the other side, where the numbers differ. */
	assert_string_equal(policy_vocabulary(p->b->policy)->kinds.v[3],
	    "botnet");
}

/* L-06: content and seal cannot claim another organisation. */
static void
test_gate_l06_nobody_speaks_for_another(void **state)
{
	struct pair *p = *state;
	struct admit_verdict v;
	struct crossing x;

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	cert_cross(p->a, p->b, false, &x);
	v = cert_publish(p->b, indicator(1, T2, "botnet", GREEN));
	assert_int_equal(v.refusal, REFUSAL_ORIGIN);
	/* Another key under the same name. */
	p->b->other = NULL;
	cert_publish(p->a, indicator(2, T1, "botnet", GREEN));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.refused, 1);
	assert_int_equal(x.first_refusal, REFUSAL_SEAL);
	p->b->other = p->a;
}

/* L-07: the decision is on the closure of what is referenced. */
static void
test_gate_l07_closure_decides(void **state)
{
	static const char report[] = "{\"type\":\"report\",\"spec_version\":"
	    "\"2.1\",\"id\":\"report--22222222-1111-4111-8111-0123456789ab\""
	    ",\"created\":\"" T1 "\",\"modified\":\"" T1 "\",\"name\":\"r\","
	    "\"published\":\"" T1 "\",\"object_refs\":[\"indicator--00000009"
	    "-1111-4111-8111-0123456789ab\"],\"object_marking_refs\":"
	    "[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]"
	    "}";
	struct pair *p = *state;
	struct crossing x;

	cert_publish(p->a, indicator(9, T1, "botnet", RED));
	cert_publish(p->a, report);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED), 2);
}

/* What is new goes before what is looked at again, in one run and entry. */
static void
test_gate_log_replays_after_backfill(void **state)
{
	struct pair *p = *state;
	struct delivery *again;
	struct crossing x;

	cert_publish(p->a, indicator(1, T1, "botnet", RED));
	cert_publish(p->a, indicator(2, T1, "botnet", RED));
	cert_cross(p->a, p->b, false, &x);
	release_restart(p->a->release);
	cert_publish(p->a, indicator(3, T1, "botnet", RED));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED), 3);
	assert_int_equal(delivery_load(p->a->store, "cert-b", &again), 0);
	assert_int_equal(delivery_count(again, DELIVERY_DENIED), 3);
	delivery_free(again);
}

/* L-10, L-26: a gate that cannot decide denies. */
static void
test_gate_l10_l26_without_policy_nothing_moves(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	gate_set_policy(p->b->gate, NULL);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 0);
	assert_int_equal(x.first_refusal, REFUSAL_POLICY);
	gate_set_policy(p->a->gate, NULL);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
}

/* L-12, L-13: no echo, no second sending, and the same again is unchanged. */
static void
test_gate_l12_l13_nothing_circulates(void **state)
{
	struct pair *p = *state;
	struct admit_verdict v;
	struct crossing x;

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	v = cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	assert_true(v.unchanged);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 1);
	cert_cross(p->b, p->a, false, &x);
	assert_int_equal(x.sent, 0);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
	/* A peer that forgot what it has is offered it again: unchanged. */
	delivery_reset(p->a->delivery, true);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 1);
	assert_int_equal(x.unchanged, 1);
}

/* L-15: sent, unchanged and refused add up; L-21: equal stamps lose none. */
static void
test_gate_l15_l21_counts_add_up(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	for (unsigned i = 0; i < 600; i++)
		cert_publish(p->a, indicator(100 + i, T1, i % 3 ? "botnet" :
		    "ioc", GREEN));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 600);
	assert_int_equal(x.stored + x.unchanged + x.refused, x.sent);
	assert_int_equal(x.stored, 600);
	assert_int_equal(store_count(p->b->store), 600);
}

/* L-14: what is sent at once is bounded, however large the records are. */
static void
test_gate_l14_batches_are_bounded(void **state)
{
	struct pair *p = *state;
	size_t size = 201 << 10;
	char *extra = mem_array(char, size), *text = mem_array(char, 2 * size);
	struct crossing x;

	memset(extra, 'x', size - 1);
	memcpy(extra, ",\"x_large\":\"", 12);
	extra[size - 2] = '"';
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(cert_publish(p->a, indicator_text(text,
		    2 * size, &(struct indicator_facts){ i, T1, "botnet",
		    GREEN, extra })).refusal, REFUSAL_NONE);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 8);
	assert_true(x.batches >= 2);
	assert_true(x.largest_bytes < 1 << 20);
	free(extra);
	free(text);
}

/* L-16: both directions pass the same decision; what `why` says is done. */
static void
test_gate_l16_one_gate_both_ways(void **state)
{
	static const char *const labels[] = { "botnet", "ioc" };
	struct pair *p = *state;
	struct crossing there, back;

	for (unsigned i = 0; i < 2; i++) {
		cert_publish(p->a, indicator(10 + i, T1, labels[i],
		    i ? RED : GREEN));
		cert_publish(p->b, indicator(20 + i, T1, labels[i],
		    i ? RED : GREEN));
	}
	cert_cross(p->a, p->b, false, &there);
	cert_cross(p->b, p->a, false, &back);
	assert_int_equal(there.stored, 1);
	assert_int_equal(back.stored, 1);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED), 1);
	assert_int_equal(delivery_count(p->b->delivery, DELIVERY_DENIED), 1);
}

/* A tag that an in-grant adds stays with the record here. */
static int
on_first(void *arg, const struct store_record *r)
{
	struct store_record *out = arg;

	*out = *r;
	return 1;
}

static void
test_gate_in_grant_adds_lineage(void **state)
{
	struct pair *p = *state;
	struct arena *arena = arena_new(MIB(1));
	struct store_record r;
	struct crossing x;
	struct label l;
	int ngo = names_find(&policy_vocabulary(p->b->policy)->lineage,
	    STR("ngo"));

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	cert_cross(p->a, p->b, false, &x);
	assert_true(store_scan(p->b->store, 0, 1, arena, on_first, &r) >= 0);
	assert_int_equal(gate_label(p->b->gate, &r, &l), 0);
	assert_true(ngo >= 0 && (l.lineage >> ngo & 1) != 0);
	assert_null(strstr(x.label, "ngo"));
	arena_free(arena);
}

/* L-18: a failed check ends the handling of that batch, new or known. */
static void
test_gate_l18_spoiled_batch_is_refused_whole(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	cert_cross(p->a, p->b, true, &x);
	assert_int_equal(x.refused, 1);
	assert_int_equal(x.first_refusal, REFUSAL_SEAL);
	assert_int_equal(store_count(p->b->store), 0);
}

/* Redaction makes a derived record, the same one every time. */
static void
test_gate_redaction_derives(void **state)
{
	struct pair *p = *state;
	char text[2048], first[4096];
	struct crossing x;

	cert_publish(p->a, indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 5, T1, "victim", GREEN,
	    ",\"x_victim_name\":\"Example Hospital\",\"description\":\"at "
	    "Example Hospital\"" }));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_null(strstr(x.object, "Hospital"));
	assert_null(strstr(x.object, "\"id\":\"indicator--00000005"));
	assert_non_null(strstr(x.object, "derived_from"));
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_REDACTED),
	    1);
	snprintf(first, sizeof(first), "%s", x.object);
	delivery_reset(p->a->delivery, true);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.unchanged, 1);
	assert_string_equal(x.object, first);
}

/* Versions: conflict, newer, revoked, and what is recalled stays away. */
static void
test_gate_versions(void **state)
{
	struct pair *p = *state;
	char text[2048];
	struct admit_verdict v;

	cert_publish(p->a, indicator(1, T1, "botnet", GREEN));
	v = cert_publish(p->a, indicator(1, T1, "ioc", GREEN));
	assert_int_equal(v.refusal, REFUSAL_CONFLICT);
	v = cert_publish(p->a, indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 1, T2, "botnet", GREEN,
	    ",\"revoked\":true" }));
	assert_int_equal(v.refusal, REFUSAL_NONE);
	v = cert_publish(p->a, indicator(1, "2026-01-03T00:00:00.000Z",
	    "botnet", GREEN));
	assert_int_equal(v.refusal, REFUSAL_REVOKED);
}

/* Part of a seal goes to one peer, and still proves itself there. */
static void
test_gate_part_of_a_seal_crosses(void **state)
{
	struct pair *p = *state;
	char text[40][1024];
	struct str objects[40];
	struct admit_verdict v[40];
	struct crossing x;

	for (unsigned i = 0; i < 40; i++)
		objects[i] = str_of(indicator_text(text[i], sizeof(text[i]),
		    &(struct indicator_facts){ i, T1, "botnet",
		    i % 4 == 1 ? RED : GREEN, "" }));
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(admit_published(p->a->gate,
	    &(struct admit_objects){ policy_find_desk(p->a->policy,
	    STR("cert-a/ops")), objects, 40, { 1790000000000 } }, v), 0);
	assert_int_equal(store_commit(p->a->store), 0);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.batches, 1);
	assert_int_equal(x.stored, 30);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED),
	    10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gate_l03_l17_names_and_bytes_cross),
		TEST(test_gate_l06_nobody_speaks_for_another),
		TEST(test_gate_l07_closure_decides),
		TEST(test_gate_log_replays_after_backfill),
		TEST(test_gate_l10_l26_without_policy_nothing_moves),
		TEST(test_gate_l12_l13_nothing_circulates),
		TEST(test_gate_l15_l21_counts_add_up),
		TEST(test_gate_l14_batches_are_bounded),
		TEST(test_gate_l16_one_gate_both_ways),
		TEST(test_gate_in_grant_adds_lineage),
		TEST(test_gate_l18_spoiled_batch_is_refused_whole),
		TEST(test_gate_redaction_derives),
		TEST(test_gate_versions),
		TEST(test_gate_part_of_a_seal_crosses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
