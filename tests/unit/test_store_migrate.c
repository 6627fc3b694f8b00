/*
 * A file of an older version.  The schema here is the store's own, as one
 * step, and a second step; it takes its place when this program is linked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/store_fixture.h"

static const char *const own_steps[] = {
	SOURCE_ROOT "/daemon/store/migrations/001.sql",
	SOURCE_ROOT "/daemon/store/migrations/002.sql",
};

static char first_step[16384];
static char second_step[256];

/* As in store/schema.h, but the number can be changed. */
extern const char *const schema_migrations[2];
extern int schema_version;
const char *const schema_migrations[2] = { first_step, second_step };
int schema_version = 1;

static int
read_steps(void)
{
	size_t n = 0;

	for (size_t i = 0; i < NELEM(own_steps); i++) {
		FILE *f = fopen(own_steps[i], "r");

		if (f == NULL)
			return -1;
		n += fread(first_step + n, 1, sizeof(first_step) - 1 - n, f);
		fclose(f);
	}
	return 0;
}

static int
setup(void **state)
{
	struct store *s;

	memset(first_step, 0, sizeof(first_step));
	if (read_steps() < 0)
		return -1;
	*state = fixture_dir();
	schema_version = 1;
	s = fixture_open(*state);
	if (store_begin(s) < 0 || fixture_put(s, 7, "[a:b = 1]") != 1 ||
	    store_commit(s) < 0)
		return -1;
	store_close(s);
	schema_version = 2;
	return 0;
}

static int
teardown(void **state)
{
	fixture_remove(*state);
	return 0;
}

static void
test_open_older(void **state)
{
	char copy[4200], path[4200];
	uint8_t before[16], after[16];
	struct store *s;

	snprintf(second_step, sizeof(second_step),
	    "CREATE TABLE extra (x INTEGER); INSERT INTO extra VALUES (1);");
	s = fixture_open(*state);
	store_epoch(s, before);
	assert_int_equal(fixture_versions(s, 7), 1);
	store_close(s);
	/* Not a second time: it would fail. */
	s = fixture_open(*state);
	store_epoch(s, after);
	assert_memory_equal(before, after, sizeof(before));
	store_close(s);
	/* The file as it was is beside it, and opens with the old program. */
	snprintf(copy, sizeof(copy), "%s/comity.db.before-version-2",
	    (char *)*state);
	snprintf(path, sizeof(path), "%s/comity.db", (char *)*state);
	assert_int_equal(rename(copy, path), 0);
	schema_version = 1;
	s = fixture_open(*state);
	assert_int_equal(fixture_versions(s, 7), 1);
	store_close(s);
}

static void
test_open_older_step_fails(void **state)
{
	struct err e = { 0 };
	struct store *s;

	snprintf(second_step, sizeof(second_step),
	    "CREATE TABLE extra (x INTEGER); INSERT INTO missing VALUES (1);");
	assert_null(store_open(&(struct store_options){ .dir = *state }, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_non_null(strstr(e.text, "schema version 2"));
	assert_non_null(strstr(e.text, "as it was"));
	schema_version = 1;
	s = fixture_open(*state);
	assert_int_equal(fixture_versions(s, 7), 1);
	store_close(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_open_older), T(test_open_older_step_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
