#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/http_answer.h"

static void
test_http_date(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 4102444799, "Thu, 31 Dec 2099 23:59:59 GMT" },
	};
	char text[HTTP_DATE_MAX];

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		assert_string_equal(http_date(text,
		    (unix_ms_t){ SEC(cases[i].seconds) + 999 }),
		    cases[i].text);
}

static void
test_http_answer_head(void **state)
{
	AUTO_BUF struct buf fields = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct http_answer a = { .status = 429 };

	(void)state;
	assert_int_equal(http_field_add(&fields, "Retry-After", STR("9")), 0);
	assert_int_equal(http_field_add(&fields, "A", STR("b\r\nC: d")),
	    ERR_VALUE);
	assert_int_equal(http_field_add(&fields, "A", STR("b\0c")),
	    ERR_VALUE);
	a.fields = buf_str(&fields);
	http_answer_head(&b, &a, 17, (unix_ms_t){ 0 });
	assert_string_equal(b.p, "HTTP/1.1 429 Too Many Requests\r\n"
	    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
	    "Content-Type: application/taxii+json;version=2.1\r\n"
	    "Content-Length: 17\r\nRetry-After: 9\r\n\r\n");
	buf_reset(&b);
	a = (struct http_answer){ .status = 200, .type = "text/plain",
	    .close = true };
	http_answer_head(&b, &a, 0, (unix_ms_t){ 0 });
	assert_string_equal(b.p, "HTTP/1.1 200 OK\r\n"
	    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n");
}

static void
test_http_error_body(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	http_error_body(&b, 400, "a \"b\" \\ \n\xc3\xa9");
	assert_string_equal(b.p, "{\"title\":\"a \\\"b\\\" \\\\ \\u000a"
	    "\xc3\xa9\",\"http_status\":\"400\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_date),
		cmocka_unit_test(test_http_answer_head),
		cmocka_unit_test(test_http_error_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
