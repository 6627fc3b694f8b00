#include "session/session.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "host/clock.h"
#include "net/channel.h"
#include "net/conn.h"
#include "net/timer.h"
#include "wire/msg_channel.h"
#include "wire/msg_close.h"

#define CLOSE_MS SEC(2)		/* for either side to take the rest */
#define STALL_MS SEC(90)	/* for the peer to take half the mark */

struct session {
	struct loop *loop;		/* borrowed */
	struct channel *channel;	/* owned: the vault */
	struct conn *conn;		/* owned: the peer */
	struct timer *deadline;		/* owned */
	struct session_options o;	/* its pointers are borrowed */
	mono_ms_t started;
	bool connected, proved, closing, over;
	enum close_reason refused;	/* why we end it, or CLOSE_NONE */
	char refused_text[FRAME_EXPLAIN_MAX];
};

static void on_vault_frame(void *arg, const struct frame *f, int fd);
static void on_vault_closed(void *arg, int code);
static void on_vault_drained(void *arg);
static void on_connected(void *arg, const struct tls_peer *peer);
static void on_peer_frame(void *arg, const struct frame *f);
static void on_peer_refused(void *arg, int code, const char *text);
static void on_peer_drained(void *arg);
static void on_peer_closed(void *arg, int code, const char *text);
static void on_deadline(void *arg);

struct session *
session_start(struct loop *l, const struct session_options *o)
{
	static const struct channel_handler vault = {
		.carrier = CARRIER_SESSION, .frame = on_vault_frame,
		.closed = on_vault_closed, .drained = on_vault_drained,
	};
	static const struct conn_handler peer = {
		.connected = on_connected, .frame = on_peer_frame,
		.refused = on_peer_refused, .drained = on_peer_drained,
		.closed = on_peer_closed,
	};
	struct session *s = mem_new(struct session);

	s->loop = l;
	s->o = *o;
	s->started = clock_mono();
	s->deadline = timer_new(l, on_deadline, s);
	s->channel = channel_new(l, o->channel_fd, &vault, s);
	channel_set_mark(s->channel, o->pause_bytes);
	s->conn = conn_new(l, &(struct conn_options){ .tls = o->tls,
	    .fd = o->peer_fd, .server = !o->dialed,
	    .mark_bytes = o->pause_bytes }, &peer, s);
	timer_arm_ms(s->deadline, o->handshake_ms);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	timer_free(s->deadline);
	conn_free(s->conn);
	channel_free(s->channel);
	free(s);
}

static void
say_closed(struct channel *c, enum close_reason reason, const char *text)
{
	AUTO_BUF struct buf out = { 0 };

	msg_close_encode(&(struct msg_close){ (uint16_t)reason,
	    str_of(text) }, &out);
	channel_send(c, MESSAGE_CLOSED, buf_str(&out));
}

/*
 * The only way out: tell the vault why, and leave the loop once it has
 * taken that and every frame before it, or does not within CLOSE_MS.
 */
static void
session_end(struct session *s, enum close_reason reason, const char *text)
{
	if (s->over)
		return;
	s->over = true;
	conn_pause(s->conn, true);
	channel_pause(s->channel, false);
	channel_set_mark(s->channel, 2);	/* drained is then empty */
	say_closed(s->channel, reason, text);
	timer_arm_ms(s->deadline, CLOSE_MS);
}

static void
on_deadline(void *arg)
{
	struct session *s = arg;

	if (s->over)
		loop_stop(s->loop);
	else if (s->refused != CLOSE_NONE)
		session_end(s, s->refused, s->refused_text);
	else
		session_end(s, CLOSE_TIMEOUT, s->closing ?
		    "the other side did not take the rest" : !s->connected ?
		    "the TLS handshake took too long" : !s->proved ?
		    "the proof of identity took too long" :
		    "the other side does not read");
}

/* ---- the peer ---- */

static void
on_connected(void *arg, const struct tls_peer *peer)
{
	struct session *s = arg;
	struct msg_connected m = {
		.role = s->o.dialed ? PROVE_DIALER : PROVE_LISTENER,
		.spki = peer->pin, .not_before = peer->not_before,
		.not_after = peer->not_after,
		.tls = str_of(peer->version),
		.cipher = str_of(peer->cipher),
		.group = str_of(peer->group),
		.address = str_of(s->o.address), .uri = str_of(peer->uri),
	};
	AUTO_BUF struct buf out = { 0 };
	int64_t left_ms = s->o.proof_ms - (clock_mono().ms - s->started.ms);

	for (size_t i = 0; i < sizeof(m.exporter); i++)
		m.exporter[i] = peer->exporter[i];
	s->connected = true;
	if (msg_connected_encode(&m, &out) != 0) {
		session_end(s, CLOSE_TLS, "the certificate's names are too "
		    "long");
		return;
	}
	timer_arm_ms(s->deadline, left_ms > 0 ? left_ms : 0);
	/* A session lives long; what the handshake took it does not need. */
	(void)malloc_trim(0);
	channel_send(s->channel, MESSAGE_CONNECTED, buf_str(&out));
}

/* Before the proof only what leads to it may come from outside. */
static bool
may_pass(const struct session *s, uint8_t type)
{
	return s->proved || type == MESSAGE_HELLO || type == MESSAGE_PROVE ||
	    type == MESSAGE_BYE || type == MESSAGE_ERROR ||
	    /* The peer may have proved us before we heard of its proof. */
	    type == MESSAGE_TERMS || type == MESSAGE_SUBSCRIBE ||
	    type == MESSAGE_CREDIT || type == MESSAGE_RECALL;
}

/* The other side broke the protocol: tell it so, then end. */
static void
session_refuse(struct session *s, enum close_reason reason,
    const char *text)
{
	AUTO_BUF struct buf out = { 0 };

	if (s->over || s->closing)
		return;
	s->closing = true;
	s->refused = reason;
	snprintf(s->refused_text, sizeof(s->refused_text), "%s", text);
	msg_close_encode(&(struct msg_close){ (uint16_t)reason,
	    str_of(text) }, &out);
	conn_send(s->conn, &(struct frame){ MESSAGE_ERROR, buf_str(&out) });
	conn_finish(s->conn);
	timer_arm_ms(s->deadline, CLOSE_MS);
}

static void
on_peer_refused(void *arg, int code, const char *text)
{
	session_refuse(arg, close_reason_of_error(code), text);
}

static void
on_peer_frame(void *arg, const struct frame *f)
{
	struct session *s = arg;

	if (s->over)
		return;
	if (!may_pass(s, f->type)) {
		session_refuse(s, CLOSE_ORDER, message_name(f->type));
		return;
	}
	channel_send(s->channel, f->type, f->payload);
	if (channel_queued(s->channel) >= s->o.pause_bytes)
		conn_pause(s->conn, true);
}

static void
on_vault_drained(void *arg)
{
	struct session *s = arg;

	if (s->over)
		loop_stop(s->loop);
	else
		conn_pause(s->conn, false);
}

static void
on_peer_closed(void *arg, int code, const char *text)
{
	struct session *s = arg;

	if (s->refused != CLOSE_NONE)
		session_end(s, s->refused, s->refused_text);
	session_end(s, code == ERR_CLOSED ? CLOSE_NONE : code == ERR_TLS ?
	    CLOSE_TLS : code == ERR_IO ? CLOSE_NETWORK :
	    close_reason_of_error(code), text);
}

/* ---- the vault ---- */

static void
on_vault_frame(void *arg, const struct frame *f, int fd)
{
	struct session *s = arg;

	if (fd >= 0)
		close(fd);
	if (s->over || s->closing)
		return;
	if (f->type == MESSAGE_PROVED) {
		s->proved = true;
		timer_cancel(s->deadline);
		return;
	}
	if (f->type == MESSAGE_CLOSE) {
		s->closing = true;
		timer_arm_ms(s->deadline, CLOSE_MS);
		if (s->connected)
			conn_finish(s->conn);
		else
			session_end(s, CLOSE_NONE, "");
		return;
	}
	if ((message_info(f->type).carriers & CARRIER_PEER) == 0)
		return;
	conn_send(s->conn, f);
	if (!conn_is_full(s->conn))
		return;
	/* A CLOSE would not be seen now, so this has an end of its own. */
	channel_pause(s->channel, true);
	if (s->proved)
		timer_arm_ms(s->deadline, STALL_MS);
}

static void
on_peer_drained(void *arg)
{
	struct session *s = arg;

	channel_pause(s->channel, false);
	if (s->proved && !s->closing && !s->over)
		timer_cancel(s->deadline);
}

/* Without a vault there is nothing to live for. */
static void
on_vault_closed(void *arg, int code)
{
	struct session *s = arg;

	(void)code;
	s->over = true;
	loop_stop(s->loop);
}

void
session_report(int channel_fd, const char *text)
{
	static const struct channel_handler silent = {
		.carrier = CARRIER_SESSION };
	struct loop *l = loop_new();
	struct channel *c = channel_new(l, channel_fd, &silent, NULL);

	say_closed(c, CLOSE_NETWORK, text);
	channel_free(c);	/* writes what the socket takes */
	loop_free(l);
}
