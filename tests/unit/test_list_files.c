#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/list_files.h"

static char dir[64];

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/comity-lists-XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "a.json", "b.json", "c.json",
	    "d.json", "e.txt", ".f.json", "g/list.json", "g/x.json", "g",
	    "h", "i.json" };

	(void)state;
	for (size_t i = 0; i < NELEM(names); i++)
		(void)remove(path_of(names[i]));
	return rmdir(dir);
}

static int
on_file(void *arg, const struct list_file *f)
{
	buf_addf(arg, "%s%s:%.*s\n", f->name, f->problem != NULL ? "!" : "",
	    (int)f->text.n, f->text.p);
	return 0;
}

static void
test_list_files_pack(void **state)
{
	AUTO_BUF struct buf got = { 0 };
	struct err e = { 0 };
	int fd;

	(void)state;
	put("b.json", "B", 0644);
	put("a.json", "", 0600);
	put("c.json", "C", 0666);
	put("e.txt", "E", 0644);
	put(".f.json", "F", 0644);
	assert_int_equal(mkdir(path_of("g"), 0755), 0);
	assert_int_equal(mkdir(path_of("h"), 0755), 0);
	put("g/list.json", "G", 0644);
	put("g/x.json", "X", 0644);
	assert_int_equal(symlink("b.json", path_of("d.json")), 0);
	assert_int_equal(mkfifo(path_of("i.json"), 0600), 0);
	fd = list_files_pack(dir, &e);
	assert_true(fd >= 0);
	/* It can be read more than once. */
	for (int i = 0; i < 2; i++) {
		buf_reset(&got);
		assert_int_equal(list_files_each(fd, on_file, &got), 0);
		assert_string_equal(got.p, "a.json:\nb.json:B\n"
		    "c.json!:everybody may write it; run chmod o-w on it\n"
		    "d.json!:a symbolic link; put the file itself there\n"
		    "g/list.json:G\ni.json!:not a regular file\n");
	}
	close(fd);
}

static void
test_list_files_pack_nothing(void **state)
{
	AUTO_BUF struct buf got = { 0 };
	struct err e = { 0 };
	int fd = list_files_pack("/nowhere/at/all", &e);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(list_files_each(fd, on_file, &got), 0);
	assert_string_equal(got.p, "!:No such file or directory\n");
	close(fd);
}

static int
on_first(void *arg, const struct list_file *f)
{
	(void)f;
	++*(int *)arg;
	return 7;
}

/* What is cut anywhere is refused, or is what it was up to there. */
static void
test_list_files_each_cut(void **state)
{
	struct err e = { 0 };
	struct stat st;
	int fd, n = 0;

	(void)state;
	put("a.json", "text", 0600);
	put("b.json", "more", 0600);
	fd = list_files_pack(dir, &e);
	assert_true(fd >= 0);
	assert_int_equal(list_files_each(fd, on_first, &n), 7);
	assert_int_equal(n, 1);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = st.st_size - 1; at >= 0; at--) {
		AUTO_BUF struct buf got = { 0 };
		int rc;

		assert_int_equal(ftruncate(fd, at), 0);
		rc = list_files_each(fd, on_file, &got);
		assert_int_equal(rc, at == 0 || at == st.st_size / 2 ? 0 :
		    ERR_SYNTAX);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list_files_pack, setup,
		    teardown),
		cmocka_unit_test(test_list_files_pack_nothing),
		cmocka_unit_test_setup_teardown(test_list_files_each_cut,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
