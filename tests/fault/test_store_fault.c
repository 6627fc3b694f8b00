/*
 * The n-th read, write, sync or truncation fails, for n = 1, 2, ... until
 * the work gets through; and the disk is full.  After each failure and a
 * roll-back the store must be what was committed, and go on.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/faulty_vfs.h"
#include "lib/store_fixture.h"
#include "store/store_private.h"

#define KEYS 700	/* a record */
#define TRIES_MAX 400

static int64_t
value_number(struct store *s)
{
	AUTO(arena_free) struct arena *arena = arena_new(4096);
	struct str v;

	if (store_value(s, "test", "records", arena, &v) < 0)
		return 0;
	return strtoll(v.p, NULL, 10);
}

static int
put_one(struct store *s, uint64_t i)
{
	AUTO_BUF struct buf bytes = { 0 };
	struct observable keys[KEYS];
	char text[KEYS][32], id[FIXTURE_ID_BYTES + 1];
	int64_t seq;

	for (unsigned k = 0; k < KEYS; k++) {
		snprintf(text[k], sizeof(text[k]), "MD5:%llu-%u",
		    (unsigned long long)i, k);
		keys[k] = (struct observable){ .kind = OBSERVABLE_HASH,
			.value = str_of(text[k]) };
	}
	fixture_indicator(i, "[a:b = 1]", &bytes);
	return store_put(s, &(struct store_record){ .bytes = buf_str(&bytes),
	    .id = fixture_id(i, id) }, keys, KEYS, &seq);
}

static int
fill_transaction(struct store *s, int n)
{
	char text[32];
	int64_t label;

	for (int j = 0; j < n; j++)
		TRY(put_one(s, (uint64_t)store_last_seq(s)));
	snprintf(text, sizeof(text), "%lld", (long long)store_last_seq(s));
	TRY(store_set(s, "test", "records", str_of(text)));
	return store_intern_label(s, str_of(text), &label);
}

static int
commit_some(struct store *s, int n)
{
	int rc = store_begin(s);

	if (rc == 0)
		rc = fill_transaction(s, n);
	if (rc == 0)
		rc = store_commit(s);
	if (rc < 0)
		store_rollback(s);
	return rc;
}

/* A transaction, a run made of its keys, and a checkpoint. */
static int
work(struct store *s)
{
	int rc;

	TRY(commit_some(s, 30));
	while ((rc = store_maintain(s, 20)) > 0)
		continue;
	return rc == 0 ? store_checkpoint(s, true) : rc;
}

static void
check(struct store *s, const char *where, int n)
{
	int64_t last = store_last_seq(s);
	uint64_t entries = s->keys.n;

	for (size_t i = 0; i < s->keys.runs.n; i++)
		entries += s->keys.runs.v[i]->keys;
	if (value_number(s) != last || entries != (uint64_t)last * (KEYS + 1))
		fail_msg("%s %d: %d records, value %d, %d keys", where, n,
		    (int)last, (int)value_number(s), (int)entries);
	for (int64_t seq = 1; seq <= last; seq++)
		if (fixture_versions(s, (uint64_t)seq - 1) != 1)
			fail_msg("%s %d: record %d", where, n, (int)seq);
	assert_int_equal(fixture_versions(s, (uint64_t)last), 0);
}

/* One failure; 1 if there was one, 0 if all went through. */
static int
fail_once(enum fault_kind kind, int n, int stay)
{
	char *dir = fixture_dir();
	struct store *s = fixture_open(dir);
	struct store_stats stats;
	int rc, was_hit;

	assert_int_equal(commit_some(s, 20), 0);
	faulty_vfs_arm(kind, n, stay);
	rc = work(s);
	was_hit = faulty_vfs_hit();
	faulty_vfs_arm(kind, 0, 0);
	if (rc != 0 && rc != ERR_IO && rc != ERR_FULL && rc != ERR_STORE)
		fail_msg("%d %d: %s", kind, n, err_name(rc));
	store_stats(s, &stats);
	if (rc != 0 && stats.error[0] == '\0')
		fail_msg("%d %d: no explanation", kind, n);
	/* It goes on by itself, and nothing is half there. */
	if (commit_some(s, 3) != 0)
		fail_msg("%d %d: does not recover: %s", kind, n, s->error);
	check(s, "after", n);
	assert_int_equal(work(s), 0);
	store_close(s);
	s = fixture_open(dir);
	check(s, "opened again", n);
	store_close(s);
	fixture_remove(dir);
	return was_hit;
}

static void
fail_each(enum fault_kind kind, int stay)
{
	int n = 1;

	/* Every one of the first, then some: the rest is alike. */
	while (n < TRIES_MAX && fail_once(kind, n, stay))
		n += n < 12 ? 1 : 9;
	assert_in_range(n, 2, TRIES_MAX - 1);
}

static void
test_store_read_fails(void **state)
{
	(void)state;
	fail_each(FAULT_READ, 0);
}

static void
test_store_write_fails(void **state)
{
	(void)state;
	fail_each(FAULT_WRITE, 0);
	fail_each(FAULT_WRITE, 1);
}

static void
test_store_write_full(void **state)
{
	(void)state;
	fail_each(FAULT_WRITE_FULL, 0);
	fail_each(FAULT_WRITE_FULL, 1);
}

static void
test_store_sync_fails(void **state)
{
	(void)state;
	fail_each(FAULT_SYNC, 0);
	fail_each(FAULT_SYNC, 1);
}

static void
test_store_truncate_fails(void **state)
{
	(void)state;
	fail_each(FAULT_TRUNCATE, 0);
}

/* A copy that fails leaves nothing behind, and the store as it was. */
static int
backup_once(enum fault_kind kind, int n)
{
	char *dir = fixture_dir(), path[4200];
	struct store *s = fixture_open(dir);
	struct err e = { 0 };
	int rc, was_hit;

	snprintf(path, sizeof(path), "%s/backup.db", dir);
	assert_int_equal(commit_some(s, 5), 0);
	faulty_vfs_arm(kind, n, 1);
	while ((rc = store_backup(s, path, 5, &e)) > 0)
		continue;
	was_hit = faulty_vfs_hit();
	faulty_vfs_arm(kind, 0, 0);
	if (rc < 0 && (access(path, F_OK) == 0 || e.text[0] == '\0'))
		fail_msg("%d %d: %s", kind, n, e.text);
	assert_int_equal(commit_some(s, 5), 0);
	check(s, "backup", n);
	if (rc < 0)
		while ((rc = store_backup(s, path, 5, &e)) > 0)
			continue;
	assert_int_equal(rc, 0);
	store_close(s);
	fixture_remove(dir);
	return was_hit;
}

static void
test_store_backup_fails(void **state)
{
	const enum fault_kind kinds[] = { FAULT_READ, FAULT_WRITE,
		FAULT_WRITE_FULL };

	(void)state;
	for (size_t i = 0; i < NELEM(kinds); i++)
		for (int n = 1; backup_once(kinds[i], n); n++)
			assert_true(n < TRIES_MAX);
}

/* The quota of a file system, by the pages the file may have. */
static void
test_store_full(void **state)
{
	char *dir = fixture_dir(), text[64];
	struct store *s = fixture_open(dir);
	struct store_stats stats;
	int64_t before;
	int rc;

	(void)state;
	assert_int_equal(commit_some(s, 10), 0);
	snprintf(text, sizeof(text), "PRAGMA max_page_count = %d", 60);
	assert_int_equal(sqlite3_exec(s->db, text, NULL, NULL, NULL), 0);
	while ((rc = commit_some(s, 10)) == 0)
		continue;
	assert_int_equal(rc, ERR_FULL);
	before = store_last_seq(s);
	check(s, "full", 0);
	store_stats(s, &stats);
	assert_true(stats.full);
	assert_string_not_equal(stats.error, "");
	assert_int_equal(commit_some(s, 10), ERR_FULL);
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 100000",
	    NULL, NULL, NULL), 0);
	assert_int_equal(commit_some(s, 10), 0);
	assert_int_equal(store_last_seq(s), before + 10);
	store_stats(s, &stats);
	assert_false(stats.full);
	check(s, "room again", 0);
	store_close(s);
	fixture_remove(dir);
}

/* A file system of 4 MiB, seen by this process alone. */
static int
mount_small(const char *dir)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", dir, "tmpfs", 0, "size=4m") == 0;
}

static void
write_ballast(const char *path)
{
	static const char bytes[1 << 20];
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	fclose(f);
}

static void
test_store_disk_full(void **state)
{
	char *dir = fixture_dir(), ballast[4200];
	struct store_stats stats;
	struct store *s;
	int64_t before;
	int rc;

	(void)state;
	if (!mount_small(dir)) {
		print_message("needs root to mount a tmpfs\n");
		fixture_remove(dir);
		skip();
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", dir);
	write_ballast(ballast);
	s = fixture_open(dir);
	while ((rc = commit_some(s, 7)) == 0)
		assert_true(store_maintain(s, 1) >= 0);
	assert_int_equal(rc, ERR_FULL);
	before = store_last_seq(s);
	assert_true(before > 0);
	check(s, "disk full", 0);
	store_stats(s, &stats);
	assert_true(stats.full);
	assert_int_equal(commit_some(s, 7), ERR_FULL);
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(commit_some(s, 7), 0);
	store_close(s);
	s = fixture_open(dir);
	assert_int_equal(store_last_seq(s), before + 7);
	check(s, "room again", 0);
	store_close(s);
	(void)umount(dir);
	fixture_remove(dir);
}

/* After a failure inside a transaction, nothing of it can be committed. */
static void
test_store_commit_after_failure(void **state)
{
	char *dir = fixture_dir();
	struct store *s = fixture_open(dir);

	(void)state;
	assert_int_equal(commit_some(s, 10), 0);
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 1",
	    NULL, NULL, NULL), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(fill_transaction(s, 100), ERR_FULL);
	assert_int_equal(store_set(s, "test", "records", STR("x")), ERR_FULL);
	assert_int_equal(store_commit(s), ERR_FULL);
	store_rollback(s);
	check(s, "rolled back", 0);
	store_close(s);
	fixture_remove(dir);
}

static int
on_record(void *arg, const struct store_record *r)
{
	(void)arg;
	(void)r;
	return 0;
}

static void
test_store_no_memory(void **state)
{
	char *dir = fixture_dir();
	struct store *s = fixture_open(dir);
	int rc = ERR_LIMIT;

	(void)state;
	assert_int_equal(commit_some(s, 60), 0);
	for (unsigned long n = 1; rc != 60; n++) {
		AUTO(arena_free) struct arena *arena = arena_new(MIB(1));

		mem_fail_after(n);
		rc = store_scan(s, 0, 100, arena, on_record, NULL);
		mem_fail_after(0);
		assert_true(rc == ERR_LIMIT || (rc > 0 && rc <= 60));
		assert_true(n < 100);
	}
	check(s, "memory", 0);
	store_close(s);
	fixture_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store_read_fails),
		cmocka_unit_test(test_store_write_fails),
		cmocka_unit_test(test_store_write_full),
		cmocka_unit_test(test_store_sync_fails),
		cmocka_unit_test(test_store_truncate_fails),
		cmocka_unit_test(test_store_backup_fails),
		cmocka_unit_test(test_store_full),
		cmocka_unit_test(test_store_commit_after_failure),
		cmocka_unit_test(test_store_no_memory),
		cmocka_unit_test(test_store_disk_full),
	};

	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
