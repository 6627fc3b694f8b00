/*
 * What a simulation foretells of a change of policy is what the change then
 * does, over random changes of a policy and a store that grows.  And what a
 * policy that runs beside would do differently is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/shadow.h"
#include "gate/simulate.h"
#include "lib/gate_fixture.h"
#include "record/marking.h"

#define NOW ((unix_ms_t){ 1790000000000 })
#define CHANGES 60
#define FIRST_RECORDS 80

#define HEAD(self) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {pap: green}}\n" \
	"purposes: {secops: [detect, block], intel: [collect]}\n" \
	"kinds: {technical: [ioc, victim, malware]}\n" \
	"classify:\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {label: [malware]}, kind: malware}\n" \
	"  - {when: {label: [ioc]}, kind: ioc}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n"
#define PEER(name) \
	"  " name ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n"
#define OTHER \
	"  cert-0: {country: XC, type: national, wall: attested, " \
	    "desks: {ops: [secops], lab: [intel]}}\n"
#define IN "  - {id: in, in: any, kind: technical, for: [secops]}\n"

/* A policy is some of these. */
static const char *const grants[] = {
	"  - {id: g-ioc, out: any, kind: ioc, for: [secops], tlp: <=green}\n",
	"  - {id: g-red, out: any, kind: ioc, for: [secops], tlp: <=red}\n",
	"  - {id: g-victim, out: {peer: cert-b}, kind: victim, for: [secops]"
	    ", tlp: <=amber, cap: {hops: 0}}\n",
	"  - {id: g-ask, out: any, kind: [malware, ioc], for: [secops], "
	    "tlp: <=red, via: consult}\n",
	"  - {id: g-mal, out: any, kind: malware, for: [secops], "
	    "tlp: <=green}\n",
};
static const char *const limits[] = {
	"  - {id: l-name, out: any, kind: [victim], level: redact, redact: "
	    "[victim.name]}\n",
	/* Without its pattern no indicator is left. */
	"  - {id: l-void, out: any, kind: [malware], level: redact, redact: "
	    "[pattern]}\n",
	"  - {id: l-mal, out: any, kind: [malware], level: deny}\n",
	"  - {id: l-ask, out: any, tlp: \">=amber\", level: consult}\n",
};

static uint64_t
next_random(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *s >> 33;
}

static void
policy_text(uint64_t *s, struct buf *b)
{
	bool any = false;

	buf_reset(b);
	buf_addz(b, HEAD("cert-a") "peers:\n");
	/* The other desks get other numbers. */
	if (next_random(s) % 2 == 0)
		buf_addz(b, OTHER);
	buf_addz(b, PEER("cert-b") "grants:\n" IN);
	for (size_t i = 0; i < NELEM(grants); i++)
		if (next_random(s) % 2 == 0)
			buf_addz(b, grants[i]);
	for (size_t i = 0; i < NELEM(limits); i++)
		if (next_random(s) % 3 == 0) {
			buf_addz(b, any ? "" : "limits:\n");
			buf_addz(b, limits[i]);
			any = true;
		}
}

static struct policy *
load(const struct buf *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p.yaml"), buf_str(text)),
	    0);
	p = policy_load(files, "p.yaml", &e);
	if (p == NULL)
		fail_msg("%s\n%s", e.text, text->p);
	return p;
}

struct pair {
	struct cert *a, *b;
	struct policy *then;		/* owned: what a changes to */
	uint64_t random;
	unsigned published;
};

/* People agreed to every fifth record, for the one desk of cert-b. */
static bool
agreed(void *arg, int64_t seq, struct desk_set *out)
{
	const struct cert *a = arg;
	int desk = policy_find_desk(gate_policy(a->gate), STR("cert-b/ops"));

	if (seq % 5 != 0)
		return false;
	*out = (struct desk_set){ { 0 } };
	desk_set_add(out, (unsigned)desk);
	return true;
}

static int
set_up(void **state)
{
	static const struct str every = { "*", 1 };
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", HEAD("cert-a") "peers:\n" PEER("cert-b")
	    "grants:\n" IN);
	p->b = cert_open("cert-b", HEAD("cert-b") "peers:\n" PEER("cert-a")
	    "grants:\n" IN);
	cert_meet(p->a, p->b);
	release_free(p->a->release);
	p->a->release = release_new(&(struct release_options){
	    .gate = p->a->gate, .delivery = p->a->delivery,
	    .party = &p->a->party, .cert_id = "cert-b", .agreed = agreed,
	    .agreed_arg = p->a });
	release_start(p->a->release, &every, 1, 0);
	p->random = 11;
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	cert_close(p->a);
	cert_close(p->b);
	policy_free(p->then);
	free(p);
	return 0;
}

/* A record of random kind and colour; some are newer versions, some refer
 * to another one. */
static void
publish(struct pair *p)
{
	static const char *const labels[] = { "ioc", "victim", "malware",
	    "ioc", "nothing known" };
	static const int tlps[] = { TLP_CLEAR, TLP_GREEN, TLP_AMBER,
	    TLP_RED };
	unsigned number = p->published++;
	char text[1024], modified[32], extra[256] = "";

	if (number > 0 && next_random(&p->random) % 6 == 0)
		number = (unsigned)next_random(&p->random) % number;
	if (number > 0 && next_random(&p->random) % 4 == 0)
		snprintf(extra, sizeof(extra), ",\"created_by_ref\":"
		    "\"identity--%08x-1111-4111-8111-0123456789ab\","
		    "\"name\":\"n\"", number);
	snprintf(modified, sizeof(modified), "2026-01-01T00:%02u:%02u.000Z",
	    p->published / 60 % 60, p->published % 60);
	(void)cert_publish(p->a, indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ .number = number,
	    .modified = modified,
	    .label = labels[next_random(&p->random) % NELEM(labels)],
	    .tlp = marking_tlp_id(tlps[next_random(&p->random) %
	    NELEM(tlps)]), .extra = extra }));
}

static struct gate_party
party_under(const struct cert *c, const struct policy *policy)
{
	struct gate_party party = c->party;

	party.org = policy_find_org(policy, STR("cert-b"));
	return party;
}

static struct gate_options
options_of(const struct cert *c)
{
	return (struct gate_options){ .store = c->store, .audit = c->audit,
	    .key = c->key, .cert_id = c->id };
}

static void
simulate(struct pair *p, const struct policy *then,
    struct simulate_peer *out)
{
	struct gate_options o = options_of(p->a);
	AUTO(simulation_free) struct simulation *s = NULL;
	int64_t at, end;
	int rc;

	*out = (struct simulate_peer){ .cert_id = "cert-b",
	    .delivery = p->a->delivery, .now = p->a->party,
	    .then = party_under(p->a, then), .release = p->a->release,
	    .agreed = agreed, .agreed_arg = p->a };
	s = simulation_new(&(struct simulate_options){ .gate = &o,
	    .now = p->a->gate, .then = then, .peers = out, .npeers = 1,
	    .at = NOW });
	while ((rc = simulation_step(s, 7)) > 0)
		;
	assert_int_equal(rc, 0);
	at = simulation_progress(s, &end);
	assert_int_equal(at, end);
}

/* The change itself, as the vault makes it. */
static void
change(struct pair *p, struct policy *then, struct crossing *out)
{
	gate_set_policy(p->a->gate, then);
	p->a->party = party_under(p->a, then);
	policy_free(p->then);
	p->then = then;
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, out);
}

static void
equal(const struct pair *p, enum delivery_state s, uint64_t want)
{
	if (delivery_count(p->a->delivery, s) != want)
		fail_msg("%s: %llu, foretold %llu", delivery_state_name(s),
		    (unsigned long long)delivery_count(p->a->delivery, s),
		    (unsigned long long)want);
}

static void
test_simulation_foretells_changes(void **state)
{
	struct pair *p = *state;
	AUTO_BUF struct buf text = { 0 };
	uint64_t flow = 0, stop = 0, redacted = 0, whole = 0;
	struct simulate_peer told;
	struct crossing x;

	for (int i = 0; i < FIRST_RECORDS; i++)
		publish(p);
	for (int i = 0; i < CHANGES; i++) {
		uint64_t before = delivery_count(p->a->delivery,
		    DELIVERY_REDACTED);
		struct policy *then;

		policy_text(&p->random, &text);
		then = load(&text);
		simulate(p, then, &told);
		change(p, then, &x);
		assert_int_equal(x.refused, 0);
		assert_int_equal(x.sent, told.flow);
		equal(p, DELIVERY_DELIVERED, told.delivered);
		equal(p, DELIVERY_REDACTED, told.redacted);
		equal(p, DELIVERY_CONSULTED, told.consulted);
		equal(p, DELIVERY_DENIED, told.denied);
		equal(p, DELIVERY_FORBIDDEN, told.forbidden);
		flow += told.flow;
		stop += told.stop;
		redacted += told.redacted > before;
		whole += told.redacted < before;
		publish(p);
		publish(p);
		cert_cross(p->a, p->b, false, &x);
	}
	/* The changes were of every sort. */
	assert_true(flow > 0 && stop > 0 && redacted > 0 && whole > 0);
}

/* What the peer did not ask for does not go, whatever the policy. */
static void
test_simulation_of_a_subscription(void **state)
{
	static const struct str victims = { "victim", 6 };
	struct pair *p = *state;
	AUTO_BUF struct buf text = { 0 };
	struct simulate_peer told;
	struct crossing x;
	struct policy *then;

	for (int i = 0; i < FIRST_RECORDS; i++)
		publish(p);
	release_start(p->a->release, &victims, 1, 0);
	buf_addz(&text, HEAD("cert-a") "peers:\n" PEER("cert-b") "grants:\n"
	    IN);
	for (size_t i = 0; i < NELEM(grants); i++)
		buf_addz(&text, grants[i]);
	then = load(&text);
	simulate(p, then, &told);
	change(p, then, &x);
	assert_true(x.sent > 0 && x.sent < FIRST_RECORDS / 2);
	assert_int_equal(x.sent, told.flow);
	equal(p, DELIVERY_DELIVERED, told.delivered);
	equal(p, DELIVERY_CONSULTED, told.consulted);
	equal(p, DELIVERY_DENIED, told.denied);
}

static bool
shadow_party(void *arg, const char *cert_id, const struct policy *policy,
    struct gate_party *out)
{
	if (strcmp(cert_id, "cert-b") != 0)
		return false;
	*out = party_under(arg, policy);
	return true;
}

/* The shadow counts what the simulation foretells. */
static void
test_shadow_counts_like_simulation(void **state)
{
	struct pair *p = *state;
	AUTO_BUF struct buf text = { 0 };
	struct gate_options o = options_of(p->a);
	struct simulate_peer told;
	struct shadow_totals t;
	struct shadow *s;
	struct crossing x;
	uint64_t differ = 0, rows = 0;

	for (int i = 0; i < FIRST_RECORDS; i++)
		publish(p);
	p->random = 5;
	policy_text(&p->random, &text);
	s = shadow_new(&(struct shadow_options){ .gate = &o,
	    .in_force = p->a->gate, .policy = load(&text),
	    .party = shadow_party, .arg = p->a, .now = NOW });
	simulate(p, shadow_policy(s), &told);
	gate_set_shadow(p->a->gate, s);
	cert_cross(p->a, p->b, false, &x);
	gate_set_shadow(p->a->gate, NULL);
	assert_int_equal(x.sent, 0);
	shadow_totals(s, &t);
	for (int a = 0; a < OUTCOMES; a++)
		for (int b = 0; b < OUTCOMES; b++)
			differ += a == b ? 0 : told.outcomes[a][b];
	for (size_t i = 0; shadow_row(s, i) != NULL; i++) {
		assert_string_equal(shadow_row(s, i)->peer, "cert-b");
		assert_string_equal(shadow_row(s, i)->before_by, "default");
		rows += shadow_row(s, i)->records;
	}
	assert_true(differ > 0);
	assert_int_equal(t.decisions, told.records);
	assert_int_equal(t.differ, rows);
	assert_int_equal(t.unlisted, 0);
	shadow_reset(s, NOW);
	assert_null(shadow_row(s, 0));
	shadow_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_simulation_foretells_changes),
		TEST(test_simulation_of_a_subscription),
		TEST(test_shadow_counts_like_simulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
