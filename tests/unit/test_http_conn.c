/*
 * A client's connection over a stream that is only memory: the test is the
 * client, and decides when output is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/http_conn.h"
#include "net/timer.h"

#define GET "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST /a HTTP/1.1\r\nHost: a\r\n"

struct stream {
	const struct stream_handler *h;
	struct loop *loop;
	void *arg;
	struct buf in;		/* sent by the client, not consumed */
	struct buf out;		/* all that the client was sent */
	size_t unsent, most_unsent, mark;
	bool paused, finished, above, stuck;
};

/* What the handler saw, and what it is to do. */
struct world {
	struct loop *loop;
	struct stream *stream;
	struct http_conn *conn;
	struct http_options options;
	struct http_budget budget;
	unsigned heads, requests, gone, refused;
	char why[100];
	struct buf log;			/* "POST /a body\n" for each request */
	unsigned refuse_in_head;	/* a status */
	bool answer_later, free_in_head, free_in_request;
	struct buf big;			/* the answer, if not empty */
};

static struct world *the;	/* for stream_new, which has no way to it */

struct stream *
stream_new(struct loop *l, const struct stream_options *o,
    const struct stream_handler *h, void *arg)
{
	struct stream *s = mem_new(struct stream);

	s->h = h;
	s->loop = l;
	s->arg = arg;
	s->mark = o->mark_bytes;
	the->stream = s;
	return s;
}

void
stream_free(struct stream *s)
{
	buf_clear(&s->in);
	buf_clear(&s->out);
	free(s);
	the->stream = NULL;
}

void
stream_send(struct stream *s, struct str bytes)
{
	assert_false(s->finished);
	buf_add(&s->out, bytes.p, bytes.n);
	if (s->stuck)
		s->unsent += bytes.n;
	if (s->unsent > s->most_unsent)
		s->most_unsent = s->unsent;
	if (s->unsent > s->mark)
		s->above = true;
}

void
stream_send_take(struct stream *s, struct buf *b)
{
	stream_send(s, buf_str(b));
	buf_clear(b);
}

bool
stream_is_full(const struct stream *s)
{
	return s->unsent > s->mark;
}

size_t
stream_unsent(const struct stream *s)
{
	return s->unsent;
}

static void
show(void *arg)
{
	struct stream *s = arg;
	size_t n;

	if (s->paused || s->finished || s->in.n == 0)
		return;
	n = s->h->data(s->arg, buf_str(&s->in));
	assert_true(n <= s->in.n);
	memmove(s->in.p, s->in.p + n, s->in.n - n);
	s->in.n -= n;
}

void
stream_pause(struct stream *s, bool on)
{
	if (s->paused && !on)
		loop_defer(s->loop, show, s);
	s->paused = on;
}

void
stream_finish(struct stream *s)
{
	s->finished = true;
}

/* The client takes n bytes of what is unsent. */
static void
take(struct stream *s, size_t n)
{
	s->unsent -= n < s->unsent ? n : s->unsent;
	if (s->above && s->unsent < s->mark / 2) {
		s->above = false;
		s->h->drained(s->arg);
	}
}

static void
send_bytes(struct world *w, const char *p, size_t n)
{
	buf_add(&w->stream->in, p, n);
	show(w->stream);
}

static void
client_sends(struct world *w, const char *text)
{
	send_bytes(w, text, strlen(text));
}

static void
client_closes(struct world *w)
{
	w->stream->h->closed(w->stream->arg, ERR_CLOSED, "closed");
}

static void
on_stop(void *arg)
{
	loop_stop(arg);
}

static void
run_ms(struct world *w, int64_t ms)
{
	struct timer *t = timer_new(w->loop, on_stop, w->loop);

	timer_arm_ms(t, ms);
	loop_run(w->loop);
	loop_settle(w->loop);
	timer_free(t);
}

static void
answer(struct world *w, unsigned status)
{
	struct http_answer a = { .status = status };
	struct buf body = { 0 };

	if (w->big.n > 0)
		buf_add(&body, w->big.p, w->big.n);
	else
		buf_addf(&body, "body %u", w->requests);
	http_conn_answer(w->conn, &a, &body);
	assert_null(body.p);
}

static void
on_head(void *arg, struct http_request *r)
{
	struct world *w = arg;

	w->heads++;
	assert_int_equal(r->body.n, 0);
	if (w->refuse_in_head != 0)
		answer(w, w->refuse_in_head);
	if (w->free_in_head)
		http_conn_free(w->conn);
}

static void
on_request(void *arg, const struct http_request *r)
{
	struct world *w = arg;
	struct str target = http_head_str(r->head, r->head->target);

	w->requests++;
	buf_addf(&w->log, "%u %.*s %.*s\n", r->head->method, (int)target.n,
	    target.p, (int)r->body.n, r->body.n > 0 ? r->body.p : "");
	if (!w->answer_later)
		answer(w, 200);
	/* Still there. */
	assert_true(http_head_path(r->head).n > 0);
	if (w->free_in_request)
		http_conn_free(w->conn);
}

static void
on_gone(void *arg, const char *why)
{
	struct world *w = arg;

	w->gone++;
	(void)snprintf(w->why, sizeof(w->why), "%s", why ? why : "in order");
}

static void
on_refused(void *arg, unsigned status, const char *why)
{
	struct world *w = arg;

	assert_non_null(why);
	w->refused = status;
}

static const struct http_handler handler = { .head = on_head,
    .request = on_request, .gone = on_gone, .refused = on_refused };

static int
setup(void **state)
{
	struct http_conn_config config = { .fd = -1 };
	struct world *w = mem_new(struct world);

	the = w;
	w->loop = loop_new();
	w->options = http_options_default();
	w->budget.max = HTTP_BUDGET_BYTES;
	config.options = &w->options;
	config.budget = &w->budget;
	w->conn = http_conn_new(w->loop, &config, &handler, w);
	w->stream->h->connected(w->stream->arg, NULL);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	if (w->stream != NULL)
		http_conn_free(w->conn);
	loop_free(w->loop);
	assert_null(w->stream);
	assert_int_equal(w->budget.used, 0);
	buf_clear(&w->log);
	buf_clear(&w->big);
	free(w);
	return 0;
}

static unsigned
count(struct world *w, const char *what)
{
	unsigned n = 0;

	if (w->stream->out.p == NULL)
		return 0;
	for (const char *p = w->stream->out.p; (p = strstr(p, what)) != NULL;
	    p++)
		n++;
	return n;
}

static void
test_conn_answers(void **state)
{
	struct world *w = *state;

	client_sends(w, GET);
	assert_int_equal(count(w, "HTTP/1.1 200 OK\r\nDate: "), 1);
	assert_int_equal(count(w, " GMT\r\n"), 1);
	assert_int_equal(count(w, "Content-Type: application/taxii+json;"
	    "version=2.1\r\n"), 1);
	assert_int_equal(count(w, "Content-Length: 6\r\n\r\nbody 1"), 1);
	client_sends(w, POST "Content-Length: 3\r\n\r\nxyz");
	client_sends(w, POST "Transfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
	assert_int_equal(count(w, "\r\n\r\nbody 3"), 1);
	assert_string_equal(w->log.p, "0 /a \n2 /a xyz\n2 /a abc\n");
	assert_int_equal(count(w, "Connection"), 0);
	client_closes(w);
	assert_string_equal(w->why, "in order");
}

static void
test_conn_each_byte(void **state)
{
	static const char in[] = POST "Content-Length: 3\r\n\r\nxyz" GET
	    POST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" GET;
	struct world *w = *state;

	for (size_t i = 0; i + 1 < sizeof(in); i++)
		send_bytes(w, in + i, 1);
	assert_string_equal(w->log.p,
	    "2 /a xyz\n0 /a \n2 /a ab\n0 /a \n");
	assert_int_equal(count(w, "200 OK"), 4);
}

static void
test_conn_head_method(void **state)
{
	struct world *w = *state;

	client_sends(w, "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(count(w, "Content-Length: 6\r\n\r\n"), 1);
	assert_int_equal(count(w, "body"), 0);
	client_sends(w, GET);
	assert_int_equal(count(w, "body 2"), 1);
}

/* What comes behind a request waits for its answer. */
static void
test_conn_pipelined(void **state)
{
	struct world *w = *state;

	w->answer_later = true;
	client_sends(w, GET "GET /b HTTP/1.1\r\nHost: a\r\n\r\n" GET);
	assert_int_equal(w->requests, 1);
	client_sends(w, "GET /c HTTP/1.1\r\nHost: a\r\n\r\n");
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(w->requests, i);
		answer(w, 200 + i);
		run_ms(w, 1);
	}
	assert_int_equal(w->requests, 4);
	assert_string_equal(w->log.p, "0 /a \n0 /b \n0 /a \n0 /c \n");
	assert_true(strstr(w->stream->out.p, "body 3") <
	    strstr(w->stream->out.p, "body 4"));
	answer(w, 200);		/* none is asked: nothing happens */
	assert_int_equal(count(w, "HTTP/1.1 "), 4);
}

static void
test_conn_expect(void **state)
{
	struct world *w = *state;

	client_sends(w, POST "Expect: 100-continue\r\nContent-Length: 1\r\n");
	assert_null(w->stream->out.p);
	client_sends(w, "\r\n");
	assert_string_equal(w->stream->out.p,
	    "HTTP/1.1 100 Continue\r\n\r\n");
	client_sends(w, "x");
	assert_int_equal(count(w, "200 OK"), 1);
	/* It came with its body: nobody waits. */
	client_sends(w, POST "Expect: 100-continue\r\nContent-Length: 1\r\n"
	    "\r\nx");
	assert_int_equal(count(w, "200 OK"), 2);
	assert_int_equal(count(w, "100 Continue"), 1);
}

/* Refused before its body: no 100, no request(), and the end. */
static void
test_conn_refused_in_head(void **state)
{
	struct world *w = *state;

	w->refuse_in_head = 401;
	client_sends(w, GET);
	assert_int_equal(count(w, "401 Unauthorized"), 1);
	assert_false(w->stream->finished);
	client_sends(w, POST "Expect: 100-continue\r\nContent-Length: 9\r\n"
	    "\r\n");
	assert_int_equal(count(w, "401 Unauthorized"), 2);
	assert_int_equal(count(w, "100 Continue"), 0);
	assert_int_equal(count(w, "Connection: close\r\n"), 1);
	assert_int_equal(w->requests, 0);
	assert_true(w->stream->finished);
	client_closes(w);
	assert_string_equal(w->why, "in order");
}

static void
test_conn_refuses(void **state)
{
	struct world *w = *state;

	client_sends(w, GET "GET / HTTP/1.1\nHost: a\n\n" GET);
	assert_int_equal(w->requests, 1);
	assert_int_equal(w->refused, 400);
	assert_int_equal(count(w, "HTTP/1.1 400 Bad Request"), 1);
	assert_int_equal(count(w, "{\"title\":\"a line does not end in CR "
	    "LF\",\"http_status\":\"400\"}"), 1);
	assert_int_equal(count(w, "Connection: close"), 1);
	assert_int_equal(count(w, "HTTP/1.1 "), 2);
	assert_true(w->stream->finished);
	assert_int_equal(w->gone, 0);
	client_closes(w);
	assert_int_equal(w->gone, 1);
}

static void
test_conn_too_large(void **state)
{
	struct world *w = *state;

	client_sends(w, POST "Content-Length: 4194305\r\n"
	    "Expect: 100-continue\r\n\r\n");
	assert_int_equal(w->refused, 413);
	assert_int_equal(w->heads, 1);
	assert_int_equal(w->requests, 0);
	assert_int_equal(count(w, "100 Continue"), 0);
	assert_int_equal(count(w, "413 Content Too Large"), 1);
}

static void
test_conn_method_not_allowed(void **state)
{
	struct world *w = *state;

	client_sends(w, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(count(w, "405 Method Not Allowed"), 1);
	assert_int_equal(count(w, "Allow: GET, HEAD, POST, DELETE\r\n"), 1);
}

static void
test_conn_closes_after(void **state)
{
	struct world *w = *state;

	w->options.requests_max = 2;
	client_sends(w, GET GET GET);
	assert_int_equal(w->requests, 2);
	assert_int_equal(count(w, "Connection: close"), 1);
	assert_true(w->stream->finished);
}

static void
test_conn_http10(void **state)
{
	struct world *w = *state;

	client_sends(w, "GET /a HTTP/1.0\r\n\r\n" GET);
	assert_int_equal(w->requests, 1);
	assert_int_equal(count(w, "HTTP/1.1 200 OK"), 1);
	assert_int_equal(count(w, "Connection: close"), 1);
	assert_true(w->stream->finished);
}

/* A slow reader has little in the stream, and gets everything. */
static void
test_conn_large_answer(void **state)
{
	struct world *w = *state;
	size_t n = 3000000;
	const char *at;

	while (w->big.n < n)
		buf_addf(&w->big, "%zu,", w->big.n);
	n = w->big.n;
	w->stream->stuck = true;
	client_sends(w, GET GET);
	assert_int_equal(w->requests, 1);
	for (unsigned i = 0; w->requests < 2 && i < 1000; i++)
		take(w->stream, 20000), run_ms(w, 0);
	assert_int_equal(w->requests, 2);
	assert_true(w->stream->most_unsent <= (128 << 10));
	at = strstr(w->stream->out.p, "\r\n\r\n") + 4;
	assert_memory_equal(at, w->big.p, n);
	assert_int_equal(strncmp(at + n, "HTTP/1.1 200", 12), 0);
}

static void
test_conn_slow_head(void **state)
{
	struct world *w = *state;

	w->options.idle_ms = 1000;
	w->options.head_ms = 60;
	client_sends(w, GET);
	run_ms(w, 100);		/* idle is not slow */
	assert_int_equal(w->refused, 0);
	for (unsigned i = 0; i < 8; i++) {
		client_sends(w, "G");
		run_ms(w, 10);
	}
	assert_int_equal(w->refused, 408);
	assert_int_equal(count(w, "408 Request Timeout"), 1);
	assert_true(w->stream->finished);
}

static void
test_conn_slow_body(void **state)
{
	struct world *w = *state;

	w->options.grace_ms = 100;
	w->options.body_rate = 200;	/* 80 bytes: 400 ms more */
	client_sends(w, POST "Content-Length: 1000\r\n\r\n");
	client_sends(w, "0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789");
	run_ms(w, 200);
	assert_int_equal(w->refused, 0);
	run_ms(w, 350);
	assert_int_equal(w->refused, 408);
	assert_int_equal(w->requests, 0);
}

static void
test_conn_slow_reader(void **state)
{
	struct world *w = *state;

	w->options.grace_ms = 30;
	while (w->big.n < 500000)
		buf_addz(&w->big, "0123456789");
	w->stream->stuck = true;
	client_sends(w, GET);
	run_ms(w, 60);
	assert_int_equal(w->gone, 1);
	assert_string_equal(w->why, "the client does not take its answer");
	assert_true(w->stream->most_unsent <= (128 << 10));
}

static void
test_conn_idle(void **state)
{
	struct world *w = *state;

	w->options.idle_ms = 200;
	w->options.linger_ms = 30;
	client_sends(w, GET);
	run_ms(w, 50);
	assert_false(w->stream->finished);
	run_ms(w, 200);
	assert_true(w->stream->finished);
	run_ms(w, 60);
	assert_int_equal(w->gone, 1);
	assert_string_equal(w->why, "in order");
	assert_int_equal(count(w, "HTTP/1.1 "), 1);
}

/* The client goes away while the handler works. */
static void
test_conn_gone(void **state)
{
	struct world *w = *state;

	w->answer_later = true;
	client_sends(w, GET);
	client_closes(w);
	assert_int_equal(w->gone, 1);
	assert_string_equal(w->why,
	    "closed in the middle of a request or an answer");
	answer(w, 200);
	assert_null(w->stream->out.p);
	assert_int_equal(w->gone, 1);
}

static void
test_conn_cut_post(void **state)
{
	struct world *w = *state;

	client_sends(w, POST "Content-Length: 10\r\n\r\n12345");
	client_closes(w);
	assert_int_equal(w->requests, 0);
	assert_int_equal(w->gone, 1);
}

static void
test_conn_free_in_callbacks(void **state)
{
	struct world *w = *state;

	w->free_in_request = true;
	client_sends(w, GET GET);
	assert_int_equal(w->requests, 1);
	run_ms(w, 1);
	assert_null(w->stream);
	assert_int_equal(w->gone, 0);
}

static void
test_conn_free_in_head(void **state)
{
	struct world *w = *state;

	w->free_in_head = true;
	client_sends(w, POST "Content-Length: 10\r\n\r\n12345");
	assert_int_equal(w->requests, 0);
	run_ms(w, 1);
	assert_null(w->stream);
}

static void
test_conn_drain(void **state)
{
	struct world *w = *state;

	w->answer_later = true;
	client_sends(w, GET GET);
	http_conn_drain(w->conn);
	assert_false(w->stream->finished);
	answer(w, 200);
	assert_true(w->stream->finished);
	assert_int_equal(count(w, "Connection: close"), 1);
	assert_int_equal(w->requests, 1);
}

static void
test_conn_budget(void **state)
{
	struct world *w = *state;

	w->budget.max = 1000;
	w->budget.used = 993;		/* of others */
	w->answer_later = true;
	client_sends(w, POST "Content-Length: 7\r\n\r\n1234567");
	assert_int_equal(w->requests, 1);
	assert_int_equal(w->budget.used, 1000);
	answer(w, 200);			/* 6 bytes, sent at once */
	assert_int_equal(w->budget.used, 993);
	client_sends(w, POST "Content-Length: 9\r\n\r\n12345678");
	assert_int_equal(w->requests, 1);
	assert_int_equal(count(w, "503 Service Unavailable"), 1);
	assert_int_equal(count(w, "Retry-After: "), 1);
	assert_int_equal(w->budget.used, 993);
	w->budget.used -= 993;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_conn_answers),
		TEST(test_conn_each_byte),
		TEST(test_conn_head_method),
		TEST(test_conn_pipelined),
		TEST(test_conn_expect),
		TEST(test_conn_refused_in_head),
		TEST(test_conn_refuses),
		TEST(test_conn_too_large),
		TEST(test_conn_method_not_allowed),
		TEST(test_conn_closes_after),
		TEST(test_conn_http10),
		TEST(test_conn_large_answer),
		TEST(test_conn_slow_head),
		TEST(test_conn_slow_body),
		TEST(test_conn_slow_reader),
		TEST(test_conn_idle),
		TEST(test_conn_gone),
		TEST(test_conn_cut_post),
		TEST(test_conn_free_in_callbacks),
		TEST(test_conn_free_in_head),
		TEST(test_conn_drain),
		TEST(test_conn_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
