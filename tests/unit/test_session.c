/*
 * A session between a peer that is ours and a vault that is a script: the
 * test holds the far end of the channel and of the connection.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/unit.h"
#include "ctl/tls_make.h"
#include "net/channel.h"
#include "net/conn.h"
#include "net/timer.h"
#include "session/session.h"
#include "wire/frame.h"
#include "wire/msg_channel.h"
#include "wire/msg_close.h"

#define PATIENCE_MS SEC(30)
#define PAUSE_BYTES ((size_t)128 << 10)

static struct buf key_pem, cert_pem;

struct fixture {
	struct loop *loop;
	struct timer *patience;
	struct tls_context *tls;
	struct session *session;
	struct channel *vault;
	struct conn *peer;
	int peer_raw;			/* -1, or a peer that is no peer */
	/* What the vault heard. */
	struct msg_connected hello;
	char address[64], uri[64];
	unsigned connected, vault_frames, vault_closed;
	uint64_t vault_bytes;
	int reason;			/* of CLOSED, -1: not yet */
	char text[256];
	uint8_t last_type;
	/* What the peer heard. */
	unsigned peer_connected, peer_frames, peer_closed;
	int peer_code;
	bool too_long;
	/* loop_stop when this many frames were seen there. */
	unsigned want_vault, want_peer;
};

static void
on_vault_frame(void *arg, const struct frame *f, int fd)
{
	struct fixture *x = arg;
	struct msg_close m;

	assert_int_equal(fd, -1);
	if (f->type == MESSAGE_CONNECTED) {
		x->connected++;
		assert_int_equal(msg_connected_decode(f->payload, &x->hello),
		    0);
		snprintf(x->address, sizeof(x->address), "%.*s",
		    (int)x->hello.address.n, x->hello.address.p);
		snprintf(x->uri, sizeof(x->uri), "%.*s",
		    (int)x->hello.uri.n, x->hello.uri.p);
		loop_stop(x->loop);
		return;
	}
	if (f->type == MESSAGE_CLOSED) {
		assert_int_equal(msg_close_decode(f->payload, &m), 0);
		x->reason = m.reason;
		snprintf(x->text, sizeof(x->text), "%.*s", (int)m.text.n,
		    m.text.p);
		loop_stop(x->loop);
		return;
	}
	x->vault_frames++;
	x->vault_bytes += f->payload.n;
	x->last_type = f->type;
	if (x->vault_frames == x->want_vault)
		loop_stop(x->loop);
}

static void
on_vault_closed(void *arg, int code)
{
	struct fixture *x = arg;

	(void)code;
	x->vault_closed++;
	loop_stop(x->loop);
}

static void
on_peer_connected(void *arg, const struct tls_peer *peer)
{
	struct fixture *x = arg;

	(void)peer;
	x->peer_connected++;
}

static void
on_peer_frame(void *arg, const struct frame *f)
{
	struct fixture *x = arg;

	x->peer_frames++;
	x->last_type = f->type;
	if (x->peer_frames == x->want_peer)
		loop_stop(x->loop);
}

static void
on_peer_drained(void *arg)
{
	(void)arg;
}

/* A peer that is told of the end closes too. */
static void
on_peer_reap(void *arg)
{
	struct fixture *x = arg;

	conn_free(x->peer);
	x->peer = NULL;
}

static void
on_peer_closed(void *arg, int code, const char *text)
{
	struct fixture *x = arg;

	(void)text;
	x->peer_closed++;
	x->peer_code = code;
	loop_defer(x->loop, on_peer_reap, x);
}

static void
on_patience(void *arg)
{
	struct fixture *x = arg;

	x->too_long = true;
	loop_stop(x->loop);
}

static void
run(struct fixture *x)
{
	timer_arm_ms(x->patience, PATIENCE_MS);
	loop_run(x->loop);
	timer_cancel(x->patience);
	if (x->too_long)
		fail_msg("too long: connected %u, vault %u frames, peer %u",
		    x->connected, x->vault_frames, x->peer_frames);
}

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

static void
turn(struct fixture *x, int64_t ms)
{
	struct timer *t = timer_new(x->loop, on_turn, x->loop);

	timer_arm_ms(t, ms);
	run(x);
	timer_free(t);
}

/*
 * Run until the session has left its loop; what it said last is then read.
 * Its process would end here, and with it its ends of both sockets.
 */
static void
run_to_end(struct fixture *x)
{
	while (x->reason < 0 && x->vault_closed == 0)
		run(x);
	session_free(x->session);
	x->session = NULL;
	while (x->vault_closed == 0)
		run(x);
}

static void
start(struct fixture *x, int64_t handshake_ms, int64_t proof_ms, bool tls)
{
	static const struct channel_handler vault = {
		.carrier = CARRIER_SESSION, .frame = on_vault_frame,
		.closed = on_vault_closed,
	};
	static const struct conn_handler peer = {
		.connected = on_peer_connected, .frame = on_peer_frame,
		.drained = on_peer_drained, .closed = on_peer_closed,
	};
	int c[2], p[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, c), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	x->vault = channel_new(x->loop, c[0], &vault, x);
	x->session = session_start(x->loop, &(struct session_options){
	    .tls = x->tls, .channel_fd = c[1], .peer_fd = p[1],
	    .address = "192.0.2.7:4711", .handshake_ms = handshake_ms,
	    .proof_ms = proof_ms, .pause_bytes = PAUSE_BYTES });
	x->peer_raw = p[0];
	if (!tls)
		return;
	x->peer_raw = -1;
	x->peer = conn_new(x->loop, &(struct conn_options){ .tls = x->tls,
	    .fd = p[0], .mark_bytes = 1 << 20 }, &peer, x);
}

/* Connected, and proved unless not. */
static void
start_connected(struct fixture *x, bool proved)
{
	start(x, SEC(20), SEC(20), true);
	run(x);
	assert_int_equal(x->connected, 1);
	if (proved)
		channel_send(x->vault, MESSAGE_PROVED, STR(""));
}

static int
setup(void **state)
{
	struct fixture *x = mem_new(struct fixture);
	struct err e;

	x->loop = loop_new();
	x->patience = timer_new(x->loop, on_patience, x);
	x->tls = tls_context_new(buf_str(&cert_pem), buf_str(&key_pem), &e);
	assert_non_null(x->tls);
	x->peer_raw = x->reason = -1;
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	/* A peer that closed in the last dispatch is yet to be reaped. */
	loop_settle(x->loop);
	session_free(x->session);
	conn_free(x->peer);
	channel_free(x->vault);
	if (x->peer_raw >= 0)
		close(x->peer_raw);
	timer_free(x->patience);
	tls_context_free(x->tls);
	loop_free(x->loop);
	free(x);
	return 0;
}

static void
peer_say(struct fixture *x, uint8_t type, size_t n)
{
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addc(&b, (char)i);
	conn_send(x->peer, &(struct frame){ type, buf_str(&b) });
}

static void
vault_say_close(struct fixture *x, enum close_reason reason)
{
	AUTO_BUF struct buf out = { 0 };

	msg_close_encode(&(struct msg_close){ (uint16_t)reason, STR("") },
	    &out);
	channel_send(x->vault, MESSAGE_CLOSE, buf_str(&out));
}

static void
test_session_connected(void **state)
{
	struct fixture *x = *state;
	struct tls_facts facts;
	struct err e;

	start_connected(x, false);
	assert_int_equal(tls_read(buf_str(&cert_pem), &facts, &e), 0);
	assert_int_equal(x->hello.role, PROVE_LISTENER);
	assert_true(digest_eq(&x->hello.spki, &facts.pin));
	assert_true(x->hello.not_after.ms == facts.not_after.ms);
	assert_string_equal(x->address, "192.0.2.7:4711");
	assert_string_equal(x->uri, "comity://cert-xa");
}

static void
test_session_passes_frames(void **state)
{
	struct fixture *x = *state;

	start_connected(x, true);
	x->want_peer = 2;
	channel_send(x->vault, MESSAGE_HELLO, STR("whatever"));
	channel_send(x->vault, MESSAGE_PONG, STR("12345678"));
	run(x);
	assert_int_equal(x->peer_frames, 2);
	assert_int_equal(x->last_type, MESSAGE_PONG);
	x->want_vault = 3;
	peer_say(x, MESSAGE_RECORDS, FRAME_RECORDS_MAX);
	peer_say(x, MESSAGE_PING, 8);
	peer_say(x, MESSAGE_RECEIPT, 0);
	run(x);
	assert_int_equal(x->vault_bytes, FRAME_RECORDS_MAX + 8);
	assert_int_equal(x->last_type, MESSAGE_RECEIPT);
	assert_int_equal(x->reason, -1);
}

static void
test_session_order_before_proof(void **state)
{
	static const struct { uint8_t type; bool ok; } cases[] = {
		{ MESSAGE_HELLO, true }, { MESSAGE_PROVE, true },
		{ MESSAGE_BYE, true }, { MESSAGE_ERROR, true },
		{ MESSAGE_RECORDS, false }, { MESSAGE_RECEIPT, false },
		{ MESSAGE_PING, false }, { MESSAGE_RECALLED, false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct fixture *x;
		void *own;

		assert_int_equal(setup(&own), 0);
		x = own;
		start_connected(x, false);
		peer_say(x, cases[i].type, 0);
		x->want_vault = 1;
		if (cases[i].ok) {
			run(x);
			assert_int_equal(x->vault_frames, 1);
		} else {
			run_to_end(x);
			assert_int_equal(x->vault_frames, 0);
			assert_int_equal(x->reason, CLOSE_ORDER);
			assert_string_equal(x->text,
			    message_name(cases[i].type));
		}
		teardown(&own);
	}
}

static void
test_session_handshake_stalls(void **state)
{
	struct fixture *x = *state;

	start(x, 150, 300, false);
	run_to_end(x);
	assert_int_equal(x->connected, 0);
	assert_int_equal(x->reason, CLOSE_TIMEOUT);
	assert_non_null(strstr(x->text, "handshake"));
}

/* A byte now and then does not move the deadline. */
static void
test_session_handshake_trickles(void **state)
{
	static const char begin[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc";
	struct fixture *x = *state;

	start(x, 300, 600, false);
	for (size_t i = 0; i + 1 < sizeof(begin) && x->reason < 0; i++) {
		assert_int_equal(send(x->peer_raw, begin + i, 1,
		    MSG_NOSIGNAL), 1);
		turn(x, 50);
	}
	run_to_end(x);
	assert_int_equal(x->reason, CLOSE_TIMEOUT);
}

static void
test_session_proof_stalls(void **state)
{
	struct fixture *x = *state;

	start(x, SEC(20), 700, true);
	run(x);
	assert_int_equal(x->connected, 1);
	run_to_end(x);
	assert_int_equal(x->reason, CLOSE_TIMEOUT);
	assert_non_null(strstr(x->text, "proof"));
}

static void
test_session_proved_has_no_deadline(void **state)
{
	struct fixture *x = *state;

	start(x, SEC(20), 700, true);
	run(x);
	channel_send(x->vault, MESSAGE_PROVED, STR(""));
	turn(x, 1000);
	assert_int_equal(x->reason, -1);
}

static void
test_session_not_tls(void **state)
{
	struct fixture *x = *state;

	start(x, SEC(20), SEC(20), false);
	assert_int_equal(write(x->peer_raw, "GET / HTTP/1.1\r\n\r\n", 18),
	    18);
	run_to_end(x);
	assert_int_equal(x->reason, CLOSE_TLS);
}

static void
test_session_peer_ends(void **state)
{
	struct fixture *x = *state;

	start_connected(x, true);
	peer_say(x, MESSAGE_BYE, 4);
	conn_finish(x->peer);
	run_to_end(x);
	assert_int_equal(x->vault_frames, 1);
	assert_int_equal(x->reason, CLOSE_NONE);
}

static void
test_session_peer_is_cut(void **state)
{
	struct fixture *x = *state;

	start_connected(x, true);
	conn_free(x->peer);
	x->peer = NULL;
	run_to_end(x);
	assert_true(x->reason == CLOSE_TLS || x->reason == CLOSE_NETWORK);
}

/* What the vault said before CLOSE reaches the peer. */
static void
test_session_vault_closes(void **state)
{
	struct fixture *x = *state;

	start_connected(x, true);
	channel_send(x->vault, MESSAGE_BYE, STR("\0\1\0\0"));
	vault_say_close(x, CLOSE_SHUTDOWN);
	while (x->peer_closed == 0)
		turn(x, 10);
	assert_int_equal(x->peer_frames, 1);
	assert_int_equal(x->peer_code, ERR_CLOSED);
	run_to_end(x);
	assert_int_equal(x->reason, CLOSE_NONE);
}

static void
test_session_vault_closes_before_tls(void **state)
{
	struct fixture *x = *state;

	start(x, SEC(20), SEC(20), false);
	vault_say_close(x, CLOSE_BUSY);
	run_to_end(x);
	assert_int_equal(x->reason, CLOSE_NONE);
}

/* A CLOSE behind what the peer does not read yet comes when it does. */
static void
test_session_closes_in_order(void **state)
{
	struct fixture *x = *state;
	char big[60000] = { 0 };

	start_connected(x, true);
	conn_pause(x->peer, true);
	for (int i = 0; i < 20; i++)
		channel_send(x->vault, MESSAGE_RECORDS, (struct str){ big,
		    sizeof(big) });
	vault_say_close(x, CLOSE_SHUTDOWN);
	turn(x, 200);
	assert_int_equal(x->reason, -1);
	conn_pause(x->peer, false);
	while (x->peer_closed == 0)
		turn(x, 10);
	assert_int_equal(x->peer_frames, 20);
}

static void
test_session_vault_gone(void **state)
{
	struct fixture *x = *state;

	start_connected(x, true);
	channel_free(x->vault);
	x->vault = NULL;
	run(x);		/* the session stops the loop */
	assert_int_equal(x->vault_closed, 0);
}

/* The vault does not read: nor does the session, so the peer has to wait. */
static void
test_session_back_pressure(void **state)
{
	struct fixture *x = *state;
	unsigned sent = 0;

	start_connected(x, true);
	turn(x, 20);
	channel_pause(x->vault, true);
	while (!conn_is_full(x->peer) && sent < 1000) {
		peer_say(x, MESSAGE_RECORDS, 100 << 10);
		sent++;
		turn(x, 2);
	}
	assert_true(sent < 1000);
	assert_int_equal(x->vault_frames, 0);
	channel_pause(x->vault, false);
	x->want_vault = sent;
	run(x);
	assert_int_equal(x->vault_bytes, (uint64_t)sent * (100 << 10));
	assert_int_equal(x->reason, -1);
}

static void
test_session_bad_header_is_told(void **state)
{
	struct fixture *x = *state;
	static const char ones[16] = { 0 };

	start_connected(x, true);
	/* One over what PING may be. */
	conn_send(x->peer, &(struct frame){ MESSAGE_PING, { ones, 9 } });
	run_to_end(x);
	assert_int_equal(x->vault_frames, 0);
	assert_int_equal(x->peer_frames, 1);
	assert_int_equal(x->last_type, MESSAGE_ERROR);
	assert_int_equal(x->reason, CLOSE_LIMIT);
	assert_string_equal(x->text, "PING: length 9 exceeds 8");
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

#define SESSION_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(test_session_connected),
		SESSION_TEST(test_session_passes_frames),
		cmocka_unit_test(test_session_order_before_proof),
		SESSION_TEST(test_session_handshake_stalls),
		SESSION_TEST(test_session_handshake_trickles),
		SESSION_TEST(test_session_proof_stalls),
		SESSION_TEST(test_session_proved_has_no_deadline),
		SESSION_TEST(test_session_not_tls),
		SESSION_TEST(test_session_peer_ends),
		SESSION_TEST(test_session_peer_is_cut),
		SESSION_TEST(test_session_vault_closes),
		SESSION_TEST(test_session_vault_closes_before_tls),
		SESSION_TEST(test_session_closes_in_order),
		SESSION_TEST(test_session_vault_gone),
		SESSION_TEST(test_session_back_pressure),
		SESSION_TEST(test_session_bad_header_is_told),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
