#include "vault/outbound.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "vault/link.h"
#include "vault/taxii_peer.h"
#include "vault/trust/evidence.h"
#include "wire/message.h"
#include "wire/msg_flow.h"
#include "wire/msg_receipt.h"
#include "wire/msg_records.h"
#include "wire/msg_subscribe.h"

#define RUN_RECORDS 512		/* looked at per peer and turn */
#define CREDIT_MAX (INT64_C(1) << 40)
#define KINDS_MAX 64

/* One RECORDS message under way: what its receipt will settle. */
struct flight {
	uint64_t position;
	struct digest digest;		/* of the payload */
	struct digest terms;
	bool late;			/* it was told that it is */
	size_t n, bytes;
	int64_t *seqs;			/* owned; by record index */
	bool *redacted;			/* owned */
};

struct outbound {
	struct peer *p;			/* borrowed */
	struct link *l;			/* borrowed */
	bool subscribed;
	mono_ms_t asked_again;		/* the last time, since it refused */
	int64_t credit;			/* below 0: a batch overshot it */
	uint64_t position;
	VEC(struct flight) flights;	/* owned, in order of position */
	size_t under_way;		/* bytes of them */
};

static void
flight_clear(struct flight *f)
{
	free(f->seqs);
	free(f->redacted);
}

struct outbound *
outbound_new(struct peer *p, struct link *l)
{
	struct outbound *o = mem_new(struct outbound);

	o->p = p;
	o->l = l;
	o->position = delivery_position(p->delivery);
	return o;
}

void
outbound_free(struct outbound *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->flights.n; i++)
		flight_clear(&o->flights.v[i]);
	vec_clear(&o->flights);
	free(o);
}

/*
 * The peer says how far it has our stream.  If it holds less than it signed
 * for, it lost its store: everything is offered again, and what it has
 * after all it answers with `unchanged`.
 */
static void
outbound_compare_cursor(struct outbound *o, const struct msg_subscribe *m)
{
	struct peer *p = o->p;
	bool ours = memcmp(m->epoch, p->v->epoch, sizeof(m->epoch)) == 0;

	/* It has what it could not tell us any more: go on from there. */
	if (ours && m->cursor > o->position)
		o->position = m->cursor;
	if (delivery_position(p->delivery) == 0 ||
	    (ours && m->cursor >= delivery_position(p->delivery)))
		return;
	log_notice("peer-behind", "peer=%s", p->card.cert_id);
	delivery_reset(p->delivery, true);
	o->position = 0;
	turn_wake(p->v->turn);
}

/*
 * A second SUBSCRIBE on one connection: what it refused it may take now.
 * Not too often: each makes us look at everything.
 */
static void
outbound_ask_again(struct outbound *o)
{
	mono_ms_t now = clock_mono();

	if (o->asked_again.ms != 0 &&
	    now.ms - o->asked_again.ms < ASK_AGAIN_MS / 2)
		return;
	o->asked_again = now;
	delivery_forget_refused(o->p->delivery);
}

int
outbound_subscribe(struct outbound *o, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	struct msg_subscribe m;

	TRY(msg_subscribe_decode(payload, arena, &m));
	outbound_compare_cursor(o, &m);
	if (o->subscribed)
		outbound_ask_again(o);
	release_start(o->p->release, m.kinds, m.nkinds, m.min_confidence);
	o->subscribed = true;
	turn_wake(o->p->v->turn);
	return 0;
}

int
outbound_credit(struct outbound *o, struct str payload)
{
	uint64_t more;

	TRY(msg_credit_decode(payload, &more));
	if (more > (uint64_t)CREDIT_MAX ||
	    o->credit + (int64_t)more > CREDIT_MAX)
		return ERR_LIMIT;
	o->credit += (int64_t)more;
	turn_wake(o->p->v->turn);
	return 0;
}

void
outbound_restart(struct outbound *o)
{
	release_restart(o->p->release);
	turn_wake(o->p->v->turn);
}

/* Number the texts of a batch: equal ones share a number. */
static uint8_t
text_index(struct str *texts, size_t *n, struct str text)
{
	for (size_t i = *n; i-- > 0;)
		if (str_eq(texts[i], text))
			return (uint8_t)i;
	texts[(*n)++] = text;
	return (uint8_t)(*n - 1);
}

/* The RECORDS message for a batch. */
static void
batch_message(const struct release_batch *b, uint64_t position,
    struct msg_records *m, struct msg_record *records)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct release_record *r = &b->v[i];

		records[i] = (struct msg_record){ .leaf = r->leaf,
		    .label = text_index(m->labels, &m->nlabels, r->label),
		    .link = r->link, .bytes = r->bytes };
		memcpy(records[i].salt, r->salt, sizeof(records[i].salt));
	}
	m->position = position;
	m->seal = b->seal;
	m->records = records;
	m->nrecords = b->n;
	m->links = b->links;
	m->nlinks = b->nlinks;
	m->hashes = b->hashes;
	m->nhashes = b->nhashes;
}

/* Remember what is under way, so that the receipt can settle it. */
static void
outbound_note(struct outbound *o, const struct release_batch *b,
    const struct msg_records *m, struct str payload)
{
	struct flight f = { .position = o->position, .n = b->n,
	    .bytes = payload.n };

	f.seqs = mem_array(int64_t, b->n);
	f.redacted = mem_array(bool, b->n);
	for (size_t i = 0; i < b->n; i++) {
		f.seqs[i] = b->v[i].seq;
		f.redacted[i] = b->v[i].redacted;
	}
	f.digest = sha256_of(payload.p, payload.n);
	msg_records_terms(m, &f.terms);
	o->under_way += payload.n;
	vec_push(&o->flights, f);
}

static int
on_batch(void *arg, const struct release_batch *b)
{
	struct outbound *o = arg;
	struct str labels[BATCH_RECORDS_MAX];
	struct msg_record *records = mem_array(struct msg_record, b->n);
	struct msg_records m = { .labels = labels };
	AUTO_BUF struct buf payload = { 0 };
	int rc;

	batch_message(b, o->position + 1, &m, records);
	rc = msg_records_encode(&m, &payload);
	free(records);
	TRY(rc);
	o->position++;
	outbound_note(o, b, &m, buf_str(&payload));
	link_hold(o->l, MESSAGE_RECORDS, buf_str(&payload));
	o->p->counts.sent_bytes += payload.n;
	counter_add(CTR_RECORDS_SENT, b->n);
	o->credit -= (int64_t)payload.n;
	return o->credit <= 0 ? 1 : 0;
}

/* Everything before what is still under way is settled. */
static void
outbound_settle(struct outbound *o)
{
	int64_t settled = release_decided(o->p->release);

	for (size_t i = 0; i < o->flights.n; i++)
		for (size_t r = 0; r < o->flights.v[i].n; r++)
			if (o->flights.v[i].seqs[r] <= settled)
				settled = o->flights.v[i].seqs[r] - 1;
	delivery_set_settled(o->p->delivery, settled);
}

/* One peer's share of a turn; true if it may have more to do. */
static bool
outbound_share(struct outbound *o)
{
	struct vault *v = o->p->v;
	struct release_budget budget = { vault_now(v), RUN_RECORDS,
	    o->credit > 0 ? (size_t)o->credit : 0, o->under_way };
	int n;

	if (!o->subscribed || o->credit <= 0 || v->policy == NULL ||
	    !release_waits(o->p->release) || turn_open(v->turn) < 0)
		return false;
	n = release_run(o->p->release, &budget, on_batch, o);
	if (n < 0) {
		turn_fail(v->turn, n);
		return false;
	}
	outbound_settle(o);
	return n > 0;
}

void
outbound_run(struct vault *v)
{
	bool more = false;

	for (size_t i = 0; i < peers_count(v->peers); i++) {
		struct peer *p = peers_at(v->peers, i);

		if (p->taxii != NULL)
			more |= taxii_peer_run(p->taxii);
		else if (p->link != NULL && link_is_ready(p->link))
			more |= outbound_share(link_outbound(p->link));
	}
	if (more)
		turn_wake(v->turn);
}

/* Sort the records of a flight by what the receipt says of each. */
static int
receipt_sort(const struct flight *f, const struct msg_receipt *m,
    struct audit_receipt *out)
{
	size_t next = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct seq_list *l = f->redacted[i] ? &out->redacted :
		    &out->delivered;

		if (next < m->nrefused && m->refused[next].index == i) {
			l = &out->refused;
			next++;
		}
		vec_push(&l->at, f->seqs[i]);
	}
	return next == m->nrefused &&
	    (size_t)m->stored + m->unchanged + m->nrefused == f->n ?
	    0 : ERR_VALUE;
}

static void
settle_list(struct peer *p, struct seq_list *l, enum delivery_state s)
{
	seq_list_sort(l);
	for (size_t i = 0; i < l->at.n; i++)
		delivery_set(p->delivery, l->at.v[i], s);
}

/* Into the log, and into the delivery state, in the open turn. */
static int
receipt_settle(struct outbound *o, struct audit_receipt *r)
{
	struct peer *p = o->p;
	AUTO_BUF struct buf entry = { 0 };

	TRY(turn_open(p->v->turn));
	settle_list(p, &r->delivered, DELIVERY_DELIVERED);
	settle_list(p, &r->redacted, DELIVERY_REDACTED);
	settle_list(p, &r->refused, DELIVERY_REFUSED);
	delivery_set_position(p->delivery, r->position);
	audit_receipt_encode(r, &entry);
	return audit_append(p->v->audit, AUDIT_RECEIPT, buf_str(&entry));
}

/* The receipt is for the oldest message under way, and signed by the peer. */
static int
receipt_check(const struct outbound *o, const struct msg_receipt *m,
    struct str payload)
{
	if (o->flights.n == 0 || o->flights.v[0].position != m->position)
		return ERR_ORDER;
	if (!digest_eq(&o->flights.v[0].digest, &m->digest) ||
	    !digest_eq(&o->flights.v[0].terms, &m->terms))
		return ERR_VALUE;
	return msg_receipt_verify(payload, o->p->key);
}

/*
 * That it signed for what it got, under our terms, or did not in time, is
 * known of it now.
 */
static void
receipt_evidence(const struct outbound *o, uint64_t position, bool missing)
{
	char text[64];
	int rc;

	snprintf(text, sizeof(text), "position %" PRIu64, position);
	rc = evidence_add(o->p->v->evidence, &(struct evidence_item){
	    .peer = str_of(o->p->card.cert_id), .kind = missing ?
	    TRUST_RECEIPT_MISSING : TRUST_RECEIPT, .record = str_of(text),
	    .reason = missing ? STR("no receipt within receipt-deadline") :
	    STR("receipt with our terms") });
	if (rc < 0)
		turn_fail(o->p->v->turn, rc);
}

void
outbound_tick(struct outbound *o)
{
	struct flight *f = o->flights.v;

	if (o->flights.n == 0)
		return;
	/* Who comes back on another connection has not signed either. */
	o->p->unsigned_s++;
	if (f->late || SEC(o->p->unsigned_s) <=
	    o->p->v->settings->limits.receipt_ms ||
	    turn_open(o->p->v->turn) < 0)
		return;
	f->late = true;
	receipt_evidence(o, f->position, true);
}

int
outbound_receipt(struct outbound *o, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	struct audit_receipt r = { .peer = str_of(o->p->card.cert_id),
	    .at = vault_now(o->p->v), .message = payload };
	struct msg_receipt m;
	int rc;

	TRY(msg_receipt_decode(payload, arena, &m));
	TRY(receipt_check(o, &m, payload));
	r.position = m.position;
	rc = receipt_sort(&o->flights.v[0], &m, &r);
	if (rc == 0) {
		rc = receipt_settle(o, &r);
		if (rc < 0)
			turn_fail(o->p->v->turn, rc);
	}
	audit_receipt_clear(&r);
	TRY(rc);
	o->p->unsigned_s = 0;
	if (!o->flights.v[0].late)
		receipt_evidence(o, m.position, false);
	o->under_way -= o->flights.v[0].bytes;
	flight_clear(&o->flights.v[0]);
	memmove(o->flights.v, o->flights.v + 1,
	    --o->flights.n * sizeof(o->flights.v[0]));
	outbound_settle(o);
	turn_wake(o->p->v->turn);
	return 0;
}
