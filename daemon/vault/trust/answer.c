#include "vault/trust/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "vault/approval.h"
#include "vault/link.h"
#include "vault/trust/evidence.h"
#include "vault/trust/standing.h"
#include "wire/message.h"

/* Key of both: "<CERT id>/<key as 16 digits>". */
#define OURS "answer"		/* u8 state, u64 settled, str16 why, str16 */
#define THEIRS "answered"	/* ANSWER as it came */
#define KEY_MAX (CERT_ID_MAX + 20)
#define ARENA_BYTES KIB(128)
#define A_MINUTE 120		/* of one peer */
#define A_TICK 1		/* to one peer: well below that */

/* What one peer answered. */
struct of_peer {
	char peer[CERT_ID_MAX + 1];
	VEC(uint64_t) keys;
	struct quota quota;
};

struct answers {
	struct vault *v;		/* borrowed */
	VEC(struct answer *) ours;	/* owned */
	VEC(struct of_peer *) theirs;	/* owned */
};

static const char *
answer_key(char dst[static KEY_MAX], const char *peer, uint64_t key)
{
	snprintf(dst, KEY_MAX, "%.*s/%016" PRIx64, CERT_ID_MAX, peer, key);
	return dst;
}

/* The two parts of a key in the store. */
static int
key_split(const char *key, char peer[static CERT_ID_MAX + 1], uint64_t *out)
{
	const char *slash = strchr(key, '/');

	if (slash == NULL || slash - key > CERT_ID_MAX ||
	    sscanf(slash + 1, "%16" SCNx64, out) != 1)
		return ERR_STORE;
	snprintf(peer, CERT_ID_MAX + 1, "%.*s", (int)(slash - key), key);
	return 0;
}

/* ---- what is held ---- */

static void
answer_free(struct answer *a)
{
	buf_clear(&a->payload);
	free(a);
}

static struct answer *
ours_find(const struct answers *as, const char *peer, uint64_t key)
{
	for (size_t i = 0; i < as->ours.n; i++) {
		struct answer *a = as->ours.v[i];

		if (a->m.key == key && strcmp(a->peer, peer) == 0)
			return a;
	}
	return NULL;
}

const struct answer *
answer_to(const struct answers *as, const char *peer, uint64_t key)
{
	return ours_find(as, peer, key);
}

const struct answer *
answer_at(const struct answers *as, size_t i)
{
	return i < as->ours.n ? as->ours.v[i] : NULL;
}

static struct of_peer *
theirs_find(const struct answers *as, const char *peer)
{
	for (size_t i = 0; i < as->theirs.n; i++)
		if (strcmp(as->theirs.v[i]->peer, peer) == 0)
			return as->theirs.v[i];
	return NULL;
}

static struct of_peer *
theirs_of(struct answers *as, const char *peer)
{
	struct of_peer *o = theirs_find(as, peer);

	if (o != NULL)
		return o;
	o = mem_new(struct of_peer);
	snprintf(o->peer, sizeof(o->peer), "%s", peer);
	vec_push(&as->theirs, o);
	return o;
}

static bool
theirs_has(const struct of_peer *o, uint64_t key)
{
	for (size_t i = 0; i < o->keys.n; i++)
		if (o->keys.v[i] == key)
			return true;
	return false;
}

static int
on_ours(void *arg, const char *key, struct str value)
{
	struct answers *as = arg;
	struct cur c = cur_of(value.p, value.n);
	struct answer *a = mem_new(struct answer);
	struct str why, payload;
	uint64_t number;

	a->state = (enum answer_state)cur_u8(&c);
	a->settled.ms = (int64_t)cur_u64(&c);
	why = cur_str16(&c, ANSWERED_WHY_MAX);
	payload = cur_str16(&c, UINT16_MAX);
	snprintf(a->why, sizeof(a->why), "%.*s", (int)why.n,
	    why.n > 0 ? why.p : "");
	buf_add(&a->payload, payload.p, payload.n);
	if (cur_finish(&c) < 0 || a->state > ANSWER_REFUSED ||
	    key_split(key, a->peer, &number) < 0 ||
	    msg_answer_decode(buf_str(&a->payload), &a->m) < 0) {
		answer_free(a);
		return ERR_STORE;
	}
	vec_push(&as->ours, a);
	return 0;
}

static int
on_theirs(void *arg, const char *key, struct str value)
{
	char peer[CERT_ID_MAX + 1];
	uint64_t number;

	(void)value;
	TRY(key_split(key, peer, &number));
	vec_push(&theirs_of(arg, peer)->keys, number);
	return 0;
}

int
answers_open(struct vault *v, struct answers **out)
{
	struct answers *as = mem_new(struct answers);
	int rc;

	as->v = v;
	rc = store_values(v->store, OURS, on_ours, as);
	if (rc == 0)
		rc = store_values(v->store, THEIRS, on_theirs, as);
	if (rc < 0)
		answers_free(as);
	else
		*out = as;
	return rc;
}

void
answers_free(struct answers *as)
{
	if (as == NULL)
		return;
	for (size_t i = 0; i < as->ours.n; i++)
		answer_free(as->ours.v[i]);
	vec_clear(&as->ours);
	for (size_t i = 0; i < as->theirs.n; i++) {
		vec_clear(&as->theirs.v[i]->keys);
		free(as->theirs.v[i]);
	}
	vec_clear(&as->theirs);
	free(as);
}

int
answers_reopen(struct vault *v)
{
	struct answers *fresh;

	TRY(answers_open(v, &fresh));
	answers_free(v->answers);
	v->answers = fresh;
	return 0;
}

/* ---- ours ---- */

static int
answer_write(struct vault *v, const struct answer *a)
{
	AUTO_BUF struct buf b = { 0 };
	char key[KEY_MAX];

	out_u8(&b, (uint8_t)a->state);
	out_u64(&b, (uint64_t)a->settled.ms);
	out_str16(&b, str_of(a->why));
	out_str16(&b, buf_str(&a->payload));
	return store_set(v->store, OURS, answer_key(key, a->peer, a->m.key),
	    buf_str(&b));
}

/* Said by us or by them: it stays in the log when another replaces it. */
static int
answer_log(struct vault *v, const char *peer, struct str payload)
{
	AUTO_BUF struct buf entry = { 0 };

	out_u64(&entry, (uint64_t)vault_now(v).ms);
	out_str8(&entry, str_of(peer));
	out_str16(&entry, payload);
	return audit_append(v->audit, AUDIT_ANSWER, buf_str(&entry));
}

static int
answer_log_who(struct vault *v, const struct answer *a,
    const struct operator *by)
{
	AUTO_BUF struct buf subject = { 0 }, text = { 0 };

	buf_addf(&subject, "%s %016" PRIx64, a->peer, a->m.key);
	buf_addf(&text, "%.*s", (int)a->m.text.n, a->m.text.p);
	return approval_log(v, &(struct approval){ .what = "trust-answer",
	    .subject = subject.p, .by = by, .verdict = "answer",
	    .reason = text.p });
}

static int
check_key(const struct answers *as, const char *peer, uint64_t key,
    struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO(mem_free) struct msg_standing *m = mem_new(struct msg_standing);
	struct str payload;
	unix_ms_t at;
	int rc = standing_told(as->v, peer, arena, &at, &payload);

	if (rc == 0)
		rc = msg_standing_decode(payload, m);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return err_set(e, rc, "what %s told us cannot be read: %s",
		    peer, err_text(rc));
	if (rc == ERR_NOT_FOUND)
		return err_set(e, rc, "%s has not told us yet how it scores "
		    "us", peer);
	for (size_t i = 0; key != 0 && i < m->ninputs; i++)
		if (m->inputs[i].key == key)
			return 0;
	return key == 0 ? 0 : err_set(e, ERR_NOT_FOUND, "%016" PRIx64
	    ": what %s told us last has no evidence with that key", key,
	    peer);
}

static size_t
ours_count(const struct answers *as, const char *peer)
{
	size_t n = 0;

	for (size_t i = 0; i < as->ours.n; i++)
		n += strcmp(as->ours.v[i]->peer, peer) == 0;
	return n;
}

/* In the place of an earlier one to the same key. */
static void
ours_put(struct answers *as, struct answer *a)
{
	for (size_t i = 0; i < as->ours.n; i++) {
		struct answer *old = as->ours.v[i];

		if (old->m.key != a->m.key || strcmp(old->peer, a->peer) != 0)
			continue;
		answer_free(old);
		as->ours.v[i] = a;
		return;
	}
	vec_push(&as->ours, a);
}

int
answer_say(struct answers *as, struct msg_answer *m,
    const struct operator *by, struct err *e)
{
	struct answer *a = mem_new(struct answer);
	const struct answer *old;
	int rc;

	snprintf(a->peer, sizeof(a->peer), "%.*s", (int)m->to.n, m->to.p);
	old = ours_find(as, a->peer, m->key);
	m->from = str_of(as->v->cert_id);
	m->at = vault_now(as->v);
	/* The later one counts there: also if the clock stood still. */
	if (old != NULL && m->at.ms <= old->m.at.ms)
		m->at.ms = old->m.at.ms + 1;
	if (!answer_text_ok(m->text))
		rc = err_set(e, ERR_VALUE, "an answer is 1 to %d bytes of "
		    "UTF-8 without line ends and control characters",
		    ANSWER_TEXT_MAX);
	else if (old == NULL && ours_count(as, a->peer) >= ANSWERS_KEPT)
		rc = err_set(e, ERR_LIMIT, "%d answers to %s are kept",
		    ANSWERS_KEPT, a->peer);
	else
		rc = check_key(as, a->peer, m->key, e);
	if (rc == 0 && (msg_answer_sign(m, as->v->key, &a->payload) < 0 ||
	    msg_answer_decode(buf_str(&a->payload), &a->m) < 0))
		rc = err_set(e, ERR_CRYPTO, "it cannot be signed");
	if (rc < 0) {
		answer_free(a);
		return rc;
	}
	ours_put(as, a);
	rc = answer_write(as->v, a);
	if (rc == 0)
		rc = answer_log(as->v, a->peer, buf_str(&a->payload));
	if (rc == 0)
		rc = answer_log_who(as->v, a, by);
	if (rc < 0)
		turn_fail(as->v->turn, rc);
	return rc < 0 ? err_set(e, rc, "%s", err_text(rc)) : 0;
}

/* What waits for one peer, a few at a time. */
static void
send_to(struct answers *as, struct peer *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < as->ours.n && n < A_TICK; i++) {
		struct answer *a = as->ours.v[i];

		if (a->state != ANSWER_WAITS ||
		    a->session == p->counts.sessions ||
		    strcmp(a->peer, p->card.cert_id) != 0)
			continue;
		a->session = p->counts.sessions;
		/* What is not on disk yet is not said. */
		link_say(p->link, MESSAGE_ANSWER, buf_str(&a->payload));
		n++;
	}
}

void
answers_tick(struct answers *as)
{
	if (as->ours.n == 0)
		return;
	for (size_t i = 0; i < peers_count(as->v->peers); i++) {
		struct peer *p = peers_at(as->v->peers, i);

		if (p->link != NULL && link_heard_terms(p->link))
			send_to(as, p);
	}
}

/* Ours to p with that digest that waits, or NULL: it was replaced. */
static struct answer *
ours_waiting(const struct answers *as, const struct peer *p,
    const struct digest *d)
{
	for (size_t i = 0; i < as->ours.n; i++) {
		struct answer *a = as->ours.v[i];
		struct digest is;

		if (a->state != ANSWER_WAITS ||
		    strcmp(a->peer, p->card.cert_id) != 0)
			continue;
		is = sha256_of(a->payload.p, a->payload.n);
		if (digest_eq(&is, d))
			return a;
	}
	return NULL;
}

int
answer_settled(struct peer *p, struct str payload)
{
	struct msg_answered m;
	struct answer *a;
	int rc;

	TRY(msg_answered_decode(payload, &m));
	a = ours_waiting(p->v->answers, p, &m.answer);
	if (a == NULL)
		return 0;
	TRY(turn_open(p->v->turn));
	a->state = m.taken ? ANSWER_TAKEN : ANSWER_REFUSED;
	a->settled = vault_now(p->v);
	snprintf(a->why, sizeof(a->why), "%.*s", (int)m.why.n,
	    m.why.n > 0 ? m.why.p : "");
	rc = answer_write(p->v, a);
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	return rc;
}

/* ---- theirs ---- */

size_t
answers_from(const struct answers *as, const char *peer)
{
	const struct of_peer *o = theirs_find(as, peer);

	return o == NULL ? 0 : o->keys.n;
}

bool
answer_is_from(const struct answers *as, const char *peer, uint64_t key)
{
	const struct of_peer *o = theirs_find(as, peer);

	return o != NULL && theirs_has(o, key);
}

int
answer_from(const struct vault *v, const char *peer, uint64_t key,
    struct arena *arena, struct msg_answer *out)
{
	char name[KEY_MAX];
	struct str value;

	TRY(store_value(v->store, THEIRS, answer_key(name, peer, key), arena,
	    &value));
	return msg_answer_decode(value, out) < 0 ? ERR_STORE : 0;
}

struct looking {
	const struct standings *ss;
	uint64_t key;
};

static bool
on_key(void *arg, struct str peer, uint64_t key)
{
	const struct looking *l = arg;

	return standing_key(l->ss, peer, key) == l->key;
}

/* 1: keep it; 0: it is held already; else out_why it is not taken. */
static int
answer_judge(struct peer *p, const struct msg_answer *m,
    const char **out_why)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct of_peer *o = theirs_of(p->v->answers, p->card.cert_id);
	struct looking l = { p->v->standings, m->key };
	struct msg_answer held;
	int rc;

	if (theirs_has(o, m->key)) {
		TRY(answer_from(p->v, p->card.cert_id, m->key, arena,
		    &held));
		return m->at.ms > held.at.ms;
	}
	if (m->key != 0) {
		rc = evidence_find(p->v->evidence, p->card.cert_id, on_key,
		    &l);
		if (rc < 0)
			return rc;
		if (rc == 0)
			*out_why = "there is no evidence with that key";
	}
	if (o->keys.n >= ANSWERS_KEPT)
		*out_why = "no more answers of one peer are kept here";
	return *out_why == NULL;
}

static int
answer_keep(struct peer *p, const struct msg_answer *m, struct str payload)
{
	struct of_peer *o = theirs_of(p->v->answers, p->card.cert_id);
	char key[KEY_MAX];

	if (!theirs_has(o, m->key))
		vec_push(&o->keys, m->key);
	TRY(store_set(p->v->store, THEIRS, answer_key(key, p->card.cert_id,
	    m->key), payload));
	log_notice("trust-answer", "peer=%s key=%016" PRIx64
	    " action=\"comityctl trust explain %s\"", p->card.cert_id,
	    m->key, p->card.cert_id);
	return answer_log(p->v, p->card.cert_id, payload);
}

int
answer_received(struct peer *p, struct str payload)
{
	struct of_peer *o = theirs_of(p->v->answers, p->card.cert_id);
	struct msg_answered said = { 0 };
	AUTO_BUF struct buf out = { 0 };
	const char *why = NULL;
	struct msg_answer m;
	int rc;

	TRY(msg_answer_decode(payload, &m));
	if (!str_eqz(m.from, p->card.cert_id) ||
	    !str_eqz(m.to, p->v->cert_id))
		return ERR_AUTH;
	if (!quota_take(&o->quota, A_MINUTE, clock_mono()))
		return ERR_LIMIT;
	TRY(msg_answer_verify(payload, p->key));
	TRY(turn_open(p->v->turn));
	rc = answer_judge(p, &m, &why);
	if (rc > 0)
		rc = answer_keep(p, &m, payload);
	if (rc < 0) {
		turn_fail(p->v->turn, rc);
		return rc;
	}
	said.answer = sha256_of(payload.p, payload.n);
	said.taken = why == NULL;
	said.why = why == NULL ? STR("") : str_of(why);
	msg_answered_encode(&said, &out);
	link_hold(p->link, MESSAGE_ANSWERED, buf_str(&out));
	return 0;
}
