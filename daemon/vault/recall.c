#include "vault/recall.h"

#include <stdio.h>
#include <string.h>

#include "gate/derived.h"
#include "host/log.h"
#include "record/stix.h"
#include "vault/consult/consult.h"
#include "vault/link.h"
#include "vault/record_json.h"
#include "vault/trust/evidence.h"
#include "wire/message.h"
#include "wire/msg_recall.h"

/*
 * Open recalls: space "recall", key "<peer> <digest hex>"; the value is the
 * RECALL payload.  A confirmed one moves to space "recalled".
 */
#define OPEN "recall"
#define CLOSED "recalled"
#define KEY_MAX (CERT_ID_MAX + 2 * DIGEST_BYTES + 8)
#define ARENA_BYTES MIB(8)

static void
recall_key(const char *peer, const struct digest *d, char dst[KEY_MAX])
{
	char hex[2 * DIGEST_BYTES + 1];

	hex_encode(hex, d->b, DIGEST_BYTES);
	snprintf(dst, KEY_MAX, "%s %s", peer, hex);
}

static int
recall_log(struct vault *v, struct str payload)
{
	AUTO_BUF struct buf entry = { 0 };

	out_u64(&entry, (uint64_t)vault_now(v).ms);
	out_str16(&entry, payload);
	return audit_append(v->audit, AUDIT_RECALL, buf_str(&entry));
}

/* The signed message that withdraws r. */
static int
recall_message(struct vault *v, const struct store_record *r,
    const char *reason, struct buf *out)
{
	AUTO(stix_reader_free) struct stix_reader *reader =
	    stix_reader_new();
	struct msg_recall m = { .at = vault_now(v),
	    .reason = str_of(reason), .originator = str_of(v->cert_id) };
	struct stix_problem problem;
	struct stix_object o;

	if (stix_read(reader, r->bytes, &o, &problem) != 0)
		return ERR_STORE;
	m.id = o.id;
	m.modified = o.modified_text;
	m.digest = sha256_of(r->bytes.p, r->bytes.n);
	return msg_recall_sign(&m, v->key, out);
}

/* A recall on its way: the signed message, whose it is, who told us. */
struct recall_word {
	struct str payload, originator;
	const struct peer *from;	/* NULL: it begins here */
};

/* Does the peer hold it, or may it be on its way there? */
static bool
peer_may_hold(const struct peer *p, int64_t seq)
{
	enum delivery_state s = delivery_get(p->delivery, seq);

	return s == DELIVERY_DELIVERED || s == DELIVERY_REDACTED ||
	    s == DELIVERY_SENT ||
	    (s == DELIVERY_NONE && seq > delivery_settled(p->delivery));
}

static int
recall_tell(struct peer *p, const struct store_record *r, struct str payload)
{
	struct digest d = sha256_of(r->bytes.p, r->bytes.n);
	char key[KEY_MAX];

	recall_key(p->card.cert_id, &d, key);
	TRY(store_set(p->v->store, OPEN, key, payload));
	if (p->link != NULL && link_is_ready(p->link))
		link_hold(p->link, MESSAGE_RECALL, payload);
	return 0;
}

/*
 * Say it to everybody who may hold `original`, or what came of it, but for
 * those two who know: who recalls it, and who told us (NULL: nobody).
 */
static int
recall_tell_all(struct vault *v, const struct store_record *r,
    int64_t original, const struct recall_word *w)
{
	for (size_t i = 0; i < peers_count(v->peers); i++) {
		struct peer *p = peers_at(v->peers, i);

		if (p != w->from && !str_eqz(w->originator, p->card.cert_id) &&
		    peer_may_hold(p, original))
			TRY(recall_tell(p, r, w->payload));
	}
	return 0;
}

/* Withdraw one stored object from whoever may hold `original` of it. */
static int
recall_one(struct vault *v, const struct store_record *r, int64_t original,
    const char *reason)
{
	AUTO_BUF struct buf payload = { 0 };
	struct recall_word w = { .originator = str_of(v->cert_id) };

	TRY(recall_message(v, r, reason, &payload));
	w.payload = buf_str(&payload);
	TRY(recall_log(v, w.payload));
	TRY(recall_tell_all(v, r, original, &w));
	consult_recalled(v->consult);
	return gate_tombstone(v->gate, r);
}

/* What was derived of the recalled record goes with it. */
struct derived_recall {
	struct vault *v;
	int64_t original;
	const char *reason;
};

static int
on_derived(void *arg, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct derived_recall *d = arg;
	struct store_record r;

	TRY(store_get(d->v->store, seq, arena, &r));
	if ((r.flags & RECORD_TOMBSTONE) != 0)
		return 0;
	return recall_one(d->v, &r, d->original, d->reason);
}

/* Every stored version of one id that began here. */
struct versions {
	VEC(int64_t) seqs;
};

static int
on_own_version(void *arg, const struct store_record *r)
{
	struct versions *all = arg;

	if ((r->flags & RECORD_OWN) != 0 &&
	    (r->flags & RECORD_TOMBSTONE) == 0)
		vec_push(&all->seqs, r->seq);
	return 0;
}

int
recall_version(struct vault *v, int64_t seq, const char *reason)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct derived_recall d = { v, seq, reason };
	struct store_record r;

	TRY(store_get(v->store, seq, arena, &r));
	TRY(derived_each(v->gate, seq, on_derived, &d));
	return recall_one(v, &r, seq, reason);
}

int
recall_start(struct vault *v, const struct store_record *r,
    const char *reason)
{
	AUTO(stix_reader_free) struct stix_reader *reader =
	    stix_reader_new();
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct versions all = { { 0 } };
	struct stix_problem problem;
	struct stix_object o;
	int rc;

	if ((r->flags & (RECORD_OWN | RECORD_OPINION)) != RECORD_OWN)
		return ERR_DENIED;
	if (stix_read(reader, r->bytes, &o, &problem) != 0)
		return ERR_STORE;
	rc = store_find_id(v->store, o.id, arena, on_own_version, &all);
	for (size_t i = 0; rc == 0 && i < all.seqs.n; i++)
		rc = recall_version(v, all.seqs.v[i], reason);
	vec_clear(&all.seqs);
	return rc;
}

struct each {
	struct str id;
	recall_visit visit;
	void *arg;
	bool confirmed;
};

static int
on_recall(void *arg, const char *key, struct str value)
{
	struct each *e = arg;
	struct msg_recall m;
	char peer[CERT_ID_MAX + 1];

	if (msg_recall_decode(value, &m) != 0 || !str_eq(m.id, e->id))
		return 0;
	snprintf(peer, sizeof(peer), "%.*s", (int)strcspn(key, " "), key);
	e->visit(e->arg, peer, e->confirmed);
	return 0;
}

int
recall_each(struct vault *v, struct str id, recall_visit visit, void *arg)
{
	struct each e = { id, visit, arg, false };

	TRY(store_values(v->store, OPEN, on_recall, &e));
	e.confirmed = true;
	return store_values(v->store, CLOSED, on_recall, &e);
}

static int
on_waiting(void *arg, const char *key, struct str value)
{
	struct peer *p = arg;
	size_t n = strlen(p->card.cert_id);

	if (strncmp(key, p->card.cert_id, n) == 0 && key[n] == ' ')
		link_send(p->link, MESSAGE_RECALL, value);
	return 0;
}

int
recall_send_waiting(struct peer *p)
{
	return store_values(p->v->store, OPEN, on_waiting, p);
}

/* What is looked for among the stored versions of the recalled id. */
struct target {
	struct vault *v;
	const struct msg_recall *m;
	struct store_record found;
	bool have;
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct target *t = arg;
	struct digest d = sha256_of(r->bytes.p, r->bytes.n);

	if ((r->flags & RECORD_TOMBSTONE) != 0 ||
	    !digest_eq(&d, &t->m->digest))
		return 0;
	t->found = *r;
	t->have = true;
	return 1;
}

/*
 * It was sent on from here: the originator's own message goes to everybody
 * who may hold it, and what was made of it here is recalled as ours.
 */
static int
recall_pass_on(struct vault *v, const struct store_record *r,
    const struct recall_word *w)
{
	struct derived_recall d = { v, r->seq,
	    "what it was derived from was recalled" };

	TRY(derived_each(v->gate, r->seq, on_derived, &d));
	return recall_tell_all(v, r, r->seq, w);
}

/* Delete what the originator withdraws; out_had: it was here. */
static int
recall_obey(struct peer *p, const struct msg_recall *m, struct str payload,
    bool *out_had)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct target t = { .v = p->v, .m = m };
	struct recall_word w = { payload, m->originator, p };
	char origin[CERT_ID_MAX + 1];
	int rc = store_find_id(p->v->store, m->id, arena, on_version, &t);

	if (rc < 0)
		return rc;
	if (!t.have && str_eqz(m->originator, p->v->cert_id))
		return 0;
	if (!t.have) {
		snprintf(origin, sizeof(origin), "%.*s",
		    (int)m->originator.n, m->originator.p);
		return gate_withdraw(p->v->gate, origin, &m->digest);
	}
	TRY(gate_seal_origin(p->v->gate, t.found.seal, origin));
	if (!str_eqz(m->originator, origin))
		return ERR_AUTH;
	*out_had = true;
	TRY(evidence_withdrawn(p->v->evidence, m->originator, m->id,
	    STR("it recalled the record")));
	TRY(recall_pass_on(p->v, &t.found, &w));
	TRY(gate_tombstone(p->v->gate, &t.found));
	consult_recalled(p->v->consult);
	/* It may be here again, under a later label. */
	return recall_obey(p, m, payload, out_had);
}

static int
recall_answer(struct peer *p, const struct msg_recall *m, bool had)
{
	struct msg_recalled answer = { .id = m->id, .modified = m->modified,
	    .digest = m->digest, .at = vault_now(p->v), .had_it = had };
	AUTO_BUF struct buf out = { 0 };

	TRY(msg_recalled_sign(&answer, p->v->key, &out));
	link_hold(p->link, MESSAGE_RECALLED, buf_str(&out));
	return 0;
}

int
recall_received(struct peer *p, struct str payload)
{
	const struct verify_key *key;
	struct msg_recall m;
	char origin[CERT_ID_MAX + 1];
	bool had = false;
	int rc;

	TRY(msg_recall_decode(payload, &m));
	snprintf(origin, sizeof(origin), "%.*s", (int)m.originator.n,
	    m.originator.p);
	key = strcmp(origin, p->v->cert_id) == 0 ? p->v->own_key :
	    peers_keys(p->v->peers, origin);
	if (key == NULL) {
		/* It stays open there, for the day when its card is here. */
		log_notice("recall-unknown", "peer=%s originator=%s "
		    "action=\"add the card of that CERT\"",
		    p->card.cert_id, origin);
		return 0;
	}
	TRY(msg_recall_verify(payload, key));
	TRY(turn_open(p->v->turn));
	rc = recall_obey(p, &m, payload, &had);
	if (rc == 0)
		rc = recall_log(p->v, payload);
	if (rc == 0)
		rc = recall_answer(p, &m, had);
	if (err_class(rc) == ERR_CLASS_SYS)
		turn_fail(p->v->turn, rc);
	return rc;
}

int
recall_confirmed(struct peer *p, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	struct msg_recalled m;
	char key[KEY_MAX];
	struct str open;
	int rc;

	TRY(msg_recalled_decode(payload, &m));
	TRY(msg_recalled_verify(payload, p->key));
	recall_key(p->card.cert_id, &m.digest, key);
	rc = store_value(p->v->store, OPEN, key, arena, &open);
	if (rc == ERR_NOT_FOUND)
		return 0;	/* confirmed twice */
	TRY(rc);
	TRY(turn_open(p->v->turn));
	rc = store_set(p->v->store, CLOSED, key, open);
	if (rc == 0)
		rc = store_unset(p->v->store, OPEN, key);
	if (rc == 0)
		rc = recall_log(p->v, payload);
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	return rc;
}
