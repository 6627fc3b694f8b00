#include "vault/circle.h"

#include <stdio.h>
#include <string.h>

#include "host/log.h"
#include "vault/link.h"
#include "vault/peer.h"
#include "vault/terms.h"
#include "wire/message.h"

#define SPACE "circle"
#define OFFERS "circle-offer"
#define KEY_MAX 96
#define ARENA_BYTES (8 * CIRCLE_TEXT_MAX)

/* The newest version of one circle. */
struct held {
	struct arena *arena;		/* owned; text and what points at it */
	struct circle_text t;
};

struct circles {
	struct vault *v;		/* borrowed */
	VEC(struct held) all;		/* owned */
};

/* ---- what is held ---- */

static void
circles_clear(struct circles *cs)
{
	for (size_t i = 0; i < cs->all.n; i++)
		arena_free(cs->all.v[i].arena);
	cs->all.n = 0;
}

/* Keep it as the newest of its circle, if it is. */
static int
circles_keep(struct circles *cs, struct str text)
{
	struct held h = { .arena = arena_new(ARENA_BYTES) };
	char *copy = arena_dup(h.arena, text.p, text.n);
	int rc = copy == NULL ? ERR_LIMIT : circle_text_decode(
	    (struct str){ copy, text.n }, h.arena, &h.t);

	if (rc != 0) {
		arena_free(h.arena);
		return rc;
	}
	for (size_t i = 0; i < cs->all.n; i++) {
		struct held old = cs->all.v[i];

		if (!str_eq(old.t.name, h.t.name))
			continue;
		if (h.t.version > old.t.version) {
			cs->all.v[i] = h;
			h = old;
		}
		arena_free(h.arena);
		return 0;
	}
	vec_push(&cs->all, h);
	return 0;
}

static int
on_value(void *arg, const char *key, struct str value)
{
	if (circles_keep(arg, value) != 0)
		log_error("circle-unusable", "key=%s", key);
	return 0;
}

int
circles_reopen(struct circles *cs)
{
	circles_clear(cs);
	return store_values(cs->v->store, SPACE, on_value, cs);
}

int
circles_open(struct vault *v, struct circles **out)
{
	struct circles *cs = mem_new(struct circles);
	int rc;

	cs->v = v;
	rc = circles_reopen(cs);
	if (rc < 0) {
		circles_free(cs);
		return rc;
	}
	*out = cs;
	return 0;
}

void
circles_free(struct circles *cs)
{
	if (cs == NULL)
		return;
	circles_clear(cs);
	vec_clear(&cs->all);
	free(cs);
}

const struct vault *
circles_vault(const struct circles *cs)
{
	return cs->v;
}

const struct circle_text *
circle_held(const struct circles *cs, struct str name)
{
	for (size_t i = 0; cs != NULL && i < cs->all.n; i++)
		if (str_eq(cs->all.v[i].t.name, name))
			return &cs->all.v[i].t;
	return NULL;
}

const struct circle_text *
circle_at(const struct circles *cs, size_t i)
{
	return i < cs->all.n ? &cs->all.v[i].t : NULL;
}

uint32_t
circle_version(const struct circles *cs, struct str name)
{
	const struct circle_text *t = circle_held(cs, name);

	return t == NULL ? 0 : t->version;
}

bool
circle_has(const struct circles *cs, struct str name, const char *cert_id)
{
	const struct circle_text *t = circle_held(cs, name);

	return t == NULL ||
	    (circle_text_member(t, str_of(cert_id)) != NULL &&
	    circle_text_member(t, str_of(cs->v->cert_id)) != NULL);
}

/* ---- what counts ---- */

static bool
is_key_of(const struct vault *v, const struct circle_member *m)
{
	const struct peer *p = v->peers == NULL ? NULL :
	    peers_find(v->peers, m->id);
	uint8_t own[ED25519_PUBLIC_BYTES];

	if (str_eqz(m->id, v->cert_id)) {
		sign_key_public(v->key, own);
		return memcmp(own, m->key, sizeof(own)) == 0;
	}
	return p == NULL || memcmp(p->card.identity, m->key,
	    sizeof(m->key)) == 0;
}

/* The charter that the policy states for the circle; empty: none. */
static struct str
charter_of(const struct policy *p, struct str name)
{
	struct policy_circle_facts c;

	for (size_t i = 0; p != NULL && policy_circle_at(p, i, &c); i++)
		if (str_eqz(name, c.id))
			return str_of(c.charter);
	return STR("");
}

static uint64_t
foci_bits(const struct policy *p, const struct circle_text *t)
{
	const struct names *kinds = &policy_vocabulary(p)->kinds;
	uint64_t bits = 0;
	int k;

	for (size_t i = 0; i < t->nfoci; i++)
		if ((k = names_find(kinds, t->foci[i])) >= 0)
			bits |= UINT64_C(1) << k;
	return bits;
}

bool
circle_limits(const struct circles *cs, const struct policy *policy,
    const struct policy_term *term, const char *cert_id,
    struct circle_limits *out)
{
	const struct circle_text *t = circle_held(cs, str_of(term->id));
	const struct circle_member *m;
	const char *why = NULL;

	*out = (struct circle_limits){ .foci = UINT64_MAX };
	if (t == NULL)
		return true;
	m = circle_text_member(t, str_of(cert_id));
	if (circle_text_member(t, str_of(cs->v->cert_id)) == NULL)
		why = "we are no member by its document";
	else if (m == NULL)
		why = "it is no member by its document";
	else if (!is_key_of(cs->v, m))
		why = "its key in the document is not that of its card";
	else if (!str_eqz(t->charter, term->digest))
		why = "its document states another charter than the policy";
	if (why != NULL) {
		snprintf(out->problem, sizeof(out->problem), "%s (version "
		    "%u)", why, t->version);
		out->foci = 0;
		return false;
	}
	out->foci = foci_bits(policy, t);
	return true;
}

/* ---- the store ---- */

static const char *
version_key(char key[static KEY_MAX], struct str name, uint32_t version)
{
	snprintf(key, KEY_MAX, "%.*s.%08u", (int)name.n, name.p, version);
	return key;
}

int
circle_text_of(struct circles *cs, struct str name, uint32_t version,
    struct arena *a, struct str *out)
{
	char key[KEY_MAX];

	if (name.n >= NAME_MAX_BYTES)
		return ERR_NOT_FOUND;
	return store_value(cs->v->store, SPACE, version_key(key, name,
	    version), a, out);
}

struct offers {
	struct arena *arena;
	circle_fn fn;
	void *arg;
};

static int
on_offer(void *arg, const char *key, struct str value)
{
	struct offers *o = arg;
	struct circle_text t;

	(void)key;
	arena_reset(o->arena);
	return circle_text_decode(value, o->arena, &t) == 0 ?
	    o->fn(o->arg, &t, value) : 0;
}

int
circle_offers(struct circles *cs, circle_fn fn, void *arg)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct offers o = { a, fn, arg };

	return store_values(cs->v->store, OFFERS, on_offer, &o);
}

/* In the open turn: hold this version, and say so in the log. */
static int
circle_store(struct circles *cs, const struct circle_text *t,
    struct str text)
{
	AUTO_BUF struct buf entry = { 0 };
	char key[KEY_MAX];

	TRY(store_set(cs->v->store, SPACE, version_key(key, t->name,
	    t->version), text));
	out_u64(&entry, (uint64_t)vault_now(cs->v).ms);
	out_str32(&entry, text);
	return audit_append(cs->v->audit, AUDIT_CIRCLE, buf_str(&entry));
}

/* ---- judging ---- */

static int
check_keys(const struct circles *cs, const struct circle_text *t,
    struct err *e)
{
	if (circle_text_member(t, str_of(cs->v->cert_id)) == NULL)
		return err_set(e, ERR_DENIED, "we are no member by it");
	for (size_t i = 0; i < t->nmembers; i++)
		if (!is_key_of(cs->v, &t->members[i]))
			return err_set(e, ERR_DENIED, "the key of %.*s in it "
			    "is not that of its card", (int)
			    t->members[i].id.n, t->members[i].id.p);
	return 0;
}

/* Somebody whose card we hold must have signed what a person brings. */
static int
check_vouched(const struct circles *cs, const struct circle_text *t,
    struct err *e)
{
	struct str by[CIRCLE_MEMBERS_MAX];
	size_t n = circle_text_signers(t, t, by);

	for (size_t i = 0; i < n; i++)
		if (peers_find(cs->v->peers, by[i]) != NULL)
			return 0;
	return err_set(e, ERR_SIGNATURE, "no member whose card we hold has "
	    "signed it");
}

static int
circle_judge(const struct circles *cs, const struct circle_text *t,
    bool by_hand, struct err *e)
{
	const struct circle_text *held = circle_held(cs, t->name);

	TRY(check_keys(cs, t, e));
	if (held == NULL && by_hand && t->version > 1)
		return check_vouched(cs, t, e);
	return circle_text_follows(t, held, e);
}

static bool
is_held(const struct circles *cs, const struct circle_text *t)
{
	const struct circle_text *held = circle_held(cs, t->name);

	return held != NULL && str_eq(held->body, t->body);
}

/* Who is in and who is out takes effect now, everywhere. */
static void
circles_changed(struct circles *cs)
{
	peers_terms_changed(cs->v->peers);
	for (size_t i = 0; i < peers_count(cs->v->peers); i++)
		circle_spread(peers_at(cs->v->peers, i));
}

int
circle_accept(struct circles *cs, struct str text, bool by_hand,
    struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct circle_text t;
	int rc = circle_text_decode(text, a, &t);

	if (rc != 0)
		return err_set(e, rc, "it is no circle document as they are "
		    "written");
	if (is_held(cs, &t))
		return 0;
	TRY(circle_judge(cs, &t, by_hand, e));
	rc = turn_open(cs->v->turn);
	if (rc == 0)
		rc = turn_commit_now(cs->v->turn, circle_store(cs, &t,
		    text));
	if (rc != 0)
		return err_set(e, rc, "the store cannot take it: %s",
		    err_text(rc));
	TRY(circles_keep(cs, text));
	log_notice("circle-version", "circle=%.*s version=%u members=%zu",
	    (int)t.name.n, t.name.p, t.version, t.nmembers);
	circles_changed(cs);
	return 1;
}

/* ---- over the wire ---- */

/* A later version than 1 reached us, who hold none: a person decides. */
static int
keep_offer(struct circles *cs, const struct peer *p,
    const struct circle_text *t, struct str text)
{
	log_notice("circle-offered", "peer=%s circle=%.*s version=%u "
	    "action=\"comityctl circle accept\"", p->card.cert_id,
	    (int)t->name.n, t->name.p, t->version);
	TRY(turn_open(cs->v->turn));
	/* One a peer: nobody fills the store with circles. */
	return store_set(cs->v->store, OFFERS, p->card.cert_id, text);
}

int
circle_received(struct peer *p, struct str text)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct circles *cs = p->v->circles;
	struct err e = { 0 };
	struct circle_text t;
	const struct circle_text *held;
	int rc;

	TRY(circle_text_decode(text, a, &t));
	held = circle_held(cs, t.name);
	/* Versions from before our time come with the one that is ours. */
	if (held == NULL && circle_text_member(&t,
	    str_of(p->v->cert_id)) == NULL)
		return 0;
	/* From members to members; others learn nothing from the answer. */
	if (circle_text_member(&t, str_of(p->card.cert_id)) == NULL) {
		log_warning("circle-refused", "peer=%s circle=%.*s version=%u"
		    " problem=\"the sender is no member\"", p->card.cert_id,
		    (int)t.name.n, t.name.p, t.version);
		return 0;
	}
	if (held == NULL && check_keys(cs, &t, NULL) == 0 &&
	    (t.version > 1 || charter_of(p->v->policy, t.name).n == 0))
		return keep_offer(cs, p, &t, text);
	rc = circle_accept(cs, text, false, &e);
	if (rc >= 0)
		return 0;
	log_warning("circle-refused", "peer=%s circle=%.*s version=%u "
	    "problem=\"%s\"", p->card.cert_id, (int)t.name.n, t.name.p,
	    t.version, e.text);
	return err_class(rc) == ERR_CLASS_SYS ? rc : 0;
}

static void
spread_one(struct peer *p, const struct circle_text *t)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES +
	    CIRCLE_TEXT_MAX);
	uint32_t from = terms_circle_version(p->terms, t->name);
	struct circle_text version;
	struct str text;

	/* Versions in which it is not are none of its business. */
	for (uint32_t n = from + 1; n <= t->version; n++) {
		arena_reset(a);
		if (circle_text_of(p->v->circles, t->name, n, a, &text) ==
		    0 && circle_text_decode(text, a, &version) == 0 &&
		    circle_text_member(&version,
		    str_of(p->card.cert_id)) != NULL)
			link_send(p->link, MESSAGE_CIRCLE, text);
	}
	/* It has it now, or has refused it. */
	terms_note_version(p->terms, t->name, t->version);
}

void
circle_spread(struct peer *p)
{
	struct policy_term term;
	struct circles *cs = p->v->circles;

	for (size_t i = 0; p->link != NULL && link_is_ready(p->link) &&
	    p->v->policy != NULL && p->party.org >= 0 &&
	    policy_term_with(p->v->policy, p->party.org, i, &term); i++) {
		const struct circle_text *t = term.circle ?
		    circle_held(cs, str_of(term.id)) : NULL;

		if (t != NULL && circle_has(cs, t->name, p->card.cert_id))
			spread_one(p, t);
	}
}
