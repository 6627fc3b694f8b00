/*
 * What is fetched from a peer without seals, at the gate.
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
#define T2 "2026-01-02T00:00:00.000Z"
#define T3 "2026-01-03T00:00:00.000Z"
#define GREEN marking_tlp_id(TLP_GREEN)
#define AMBER marking_tlp_id(TLP_AMBER)
#define CLEAR marking_tlp_id(TLP_CLEAR)
#define NOW ((unix_ms_t){ 1790000000000 })

#define POLICY(self, rest, onward) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {tlp: green, pap: green}}\n" \
	"purposes: {secops: [detect, block], law: [ask]}\n" \
	"origin-tags: [bought]\n" \
	"kinds: {technical: [botnet, ioc, victim]}\n" \
	"classify:\n" \
	"  - {when: {label: [botnet]}, kind: botnet}\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {type: [indicator, report]}, kind: ioc}\n" \
	"peers:\n" \
	"  feed: {country: XF, type: vendor, wall: attested, onward: [], " \
	    "desks: {ops: [secops]}, default-label: {tlp: green, " \
	    "pap: green}}\n" \
	"  other: {country: XG, type: vendor, wall: attested, " \
	    "desks: {ops: [secops]}, default-label: {tlp: green}}\n" \
	"  " rest ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: in-feed, in: {peer: feed}, kind: [botnet], for: [secops], " \
	    "tag: [bought], oblige: [no-resale]}\n" \
	"  - {id: in-asked, in: {peer: feed}, kind: [ioc], for: [secops], " \
	    "via: consult}\n" \
	"  - {id: in-cert, in: {peer: " rest "}, kind: technical, " \
	    "for: [secops]}\n" \
	"  - {id: out, out: {peer: " rest "}, kind: technical, " \
	    "for: [secops], tlp: <=green, cap: {hops: 2}" onward "}\n" \
	"  - {id: out-feed, out: {peer: feed}, kind: technical, " \
	    "for: [secops], tlp: <=green}\n"

struct pair {
	struct cert *a, *b;
	struct gate_party feed;		/* as seen from a */
};

static int
set_up(void **state)
{
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", POLICY("cert-a", "cert-b",
	    ", transit: true"));
	p->b = cert_open("cert-b", POLICY("cert-b", "cert-a", ""));
	cert_meet(p->a, p->b);
	p->feed = (struct gate_party){ .bare = true,
	    .org = policy_find_org(p->a->policy, STR("feed")) };
	assert_true(p->feed.org > 0);
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
object(unsigned number, const char *modified, const char *label,
    const char *tlp)
{
	static char text[8][2048];
	static unsigned next;

	return indicator_text(text[next++ % 8], sizeof(text[0]),
	    &(struct indicator_facts){ number, modified, label, tlp, "" });
}

/* One object, from that peer. */
static struct admit_verdict
fetch_from(struct pair *p, const char *sender, const char *text)
{
	struct str s = str_of(text);
	struct gate_party party = { .bare = true,
	    .org = policy_find_org(p->a->policy, str_of(sender)) };
	struct admit_verdict v;

	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(admit_fetched(p->a->gate, &(struct admit_fetch){
	    .party = &party, .sender = sender, .v = &s, .n = 1, .now = NOW },
	    &v), 0);
	assert_int_equal(store_commit(p->a->store), 0);
	return v;
}

static struct admit_verdict
fetch(struct pair *p, const char *text)
{
	return fetch_from(p, "feed", text);
}

static int
on_record(void *arg, const struct store_record *r)
{
	*(struct store_record *)arg = *r;
	return 0;
}

/* The last record stored, and its label. */
static struct label
last(struct pair *p, struct arena *arena, struct store_record *r)
{
	struct label l;

	assert_true(store_scan(p->a->store, 0, 1000, arena, on_record,
	    r) >= 0);
	assert_int_equal(gate_label(p->a->gate, r, &l), 0);
	return l;
}

/* The entry's label, tightened by the marking, the grant's tag and duty. */
static void
test_fetched_label(void **state)
{
	struct pair *p = *state;
	struct arena *arena = arena_new(MIB(1));
	const struct vocabulary *v = policy_vocabulary(p->a->policy);
	struct store_record r;
	struct label l;

	assert_int_equal(fetch(p, object(1, T1, "botnet", CLEAR)).refusal,
	    REFUSAL_NONE);
	l = last(p, arena, &r);
	assert_int_equal(l.tlp, TLP_GREEN);
	assert_true(org_set_has(&l.roots, (unsigned)p->feed.org));
	assert_true(l.lineage >> names_find(&v->lineage, STR("bought")) & 1);
	assert_int_equal(l.caveats, 1U << names_find(&v->caveats,
	    STR("no-resale")));
	assert_int_equal(r.flags, RECORD_FETCHED);
	assert_int_equal(fetch(p, object(2, T1, "botnet", AMBER)).refusal,
	    REFUSAL_NONE);
	l = last(p, arena, &r);
	assert_int_equal(l.tlp, TLP_AMBER);
	/* Our desk sees it; it never goes back. */
	assert_int_equal(gate_answer_local(p->a->gate, &r, policy_find_desk(
	    p->a->policy, STR("cert-a/ops")), NOW), 1);
	assert_int_equal(gate_is_echo(p->a->gate, &r, "feed", arena), 1);
	assert_int_equal(gate_is_echo(p->a->gate, &r, "other", arena), 0);
	arena_free(arena);
}

/* No grant, no policy, no entry, no room. */
static void
test_fetched_refused(void **state)
{
	struct pair *p = *state;
	struct admit_verdict v;

	v = fetch(p, object(1, T1, "victim", GREEN));
	assert_int_equal(v.refusal, REFUSAL_POLICY);
	assert_non_null(strstr(v.text, "default"));
	v = fetch_from(p, "other", object(1, T1, "botnet", GREEN));
	assert_int_equal(v.refusal, REFUSAL_POLICY);
	v = fetch_from(p, "nobody", object(1, T1, "botnet", GREEN));
	assert_int_equal(v.refusal, REFUSAL_POLICY);
	v = fetch(p, "{\"type\":\"indicator\"}");
	assert_int_not_equal(v.refusal, REFUSAL_NONE);
	assert_int_equal(store_count(p->a->store), 0);
}

/* It waits for people, who let it in under the label that it has. */
static void
test_fetched_held(void **state)
{
	struct pair *p = *state;
	struct arena *arena = arena_new(MIB(1));
	struct admit_verdict v = fetch(p, object(1, T1, "ioc", GREEN));
	struct store_record r;
	int desk = policy_find_desk(p->a->policy, STR("cert-a/ops"));

	assert_int_equal(v.refusal, REFUSAL_NONE);
	assert_true(v.held);
	(void)last(p, arena, &r);
	assert_int_equal(gate_answer_local(p->a->gate, &r, desk, NOW), 0);
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(held_let_in(p->a->gate, &(struct held_entry){
	    r.seq, &p->feed, true, NOW }), 0);
	assert_int_equal(store_commit(p->a->store), 0);
	(void)last(p, arena, &r);
	assert_int_equal(gate_answer_local(p->a->gate, &r, desk, NOW), 1);
	arena_free(arena);
}

/* Who may change what: each only what came from it. */
static void
test_fetched_versions(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	assert_int_equal(fetch(p, object(1, T1, "botnet", GREEN)).refusal,
	    REFUSAL_NONE);
	assert_true(fetch(p, object(1, T1, "botnet", GREEN)).unchanged);
	assert_int_equal(fetch(p, object(1, T2, "botnet", GREEN)).refusal,
	    REFUSAL_NONE);
	/* A desk of ours may not; nor a feed what a desk published. */
	assert_int_equal(cert_publish(p->a, object(1, T3, "botnet", GREEN)).
	    refusal, REFUSAL_ORIGIN);
	cert_publish(p->a, object(2, T1, "botnet", GREEN));
	assert_int_equal(fetch(p, object(2, T2, "botnet", GREEN)).refusal,
	    REFUSAL_ORIGIN);
	/* What we published may come back as it was. */
	assert_true(fetch(p, object(2, T1, "botnet", GREEN)).unchanged);
	/* Nor what another CERT sealed. */
	cert_publish(p->b, object(3, T1, "botnet", GREEN));
	cert_cross(p->b, p->a, false, &x);
	assert_int_equal(x.stored, 1);
	assert_int_equal(fetch(p, object(3, T2, "botnet", GREEN)).refusal,
	    REFUSAL_ORIGIN);
}

/* Passing on is transit: only where the policy allows that. */
static void
test_fetched_goes_on_as_transit(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	cert_set_policy(p->a, POLICY("cert-a", "cert-b", ""));
	release_restart(p->a->release);
	fetch(p, object(1, T1, "botnet", GREEN));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED), 1);
	cert_set_policy(p->a, POLICY("cert-a", "cert-b", ", transit: true"));
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.label, "feed"));
	assert_non_null(strstr(x.label, "no-resale"));
	/* It began with us, for them. */
	assert_non_null(strstr(x.terms, "hops=2"));
}

/* Two versions in one page are stored one after the other. */
static void
test_fetched_versions_in_one_page(void **state)
{
	struct pair *p = *state;
	struct admit_verdict v[3];
	struct str s[3] = { str_of(object(1, T1, "botnet", GREEN)),
	    str_of(object(1, T2, "botnet", GREEN)),
	    str_of(object(1, T2, "botnet", AMBER)) };

	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(admit_fetched(p->a->gate, &(struct admit_fetch){
	    .party = &p->feed, .sender = "feed", .v = s, .n = 3,
	    .now = NOW }, v), 0);
	assert_int_equal(store_commit(p->a->store), 0);
	assert_int_equal(v[0].refusal, REFUSAL_NONE);
	assert_int_equal(v[1].refusal, REFUSAL_NONE);
	assert_int_equal(v[2].refusal, REFUSAL_CONFLICT);
	assert_int_equal(store_count(p->a->store), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fetched_label),
		TEST(test_fetched_refused),
		TEST(test_fetched_held),
		TEST(test_fetched_versions),
		TEST(test_fetched_goes_on_as_transit),
		TEST(test_fetched_versions_in_one_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
