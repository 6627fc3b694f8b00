#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/msg_taxii.h"

/*
 * What test_messages.c does not ask of these: that every field arrives as
 * it was sent, and where the limits are.
 */

static void
assert_str(struct str s, const char *want)
{
	if (!str_eqz(s, want))
		fail_msg("got %.*s, not %s", (int)s.n, s.p, want);
}

static void
test_query_round_trip(void **state)
{
	static const struct str ids[] = { STR("a--1"), STR("") };
	static const struct str types[] = { STR("malware") };
	static const struct taxii_version versions[] = {
		{ TAXII_VERSION_LAST, 0 }, { TAXII_VERSION_AT, -5 } };
	struct msg_front_query m = { .request = UINT64_MAX, .client = 9,
	    .what = TAXII_MANIFEST, .collection = STR("inbox"),
	    .has_after = true, .after_us = -1, .limit = TAXII_LIMIT_MAX,
	    .next = STR("n"), .ids = ids, .nids = 2, .types = types,
	    .ntypes = 1, .versions = versions, .nversions = 2 };
	struct msg_front_query got;
	struct taxii_lists lists;
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(msg_front_query_encode(&m, &b), 0);
	assert_int_equal(msg_front_query_decode(buf_str(&b), &lists, &got),
	    0);
	assert_true(got.request == UINT64_MAX);
	assert_int_equal(got.client, 9);
	assert_int_equal(got.what, TAXII_MANIFEST);
	assert_str(got.collection, "inbox");
	assert_str(got.object, "");
	assert_true(got.has_after && got.after_us == -1);
	assert_int_equal(got.limit, TAXII_LIMIT_MAX);
	assert_str(got.next, "n");
	assert_int_equal(got.nids, 2);
	assert_str(got.ids[0], "a--1");
	assert_str(got.ids[1], "");
	assert_int_equal(got.ntypes, 1);
	assert_str(got.types[0], "malware");
	assert_int_equal(got.nspec_versions, 0);
	assert_int_equal(got.nversions, 2);
	assert_int_equal(got.versions[0].kind, TAXII_VERSION_LAST);
	assert_true(got.versions[1].us == -5);
}

static void
test_query_encode_limits(void **state)
{
	static char text[TAXII_ID_MAX + 1];
	static struct str many[TAXII_VALUES_MAX + 1];
	struct msg_front_query m = { .client = 1, .what = TAXII_OBJECTS };
	struct taxii_lists lists;
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	m.ids = many;
	m.nids = TAXII_VALUES_MAX;
	m.object = (struct str){ text, TAXII_ID_MAX };
	m.collection = (struct str){ text, TAXII_COLLECTION_MAX };
	m.next = (struct str){ text, TAXII_NEXT_MAX };
	for (size_t i = 0; i < m.nids; i++)
		many[i] = (struct str){ text, TAXII_ID_MAX };
	assert_int_equal(msg_front_query_encode(&m, &b), 0);
	assert_int_equal(msg_front_query_decode(buf_str(&b), &lists, &m), 0);
	m.ids = many;
	m.nids = TAXII_VALUES_MAX + 1;
	assert_int_equal(msg_front_query_encode(&m, &b), ERR_LIMIT);
	m.nids = 1;
	many[0].n++;
	assert_int_equal(msg_front_query_encode(&m, &b), ERR_LIMIT);
	m.nids = 0;
	m.next.n++;
	assert_int_equal(msg_front_query_encode(&m, &b), ERR_LIMIT);
	m.next.n = 0;
	m.limit = TAXII_LIMIT_MAX + 1;
	assert_int_equal(msg_front_query_encode(&m, &b), ERR_LIMIT);
}

static void
test_items_limits(void **state)
{
	AUTO(mem_free) char *big = mem_array(char, FRAME_RECORDS_MAX);
	struct taxii_item v[TAXII_ITEMS_MAX + 1] = { { 0 } };
	struct msg_front_items m = { 1, v, TAXII_ITEMS_MAX };
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(msg_front_items_encode(&m, &b), 0);
	m.n = TAXII_ITEMS_MAX - 1;	/* less room than there are items */
	assert_int_equal(msg_front_items_decode(buf_str(&b), &m), ERR_LIMIT);
	m.n = TAXII_ITEMS_MAX + 1;
	assert_int_equal(msg_front_items_encode(&m, &b), ERR_LIMIT);
	/* One that fills the frame to its last byte, and one over. */
	m.n = 1;
	v[0].bytes = (struct str){ big, FRAME_RECORDS_MAX - 25 };
	buf_reset(&b);
	assert_int_equal(msg_front_items_encode(&m, &b), 0);
	assert_int_equal(b.n, FRAME_RECORDS_MAX);
	v[0].bytes.n++;
	assert_int_equal(msg_front_items_encode(&m, &b), ERR_LIMIT);
}

static void
test_objects_limits(void **state)
{
	AUTO(mem_free) char *big = mem_array(char, FRAME_RECORDS_MAX);
	struct str v[TAXII_OBJECTS_MAX] = { { 0 } };
	struct msg_front_objects m = { 1, v, TAXII_OBJECTS_MAX };
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(msg_front_objects_encode(&m, &b), 0);
	m.n = 1;
	assert_int_equal(msg_front_objects_decode(buf_str(&b), &m),
	    ERR_LIMIT);
	v[0] = (struct str){ big, FRAME_RECORDS_MAX - 14 };
	buf_reset(&b);
	assert_int_equal(msg_front_objects_encode(&m, &b), 0);
	assert_int_equal(b.n, FRAME_RECORDS_MAX);
	v[0].n++;
	assert_int_equal(msg_front_objects_encode(&m, &b), ERR_LIMIT);
}

static void
test_clients_limits(void **state)
{
	static struct taxii_client v[TAXII_CLIENTS_MAX + 1];
	static char name[NAME_MAX_BYTES];
	struct msg_front_clients m = { STR("ops"), STR("t"), v,
	    TAXII_CLIENTS_MAX };
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t i = 0; i < NELEM(v); i++)
		v[i] = (struct taxii_client){ (uint32_t)i + 1,
		    TAXII_LOGIN_PIN, { name, NAME_MAX_BYTES - 1 }, { { 0 } },
		    UNIX_MS_NEVER };
	assert_int_equal(msg_front_clients_encode(&m, &b), 0);
	/* So many, with the longest names, fit in a frame. */
	assert_true(b.n <= 256 << 10);
	assert_int_equal(msg_front_clients_decode(buf_str(&b), &m), 0);
	assert_int_equal(m.n, TAXII_CLIENTS_MAX);
	assert_int_equal(m.v[999].number, 1000);
	m.n++;
	assert_int_equal(msg_front_clients_encode(&m, &b), ERR_LIMIT);
	m.n = 1;
	v[0].name.n++;
	assert_int_equal(msg_front_clients_encode(&m, &b), ERR_LIMIT);
}

static void
test_done_round_trip(void **state)
{
	struct msg_front_done m = { 3, TAXII_NOT_FOUND, false, STR(""),
	    STR("there is no such object") }, got;
	AUTO(mem_free) char *big = mem_array(char, FRAME_RECORDS_MAX);
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(msg_front_done_encode(&m, &b), 0);
	assert_int_equal(msg_front_done_decode(buf_str(&b), &got), 0);
	assert_int_equal(got.outcome, TAXII_NOT_FOUND);
	assert_str(got.body, "there is no such object");
	m.body = (struct str){ big, FRAME_RECORDS_MAX };
	assert_int_equal(msg_front_done_encode(&m, &b), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_round_trip),
		cmocka_unit_test(test_query_encode_limits),
		cmocka_unit_test(test_items_limits),
		cmocka_unit_test(test_objects_limits),
		cmocka_unit_test(test_clients_limits),
		cmocka_unit_test(test_done_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
