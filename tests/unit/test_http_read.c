#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/http_read.h"

#define BODY_MAX 1000
#define H "Host: a\r\n"
#define POST "POST /x/ HTTP/1.1\r\n" H
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* What reading bytes led to. */
struct outcome {
	unsigned status;	/* 0: no error */
	bool whole;
	size_t used;
	char body[BODY_MAX + 1];
	size_t body_n;
};

/* Read one request that comes in pieces of step bytes. */
static struct outcome
read_in_steps(const char *p, size_t n, size_t step)
{
	struct outcome o = { 0 };
	struct http_head h = { 0 };
	struct http_body b;
	size_t seen = 0, at;
	int head = 0;

	while (head == 0 && seen < n) {
		/* Elsewhere each time, and nothing readable behind it. */
		char *copy;

		seen = seen + step < n ? seen + step : n;
		copy = mem_array(char, seen);
		memcpy(copy, p, seen);
		head = http_head_read(&h, (struct str){ copy, seen });
		free(copy);
	}
	o.status = h.status;
	if (head <= 0)
		return o;
	h.text = p;
	at = (size_t)head;
	if (http_body_begin(&b, &h, BODY_MAX) != 0) {
		o.status = b.status;
		return o;
	}
	while (!b.done && at < n) {
		size_t room = n - at < step ? n - at : step;
		struct str piece;
		int64_t used = http_body_read(&b, (struct str){ p + at, room },
		    &piece);

		if (used < 0) {
			o.status = b.status;
			return o;
		}
		memcpy(o.body + o.body_n, piece.p, piece.n);
		o.body_n += piece.n;
		at += (size_t)used;
	}
	o.whole = b.done;
	o.used = at;
	return o;
}

/* The same at once and in pieces of each size. */
static struct outcome
read_all(const char *p, size_t n)
{
	struct outcome first = read_in_steps(p, n, n > 0 ? n : 1);
	size_t most = n < 600 ? n : 3;

	for (size_t step = 1; step < most; step++) {
		struct outcome o = read_in_steps(p, n, step);

		if (o.status != first.status || o.whole != first.whole ||
		    o.used != first.used || o.body_n != first.body_n ||
		    memcmp(o.body, first.body, o.body_n) != 0)
			fail_msg("%.60s: otherwise in pieces of %zu: "
			    "%u, not %u", p, step, o.status, first.status);
	}
	return first;
}

#define CASE(status, text) { status, { text, sizeof(text) - 1 } }

/* What servers are known to have misread: refused, each of them. */
static void
test_read_refused(void **state)
{
	static const struct {
		unsigned status;
		struct str in;
	} cases[] = {
		/* lines */
		CASE(400, "GET / HTTP/1.1\n" H "\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
		CASE(400, "GET / HTTP/1.1\rHost: a\r\r"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
		CASE(400, "\r\nGET / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "\nGET / HTTP/1.1\r\n" H "\r\n"),
		/* the request line */
		CASE(400, "GET  / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /  HTTP/1.1\r\n" H "\r\n"),
		CASE(400, " GET / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1.1 \r\n" H "\r\n"),
		CASE(400, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /\r\n\r\n"),
		CASE(400, "GET / http/1.1\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1.1x\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/11\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/+1.1\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/0.9\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/1.2\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/2.0\r\n" H "\r\n"),
		CASE(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		CASE(400, "GE(T / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "get / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "PROPFIND / HTTP/1.1\r\n" H "\r\n"),
		CASE(405, "TRACE / HTTP/1.1\r\n" H "\r\n"),
		CASE(405, "CONNECT a:443 HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET http://a/ HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET x HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a\0b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a%00b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a%0 HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a%zz HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a#b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a\\b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		/* fields */
		CASE(400, "GET / HTTP/1.1\r\n" H "A : b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A\t: b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A b: c\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H ": b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A(: b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A\x80: b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\0c\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\x01" "c\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\r\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "A: b\r\n\tc\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n A: b\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "Authorization: Bearer a\r\n"
		    "authorization: Bearer b\r\n\r\n"),
		CASE(400, POST "Content-Type: a/b\r\nContent-Type: a/c\r\n"
		    "Content-Length: 0\r\n\r\n"),
		CASE(417, POST "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n"),
		/* Host */
		CASE(400, "GET / HTTP/1.1\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H H "\r\n"),
		CASE(400, "GET / HTTP/1.0\r\n" H H "\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "host: b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: a:1x\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
		/* lengths */
		CASE(411, POST "\r\n"),
		CASE(400, POST "Content-Length: 1\r\nContent-Length: 1\r\n"
		    "\r\nx"),
		CASE(400, POST "Content-Length: 1\r\nContent-Length: 2\r\n"
		    "\r\nx"),
		CASE(400, POST "Content-Length: 1, 1\r\n\r\nx"),
		CASE(400, POST "Content-Length: +1\r\n\r\nx"),
		CASE(400, POST "Content-Length: -1\r\n\r\nx"),
		CASE(400, POST "Content-Length: 0x1\r\n\r\nx"),
		CASE(400, POST "Content-Length: 1 1\r\n\r\nx"),
		CASE(400, POST "Content-Length: 1.0\r\n\r\nx"),
		CASE(400, POST "Content-Length:\r\n\r\nx"),
		CASE(400, POST "Content-Length: 18446744073709551617\r\n\r\n"),
		CASE(413, POST "Content-Length: 1001\r\n\r\n"),
		CASE(413, POST "Content-Length: 999999999999999999\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\n"
		    "abc"),
		CASE(400, "DELETE / HTTP/1.1\r\n" H
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		/* codings */
		CASE(400, POST "Content-Length: 5\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, POST "Transfer-Encoding: chunked\r\n"
		    "Content-Length: 5\r\n\r\n0\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: identity\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: xchunked\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding: chunked;a=b\r\n\r\n"),
		CASE(501, POST "Transfer-Encoding:\r\n\r\n"),
		CASE(400, POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n"),
		CASE(400, POST "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, POST "Transfer-Encoding : chunked\r\n\r\n"),
		CASE(400, POST "Transfer-Encoding\r\n : chunked\r\n\r\n"),
		CASE(400, "POST / HTTP/1.0\r\n" H
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		/* chunks */
		CASE(400, CHUNKED "\r\n\r\n"),
		CASE(400, CHUNKED "x\r\n"),
		CASE(400, CHUNKED "0x1\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED " 1\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1 \r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "-1\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "+1\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1;a=b\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1;\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1\ra\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "1\r\na\n0\r\n\r\n"),
		CASE(400, CHUNKED "1\r\nab\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "2\r\na\r\n0\r\n\r\n"),
		CASE(400, CHUNKED "000000001\r\na\r\n0\r\n\r\n"),
		CASE(413, CHUNKED "FFFFFFFF\r\na"),
		CASE(400, CHUNKED "FFFFFFFFFFFFFFFF1\r\na"),
		CASE(413, CHUNKED "3e9\r\na"),
		CASE(413, CHUNKED "1\r\na\r\n3e8\r\n"),
		CASE(400, CHUNKED "0\r\nA: b\r\n\r\n"),
		CASE(400, CHUNKED "0\r\n\n"),
		CASE(400, CHUNKED "0\r\n\rx"),
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct outcome o = read_all(cases[i].in.p, cases[i].in.n);

		if (o.status != cases[i].status)
			fail_msg("case %zu: %u, not %u: %s", i, o.status,
			    cases[i].status, cases[i].in.p);
	}
}

static void
test_read_accepted(void **state)
{
	static const struct {
		struct str in;
		const char *body;
	} cases[] = {
#define GOOD(text, body) { { text, sizeof(text) - 1 }, body }
		GOOD("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""),
		GOOD("GET / HTTP/1.1\r\nhOST:a:8443\r\n\r\n", ""),
		GOOD("GET / HTTP/1.1\r\nHost: \t[2001:db8::1]:443 \t\r\n\r\n",
		    ""),
		GOOD("GET / HTTP/1.0\r\n\r\n", ""),
		GOOD("HEAD /taxii2/ HTTP/1.1\r\n" H "\r\n", ""),
		GOOD("DELETE /a/ HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n",
		    ""),
		GOOD("PUT /a/ HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab",
		    "ab"),
		GOOD("GET /o/?match[id]=a,b&limit=1&q=%5B? HTTP/1.1\r\n" H
		    "\r\n", ""),
		GOOD("GET / HTTP/1.1\r\n" H "X:\r\nY: \xc3\xa9\tz\r\n\r\n",
		    ""),
		GOOD(POST "Content-Length: 3\r\n\r\nabc", "abc"),
		GOOD(POST "Content-Length: 0\r\n\r\n", ""),
		GOOD(POST "Content-Length: 003\r\n\r\nabc", "abc"),
		GOOD(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
		    "x"),
		GOOD(CHUNKED "0\r\n\r\n", ""),
		GOOD(CHUNKED "3\r\nabc\r\n0\r\n\r\n", "abc"),
		GOOD(CHUNKED "1\r\na\r\n00000A\r\n0123456789\r\n000\r\n\r\n",
		    "a0123456789"),
		GOOD(POST "transfer-encoding: Chunked\r\n\r\n2\r\n\r\n\r\n"
		    "0\r\n\r\n", "\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct outcome o = read_all(cases[i].in.p, cases[i].in.n);

		if (o.status != 0 || !o.whole || o.used != cases[i].in.n)
			fail_msg("case %zu: %u: %s", i, o.status,
			    cases[i].in.p);
		assert_int_equal(o.body_n, strlen(cases[i].body));
		assert_memory_equal(o.body, cases[i].body, o.body_n);
	}
}

/* Every beginning of a good request wants more, and says nothing yet. */
static void
test_read_cut(void **state)
{
	static const char in[] = POST "Transfer-Encoding: chunked\r\n"
	    "Expect: 100-continue\r\n\r\n2\r\nab\r\n0\r\n\r\n";

	(void)state;
	for (size_t n = 0; n < sizeof(in) - 1; n++) {
		struct outcome o = read_all(in, n);

		assert_int_equal(o.status, 0);
		assert_false(o.whole);
	}
}

/* A request line of n bytes, then Host and fields in all. */
static struct str
long_head(struct buf *b, size_t line, size_t fields, size_t value)
{
	buf_addz(b, "GET /");
	while (b->n < line - strlen(" HTTP/1.1"))
		buf_addc(b, 'a');
	buf_addz(b, " HTTP/1.1\r\n" H);
	for (size_t i = 1; i < fields; i++) {
		buf_addz(b, "A: ");
		for (size_t k = 0; k < value; k++)
			buf_addc(b, 'b');
		buf_addz(b, "\r\n");
	}
	buf_addz(b, "\r\n");
	return buf_str(b);
}

static void
test_read_limits(void **state)
{
	static const struct {
		size_t line, fields, value;
		unsigned status;
	} cases[] = {
		{ 8000, 1, 0, 0 },
		{ 8013, 1, 0, 0 },
		{ 8015, 1, 0, 414 },
		{ 9000, 1, 0, 414 },
		{ 100, 100, 10, 0 },
		{ 100, 101, 10, 431 },
		{ 100, 2, 8189, 0 },
		{ 100, 2, 8190, 431 },
		{ 100, 2, 17 << 10, 431 },
		{ 100, 3, 8100, 0 },
		{ 100, 4, 8000, 431 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO_BUF struct buf b = { 0 };
		struct str in = long_head(&b, cases[i].line, cases[i].fields,
		    cases[i].value);
		struct outcome o = read_all(in.p, in.n);

		if (o.status != cases[i].status)
			fail_msg("case %zu: %u, not %u", i, o.status,
			    cases[i].status);
		assert_int_equal(o.whole, cases[i].status == 0);
	}
}

/* A line without an end is refused at the limit, not read for ever. */
static void
test_read_endless(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	while (b.n < 20000)
		buf_addc(&b, 'A');
	assert_int_equal(read_in_steps(b.p, b.n, 1000).status, 414);
	assert_int_equal(read_in_steps(b.p, b.n, 7).status, 414);
}

static void
test_head_parts(void **state)
{
	static const char in[] = "GET /a/b?c=d?e HTTP/1.1\r\nhost: A\r\n"
	    "Accept: x/y\r\nACCEPT:  z\r\nConnection: keep-alive , Close\r\n"
	    "\r\nnext";
	struct http_head h = { 0 };

	(void)state;
	assert_int_equal(http_head_read(&h, STR(in)), sizeof(in) - 5);
	assert_true(str_eqz(http_head_str(&h, h.target), "/a/b?c=d?e"));
	assert_true(str_eqz(http_head_path(&h), "/a/b"));
	assert_true(str_eqz(http_head_query(&h), "c=d?e"));
	assert_true(str_eqz(http_head_field(&h, "HOST", 0), "A"));
	assert_true(str_eqz(http_head_field(&h, "accept", 0), "x/y"));
	assert_true(str_eqz(http_head_field(&h, "accept", 1), "z"));
	assert_null(http_head_field(&h, "accept", 2).p);
	assert_null(http_head_field(&h, "accep", 0).p);
	assert_true(h.close);
	assert_false(http_head_has_body(&h));
	h = (struct http_head){ 0 };
	assert_int_equal(http_head_read(&h, STR("GET / HTTP/1.1\r\n" H
	    "Connection: closed\r\n\r\n")), 47);
	assert_false(h.close);
	assert_int_equal(http_head_query(&h).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_refused),
		cmocka_unit_test(test_read_accepted),
		cmocka_unit_test(test_read_cut),
		cmocka_unit_test(test_read_limits),
		cmocka_unit_test(test_read_endless),
		cmocka_unit_test(test_head_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
