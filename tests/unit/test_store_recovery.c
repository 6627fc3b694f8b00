/*
 * A child commits in a loop and reports each commit; it is killed at a
 * random moment, and the store is asked whether it is as it was committed.
 * COMITY_KILLS sets how often (200), COMITY_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/store_fixture.h"
#include "store/store_private.h"

#define KEYS 300	/* a record: runs come soon, and are merged */
#define KILL_US_MAX 40000

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int64_t
value_number(struct store *s, const char *key)
{
	AUTO(arena_free) struct arena *arena = arena_new(4096);
	struct str v;

	if (store_value(s, "test", key, arena, &v) < 0)
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

/* Records i.. of one transaction, their number kept beside them. */
static int
commit_some(struct store *s, uint64_t i, uint64_t n)
{
	struct digest leaf = { { 0 } };
	uint64_t index;
	char text[32];
	int64_t label;

	TRY(store_begin(s));
	for (uint64_t j = 0; j < n; j++)
		TRY(put_one(s, i + j));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)(i + n));
	TRY(store_set(s, "test", "records", str_of(text)));
	TRY(store_intern_label(s, str_of(text), &label));
	TRY(store_log_append(s, 1, str_of(text), &leaf, &index));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)(index + 1));
	TRY(store_set(s, "test", "commits", str_of(text)));
	return store_commit(s);
}

static void
child(const char *dir, int fd, uint64_t seed)
{
	struct store *s = fixture_open(dir);

	for (;;) {
		uint64_t i = (uint64_t)store_last_seq(s);

		if (commit_some(s, i, next_random(&seed) % 8 + 1) < 0)
			_exit(1);
		i = (uint64_t)store_last_seq(s);
		if (write(fd, &i, sizeof(i)) != sizeof(i) ||
		    store_maintain(s, (int64_t)(next_random(&seed) % 4)) < 0)
			_exit(1);
	}
}

/* What the child last reported before it was killed after us. */
static uint64_t
run_and_kill(const char *dir, unsigned us, uint64_t seed)
{
	uint64_t acked = 0, one;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fd[0]);
		child(dir, fd[1], seed);
	}
	close(fd[1]);
	usleep(us);
	kill(pid, SIGKILL);
	while (read(fd[0], &one, sizeof(one)) == sizeof(one))
		acked = one;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status))
		fail_msg("the child ended by itself: %d", status);
	return acked;
}

static uint64_t
entries(const struct keys *k)
{
	uint64_t n = k->n;

	for (size_t i = 0; i < k->runs.n; i++)
		n += k->runs.v[i]->keys;
	return n;
}

static void
check_record(struct store *s, int64_t seq)
{
	uint64_t i = (uint64_t)seq - 1;
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	AUTO_BUF struct buf want = { 0 };
	struct store_record r;

	assert_int_equal(fixture_versions(s, i), 1);
	assert_int_equal(store_get(s, seq, arena, &r), 0);
	fixture_indicator(i, "[a:b = 1]", &want);
	assert_true(str_eq(r.bytes, buf_str(&want)));
}

static void
check(struct store *s, uint64_t acked, uint64_t *random)
{
	int64_t last = store_last_seq(s);

	if ((uint64_t)last < acked)
		fail_msg("%d acknowledged, %d there", (int)acked, (int)last);
	assert_int_equal(value_number(s, "records"), last);
	assert_int_equal(value_number(s, "commits"), store_log_size(s));
	assert_int_equal(entries(&s->keys), (uint64_t)last * (KEYS + 1));
	for (int64_t i = last; i > 0 && i > last - 10; i--)
		check_record(s, i);
	for (int i = 0; i < 20 && last > 0; i++)
		check_record(s, 1 + (int64_t)(next_random(random) %
		    (uint64_t)last));
	assert_int_equal(fixture_versions(s, (uint64_t)last), 0);
}

static void
test_kill_any_time(void **state)
{
	const char *kills = getenv("COMITY_KILLS"), *seed = getenv(
	    "COMITY_SEED");
	uint64_t random = seed != NULL ? strtoull(seed, NULL, 10) :
	    (uint64_t)time(NULL) * 2 + 1;
	int n = kills != NULL ? atoi(kills) : 200;
	char *dir = fixture_dir();

	(void)state;
	print_message("COMITY_SEED=%llu\n", (unsigned long long)random);
	for (int i = 0; i < n; i++) {
		unsigned us = (unsigned)(next_random(&random) % KILL_US_MAX);
		uint64_t acked = run_and_kill(dir, us, random);
		struct store *s = fixture_open(dir);

		check(s, acked, &random);
		if (i == n - 1)
			for (int64_t seq = 1; seq <= store_last_seq(s); seq++)
				check_record(s, seq);
		if (i == n - 1)
			print_message("%d records, %zu runs, level %d\n",
			    (int)store_last_seq(s), s->keys.runs.n,
			    s->keys.runs.n ? s->keys.runs.v[0]->level : 0);
		store_close(s);
	}
	fixture_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
