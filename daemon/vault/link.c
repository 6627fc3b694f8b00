#include "vault/link.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/circle.h"
#include "vault/consult/consult.h"
#include "vault/consult/question.h"
#include "vault/consult/wish.h"
#include "vault/inbound.h"
#include "vault/link_private.h"
#include "vault/member.h"
#include "vault/outbound.h"
#include "vault/recall.h"
#include "vault/supervisor_link.h"
#include "vault/terms.h"
#include "vault/trust/answer.h"
#include "vault/trust/standing.h"
#include "vault/trust/statement.h"
#include "wire/message.h"
#include "wire/msg_channel.h"
#include "wire/msg_close.h"
#include "wire/msg_flow.h"
#include "wire/msg_hello.h"

#define TERMS_PER_MINUTE 200	/* TERMS and CIRCLE together */
#define SOFTWARE "comity/" COMITY_VERSION

static int link_attached(struct link *l, const struct frame *f);
static int link_greeted(struct link *l, const struct frame *f);
static int link_proving(struct link *l, const struct frame *f);
static int link_ready(struct link *l, const struct frame *f);
static void on_frame(void *arg, const struct frame *f, int fd);
static void on_closed(void *arg, int code);
static void on_timer(void *arg);
static void on_turn(void *arg, bool ok);

/* One row a state: its name, its deadline, what it does with a frame. */
static const struct {
	const char *name;
	int64_t deadline_ms;	/* 0: the ping interval of the settings */
	int (*step)(struct link *l, const struct frame *f);
} states[] = {
	[LINK_ATTACHED] = { "proving", SEC(15), link_attached },
	[LINK_GREETED]  = { "proving", SEC(15), link_greeted },
	[LINK_PROVING]  = { "proving", SEC(15), link_proving },
	[LINK_READY]    = { "ready",   0,       link_ready },
	[LINK_CLOSED]   = { "closed",  SEC(10), NULL },
};

static void
link_set_state(struct link *l, enum link_state to)
{
	int64_t ms = states[to].deadline_ms;

	l->state = to;
	timer_arm_ms(l->timer, ms != 0 ? ms :
	    l->v->settings->limits.ping_ms);
}

const char *
link_state_name(const struct link *l)
{
	return states[l->state].name;
}

bool
link_is_ready(const struct link *l)
{
	return l->state == LINK_READY;
}

bool
link_heard_terms(const struct link *l)
{
	return l->state == LINK_READY && l->heard_terms;
}

struct peer *
link_peer(const struct link *l)
{
	return l->peer;
}

struct outbound *
link_outbound(const struct link *l)
{
	return l->outbound;
}

void
link_adopt(struct vault *v, int fd, const struct link_origin *o)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_SESSION, .frame = on_frame,
		.closed = on_closed,
	};
	struct link *l = mem_new(struct link);

	l->v = v;
	l->number = o->number;
	l->dialed = o->dialed;
	snprintf(l->dialed_id, sizeof(l->dialed_id), "%.*s",
	    (int)o->peer.n, o->peer.p);
	snprintf(l->address, sizeof(l->address), "%.*s",
	    (int)o->address.n, o->address.p);
	l->timer = timer_new(v->loop, on_timer, l);
	l->channel = channel_new(v->loop, fd, &handler, l);
	vec_push(&v->links, l);
	link_set_state(l, LINK_ATTACHED);
}

/* ---- sending ---- */

void
link_send(struct link *l, uint8_t type, struct str payload)
{
	if (l->state == LINK_CLOSED || l->channel == NULL)
		return;
	channel_send(l->channel, type, payload);
}

void
link_hold(struct link *l, uint8_t type, struct str payload)
{
	struct link_held h = { .type = type, .n = payload.n };

	if (l->state == LINK_CLOSED)
		return;
	h.payload = mem_dup(payload.p, payload.n);
	vec_push(&l->held, h);
	if (!l->waits) {
		l->waits = true;
		turn_after(l->v->turn, on_turn, l);
	}
}

void
link_say(struct link *l, uint8_t type, struct str payload)
{
	if (store_in_transaction(l->v->store))
		link_hold(l, type, payload);
	else
		link_send(l, type, payload);
}

static void
link_drop_held(struct link *l)
{
	for (size_t i = 0; i < l->held.n; i++)
		free(l->held.v[i].payload);
	l->held.n = 0;
}

/* The turn is on disk: what waited for it may be said. */
static void
on_turn(void *arg, bool ok)
{
	struct link *l = arg;

	l->waits = false;
	for (size_t i = 0; ok && i < l->held.n; i++)
		link_send(l, l->held.v[i].type, (struct str){
		    l->held.v[i].payload, l->held.v[i].n });
	link_drop_held(l);
	if (!ok)
		link_close(l, CLOSE_STORE, "the store cannot take records");
}

/* ---- HELLO and PROVE ---- */

static void
link_say_hello(struct link *l)
{
	struct msg_hello m = { .version = WIRE_VERSION,
	    .cert_id = str_of(l->v->cert_id), .at = vault_now(l->v),
	    .software = STR(SOFTWARE) };
	AUTO_BUF struct buf out = { 0 };

	crypto_random(l->nonce, sizeof(l->nonce));
	memcpy(m.nonce, l->nonce, sizeof(m.nonce));
	memcpy(m.epoch, l->v->epoch, sizeof(m.epoch));
	msg_hello_encode(&m, &out);
	link_send(l, MESSAGE_HELLO, buf_str(&out));
}

/* CONNECTED: what TLS knows of the other side. */
static int
link_attached(struct link *l, const struct frame *f)
{
	struct msg_connected m;
	unix_ms_t now = vault_now(l->v);

	if (f->type != MESSAGE_CONNECTED)
		return ERR_ORDER;
	TRY(msg_connected_decode(f->payload, &m));
	memcpy(l->exporter, m.exporter, sizeof(l->exporter));
	l->pin = m.spki;
	snprintf(l->uri, sizeof(l->uri), "%.*s", (int)m.uri.n, m.uri.p);
	link_note(l, LINK_STEP_TLS, 1, "%.*s, %.*s", (int)m.tls.n, m.tls.p,
	    (int)m.cipher.n, m.cipher.p);
	if (now.ms < m.not_before.ms || now.ms > m.not_after.ms) {
		link_close(l, CLOSE_CERTIFICATE_EXPIRED, NULL);
		return 0;
	}
	link_say_hello(l);
	link_set_state(l, LINK_GREETED);
	return 0;
}

static bool
card_has_pin(const struct card *c, const struct digest *pin)
{
	for (size_t i = 0; i < c->npins; i++)
		if (digest_eq(&c->pins[i], pin))
			return true;
	return false;
}

/* A URI SAN, where the certificate has one, names the CERT. */
static bool
link_uri_agrees(const struct link *l)
{
	AUTO_BUF struct buf want = { 0 };

	if (l->uri[0] == '\0')
		return true;
	buf_addf(&want, "comity://%s", l->peer->card.cert_id);
	return strcmp(l->uri, want.p) == 0;
}

/* The number at p, and where it ends. */
static unsigned long
version_part(const char **p, const char *end)
{
	unsigned long n = 0;

	for (; *p < end && **p >= '0' && **p <= '9' && n < 100000000; (*p)++)
		n = n * 10 + (unsigned long)(**p - '0');
	if (*p < end && **p == '.')
		(*p)++;
	return n;
}

/* "comity/0.2.1" against "0.2": is the software at least that? */
static bool
software_is_at_least(struct str software, const char *want)
{
	const char *want_end = want + strlen(want);
	const char *end = software.p + software.n;
	const char *p = software.n == 0 ? NULL :
	    memchr(software.p, '/', software.n);

	if (p == NULL)
		return want[0] == '\0';
	for (p++; want < want_end;) {
		unsigned long have = version_part(&p, end);
		unsigned long need = version_part(&want, want_end);

		if (have != need)
			return have > need;
	}
	return true;
}

/* What our policy asks of its software; "" if nothing, or we lack it. */
static const char *
link_minimum(const struct link *l)
{
	return l->v->policy == NULL || l->peer->party.org < 0 ? "" :
	    policy_org(l->v->policy,
	    (size_t)l->peer->party.org)->minimum_version;
}

/* Is this somebody we know, over a key on its card, at about our time? */
static enum close_reason
link_judge_hello(struct link *l, const struct msg_hello *m)
{
	int64_t skew = m->at.ms - vault_now(l->v).ms;
	unix_ms_t now = vault_now(l->v);

	if (str_eqz(m->cert_id, l->v->cert_id))
		return CLOSE_SAME_ID;
	l->peer = peers_find(l->v->peers, m->cert_id);
	/* One that is a TAXII server has no key to prove itself with. */
	if (l->peer != NULL && l->peer->key == NULL)
		l->peer = NULL;
	if (l->peer == NULL)
		return CLOSE_UNKNOWN_PEER;
	if (l->dialed && strcmp(l->dialed_id, l->peer->card.cert_id) != 0)
		return CLOSE_IDENTITY;
	l->peer->skew_ms = skew;
	if (!card_has_pin(&l->peer->card, &l->pin) || !link_uri_agrees(l)) {
		link_note(l, LINK_STEP_PINS, 0, "its TLS key is not on its "
		    "card");
		return CLOSE_PIN;
	}
	link_note(l, LINK_STEP_PINS, 1, "its TLS key is on its card");
	if (now.ms > l->peer->card.not_after.ms)
		return CLOSE_CARD_EXPIRED;
	if (skew > CLOCK_SKEW_MAX_MS || skew < -CLOCK_SKEW_MAX_MS)
		return CLOSE_SKEW;
	if (!software_is_at_least(m->software, link_minimum(l)))
		return CLOSE_OUTDATED;
	return CLOSE_NONE;
}

/* What one side signs: this connection, both nonces, both names. */
static void
link_proof(const struct link *l, bool ours, struct buf *out)
{
	struct str us = str_of(l->v->cert_id);
	struct str them = str_of(l->peer->card.cert_id);
	struct prove_facts f = { .exporter = l->exporter,
	    .role = ours == l->dialed ? PROVE_DIALER : PROVE_LISTENER,
	    .dialer_nonce = l->dialed ? l->nonce : l->their_nonce,
	    .listener_nonce = l->dialed ? l->their_nonce : l->nonce,
	    .dialer = l->dialed ? us : them,
	    .listener = l->dialed ? them : us };

	prove_signed_bytes(&f, out);
}

/* Sign what is to be proved, and wait for the other side's proof. */
static int
link_prove(struct link *l, struct str proof)
{
	AUTO_BUF struct buf out = { 0 };
	uint8_t sig[SIGNATURE_BYTES];

	TRY(sign_message(l->v->key, proof.p, proof.n, sig));
	msg_prove_encode(sig, &out);
	link_send(l, MESSAGE_PROVE, buf_str(&out));
	link_set_state(l, LINK_PROVING);
	return 0;
}

static int
link_greeted(struct link *l, const struct frame *f)
{
	AUTO_BUF struct buf proof = { 0 };
	AUTO_BUF struct buf text = { 0 };
	enum close_reason bad;
	struct msg_hello m;
	char ours[TIME_TEXT_MAX], theirs[TIME_TEXT_MAX];

	if (f->type != MESSAGE_HELLO)
		return ERR_ORDER;
	TRY(msg_hello_decode(f->payload, &m));
	bad = link_judge_hello(l, &m);
	if (bad == CLOSE_SKEW)
		buf_addf(&text, "our clock says %s, yours %s",
		    time_format(ours, vault_now(l->v)),
		    time_format(theirs, m.at));
	if (bad == CLOSE_OUTDATED)
		buf_addf(&text, "you run %.*s, we ask for version %s at "
		    "least", (int)m.software.n, m.software.p,
		    link_minimum(l));
	if (bad != CLOSE_NONE) {
		link_close(l, bad, text.p);
		return 0;
	}
	memcpy(l->their_nonce, m.nonce, sizeof(l->their_nonce));
	memcpy(l->their_epoch, m.epoch, sizeof(l->their_epoch));
	link_proof(l, true, &proof);
	return link_prove(l, buf_str(&proof));
}

/*
 * Two links to one peer: the one that the lower CERT id dialed stays.  A
 * second one the same way replaces the first, which is then dead already.
 */
static bool
link_wins(const struct link *l)
{
	const struct link *other = l->peer->link;
	bool we_are_lower = strcmp(l->v->cert_id,
	    l->peer->card.cert_id) < 0;

	if (other == NULL || other->dialed == l->dialed)
		return true;
	return l->dialed == we_are_lower;
}

static void link_start(struct link *l);

static int
link_proving(struct link *l, const struct frame *f)
{
	AUTO_BUF struct buf proof = { 0 };
	const uint8_t *sig;

	if (f->type != MESSAGE_PROVE)
		return ERR_ORDER;
	TRY(msg_prove_decode(f->payload, &sig));
	link_proof(l, false, &proof);
	if (verify_message(l->peer->key, proof.p, proof.n, sig) != 0) {
		link_note(l, LINK_STEP_IDENTITY, 0, "its signature does not "
		    "verify with the identity key on its card");
		link_close(l, CLOSE_IDENTITY, NULL);
		return 0;
	}
	link_note(l, LINK_STEP_IDENTITY, 1, "it proved the identity key on "
	    "its card");
	if (!link_wins(l)) {
		link_close(l, CLOSE_DUPLICATE, NULL);
		return 0;
	}
	if (l->peer->link != NULL)
		link_close(l->peer->link, CLOSE_DUPLICATE, NULL);
	link_start(l);
	return 0;
}

/* ---- ready ---- */

/* What both sides hold in common, and what we allow. */
static void
link_say_terms(struct link *l)
{
	AUTO_BUF struct buf out = { 0 };

	int rc = terms_say(l->peer->terms, &out);

	if (rc < 0)
		link_close(l, CLOSE_INTERNAL, NULL);
	else if (rc > 0)
		link_send(l, MESSAGE_TERMS, buf_str(&out));
}

static void
link_start(struct link *l)
{
	struct peer *p = l->peer;

	p->link = l;
	p->attempts = 0;
	p->last_state[0] = '\0';
	p->since = p->last_contact = clock_unix();
	p->counts.sessions++;
	l->outbound = outbound_new(p, l);
	if (memcmp(p->epoch, l->their_epoch, sizeof(p->epoch)) != 0) {
		/* Another store than before: nothing of it is here yet. */
		memcpy(p->epoch, l->their_epoch, sizeof(p->epoch));
		p->cursor = 0;
	}
	link_set_state(l, LINK_READY);
	channel_send(l->channel, MESSAGE_PROVED, STR(""));
	supervisor_link_settled(l->v->super, l->number);
	log_info("peer-ready", "peer=%s address=%s", p->card.cert_id,
	    l->address);
	terms_link_started(p->terms);
	link_say_terms(l);
	inbound_start(p);
	consult_remind(l->v->consult, p);
	if (recall_send_waiting(p) < 0)
		link_close(l, CLOSE_STORE, NULL);
}

/* Each may make us decide everything again: not at every whim. */
static int
link_count_terms(struct link *l)
{
	int64_t minute = vault_now(l->v).ms / MINUTE(1);

	if (minute != l->terms_minute)
		l->terms_count = 0;
	l->terms_minute = minute;
	return ++l->terms_count > TERMS_PER_MINUTE ? ERR_LIMIT : 0;
}

static int
link_terms(struct link *l, struct str payload)
{
	int changed;

	TRY(link_count_terms(l));
	changed = terms_hear(l->peer->terms, payload);
	TRY(changed);
	l->heard_terms = true;
	if (changed > 0)
		outbound_restart(l->outbound);
	circle_spread(l->peer);
	return 0;
}

void
link_terms_changed(struct link *l)
{
	if (l->state == LINK_READY)
		link_say_terms(l);
}

static int
link_ready(struct link *l, const struct frame *f)
{
	struct peer *p = l->peer;

	switch (f->type) {
	case MESSAGE_TERMS:
		return link_terms(l, f->payload);
	case MESSAGE_CIRCLE:
		TRY(link_count_terms(l));
		return circle_received(p, f->payload);
	case MESSAGE_SUBSCRIBE:
		/* What it was last told must not count on a new link. */
		if (!l->heard_terms)
			return ERR_ORDER;
		return outbound_subscribe(l->outbound, f->payload);
	case MESSAGE_RECORDS:
		return inbound_records(p, f->payload);
	case MESSAGE_RECEIPT:
		return outbound_receipt(l->outbound, f->payload);
	case MESSAGE_CREDIT:
		return outbound_credit(l->outbound, f->payload);
	case MESSAGE_RECALL:
		return recall_received(p, f->payload);
	case MESSAGE_RECALLED:
		return recall_confirmed(p, f->payload);
	case MESSAGE_CONSULT:
		return question_received(p, f->payload);
	case MESSAGE_CONSULT_ANSWER:
		return member_answered(p, f->payload);
	case MESSAGE_ASK:
		return wish_received(p, f->payload);
	case MESSAGE_ASKED:
		return wish_noted(p, f->payload);
	case MESSAGE_STATEMENT:
		return statement_received(p, f->payload);
	case MESSAGE_STATEMENT_TAKEN:
		return statement_taken(p, f->payload);
	case MESSAGE_STANDING:
		return standing_received(p, f->payload);
	case MESSAGE_ANSWER:
		return answer_received(p, f->payload);
	case MESSAGE_ANSWERED:
		return answer_settled(p, f->payload);
	case MESSAGE_PING:
		link_send(l, MESSAGE_PONG, f->payload);
		return 0;
	case MESSAGE_PONG:
		return 0;
	default:
		return ERR_ORDER;
	}
}

/* ---- events ---- */

static void
link_heard(struct link *l)
{
	l->pings_missed = 0;
	if (l->state == LINK_READY)
		l->peer->last_contact = clock_unix();
}

/* BYE and ERROR end the link in any state; CLOSED is the session's word. */
static bool
link_is_end(struct link *l, const struct frame *f)
{
	struct msg_close m;
	char text[200];

	if (f->type != MESSAGE_BYE && f->type != MESSAGE_ERROR &&
	    f->type != MESSAGE_CLOSED)
		return false;
	if (msg_close_decode(f->payload, &m) != 0)
		m = (struct msg_close){ .reason = CLOSE_PROTOCOL,
		    .text = STR("") };
	str_escape(text, sizeof(text), m.text);
	snprintf(l->end_text, sizeof(l->end_text), "%s%s%s%s",
	    f->type == MESSAGE_CLOSED ? "" : "the other side: ",
	    close_reason_text(m.reason), text[0] ? ": " : "", text);
	link_close(l, CLOSE_NONE, NULL);
	return true;
}

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct link *l = arg;
	int rc;

	(void)fd;
	if (l->state == LINK_CLOSED || link_is_end(l, f))
		return;
	link_heard(l);
	rc = states[l->state].step(l, f);
	if (rc < 0)
		link_close(l, close_reason_of_error(rc), err_text(rc));
}

static void
on_closed(void *arg, int code)
{
	struct link *l = arg;

	(void)code;
	if (l->end_text[0] == '\0')
		snprintf(l->end_text, sizeof(l->end_text),
		    "the connection ended");
	link_close(l, CLOSE_NONE, NULL);
}

static void
on_timer(void *arg)
{
	struct link *l = arg;
	AUTO_BUF struct buf ping = { 0 };

	if (l->state == LINK_CLOSED) {
		link_reap(l);
		return;
	}
	if (l->state != LINK_READY) {
		link_close(l, CLOSE_TIMEOUT, NULL);
		return;
	}
	if (++l->pings_missed > l->v->settings->limits.ping_missed) {
		link_close(l, CLOSE_SILENT, NULL);
		return;
	}
	msg_number_encode((uint64_t)clock_mono().ms, &ping);
	link_send(l, MESSAGE_PING, buf_str(&ping));
	link_set_state(l, LINK_READY);
}
