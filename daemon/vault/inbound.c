#include "vault/inbound.h"

#include <string.h>

#include "gate/admit.h"
#include "host/clock.h"
#include "host/counters.h"
#include "merkle/seal.h"
#include "vault/consult/consult.h"
#include "vault/link.h"
#include "vault/outbound.h"
#include "vault/taxii_peer.h"
#include "vault/trust/evidence.h"
#include "warning/warning.h"
#include "wire/message.h"
#include "wire/msg_flow.h"
#include "wire/msg_receipt.h"
#include "wire/msg_records.h"
#include "wire/msg_subscribe.h"

static void
inbound_subscribe(struct peer *p)
{
	struct str every = STR("*");
	struct msg_subscribe m = { .kinds = &every, .nkinds = 1,
	    .cursor = p->cursor };
	AUTO_BUF struct buf payload = { 0 };

	memcpy(m.epoch, p->epoch, sizeof(m.epoch));
	msg_subscribe_encode(&m, &payload);
	link_send(p->link, MESSAGE_SUBSCRIBE, buf_str(&payload));
}

/* Our policy is another: what we refused may be welcome. */
static void
inbound_ask_again(struct peer *p)
{
	mono_ms_t now = clock_mono();

	if (!p->ask_again || (p->asked_again.ms != 0 &&
	    now.ms - p->asked_again.ms < ASK_AGAIN_MS))
		return;
	p->ask_again = false;
	p->asked_again = now;
	inbound_subscribe(p);
}

void
inbound_start(struct peer *p)
{
	AUTO_BUF struct buf payload = { 0 };

	p->rate.withheld = 0;	/* the whole credit is given anew */
	inbound_subscribe(p);
	msg_credit_encode((uint64_t)p->v->settings->limits.credit_bytes,
	    &payload);
	link_send(p->link, MESSAGE_CREDIT, buf_str(&payload));
}

/* What the gate is given of a message. */
static void
batch_from_message(const struct msg_records *m, struct peer *p,
    struct admit_record *records, struct admit_batch *out)
{
	for (size_t i = 0; i < m->nrecords; i++) {
		const struct msg_record *r = &m->records[i];

		records[i] = (struct admit_record){ .leaf = r->leaf,
		    .salt = r->salt, .label = m->labels[r->label],
		    .link = r->link, .bytes = r->bytes };
	}
	*out = (struct admit_batch){ .party = &p->party,
	    .sender = p->card.cert_id, .seal = m->seal,
	    .hashes = m->hashes, .nhashes = m->nhashes, .links = m->links,
	    .nlinks = m->nlinks, .v = records, .n = m->nrecords,
	    .now = vault_now(p->v) };
}

/* Count what became of each, and put the refusals into the receipt. */
static void
receipt_fill(struct msg_receipt *m, struct msg_refused *refused,
    const struct admit_verdict *v, size_t n)
{
	m->refused = refused;
	for (size_t i = 0; i < n; i++) {
		if (v[i].refusal != REFUSAL_NONE)
			refused[m->nrefused++] = (struct msg_refused){
			    (uint16_t)i, (uint16_t)v[i].refusal };
		else if (v[i].unchanged)
			m->unchanged++;
		else
			m->stored++;
	}
}

/* What was taken in may come again, unless the peer is over its rate. */
static void
inbound_give_credit(struct peer *p)
{
	AUTO_BUF struct buf out = { 0 };

	if (!rate_allows(&p->rate, &p->v->settings->limits, clock_mono()))
		return;
	msg_credit_encode(p->rate.withheld, &out);
	p->rate.withheld = 0;
	link_hold(p->link, MESSAGE_CREDIT, buf_str(&out));
}

/* Our signature over what we now hold, said once it is on disk. */
static int
inbound_receipt(struct peer *p, const struct msg_records *in,
    struct str payload, const struct admit_verdict *v)
{
	struct msg_refused *refused = mem_array(struct msg_refused,
	    in->nrecords);
	struct msg_receipt m = { .position = in->position,
	    .purpose = STR("") };
	AUTO_BUF struct buf out = { 0 };
	int rc;

	receipt_fill(&m, refused, v, in->nrecords);
	for (size_t i = 0; i < in->nrecords; i++)
		if (v[i].held)
			consult_held(p->v->consult);
	m.digest = sha256_of(payload.p, payload.n);
	msg_records_terms(in, &m.terms);
	rc = msg_receipt_sign(&m, p->v->key, &out);
	free(refused);
	TRY(rc);
	p->counts.received += m.stored;
	p->counts.unchanged += m.unchanged;
	p->counts.refused += m.nrefused;
	counter_add(CTR_RECORDS_RECEIVED, m.stored);
	counter_add(CTR_RECORDS_UNCHANGED, m.unchanged);
	counter_add(CTR_RECORDS_REFUSED, m.nrefused);
	link_hold(p->link, MESSAGE_RECEIPT, buf_str(&out));
	rate_take(&p->rate, &p->v->settings->limits, in->nrecords,
	    clock_mono());
	p->rate.withheld += payload.n;
	inbound_give_credit(p);
	return 0;
}

void
inbound_tick(struct peer *p)
{
	if (p->taxii != NULL)
		taxii_peer_tick(p->taxii);
	if (p->link == NULL || !link_is_ready(p->link))
		return;
	inbound_ask_again(p);
	outbound_tick(link_outbound(p->link));
	if (p->rate.withheld == 0 || turn_open(p->v->turn) < 0)
		return;
	inbound_give_credit(p);
}

/* What the batch says of who sent it, and of others. */
static int
inbound_evidence(struct peer *p, const struct msg_records *m,
    const struct admit_verdict *verdicts)
{
	struct evidence *e = p->v->evidence;
	bool proved = false;
	struct seal seal;

	if (seal_decode(m->seal, &seal) != 0)
		return 0;
	for (size_t i = 0; i < m->nrecords; i++) {
		struct str bytes = m->records[i].bytes;

		proved |= verdicts[i].refusal == REFUSAL_CHAIN;
		if (verdicts[i].refusal == REFUSAL_NONE &&
		    verdicts[i].unchecked &&
		    warning_is_empty(p->v->warnings))
			counter_inc(CTR_UNCHECKED);
		if (verdicts[i].refusal == REFUSAL_NONE &&
		    !verdicts[i].unchanged)
			TRY(evidence_object(e, bytes,
			    str_of(seal.cert_id)));
	}
	return proved ? evidence_proofs(e, p->card.cert_id) : 0;
}

static int
inbound_admit(struct peer *p, const struct msg_records *m,
    struct str payload, struct admit_verdict *verdicts)
{
	struct admit_record *records = mem_array(struct admit_record,
	    m->nrecords);
	struct admit_batch batch;
	int rc;

	batch_from_message(m, p, records, &batch);
	rc = admit_received(p->v->gate, &batch, verdicts);
	free(records);
	TRY(rc);
	p->cursor = m->position;
	TRY(peer_save_cursor(p));
	TRY(inbound_evidence(p, m, verdicts));
	return inbound_receipt(p, m, payload, verdicts);
}

int
inbound_records(struct peer *p, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct admit_verdict *verdicts;
	struct msg_records m;
	int rc;

	TRY(msg_records_decode(payload, arena, &m));
	if (m.position <= p->cursor)
		return ERR_ORDER;
	rc = turn_open(p->v->turn);
	if (rc < 0)
		return rc;
	verdicts = mem_array(struct admit_verdict, m.nrecords);
	rc = inbound_admit(p, &m, payload, verdicts);
	free(verdicts);
	if (rc < 0)
		turn_fail(p->v->turn, rc);
	else
		turn_wake(p->v->turn);
	return rc < 0 && err_class(rc) != ERR_CLASS_SYS ? rc : 0;
}
