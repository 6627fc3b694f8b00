#include "vault/trust/standing.h"

#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "trust/fixed.h"
#include "vault/link.h"
#include "vault/trust/evidence.h"
#include "wire/field.h"
#include "wire/message.h"
#include "wire/msg_standing.h"

#define TOLD "standing"		/* peer: u64 when, STANDING as it came */
#define SECRET "comity/1 keys of evidence"
#define KEY_SEED 2
#define LOOK_EVERY_S 60
#define HEARD_A_MINUTE 120	/* a peer sends 60 a minute at most */
/* Scores wear off at every moment: told from that step on. */
#define STEP (STANDING_ONE / 100)

/* One item as it is told.  record is owned. */
struct input {
	struct standing_input i;
	char *record;
};

/* What is known of telling one peer. */
struct told {
	char peer[CERT_ID_MAX + 1];
	VEC(struct input) inputs;	/* the oldest first */
	uint64_t session;		/* on which it was last told */
	uint64_t print;			/* of what */
	bool look;
	struct quota heard;		/* of what it tells us, on */
	uint64_t heard_session;		/* ... that connection */
};

struct standings {
	struct vault *v;		/* borrowed */
	uint8_t secret[DIGEST_BYTES];
	VEC(struct told *) all;		/* owned */
	unsigned seconds;
};

/* ---- what is told of one item ---- */

/* Only of these is the record one that the peer gave or made. */
static bool
kind_names_record(enum trust_kind k)
{
	return k == TRUST_CONFIRMED || k == TRUST_SIGHTED ||
	    k == TRUST_WITHDRAWN || k == TRUST_FALSE_POSITIVE ||
	    k == TRUST_STALE || k == TRUST_WARNING_LISTED ||
	    k == TRUST_OWN_CONSTITUENCY;
}

uint64_t
standing_key(const struct standings *ss, struct str peer, uint64_t key)
{
	AUTO_BUF struct buf b = { 0 };
	uint64_t made;

	buf_add(&b, ss->secret, sizeof(ss->secret));
	out_u64(&b, key);
	out_str8(&b, peer);
	made = hash64(KEY_SEED, b.p, b.n);
	return made == 0 ? 1 : made;
}

static void
input_of(const struct standings *ss, const struct evidence_item *e,
    struct input *out)
{
	bool named = kind_names_record(e->kind) &&
	    e->record.n <= STANDING_RECORD_MAX && field_id_ok(e->record);

	*out = (struct input){ .i = { .at = e->at,
	    .key = standing_key(ss, e->peer, e->key),
	    .kind = (uint8_t)e->kind, .by_other = e->by.n > 0 } };
	/* What another lends would tell how we score that one. */
	if (trust_kind_weighs(e->kind))
		out->i.counted = (uint32_t)fixed_micro(e->counted);
	/* The moment would say who it was that spoke then. */
	if (out->i.by_other)
		out->i.at.ms -= out->i.at.ms % DAY(1);
	if (!named)
		return;
	out->record = mem_dup(e->record.p, e->record.n);
	out->i.record = (struct str){ out->record, e->record.n };
}

/* ---- whom it concerns ---- */

static struct told *
told_find(const struct standings *ss, struct str peer)
{
	for (size_t i = 0; i < ss->all.n; i++)
		if (str_eqz(peer, ss->all.v[i]->peer))
			return ss->all.v[i];
	return NULL;
}

static struct told *
told_of(struct standings *ss, struct str peer)
{
	struct told *t = told_find(ss, peer);

	if (t != NULL)
		return t;
	t = mem_new(struct told);
	memcpy(t->peer, peer.p, peer.n);
	vec_push(&ss->all, t);
	return t;
}

/* All but the newest n are dropped. */
static void
told_keep(struct told *t, size_t n)
{
	size_t drop = t->inputs.n > n ? t->inputs.n - n : 0;

	for (size_t i = 0; i < drop; i++)
		free(t->inputs.v[i].record);
	t->inputs.n -= drop;
	if (drop > 0)
		memmove(t->inputs.v, t->inputs.v + drop,
		    t->inputs.n * sizeof(t->inputs.v[0]));
}

static void
told_free(struct told *t)
{
	told_keep(t, 0);
	vec_clear(&t->inputs);
	free(t);
}

static int
on_item(void *arg, const struct evidence_item *e)
{
	struct standings *ss = arg;
	struct input in;

	if (e->peer.n > CERT_ID_MAX)
		return ERR_STORE;
	input_of(ss, e, &in);
	vec_push(&told_of(ss, e->peer)->inputs, in);
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct input *x = a, *y = b;

	if (x->i.at.ms != y->i.at.ms)
		return x->i.at.ms < y->i.at.ms ? -1 : 1;
	return x->i.key < y->i.key ? -1 : x->i.key > y->i.key;
}

/* A secret that only we can make, and make again after a restart. */
static int
secret_make(struct standings *ss)
{
	uint8_t sig[SIGNATURE_BYTES];
	struct digest d;

	TRY(sign_message(ss->v->key, SECRET, sizeof(SECRET), sig));
	d = sha256_of(sig, sizeof(sig));
	memcpy(ss->secret, d.b, sizeof(ss->secret));
	crypto_wipe(sig, sizeof(sig));
	return 0;
}

int
standings_open(struct vault *v, struct standings **out)
{
	struct standings *ss = mem_new(struct standings);
	int rc;

	ss->v = v;
	rc = secret_make(ss);
	if (rc == 0)
		rc = evidence_each(v->evidence, NULL, on_item, ss);
	if (rc < 0) {
		standings_free(ss);
		return rc;
	}
	for (size_t i = 0; i < ss->all.n; i++) {
		struct told *t = ss->all.v[i];

		qsort(t->inputs.v, t->inputs.n, sizeof(t->inputs.v[0]),
		    by_time);
		told_keep(t, STANDING_INPUTS_MAX);
	}
	*out = ss;
	return 0;
}

void
standings_free(struct standings *ss)
{
	if (ss == NULL)
		return;
	for (size_t i = 0; i < ss->all.n; i++)
		told_free(ss->all.v[i]);
	vec_clear(&ss->all);
	crypto_wipe(ss->secret, sizeof(ss->secret));
	free(ss);
}

int
standings_reopen(struct vault *v)
{
	struct standings *fresh;

	TRY(standings_open(v, &fresh));
	standings_free(v->standings);
	v->standings = fresh;
	return 0;
}

void
standings_policy_changed(struct vault *v)
{
	if (v->standings != NULL && standings_reopen(v) < 0)
		log_error("standing", "error=\"the store does not read\"");
}

void
standing_noted(struct standings *ss, const struct evidence_item *item)
{
	if (ss == NULL)
		return;
	/* A full list is cut when it is told, not for each item. */
	(void)on_item(ss, item);
	if (told_of(ss, item->peer)->inputs.n >= 2 * STANDING_INPUTS_MAX)
		told_keep(told_of(ss, item->peer), STANDING_INPUTS_MAX);
	told_of(ss, item->peer)->look = true;
}

void
standings_look(struct standings *ss)
{
	for (size_t i = 0; ss != NULL && i < ss->all.n; i++)
		ss->all.v[i]->look = true;
}

/* ---- telling ---- */

void
standing_of(const struct vault *v, const struct peer *p,
    enum trust_dimension d, struct trust_score *out)
{
	struct evidence_look l = { p->card.cert_id, d, TRUST_E };
	const struct policy_org *org;

	if (v->policy != NULL && p->party.org >= 0 && d != TRUST_JUDGEMENT) {
		org = policy_org(v->policy, (size_t)p->party.org);
		l.initial = (enum trust_band)(d == TRUST_DISCRETION ?
		    org->discretion : org->reliability);
	}
	evidence_score(v->evidence, &l, out);
}

/* How many items count in each dimension. */
static void
count_evidence(const struct vault *v, const struct peer *p,
    uint32_t out[static TRUST_DIMENSIONS])
{
	memset(out, 0, TRUST_DIMENSIONS * sizeof(out[0]));
	for (int k = TRUST_PLAIN + 1; k < TRUST_KINDS; k++) {
		struct trust_sum s;

		evidence_sum(v->evidence, p->card.cert_id,
		    (enum trust_kind)k, &s);
		out[trust_kind_dimension((enum trust_kind)k)] += s.n;
	}
}

static void
score_of(const struct vault *v, const struct peer *p, int d,
    struct standing_score *out)
{
	struct trust_score s;

	standing_of(v, p, (enum trust_dimension)d, &s);
	*out = (struct standing_score){ .dimension = (uint8_t)d,
	    .band = (uint8_t)s.band,
	    .b = (uint32_t)fixed_micro(s.opinion.b),
	    .d = (uint32_t)fixed_micro(s.opinion.d),
	    .u = (uint32_t)fixed_micro(s.opinion.u),
	    .e = (uint32_t)fixed_micro(s.opinion.e),
	    .gated_until = s.gated_until, .capped = s.capped };
}

static void
standing_make(const struct vault *v, const struct peer *p,
    const struct told *t, struct msg_standing *out)
{
	uint32_t n[TRUST_DIMENSIONS];

	*out = (struct msg_standing){ .at = evidence_now(v->evidence),
	    .nscores = TRUST_DIMENSIONS };
	count_evidence(v, p, n);
	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		score_of(v, p, d, &out->scores[d]);
		out->scores[d].evidence = n[d];
		out->evidence += n[d];
	}
	for (size_t i = t->inputs.n; i > 0 &&
	    out->ninputs < STANDING_INPUTS_MAX; i--)
		out->inputs[out->ninputs++] = t->inputs.v[i - 1].i;
}

/* Two that have the same are not worth telling twice. */
static uint64_t
standing_print(const struct msg_standing *m)
{
	AUTO_BUF struct buf b = { 0 };

	out_u32(&b, m->evidence);
	for (size_t i = 0; i < m->nscores; i++) {
		const struct standing_score *s = &m->scores[i];

		out_u8(&b, s->band);
		out_u32(&b, s->b / STEP);
		out_u32(&b, s->d / STEP);
		out_u64(&b, (uint64_t)s->gated_until.ms);
		out_u8(&b, s->capped);
	}
	out_u16(&b, (uint16_t)m->ninputs);
	for (size_t i = 0; i < m->ninputs; i++)
		out_u64(&b, m->inputs[i].key);
	return hash64(KEY_SEED, b.p, b.n);
}

static void
tell(struct standings *ss, struct peer *p, struct told *t)
{
	AUTO(mem_free) struct msg_standing *m = mem_new(struct msg_standing);
	bool fresh = t->session != p->counts.sessions;
	AUTO_BUF struct buf out = { 0 };
	uint64_t print;

	t->look = false;
	standing_make(ss->v, p, t, m);
	print = standing_print(m);
	if (!fresh && print == t->print)
		return;
	t->session = p->counts.sessions;
	t->print = print;
	msg_standing_encode(m, &out);
	/* What is not on disk yet may be undone. */
	link_say(p->link, MESSAGE_STANDING, buf_str(&out));
}

void
standings_tick(struct standings *ss)
{
	bool all = ++ss->seconds % LOOK_EVERY_S == 0;

	for (size_t i = 0; i < peers_count(ss->v->peers); i++) {
		struct peer *p = peers_at(ss->v->peers, i);
		struct told *t;

		if (p->link == NULL || !link_heard_terms(p->link))
			continue;
		t = told_of(ss, str_of(p->card.cert_id));
		if (all || t->look || t->session != p->counts.sessions)
			tell(ss, p, t);
	}
}

/* ---- what we are told ---- */

int
standing_received(struct peer *p, struct str payload)
{
	AUTO(mem_free) struct msg_standing *m = mem_new(struct msg_standing);
	struct told *t = told_of(p->v->standings, str_of(p->card.cert_id));
	AUTO_BUF struct buf b = { 0 };
	int rc;

	TRY(msg_standing_decode(payload, m));
	/* Each connection begins with one: many of them are no flood. */
	if (t->heard_session != p->counts.sessions)
		t->heard = (struct quota){ 0 };
	t->heard_session = p->counts.sessions;
	if (!quota_take(&t->heard, HEARD_A_MINUTE, clock_mono()))
		return ERR_LIMIT;
	out_u64(&b, (uint64_t)vault_now(p->v).ms);
	buf_add(&b, payload.p, payload.n);
	TRY(turn_open(p->v->turn));
	rc = store_set(p->v->store, TOLD, p->card.cert_id, buf_str(&b));
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	return rc;
}

int
standing_told(const struct vault *v, const char *peer, struct arena *arena,
    unix_ms_t *out_at, struct str *out_payload)
{
	struct str value;
	struct cur c;

	TRY(store_value(v->store, TOLD, peer, arena, &value));
	c = cur_of(value.p, value.n);
	out_at->ms = (int64_t)cur_u64(&c);
	if (c.err != 0)
		return ERR_STORE;
	*out_payload = (struct str){ (const char *)c.p, c.n };
	return 0;
}
