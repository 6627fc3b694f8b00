#include "vault/trust/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/map64.h"
#include "host/log.h"
#include "net/loop.h"
#include "trust/fixed.h"
#include "vault/peer.h"
#include "vault/trust/standing.h"
#include "vault/trust/statement.h"

#define SPACE "evidence"
#define ITEM_VERSION 2
#define ITEM_VERSION_SHORT 1	/* without until, said_b, said_d */
#define NAME_SEED 1
#define KEY_MAX (CERT_ID_MAX + 20)
#define LOOK_EVERY_S 60
_Static_assert((int)TRUST_E == (int)BAND_E, "bands of trust and policy");

struct evidence {
	struct vault *v;	/* borrowed */
	/* Borrowed: counted by this one; NULL: by the one in force. */
	const struct policy *policy;
	struct trust_rules rules;	/* by which it is counted */
	struct trust *trust;	/* owned */
	struct map64 peers;	/* hash of a CERT id: its number plus one */
	int64_t newest;		/* time does not go back here */
	unsigned seconds;
	bool ties_due;		/* what the policy states is looked at */
	bool deferred;		/* bands are looked at after the dispatch */
	/* Owned, or NULL: counted by the policy of that digest, and nothing
	 * has come since. */
	struct evidence *trial;
	struct digest trial_of;
};

/* ---- the form in the store ---- */

static void
item_out(struct buf *b, const struct evidence_item *i)
{
	out_u8(b, ITEM_VERSION);
	out_u64(b, (uint64_t)i->at.ms);
	out_u64(b, i->key);
	out_u64(b, (uint64_t)i->counted);
	out_u8(b, (uint8_t)i->kind);
	out_str8(b, i->peer);
	out_str8(b, i->by);
	out_str16(b, i->record);
	out_str16(b, i->source);
	out_str16(b, i->reason);
	out_u64(b, (uint64_t)i->until.ms);
	out_u64(b, (uint64_t)i->said_b);
	out_u64(b, (uint64_t)i->said_d);
}

/* Borrows from value.  ERR_STORE. */
static int
item_read(struct str value, struct evidence_item *out)
{
	struct cur c = cur_of(value.p, value.n);
	uint8_t version = cur_u8(&c), kind;

	if (version != ITEM_VERSION && version != ITEM_VERSION_SHORT)
		return ERR_STORE;
	*out = (struct evidence_item){ 0 };
	out->at.ms = (int64_t)cur_u64(&c);
	out->key = cur_u64(&c);
	out->counted = (int64_t)cur_u64(&c);
	kind = cur_u8(&c);
	out->kind = (enum trust_kind)kind;
	out->peer = cur_str8(&c, CERT_ID_MAX);
	out->by = cur_str8(&c, CERT_ID_MAX);
	out->record = cur_str16(&c, EVIDENCE_SOURCE_MAX);
	out->source = cur_str16(&c, EVIDENCE_SOURCE_MAX);
	out->reason = cur_str16(&c, EVIDENCE_REASON_MAX);
	if (version == ITEM_VERSION) {
		out->until.ms = (int64_t)cur_u64(&c);
		out->said_b = (int64_t)cur_u64(&c);
		out->said_d = (int64_t)cur_u64(&c);
	}
	return cur_finish(&c) != 0 || kind >= TRUST_KINDS ? ERR_STORE : 0;
}

/* "cert-xb/0123456789abcdef" */
static const char *
item_key(char dst[static KEY_MAX], struct str peer, uint64_t key)
{
	snprintf(dst, KEY_MAX, "%.*s/%016" PRIx64, (int)peer.n, peer.p, key);
	return dst;
}

/* ---- who is who ---- */

static int
peer_find(const struct evidence *e, struct str id)
{
	return (int)(uintptr_t)map64_get(&e->peers, hash64(NAME_SEED, id.p,
	    id.n)) - 1;
}

static const struct policy *
policy_of(const struct evidence *e)
{
	return e->policy != NULL ? e->policy : e->v->policy;
}

/*
 * What the policy says of it: of which stakeholder group it is, and where
 * people put it at first.
 */
static void
peer_set_policy(struct evidence *e, struct str id, int n)
{
	const struct policy *p = policy_of(e);
	int at = p == NULL ? -1 : policy_find_org(p, id);
	const struct policy_org *org;

	if (at < 0)
		return;
	org = policy_org(p, (size_t)at);
	trust_peer_group(e->trust, n, policy_org_group(p, at));
	trust_peer_presume(e->trust, n, TRUST_DISCRETION,
	    (enum trust_band)org->discretion);
	trust_peer_presume(e->trust, n, TRUST_RELIABILITY,
	    (enum trust_band)org->reliability);
}

static int
peer_number(struct evidence *e, struct str id)
{
	int n = peer_find(e, id);

	if (n < 0) {
		n = trust_peer_add(e->trust, 0);
		map64_set(&e->peers, hash64(NAME_SEED, id.p, id.n),
		    (void *)((uintptr_t)n + 1));
		peer_set_policy(e, id, n);
	}
	return n;
}

unix_ms_t
evidence_now(const struct evidence *e)
{
	unix_ms_t now = vault_now(e->v);

	/* What does not read was refused with the settings. */
	(void)!settings_trust_clock(e->v->settings, now, &now);
	return now;
}

/* ---- counting ---- */

static void
item_evidence(struct evidence *e, const struct evidence_item *i,
    struct trust_evidence *out)
{
	*out = (struct trust_evidence){ .key = i->key, .at = i->at,
	    .kind = i->kind, .dimension = trust_kind_dimension(i->kind),
	    .peer = peer_number(e, i->peer),
	    .by = i->by.n == 0 ? TRUST_SELF : peer_number(e, i->by),
	    .record = i->record.n == 0 ? 0 : hash64(NAME_SEED, i->record.p,
	    i->record.n), .until = i->until, .said_b = i->said_b,
	    .said_d = i->said_d };
}

struct loaded {
	struct evidence *e;
	VEC(struct trust_evidence) v;
};

static int
on_item(void *arg, const char *key, struct str value)
{
	struct loaded *l = arg;
	struct evidence_item i;
	struct trust_evidence ev;

	(void)key;
	TRY(item_read(value, &i));
	item_evidence(l->e, &i, &ev);
	vec_push(&l->v, ev);
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct trust_evidence *x = a, *y = b;

	if (x->at.ms != y->at.ms)
		return x->at.ms < y->at.ms ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* What evidence weighs: as the policy says; as ever before there is one. */
static void
rules_of(const struct evidence *e, struct trust_rules *out)
{
	const struct policy *p = policy_of(e);

	if (p != NULL)
		*out = policy_trust(p)->rules;
	else
		trust_rules_default(out);
}

static void
trial_drop(struct evidence *e)
{
	evidence_free(e->trial);
	e->trial = NULL;
}

/*
 * Count all that the store has, in order; into counted, if it is there, what
 * each item came to, plus one, by its key.
 */
static int
evidence_count(struct evidence *e, struct map64 *counted)
{
	struct loaded l = { .e = e };
	int rc;

	trial_drop(e);
	trust_free(e->trust);
	rules_of(e, &e->rules);
	e->trust = trust_new(&e->rules);
	map64_clear(&e->peers, NULL);
	e->newest = 0;
	rc = store_values(e->v->store, SPACE, on_item, &l);
	if (rc == 0 && l.v.n > 0)
		qsort(l.v.v, l.v.n, sizeof(l.v.v[0]), by_time);
	for (size_t i = 0; rc == 0 && i < l.v.n; i++) {
		struct trust_effect effect;

		/* It counted once; under other groups it may not now. */
		(void)!trust_add(e->trust, &l.v.v[i], l.v.v[i].at, &effect);
		e->newest = l.v.v[i].at.ms;
		if (counted != NULL)
			map64_set(counted, l.v.v[i].key,
			    (void *)((uintptr_t)effect.counted + 1));
	}
	vec_clear(&l.v);
	return rc;
}

int
evidence_open(struct vault *v, struct evidence **out)
{
	struct evidence *e = mem_new(struct evidence);
	int rc;

	e->v = v;
	rc = evidence_count(e, NULL);
	if (rc < 0)
		evidence_free(e);
	else
		*out = e;
	return rc;
}

void
evidence_free(struct evidence *e)
{
	if (e == NULL)
		return;
	trial_drop(e);
	trust_free(e->trust);
	map64_clear(&e->peers, NULL);
	free(e);
}

struct vault *
evidence_vault(const struct evidence *e)
{
	return e->v;
}

static void
on_deferred(void *arg)
{
	struct vault *v = arg;

	v->evidence->deferred = false;
	if (v->statements != NULL)
		statements_bands_changed(v->statements);
	if (v->peers != NULL)
		peers_trust_changed(v->peers);
	standings_look(v->standings);
}

static void
look_again(struct evidence *e)
{
	if (!e->deferred)
		loop_defer(e->v->loop, on_deferred, e->v);
	e->deferred = true;
}

const struct trust_rules *
evidence_rules(const struct evidence *e)
{
	return &e->rules;
}

static void
look_at_ties(struct evidence *e)
{
	int rc = turn_open(e->v->turn);

	if (rc < 0)
		return;
	rc = evidence_ties(e);
	if (rc < 0)
		turn_fail(e->v->turn, rc);
	else
		e->ties_due = false;
}

void
evidence_policy_changed(struct evidence *e)
{
	if (evidence_count(e, NULL) < 0)
		log_error("evidence", "error=\"the store does not read\"");
	if (e->v->statements != NULL)
		statements_look(e->v->statements);
	look_again(e);
	e->ties_due = true;
	/* At the start the first second does it. */
	if (e->v->peers != NULL)
		look_at_ties(e);
}

int
evidence_reopen(struct evidence *e)
{
	TRY(evidence_count(e, NULL));
	look_again(e);
	return 0;
}

/* Is it held already?  1 or 0. */
static int
is_held(const struct evidence *e, const char *key)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(2));
	struct str value;
	int rc = store_value(e->v->store, SPACE, key, arena, &value);

	return rc == ERR_NOT_FOUND ? 0 : rc < 0 ? rc : 1;
}

static bool
item_fits(const struct evidence_item *i)
{
	return i->peer.n > 0 && i->peer.n <= CERT_ID_MAX &&
	    i->by.n <= CERT_ID_MAX && i->record.n <= EVIDENCE_SOURCE_MAX &&
	    i->source.n <= EVIDENCE_SOURCE_MAX &&
	    i->reason.n <= EVIDENCE_REASON_MAX;
}

static int
name_number(struct str id)
{
	return (int)(hash64(NAME_SEED, id.p, id.n) & INT32_MAX);
}

/*
 * The key of a fact, by the names in it: numbers of peers are others after
 * the next start.
 */
static uint64_t
item_fact(const struct evidence_item *i, const struct trust_evidence *ev)
{
	struct trust_evidence fact = *ev;

	fact.peer = name_number(i->peer);
	if (ev->by != TRUST_SELF)
		fact.by = name_number(i->by);
	return trust_key(&fact);
}

int
evidence_holds(const struct evidence *e, const struct evidence_item *item)
{
	struct trust_evidence ev = { .kind = item->kind,
	    .by = item->by.n == 0 ? TRUST_SELF : 0,
	    .record = hash64(NAME_SEED, item->record.p, item->record.n) };
	char key[KEY_MAX];

	return is_held(e, item_key(key, item->peer, item_fact(item, &ev)));
}

int
evidence_add(struct evidence *e, const struct evidence_item *item)
{
	enum trust_note note;

	return evidence_take(e, item, &note);
}

int
evidence_take(struct evidence *e, const struct evidence_item *item,
    enum trust_note *out)
{
	struct evidence_item i = *item;
	AUTO_BUF struct buf b = { 0 };
	struct trust_evidence ev;
	struct trust_effect effect;
	char key[KEY_MAX];
	int rc;

	*out = TRUST_COUNTED;
	if (!item_fits(&i) || str_eqz(i.peer, e->v->cert_id))
		return 0;
	i.at = evidence_now(e);
	/* The clock may step back; what was counted stays before this. */
	if (i.at.ms < e->newest)
		i.at.ms = e->newest;
	item_evidence(e, &i, &ev);
	i.key = ev.key = item_fact(&i, &ev);
	rc = is_held(e, item_key(key, i.peer, i.key));
	*out = rc > 0 ? TRUST_TWICE : TRUST_COUNTED;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = trust_add(e->trust, &ev, i.at, &effect);
	*out = effect.note;
	/* An attestation holds longer even where it adds nothing. */
	if (rc < 0 || (effect.note == TRUST_OVER_LIMIT &&
	    effect.counted == 0 && i.kind != TRUST_ATTESTED))
		return 0;
	trial_drop(e);
	e->newest = i.at.ms;
	i.counted = effect.counted;
	item_out(&b, &i);
	TRY(store_set(e->v->store, SPACE, key, buf_str(&b)));
	standing_noted(e->v->standings, &i);
	look_again(e);
	if (effect.gated && e->v->statements != NULL)
		TRY(statements_gated(e->v->statements, i.peer, i.key));
	return 1;
}

/* ---- what comes out ---- */

bool
evidence_is_sponsor(const struct evidence *e, struct str peer, struct str by)
{
	int n = peer_find(e, peer), who = peer_find(e, by);

	for (int i = 0; n >= 0 && who >= 0 && i < TRUST_SPONSORS; i++)
		if (trust_sponsor(e->trust, n, i) == who)
			return true;
	return false;
}

const char *
evidence_group(const struct evidence *e, const char *peer,
    char dst[static EVIDENCE_GROUP_MAX])
{
	const struct policy *p = e->v->policy;
	int org = p == NULL ? -1 : policy_find_org(p, str_of(peer));

	snprintf(dst, EVIDENCE_GROUP_MAX, "%s", org < 0 ? "" :
	    policy_org_group_name(p, org));
	return dst;
}

bool
evidence_may_sponsor(const struct evidence *e, struct str by)
{
	struct trust_score s;
	int n = peer_find(e, by);

	if (n < 0)
		return false;
	trust_score(e->trust, n, TRUST_DISCRETION, evidence_now(e), &s);
	return s.band <= TRUST_B;
}

void
evidence_score(const struct evidence *e, const struct evidence_look *l,
    struct trust_score *out)
{
	AUTO(trust_free) struct trust *nobody = NULL;
	struct trust_look look = { peer_find(e, str_of(l->peer)),
	    l->dimension, l->initial, evidence_now(e) };
	const struct trust *t = e->trust;

	if (look.peer < 0) {
		t = nobody = trust_new(&e->rules);
		look.peer = trust_peer_add(nobody, 0);
	}
	trust_score_from(t, &look, out);
}

void
evidence_bands(const struct evidence *e, const char *peer,
    const struct policy_org *org, struct gate_party *party)
{
	struct trust_score s;

	evidence_score(e, &(struct evidence_look){ peer, TRUST_DISCRETION,
	    (enum trust_band)org->discretion }, &s);
	party->discretion = (enum band)s.band;
	evidence_score(e, &(struct evidence_look){ peer, TRUST_RELIABILITY,
	    (enum trust_band)org->reliability }, &s);
	party->reliability = (enum band)s.band;
	party->scored = true;
}

/* Does a policy count as the one in force does? */
static bool
counts_alike(const struct policy *a, const struct policy *b)
{
	if (memcmp(&policy_trust(a)->rules, &policy_trust(b)->rules,
	    sizeof(struct trust_rules)) != 0)
		return false;
	for (size_t i = 0; i < policy_norgs(b); i++) {
		const struct policy_org *o = policy_org(b, i), *was;
		int at = policy_find_org(a, str_of(o->id));

		if (at < 0 || policy_org_group(a, at) !=
		    policy_org_group(b, (int)i))
			return false;
		/* Whoever begins elsewhere may be no witness any more. */
		was = policy_org(a, (size_t)at);
		if (was->reliability != o->reliability ||
		    was->discretion != o->discretion ||
		    strcmp(was->gov_tie, o->gov_tie) != 0 ||
		    was->attested_until.ms != o->attested_until.ms)
			return false;
	}
	return policy_norgs(a) == policy_norgs(b);
}

/* What another policy would add by what it states, on trial. */
static int
on_foretold(void *arg, const struct evidence_item *item)
{
	struct evidence *e = arg;
	struct trust_evidence ev;
	struct trust_effect effect;

	item_evidence(e, item, &ev);
	if (ev.at.ms < e->newest)
		ev.at.ms = e->newest;
	(void)!trust_add(e->trust, &ev, ev.at, &effect);
	return 0;
}

void
evidence_bands_under(struct evidence *e, const char *peer,
    const struct policy *policy, struct gate_party *party)
{
	const struct policy_org *org = policy_org(policy,
	    (size_t)policy_find_org(policy, str_of(peer)));
	struct digest digest;

	if (e->v->policy == NULL || counts_alike(e->v->policy, policy)) {
		evidence_bands(e, peer, org, party);
		return;
	}
	policy_digest(policy, &digest);
	if (e->trial == NULL || !digest_eq(&digest, &e->trial_of)) {
		trial_drop(e);
		e->trial = mem_new(struct evidence);
		*e->trial = (struct evidence){ .v = e->v, .policy = policy };
		e->trial_of = digest;
		if (evidence_count(e->trial, NULL) < 0 ||
		    evidence_ties_foretell(e->trial, policy, on_foretold,
		    e->trial) < 0)
			log_error("evidence",
			    "error=\"the store does not read\"");
		/* What it needed of the policy is in its engine. */
		e->trial->policy = NULL;
	}
	evidence_bands(e->trial, peer, org, party);
}

void
evidence_sum(const struct evidence *e, const char *peer,
    enum trust_kind kind, struct trust_sum *out)
{
	int n = peer_find(e, str_of(peer));

	*out = (struct trust_sum){ 0 };
	if (n >= 0)
		trust_sum(e->trust, n, kind, evidence_now(e), out);
}

struct visiting {
	const char *peer;
	const struct map64 *counted;
	evidence_visit visit;
	void *arg;
};

static int
on_visit(void *arg, const char *key, struct str value)
{
	struct visiting *x = arg;
	struct evidence_item i;
	uintptr_t counted;

	(void)key;
	TRY(item_read(value, &i));
	/* As it counts by now: it may have come under another policy. */
	counted = (uintptr_t)map64_get(x->counted, i.key);
	if (counted != 0)
		i.counted = (int64_t)(counted - 1);
	return x->peer == NULL || str_eqz(i.peer, x->peer) ?
	    x->visit(x->arg, &i) : 0;
}

int
evidence_each(const struct evidence *e, const char *peer,
    evidence_visit visit, void *arg)
{
	struct evidence trial = { .v = e->v };
	struct map64 counted = { 0 };
	struct visiting x = { peer, &counted, visit, arg };
	int rc = evidence_count(&trial, &counted);

	if (rc == 0)
		rc = store_values(e->v->store, SPACE, on_visit, &x);
	trust_free(trial.trust);
	map64_clear(&trial.peers, NULL);
	map64_clear(&counted, NULL);
	return rc;
}

struct finding {
	const char *peer;
	evidence_test test;
	void *arg;
};

static int
on_find(void *arg, const char *key, struct str value)
{
	const struct finding *x = arg;
	struct evidence_item i;

	(void)key;
	TRY(item_read(value, &i));
	return str_eqz(i.peer, x->peer) && x->test(x->arg, i.peer, i.key);
}

int
evidence_find(const struct evidence *e, const char *peer,
    evidence_test test, void *arg)
{
	struct finding x = { peer, test, arg };

	return store_values(e->v->store, SPACE, on_find, &x);
}

/* A trial engine: everything about everybody, as the store has it. */
void
evidence_what_if(const struct evidence *e, const struct evidence_look *l,
    enum trust_kind kind, unsigned n, struct trust_score *out)
{
	struct evidence trial = { .v = e->v };
	unix_ms_t now = evidence_now(e);

	if (evidence_count(&trial, NULL) == 0) {
		struct trust_evidence ev = { .kind = kind, .by = TRUST_SELF,
		    .at.ms = now.ms < trial.newest ? trial.newest : now.ms,
		    .peer = peer_number(&trial, str_of(l->peer)),
		    .dimension = l->dimension };
		struct trust_effect effect;

		for (unsigned i = 0; i < n; i++) {
			ev.record = i + 1;
			(void)!trust_add(trial.trust, &ev, ev.at, &effect);
		}
	}
	evidence_score(&trial, l, out);
	trust_free(trial.trust);
	map64_clear(&trial.peers, NULL);
}

struct trust *
evidence_trial(const struct evidence *e, const char *const *ids, size_t n,
    int *out)
{
	struct evidence trial = { .v = e->v, .trust = trust_copy(e->trust) };

	for (size_t i = 0; i < n; i++) {
		out[i] = peer_find(e, str_of(ids[i]));
		if (out[i] >= 0)
			continue;
		out[i] = trust_peer_add(trial.trust, 0);
		peer_set_policy(&trial, str_of(ids[i]), out[i]);
	}
	return trial.trust;
}

void
evidence_clock_changed(struct evidence *e)
{
	char text[TIME_TEXT_MAX];

	if (e->v->settings->trust_clock[0] != '\0')
		log_warning("trust-clock", "setting=\"%s\" at=%s text=\"the "
		    "trust engine is not given the time of day\"",
		    e->v->settings->trust_clock, time_format(text,
		    evidence_now(e)));
	e->ties_due = true;
	standings_policy_changed(e->v);
	look_again(e);
}

void
evidence_tick(struct evidence *e)
{
	if (++e->seconds % LOOK_EVERY_S == 0) {
		look_again(e);
		e->ties_due = true;	/* an attestation may have ended */
	}
	if (e->ties_due && e->v->policy != NULL)
		look_at_ties(e);
}
