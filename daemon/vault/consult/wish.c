#include "vault/consult/wish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/record_json.h"
#include "wire/message.h"
#include "wire/msg_flow.h"

/*
 * OURS: key is our number, the value when it was noted and the payload.
 * THEIRS: what others asked for and nobody looked into yet, as it came.
 */
#define OURS "wish"
#define THEIRS "wished"
#define KEY_MAX 24
#define A_MINUTE 10		/* of one peer; what is beyond is dropped */
#define OURS_A_MINUTE 5		/* to one: never beyond, however it counts */
#define ARENA_BYTES MIB(4)

struct wished {
	uint64_t number;
	struct buf payload;		/* owned */
};

struct wishes {
	struct vault *v;		/* borrowed */
	VEC(struct wish *) ours;	/* owned; by number */
	VEC(struct wished) theirs;	/* in the order they came */
	uint64_t next, next_theirs;
};

const struct wish *
wish_at(const struct wishes *ws, size_t i)
{
	return i < ws->ours.n ? ws->ours.v[i] : NULL;
}

const struct wish *
wish_find(const struct wishes *ws, uint64_t number)
{
	for (size_t i = 0; i < ws->ours.n; i++)
		if (ws->ours.v[i]->number == number)
			return ws->ours.v[i];
	return NULL;
}

static void
wish_free(struct wish *w)
{
	buf_clear(&w->payload);
	free(w);
}

static void
number_key(uint64_t number, char dst[KEY_MAX])
{
	snprintf(dst, KEY_MAX, "%016" PRIx64, number);
}

/* ---- the store ---- */

static int
wish_write(struct vault *v, const struct wish *w)
{
	AUTO_BUF struct buf b = { 0 };
	char key[KEY_MAX];

	out_u64(&b, (uint64_t)w->noted.ms);
	out_str16(&b, buf_str(&w->payload));
	number_key(w->number, key);
	return store_set(v->store, OURS, key, buf_str(&b));
}

static void
wish_keep(struct wishes *ws, struct wish *w)
{
	vec_push(&ws->ours, w);
	if (w->number >= ws->next)
		ws->next = w->number + 1;
}

static int
on_ours(void *arg, const char *key, struct str value)
{
	struct cur c = cur_of(value.p, value.n);
	unix_ms_t noted = { (int64_t)cur_u64(&c) };
	struct str payload = cur_str16(&c, UINT16_MAX);
	struct wish *w = mem_new(struct wish);

	w->noted = noted;
	buf_add(&w->payload, payload.p, payload.n);
	if (cur_finish(&c) < 0 || sscanf(key, "%16" SCNx64, &w->number) != 1
	    || msg_ask_decode(buf_str(&w->payload), &w->m) < 0) {
		wish_free(w);
		return ERR_STORE;
	}
	wish_keep(arg, w);
	return 0;
}

static void
theirs_keep(struct wishes *ws, uint64_t number, struct str payload)
{
	struct wished w = { .number = number };

	buf_add(&w.payload, payload.p, payload.n);
	vec_push(&ws->theirs, w);
	if (number >= ws->next_theirs)
		ws->next_theirs = number + 1;
}

static int
on_theirs(void *arg, const char *key, struct str value)
{
	uint64_t number;

	if (sscanf(key, "%16" SCNx64, &number) != 1)
		return ERR_STORE;
	theirs_keep(arg, number, value);
	return 0;
}

int
wishes_open(struct vault *v, struct wishes **out)
{
	struct wishes *ws = mem_new(struct wishes);
	int rc;

	ws->v = v;
	ws->next = ws->next_theirs = 1;
	rc = store_values(v->store, OURS, on_ours, ws);
	if (rc == 0)
		rc = store_values(v->store, THEIRS, on_theirs, ws);
	if (rc < 0) {
		wishes_free(ws);
		return rc;
	}
	*out = ws;
	return 0;
}

int
wishes_reopen(struct vault *v)
{
	struct wishes *fresh;

	TRY(wishes_open(v, &fresh));
	wishes_free(v->wishes);
	v->wishes = fresh;
	return 0;
}

static void
theirs_clear(struct wishes *ws)
{
	for (size_t i = 0; i < ws->theirs.n; i++)
		buf_clear(&ws->theirs.v[i].payload);
	vec_clear(&ws->theirs);
}

void
wishes_free(struct wishes *ws)
{
	if (ws == NULL)
		return;
	for (size_t i = 0; i < ws->ours.n; i++)
		wish_free(ws->ours.v[i]);
	vec_clear(&ws->ours);
	theirs_clear(ws);
	free(ws);
}

/* ---- ours ---- */

/* The oldest make room; the log has them. */
static int
make_room(struct wishes *ws)
{
	char key[KEY_MAX];

	while (ws->ours.n >= WISHES_KEPT) {
		number_key(ws->ours.v[0]->number, key);
		TRY(store_unset(ws->v->store, OURS, key));
		wish_free(ws->ours.v[0]);
		ws->ours.n--;
		memmove(ws->ours.v, ws->ours.v + 1,
		    ws->ours.n * sizeof(*ws->ours.v));
	}
	return 0;
}

static int
wish_log(struct vault *v, const struct wish *w, const struct operator *by)
{
	AUTO_BUF struct buf id = { 0 }, to = { 0 }, reason = { 0 };
	struct approval said = { .what = "ask", .by = by,
	    .verdict = "ask" };

	buf_addf(&id, "%.*s", (int)w->m.id.n, w->m.id.p);
	buf_addf(&to, "%.*s", (int)w->m.to.n, w->m.to.p);
	buf_addf(&reason, "%s: %.*s", to.p, (int)w->m.reason.n,
	    w->m.reason.n > 0 ? w->m.reason.p : "");
	said.subject = id.p;
	said.reason = reason.p;
	TRY(approval_log(v, &said));
	return consult_log(v, to.p, MESSAGE_ASK, buf_str(&w->payload));
}

int
wish_make(struct wishes *ws, struct msg_ask *m, const struct operator *by,
    const struct wish **out)
{
	struct wish *w = mem_new(struct wish);
	int rc;

	w->number = m->number = ws->next;
	m->at = vault_now(ws->v);
	m->from = str_of(ws->v->cert_id);
	rc = msg_ask_sign(m, ws->v->key, &w->payload);
	if (rc == 0)
		rc = msg_ask_decode(buf_str(&w->payload), &w->m);
	if (rc < 0) {
		wish_free(w);
		return rc;
	}
	rc = make_room(ws);
	wish_keep(ws, w);
	if (rc == 0)
		rc = wish_write(ws->v, w);
	if (rc == 0)
		rc = wish_log(ws->v, w, by);
	if (rc < 0)
		turn_fail(ws->v->turn, rc);
	*out = w;
	return rc;
}

/* Send what was not noted on an earlier connection; in an open turn. */
static void
send_ours(struct wishes *ws)
{
	for (size_t i = 0; i < ws->ours.n; i++) {
		struct wish *w = ws->ours.v[i];
		struct peer *p = w->noted.ms != 0 ? NULL :
		    peers_find(ws->v->peers, w->m.to);

		if (p == NULL || p->link == NULL ||
		    !link_heard_terms(p->link) ||
		    w->session == p->counts.sessions ||
		    turn_open(ws->v->turn) < 0 ||
		    !quota_take(&p->asked, OURS_A_MINUTE, clock_mono()))
			continue;
		w->session = p->counts.sessions;
		link_hold(p->link, MESSAGE_ASK, buf_str(&w->payload));
	}
}

int
wish_noted(struct peer *p, struct str payload)
{
	struct wishes *ws = p->v->wishes;
	uint64_t number;
	int rc;

	TRY(msg_ping_decode(payload, &number));
	for (size_t i = 0; i < ws->ours.n; i++) {
		struct wish *w = ws->ours.v[i];

		if (w->number != number || w->noted.ms != 0 ||
		    !str_eqz(w->m.to, p->card.cert_id))
			continue;
		TRY(turn_open(p->v->turn));
		w->noted = vault_now(p->v);
		rc = wish_write(p->v, w);
		if (rc < 0)
			turn_fail(p->v->turn, rc);
		return rc;
	}
	return 0;
}

/* ---- theirs ---- */

static void
say_asked(struct peer *p, uint64_t number)
{
	AUTO_BUF struct buf out = { 0 };

	msg_number_encode(number, &out);
	link_hold(p->link, MESSAGE_ASKED, buf_str(&out));
}

int
wish_received(struct peer *p, struct str payload)
{
	struct wishes *ws = p->v->wishes;
	char key[KEY_MAX];
	struct msg_ask m;
	int rc;

	TRY(msg_ask_decode(payload, &m));
	if (!str_eqz(m.from, p->card.cert_id) ||
	    !str_eqz(m.to, p->v->cert_id))
		return ERR_AUTH;
	TRY(msg_ask_verify(payload, p->key));
	TRY(turn_open(p->v->turn));
	say_asked(p, m.number);
	if (!quota_take(&p->asks, A_MINUTE, clock_mono())) {
		counter_inc(CTR_ASKS_DROPPED);
		return 0;
	}
	theirs_keep(ws, ws->next_theirs, payload);
	number_key(ws->next_theirs - 1, key);
	rc = store_set(p->v->store, THEIRS, key, payload);
	if (rc == 0)
		rc = consult_log(p->v, p->card.cert_id, MESSAGE_ASK,
		    payload);
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	return rc;
}

/* The desk of the asker that asks, in our policy; -1: there is none. */
static int
desk_of(const struct policy *policy, const struct msg_ask *m)
{
	AUTO_BUF struct buf name = { 0 };

	buf_addf(&name, "%.*s/%.*s", (int)m->from.n, m->from.p,
	    (int)m->desk.n, m->desk.p);
	return policy_find_desk(policy, buf_str(&name));
}

/* People said no to it, or yes, not long ago: they are not asked again. */
static bool
is_decided(const struct vault *v, const char *peer, int64_t seq)
{
	const struct consult_case *x = consult_of(v->consult, peer, seq);
	struct policy_consult rules;
	unix_ms_t now = vault_now(v);

	if (x == NULL)
		return false;
	policy_consult(v->policy, &rules);
	return (x->state == CASE_AGREED && x->until.ms > now.ms) ||
	    (x->state == CASE_DECLINED &&
	    x->closed.ms + rules.timeout_ms > now.ms);
}

/*
 * Put it to people if the peer may ask, the record is here, and the policy
 * puts just that to people.  0: it is with them; else why it is not.
 */
static int
wish_grant(struct vault *v, const struct msg_ask *m, const char **out_why)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO_BUF struct buf text = { 0 };
	struct peer *p = peers_find(v->peers, m->from);
	struct consult_wish wish = { .desk = -1 };
	enum delivery_state s;
	struct consult_case *x;
	struct store_record r;
	int rc;

	*out_why = "it may not ask";
	if (p == NULL || v->policy == NULL ||
	    !policy_may_ask(v->policy, p->party.org))
		return ERR_DENIED;
	*out_why = "no such desk";
	wish.desk = desk_of(v->policy, m);
	if (wish.desk < 0)
		return ERR_DENIED;
	*out_why = "no such record";
	TRY(record_newest(v, m->id, NULL, arena, &r));
	if ((r.flags & (RECORD_TOMBSTONE | RECORD_HELD | RECORD_DERIVED |
	    RECORD_RELABELLED)) != 0)
		return ERR_NOT_FOUND;
	*out_why = "it was sent, or is not to be";
	s = delivery_get(p->delivery, r.seq);
	if (s != DELIVERY_CONSULTED && s != DELIVERY_NONE)
		return ERR_DENIED;
	*out_why = "people have decided";
	if (is_decided(v, p->card.cert_id, r.seq))
		return ERR_DENIED;
	buf_addf(&text, "%.*s/%.*s: %.*s", (int)m->from.n, m->from.p,
	    (int)m->desk.n, m->desk.p, (int)m->reason.n,
	    m->reason.n > 0 ? m->reason.p : "");
	wish.text = text.p;
	*out_why = "the policy decides by itself";
	rc = consult_ask(v->consult, p, r.seq, &wish, &x);
	if (rc == ERR_LIMIT)
		*out_why = "too many cases are open";
	return rc;
}

static int
wish_judge(struct wishes *ws, const struct wished *w)
{
	AUTO_BUF struct buf id = { 0 };
	struct approval said = { .what = "ask", .verdict = "ignore" };
	char key[KEY_MAX];
	struct msg_ask m;
	const char *why;
	int rc;

	number_key(w->number, key);
	TRY(store_unset(ws->v->store, THEIRS, key));
	TRY(msg_ask_decode(buf_str(&w->payload), &m));
	rc = wish_grant(ws->v, &m, &why);
	if (err_class(rc) == ERR_CLASS_SYS)
		return rc;
	buf_addf(&id, "%.*s", (int)m.id.n, m.id.p);
	said.subject = id.p;
	said.reason = why;
	if (rc == 0) {
		said.verdict = "open";
		said.reason = NULL;
	}
	return approval_log(ws->v, &said);
}

void
wishes_tick(struct wishes *ws)
{
	int rc = 0;

	if (ws->v->degraded_by != 0)
		return;
	send_ours(ws);
	if (ws->theirs.n == 0 || turn_open(ws->v->turn) < 0)
		return;
	for (size_t i = 0; rc == 0 && i < ws->theirs.n; i++)
		rc = wish_judge(ws, &ws->theirs.v[i]);
	if (rc < 0)
		turn_fail(ws->v->turn, rc);
	theirs_clear(ws);
}
