#include "vault/taxii_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "wire/message.h"
#include "wire/msg_control.h"

#define RUN_RECORDS 512		/* looked at per turn */

static void
batch_clear(struct taxii_batch *b)
{
	buf_clear(&b->payload);
	free(b->seqs);
	free(b->redacted);
}

void
taxii_push_forget(struct taxii_peer *t)
{
	for (size_t i = 0; i < t->batches.n; i++)
		batch_clear(&t->batches.v[i]);
	if (t->batches.n > 0)
		delivery_forget_sent(t->p->delivery);
	t->batches.n = 0;
	t->sent = false;
}

/* The log says that they go: now they may. */
static void
on_decided(void *arg, bool ok)
{
	struct taxii_peer *t = arg;

	if (!ok) {
		taxii_end(t);
		return;
	}
	if (t->channel == NULL || t->batches.n == 0 || t->sent)
		return;
	t->sent = true;
	channel_send(t->channel, MESSAGE_CLIENT_PUSH,
	    buf_str(&t->batches.v[0].payload));
	counter_add(CTR_RECORDS_SENT, t->batches.v[0].n);
	t->p->counts.sent_bytes += t->batches.v[0].payload.n;
}

/* Only the objects go: that server has no use for seal and terms. */
static int
on_batch(void *arg, const struct release_batch *b)
{
	struct taxii_peer *t = arg;
	struct str objects[BATCH_RECORDS_MAX];
	struct taxii_batch new = { .n = b->n };
	int rc;

	new.number = delivery_position(t->p->delivery) + t->batches.n + 1;
	for (size_t i = 0; i < b->n; i++)
		objects[i] = b->v[i].bytes;
	rc = msg_objects_encode(&(struct msg_objects){ new.number, objects,
	    b->n }, &new.payload);
	if (rc < 0) {
		buf_clear(&new.payload);
		return rc;
	}
	new.seqs = mem_array(int64_t, b->n);
	new.redacted = mem_array(bool, b->n);
	for (size_t i = 0; i < b->n; i++) {
		new.seqs[i] = b->v[i].seq;
		new.redacted[i] = b->v[i].redacted;
	}
	vec_push(&t->batches, new);
	return 1;
}

/* Everything before what is still under way is settled. */
static void
push_settle(struct taxii_peer *t)
{
	int64_t settled = release_decided(t->p->release);

	for (size_t i = 0; i < t->batches.n; i++)
		for (size_t r = 0; r < t->batches.v[i].n; r++)
			if (t->batches.v[i].seqs[r] <= settled)
				settled = t->batches.v[i].seqs[r] - 1;
	delivery_set_settled(t->p->delivery, settled);
}

bool
taxii_peer_run(struct taxii_peer *t)
{
	struct vault *v = t->v;
	struct release_budget budget = { vault_now(v), RUN_RECORDS,
	    FRAME_RECORDS_MAX, 0 };
	int n;

	if (t->channel == NULL || t->is.push[0] == '\0' ||
	    t->batches.n > 0 || v->policy == NULL ||
	    v->state == VAULT_DRAINING || !release_waits(t->p->release) ||
	    turn_open(v->turn) < 0)
		return false;
	n = release_run(t->p->release, &budget, on_batch, t);
	if (n < 0) {
		turn_fail(v->turn, n);
		taxii_end(t);
		return false;
	}
	push_settle(t);
	if (t->batches.n > 0)
		turn_after(v->turn, on_decided, t);
	return n > 0;
}

/* ---- what became of it ---- */

static void
settle_list(struct peer *p, struct seq_list *l, enum delivery_state s)
{
	seq_list_sort(l);
	for (size_t i = 0; i < l->at.n; i++)
		delivery_set(p->delivery, l->at.v[i], s);
}

/* Into the log, and into the delivery state, in the open turn. */
static int
receipt_settle(struct taxii_peer *t, struct audit_receipt *r)
{
	struct peer *p = t->p;
	AUTO_BUF struct buf entry = { 0 };

	TRY(turn_open(t->v->turn));
	settle_list(p, &r->delivered, DELIVERY_DELIVERED);
	settle_list(p, &r->redacted, DELIVERY_REDACTED);
	settle_list(p, &r->refused, DELIVERY_REFUSED);
	delivery_set_position(p->delivery, r->position);
	audit_receipt_encode(r, &entry);
	return audit_append(t->v->audit, AUDIT_RECEIPT, buf_str(&entry));
}

/* Sort the batch by what the status said of each. */
static int
receipt_sort(const struct taxii_batch *b, const json_t *failed,
    struct audit_receipt *out)
{
	bool *is_failed = mem_array(bool, b->n);
	int rc = 0;

	for (size_t i = 0; i < json_array_size(failed); i++) {
		const json_t *at = json_array_get(failed, i);
		json_int_t k = json_integer_value(at);

		if (!json_is_integer(at) || k < 0 || (size_t)k >= b->n)
			rc = ERR_SYNTAX;
		else
			is_failed[k] = true;
	}
	for (size_t i = 0; i < b->n; i++) {
		struct seq_list *l = is_failed[i] ? &out->refused :
		    b->redacted[i] ? &out->redacted : &out->delivered;

		vec_push(&l->at, b->seqs[i]);
	}
	free(is_failed);
	return rc;
}

static int
pushed_settle(struct taxii_peer *t, const json_t *f)
{
	const json_t *number = json_object_get(f, "number");
	const char *text = json_string_value(json_object_get(f, "text"));
	/* A TAXII server signs nothing: its word is all there is. */
	struct audit_receipt r = { .peer = str_of(t->is.peer),
	    .at = vault_now(t->v), .message = STR("") };
	struct taxii_batch *b;
	int rc;

	if (t->batches.n == 0 || !t->sent || text == NULL ||
	    (uint64_t)json_integer_value(number) != t->batches.v[0].number)
		return ERR_ORDER;
	b = &t->batches.v[0];
	r.position = b->number;
	rc = receipt_sort(b, json_object_get(f, "failed"), &r);
	if (rc == 0)
		rc = receipt_settle(t, &r);
	if (r.refused.at.n > 0)
		log_notice("taxii-refuses", "peer=%s objects=%zu "
		    "why=\"%s\"", t->is.peer, r.refused.at.n, text);
	audit_receipt_clear(&r);
	return rc;
}

int
taxii_pushed(struct taxii_peer *t, struct str payload)
{
	json_t *f = json_loadb(payload.p, payload.n, 0, NULL);
	int rc = pushed_settle(t, f);

	json_decref(f);
	if (rc < 0) {
		if (err_class(rc) == ERR_CLASS_SYS)
			turn_fail(t->v->turn, rc);
		return rc;
	}
	batch_clear(&t->batches.v[0]);
	memmove(t->batches.v, t->batches.v + 1,
	    --t->batches.n * sizeof(t->batches.v[0]));
	t->sent = false;
	t->p->last_contact = clock_unix();
	push_settle(t);
	turn_after(t->v->turn, on_decided, t);
	turn_wake(t->v->turn);
	return 0;
}
