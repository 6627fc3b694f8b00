/*
 * Obligations: each is carried out, taken on by the recipient, or refuses
 * the flow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/embargo.h"
#include "lib/gate_fixture.h"
#include "policy/oblige.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define GREEN marking_tlp_id(TLP_GREEN)
#define NOW ((unix_ms_t){ 1790000000000 })
#define BIT(o) (1U << OBLIGATION_##o)

/* CAVEATS: of what is published here; OUT and IN: what the grants oblige. */
#define POLICY(self, other, CAVEATS, OUT, IN) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {pap: green, hops: 7, caveats: [" CAVEATS "]}}\n" \
	"purposes: {secops: [detect, block], law: [ask]}\n" \
	"kinds: {technical: [botnet, ioc]}\n" \
	"classify:\n" \
	"  - {when: {label: [botnet]}, kind: botnet}\n" \
	"  - {when: {type: [indicator, report]}, kind: ioc}\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: out, out: {peer: " other "}, kind: technical, for: " \
	    "[secops], tlp: <=green, transit: true, oblige: [" OUT "]}\n" \
	"  - {id: in, in: any, kind: technical, for: [secops], " \
	    "oblige: [" IN "]}\n"

#define POLICY_B(OUT, IN) POLICY("cert-b", "cert-a", "", OUT, IN)

struct pair {
	struct cert *a, *b;
};

static void
pair_open(struct pair *p, const char *a, const char *b)
{
	p->a = cert_open("cert-a", a);
	p->b = cert_open("cert-b", b);
	cert_meet(p->a, p->b);
}

static void
pair_close(struct pair *p)
{
	cert_close(p->a);
	cert_close(p->b);
}

static const char *
indicator(unsigned number, const char *extra)
{
	static char text[2048];

	return indicator_text(text, sizeof(text), &(struct indicator_facts){
	    number, T1, "botnet", GREEN, extra });
}

/* Nothing falls between: each obligation has a carrier in each direction. */
static void
test_oblige_every_row(void **state)
{
	static const struct {
		const char *name, *out, *in;
	} want[] = {
		{ "receipt", "session", "session" },
		{ "purpose-bound", "recipient", "we" },
		{ "no-resale", "recipient", "we" },
		{ "embargo", "we", "we" },
		{ "protect-source", "we", "we" },
		{ "warninglist-check", "nobody", "we" },
		{ "no-attribution", "we", "we" },
		{ "encrypt-in-transit", "session", "session" },
		{ "notify-affected", "recipient", "we" },
		{ "no-notify", "recipient", "we" },
		{ "attribute", "session", "session" },
		{ "contact-first", "recipient", "we" },
		{ "no-action", "recipient", "we" },
	};

	(void)state;
	assert_int_equal(NELEM(want), OBLIGATIONS);
	for (unsigned o = 0; o < OBLIGATIONS; o++) {
		const struct oblige_row *row = oblige_row(
		    (enum obligation)o);

		assert_string_equal(obligation_name((enum obligation)o),
		    want[o].name);
		assert_string_equal(carrier_name(row->out), want[o].out);
		assert_string_equal(carrier_name(row->in), want[o].in);
		assert_non_null(row->how);
	}
}

/* What the obligations of a grant and of a label make of a permit. */
static void
test_oblige_out(void **state)
{
	const unix_ms_t later = { NOW.ms + DAY(1) }, past = { NOW.ms };
	const struct {
		uint32_t granted;
		const char *caveats[3];
		bool received;
		unix_ms_t embargo_end;
		enum outcome want;
	} cases[] = {
		{ 0, { NULL }, true, later, OUTCOME_PERMIT },
		{ BIT(RECEIPT) | BIT(PURPOSE_BOUND), { NULL }, false, later,
		  OUTCOME_PERMIT },
		{ BIT(WARNINGLIST_CHECK), { NULL }, false, later,
		  OUTCOME_DENY },
		{ BIT(PROTECT_SOURCE), { NULL }, false, later,
		  OUTCOME_REDACT },
		{ 0, { "protect-source" }, true, later, OUTCOME_REDACT },
		{ 0, { "no-attribution" }, false, later, OUTCOME_REDACT },
		{ 0, { "no-attribution", "attribute" }, false, later,
		  OUTCOME_DENY },
		{ BIT(ATTRIBUTE), { "protect-source" }, false, later,
		  OUTCOME_DENY },
		{ BIT(NOTIFY_AFFECTED), { "no-notify" }, false, later,
		  OUTCOME_DENY },
		{ 0, { "attribute" }, true, later, OUTCOME_PERMIT },
		{ 0, { "no-resale", "contact-first", "no-action" }, true,
		  later, OUTCOME_PERMIT },
		/* The grant's embargo is the recipient's; a label's is ours. */
		{ BIT(EMBARGO), { NULL }, false, later, OUTCOME_PERMIT },
		{ 0, { "embargo" }, false, later, OUTCOME_DENY },
		{ 0, { "embargo" }, false, UNIX_MS_NEVER, OUTCOME_DENY },
		{ BIT(EMBARGO), { "embargo" }, false, later, OUTCOME_PERMIT },
		{ BIT(EMBARGO), { "embargo" }, true, later, OUTCOME_DENY },
		{ 0, { "embargo" }, false, past, OUTCOME_PERMIT },
		{ 0, { "embargo" }, true, past, OUTCOME_PERMIT },
		/* A caveat that this process has no name for. */
		{ 0, { "?" }, false, later, OUTCOME_DENY },
	};
	struct cert *c = cert_open("cert-a", POLICY("cert-a", "cert-b", "",
	    "", ""));
	const struct vocabulary *v = policy_vocabulary(c->policy);

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l;
		struct oblige_facts facts = { .label = &l, .now = NOW,
		    .received = cases[i].received,
		    .embargo_end = cases[i].embargo_end };
		struct oblige_flow flow = { .outcome = OUTCOME_PERMIT,
		    .by = 0, .obligations = cases[i].granted };

		label_bottom(&l);
		for (size_t k = 0; k < 3 && cases[i].caveats[k] != NULL;
		    k++) {
			int bit = names_find(&v->caveats,
			    str_of(cases[i].caveats[k]));

			l.caveats |= bit < 0 ? LABEL_UNKNOWN_BIT : 1U << bit;
		}
		oblige_out(c->policy, &facts, &flow);
		if (flow.outcome != cases[i].want)
			fail_msg("case %zu: %s", i,
			    outcome_name(flow.outcome));
		if (flow.outcome == OUTCOME_DENY)
			assert_int_equal(flow.reason, REASON_OBLIGATION);
		if (flow.outcome == OUTCOME_REDACT)
			assert_string_equal(policy_redaction(c->policy,
			    (unsigned)__builtin_ctzll(flow.redactions)),
			    "source");
	}
	cert_close(c);
}

/* It never makes a flow milder, whatever is asked for. */
static void
test_oblige_out_only_tightens(void **state)
{
	struct cert *c = cert_open("cert-a", POLICY("cert-a", "cert-b", "",
	    "", ""));

	(void)state;
	for (uint32_t granted = 0; granted < 1U << OBLIGATIONS; granted += 7)
		for (int o = OUTCOME_PERMIT; o <= OUTCOME_FORBID; o++) {
			struct label l;
			struct oblige_facts facts = { .label = &l,
			    .now = NOW };
			struct oblige_flow flow = {
				.outcome = (enum outcome)o,
				.obligations = granted,
			};

			label_bottom(&l);
			l.caveats = granted * 2654435761U >> 22;
			oblige_out(c->policy, &facts, &flow);
			assert_true(flow.outcome >= (enum outcome)o);
			assert_int_equal(flow.obligations & granted,
			    granted);
		}
	cert_close(c);
}

/* The condition a record came under is on it when it goes on. */
static void
test_oblige_travels_on(void **state)
{
	struct pair p;
	struct crossing x;
	struct gate_answer a;
	struct store_record r;
	struct arena *arena = arena_new(MIB(1));
	struct label l;

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "",
	    "receipt, no-resale, notify-affected", ""),
	    POLICY_B("", "contact-first"));
	cert_publish(p.a, indicator(1, ""));
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.terms,
	    "oblige=no-resale,notify-affected,receipt\n"));
	assert_null(strstr(x.label, "no-resale"));
	assert_int_equal(store_get(p.b->store, 1, arena, &r), 0);
	assert_int_equal(gate_label(p.b->gate, &r, &l), 0);
	assert_int_equal(oblige_of_caveats(policy_vocabulary(p.b->policy),
	    l.caveats), BIT(NO_RESALE) | BIT(NOTIFY_AFFECTED) |
	    BIT(CONTACT_FIRST));
	assert_int_equal(gate_answer_out(p.b->gate, &(struct gate_query){
	    &p.b->party, &r, NOW }, &a), 0);
	assert_int_equal(a.outcome, OUTCOME_PERMIT);
	assert_int_equal(a.obligations, BIT(NO_RESALE) |
	    BIT(NOTIFY_AFFECTED) | BIT(CONTACT_FIRST));
	arena_free(arena);
	pair_close(&p);
}

#define NGO "identity--0c1f2e3d-0000-4000-8000-000000000009"

/* Who told us is nowhere in what goes out, by id or by name. */
static void
test_oblige_protect_source(void **state)
{
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "", "protect-source", ""),
	    POLICY_B("", ""));
	assert_int_equal(cert_publish(p.a, "{\"type\":\"identity\","
	    "\"spec_version\":\"2.1\",\"id\":\"" NGO "\",\"created\":"
	    "\"" T1 "\",\"modified\":\"" T1 "\",\"name\":"
	    "\"Free Press Fund\"}").refusal, REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(cert_publish(p.a, indicator(1,
	    ",\"created_by_ref\":\"" NGO "\",\"description\":\"seen by the "
	    "free press fund, see https://fpf.example/1\","
	    "\"external_references\":[{\"source_name\":\"fpf\",\"url\":"
	    "\"https://fpf.example/1\"}]")).refusal, REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_null(strcasestr(x.object, "press"));
	assert_null(strcasestr(x.object, "fpf"));
	assert_null(strstr(x.object, NGO));
	assert_null(strstr(x.object, "derived_from"));
	assert_non_null(strstr(x.object, "seen by the [redacted], see "
	    "[redacted]"));
	assert_non_null(strstr(x.label, "roots=cert-a\n"));
	assert_int_equal(delivery_count(p.a->delivery, DELIVERY_REDACTED),
	    1);
	pair_close(&p);
}

/* What an in-grant obliges us to binds what we do with the record. */
static void
test_oblige_in_grant_binds_us(void **state)
{
	struct pair p;
	struct crossing x;
	struct gate_answer a;
	struct store_record r;
	struct arena *arena = arena_new(MIB(1));

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "", "", ""),
	    POLICY_B("", "protect-source"));
	cert_publish(p.a, indicator(1, ""));
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_int_equal(store_get(p.b->store, 1, arena, &r), 0);
	assert_int_equal(gate_answer_out(p.b->gate, &(struct gate_query){
	    &p.b->party, &r, NOW }, &a), 0);
	assert_int_equal(a.outcome, OUTCOME_REDACT);
	assert_string_equal(policy_redaction(p.b->policy,
	    (unsigned)__builtin_ctzll(a.redactions)), "source");
	arena_free(arena);
	pair_close(&p);
}

/* There is nothing to check with yet, and that is said. */
static void
test_oblige_warninglist_is_counted(void **state)
{
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "", "", ""),
	    POLICY_B("", "warninglist-check"));
	cert_publish(p.a, indicator(1, ""));
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_int_equal(x.unchecked, 1);
	pair_close(&p);
}

/* Held before the date, and each record by its own. */
static void
test_oblige_embargo_holds(void **state)
{
	const unix_ms_t end = { 1798761600000 };	/* 2027-01-01 */
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "embargo", "receipt", ""),
	    POLICY_B("", ""));
	cert_publish(p.a, indicator(1, ""));
	cert_publish(p.a, indicator(2, ",\"extensions\":{\""
	    COMITY_EXTENSION_ID "\":{\"extension_type\":"
	    "\"property-extension\",\"embargo_until\":"
	    "\"2026-09-01T00:00:00Z\"}}"));
	cert_publish(p.a, indicator(3, ",\"extensions\":{\""
	    COMITY_EXTENSION_ID "\":{\"extension_type\":"
	    "\"property-extension\",\"embargo_until\":"
	    "\"2027-01-01T00:00:00Z\"}}"));
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.object, "2026-09-01"));
	assert_int_equal(delivery_count(p.a->delivery, DELIVERY_DENIED), 2);
	/* The end it waits for is known after a start, and forgotten. */
	assert_int_equal(embargo_over(p.a->gate, NOW), 0);
	assert_int_equal(embargo_over(p.a->gate,
	    (unix_ms_t){ 1798761599999 }), 0);
	assert_int_equal(embargo_over(p.a->gate, end), 1);
	assert_int_equal(store_begin(p.a->store), 0);
	assert_int_equal(embargo_forget(p.a->gate, end), 0);
	assert_int_equal(store_commit(p.a->store), 0);
	assert_int_equal(embargo_over(p.a->gate, end), 0);
	pair_close(&p);
}

/* A record waits for what it refers to. */
static void
test_oblige_embargo_of_closure(void **state)
{
	static const char *const until[] = { "2026-09-01T00:00:00Z",
	    "2027-01-01T00:00:00Z" };
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "", "receipt", ""),
	    POLICY_B("", ""));
	for (unsigned i = 0; i < 2; i++) {
		char extra[512], text[1024];

		snprintf(extra, sizeof(extra), ",\"extensions\":{\""
		    COMITY_EXTENSION_ID "\":{\"extension_type\":"
		    "\"property-extension\",\"embargo_until\":\"%s\"}}",
		    until[i]);
		cert_publish(p.a, indicator(1 + i, extra));
		snprintf(text, sizeof(text), "{\"type\":\"report\","
		    "\"spec_version\":\"2.1\",\"id\":\"report--%08x-0000-"
		    "4000-8000-000000000001\",\"created\":\"" T1 "\","
		    "\"modified\":\"" T1 "\",\"name\":\"r\",\"published\":"
		    "\"" T1 "\",\"object_marking_refs\":[\"%s\"],"
		    "\"object_refs\":[\"%.47s\"]}", 50 + i, GREEN,
		    strstr(indicator(1 + i, ""), "indicator--"));
		assert_int_equal(cert_publish(p.a, text).refusal,
		    REFUSAL_NONE);
	}
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 2);
	assert_int_equal(delivery_count(p.a->delivery, DELIVERY_DENIED), 2);
	assert_int_equal(delivery_get(p.a->delivery, 3), DELIVERY_DENIED);
	assert_int_equal(delivery_get(p.a->delivery, 4), DELIVERY_DENIED);
	pair_close(&p);
}

/* Under the same embargo it may go before its end, and not further. */
static void
test_oblige_embargo_shared(void **state)
{
	struct pair p;
	struct crossing x;
	struct gate_answer a;
	struct store_record r;
	struct arena *arena = arena_new(MIB(1));

	(void)state;
	pair_open(&p, POLICY("cert-a", "cert-b", "embargo",
	    "receipt, embargo", ""), POLICY_B("embargo", ""));
	cert_publish(p.a, indicator(1, ""));
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.terms, "embargo"));
	assert_int_equal(store_get(p.b->store, 1, arena, &r), 0);
	assert_int_equal(gate_answer_out(p.b->gate, &(struct gate_query){
	    &p.b->party, &r, NOW }, &a), 0);
	assert_int_equal(a.outcome, OUTCOME_DENY);
	assert_int_equal(a.reason, REASON_OBLIGATION);
	arena_free(arena);
	pair_close(&p);
}

/* A peer that is a CERT and a body with other uses, without a wall. */
#define WALL_POLICY(self, other, desks, wall) \
	VOCABULARY_POLICY(self, other, desks, wall, "acs:NETDEF")
#define VOCABULARY_POLICY(self, other, desks, wall, block) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {tlp: green, pap: green, hops: 7, purposes: " \
	    "[detect, block, collect], lineage: []}}\n" \
	"purposes: {secops: [detect, block], intel: [collect]}\n" \
	"vocabulary: {purposes: {detect: acs:NETDEF, block: " block ", " \
	    "collect: acs:INTEL}}\n" \
	"kinds: {technical: [ioc]}\n" \
	"classify: [{when: {type: [indicator, marking-definition]}, " \
	    "kind: ioc}]\n" \
	"walls: [{id: W, keep: [secops], out-of: [intel]}]\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: " wall ", " \
	    "desks: {" desks "}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: out, out: any, kind: any, for: any, tlp: <=green}\n" \
	"  - {id: in, in: any, kind: any, for: any}\n"

#define ACS_ID "marking-definition--0c1f2e3d-0000-4000-8000-000000000001"
static const char acs_marking[] =
    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\""
    ACS_ID "\",\"created\":\"2026-01-01T00:00:00.000Z\",\"extensions\":{"
    "\"extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce\":{"
    "\"extension_type\":\"property-extension\",\"identifier\":"
    "\"isa:guide.19001.ACS3-0c1f2e3d-0000-4000-8000-000000000001\","
    "\"create_date_time\":\"2026-01-01T00:00:00Z\","
    "\"responsible_entity_custodian\":\"USA.DHS.US-CERT\","
    "\"policy_reference\":\"urn:isa:policy:acs:ns:v3.0?privdefault=deny&"
    "sharedefault=permit\",\"control_set\":{\"classification\":\"U\"},"
    "\"access_privilege\":[{\"privilege_action\":\"NETDEF\","
    "\"privilege_scope\":{\"entity\":[\"ALL\"]},\"rule_effect\":"
    "\"permit\"},{\"privilege_action\":\"INTEL\",\"privilege_scope\":{"
    "\"entity\":[\"ALL\"]},\"rule_effect\":\"deny\"}]}}}";

static const char *
marked_indicator(unsigned number)
{
	static char text[2048];

	return indicator_text(text, sizeof(text), &(struct indicator_facts){
	    number, T1, "x", ACS_ID, "" });
}

/*
 * L-27: what may be used to defend networks and not as intelligence reaches
 * no body that does both, whatever the grants say.
 */
static void
test_gate_l27_body_with_other_uses(void **state)
{
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, WALL_POLICY("cert-a", "cert-b",
	    "ops: [secops], fusion: [intel]", "none"),
	    WALL_POLICY("cert-b", "cert-a", "ops: [secops]", "attested"));
	assert_int_equal(cert_publish(p.a, acs_marking).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(cert_publish(p.a, marked_indicator(1)).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(p.a->delivery, DELIVERY_FORBIDDEN),
	    1);
	pair_close(&p);
}

/* Where the wall holds, it goes to those it is for, and stays the wall. */
static void
test_gate_l27_the_wall_goes_along(void **state)
{
	struct pair p;
	struct crossing x;

	(void)state;
	pair_open(&p, WALL_POLICY("cert-a", "cert-b",
	    "ops: [secops], fusion: [intel]", "attested"),
	    WALL_POLICY("cert-b", "cert-a", "ops: [secops]", "attested"));
	assert_int_equal(cert_publish(p.a, acs_marking).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(cert_publish(p.a, marked_indicator(1)).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.label, "purposes=block,detect\n"));
	assert_non_null(strstr(x.label, "lineage=secops\n"));
	assert_non_null(strstr(x.terms, "desks=cert-b/ops\n"));
	assert_non_null(strstr(x.terms, "purposes=block,detect\n"));
	pair_close(&p);
}

/*
 * A marking that the receiver has says in its own words what it may do, if
 * that is less than what the originator read.
 */
static void
test_gate_markings_are_read_again(void **state)
{
	struct pair p;
	struct crossing x;
	struct store_record r;
	struct label l;
	struct arena *arena = arena_new(MIB(1));

	(void)state;
	pair_open(&p, WALL_POLICY("cert-a", "cert-b", "ops: [secops]",
	    "attested"), VOCABULARY_POLICY("cert-b", "cert-a",
	    "ops: [secops]", "attested", "acs:OPACTION"));
	assert_int_equal(cert_publish(p.a, acs_marking).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_int_equal(cert_publish(p.a, marked_indicator(1)).refusal,
	    REFUSAL_NONE);
	cert_cross(p.a, p.b, false, &x);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.terms, "purposes=block,detect\n"));
	assert_int_equal(store_get(p.b->store, 2, arena, &r), 0);
	assert_int_equal(gate_label(p.b->gate, &r, &l), 0);
	assert_int_equal(l.purposes, 1U << names_find(
	    &policy_vocabulary(p.b->policy)->purposes, STR("detect")));
	arena_free(arena);
	pair_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oblige_every_row),
		cmocka_unit_test(test_oblige_out),
		cmocka_unit_test(test_oblige_out_only_tightens),
		cmocka_unit_test(test_oblige_travels_on),
		cmocka_unit_test(test_oblige_protect_source),
		cmocka_unit_test(test_oblige_in_grant_binds_us),
		cmocka_unit_test(test_oblige_warninglist_is_counted),
		cmocka_unit_test(test_oblige_embargo_holds),
		cmocka_unit_test(test_oblige_embargo_of_closure),
		cmocka_unit_test(test_oblige_embargo_shared),
		cmocka_unit_test(test_gate_l27_body_with_other_uses),
		cmocka_unit_test(test_gate_l27_the_wall_goes_along),
		cmocka_unit_test(test_gate_markings_are_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
