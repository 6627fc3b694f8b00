/* What of comityctl works without a daemon: files, text, keys, the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "ctl/ctl.h"
#include "ctl/files.h"
#include "ctl/table.h"
#include "ctl/tls_make.h"

static char dir[] = "/tmp/comity-test-ctl-XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static const char *
in_dir(const char *name)
{
	static char path[4][CTL_PATH_MAX];
	static unsigned n;

	return file_path(path[n++ % 4], dir, name);
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(in_dir("f"));
	return rmdir(dir);
}

/* Append text as one gzip member. */
static void
pack(const char *text, struct buf *out)
{
	z_stream z = { 0 };
	Bytef packed[4096];

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_add(out, packed, sizeof(packed) - z.avail_out);
	deflateEnd(&z);
}

static void
expect_unpacked(const struct buf *bytes, size_t n, int want,
    const char *text)
{
	AUTO_BUF struct buf out = { 0 };
	struct err e = { 0 };
	const char *path = in_dir("f");

	assert_int_equal(file_write(path, 0600, (struct str){ bytes->p, n },
	    &e), 0);
	assert_int_equal(file_read_unpacked(path, 64, &out, &e), want);
	if (want == 0)
		assert_string_equal(out.p == NULL ? "" : out.p, text);
	else
		assert_non_null(strstr(e.text, path));
}

static void
test_file_read_unpacked_cases(void **state)
{
	AUTO_BUF struct buf one = { 0 }, two = { 0 }, big = { 0 };
	AUTO_BUF struct buf plain = { 0 }, tail = { 0 };
	char long_text[100];

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	pack("first", &one);
	pack("first", &two);
	pack("second", &two);
	pack(long_text, &big);
	pack("first", &tail);
	buf_addz(&tail, "rubbish");
	buf_addz(&plain, "plain");
	expect_unpacked(&plain, plain.n, 0, "plain");
	expect_unpacked(&plain, 0, 0, "");
	expect_unpacked(&one, one.n, 0, "first");
	expect_unpacked(&two, two.n, 0, "firstsecond");
	expect_unpacked(&big, big.n, ERR_LIMIT, NULL);
	expect_unpacked(&tail, tail.n, ERR_SYNTAX, NULL);
	for (size_t n = 3; n < one.n; n++)
		expect_unpacked(&one, n, ERR_SYNTAX, NULL);
}

static void
test_file_write_mode_and_replace(void **state)
{
	struct err e = { 0 };
	struct stat st;
	const char *path = in_dir("f");

	(void)state;
	assert_int_equal(file_write(path, 0600, STR("a"), &e), 0);
	assert_int_equal(file_write(path, 0600, STR("b"), &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(file_write("/nonexistent/f", 0600, STR("a"), &e),
	    ERR_IO);
	assert_non_null(strstr(e.text, "/nonexistent/f"));
}

static void
test_text_safe_controls(void **state)
{
	static const struct { const char *in, *want; } cases[] = {
		{ "plain", "plain" },
		{ "a\033[31mb", "a\\x1b[31mb" },
		{ "a\nb", "a\\x0ab" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b" "31m", "\\u009b31m" },
		{ "\xc3\xbc", "\xc3\xbc" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO_BUF struct buf b = { 0 };

		text_safe(&b, cases[i].in);
		assert_string_equal(b.p, cases[i].want);
	}
	assert_int_equal(text_width("\xc3\xbc" "a"), 2);
}

static void
test_table_print_aligned(void **state)
{
	static const char *const headings[] = { "NAME", ">N" };
	AUTO(table_free) struct table *t = table_new(headings, 2);
	AUTO(mem_free) char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	table_cell(t, "\xc3\xbc");
	table_number(t, 100);
	table_cell(t, "longer");
	table_number(t, -1);
	table_print(t, f);
	fclose(f);
	assert_string_equal(text, "NAME      N\n\xc3\xbc       100\n"
	    "longer    -\n");
}

static void
test_tls_make_reads_back(void **state)
{
	AUTO_BUF struct buf key = { 0 }, crt = { 0 };
	struct tls_facts f;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(tls_make("cert-xa", 30, &key, &crt, &e), 0);
	assert_int_equal(tls_read(buf_str(&crt), &f, &e), 0);
	assert_true(f.not_after.ms - f.not_before.ms == DAY(30) + HOUR(1));
	assert_int_equal(tls_read(buf_str(&key), &f, &e), ERR_CRYPTO);
	assert_int_equal(tls_read(STR(""), &f, &e), ERR_CRYPTO);
}

static void
test_command_find_longest(void **state)
{
	static const struct {
		const char *argv[3], *want;
	} cases[] = {
		{ { "peer", "add", "x" }, "peer add" },
		{ { "peers", NULL }, "peers" },
		{ { "peer", "nonsense" }, NULL },
		{ { "peer", NULL }, NULL },
		{ { "show", "id" }, "show" },
		{ { "", NULL }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		char *argv[3] = { 0 };
		const struct command *c;
		int argc = 0, words = 0;

		for (; argc < 3 && cases[i].argv[argc] != NULL; argc++)
			argv[argc] = mem_strdup(cases[i].argv[argc]);
		c = command_find(argc, argv, &words);
		if (cases[i].want == NULL)
			assert_null(c);
		else
			assert_string_equal(c->words, cases[i].want);
		for (int k = 0; k < argc; k++)
			free(argv[k]);
	}
}

static void
test_ctl_options_forms(void **state)
{
	char *argv[] = { (char[]){ "a" }, (char[]){ "--name=v" },
	    (char[]){ "--flag" }, (char[]){ "--more" }, (char[]){ "1" },
	    (char[]){ "--more=2" }, (char[]){ "--" }, (char[]){ "--x" } };
	const char *name = NULL, *more[2] = { 0 };
	bool flag = false;
	const struct ctl_option o[] = { { "name", NULL, &name, 1 },
	    { "flag", &flag, NULL, 0 }, { "more", NULL, more, 2 } };
	struct ctl c = { .words = "records", .argc = 8, .argv = argv };

	(void)state;
	assert_int_equal(ctl_options(&c, o, NELEM(o), 2, 2), 0);
	assert_string_equal(name, "v");
	assert_true(flag);
	assert_string_equal(more[0], "1");
	assert_string_equal(more[1], "2");
	assert_int_equal(c.argc, 2);
	assert_string_equal(c.argv[1], "--x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_read_unpacked_cases),
		cmocka_unit_test(test_file_write_mode_and_replace),
		cmocka_unit_test(test_text_safe_controls),
		cmocka_unit_test(test_table_print_aligned),
		cmocka_unit_test(test_tls_make_reads_back),
		cmocka_unit_test(test_command_find_longest),
		cmocka_unit_test(test_ctl_options_forms),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
