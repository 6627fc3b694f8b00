#include "vault/link_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/counters.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/supervisor_link.h"
#include "wire/message.h"
#include "wire/msg_close.h"

/* What the last link to a peer found, for `peer check`. */
struct link_memory {
	int step[LINK_STEPS];
	char text[LINK_STEPS][160];
};

void
link_note(struct link *l, enum link_step step, int ok, const char *fmt, ...)
{
	va_list ap;

	l->step[step] = ok ? 1 : -1;
	va_start(ap, fmt);
	(void)vsnprintf(l->step_text[step], sizeof(l->step_text[step]), fmt,
	    ap);
	va_end(ap);
}

static void
link_free(struct link *l)
{
	turn_cancel(l->v->turn, l);
	for (size_t i = 0; i < l->held.n; i++)
		free(l->held.v[i].payload);
	vec_clear(&l->held);
	outbound_free(l->outbound);
	channel_free(l->channel);
	timer_free(l->timer);
	free(l);
}

void
links_free(struct vault *v)
{
	for (size_t i = 0; i < v->links.n; i++)
		link_free(v->links.v[i]);
	vec_clear(&v->links);
}

static void
on_reap(void *arg)
{
	struct link *l = arg;
	struct vault *v = l->v;

	for (size_t i = 0; i < v->links.n; i++)
		if (v->links.v[i] == l) {
			v->links.v[i] = v->links.v[--v->links.n];
			link_free(l);
			return;
		}
}

void
link_reap(struct link *l)
{
	/* Its session may be gone in the dispatch in which its time is up. */
	if (l->reaped)
		return;
	l->reaped = true;
	loop_defer(l->v->loop, on_reap, l);
}

/* Keep for `peer check` and `status` how far it came and why it ended. */
static void
link_remember(struct link *l, const char *text)
{
	struct peer *p = l->peer;

	if (p == NULL)
		p = peers_find(l->v->peers, str_of(l->dialed_id));
	if (p == NULL)
		return;
	if (p->memory == NULL)
		p->memory = mem_new(struct link_memory);
	memcpy(p->memory->step, l->step, sizeof(l->step));
	memcpy(p->memory->text, l->step_text, sizeof(l->step_text));
	if (p->link == l)
		peer_down(p, text);
	else if (p->link == NULL)
		peer_failed(p, l->dialed, text);
}

/* Say the reason to the peer and tell the session to finish. */
static void
link_say_close(struct link *l, enum close_reason reason, struct str text)
{
	struct msg_close m = { .reason = (uint16_t)reason, .text = text };
	AUTO_BUF struct buf out = { 0 };

	msg_close_encode(&m, &out);
	if (reason != CLOSE_NONE)
		channel_send(l->channel, close_reason_is_error((uint16_t)reason) ?
		    MESSAGE_ERROR : MESSAGE_BYE, buf_str(&out));
	channel_send(l->channel, MESSAGE_CLOSE, buf_str(&out));
}

void
link_close(struct link *l, enum close_reason reason, const char *text)
{
	char why[400];

	if (l->state == LINK_CLOSED)
		return;
	if (l->end_text[0] != '\0')
		snprintf(why, sizeof(why), "%s", l->end_text);
	else
		snprintf(why, sizeof(why), "%s%s%s",
		    close_reason_text((uint16_t)reason), text ? ": " : "",
		    text ? text : "");
	log_info("link-closed", "peer=%s address=%s reason=\"%s\"",
	    l->peer ? l->peer->card.cert_id : l->dialed_id, l->address,
	    why);
	counter_inc(CTR_LINKS_CLOSED);
	if (reason == CLOSE_PIN || reason == CLOSE_IDENTITY ||
	    reason == CLOSE_UNKNOWN_PEER)
		supervisor_link_penalty(l->v->super, l->number);
	link_say_close(l, reason, str_of(text));
	l->state = LINK_CLOSED;
	link_remember(l, why);
	timer_arm_ms(l->timer, SEC(10));
}

void
link_close_all(struct vault *v, enum close_reason reason)
{
	for (size_t i = 0; i < v->links.n; i++)
		link_close(v->links.v[i], reason, NULL);
}

/* The session process is gone: nothing more can be said. */
void
link_gone(struct vault *v, uint64_t number)
{
	for (size_t i = 0; i < v->links.n; i++) {
		struct link *l = v->links.v[i];

		if (l->number != number)
			continue;
		if (l->end_text[0] == '\0')
			snprintf(l->end_text, sizeof(l->end_text),
			    "the connection ended");
		link_close(l, CLOSE_NONE, NULL);
		link_reap(l);
		return;
	}
}

static void
progress_step(const int *step, char text[][160], enum link_step s,
    int *out_ok, char out_text[static 160])
{
	/* Not noted: not reached. */
	*out_ok = step[s] == 0 ? -1 : step[s] == 1;
	snprintf(out_text, 160, "%s", step[s] == 0 ? "not reached yet" :
	    text[s]);
}

void
link_progress(const struct peer *p, struct link_progress *out)
{
	static const int none[LINK_STEPS];
	static char no_text[LINK_STEPS][160];
	const int *step = none;
	char (*text)[160] = no_text;

	if (p->link != NULL) {
		step = p->link->step;
		text = p->link->step_text;
	} else if (p->memory != NULL) {
		step = p->memory->step;
		text = p->memory->text;
	}
	progress_step(step, text, LINK_STEP_TLS, &out->tls, out->tls_text);
	progress_step(step, text, LINK_STEP_PINS, &out->pins,
	    out->pins_text);
	progress_step(step, text, LINK_STEP_IDENTITY, &out->identity,
	    out->identity_text);
	out->ready = p->link != NULL && link_is_ready(p->link);
}
