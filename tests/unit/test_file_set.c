#include "config/file_set.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A set with the names given, each holding its own name as bytes. */
static struct file_set *
set_of(const char *const *names, size_t n)
{
	struct file_set *s = file_set_new();

	for (size_t i = 0; i < n; i++)
		assert_int_equal(file_set_add(s, str_of(names[i]),
		    str_of(names[i])), 0);
	return s;
}

static const char *const names[] = {
	"policy.yaml", "comityd.yaml", "peers.d/b.yaml", "peers.d/a.yaml",
};

static void
test_file_set_add_get(void **state)
{
	AUTO(file_set_free) struct file_set *s = set_of(names, NELEM(names));
	struct str got = STR("untouched");

	(void)state;
	assert_int_equal(file_set_get(s, STR("policy.yaml"), &got), 0);
	assert_true(str_eqz(got, "policy.yaml"));
	assert_int_equal(file_set_get(s, STR("policy"), &got), ERR_NOT_FOUND);
	assert_true(str_eqz(got, "policy.yaml"));
	assert_int_equal(file_set_add(s, STR("policy.yaml"), STR("x")),
	    ERR_EXISTS);
	assert_int_equal(file_set_get(s, STR("policy.yaml"), &got), 0);
	assert_true(str_eqz(got, "policy.yaml"));
}

static void
test_file_set_add_limits(void **state)
{
	AUTO(file_set_free) struct file_set *s = file_set_new();
	AUTO(mem_free) char *big = mem_array(char, FILE_SET_BYTES_MAX);
	char name[16];

	(void)state;
	assert_int_equal(file_set_add(s, STR("big"),
	    (struct str){ big, FILE_SET_BYTES_MAX }), ERR_LIMIT);
	for (int i = 0; i < FILE_SET_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		assert_int_equal(file_set_add(s, str_of(name), STR("")), 0);
	}
	assert_int_equal(file_set_add(s, STR("more"), STR("")), ERR_LIMIT);
}

static void
test_file_set_match(void **state)
{
	static const struct {
		const char *pattern, *want[5];
	} rows[] = {
		{ "*", { "comityd.yaml", "policy.yaml" } },
		{ "*.yaml", { "comityd.yaml", "policy.yaml" } },
		{ "peers.d/*.yaml", { "peers.d/a.yaml", "peers.d/b.yaml" } },
		{ "*/*", { "peers.d/a.yaml", "peers.d/b.yaml" } },
		{ "*o*y*", { "comityd.yaml", "policy.yaml" } },
		{ "policy.yaml", { "policy.yaml" } },
		{ "policy.yaml*", { "policy.yaml" } },
		{ "peers.d*", { NULL } },
		{ "policy", { NULL } },
		{ "", { NULL } },
	};
	AUTO(file_set_free) struct file_set *s = set_of(names, NELEM(names));

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct str name = STR("");
		size_t k = 0;

		for (; file_set_match(s, rows[i].pattern, k, &name); k++)
			if (rows[i].want[k] == NULL ||
			    !str_eqz(name, rows[i].want[k]))
				fail_msg("%s: %zu is %.*s", rows[i].pattern, k,
				    (int)name.n, name.p);
		assert_null(rows[i].want[k]);
	}
}

static void
test_file_set_encode_round(void **state)
{
	AUTO(file_set_free) struct file_set *s = set_of(names, NELEM(names));
	AUTO(file_set_free) struct file_set *t = NULL;
	AUTO_BUF struct buf a = { 0 }, b = { 0 };
	struct err e = { 0 };

	(void)state;
	file_set_encode(s, &a);
	t = file_set_decode(buf_str(&a), &e);
	assert_non_null(t);
	file_set_encode(t, &b);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	for (size_t n = 0; n < a.n; n++) {
		/* An exact copy: the sanitizer sees reads past the end. */
		AUTO(mem_free) char *cut = malloc(n + (n == 0));

		memcpy(cut, a.p, n);
		assert_null(file_set_decode((struct str){ cut, n }, &e));
		assert_true(e.code < 0);
	}
	buf_addc(&a, '\0');
	assert_null(file_set_decode(buf_str(&a), &e));
}

static void
test_file_set_decode_bad(void **state)
{
#define FILE_A "\0\1a\0\0\0\1x"
#define FILE_B "\0\1b\0\0\0\1x"
#define BYTES(lit) { lit, sizeof(lit) - 1 }
	static const struct {
		const char *name;
		struct str bytes;
		int want;
	} rows[] = {
		{ "good", BYTES("\1\0\2" FILE_A FILE_B), 0 },
		{ "version", BYTES("\2\0\1" FILE_A), ERR_VERSION },
		{ "order", BYTES("\1\0\2" FILE_B FILE_A), ERR_ORDER },
		{ "twice", BYTES("\1\0\2" FILE_A FILE_A), ERR_ORDER },
		{ "too few", BYTES("\1\0\2" FILE_A), ERR_SYNTAX },
		{ "lying length", BYTES("\1\0\1\0\1a\xff\xff\xff\xff" "x"),
		    ERR_LIMIT },
		{ "NUL in name", BYTES("\1\0\1\0\1\0\0\0\0\1x"), ERR_SYNTAX },
		{ "no name", BYTES("\1\0\1\0\0\0\0\0\1x"), ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(file_set_free) struct file_set *s = NULL;
		struct err e = { 0 };

		s = file_set_decode(rows[i].bytes, &e);
		if ((s == NULL) != (rows[i].want < 0) ||
		    e.code != rows[i].want)
			fail_msg("%s: got %s", rows[i].name,
			    err_name(e.code));
	}
}

/* A directory under test, thrown away afterwards. */
struct place {
	char dir[64];
	char path[256];
};

static char *
in(struct place *p, const char *name)
{
	snprintf(p->path, sizeof(p->path), "%s/%s", p->dir, name);
	return p->path;
}

static void
write_file(const char *path, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	while (n-- > 0)
		fputc('#', f);
	fclose(f);
	assert_int_equal(chmod(path, 0644), 0);
}

static int
setup(void **state)
{
	struct place *p = mem_new(struct place);

	strcpy(p->dir, "/tmp/comity-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	write_file(in(p, "comityd.yaml"), 3);
	write_file(in(p, "notes.txt"), 3);
	write_file(in(p, ".hidden.yaml"), 3);
	write_file(in(p, "comityd.yaml~"), 3);
	mkdir(in(p, "peers.d"), 0755);
	write_file(in(p, "peers.d/xb.yaml"), 4);
	mkdir(in(p, "peers.d/deep.d"), 0755);
	write_file(in(p, "peers.d/deep.d/no.yaml"), 4);
	mkdir(in(p, "other"), 0755);
	write_file(in(p, "other/no.yaml"), 4);
	*state = p;
	return 0;
}

static int
on_visit(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	struct place *p = *state;

	nftw(p->dir, on_visit, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

/* Read the directory; the message must end in want (NULL: no error). */
static void
expect(struct place *p, const char *want)
{
	AUTO(file_set_free) struct file_set *s = file_set_new();
	struct err e = { 0 };
	int rc = file_set_read_dir(s, p->dir, &e);

	if (want == NULL && rc < 0)
		fail_msg("%s", e.text);
	if (want != NULL && (rc == 0 || strstr(e.text, want) == NULL))
		fail_msg("got %s, want %s", e.text, want);
}

static void
test_file_set_read_dir_good(void **state)
{
	struct place *p = *state;
	AUTO(file_set_free) struct file_set *s = file_set_new();
	struct str got, name;
	struct err e = { 0 };

	assert_int_equal(symlink("comityd.yaml", in(p, "link.yaml")), 0);
	if (file_set_read_dir(s, p->dir, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(file_set_get(s, STR("comityd.yaml"), &got), 0);
	assert_true(str_eqz(got, "###"));
	assert_int_equal(file_set_get(s, STR("peers.d/xb.yaml"), &got), 0);
	assert_int_equal(file_set_get(s, STR("link.yaml"), &got), 0);
	assert_false(file_set_match(s, "*", 2, &name));
	assert_false(file_set_match(s, "*/*", 1, &name));
	assert_false(file_set_match(s, "*/*/*", 0, &name));
}

static void
test_file_set_read_dir_kinds(void **state)
{
	struct place *p = *state;

	assert_int_equal(mkfifo(in(p, "x.yaml"), 0644), 0);
	expect(p, "x.yaml: not a regular file");
	unlink(in(p, "x.yaml"));
	mkdir(in(p, "x.yaml"), 0755);
	expect(p, "x.yaml: a directory; want a file");
	rmdir(in(p, "x.yaml"));
	assert_int_equal(symlink("/dev/zero", in(p, "x.yaml")), 0);
	expect(p, "x.yaml: a symbolic link that leaves");
	unlink(in(p, "x.yaml"));
	assert_int_equal(symlink("../../etc/passwd", in(p, "x.yaml")), 0);
	expect(p, "x.yaml: a symbolic link that leaves");
	unlink(in(p, "x.yaml"));
	assert_int_equal(symlink("nothing", in(p, "x.yaml")), 0);
	expect(p, "x.yaml: No such file");
	unlink(in(p, "x.yaml"));
	assert_int_equal(symlink("/tmp", in(p, "x.d")), 0);
	expect(p, "x.d: a symbolic link that leaves");
	unlink(in(p, "x.d"));
	write_file(in(p, "x.d"), 1);
	expect(p, NULL);
}

static void
test_file_set_read_dir_rights(void **state)
{
	struct place *p = *state;

	write_file(in(p, "x.yaml"), 1);
	assert_int_equal(chmod(p->path, 0666), 0);
	expect(p, "x.yaml: everybody may write it");
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(p->path, 0644), 0);
	assert_int_equal(chown(p->path, 4711, 4711), 0);
	expect(p, "x.yaml: belongs to another user");
}

static void
test_file_set_read_dir_limits(void **state)
{
	struct place *p = *state;

	write_file(in(p, "x.yaml"), YAML_BYTES_MAX);
	expect(p, NULL);
	write_file(in(p, "x.yaml"), YAML_BYTES_MAX + 1);
	expect(p, "x.yaml: larger than 2 MiB");
	unlink(in(p, "x.yaml"));
	strcat(p->dir, "/none");
	expect(p, "/none: No such file");
	p->dir[strlen(p->dir) - strlen("/none")] = '\0';
}

#define DIR_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_set_add_get),
		cmocka_unit_test(test_file_set_add_limits),
		cmocka_unit_test(test_file_set_match),
		cmocka_unit_test(test_file_set_encode_round),
		cmocka_unit_test(test_file_set_decode_bad),
		DIR_TEST(test_file_set_read_dir_good),
		DIR_TEST(test_file_set_read_dir_kinds),
		DIR_TEST(test_file_set_read_dir_rights),
		DIR_TEST(test_file_set_read_dir_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
