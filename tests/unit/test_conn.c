/*
 * TLS connections over a socket pair: ours at both ends where both behave,
 * a bare OpenSSL in a child process where the other side does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cmocka.h>

#include "base/unit.h"
#include "ctl/tls_make.h"
#include "net/conn.h"
#include "net/timer.h"
#include "wire/frame.h"

#define PATIENCE_MS SEC(20)
#define MARK_BYTES ((size_t)256 << 10)
#define ALPN "\x08" "comity/1"

static struct buf key_pem, cert_pem;

/* One end of a connection and what it was told. */
struct end {
	struct loop *loop;
	struct conn *conn;
	struct end *other;
	struct tls_peer peer;
	char text[256];
	int code;
	unsigned connected, frames, drained, closed, want_frames;
	uint64_t bytes;
	bool stop_on_connected, stop_on_closed, echo;
};

static void
on_connected(void *arg, const struct tls_peer *peer)
{
	struct end *e = arg;

	e->connected++;
	e->peer = *peer;
	if (e->stop_on_connected && (e->other == NULL ||
	    e->other->connected > 0))
		loop_stop(e->loop);
}

static void
on_frame(void *arg, const struct frame *f)
{
	struct end *e = arg;

	e->frames++;
	e->bytes += f->payload.n;
	if (e->echo)
		conn_send(e->conn, f);
	if (e->want_frames > 0 && e->frames >= e->want_frames)
		loop_stop(e->loop);
}

static void
on_drained(void *arg)
{
	struct end *e = arg;

	e->drained++;
}

static void
on_closed(void *arg, int code, const char *text)
{
	struct end *e = arg;

	e->closed++;
	e->code = code;
	snprintf(e->text, sizeof(e->text), "%s", text);
	if (e->stop_on_closed)
		loop_stop(e->loop);
}

static const struct conn_handler handler = {
	.connected = on_connected, .frame = on_frame,
	.drained = on_drained, .closed = on_closed,
};

struct fixture {
	struct loop *loop;
	struct timer *patience;
	struct tls_context *tls;
	struct end server, client;
	bool too_long;
};

static void
on_patience(void *arg)
{
	struct fixture *x = arg;

	x->too_long = true;
	loop_stop(x->loop);
}

static struct tls_context *
make_tls(void)
{
	struct err e = { 0 };
	struct tls_context *t = tls_context_new(buf_str(&cert_pem),
	    buf_str(&key_pem), &e);

	if (t == NULL)
		fail_msg("%s", e.text);
	return t;
}

static int
setup(void **state)
{
	struct fixture *x = mem_new(struct fixture);

	x->loop = loop_new();
	x->patience = timer_new(x->loop, on_patience, x);
	x->tls = make_tls();
	x->server.loop = x->client.loop = x->loop;
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	conn_free(x->server.conn);
	conn_free(x->client.conn);
	timer_free(x->patience);
	tls_context_free(x->tls);
	loop_free(x->loop);
	free(x);
	return 0;
}

static void
run(struct fixture *x)
{
	timer_arm_ms(x->patience, PATIENCE_MS);
	loop_run(x->loop);
	timer_cancel(x->patience);
	if (x->too_long)
		fail_msg("not within %d ms: server %u/%u/%s client %u/%u/%s",
		    (int)PATIENCE_MS, x->server.connected, x->server.frames,
		    x->server.text, x->client.connected, x->client.frames,
		    x->client.text);
}

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

/* Let the loop go round for some time. */
static void
turn(struct fixture *x, int64_t ms)
{
	struct timer *t = timer_new(x->loop, on_turn, x->loop);

	timer_arm_ms(t, ms);
	run(x);
	timer_free(t);
}

static void
start_end(struct fixture *x, struct end *e, int fd, bool server)
{
	e->conn = conn_new(x->loop, &(struct conn_options){ .tls = x->tls,
	    .fd = fd, .server = server, .mark_bytes = MARK_BYTES }, &handler,
	    e);
}

static void
make_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
}

/* The same over loopback: only TCP resets a connection closed early. */
static void
make_tcp_pair(int pair[2])
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(sa);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sa, &n),
	    0);
	pair[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(pair[1], (struct sockaddr *)&sa, n), 0);
	pair[0] = accept(listener, NULL, NULL);
	assert_true(pair[0] >= 0);
	close(listener);
}

/* Both ends are ours, and the handshake is done. */
static void
connect_over(struct fixture *x, const int pair[2])
{
	x->server.other = &x->client;
	x->client.other = &x->server;
	x->server.stop_on_connected = x->client.stop_on_connected = true;
	start_end(x, &x->server, pair[0], true);
	start_end(x, &x->client, pair[1], false);
	run(x);
	assert_int_equal(x->server.connected, 1);
	assert_int_equal(x->client.connected, 1);
	x->server.stop_on_closed = x->client.stop_on_closed = true;
}

static void
connect_both(struct fixture *x)
{
	int pair[2];

	make_pair(pair);
	connect_over(x, pair);
}

static void
send_frame(struct end *e, uint8_t type, size_t n)
{
	AUTO_BUF struct buf payload = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addc(&payload, (char)i);
	conn_send(e->conn, &(struct frame){ type, buf_str(&payload) });
}

/* ---- both ends ours ---- */

static void
test_conn_handshake_describes_peer(void **state)
{
	struct fixture *x = *state;
	struct tls_facts facts;
	struct err e;

	connect_both(x);
	assert_int_equal(tls_read(buf_str(&cert_pem), &facts, &e), 0);
	assert_memory_equal(x->server.peer.exporter, x->client.peer.exporter,
	    sizeof(x->server.peer.exporter));
	assert_true(digest_eq(&x->server.peer.pin, &facts.pin));
	assert_true(digest_eq(&x->client.peer.pin, &facts.pin));
	assert_true(x->client.peer.not_before.ms == facts.not_before.ms);
	assert_true(x->client.peer.not_after.ms == facts.not_after.ms);
	assert_string_equal(x->server.peer.version, "TLSv1.3");
	assert_string_equal(x->server.peer.uri, "comity://cert-xa");
	assert_true(x->server.peer.cipher[0] != '\0');
	assert_true(x->server.peer.group[0] != '\0');
}

/* RFC 8446 7.5: another connection, another exporter. */
static void
test_conn_exporter_differs(void **state)
{
	struct fixture *x = *state;
	struct fixture *y;
	void *other;

	connect_both(x);
	assert_int_equal(setup(&other), 0);
	y = other;
	connect_both(y);
	assert_memory_not_equal(x->server.peer.exporter,
	    y->server.peer.exporter, sizeof(x->server.peer.exporter));
	teardown(&other);
}

static void
test_conn_frames_both_ways(void **state)
{
	struct fixture *x = *state;

	connect_both(x);
	x->server.echo = true;
	x->client.want_frames = 3;
	send_frame(&x->client, MESSAGE_PING, 8);
	send_frame(&x->client, MESSAGE_RECORDS, FRAME_RECORDS_MAX);
	send_frame(&x->client, MESSAGE_TERMS, 0);
	run(x);
	assert_int_equal(x->client.frames, 3);
	assert_int_equal(x->client.bytes, FRAME_RECORDS_MAX + 8);
}

static void
test_conn_finish_flushes_first(void **state)
{
	struct fixture *x = *state;

	connect_both(x);
	x->client.stop_on_closed = false;
	for (int i = 0; i < 8; i++)
		send_frame(&x->client, MESSAGE_RECORDS, FRAME_RECORDS_MAX);
	send_frame(&x->client, MESSAGE_BYE, 16);
	conn_finish(x->client.conn);
	run(x);
	assert_int_equal(x->server.frames, 9);
	assert_int_equal(x->server.code, ERR_CLOSED);
	assert_int_equal(x->server.closed, 1);
}

/*
 * Closing while the other side's bytes are still unread must not destroy
 * what was said last (a reset would).
 */
static void
test_conn_finish_with_unread_input(void **state)
{
	struct fixture *x = *state;
	int pair[2];

	make_tcp_pair(pair);
	connect_over(x, pair);
	conn_pause(x->client.conn, true);
	conn_pause(x->server.conn, true);
	for (int i = 0; i < 3; i++)
		send_frame(&x->server, MESSAGE_PING, 8);
	send_frame(&x->client, MESSAGE_BYE, 16);
	conn_finish(x->client.conn);
	turn(x, 50);
	/* It waits for us, who have not read yet. */
	assert_int_equal(x->client.closed, 0);
	conn_pause(x->server.conn, false);
	run(x);
	assert_int_equal(x->server.frames, 1);
	assert_int_equal(x->server.code, ERR_CLOSED);
	conn_free(x->server.conn);
	x->server.conn = NULL;
	run(x);
	assert_int_equal(x->client.code, ERR_CLOSED);
	assert_int_equal(x->client.frames, 0);
}

static void
test_conn_back_pressure(void **state)
{
	struct fixture *x = *state;
	unsigned sent = 0, drained;

	connect_both(x);
	conn_pause(x->server.conn, true);
	/* Until the system takes no more and the queue stays above. */
	do {
		while (!conn_is_full(x->client.conn)) {
			send_frame(&x->client, MESSAGE_RECORDS, 64 << 10);
			sent++;
		}
		turn(x, 20);
	} while (!conn_is_full(x->client.conn) && sent < 1000);
	assert_true(sent < 1000);
	assert_int_equal(x->server.frames, 0);
	drained = x->client.drained;
	conn_pause(x->server.conn, false);
	x->server.want_frames = sent;
	run(x);
	assert_int_equal(x->server.frames, sent);
	assert_int_equal(x->client.drained, drained + 1);
	assert_false(conn_is_full(x->client.conn));
}

static void
test_conn_cut_is_not_an_end(void **state)
{
	struct fixture *x = *state;

	connect_both(x);
	conn_free(x->client.conn);	/* no close_notify */
	x->client.conn = NULL;
	run(x);
	assert_int_equal(x->server.closed, 1);
	assert_int_not_equal(x->server.code, ERR_CLOSED);
}

/* ---- the other side misbehaves ---- */

struct bad {
	const char *name;
	bool bare;		/* no certificate */
	bool no_alpn;
	bool tls12;
	const char *groups;	/* NULL: as it likes */
	const char *after;	/* bytes to send once connected */
	size_t after_n;
	unsigned key_updates;
	int want;
	const char *want_text;	/* NULL: any */
};

static SSL_CTX *
bad_context(const struct bad *b)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO *c = BIO_new_mem_buf(cert_pem.p, (int)cert_pem.n);
	BIO *k = BIO_new_mem_buf(key_pem.p, (int)key_pem.n);
	X509 *cert = PEM_read_bio_X509(c, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);

	if (!b->bare && (SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1))
		_exit(2);
	if (!b->no_alpn)
		(void)SSL_CTX_set_alpn_protos(ctx, (const uint8_t *)ALPN, 9);
	if (b->tls12)
		(void)SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (b->groups != NULL)
		(void)SSL_CTX_set1_groups_list(ctx, b->groups);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(c);
	BIO_free(k);
	return ctx;
}

/* The child: connect, do what the case says, wait for the end. */
static void
bad_client(const struct bad *b, int fd)
{
	SSL_CTX *ctx = bad_context(b);
	SSL *ssl = SSL_new(ctx);
	char c;

	(void)signal(SIGPIPE, SIG_IGN);
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) == 1) {
		for (unsigned i = 0; i < b->key_updates; i++) {
			if (SSL_key_update(ssl,
			    SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
			    SSL_do_handshake(ssl) != 1)
				break;
		}
		if (b->after_n > 0)
			(void)SSL_write(ssl, b->after, (int)b->after_n);
		while (SSL_read(ssl, &c, 1) > 0)
			;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	_exit(0);
}

static void
run_bad(struct fixture *x, const struct bad *b)
{
	int pair[2], status;
	pid_t pid;

	make_pair(pair);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pair[0]);
		bad_client(b, pair[1]);
	}
	close(pair[1]);
	x->server.stop_on_closed = true;
	start_end(x, &x->server, pair[0], true);
	run(x);
	conn_free(x->server.conn);
	x->server.conn = NULL;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define BYTES(s) .after = (s), .after_n = sizeof(s) - 1

static const struct bad bads[] = {
	{ "no certificate", .bare = true, .want = ERR_TLS },
	{ "no ALPN", .no_alpn = true, .want = ERR_TLS },
	{ "TLS 1.2", .tls12 = true, .want = ERR_TLS },
	{ "a group we do not take", .groups = "P-521", .want = ERR_TLS },
	{ "lying length", BYTES("\xff\xff\xff\xff\5\0\0\0"),
	  .want = ERR_LIMIT,
	  .want_text = "RECORDS: length 4294967295 exceeds 1048576" },
	{ "one byte over", BYTES("\0\0\0\x09\12\0\0\0"), .want = ERR_LIMIT },
	{ "unknown type", BYTES("\0\0\0\0\xee\0\0\0"), .want = ERR_VALUE },
	{ "a message of the channel", BYTES("\0\0\0\0\103\0\0\0"),
	  .want = ERR_VALUE },
	{ "a message of the control socket", BYTES("\0\0\0\2\140\0\0\0{}"),
	  .want = ERR_VALUE },
	{ "reserved byte", BYTES("\0\0\0\0\12\0\1\0"), .want = ERR_SYNTAX },
	{ "HTTP", BYTES("GET / HTTP/1.1\r\n\r\n"), .want = ERR_VALUE },
	{ "new keys for ever", .key_updates = 20, .want = ERR_TLS },
};

static void
test_conn_bad_client(void **state)
{
	for (size_t i = 0; i < NELEM(bads); i++) {
		const struct bad *b = &bads[i];
		struct fixture *x = *state;
		void *own = NULL;

		(void)setup(&own);
		x = own;
		run_bad(x, b);
		if (x->server.closed != 1 || x->server.code != b->want ||
		    x->server.frames != 0)
			fail_msg("%s: closed %u times, %s (%s), want %s, "
			    "%u frames", b->name, x->server.closed,
			    err_name(x->server.code), x->server.text,
			    err_name(b->want), x->server.frames);
		if (b->want_text != NULL)
			assert_string_equal(x->server.text, b->want_text);
		(void)teardown(&own);
	}
}

/* Few changes of keys are a right (RFC 8446 4.6.3). */
static void
test_conn_some_key_updates(void **state)
{
	static const struct bad some = { "some", .key_updates = 5,
	    BYTES("\0\0\0\0\xee\0\0\0"), .want = ERR_VALUE };

	run_bad(*state, &some);
	assert_int_equal(((struct fixture *)*state)->server.code, ERR_VALUE);
}

static void
test_conn_not_tls(void **state)
{
	static const char *const texts[] = { "GET / HTTP/1.1\r\n\r\n",
	    "\x16\x03\x01\xff\xff\x01\xff\xff\xff", "\0\0\0\0\0\0\0\0", "" };

	(void)state;
	for (size_t i = 0; i < NELEM(texts); i++) {
		struct fixture *x;
		void *own;
		int pair[2];

		(void)setup(&own);
		x = own;
		make_pair(pair);
		x->server.stop_on_closed = true;
		start_end(x, &x->server, pair[0], true);
		if (texts[i][0] != '\0' || i == 2)
			assert_true(write(pair[1], texts[i], i == 2 ? 8 :
			    strlen(texts[i])) > 0);
		assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
		run(x);
		assert_int_equal(x->server.connected, 0);
		assert_int_equal(x->server.closed, 1);
		assert_int_not_equal(x->server.code, ERR_CLOSED);
		close(pair[1]);
		(void)teardown(&own);
	}
}

/* ---- the context ---- */

static void
test_tls_context_refuses(void **state)
{
	AUTO_BUF struct buf other_key = { 0 };
	AUTO_BUF struct buf other_cert = { 0 };
	struct err e = { 0 };
	const struct { const char *name; struct str cert, key; } cases[] = {
		{ "empty", STR(""), STR("") },
		{ "no key", buf_str(&cert_pem), STR("") },
		{ "swapped", buf_str(&key_pem), buf_str(&cert_pem) },
		{ "not PEM", STR("\x30\x82\x01\x01"), buf_str(&key_pem) },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		e = (struct err){ 0 };
		assert_null(tls_context_new(cases[i].cert, cases[i].key, &e));
		assert_int_equal(e.code, ERR_CONF);
		assert_true(e.text[0] != '\0');
	}
	assert_int_equal(tls_make("cert-xb", 10, &other_key, &other_cert,
	    &e), 0);
	assert_null(tls_context_new(buf_str(&cert_pem), buf_str(&other_key),
	    &e));
	assert_int_equal(e.code, ERR_CONF);
	crypto_wipe(other_key.p, other_key.n);
}

static int
group_setup(void **state)
{
	struct err e;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	return tls_make("cert-xa", 10, &key_pem, &cert_pem, &e);
}

static int
group_teardown(void **state)
{
	(void)state;
	buf_clear(&key_pem);
	buf_clear(&cert_pem);
	return 0;
}

#define CONN_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONN_TEST(test_conn_handshake_describes_peer),
		CONN_TEST(test_conn_exporter_differs),
		CONN_TEST(test_conn_frames_both_ways),
		CONN_TEST(test_conn_finish_flushes_first),
		CONN_TEST(test_conn_finish_with_unread_input),
		CONN_TEST(test_conn_back_pressure),
		CONN_TEST(test_conn_cut_is_not_an_end),
		CONN_TEST(test_conn_bad_client),
		CONN_TEST(test_conn_some_key_updates),
		CONN_TEST(test_conn_not_tls),
		cmocka_unit_test(test_tls_context_refuses),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
