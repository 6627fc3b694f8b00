/*
 * What people agreed to, at the gate: it is put to the policy as it is when
 * it is to move, in both directions, and never gives more than was asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/held.h"
#include "lib/gate_fixture.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define NOW ((unix_ms_t){ 1790000000000 })

#define POLICY(self, other, rules) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops], lab: " \
	    "[law]}, default-label: {pap: green, purposes: [detect, " \
	    "block, ask]}}\n" \
	"purposes: {secops: [detect, block], law: [ask]}\n" \
	"kinds: {technical: [botnet, victim]}\n" \
	"classify:\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {type: [indicator]}, kind: botnet}\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops], lab: [law]}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"consult: {panel: [duty], quorum: 1, timeout: 1d}\n" \
	rules
#define GRANTS \
	"grants:\n" \
	"  - {id: out, out: any, kind: technical, for: [secops], tlp: " \
	    "<=green, cap: {hops: 0}, oblige: [receipt]}\n" \
	"  - {id: lab, out: any, kind: technical, for: [law], tlp: " \
	    "<=green, cap: {hops: 0, ttl: 1d}, oblige: [receipt, " \
	    "purpose-bound]}\n" \
	"  - {id: in, in: any, kind: technical, for: [secops, law]}\n"
#define LIMIT(way, what) \
	"limits:\n" \
	"  - {id: ask, " way ": any, kind: [victim], level: " what "}\n"
#define LESS \
	"  - {id: less, in: any, kind: [victim], for: [secops, law], " \
	    "via: redact, redact: [description]}\n"
#define NAMELESS \
	"  - {id: less, in: any, kind: [victim], for: [secops, law], " \
	    "via: redact, redact: [pattern]}\n"

#define AT_A(rules) POLICY("cert-a", "cert-b", rules)
#define AT_B(rules) POLICY("cert-b", "cert-a", rules)

struct pair {
	struct cert *a, *b;
};

static int
set_up(void **state)
{
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", AT_A(GRANTS));
	p->b = cert_open("cert-b", AT_B(GRANTS LIMIT("in", "consult")));
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
victim(char *dst, size_t size)
{
	return indicator_text(dst, size, &(struct indicator_facts){ 1, T1,
	    "victim", marking_tlp_id(TLP_GREEN),
	    ",\"description\":\"who it was\"" });
}

/* One record crosses and is held at b; its sequence there. */
static int64_t
hold(struct pair *p)
{
	struct crossing x;
	char text[2048];

	cert_publish(p->a, victim(text, sizeof(text)));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	return store_last_seq(p->b->store);
}

static uint32_t
flags_of(struct cert *c, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct store_record r;

	assert_int_equal(store_get(c->store, seq, arena, &r), 0);
	return r.flags;
}

/* What becomes of a held record under another policy. */
static const struct {
	const char *name, *rules;
	bool agreed, stranger;
	int64_t later_ms;
	int want;
	const char *by;		/* rule or reason, where it is denied */
	bool redacted;
} held_cases[] = {
	{ "as it was, agreed", GRANTS LIMIT("in", "consult"), .agreed = true,
	    .want = 0 },
	{ "as it was, not agreed", GRANTS LIMIT("in", "consult"),
	    .want = ERR_DENIED, .by = "ask" },
	{ "denied now", GRANTS LIMIT("in", "deny"), .agreed = true,
	    .want = ERR_DENIED, .by = "ask" },
	{ "no grant now", "grants:\n  - {id: in, in: any, kind: [botnet], "
	    "for: [secops]}\n", .agreed = true, .want = ERR_DENIED,
	    .by = "default" },
	{ "permitted now, nobody agreed", GRANTS, .want = 0 },
	{ "a sender that is no peer", GRANTS LIMIT("in", "consult"),
	    .agreed = true, .stranger = true, .want = ERR_DENIED,
	    .by = "unknown-peer" },
	{ "its time is over", GRANTS LIMIT("in", "consult"), .agreed = true,
	    .later_ms = DAY(40000), .want = ERR_DENIED, .by = "expired" },
	{ "agreed, and something is taken out", GRANTS LESS
	    LIMIT("in", "consult"), .agreed = true, .want = 0,
	    .redacted = true },
	{ "agreed, and nothing valid is left", GRANTS NAMELESS
	    LIMIT("in", "consult"), .agreed = true, .want = ERR_DENIED,
	    .by = "obligation" },
};

static void
check_denied(size_t i, const struct policy *p, const struct gate_answer *a)
{
	const char *by = a->by >= 0 ? policy_rule_id(p, a->by) :
	    reason_name(a->reason);

	if (strcmp(by, held_cases[i].by) != 0)
		fail_msg("%s: by %s", held_cases[i].name, by);
}

static void
check_let_in(size_t i, struct cert *b, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct store_record r;

	if (!held_cases[i].redacted) {
		assert_int_equal(flags_of(b, seq) & RECORD_HELD, 0);
		assert_int_equal(store_last_seq(b->store), seq);
		return;
	}
	/* What came is gone, what is left is found by what it is about. */
	assert_true((flags_of(b, seq) & RECORD_TOMBSTONE) != 0);
	assert_int_equal(store_get(b->store, seq + 1, arena, &r), 0);
	assert_true((r.flags & RECORD_DERIVED) != 0);
	assert_int_equal(r.flags & RECORD_HELD, 0);
	assert_null(memmem(r.bytes.p, r.bytes.n, "who it was", 10));
}

static void
run_held_case(struct pair *p, size_t i)
{
	struct held_entry e = { .party = held_cases[i].stranger ? NULL :
	    &p->b->party, .agreed = held_cases[i].agreed,
	    .now = { NOW.ms + held_cases[i].later_ms } };
	char text[8192];
	struct gate_answer a;
	int rc;

	e.seq = hold(p);
	assert_true((flags_of(p->b, e.seq) & RECORD_HELD) != 0);
	snprintf(text, sizeof(text), AT_B("%s"), held_cases[i].rules);
	cert_set_policy(p->b, text);
	assert_int_equal(store_begin(p->b->store), 0);
	rc = held_judge(p->b->gate, &e, &a);
	if (rc != held_cases[i].want)
		fail_msg("%s: %s", held_cases[i].name, err_name(rc));
	assert_int_equal(held_let_in(p->b->gate, &e), rc);
	assert_int_equal(store_commit(p->b->store), 0);
	if (rc == 0) {
		check_let_in(i, p->b, e.seq);
		assert_int_equal(held_judge(p->b->gate, &e, &a),
		    ERR_NOT_FOUND);
		return;
	}
	check_denied(i, p->b->policy, &a);
	assert_true((flags_of(p->b, e.seq) & RECORD_HELD) != 0);
	assert_int_equal(store_last_seq(p->b->store), e.seq);
}

static void
test_held_let_in_as_policy_is_now(void **state)
{
	for (size_t i = 0; i < NELEM(held_cases); i++) {
		run_held_case(*state, i);
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

static int
on_held(void *arg, int64_t seq, const char *sender)
{
	(void)seq;
	assert_string_equal(sender, "cert-a");
	++*(unsigned *)arg;
	return 0;
}

/* What was recalled while it waited is not let in, and stays known. */
static void
test_held_recalled(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct pair *p = *state;
	struct held_entry e = { .party = &p->b->party, .agreed = true,
	    .now = NOW };
	struct store_record r;
	struct gate_answer a;
	unsigned n = 0;

	e.seq = hold(p);
	assert_int_equal(store_begin(p->b->store), 0);
	assert_int_equal(store_get(p->b->store, e.seq, arena, &r), 0);
	assert_int_equal(gate_tombstone(p->b->gate, &r), 0);
	assert_int_equal(held_judge(p->b->gate, &e, &a), ERR_NOT_FOUND);
	assert_int_equal(held_let_in(p->b->gate, &e), ERR_NOT_FOUND);
	assert_int_equal(held_each(p->b->gate, on_held, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(held_throw_away(p->b->gate, e.seq), 0);
	assert_int_equal(held_throw_away(p->b->gate, e.seq), ERR_NOT_FOUND);
	assert_int_equal(held_each(p->b->gate, on_held, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_commit(p->b->store), 0);
	assert_true((flags_of(p->b, e.seq) & RECORD_TOMBSTONE) != 0);
}

/* The desks people agreed to, and what goes with the release. */
static const struct {
	bool ops, lab;
	const char *limit;
	enum outcome want;
	uint32_t purposes, obligations;
	int64_t ttl_ms;
} agreed_cases[] = {
	{ true, false, LIMIT("out", "consult"), OUTCOME_PERMIT, 3,
	    1U << OBLIGATION_RECEIPT, INT64_MAX },
	{ false, true, LIMIT("out", "consult"), OUTCOME_PERMIT, 4,
	    1U << OBLIGATION_RECEIPT | 1U << OBLIGATION_PURPOSE_BOUND,
	    DAY(1) },
	{ true, true, LIMIT("out", "consult"), OUTCOME_PERMIT, 7,
	    1U << OBLIGATION_RECEIPT | 1U << OBLIGATION_PURPOSE_BOUND,
	    DAY(1) },
	{ false, false, LIMIT("out", "consult"), OUTCOME_CONSULT, 0, 0,
	    INT64_MAX },
	{ true, true, LIMIT("out", "deny"), OUTCOME_DENY, 0, 0, INT64_MAX },
};

static void
test_agreed_desks_and_their_caps(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct pair *p = *state;
	char text[2048];
	struct store_record r;

	cert_publish(p->a, victim(text, sizeof(text)));
	assert_int_equal(store_get(p->a->store, 1, arena, &r), 0);
	for (size_t i = 0; i < NELEM(agreed_cases); i++) {
		struct desk_set desks = { { 0 } };
		struct gate_query q = { .party = &p->a->party, .record = &r,
		    .now = NOW, .agreed = &desks };
		char policy[8192];
		struct gate_answer a;
		int ops, lab;

		snprintf(policy, sizeof(policy), AT_A(GRANTS "%s"),
		    agreed_cases[i].limit);
		cert_set_policy(p->a, policy);
		ops = policy_find_desk(p->a->policy, STR("cert-b/ops"));
		lab = policy_find_desk(p->a->policy, STR("cert-b/lab"));
		if (agreed_cases[i].ops)
			desk_set_add(&desks, (unsigned)ops);
		if (agreed_cases[i].lab)
			desk_set_add(&desks, (unsigned)lab);
		assert_int_equal(gate_answer_out(p->a->gate, &q, &a), 0);
		assert_int_equal(a.outcome, agreed_cases[i].want);
		assert_int_equal(a.purposes, agreed_cases[i].purposes);
		assert_int_equal(a.obligations, agreed_cases[i].obligations);
		assert_true(a.cap_ttl_ms == agreed_cases[i].ttl_ms);
		if (a.outcome == OUTCOME_PERMIT) {
			assert_int_equal(a.reason, REASON_AGREED);
			assert_int_equal(desk_set_has(&a.desks,
			    (unsigned)ops), agreed_cases[i].ops);
			assert_int_equal(desk_set_has(&a.desks,
			    (unsigned)lab), agreed_cases[i].lab);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_held_let_in_as_policy_is_now),
		TEST(test_held_recalled),
		TEST(test_agreed_desks_and_their_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
