#include "vault/peer.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/consult/consult.h"
#include "vault/link.h"
#include "vault/posture.h"
#include "vault/supervisor_link.h"
#include "vault/taxii_peer.h"
#include "vault/terms.h"
#include "vault/trust/evidence.h"
#include "vault/trust/statement.h"

#define CARDS "card"
#define CURSORS "cursor"

struct peers {
	struct vault *v;	/* borrowed */
	VEC(struct peer *) all;	/* owned */
};

static void on_redial(void *arg);

static void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	taxii_peer_free(p->taxii);
	timer_free(p->redial);
	verify_key_free(p->key);
	release_free(p->release);
	delivery_free(p->delivery);
	terms_free(p->terms);
	free(p->memory);
	free(p);
}
MEM_AUTO(struct peer, peer_free);

/* What people set for its country; the policy says where it is. */
static enum posture
posture_under(const struct peer *p, const struct policy *policy, int org)
{
	const struct posture_entry *set = org < 0 ? NULL :
	    postures_find(p->v->postures, policy_org(policy,
	    (size_t)org)->country);

	return set == NULL ? POSTURE_NORMAL : set->level;
}

static enum posture
peer_posture(const struct peer *p)
{
	return posture_under(p, p->v->policy, p->party.org);
}

void
peer_party_under(const struct peer *p, const struct policy *policy,
    struct gate_party *out)
{
	int org = policy_find_org(policy, str_of(p->card.cert_id));
	struct gate_party party = { .org = org, .bare = p->key == NULL,
	    .posture = posture_under(p, policy, org) };

	if (org >= 0)
		evidence_bands_under(p->v->evidence, p->card.cert_id,
		    policy, &party);
	terms_under(p->terms, policy, &party);
	*out = party;
}

/* The party the gate sees. */
static void
peer_find_party(struct peer *p)
{
	p->party = (struct gate_party){ .org = -1, .bare = p->key == NULL };
	if (p->v->policy != NULL)
		p->party.org = policy_find_org(p->v->policy,
		    str_of(p->card.cert_id));
	p->party.posture = peer_posture(p);
	if (p->party.org >= 0)
		evidence_bands(p->v->evidence, p->card.cert_id,
		    policy_org(p->v->policy, (size_t)p->party.org),
		    &p->party);
	if (p->terms != NULL)
		(void)terms_apply(p->terms);
}

static int
peer_load_cursor(struct peer *p)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	struct cur c;
	int rc = store_value(p->v->store, CURSORS, p->card.cert_id, arena,
	    &value);

	if (rc == ERR_NOT_FOUND)
		return 0;
	TRY(rc);
	c = cur_of(value.p, value.n);
	cur_copy(&c, p->epoch, sizeof(p->epoch));
	p->cursor = cur_u64(&c);
	return cur_finish(&c) == 0 ? 0 : ERR_STORE;
}

int
peer_save_cursor(struct peer *p)
{
	AUTO_BUF struct buf value = { 0 };

	buf_add(&value, p->epoch, sizeof(p->epoch));
	out_u64(&value, p->cursor);
	return store_set(p->v->store, CURSORS, p->card.cert_id,
	    buf_str(&value));
}

static int
peer_make(struct vault *v, const struct card *card, struct verify_key *key,
    struct peer **out)
{
	AUTO(peer_free) struct peer *p = mem_new(struct peer);

	p->v = v;
	p->card = *card;
	p->key = key;
	TRY(delivery_load(v->store, card->cert_id, &p->delivery));
	TRY(peer_load_cursor(p));
	TRY(terms_new(p, &p->terms));
	peer_find_party(p);
	p->release = release_new(&(struct release_options){
	    .gate = v->gate, .delivery = p->delivery, .party = &p->party,
	    .cert_id = p->card.cert_id, .agreed = consult_agreed,
	    .agreed_arg = p });
	p->redial = timer_new(v->loop, on_redial, p);
	*out = TAKE(p);
	return 0;
}

static int
peer_new(struct vault *v, const struct card *card, struct peer **out)
{
	struct verify_key *key = verify_key_new(card->identity);

	return key == NULL ? ERR_SIGNATURE : peer_make(v, card, key, out);
}

int
peers_add_taxii(struct peers *ps, const char *cert_id, struct peer **out)
{
	struct card card = { .not_after = UNIX_MS_NEVER };
	struct peer *p;

	snprintf(card.cert_id, sizeof(card.cert_id), "%s", cert_id);
	TRY(peer_make(ps->v, &card, NULL, &p));
	vec_push(&ps->all, p);
	*out = p;
	return 0;
}

/* One stored card becomes a peer; what cannot be used is said and left. */
static int
on_card(void *arg, const char *key, struct str value)
{
	struct peers *ps = arg;
	struct card card;
	struct peer *p;
	struct err e;
	int rc = card_decode(value, clock_unix(), &card, &e);

	if (rc != 0)
		log_error("card-unusable", "peer=%s error=\"%s\"", key,
		    e.text);
	else if ((rc = peer_new(ps->v, &card, &p)) != 0)
		log_error("peer-unusable", "peer=%s error=%s", key,
		    err_name(rc));
	if (rc == 0)
		vec_push(&ps->all, p);
	return err_class(rc) == ERR_CLASS_SYS ? rc : 0;
}

int
peers_load(struct vault *v, struct peers **out)
{
	struct peers *ps = mem_new(struct peers);
	int rc;

	ps->v = v;
	rc = store_values(v->store, CARDS, on_card, ps);
	if (rc < 0) {
		peers_free(ps);
		return rc;
	}
	*out = ps;
	return 0;
}

void
peers_free(struct peers *ps)
{
	if (ps == NULL)
		return;
	for (size_t i = 0; i < ps->all.n; i++)
		peer_free(ps->all.v[i]);
	vec_clear(&ps->all);
	free(ps);
}

struct peer *
peers_find(const struct peers *ps, struct str id)
{
	for (size_t i = 0; i < ps->all.n; i++)
		if (str_eqz(id, ps->all.v[i]->card.cert_id))
			return ps->all.v[i];
	return NULL;
}

size_t
peers_count(const struct peers *ps)
{
	return ps->all.n;
}

struct peer *
peers_at(const struct peers *ps, size_t i)
{
	return ps->all.v[i];
}

const struct verify_key *
peers_keys(void *arg, const char *cert_id)
{
	struct peer *p = peers_find(arg, str_of(cert_id));

	return p == NULL ? NULL : p->key;
}

/* Write the card and say in the log that it was added or replaced. */
static int
peer_store_card(struct peers *ps, const struct card *card)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_BUF struct buf entry = { 0 };
	struct digest digest;

	card_encode(card, &text);
	TRY(store_set(ps->v->store, CARDS, card->cert_id, buf_str(&text)));
	digest = sha256_of(text.p, text.n);
	out_u64(&entry, (uint64_t)vault_now(ps->v).ms);
	out_str8(&entry, str_of(card->cert_id));
	buf_add(&entry, digest.b, sizeof(digest.b));
	return audit_append(ps->v->audit, AUDIT_PEER, buf_str(&entry));
}

static bool
same_card(const struct card *a, const struct card *b)
{
	AUTO_BUF struct buf x = { 0 };
	AUTO_BUF struct buf y = { 0 };

	card_encode(a, &x);
	card_encode(b, &y);
	return str_eq(buf_str(&x), buf_str(&y));
}

int
peers_add(struct peers *ps, const struct card *card, struct peer **out)
{
	struct peer *p = peers_find(ps, str_of(card->cert_id));
	struct verify_key *key;

	if (p != NULL && same_card(&p->card, card)) {
		*out = p;
		return 0;
	}
	TRY(peer_store_card(ps, card));
	if (p == NULL) {
		TRY(peer_new(ps->v, card, &p));
		vec_push(&ps->all, p);
	} else {
		key = verify_key_new(card->identity);
		if (key == NULL)
			return ERR_SIGNATURE;
		verify_key_free(p->key);
		p->key = key;
		p->card = *card;
		if (p->link != NULL)
			link_close(p->link, CLOSE_CARD_CHANGED, NULL);
	}
	p->attempts = 0;
	peer_dial_soon(p);
	statements_look(ps->v->statements);
	*out = p;
	return 1;
}

/* After the turn: nobody refers to it any more. */
static void
on_removed(void *arg)
{
	peer_free(arg);
}

static void
peers_unlink(struct peers *ps, struct peer *p)
{
	for (size_t i = 0; i < ps->all.n; i++) {
		if (ps->all.v[i] != p)
			continue;
		ps->all.v[i] = ps->all.v[--ps->all.n];
		break;
	}
	p->removed = true;
	timer_cancel(p->redial);
	loop_defer(ps->v->loop, on_removed, p);
}

void
peers_drop_taxii(struct peers *ps, struct peer *p)
{
	peers_unlink(ps, p);
}

int
peers_remove(struct peers *ps, struct peer *p)
{
	AUTO_BUF struct buf entry = { 0 };

	TRY(store_unset(ps->v->store, CARDS, p->card.cert_id));
	out_u64(&entry, (uint64_t)vault_now(ps->v).ms);
	out_str8(&entry, str_of(p->card.cert_id));
	TRY(audit_append(ps->v->audit, AUDIT_PEER, buf_str(&entry)));
	if (p->link != NULL)
		link_close(p->link, CLOSE_REMOVED, NULL);
	peers_unlink(ps, p);
	statements_look(ps->v->statements);
	return 0;
}

void
peers_decide_again(struct peers *ps)
{
	for (size_t i = 0; i < ps->all.n; i++)
		release_restart(((struct peer *)ps->all.v[i])->release);
	if (ps->v->consult != NULL)
		consult_rescan(ps->v->consult);
	/* A replay of the log must not bring back the old decisions. */
	if (turn_open(ps->v->turn) < 0 || peers_save(ps) < 0)
		turn_fail(ps->v->turn, ERR_STORE);
	turn_wake(ps->v->turn);
}

/* A band of p is another: into the log.  ERR_* of the store. */
static int
band_log(const struct peer *p, enum trust_dimension d, enum band was,
    enum band now)
{
	AUTO_BUF struct buf entry = { 0 };

	if (was == now)
		return 0;
	out_u64(&entry, (uint64_t)vault_now(p->v).ms);
	out_str8(&entry, str_of(p->card.cert_id));
	out_u8(&entry, (uint8_t)d);
	out_u8(&entry, (uint8_t)was);
	out_u8(&entry, (uint8_t)now);
	log_info("trust-band", "peer=%s dimension=%s was=%s now=%s",
	    p->card.cert_id, trust_dimension_name(d), band_name(was),
	    band_name(now));
	return audit_append(p->v->audit, AUDIT_TRUST, buf_str(&entry));
}

/* What another policy made of the bands that p had, into the log. */
static int
bands_log(const struct peer *p, const struct gate_party *was)
{
	if (!was->scored || !p->party.scored)
		return 0;
	TRY(turn_open(p->v->turn));
	TRY(band_log(p, TRUST_DISCRETION, was->discretion,
	    p->party.discretion));
	return band_log(p, TRUST_RELIABILITY, was->reliability,
	    p->party.reliability);
}

void
peers_policy_changed(struct peers *ps, bool differs)
{
	for (size_t i = 0; i < ps->all.n; i++) {
		struct peer *p = ps->all.v[i];
		const struct gate_party was = p->party;
		int rc;

		peer_find_party(p);
		rc = bands_log(p, &was);
		if (rc < 0)
			turn_fail(ps->v->turn, rc);
		p->ask_again = p->ask_again || (differs &&
		    ps->v->state == VAULT_READY);
		if (differs)
			release_restart(p->release);
		if (p->link != NULL)
			link_terms_changed(p->link);
	}
	if (differs && ps->v->consult != NULL)
		consult_rescan(ps->v->consult);
	/* A replay of the log must not bring back the old decisions. */
	if (differs && (turn_open(ps->v->turn) < 0 || peers_save(ps) < 0))
		turn_fail(ps->v->turn, ERR_STORE);
	turn_wake(ps->v->turn);
}

/* Some release starts anew: write it down, and run the senders. */
static void
peers_restarted(struct peers *ps)
{
	gate_forget(ps->v->gate);
	if (ps->v->consult != NULL)
		consult_rescan(ps->v->consult);
	/* A replay of the log must not bring back the old decisions. */
	if (turn_open(ps->v->turn) < 0 || peers_save(ps) < 0)
		turn_fail(ps->v->turn, ERR_STORE);
	turn_wake(ps->v->turn);
}

void
peers_terms_changed(struct peers *ps)
{
	bool changed = false;

	for (size_t i = 0; i < ps->all.n; i++) {
		struct peer *p = ps->all.v[i];

		if (terms_apply(p->terms)) {
			release_restart(p->release);
			changed = true;
		}
		if (p->link != NULL)
			link_terms_changed(p->link);
	}
	if (changed)
		peers_restarted(ps);
}

bool
peers_terms_ended(struct peers *ps)
{
	bool ended = false;

	for (size_t i = 0; i < ps->all.n; i++) {
		struct peer *p = ps->all.v[i];

		if (!terms_have_ended(p->terms, vault_now(ps->v)))
			continue;
		(void)terms_apply(p->terms);
		release_restart(p->release);
		ended = true;
	}
	if (ended)
		peers_restarted(ps);
	return ended;
}

/* 1 if a band of p is another by now; ERR_* of the store. */
static int
peer_trust_changed(struct peer *p)
{
	struct gate_party now = p->party;

	if (p->v->policy == NULL || p->party.org < 0)
		return 0;
	evidence_bands(p->v->evidence, p->card.cert_id,
	    policy_org(p->v->policy, (size_t)p->party.org), &now);
	if (now.discretion == p->party.discretion &&
	    now.reliability == p->party.reliability)
		return 0;
	TRY(turn_open(p->v->turn));
	TRY(band_log(p, TRUST_DISCRETION, p->party.discretion,
	    now.discretion));
	TRY(band_log(p, TRUST_RELIABILITY, p->party.reliability,
	    now.reliability));
	p->party.discretion = now.discretion;
	p->party.reliability = now.reliability;
	p->ask_again = true;
	release_restart(p->release);
	return 1;
}

void
peers_trust_changed(struct peers *ps)
{
	bool changed = false;

	for (size_t i = 0; i < ps->all.n; i++) {
		int rc = peer_trust_changed(ps->all.v[i]);

		if (rc < 0)
			turn_fail(ps->v->turn, rc);
		changed |= rc > 0;
	}
	if (changed)
		peers_restarted(ps);
}

void
peers_posture_changed(struct peers *ps)
{
	bool changed = false;

	for (size_t i = 0; i < ps->all.n; i++) {
		struct peer *p = ps->all.v[i];
		enum posture now = peer_posture(p);

		if (now == p->party.posture)
			continue;
		p->party.posture = now;
		p->ask_again = true;
		release_restart(p->release);
		changed = true;
	}
	if (!changed)
		return;
	gate_forget(ps->v->gate);
	/* A replay of the log must not bring back the old decisions. */
	if (turn_open(ps->v->turn) < 0 || peers_save(ps) < 0)
		turn_fail(ps->v->turn, ERR_STORE);
	turn_wake(ps->v->turn);
}

int
peers_reload_delivery(struct peers *ps)
{
	for (size_t i = 0; i < ps->all.n; i++) {
		struct peer *p = ps->all.v[i];
		struct delivery *fresh;

		TRY(delivery_load(ps->v->store, p->card.cert_id, &fresh));
		release_set_delivery(p->release, fresh);
		delivery_free(p->delivery);
		p->delivery = fresh;
		TRY(peer_load_cursor(p));
	}
	return 0;
}

int
peers_save(struct peers *ps)
{
	for (size_t i = 0; i < ps->all.n; i++)
		if (delivery_is_dirty(ps->all.v[i]->delivery))
			TRY(delivery_save(ps->all.v[i]->delivery,
			    ps->v->store));
	return 0;
}

/* Full jitter: anywhere between the shortest wait and the present bound. */
static int64_t
peer_backoff_ms(const struct peer *p)
{
	const struct settings_limits *l = &p->v->settings->limits;
	int64_t bound = l->reconnect_min_ms, span;
	uint64_t r;

	for (unsigned i = 1; i < p->attempts && bound < l->reconnect_max_ms;
	    i++)
		bound *= 2;
	if (bound > l->reconnect_max_ms)
		bound = l->reconnect_max_ms;
	span = bound - l->reconnect_min_ms + 1;
	crypto_random(&r, sizeof(r));
	return l->reconnect_min_ms / 2 + (int64_t)(r % (uint64_t)span);
}

void
peer_dial_soon(struct peer *p)
{
	if (p->link != NULL || p->removed || p->dialing != 0 ||
	    p->card.nendpoints == 0 || p->v->state == VAULT_DRAINING)
		return;
	timer_arm_ms(p->redial, p->attempts == 0 ? 0 : peer_backoff_ms(p));
}

static void
on_redial(void *arg)
{
	struct peer *p = arg;
	const char *endpoint;

	if (p->link != NULL || p->removed || p->dialing != 0 ||
	    p->card.nendpoints == 0)
		return;
	endpoint = p->card.endpoints[p->next_endpoint++ %
	    p->card.nendpoints];
	p->attempts++;
	p->dialing = supervisor_link_dial(p->v->super, p->card.cert_id,
	    endpoint);
}

void
peer_failed(struct peer *p, bool dialed, const char *text)
{
	snprintf(p->last_state, sizeof(p->last_state), "%s", text);
	if (dialed)
		p->dialing = 0;
	p->since = clock_unix();
	peer_dial_soon(p);
}

void
peer_down(struct peer *p, const char *text)
{
	snprintf(p->last_state, sizeof(p->last_state), "%s", text);
	p->link = NULL;
	p->dialing = 0;
	p->since = clock_unix();
	delivery_forget_sent(p->delivery);
	peer_dial_soon(p);
}
