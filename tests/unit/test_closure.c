/*
 * The label of a record over what it refers to, asked again as that changes:
 * what is kept in memory is never older than the store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gate/closure.h"
#include "lib/gate_fixture.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define T2 "2026-01-02T00:00:00.000Z"
#define ID "-1111-4111-8111-0123456789ab"

static const char policy_text[] =
    "policy: 1\n"
    "self: {org: cert-a, country: XA, desks: {ops: [secops]}, "
    "default-label: {pap: green}}\n"
    "purposes: {secops: [detect, block]}\n"
    "kinds: {technical: [ioc]}\n"
    "classify: [{when: {type: [indicator, report]}, kind: ioc}]\n"
    "peers:\n"
    "  cert-b: {country: XB, type: national, wall: attested, "
    "desks: {ops: [secops]}}\n"
    "grants:\n"
    "  - {id: out, out: any, kind: technical, for: [secops], tlp: <=green}\n";

static int
set_up(void **state)
{
	*state = cert_open("cert-a", policy_text);
	return 0;
}

static int
tear_down(void **state)
{
	cert_close(*state);
	return 0;
}

static void
publish_indicator(struct cert *c, unsigned n, const char *modified,
    enum tlp tlp)
{
	char object[1024];

	snprintf(object, sizeof(object), "{\"type\":\"indicator\","
	    "\"spec_version\":\"2.1\",\"id\":\"indicator--%08x" ID "\","
	    "\"created\":\"" T1 "\",\"modified\":\"%s\",\"pattern\":"
	    "\"[domain-name:value = 'h%u.example.net']\",\"pattern_type\":"
	    "\"stix\",\"valid_from\":\"" T1 "\",\"object_marking_refs\":"
	    "[\"%s\"]}", n, modified, n, marking_tlp_id(tlp));
	assert_int_equal(cert_publish(c, object).refusal, 0);
}

/* A report about n indicators from `first` on. */
static void
publish_report(struct cert *c, unsigned id, unsigned first, unsigned n)
{
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "{\"type\":\"report\",\"spec_version\":\"2.1\","
	    "\"id\":\"report--%08x" ID "\",\"created\":\"" T1 "\","
	    "\"modified\":\"" T1 "\",\"name\":\"r\",\"published\":\"" T1
	    "\",\"object_marking_refs\":[\"%s\"],\"object_refs\":[", id,
	    marking_tlp_id(TLP_CLEAR));
	for (unsigned i = 0; i < n; i++)
		buf_addf(&b, "%s\"indicator--%08x" ID "\"",
		    i == 0 ? "" : ",", first + i);
	buf_addz(&b, "]}");
	assert_int_equal(cert_publish(c, b.p).refusal, 0);
}

/* The TLP of a stored record's closure; or ERR_*. */
static int
tlp_of(struct cert *c, int64_t seq)
{
	AUTO(arena_free) struct arena *a = arena_new(MIB(1));
	struct store_record r;
	struct label l;
	int rc;

	assert_int_equal(store_get(c->store, seq, a, &r), 0);
	rc = gate_label(c->gate, &r, &l);
	return rc < 0 ? rc : (int)l.tlp;
}

static void
test_closure_follows_the_store(void **state)
{
	struct cert *c = *state;
	struct store_record r;
	AUTO(arena_free) struct arena *a = arena_new(MIB(1));

	publish_report(c, 1, 10, 2);
	assert_int_equal(tlp_of(c, 1), TLP_CLEAR);
	/* It comes later than what refers to it. */
	publish_indicator(c, 10, T1, TLP_GREEN);
	assert_int_equal(tlp_of(c, 1), TLP_GREEN);
	publish_indicator(c, 11, T1, TLP_AMBER);
	assert_int_equal(tlp_of(c, 1), TLP_AMBER);
	/* A later version of it is another matter. */
	publish_indicator(c, 10, T2, TLP_RED);
	assert_int_equal(tlp_of(c, 1), TLP_RED);
	/* It is recalled. */
	assert_int_equal(store_get(c->store, 4, a, &r), 0);
	assert_int_equal(store_begin(c->store), 0);
	assert_int_equal(gate_tombstone(c->gate, &r), 0);
	assert_int_equal(tlp_of(c, 1), TLP_AMBER);
	store_rollback(c->store);
	gate_rolled_back(c->gate);
	assert_int_equal(tlp_of(c, 1), TLP_RED);
}

static void
test_closure_undone_with_its_turn(void **state)
{
	struct cert *c = *state;

	publish_report(c, 1, 10, 1);
	publish_indicator(c, 10, T1, TLP_RED);
	assert_int_equal(tlp_of(c, 1), TLP_RED);
	assert_int_equal(store_begin(c->store), 0);
	assert_int_equal(store_add_flags(c->store, 2, RECORD_APART), 0);
	assert_int_equal(tlp_of(c, 1), TLP_CLEAR);
	store_rollback(c->store);
	assert_int_equal(tlp_of(c, 1), TLP_RED);
}

static void
test_closure_has_a_limit(void **state)
{
	struct cert *c = *state;

	publish_report(c, 1, 1000, CLOSURE_MAX);
	publish_report(c, 2, 1000, CLOSURE_MAX + 1);
	publish_indicator(c, 1000 + CLOSURE_MAX - 1, T1, TLP_GREEN);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tlp_of(c, 1), TLP_GREEN);
		assert_int_equal(tlp_of(c, 2), ERR_DENIED);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_closure_follows_the_store),
		TEST(test_closure_undone_with_its_turn),
		TEST(test_closure_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
