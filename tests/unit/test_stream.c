/*
 * Streams, served with the TLS of a front; the other side is a bare OpenSSL
 * client that is driven by hand between turns of the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/unit.h"
#include "ctl/tls_make.h"
#include "net/stream.h"
#include "net/timer.h"

#define MARK_BYTES ((size_t)64 << 10)
#define INPUT_MAX ((size_t)32 << 10)
#define RECORD_BYTES ((size_t)16 << 10)
#define DAY_SECONDS 86400L
#define TURNS 2000

/* A certificate with its key. */
struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static struct buf front_key, front_cert, ca_pem;
static struct identity ca, middle, other_ca;

/* What a certificate is made of. */
struct recipe {
	const char *name, *second_name;	/* CN; NULL: none */
	const char *dns, *usage;	/* NULL: none */
	const struct identity *by;	/* NULL: itself */
	long from_days, to_days;	/* from now */
	bool authority;
};

static void
extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(x);
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
}

static void
add_name(X509_NAME *to, const char *name)
{
	if (name != NULL)
		assert_int_equal(X509_NAME_add_entry_by_txt(to, "CN",
		    MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0),
		    1);
}

static struct identity
identity_make(const struct recipe *r)
{
	struct identity me = { EVP_EC_gen("P-256"), X509_new() };
	const struct identity *by = r->by == NULL ? &me : r->by;
	X509_NAME *subject = X509_get_subject_name(me.cert);

	(void)X509_set_version(me.cert, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(me.cert), 7);
	(void)X509_gmtime_adj(X509_getm_notBefore(me.cert),
	    r->from_days * DAY_SECONDS);
	(void)X509_gmtime_adj(X509_getm_notAfter(me.cert),
	    r->to_days * DAY_SECONDS);
	add_name(subject, r->name);
	add_name(subject, r->second_name);
	(void)X509_set_issuer_name(me.cert, X509_get_subject_name(by->cert));
	(void)X509_set_pubkey(me.cert, me.key);
	extend(me.cert, NID_basic_constraints, r->authority ?
	    "critical,CA:TRUE" : "critical,CA:FALSE");
	if (r->usage != NULL)
		extend(me.cert, NID_ext_key_usage, r->usage);
	if (r->dns != NULL)
		extend(me.cert, NID_subject_alt_name, r->dns);
	assert_true(X509_sign(me.cert, by->key, EVP_sha256()) > 0);
	return me;
}

static void
identity_clear(struct identity *i)
{
	EVP_PKEY_free(i->key);
	X509_free(i->cert);
	*i = (struct identity){ 0 };
}

static void
add_pem(struct buf *out, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	n = BIO_get_mem_data(bio, &p);
	buf_add(out, p, (size_t)n);
	BIO_free(bio);
}

/* ---- the two sides ---- */

struct fixture {
	struct loop *loop;
	struct tls_context *tls;
	struct stream *stream;
	struct tls_peer peer;
	SSL_CTX *ctx;
	SSL *ssl;			/* the client */
	int fd;
	unsigned connected, drained, closed;
	int code;
	char text[256];
	size_t shown_max, take;		/* take: at most so many at once */
	struct buf got;			/* what the stream consumed */
	bool pause_on_data;
};

static void
on_connected(void *arg, const struct tls_peer *peer)
{
	struct fixture *x = arg;

	x->connected++;
	x->peer = *peer;
}

static size_t
on_data(void *arg, struct str s)
{
	struct fixture *x = arg;
	size_t n = s.n < x->take ? s.n : x->take;

	if (s.n > x->shown_max)
		x->shown_max = s.n;
	buf_add(&x->got, s.p, n);
	if (x->pause_on_data)
		stream_pause(x->stream, true);
	return n;
}

static void
on_drained(void *arg)
{
	struct fixture *x = arg;

	x->drained++;
}

static void
on_closed(void *arg, int code, const char *text)
{
	struct fixture *x = arg;

	x->closed++;
	x->code = code;
	snprintf(x->text, sizeof(x->text), "%s", text);
}

static const struct stream_handler handler = {
	.connected = on_connected, .data = on_data, .drained = on_drained,
	.closed = on_closed,
};

static int
setup(void **state)
{
	struct fixture *x = mem_new(struct fixture);
	struct err e = { 0 };

	x->loop = loop_new();
	x->take = SIZE_MAX;
	x->tls = tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&front_cert), buf_str(&front_key), buf_str(&ca_pem) },
	    &e);
	if (x->tls == NULL)
		fail_msg("%s", e.text);
	x->ctx = SSL_CTX_new(TLS_client_method());
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	stream_free(x->stream);
	SSL_free(x->ssl);
	SSL_CTX_free(x->ctx);
	if (x->fd > 0)
		close(x->fd);
	tls_context_free(x->tls);
	loop_free(x->loop);
	buf_clear(&x->got);
	free(x);
	return 0;
}

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

/* The loop's turn, for a moment. */
static void
turn(struct fixture *x)
{
	struct timer *t = timer_new(x->loop, on_turn, x->loop);

	timer_arm_ms(t, 1);
	loop_run(x->loop);
	timer_free(t);
}

/* Start both sides; the client has a socket that does not block. */
static void
begin(struct fixture *x)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	x->stream = stream_new(x->loop, &(struct stream_options){
	    .tls = x->tls, .fd = pair[0], .server = true,
	    .mark_bytes = MARK_BYTES, .input_max = INPUT_MAX }, &handler, x);
	x->fd = pair[1];
	(void)fcntl(x->fd, F_SETFL, O_NONBLOCK);
	x->ssl = SSL_new(x->ctx);
	assert_int_equal(SSL_set_fd(x->ssl, x->fd), 1);
	SSL_set_connect_state(x->ssl);
}

/* The handshake; false if either side ended it. */
static bool
handshake(struct fixture *x)
{
	begin(x);
	for (int i = 0; i < TURNS; i++) {
		int rc = SSL_do_handshake(x->ssl);

		if (rc != 1 && SSL_get_error(x->ssl, rc) !=
		    SSL_ERROR_WANT_READ)
			return false;
		if (rc == 1 && (x->connected > 0 || x->closed > 0))
			return x->closed == 0;
		turn(x);
	}
	fail_msg("no handshake");
	return false;
}

static void
client_send(struct fixture *x, size_t n)
{
	char bytes[1024];
	size_t at = 0;

	for (int i = 0; at < n && i < TURNS; i++) {
		size_t piece = n - at < sizeof(bytes) ? n - at :
		    sizeof(bytes);
		int rc;

		for (size_t k = 0; k < piece; k++)
			bytes[k] = (char)((at + k) % 251);
		rc = SSL_write(x->ssl, bytes, (int)piece);
		if (rc > 0)
			at += (size_t)rc;
		else
			turn(x);
	}
	turn(x);
}

/* How many bytes came back, all of them right. */
static size_t
client_receive(struct fixture *x, size_t n)
{
	static char bytes[1 << 16];
	size_t at = 0;

	for (int i = 0; at < n && i < TURNS; i++) {
		int rc = SSL_read(x->ssl, bytes, sizeof(bytes));

		if (rc <= 0) {
			turn(x);
			continue;
		}
		for (int k = 0; k < rc; k++)
			assert_int_equal((unsigned char)bytes[k],
			    (at + (size_t)k) % 251);
		at += (size_t)rc;
	}
	return at;
}

static void
assert_got(const struct fixture *x, size_t n)
{
	assert_int_equal(x->got.n, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)x->got.p[i] != i % 251)
			fail_msg("byte %zu is wrong", i);
}

/* ---- bytes ---- */

/* What is not consumed is shown again, and nothing is lost or doubled. */
static void
test_stream_data_in_part(void **state)
{
	struct fixture *x = *state;

	assert_true(handshake(x));
	x->take = 7;
	client_send(x, 100000);
	for (int i = 0; i < 20 && x->got.n < 100000; i++)
		turn(x);
	assert_got(x, 100000);
}

/* Nobody takes it: reading stops; the sender is made to wait, not us. */
static void
test_stream_input_max(void **state)
{
	struct fixture *x = *state;

	assert_true(handshake(x));
	x->take = 0;
	client_send(x, 100000);
	for (int i = 0; i < 20; i++)
		turn(x);
	assert_true(x->shown_max >= INPUT_MAX);
	assert_true(x->shown_max <= INPUT_MAX + RECORD_BYTES);
	assert_int_equal(x->got.n, 0);
	x->take = SIZE_MAX;
	stream_pause(x->stream, false);
	for (int i = 0; i < 50 && x->got.n < 100000; i++)
		turn(x);
	assert_got(x, 100000);
}

static void
test_stream_pause(void **state)
{
	struct fixture *x = *state;

	assert_true(handshake(x));
	x->pause_on_data = true;
	x->take = 10;
	client_send(x, 1000);
	turn(x);
	assert_got(x, 10);
	x->pause_on_data = false;
	x->take = SIZE_MAX;
	stream_pause(x->stream, false);
	turn(x);
	assert_got(x, 1000);
}

static void
test_stream_send_take(void **state)
{
	struct fixture *x = *state;
	struct buf big = { 0 }, small = { 0 };

	assert_true(handshake(x));
	for (size_t i = 0; i < 1000000; i++)
		buf_addc(&big, (char)(i % 251));
	for (size_t i = 1000000; i < 1000100; i++)
		buf_addc(&small, (char)(i % 251));
	stream_send_take(x->stream, &big);
	assert_null(big.p);
	assert_true(stream_is_full(x->stream));
	/* Behind something else it is a copy, and emptied all the same. */
	stream_send_take(x->stream, &small);
	assert_null(small.p);
	stream_send(x->stream, STR(""));
	assert_int_equal(stream_unsent(x->stream), 1000100);
	assert_int_equal(client_receive(x, 1000100), 1000100);
	assert_int_equal(x->drained, 1);
	assert_false(stream_is_full(x->stream));
	assert_int_equal(stream_unsent(x->stream), 0);
}

/* What was queued goes out, what still comes is thrown away. */
static void
test_stream_finish(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };

	assert_true(handshake(x));
	for (size_t i = 0; i < 300000; i++)
		buf_addc(&b, (char)(i % 251));
	stream_send_take(x->stream, &b);
	stream_finish(x->stream);
	stream_send(x->stream, STR("too late"));
	(void)SSL_write(x->ssl, "more", 4);
	assert_int_equal(client_receive(x, 300000), 300000);
	for (int i = 0; i < 20 && SSL_get_shutdown(x->ssl) == 0; i++) {
		char c;

		assert_true(SSL_read(x->ssl, &c, 1) <= 0);
		turn(x);
	}
	assert_int_equal(SSL_get_shutdown(x->ssl), SSL_RECEIVED_SHUTDOWN);
	assert_int_equal(x->got.n, 0);
	(void)SSL_shutdown(x->ssl);
	close(x->fd);
	x->fd = 0;
	for (int i = 0; i < 20 && x->closed == 0; i++)
		turn(x);
	assert_int_equal(x->closed, 1);
	assert_int_equal(x->code, ERR_CLOSED);
}

/* Many tools hang up without a close_notify: HTTP has lengths. */
static void
test_stream_hang_up(void **state)
{
	struct fixture *x = *state;

	assert_true(handshake(x));
	close(x->fd);
	x->fd = 0;
	for (int i = 0; i < 20 && x->closed == 0; i++)
		turn(x);
	assert_int_equal(x->code, ERR_CLOSED);
}

/* ---- who it is ---- */

struct client_row {
	const char *what;
	struct recipe r;
	bool none;			/* it shows no certificate */
	bool with_middle;		/* it sends the one in between */
	bool want_verified;
	const char *want_name;
};

#define GOOD .from_days = -1, .to_days = 30
#define TOOL .usage = "clientAuth", .dns = "DNS:siem.example,URI:a:b,URI:a:c"

static const struct client_row client_rows[] = {
	{ "none", .none = true, .want_name = "" },
	{ "self-signed", { .name = "siem", TOOL, GOOD },
	    .want_name = "siem" },
	{ "signed", { .name = "siem", TOOL, GOOD, .by = &ca },
	    .want_verified = true, .want_name = "siem" },
	{ "any purpose", { .name = "siem", GOOD, .by = &ca },
	    .want_verified = true, .want_name = "siem" },
	{ "signed below", { .name = "siem", TOOL, GOOD, .by = &middle },
	    .with_middle = true, .want_verified = true,
	    .want_name = "siem" },
	{ "the one between is missing", { .name = "siem", TOOL, GOOD,
	    .by = &middle }, .want_name = "siem" },
	{ "another's", { .name = "siem", TOOL, GOOD, .by = &other_ca },
	    .want_name = "siem" },
	{ "expired", { .name = "siem", TOOL, .from_days = -9, .to_days = -1,
	    .by = &ca }, .want_name = "siem" },
	{ "not yet", { .name = "siem", TOOL, .from_days = 1, .to_days = 9,
	    .by = &ca }, .want_name = "siem" },
	{ "for servers", { .name = "siem", .usage = "serverAuth", GOOD,
	    .by = &ca }, .want_name = "siem" },
	{ "no common name", { .dns = "email:a@x.example,DNS:b.example,"
	    "DNS:c.example", GOOD, .by = &ca }, .want_verified = true,
	    .want_name = "b.example" },
	{ "no name at all", { GOOD, .by = &ca }, .want_verified = true,
	    .want_name = "" },
	{ "two common names", { .name = "siem", .second_name = "misp", TOOL,
	    GOOD, .by = &ca }, .want_verified = true, .want_name = "" },
	{ "a line end", { .name = "siem\nmisp", GOOD, .by = &ca },
	    .want_verified = true, .want_name = "" },
};

static void
check_client(const struct client_row *row, int version)
{
	struct identity me = { 0 };
	struct fixture *x;
	void *state;

	assert_int_equal(setup(&state), 0);
	x = state;
	(void)SSL_CTX_set_max_proto_version(x->ctx, version);
	if (!row->none) {
		me = identity_make(&row->r);
		(void)SSL_CTX_use_certificate(x->ctx, me.cert);
		(void)SSL_CTX_use_PrivateKey(x->ctx, me.key);
	}
	if (row->with_middle)
		assert_int_equal(SSL_CTX_add1_chain_cert(x->ctx,
		    middle.cert), 1);
	if (!handshake(x))
		fail_msg("%s: refused: %s", row->what, x->text);
	assert_int_equal(x->peer.presented, !row->none);
	if (x->peer.verified != row->want_verified ||
	    strcmp(x->peer.name, row->want_name) != 0)
		fail_msg("%s: verified %d, name %s", row->what,
		    x->peer.verified, x->peer.name);
	if (!row->none) {
		AUTO_BUF struct buf pem = { 0 };
		struct tls_facts facts;
		struct err e;

		add_pem(&pem, me.cert);
		assert_int_equal(tls_read(buf_str(&pem), &facts, &e), 0);
		assert_true(digest_eq(&facts.pin, &x->peer.pin));
	}
	assert_string_equal(x->peer.version, version == TLS1_2_VERSION ?
	    "TLSv1.2" : "TLSv1.3");
	identity_clear(&me);
	teardown(&state);
}

static void
test_front_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(client_rows); i++) {
		check_client(&client_rows[i], TLS1_2_VERSION);
		check_client(&client_rows[i], TLS1_3_VERSION);
	}
}

/* Without client-ca nobody's name counts, not even with a system's roots. */
static void
test_front_without_client_ca(void **state)
{
	struct fixture *x = *state;
	struct identity me = identity_make(&client_rows[2].r);
	struct err e;

	tls_context_free(x->tls);
	x->tls = tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&front_cert), buf_str(&front_key), STR("") }, &e);
	(void)SSL_CTX_use_certificate(x->ctx, me.cert);
	(void)SSL_CTX_use_PrivateKey(x->ctx, me.key);
	assert_true(handshake(x));
	assert_true(x->peer.presented);
	assert_false(x->peer.verified);
	identity_clear(&me);
}

/* ---- what is agreed on ---- */

static void
test_front_refuses(void **state)
{
	static const struct { int version; const char *suites; } rows[] = {
		{ TLS1_VERSION, "ALL:@SECLEVEL=0" },
		{ TLS1_1_VERSION, "ALL:@SECLEVEL=0" },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0" },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0" },
		{ TLS1_2_VERSION, "AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0" },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		struct fixture *x;

		assert_int_equal(setup(state), 0);
		x = *state;
		(void)SSL_CTX_set_min_proto_version(x->ctx, TLS1_VERSION);
		(void)SSL_CTX_set_max_proto_version(x->ctx, rows[i].version);
		assert_int_equal(SSL_CTX_set_cipher_list(x->ctx,
		    rows[i].suites), 1);
		assert_false(handshake(x));
		turn(x);
		assert_int_equal(x->connected, 0);
		assert_int_equal(x->code, ERR_TLS);
		teardown(state);
	}
}

/* TX-003: nothing to resume with, and so no early data. */
static void
test_front_gives_no_tickets(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (size_t i = 0; i < NELEM(versions); i++) {
		struct fixture *x;
		SSL_SESSION *s;

		assert_int_equal(setup(state), 0);
		x = *state;
		(void)SSL_CTX_set_max_proto_version(x->ctx, versions[i]);
		assert_true(handshake(x));
		stream_send(x->stream, (struct str){ "\0", 1 });
		assert_int_equal(client_receive(x, 1), 1);
		s = SSL_get0_session(x->ssl);
		assert_int_equal(SSL_SESSION_has_ticket(s), 0);
		assert_int_equal(SSL_SESSION_get_max_early_data(s), 0);
		teardown(state);
	}
}

static void
test_front_renegotiation(void **state)
{
	struct fixture *x = *state;
	char c;

	(void)SSL_CTX_set_max_proto_version(x->ctx, TLS1_2_VERSION);
	assert_true(handshake(x));
	assert_int_equal(SSL_renegotiate(x->ssl), 1);
	(void)SSL_do_handshake(x->ssl);
	turn(x);
	(void)SSL_read(x->ssl, &c, 1);
	turn(x);
	/* Refused with a warning or closed: never done. */
	assert_int_equal(x->connected, 1);
	assert_true(SSL_renegotiate_pending(x->ssl) || x->closed == 1 ||
	    ERR_peek_error() != 0);
	ERR_clear_error();
}

static void
test_tls_context_new_front_bad(void **state)
{
	AUTO_BUF struct buf cut = { 0 }, chain = { 0 };
	struct err e = { 0 };
	struct tls_context *t;

	(void)state;
	buf_add(&cut, ca_pem.p, ca_pem.n / 2);
	assert_null(tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&front_cert), buf_str(&front_key), buf_str(&cut) }, &e));
	assert_non_null(strstr(e.text, "client-ca does not read"));
	assert_null(tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&front_cert), buf_str(&front_key), STR("hello\n") },
	    &e));
	assert_null(tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&ca_pem), buf_str(&front_key), STR("") }, &e));
	assert_non_null(strstr(e.text, "do not belong together"));
	buf_add(&chain, front_cert.p, front_cert.n);
	buf_add(&chain, cut.p, cut.n);
	assert_null(tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&chain), buf_str(&front_key), STR("") }, &e));
	buf_reset(&chain);
	buf_add(&chain, front_cert.p, front_cert.n);
	buf_add(&chain, ca_pem.p, ca_pem.n);
	t = tls_context_new_front(&(struct tls_front_texts){
	    buf_str(&chain), buf_str(&front_key), STR("") }, &e);
	assert_non_null(t);
	tls_context_free(t);
}

static int
make_all(void **state)
{
	const struct tls_subject front = { .common = "127.0.0.1",
	    .alternative = "IP:127.0.0.1", .usage = "serverAuth",
	    .days = 30 };
	struct err e;

	(void)state;
	if (tls_make_for(&front, &front_key, &front_cert, &e) != 0)
		return -1;
	ca = identity_make(&(struct recipe){ .name = "CA",
	    .authority = true, GOOD });
	middle = identity_make(&(struct recipe){ .name = "Between",
	    .authority = true, .by = &ca, GOOD });
	other_ca = identity_make(&(struct recipe){ .name = "CA",
	    .authority = true, GOOD });
	add_pem(&ca_pem, ca.cert);
	return 0;
}

static int
clear_all(void **state)
{
	(void)state;
	identity_clear(&ca);
	identity_clear(&middle);
	identity_clear(&other_ca);
	buf_clear(&ca_pem);
	buf_clear(&front_key);
	buf_clear(&front_cert);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_stream_data_in_part),
		CASE(test_stream_input_max),
		CASE(test_stream_pause),
		CASE(test_stream_send_take),
		CASE(test_stream_finish),
		CASE(test_stream_hang_up),
		cmocka_unit_test(test_front_clients),
		CASE(test_front_without_client_ca),
		cmocka_unit_test(test_front_refuses),
		cmocka_unit_test(test_front_gives_no_tickets),
		CASE(test_front_renegotiation),
		cmocka_unit_test(test_tls_context_new_front_bad),
	};

	return cmocka_run_group_tests(tests, make_all, clear_all);
}
