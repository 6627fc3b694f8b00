/*
 * Lists of records with dates: kept packed, found by date and by sequence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "lib/store_fixture.h"
#include "store/feed.h"

#define LIST 1
#define MANY 1500	/* several runs and parts */

struct at {
	char *dir;
	struct store *s;
};

static int
set_up(void **state)
{
	struct at *a = mem_new(struct at);

	a->dir = fixture_dir();
	a->s = fixture_open(a->dir);
	*state = a;
	return 0;
}

static int
tear_down(void **state)
{
	struct at *a = *state;

	store_close(a->s);
	fixture_remove(a->dir);
	free(a);
	return 0;
}

static int
add(struct store *s, int64_t list, int64_t us, int64_t seq)
{
	return store_feed_add(s, list, &(struct store_feed_row){ us, seq },
	    1);
}

/* n rows: dates from us on, each of a sequence that is far from the last. */
static void
add_many(struct store *s, int64_t list, int64_t us, size_t n)
{
	struct store_feed_row *rows = mem_array(struct store_feed_row, n);

	for (size_t i = 0; i < n; i++)
		rows[i] = (struct store_feed_row){ us + (int64_t)(3 * i),
		    1 + (int64_t)(i * 977 % n) };
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_feed_add(s, list, rows, n), 0);
	assert_int_equal(store_commit(s), 0);
	free(rows);
}

static void
test_add_find_and_page(void **state)
{
	struct store_feed_row rows[MANY + 1];
	struct at *a = *state;
	int64_t us = 5;

	assert_int_equal(store_feed_last(a->s, LIST, &us), 0);
	assert_int_equal(us, -1);
	assert_int_equal(store_feed_page(a->s, LIST, -1, rows, MANY), 0);
	add_many(a->s, LIST, 1790000000000000, MANY);
	assert_int_equal(store_feed_last(a->s, LIST, &us), 0);
	assert_int_equal(us, 1790000000000000 + 3 * (MANY - 1));
	assert_int_equal(store_feed_page(a->s, LIST, -1, rows, MANY + 1),
	    MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(rows[i].added_us, 1790000000000000 +
		    (int64_t)(3 * i));
		assert_int_equal(rows[i].seq, 1 + (int64_t)(i * 977 % MANY));
		assert_int_equal(store_feed_find(a->s, LIST, rows[i].seq,
		    &us), 0);
		assert_int_equal(us, rows[i].added_us);
	}
	/* Another list has nothing of it. */
	assert_int_equal(store_feed_page(a->s, LIST + 1, -1, rows, 1), 0);
	assert_int_equal(store_feed_find(a->s, LIST + 1, 1, &us),
	    ERR_NOT_FOUND);
	assert_int_equal(store_feed_find(a->s, LIST, MANY + 1, &us),
	    ERR_NOT_FOUND);
}

/* Every date, and what lies between two, is a place to go on from. */
static void
test_page_from_anywhere(void **state)
{
	struct at *a = *state;
	struct store_feed_row rows[7];

	add_many(a->s, LIST, 1000, 700);
	add_many(a->s, LIST + 1, 0, 10);
	for (int64_t after = 990; after < 1000 + 3 * 700 + 5; after++) {
		int64_t first = after < 1000 ? 1000 :
		    1000 + (after - 1000) / 3 * 3 + 3;
		int64_t left = first > 1000 + 3 * 699 ? 0 :
		    (1000 + 3 * 699 - first) / 3 + 1;
		int n = store_feed_page(a->s, LIST, after, rows, 7);

		assert_int_equal(n, left < 7 ? left : 7);
		for (int i = 0; i < n; i++)
			assert_int_equal(rows[i].added_us, first + 3 * i);
	}
}

static void
test_add_one_by_one(void **state)
{
	struct store_feed_row rows[600];
	struct at *a = *state;

	for (int64_t i = 0; i < 600; i++) {
		assert_int_equal(store_begin(a->s), 0);
		assert_int_equal(add(a->s, LIST, 10 * i, 600 - i), 0);
		assert_int_equal(store_commit(a->s), 0);
	}
	assert_int_equal(store_feed_page(a->s, LIST, -1, rows, 600), 600);
	for (int64_t i = 0; i < 600; i++) {
		assert_int_equal(rows[i].added_us, 10 * i);
		assert_int_equal(rows[i].seq, 600 - i);
	}
}

static void
test_add_refuses(void **state)
{
	static const struct store_feed_row down[] = { { 30, 8 }, { 30, 9 } };
	struct at *a = *state;
	int64_t us;

	assert_int_equal(add(a->s, LIST, 10, 1), ERR_BUG);
	assert_int_equal(store_begin(a->s), 0);
	assert_int_equal(add(a->s, LIST, 10, 1), 0);
	assert_int_equal(store_feed_add(a->s, LIST, NULL, 0), 0);
	assert_int_equal(add(a->s, LIST, 10, 2), ERR_VALUE);
	assert_int_equal(add(a->s, LIST, 9, 2), ERR_VALUE);
	assert_int_equal(store_feed_add(a->s, LIST, down, 2), ERR_VALUE);
	assert_int_equal(add(a->s, LIST, 11, 1), ERR_EXISTS);
	store_rollback(a->s);
	assert_int_equal(store_feed_find(a->s, LIST, 1, &us), ERR_NOT_FOUND);
	assert_int_equal(store_feed_last(a->s, LIST, &us), 0);
	assert_int_equal(us, -1);
}

static void
test_list_numbers(void **state)
{
	struct at *a = *state;
	int64_t one, other, again;

	assert_int_equal(store_feed_find_list(a->s, STR("feed a"), &one),
	    ERR_NOT_FOUND);
	assert_int_equal(store_begin(a->s), 0);
	assert_int_equal(store_feed_list(a->s, STR("feed a"), &one), 0);
	assert_int_equal(store_feed_list(a->s, STR("feed a b"), &other), 0);
	assert_int_equal(store_commit(a->s), 0);
	assert_int_not_equal(one, other);
	assert_int_equal(store_feed_find_list(a->s, STR("feed a"), &again),
	    0);
	assert_int_equal(again, one);
}

static void
test_get_named(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	char id[FIXTURE_ID_BYTES + 1];
	struct at *a = *state;
	struct store_record r;

	assert_int_equal(store_begin(a->s), 0);
	assert_int_equal(fixture_put(a->s, 7, "[a:b = 1]"), 1);
	assert_int_equal(fixture_put(a->s, 8, "[a:b = 1]"), 2);
	/* With its id beside it, and as a tombstone. */
	assert_int_equal(store_add_flags(a->s, 1, RECORD_SUPERSEDED), 0);
	assert_int_equal(store_get_named(a->s, 1, arena, &r), 0);
	assert_true(str_eq(r.id, fixture_id(7, id)));
	assert_int_equal(store_get_named(a->s, 2, arena, &r), 0);
	assert_true(str_eq(r.id, fixture_id(8, id)));
	assert_int_equal(store_set_tombstone(a->s, 2), 0);
	assert_int_equal(store_get_named(a->s, 2, arena, &r), 0);
	assert_int_equal(r.id.n, 0);
	assert_int_equal(store_get_named(a->s, 3, arena, &r), ERR_NOT_FOUND);
	assert_int_equal(store_commit(a->s), 0);
}

/* A run has what there is of it, named as one by one. */
static void
test_get_run(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	AUTO(arena_free) struct arena *small = arena_new(KIB(1));
	char id[FIXTURE_ID_BYTES + 1];
	struct store_record v[8];
	struct at *a = *state;
	int n;

	assert_int_equal(store_begin(a->s), 0);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(fixture_put(a->s, i, "[a:b = 1]"), i + 1);
	assert_int_equal(store_add_flags(a->s, 2, RECORD_SUPERSEDED), 0);
	assert_int_equal(store_set_tombstone(a->s, 3), 0);
	n = store_get_run(a->s, 2, 3, arena, v);
	assert_int_equal(n, 3);
	for (int i = 0; i < n; i++)
		assert_int_equal(v[i].seq, 2 + i);
	assert_true(str_eq(v[0].id, fixture_id(1, id)));
	assert_int_equal(v[1].id.n, 0);
	assert_true(str_eq(v[2].id, fixture_id(3, id)));
	assert_int_equal(store_get_run(a->s, 5, 8, arena, v), 2);
	assert_int_equal(store_get_run(a->s, 7, 8, arena, v), 0);
	n = store_get_run(a->s, 1, 6, small, v);
	assert_in_range(n, 0, 5);
	assert_int_equal(store_commit(a->s), 0);
}

static void
change_file(const char *dir, const char *sql)
{
	char path[4200];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/comity.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A file as the first version made it gets its lists. */
static void
test_migrate_from_first(void **state)
{
	struct at *a = *state;
	int64_t us;

	assert_int_equal(store_begin(a->s), 0);
	assert_int_equal(fixture_put(a->s, 7, "[a:b = 1]"), 1);
	assert_int_equal(store_commit(a->s), 0);
	store_close(a->s);
	change_file(a->dir, "DROP TABLE feed; DROP TABLE feed_seq; "
	    "PRAGMA user_version = 1");
	a->s = fixture_open(a->dir);
	assert_int_equal(fixture_versions(a->s, 7), 1);
	add_many(a->s, LIST, 10, 3);
	assert_int_equal(store_feed_find(a->s, LIST, 1, &us), 0);
	assert_int_equal(us, 10);
}

/* What is no row is not read as one, and reading ends. */
static void
test_damage(void **state)
{
	struct store_feed_row rows[4];
	struct at *a = *state;
	int64_t us;

	add_many(a->s, LIST, 10, 3);
	store_close(a->s);
	change_file(a->dir, "UPDATE feed SET rows = zeroblob(20)");
	a->s = fixture_open(a->dir);
	assert_int_equal(store_feed_page(a->s, LIST, -1, rows, 4), ERR_STORE);
	store_close(a->s);
	change_file(a->dir, "UPDATE feed SET rows = zeroblob(2000); "
	    "UPDATE feed_seq SET rows = zeroblob(2000)");
	a->s = fixture_open(a->dir);
	assert_int_equal(store_feed_page(a->s, LIST, -1, rows, 4), ERR_STORE);
	assert_int_equal(store_feed_find(a->s, LIST, 1, &us), ERR_STORE);
	assert_int_equal(store_feed_last(a->s, LIST, &us), ERR_STORE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_add_find_and_page), T(test_page_from_anywhere),
		T(test_add_one_by_one), T(test_add_refuses),
		T(test_list_numbers), T(test_get_named), T(test_get_run),
		T(test_migrate_from_first), T(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
