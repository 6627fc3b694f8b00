#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "host/counters.h"
#include "host/log.h"

#define CAUGHT_MAX 65536

static int saved_stderr = -1, caught = -1;

/* Standard error goes into a file of its own until catch_end. */
static void
catch_begin(void)
{
	char name[] = "/tmp/comity-test-log-XXXXXX";

	caught = mkstemp(name);
	assert_true(caught >= 0);
	(void)unlink(name);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(saved_stderr >= 0);
	assert_true(dup2(caught, STDERR_FILENO) >= 0);
}

static const char *
catch_end(void)
{
	static char text[CAUGHT_MAX];
	ssize_t n = pread(caught, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	close(saved_stderr);
	close(caught);
	return text;
}

static size_t
count_lines(const char *text, const char *with)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, with)) != NULL; at++)
		n++;
	return n;
}

static int
setup(void **state)
{
	(void)state;
	(void)unsetenv("JOURNAL_STREAM");
	log_open("test");
	log_set_level(LOG_LEVEL_INFO);
	log_set_rate(10);
	return 0;
}

static void
test_log_line(void **state)
{
	const char *text;

	(void)state;
	catch_begin();
	log_notice("line-one", "a=%d b=\"%s\"", 7, "x y");
	text = catch_end();
	assert_non_null(strstr(text,
	    "test notice: line-one a=7 b=\"x y\"\n"));
	/* A time in front, for people without a journal. */
	assert_int_equal(text[4], '-');
	assert_int_equal(text[10], 'T');
}

static void
test_log_journal_prefix(void **state)
{
	(void)state;
	assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
	log_open("test");
	catch_begin();
	log_error("journal-error", "a=1");
	log_info("journal-info", "a=1");
	assert_string_equal(catch_end(), "<3>test: journal-error a=1\n"
	    "<6>test: journal-info a=1\n");
}

static void
test_log_level(void **state)
{
	const char *text;

	(void)state;
	log_set_level(LOG_LEVEL_WARNING);
	catch_begin();
	log_error("level-error", "a=1");
	log_warning("level-warning", "a=1");
	log_notice("level-notice", "a=1");
	log_info("level-info", "a=1");
	log_debug("level-debug", "a=1");
	text = catch_end();
	assert_int_equal(count_lines(text, "\n"), 2);
	assert_non_null(strstr(text, "level-error"));
	assert_non_null(strstr(text, "level-warning"));
}

/* What a peer says cannot make a second line or move the cursor. */
static void
test_log_no_control_bytes(void **state)
{
	const char *text;

	(void)state;
	catch_begin();
	log_info("control", "text=\"%s\"", "a\nlog: forged\r\x1b[2J\tb");
	text = catch_end();
	assert_int_equal(count_lines(text, "\n"), 1);
	assert_null(strchr(text, '\r'));
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\t'));
}

static void
test_log_long_line(void **state)
{
	static char words[10000];
	const char *text;

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	catch_begin();
	log_info("long", "text=\"%s\"", words);
	text = catch_end();
	assert_int_equal(count_lines(text, "\n"), 1);
	assert_true(strlen(text) < 4096);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void
test_log_rate(void **state)
{
	const char *text;

	(void)state;
	catch_begin();
	for (int i = 0; i < 25; i++)
		log_info("rate-many", "i=%d", i);
	log_info("rate-other", "i=0");
	text = catch_end();
	/* Two minutes may have been met, not more. */
	assert_true(count_lines(text, "rate-many i=") >= 10);
	assert_true(count_lines(text, "rate-many i=") <= 20);
	assert_int_equal(count_lines(text, "rate-other"), 1);
}

static void
test_counters(void **state)
{
	(void)state;
	assert_int_equal(counters_count(), CTR_END_);
	for (size_t i = 0; i < counters_count(); i++) {
		struct str name = str_of(counter_name(i));

		assert_true(str_starts(name, "comity_"));
		assert_true(str_ends(name, "_total"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(counter_name(k), name.p);
		assert_int_equal(counter_value(i), 0);
		counter_inc((enum counter)i);
		counter_add((enum counter)i, 41);
		assert_int_equal(counter_value(i), 42);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_log_line, setup),
		cmocka_unit_test_setup(test_log_journal_prefix, setup),
		cmocka_unit_test_setup(test_log_level, setup),
		cmocka_unit_test_setup(test_log_no_control_bytes, setup),
		cmocka_unit_test_setup(test_log_long_line, setup),
		cmocka_unit_test_setup(test_log_rate, setup),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
