#include "vault/supervisor_link.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/log.h"
#include "net/channel.h"
#include "net/loop.h"
#include "vault/control/control.h"
#include "vault/front/front.h"
#include "vault/link.h"
#include "vault/taxii_peer.h"
#include "vault/trust/opinions.h"
#include "vault/trust/warnings.h"
#include "wire/message.h"
#include "wire/msg_flow.h"
#include "wire/msg_supervisor.h"

/* Numbers of dials start here; the supervisor's own stay below. */
#define DIAL_FIRST (UINT64_C(1) << 32)

/* One who asked for a reload; fn NULL: who asked has gone. */
struct waiter {
	struct apply_ask ask;
	reload_fn fn;
	void *arg;
};

struct supervisor_link {
	struct vault *v;		/* borrowed */
	struct channel *channel;	/* owned */
	struct buf config;		/* pieces of the file set so far */
	uint64_t next_dial;
	/* The first waits for the reload under way, the others for theirs. */
	VEC(struct waiter *) waiting;	/* owned */
};

static void
super_send(struct supervisor_link *s, uint8_t type, const struct buf *b)
{
	channel_send(s->channel, type, buf_str(b));
}

static void
super_send_text(struct supervisor_link *s, uint8_t type, const char *text)
{
	AUTO_BUF struct buf out = { 0 };

	msg_text_encode(str_of(text), &out);
	super_send(s, type, &out);
}

/* ---- configuration ---- */

static void
waiter_free(struct waiter *w)
{
	if (w == NULL)
		return;
	apply_ask_clear(&w->ask);
	free(w);
}

/* Answer whom this reload was for, and ask for the next one's. */
static void
super_tell_first(struct supervisor_link *s, const struct reload_done *done)
{
	struct waiter *w;

	if (s->waiting.n == 0)
		return;
	w = s->waiting.v[0];
	memmove(s->waiting.v, s->waiting.v + 1,
	    --s->waiting.n * sizeof(s->waiting.v[0]));
	if (s->waiting.n > 0)
		channel_send(s->channel, MESSAGE_RELOAD, STR(""));
	if (w->fn != NULL)
		w->fn(w->arg, done);
	waiter_free(w);
}

static void
super_configure(struct supervisor_link *s, enum config_cause cause)
{
	struct msg_config_done done = { .ok = true, .text = STR("") };
	struct reload_done told = { .ok = true };
	AUTO_BUF struct buf out = { 0 };
	struct err e = { 0 };
	/* A vault without a store yet is started, whatever was asked. */
	bool reload = cause != CONFIG_START && s->v->store != NULL;
	bool asked = cause == CONFIG_ASKED && s->waiting.n > 0;
	int rc;

	rc = reload ? vault_configure(s->v, buf_str(&s->config),
	    asked ? &s->waiting.v[0]->ask : NULL, &e) :
	    vault_start(s->v, buf_str(&s->config), &e);
	if (rc >= 0)
		told.result = (enum apply_result)rc;
	buf_clear(&s->config);
	warnings_adopt(s->v, -1);	/* of what was refused */
	if (rc < 0) {
		done.ok = false;
		done.text = str_of(e.text);
	}
	msg_config_done_encode(&done, &out);
	super_send(s, MESSAGE_CONFIG_DONE, &out);
	if (rc >= 0)
		supervisor_link_status(s);
	else if (!reload)
		vault_fail(s->v, rc);
	told.ok = rc >= 0;
	told.text = e.text;
	if (asked)
		super_tell_first(s, &told);
}

static int
super_config(struct supervisor_link *s, struct str payload)
{
	struct msg_config m;

	TRY(msg_config_decode(payload, &m));
	buf_add(&s->config, m.bytes.p, m.bytes.n);
	if (m.last)
		super_configure(s, m.cause);
	return 0;
}

/* ---- descriptors ---- */

static int
super_adopt(struct supervisor_link *s, struct str payload, int fd)
{
	struct msg_adopt m;
	int rc = msg_adopt_decode(payload, &m);

	if (rc < 0 || fd < 0) {
		if (fd >= 0)
			close(fd);
		return rc < 0 ? rc : ERR_SYNTAX;
	}
	if (m.what == ADOPT_CONTROL)
		controls_adopt(s->v->controls, fd, m.uid, m.address);
	else
		link_adopt(s->v, fd, &(struct link_origin){
		    .number = m.number, .dialed = m.what == ADOPT_DIAL,
		    .peer = m.cert_id, .address = m.address });
	return 0;
}

static int
super_front_adopt(struct supervisor_link *s, struct str payload, int fd)
{
	struct str desk;
	int rc = msg_front_adopt_decode(payload, &desk);

	if (rc < 0 || fd < 0 || s->v->fronts == NULL) {
		if (fd >= 0)
			close(fd);
		return rc < 0 ? rc : ERR_SYNTAX;
	}
	front_adopt(s->v->fronts, fd, desk);
	return 0;
}

static int
super_client_adopt(struct supervisor_link *s, struct str payload, int fd)
{
	struct str peer;
	int rc = msg_client_adopt_decode(payload, &peer);

	if (rc < 0 || fd < 0 || s->v->peers == NULL) {
		if (fd >= 0)
			close(fd);
		return rc < 0 ? rc : ERR_SYNTAX;
	}
	taxii_peer_adopt(s->v, fd, peer);
	return 0;
}

static int
super_gone(struct supervisor_link *s, struct str payload)
{
	struct msg_gone m;

	TRY(msg_gone_decode(payload, &m));
	link_gone(s->v, m.number);
	return 0;
}

/* The supervisor could not even read the files for a reload. */
static int
super_reload_refused(struct supervisor_link *s, struct str payload)
{
	AUTO_BUF struct buf text = { 0 };
	struct msg_config_done m;

	TRY(msg_config_done_decode(payload, &m));
	buf_add(&text, m.text.p, m.text.n);
	super_tell_first(s, &(struct reload_done){ .text = text.p });
	return 0;
}

static int
super_handle(struct supervisor_link *s, const struct frame *f, int fd)
{
	switch (f->type) {
	case MESSAGE_CONFIG:
		return super_config(s, f->payload);
	case MESSAGE_ADOPT:
		return super_adopt(s, f->payload, fd);
	case MESSAGE_FRONT_ADOPT:
		return super_front_adopt(s, f->payload, fd);
	case MESSAGE_CLIENT_ADOPT:
		return super_client_adopt(s, f->payload, fd);
	case MESSAGE_LISTS:
		warnings_adopt(s->v, fd);
		return 0;
	case MESSAGE_GONE:
		return super_gone(s, f->payload);
	case MESSAGE_CONFIG_DONE:
		return super_reload_refused(s, f->payload);
	case MESSAGE_HEARTBEAT:
		channel_send(s->channel, MESSAGE_HEARTBEAT, f->payload);
		return 0;
	case MESSAGE_STOP:
		vault_drain(s->v);
		return 0;
	default:
		return ERR_ORDER;
	}
}

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct supervisor_link *s = arg;
	int rc = super_handle(s, f, fd);

	if (rc < 0) {
		log_error("supervisor-message", "type=%s error=%s",
		    message_name(f->type), err_name(rc));
		loop_stop(s->v->loop);
	}
}

/* Without a supervisor there is nothing to live for. */
static void
on_closed(void *arg, int code)
{
	struct supervisor_link *s = arg;

	(void)code;
	loop_stop(s->v->loop);
}

struct supervisor_link *
supervisor_link_new(struct vault *v, int fd)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_SUPERVISOR, .frame = on_frame,
		.closed = on_closed,
	};
	struct supervisor_link *s = mem_new(struct supervisor_link);

	s->v = v;
	s->next_dial = DIAL_FIRST;
	s->channel = channel_new(v->loop, fd, &handler, s);
	return s;
}

void
supervisor_link_free(struct supervisor_link *s)
{
	if (s == NULL)
		return;
	channel_free(s->channel);
	buf_clear(&s->config);
	for (size_t i = 0; i < s->waiting.n; i++)
		waiter_free(s->waiting.v[i]);
	vec_clear(&s->waiting);
	free(s);
}

/* ---- out ---- */

uint64_t
supervisor_link_dial(struct supervisor_link *s, const char *cert_id,
    const char *endpoint)
{
	struct msg_dial m = { .number = s->next_dial++,
	    .cert_id = str_of(cert_id), .address = str_of(endpoint) };
	AUTO_BUF struct buf out = { 0 };

	msg_dial_encode(&m, &out);
	super_send(s, MESSAGE_DIAL, &out);
	return m.number;
}

static void
super_send_number(struct supervisor_link *s, uint8_t type, uint64_t number)
{
	AUTO_BUF struct buf out = { 0 };

	msg_number_encode(number, &out);
	super_send(s, type, &out);
}

void
supervisor_link_penalty(struct supervisor_link *s, uint64_t number)
{
	super_send_number(s, MESSAGE_PENALTY, number);
}

void
supervisor_link_settled(struct supervisor_link *s, uint64_t number)
{
	super_send_number(s, MESSAGE_SETTLED, number);
}

void
supervisor_link_status(struct supervisor_link *s)
{
	const struct vault *v = s->v;
	char text[200];

	if (v->state == VAULT_DEGRADED)
		snprintf(text, sizeof(text), "degraded: %s",
		    err_text(v->degraded_by));
	else
		snprintf(text, sizeof(text), "%llu records, policy "
		    "generation %llu",
		    (unsigned long long)(store_count(v->store) -
		    opinions_count(v->opinions)),
		    (unsigned long long)v->policy_generation);
	super_send_text(s, MESSAGE_STATUS, text);
}

void
supervisor_link_reload(struct supervisor_link *s,
    const struct apply_ask *ask, reload_fn fn, void *arg)
{
	struct waiter *w = mem_new(struct waiter);

	apply_ask_copy(&w->ask, ask);
	w->fn = fn;
	w->arg = arg;
	vec_push(&s->waiting, w);
	if (s->waiting.n == 1)
		channel_send(s->channel, MESSAGE_RELOAD, STR(""));
}

void
supervisor_link_reload_cancel(struct supervisor_link *s, const void *arg)
{
	for (size_t i = 0; i < s->waiting.n; i++)
		if (s->waiting.v[i]->arg == arg)
			s->waiting.v[i]->fn = NULL;
}

void
supervisor_link_alive(struct supervisor_link *s)
{
	super_send_number(s, MESSAGE_HEARTBEAT, 0);
	channel_flush(s->channel);
}

void
supervisor_link_notify(struct supervisor_link *s, struct str text)
{
	channel_send(s->channel, MESSAGE_NOTIFY, text);
}

void
supervisor_link_stopped(struct supervisor_link *s)
{
	channel_send(s->channel, MESSAGE_STOPPED, STR(""));
}
