#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "gate/delivery.h"

#define PEER "cert-xb.example"

static char dir[64];
static struct store *store;
static struct audit *audit;

static void
reopen(void)
{
	struct store_options o = { .dir = dir, .create = true };
	struct err e = { 0 };

	audit_close(audit);
	store_close(store);
	store = store_open(&o, &e);
	if (store == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(audit_open(store, &audit), 0);
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-delivery-XXXXXX");
	assert_non_null(mkdtemp(dir));
	store = NULL;
	audit = NULL;
	reopen();
	return 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	audit_close(audit);
	store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void
test_states_and_counts(void **state)
{
	struct delivery *d;

	(void)state;
	assert_int_equal(delivery_load(store, PEER, &d), 0);
	assert_int_equal(delivery_get(d, 70000), DELIVERY_NONE);
	delivery_set(d, 70000, DELIVERY_CONSULTED);
	delivery_set(d, 1, DELIVERY_DELIVERED);
	delivery_set(d, 70000, DELIVERY_DENIED);
	assert_int_equal(delivery_get(d, 70000), DELIVERY_DENIED);
	assert_int_equal(delivery_count(d, DELIVERY_CONSULTED), 0);
	assert_int_equal(delivery_count(d, DELIVERY_DENIED), 1);
	delivery_reset(d, false);
	assert_int_equal(delivery_get(d, 70000), DELIVERY_NONE);
	assert_int_equal(delivery_get(d, 1), DELIVERY_DELIVERED);
	delivery_reset(d, true);
	assert_int_equal(delivery_get(d, 1), DELIVERY_NONE);
	delivery_free(d);
}

/* What is in the log but in no saved chunk comes back at the next start. */
static void
test_load_replays_the_log(void **state)
{
	struct audit_receipt r = { .peer = STR(PEER), .position = 3,
	    .message = STR("") };
	struct audit_decisions dec = { .peer = STR(PEER) };
	struct buf entry = { 0 };
	struct delivery *d;

	(void)state;
	assert_int_equal(delivery_load(store, PEER, &d), 0);
	assert_int_equal(store_begin(store), 0);
	delivery_set(d, 5, DELIVERY_FORBIDDEN);
	delivery_set_settled(d, 5);
	assert_int_equal(delivery_save(d, store), 0);
	vec_push(&r.delivered.at, 8);
	audit_receipt_encode(&r, &entry);
	assert_int_equal(audit_append(audit, AUDIT_RECEIPT,
	    buf_str(&entry)), 0);
	buf_reset(&entry);
	vec_push(&dec.groups, (struct audit_group){
	    .outcome = OUTCOME_CONSULT, .by = STR("via") });
	vec_push(&dec.groups.v[0].seqs.at, 9);
	audit_decisions_encode(&dec, &entry);
	assert_int_equal(audit_append(audit, AUDIT_DECISIONS,
	    buf_str(&entry)), 0);
	assert_int_equal(store_commit(store), 0);
	delivery_free(d);
	reopen();
	assert_int_equal(delivery_load(store, PEER, &d), 0);
	assert_int_equal(delivery_get(d, 5), DELIVERY_FORBIDDEN);
	assert_int_equal(delivery_get(d, 8), DELIVERY_DELIVERED);
	assert_int_equal(delivery_get(d, 9), DELIVERY_CONSULTED);
	assert_int_equal(delivery_settled(d), 5);
	assert_int_equal(delivery_position(d), 3);
	delivery_free(d);
	assert_int_equal(delivery_load(store, "cert-xc.example", &d), 0);
	assert_int_equal(delivery_get(d, 8), DELIVERY_NONE);
	delivery_free(d);
	audit_receipt_clear(&r);
	audit_decisions_clear(&dec);
	buf_clear(&entry);
}

/* The tree over the log is the same after a restart and a roll-back. */
static void
test_audit_head_survives(void **state)
{
	struct digest before, after;
	uint64_t size;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(store_begin(store), 0);
		assert_int_equal(audit_append(audit, AUDIT_PEER,
		    STR("entry")), 0);
		assert_int_equal(store_commit(store), 0);
	}
	audit_head(audit, &size, &before);
	assert_int_equal(size, 5);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(audit_append(audit, AUDIT_PEER, STR("x")), 0);
	store_rollback(store);
	assert_int_equal(audit_rolled_back(audit), 0);
	audit_head(audit, &size, &after);
	assert_int_equal(size, 5);
	assert_true(digest_eq(&before, &after));
	reopen();
	audit_head(audit, &size, &after);
	assert_true(digest_eq(&before, &after));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_states_and_counts,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_load_replays_the_log,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_audit_head_survives,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
