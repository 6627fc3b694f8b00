#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store_fixture.h"
#include "store/store_private.h"

#define MD5_A "0123456789abcdef0123456789abcdef"

/* Record i + 1 of the store. */
static const char *const patterns[] = {
	"[ipv4-addr:value = '192.0.2.10']",				/* 1 */
	"[ipv4-addr:value = '192.0.2.0/24']",				/* 2 */
	"[ipv4-addr:value = '192.0.0.0/16']",				/* 3 */
	"[ipv4-addr:value = '192.0.2.10' OR domain-name:value = "
	    "'a.b.example']",						/* 4 */
	"[ipv4-addr:value = '198.51.100.7']",				/* 5 */
	"[ipv6-addr:value = '2001:db8::1']",				/* 6 */
	"[ipv6-addr:value = '2001:db8::/32']",				/* 7 */
	"[ipv6-addr:value = '2001:db8:0:1::/64']",			/* 8 */
	"[domain-name:value = 'b.example']",				/* 9 */
	"[domain-name:value = 'xb.example']",				/* 10 */
	"[domain-name:value = 'a1.a2.a3.a4.a5.a6.a7.a8.a9.a10.deep.example'"
	    "]",							/* 11 */
	"[file:hashes.MD5 = '" MD5_A "']",				/* 12 */
	"[url:value = 'https://files.example/login.php']",		/* 13 */
	"[email-addr:value = 'someone@mail.example']",			/* 14 */
	"[ipv6-addr:value = '::/0']",					/* 15 */
	"[ipv4-addr:value = '0.0.0.0/0']",				/* 16 */
};

static const struct {
	const char *text;
	int64_t want[8];	/* in the order of seq */
} cases[] = {
	{ "192.0.2.10", { 1, 2, 3, 4, 16 } },
	{ "192.0.2.11", { 2, 3, 16 } },
	{ "192.0.2.0/24", { 1, 2, 3, 4, 16 } },
	{ "192.0.2.0/28", { 1, 2, 3, 4, 16 } },
	{ "192.0.2.128/25", { 2, 3, 16 } },
	{ "192.0.0.0/8", { 1, 2, 3, 4, 16 } },
	{ "203.0.113.1", { 16 } },
	{ "2001:db8::1", { 6, 7, 15 } },
	{ "2001:db8:0:1::5", { 7, 8, 15 } },
	{ "2001:db8::/48", { 6, 7, 8, 15 } },
	{ "2001:db8::/33", { 6, 7, 8, 15 } },
	{ "2001:db9::1", { 15 } },
	{ "b.example", { 9 } },
	{ "B.Example", { 9 } },
	{ "*.b.example", { 4, 9 } },
	{ "a.b.example", { 4 } },
	{ "*.example", { 4, 9, 10, 11 } },
	{ "*.deep.example", { 11 } },
	{ "*.a3.a4.a5.a6.a7.a8.a9.a10.deep.example", { 11 } },
	{ "*.a2.a3.a4.a5.a6.a7.a8.a9.a10.deep.example", { 11 } },
	{ "*.x2.a3.a4.a5.a6.a7.a8.a9.a10.deep.example", { 0 } },
	{ "none.example", { 0 } },
	{ MD5_A, { 12 } },
	{ "https://files.example/login.php", { 13 } },
	{ "someone@mail.example", { 14 } },
};

struct fixture {
	char *dir;
	struct store *s;
	struct arena *arena;
};

static int
setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	f->dir = fixture_dir();
	f->s = fixture_open(f->dir);
	f->arena = arena_new(MIB(4));
	if (store_begin(f->s) < 0)
		return -1;
	for (size_t i = 0; i < NELEM(patterns); i++)
		if (fixture_put(f->s, i, patterns[i]) != (int64_t)i + 1)
			return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	arena_free(f->arena);
	fixture_remove(f->dir);
	free(f);
	return 0;
}

struct found {
	int64_t v[32];
	int n;
	struct store *s;
};

static int
on_found(void *arg, const struct store_record *r)
{
	struct found *found = arg;

	found->v[found->n++] = r->seq;
	return 0;
}

static int
lookup(struct fixture *f, const char *text, size_t limit, struct found *out)
{
	struct observable o;
	bool subdomains = false;

	if (observable_from_text(str_of(text), f->arena, &o, &subdomains) < 0)
		fail_msg("%s: not an observable", text);
	out->n = 0;
	return store_lookup(f->s, &o, subdomains, limit, f->arena, on_found,
	    out);
}

static void
check_cases(struct fixture *f, const char *where)
{
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct found found;
		int n = 0, got = lookup(f, cases[i].text, 30, &found);

		while (cases[i].want[n] != 0)
			n++;
		if (got != n || found.n != n)
			fail_msg("%s: %s: %d found, want %d", where,
			    cases[i].text, got, n);
		/* The newest first. */
		for (int j = 0; j < n; j++)
			if (found.v[j] != cases[i].want[n - 1 - j])
				fail_msg("%s: %s: [%d] is %d", where,
				    cases[i].text, j, (int)found.v[j]);
	}
}

static void
test_lookup_everywhere(void **state)
{
	struct fixture *f = *state;

	check_cases(f, "open transaction");
	assert_int_equal(store_commit(f->s), 0);
	check_cases(f, "committed");
	store_close(f->s);
	f->s = fixture_open(f->dir);
	check_cases(f, "opened again");
	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(keys_flush(f->s), 0);
	assert_int_equal(store_commit(f->s), 0);
	check_cases(f, "in a run");
	store_close(f->s);
	f->s = fixture_open(f->dir);
	check_cases(f, "run opened again");
}

static void
test_lookup_limit(void **state)
{
	struct fixture *f = *state;
	struct found found;

	assert_int_equal(lookup(f, "192.0.2.10", 2, &found), 2);
	assert_int_equal(found.v[0], 16);
	assert_int_equal(found.v[1], 4);
	assert_int_equal(lookup(f, "192.0.2.10", 0, &found), 0);
	store_rollback(f->s);
	assert_int_equal(lookup(f, "192.0.2.10", 9, &found), 0);
}

static void
test_lookup_tombstone(void **state)
{
	struct fixture *f = *state;
	struct found found;

	assert_int_equal(store_set_tombstone(f->s, 12), 0);
	assert_int_equal(lookup(f, MD5_A, 9, &found), 0);
	store_rollback(f->s);
}

static void
test_lookup_prefix_too_long(void **state)
{
	struct fixture *f = *state;
	struct observable o = { .kind = OBSERVABLE_IP, .prefix = 129 };
	struct found found = { 0 };

	assert_int_equal(store_lookup(f->s, &o, false, 9, f->arena, on_found,
	    &found), ERR_VALUE);
}

static int
find_value(struct fixture *f, const char *text, size_t limit,
    struct found *out)
{
	struct observable o;
	bool subdomains = false;

	assert_int_equal(observable_from_text(str_of(text), f->arena, &o,
	    &subdomains), 0);
	out->n = 0;
	return store_find_value(f->s, &o, limit, f->arena, on_found, out);
}

/* Just that one: nothing around it, in it or below it. */
static void
test_find_value_exact(void **state)
{
	struct fixture *f = *state;
	struct observable o = { .kind = OBSERVABLE_IP, .prefix = 129 };
	struct found found;

	assert_int_equal(find_value(f, "2001:db8::/32", 9, &found), 1);
	assert_int_equal(found.v[0], 7);
	assert_int_equal(find_value(f, "2001:db8::/33", 9, &found), 0);
	assert_int_equal(find_value(f, "b.example", 9, &found), 1);
	assert_int_equal(found.v[0], 9);
	assert_int_equal(find_value(f, "b.example", 0, &found), 0);
	assert_int_equal(fixture_put(f->s, 40, patterns[8]), 17);
	assert_int_equal(find_value(f, "b.example", 9, &found), 2);
	assert_int_equal(found.v[0], 17);
	assert_int_equal(find_value(f, "b.example", 1, &found), 1);
	assert_int_equal(found.v[0], 17);
	/* A tombstone has no bytes, and whoever visits knows it by its flag. */
	assert_int_equal(store_set_tombstone(f->s, 9), 0);
	assert_int_equal(find_value(f, "b.example", 9, &found), 2);
	assert_int_equal(store_find_value(f->s, &o, 9, f->arena, on_found,
	    &found), ERR_VALUE);
	store_rollback(f->s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lookup_everywhere), T(test_lookup_limit),
		T(test_lookup_tombstone), T(test_lookup_prefix_too_long),
		T(test_find_value_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
