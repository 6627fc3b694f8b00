/*
 * What was stored before follows behind what is new, and nothing that the
 * peer holds, or that is on its way to it, is handed out again.
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

#define STORED 60

#define POLICY(self, other, limits) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops]}, " \
	    "default-label: {pap: green}}\n" \
	"purposes: {secops: [detect, block]}\n" \
	"kinds: {technical: [ioc, victim]}\n" \
	"classify:\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {type: [indicator]}, kind: ioc}\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: out, out: {peer: " other "}, kind: technical, for: " \
	    "[secops], tlp: <=green, cap: {hops: 0}, oblige: [receipt]}\n" \
	"  - {id: in, in: any, kind: technical, for: [secops]}\n" limits
#define HIDE "limits:\n" \
	"  - {id: hide, out: any, kind: [victim], level: redact, redact: " \
	    "[victim.name]}\n"
#define NO_VICTIMS "limits:\n" \
	"  - {id: none, out: any, kind: [victim], level: deny}\n"

struct pair {
	struct cert *a, *b;
	struct policy *other;	/* owned: the policy a changes to, or NULL */
};

static int
set_up(void **state)
{
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", POLICY("cert-a", "cert-b", HIDE));
	p->b = cert_open("cert-b", POLICY("cert-b", "cert-a", ""));
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
	policy_free(p->other);
	free(p);
	return 0;
}

static void
publish(struct cert *c, unsigned number, const char *label)
{
	char text[1024];

	assert_int_equal(cert_publish(c, indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ .number = number,
	    .modified = "2026-01-01T00:00:00.000Z", .label = label,
	    .tlp = marking_tlp_id(TLP_GREEN), .extra = "" })).refusal,
	    REFUSAL_NONE);
}

static void
change_policy(struct pair *p, const char *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *new;

	assert_int_equal(file_set_add(files, STR("p.yaml"), str_of(text)),
	    0);
	new = policy_load(files, "p.yaml", &e);
	if (new == NULL)
		fail_msg("%s", e.text);
	gate_set_policy(p->a->gate, new);
	policy_free(p->other);
	p->other = new;
	release_restart(p->a->release);
}

/* What one run hands out, with nobody to answer for it. */
struct taken {
	int64_t v[STORED + 8];
	size_t n;
};

static int
on_batch(void *arg, const struct release_batch *b)
{
	struct taken *t = arg;

	for (size_t i = 0; i < b->n; i++)
		t->v[t->n++] = b->v[i].seq;
	return 0;
}

static void
take(struct cert *c, size_t most, struct taken *out)
{
	struct release_budget budget = { (unix_ms_t){ 1767225600000 }, most,
	    MIB(4) };

	out->n = 0;
	assert_int_equal(store_begin(c->store), 0);
	assert_true(release_run(c->release, &budget, on_batch, out) >= 0);
	assert_int_equal(store_commit(c->store), 0);
}

static void
test_run_new_overtakes_backfill(void **state)
{
	struct pair *p = *state;
	struct taken t;
	int64_t at, end, newest;

	for (unsigned i = 0; i < STORED; i++)
		publish(p->a, i, "ioc");
	release_restart(p->a->release);
	take(p->a, 10, &t);
	assert_int_equal(t.n, 10);
	publish(p->a, STORED, "ioc");
	newest = store_last_seq(p->a->store);
	take(p->a, 10, &t);
	assert_int_equal(t.n, 10);
	assert_int_equal(t.v[0], newest);
	assert_int_equal(t.v[1], 11);
	assert_true(release_backfill(p->a->release, &at, &end));
	assert_int_equal(at, 19);
	assert_int_equal(end, STORED);
	assert_int_equal(release_decided(p->a->release), 19);
	take(p->a, 1000, &t);
	assert_int_equal(t.n, STORED - 19);
	assert_false(release_backfill(p->a->release, &at, &end));
	assert_false(release_waits(p->a->release));
	assert_int_equal(release_decided(p->a->release), newest);
}

static void
test_restart_under_way_is_not_sent_again(void **state)
{
	struct pair *p = *state;
	struct crossing x;
	struct taken t;

	for (unsigned i = 0; i < 5; i++)
		publish(p->a, i, "ioc");
	take(p->a, 3, &t);
	assert_int_equal(t.n, 3);
	release_restart(p->a->release);
	take(p->a, 1000, &t);
	assert_int_equal(t.n, 2);
	/* The connection is lost before any receipt. */
	delivery_forget_sent(p->a->delivery);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 5);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
}

static void
test_restart_redacted_comes_whole_once(void **state)
{
	struct pair *p = *state;
	struct crossing x;

	publish(p->a, 1, "victim");
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 1);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_REDACTED),
	    1);
	/* The same again changes nothing, and less cannot undo it. */
	change_policy(p, POLICY("cert-a", "cert-b", HIDE));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
	change_policy(p, POLICY("cert-a", "cert-b", NO_VICTIMS));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_REDACTED),
	    1);
	change_policy(p, POLICY("cert-a", "cert-b", ""));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 1);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DELIVERED),
	    1);
	release_restart(p->a->release);
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.sent, 0);
}

/* What became forbidden stops between two runs, in the middle of a feed. */
static void
test_restart_forbidden_stops_at_once(void **state)
{
	struct pair *p = *state;
	struct taken t;

	change_policy(p, POLICY("cert-a", "cert-b", ""));
	for (unsigned i = 0; i < STORED; i++)
		publish(p->a, i, "victim");
	take(p->a, 7, &t);
	assert_int_equal(t.n, 7);
	change_policy(p, POLICY("cert-a", "cert-b", NO_VICTIMS));
	take(p->a, 1000, &t);
	assert_int_equal(t.n, 0);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_DENIED),
	    STORED - 7);
	assert_int_equal(delivery_count(p->a->delivery, DELIVERY_SENT), 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_run_new_overtakes_backfill),
		TEST(test_restart_under_way_is_not_sent_again),
		TEST(test_restart_redacted_comes_whole_once),
		TEST(test_restart_forbidden_stops_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
