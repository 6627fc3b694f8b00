#include "vault/member.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"
#include "host/log.h"
#include "vault/link.h"
#include "wire/message.h"
#include "wire/msg_consult.h"

/* Key "<case> <member>"; the value is the question, then the answer. */
#define SPACE "member"
#define KEY_MAX (CERT_ID_MAX + 24)
#define WAITING_MAX 100		/* unanswered, of one member */
#define LOOK_TICKS 15		/* at least this often, whatever is new */
#define ARENA_BYTES MIB(4)

struct members {
	struct vault *v;		/* borrowed */
	VEC(struct member *) all;	/* owned; by case */
	struct map64 by_key;
	uint64_t seen;			/* what there was at the last look */
	unsigned ticks;
};

const char *
member_word_name(enum member_word w)
{
	return w == MEMBER_AGREES ? "agrees" : w == MEMBER_DECLINES ?
	    "declines" : "asked";
}

const struct member *
members_at(const struct members *m, size_t i)
{
	return i < m->all.n ? m->all.v[i] : NULL;
}

static uint64_t
member_hash(uint64_t number, const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		h = (h ^ (uint8_t)*id) * UINT64_C(1099511628211);
	return (h ^ number) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct member *
member_find(const struct members *m, uint64_t number, const char *id)
{
	struct member *r = map64_get(&m->by_key, member_hash(number, id));

	return r != NULL && r->number == number && strcmp(r->id, id) == 0 ?
	    r : NULL;
}

static void
member_free(struct member *r)
{
	buf_clear(&r->question);
	buf_clear(&r->answer);
	free(r);
}

/* ---- the store ---- */

static void
member_key(const struct member *r, char dst[KEY_MAX])
{
	snprintf(dst, KEY_MAX, "%016" PRIx64 " %s", r->number, r->id);
}

static int
member_write(struct vault *v, const struct member *r)
{
	AUTO_BUF struct buf b = { 0 };
	char key[KEY_MAX];

	out_str16(&b, buf_str(&r->question));
	out_str16(&b, buf_str(&r->answer));
	member_key(r, key);
	return store_set(v->store, SPACE, key, buf_str(&b));
}

/* What an answer says, into r. */
static void
member_say(struct member *r, const struct msg_consult_answer *a)
{
	r->word = a->agrees ? MEMBER_AGREES : MEMBER_DECLINES;
	r->at = a->at;
	snprintf(r->reason, sizeof(r->reason), "%.*s", (int)a->reason.n,
	    a->reason.p);
}

static void
member_keep(struct members *m, struct member *r)
{
	r->digest = sha256_of(r->question.p, r->question.n);
	vec_push(&m->all, r);
	map64_set(&m->by_key, member_hash(r->number, r->id), r);
}

static int
on_value(void *arg, const char *key, struct str value)
{
	struct cur c = cur_of(value.p, value.n);
	struct str question = cur_str16(&c, UINT16_MAX);
	struct str answer = cur_str16(&c, UINT16_MAX);
	struct member *r = mem_new(struct member);
	struct members *m = arg;
	struct msg_consult_answer a;
	struct msg_consult q;
	const char *id = strchr(key, ' ');

	if (cur_finish(&c) < 0 || id == NULL ||
	    sscanf(key, "%16" SCNx64, &r->number) != 1 ||
	    msg_consult_decode(question, &q) < 0 || (answer.n > 0 &&
	    msg_consult_answer_decode(answer, &a) < 0)) {
		free(r);
		return ERR_STORE;
	}
	snprintf(r->id, sizeof(r->id), "%s", id + 1);
	buf_add(&r->question, question.p, question.n);
	buf_add(&r->answer, answer.p, answer.n);
	if (answer.n > 0)
		member_say(r, &a);
	member_keep(m, r);
	return 0;
}

int
members_open(struct vault *v, struct members **out)
{
	struct members *m = mem_new(struct members);
	int rc;

	m->v = v;
	rc = store_values(v->store, SPACE, on_value, m);
	if (rc < 0) {
		members_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

int
members_reopen(struct vault *v)
{
	struct members *fresh;

	TRY(members_open(v, &fresh));
	members_free(v->members);
	v->members = fresh;
	return 0;
}

void
members_free(struct members *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->all.n; i++)
		member_free(m->all.v[i]);
	vec_clear(&m->all);
	map64_clear(&m->by_key, NULL);
	free(m);
}

int
consult_log(struct vault *v, const char *peer, uint8_t type,
    struct str payload)
{
	AUTO_BUF struct buf entry = { 0 };

	out_u64(&entry, (uint64_t)vault_now(v).ms);
	out_str8(&entry, str_of(peer));
	out_u8(&entry, type);
	out_str16(&entry, payload);
	return audit_append(v->audit, AUDIT_CONSULT, buf_str(&entry));
}

bool
member_shares(const struct peer *p, struct str circle)
{
	struct policy_circle_facts facts;

	if (p->v->policy == NULL || p->party.org < 0)
		return false;
	for (size_t i = 0; policy_circle_at(p->v->policy, i, &facts); i++)
		if (str_eqz(circle, facts.id))
			return (p->party.circles >> i & 1) != 0;
	return false;
}

/* ---- asking ---- */

/*
 * What of the record is said: its kind and colour.  Its id only to who may
 * have the record itself.
 */
static int
question_sign(struct members *m, const struct consult_case *x,
    struct peer *p, struct buf *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct msg_consult q = { .number = x->number,
	    .at = vault_now(m->v), .deadline = x->deadline,
	    .from = str_of(m->v->cert_id), .to = str_of(p->card.cert_id),
	    .circle = str_of(x->circle), .kind = str_of(x->kind),
	    .peer = str_of(x->peer), .desks = str_of(x->desks) };
	struct gate_query ask = { .party = &p->party,
	    .now = vault_now(m->v) };
	struct gate_answer a;
	struct store_record r;
	struct label label;

	TRY(store_get(m->v->store, x->seq, arena, &r));
	TRY(gate_label(m->v->gate, &r, &label));
	q.tlp = label.tlp;
	ask.record = &r;
	TRY(gate_answer_out(m->v->gate, &ask, &a));
	if (a.outcome == OUTCOME_PERMIT)
		q.record = str_of(x->record);
	return msg_consult_sign(&q, m->v->key, out);
}

static struct member *
member_ask(struct members *m, const struct consult_case *x, struct peer *p)
{
	struct member *r;
	AUTO_BUF struct buf question = { 0 };
	int rc;

	if (turn_open(m->v->turn) < 0 ||
	    question_sign(m, x, p, &question) < 0)
		return NULL;
	r = mem_new(struct member);
	r->number = x->number;
	snprintf(r->id, sizeof(r->id), "%s", p->card.cert_id);
	buf_add(&r->question, question.p, question.n);
	member_keep(m, r);
	rc = member_write(m->v, r);
	if (rc == 0)
		rc = consult_log(m->v, r->id, MESSAGE_CONSULT,
		    buf_str(&r->question));
	if (rc < 0)
		turn_fail(m->v->turn, rc);
	return r;
}

/* Ask one peer about every open case that is of a circle with it. */
static void
ask_peer(struct members *m, struct peer *p)
{
	const struct consult_case *x;
	unsigned waiting = 0;

	for (size_t i = 0; waiting < WAITING_MAX &&
	    (x = consult_at(m->v->consult, i)) != NULL; i++) {
		struct member *r;

		/* Nobody is told of what is kept from itself. */
		if (x->state != CASE_OPEN || x->circle[0] == '\0' ||
		    strcmp(x->peer, p->card.cert_id) == 0 ||
		    !member_shares(p, str_of(x->circle)))
			continue;
		r = member_find(m, x->number, p->card.cert_id);
		if (r == NULL)
			r = member_ask(m, x, p);
		if (r == NULL || r->word != MEMBER_WAITING)
			continue;
		waiting++;
		if (r->session == p->counts.sessions ||
		    turn_open(m->v->turn) < 0)
			continue;
		r->session = p->counts.sessions;
		link_hold(p->link, MESSAGE_CONSULT, buf_str(&r->question));
	}
}

/* The case is not even in the history any more. */
static void
drop_old(struct members *m)
{
	char key[KEY_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < m->all.n; i++) {
		struct member *r = m->all.v[i];

		if (consult_find(m->v->consult, r->number) != NULL ||
		    turn_open(m->v->turn) < 0) {
			m->all.v[kept++] = r;
			continue;
		}
		member_key(r, key);
		if (store_unset(m->v->store, SPACE, key) < 0)
			turn_fail(m->v->turn, ERR_STORE);
		map64_set(&m->by_key, member_hash(r->number, r->id), NULL);
		member_free(r);
	}
	m->all.n = kept;
}

void
members_tick(struct members *m)
{
	const struct vault *v = m->v;
	uint64_t seen = consult_next(v->consult);

	if (v->policy == NULL || v->degraded_by != 0)
		return;
	for (size_t i = 0; i < peers_count(v->peers); i++) {
		const struct peer *p = peers_at(v->peers, i);

		seen ^= p->counts.sessions ^ p->party.circles;
		if (p->link != NULL && link_heard_terms(p->link))
			seen ^= UINT64_C(1) << 63;
		seen *= UINT64_C(0x9e3779b97f4a7c15);
	}
	if (++m->ticks % LOOK_TICKS != 0 && seen == m->seen)
		return;
	m->seen = seen;
	for (size_t i = 0; i < peers_count(v->peers); i++) {
		struct peer *p = peers_at(v->peers, i);

		if (p->link != NULL && link_heard_terms(p->link))
			ask_peer(m, p);
	}
	drop_old(m);
}

/* ---- answers ---- */

/* Why an answer does not count; NULL: it does. */
static const char *
answer_problem(const struct peer *p, const struct msg_consult_answer *a,
    const struct member *r)
{
	const struct consult_case *x = consult_find(p->v->consult,
	    a->number);

	if (r == NULL || x == NULL || !digest_eq(&r->digest, &a->question))
		return "it was not asked that";
	if (r->word != MEMBER_WAITING)
		return "it has answered already";
	if (x->state != CASE_OPEN || x->deadline.ms <= vault_now(p->v).ms)
		return "the case is closed";
	if (!member_shares(p, str_of(x->circle)))
		return "it is no member of the circle now";
	return NULL;
}

int
member_answered(struct peer *p, struct str payload)
{
	struct vault *v = p->v;
	struct msg_consult_answer a;
	const char *problem;
	struct member *r;
	int rc;

	TRY(msg_consult_answer_decode(payload, &a));
	if (!str_eqz(a.from, p->card.cert_id) || !str_eqz(a.to, v->cert_id))
		return ERR_AUTH;
	TRY(msg_consult_answer_verify(payload, p->key));
	r = member_find(v->members, a.number, p->card.cert_id);
	problem = answer_problem(p, &a, r);
	if (problem != NULL) {
		log_notice("answer-ignored", "peer=%s case=%" PRIu64
		    " problem=\"%s\"", p->card.cert_id, a.number, problem);
		return 0;
	}
	TRY(turn_open(v->turn));
	member_say(r, &a);
	buf_reset(&r->answer);
	buf_add(&r->answer, payload.p, payload.n);
	v->members->seen = 0;
	rc = member_write(v, r);
	if (rc == 0)
		rc = consult_log(v, r->id, MESSAGE_CONSULT_ANSWER, payload);
	if (rc < 0)
		turn_fail(v->turn, rc);
	log_notice("member-answered", "peer=%s case=%" PRIu64 " word=%s",
	    r->id, r->number, member_word_name(r->word));
	return rc;
}
