#include "vault/consult/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/notify.h"
#include "wire/message.h"

/* Key: the number; the value is who answered, the question, the answer. */
#define SPACE "question"
#define KEY_MAX 24
#define A_MINUTE 300		/* of one peer, repeated ones too */
#define DEADLINE_MAX_MS DAY(400)
#define TELL_EVERY_MS MINUTE(1)

struct questions {
	struct vault *v;		/* borrowed */
	VEC(struct question *) all;	/* owned; by number */
	uint64_t next;
	unsigned untold;
	unix_ms_t told;
};

struct question *
question_find(const struct questions *qs, uint64_t number)
{
	for (size_t i = 0; i < qs->all.n; i++)
		if (qs->all.v[i]->number == number)
			return qs->all.v[i];
	return NULL;
}

const struct question *
question_at(const struct questions *qs, size_t i)
{
	return i < qs->all.n ? qs->all.v[i] : NULL;
}

size_t
questions_open_count(const struct questions *qs)
{
	size_t n = 0;

	for (size_t i = 0; i < qs->all.n; i++)
		n += qs->all.v[i]->answer.n == 0;
	return n;
}

static void
question_free(struct question *q)
{
	buf_clear(&q->payload);
	buf_clear(&q->answer);
	free(q);
}

/* ---- the store ---- */

static void
question_key(const struct question *q, char dst[KEY_MAX])
{
	snprintf(dst, KEY_MAX, "%016" PRIx64, q->number);
}

static int
question_write(struct vault *v, const struct question *q)
{
	AUTO_BUF struct buf b = { 0 };
	char key[KEY_MAX];

	out_str8(&b, str_of(q->by));
	out_str16(&b, buf_str(&q->payload));
	out_str16(&b, buf_str(&q->answer));
	question_key(q, key);
	return store_set(v->store, SPACE, key, buf_str(&b));
}

/* q takes a copy of both; an empty answer is none. */
static int
question_fill(struct question *q, struct str payload, struct str answer)
{
	struct msg_consult_answer a;

	buf_add(&q->payload, payload.p, payload.n);
	q->digest = sha256_of(payload.p, payload.n);
	TRY(msg_consult_decode(buf_str(&q->payload), &q->m));
	if (answer.n == 0)
		return 0;
	TRY(msg_consult_answer_decode(answer, &a));
	buf_add(&q->answer, answer.p, answer.n);
	q->agrees = a.agrees;
	q->answered = a.at;
	snprintf(q->reason, sizeof(q->reason), "%.*s", (int)a.reason.n,
	    a.reason.p);
	return 0;
}

static void
question_keep(struct questions *qs, struct question *q)
{
	vec_push(&qs->all, q);
	if (q->number >= qs->next)
		qs->next = q->number + 1;
}

static int
on_value(void *arg, const char *key, struct str value)
{
	struct cur c = cur_of(value.p, value.n);
	struct str by = cur_str8(&c, OPERATOR_NAME_MAX - 1);
	struct str payload = cur_str16(&c, UINT16_MAX);
	struct str answer = cur_str16(&c, UINT16_MAX);
	struct question *q = mem_new(struct question);

	if (cur_finish(&c) < 0 ||
	    sscanf(key, "%16" SCNx64, &q->number) != 1 ||
	    question_fill(q, payload, answer) < 0) {
		question_free(q);
		return ERR_STORE;
	}
	snprintf(q->by, sizeof(q->by), "%.*s", (int)by.n, by.p);
	question_keep(arg, q);
	return 0;
}

int
questions_open(struct vault *v, struct questions **out)
{
	struct questions *qs = mem_new(struct questions);
	int rc;

	qs->v = v;
	qs->next = 1;
	rc = store_values(v->store, SPACE, on_value, qs);
	if (rc < 0) {
		questions_free(qs);
		return rc;
	}
	*out = qs;
	return 0;
}

int
questions_reopen(struct vault *v)
{
	struct questions *fresh;

	TRY(questions_open(v, &fresh));
	questions_free(v->questions);
	v->questions = fresh;
	return 0;
}

void
questions_free(struct questions *qs)
{
	if (qs == NULL)
		return;
	for (size_t i = 0; i < qs->all.n; i++)
		question_free(qs->all.v[i]);
	vec_clear(&qs->all);
	free(qs);
}

/* ---- what comes ---- */

static struct question *
question_again(const struct questions *qs, struct str payload)
{
	struct digest d = sha256_of(payload.p, payload.n);

	for (size_t i = 0; i < qs->all.n; i++)
		if (digest_eq(&qs->all.v[i]->digest, &d))
			return qs->all.v[i];
	return NULL;
}

/* Why a question is not taken; NULL: it is. */
static const char *
question_problem(const struct peer *p, const struct msg_consult *m)
{
	const struct questions *qs = p->v->questions;
	unix_ms_t now = vault_now(p->v);
	size_t open = 0, n = 0;

	if (!member_shares(p, m->circle))
		return "it is of no circle that we have with it";
	if (m->deadline.ms <= now.ms ||
	    m->deadline.ms > now.ms + DEADLINE_MAX_MS)
		return "its time is over, or too far away";
	for (size_t i = 0; i < qs->all.n; i++) {
		if (!str_eqz(qs->all.v[i]->m.from, p->card.cert_id))
			continue;
		open += qs->all.v[i]->answer.n == 0;
		n++;
	}
	return open >= QUESTIONS_PEER_MAX || n >= 10 * QUESTIONS_PEER_MAX ?
	    "it has asked too much" : NULL;
}

static int
question_take(struct peer *p, struct str payload)
{
	struct question *q = mem_new(struct question);
	struct questions *qs = p->v->questions;
	int rc = question_fill(q, payload, STR(""));

	if (rc < 0) {
		question_free(q);
		return rc;
	}
	q->number = qs->next;
	question_keep(qs, q);
	qs->untold++;
	rc = question_write(p->v, q);
	if (rc == 0)
		rc = consult_log(p->v, p->card.cert_id, MESSAGE_CONSULT,
		    payload);
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	return rc;
}

int
question_received(struct peer *p, struct str payload)
{
	struct vault *v = p->v;
	const struct question *again;
	const char *problem;
	struct msg_consult m;

	if (!quota_take(&p->questions, A_MINUTE, clock_mono()))
		return 0;
	TRY(msg_consult_decode(payload, &m));
	if (!str_eqz(m.from, p->card.cert_id) || !str_eqz(m.to, v->cert_id))
		return ERR_AUTH;
	TRY(msg_consult_verify(payload, p->key));
	again = question_again(v->questions, payload);
	if (again != NULL) {
		if (again->answer.n > 0)
			link_send(p->link, MESSAGE_CONSULT_ANSWER,
			    buf_str(&again->answer));
		return 0;
	}
	problem = question_problem(p, &m);
	if (problem != NULL) {
		log_notice("question-ignored", "peer=%s case=%" PRIu64
		    " problem=\"%s\"", p->card.cert_id, m.number, problem);
		return 0;
	}
	TRY(turn_open(v->turn));
	return question_take(p, payload);
}

/* ---- what we say ---- */

static int
check_word(const struct questions *qs, const struct question *q,
    const struct consult_word *word, struct err *e)
{
	const struct peer *p = peers_find(qs->v->peers, q->m.from);
	char when[TIME_TEXT_MAX];

	if (qs->v->policy == NULL)
		return err_set(e, ERR_DENIED, "no policy is in force");
	if (q->answer.n > 0)
		return err_set(e, ERR_DENIED, "%s has answered it already",
		    q->by);
	if (q->m.deadline.ms <= vault_now(qs->v).ms)
		return err_set(e, ERR_DENIED, "its time was over at %s",
		    time_format(when, q->m.deadline));
	if (p == NULL || !member_shares(p, q->m.circle))
		return err_set(e, ERR_DENIED, "the circle %.*s is not in "
		    "force with %.*s now", (int)q->m.circle.n, q->m.circle.p,
		    (int)q->m.from.n, q->m.from.p);
	if (!word->by->listed || !consult_may_say(qs->v->consult, word->by))
		return err_set(e, ERR_DENIED, "%s is not of the panel",
		    word->by->name);
	return 0;
}

static int
answer_sign(const struct questions *qs, const struct question *q,
    const struct consult_word *word, struct buf *out)
{
	struct msg_consult_answer a = { .number = q->m.number,
	    .question = q->digest, .at = vault_now(qs->v),
	    .from = q->m.to, .to = q->m.from, .agrees = word->agrees,
	    .reason = str_of(word->reason == NULL ? "" : word->reason) };

	return msg_consult_answer_sign(&a, qs->v->key, out);
}

static int
say_log(struct vault *v, const struct question *q,
    const struct consult_word *word)
{
	char peer[CERT_ID_MAX + 1], subject[KEY_MAX];
	struct approval said = { .what = "question", .subject = subject,
	    .by = word->by, .reason = word->reason,
	    .verdict = word->agrees ? "approve" : "decline" };

	snprintf(subject, sizeof(subject), "q%" PRIu64, q->number);
	snprintf(peer, sizeof(peer), "%.*s", (int)q->m.from.n, q->m.from.p);
	TRY(approval_log(v, &said));
	return consult_log(v, peer, MESSAGE_CONSULT_ANSWER,
	    buf_str(&q->answer));
}

int
question_say(struct questions *qs, uint64_t number,
    const struct consult_word *word, struct question **out, struct err *e)
{
	struct question *q = question_find(qs, number);
	const struct peer *p;
	int rc;

	if (q == NULL)
		return err_set(e, ERR_DENIED, "there is no question q%"
		    PRIu64, number);
	TRY(check_word(qs, q, word, e));
	TRY(answer_sign(qs, q, word, &q->answer));
	q->agrees = word->agrees;
	q->answered = vault_now(qs->v);
	snprintf(q->by, sizeof(q->by), "%s", word->by->name);
	snprintf(q->reason, sizeof(q->reason), "%s",
	    word->reason == NULL ? "" : word->reason);
	rc = question_write(qs->v, q);
	if (rc == 0)
		rc = say_log(qs->v, q, word);
	if (rc < 0) {
		turn_fail(qs->v->turn, rc);
		return rc;
	}
	p = peers_find(qs->v->peers, q->m.from);
	/* One who is not there now asks again when it is. */
	if (p != NULL && p->link != NULL && link_heard_terms(p->link))
		link_hold(p->link, MESSAGE_CONSULT_ANSWER,
		    buf_str(&q->answer));
	*out = q;
	return 0;
}

/* ---- time ---- */

static void
drop_over(struct questions *qs)
{
	unix_ms_t now = vault_now(qs->v);
	char key[KEY_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < qs->all.n; i++) {
		struct question *q = qs->all.v[i];

		if (q->m.deadline.ms > now.ms ||
		    turn_open(qs->v->turn) < 0) {
			qs->all.v[kept++] = q;
			continue;
		}
		question_key(q, key);
		if (store_unset(qs->v->store, SPACE, key) < 0)
			turn_fail(qs->v->turn, ERR_STORE);
		question_free(q);
	}
	qs->all.n = kept;
}

void
questions_tick(struct questions *qs)
{
	unix_ms_t now = vault_now(qs->v);
	json_t *f;

	if (qs->v->degraded_by != 0)
		return;
	drop_over(qs);
	if (qs->untold == 0 || now.ms - qs->told.ms < TELL_EVERY_MS)
		return;
	f = json_pack("{s:i, s:s}", "new", (int)qs->untold, "hint",
	    "comityctl consult list");
	notify_people(qs->v, "question", f);
	json_decref(f);
	qs->untold = 0;
	qs->told = now;
}
