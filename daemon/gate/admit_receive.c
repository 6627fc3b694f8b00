#include "gate/admit_private.h"

#include <stdio.h>
#include <string.h>

#include "gate/derived.h"
#include "gate/terms.h"
#include "record/marking.h"

#define KEYS_ARENA_BYTES MIB(32)

/* One received batch on its way in. */
struct receive {
	struct admit a;
	const struct admit_batch *in;
	struct seals_received seal;	/* decoded and verified */
	struct digest leaves[BATCH_RECORDS_MAX];
	int64_t source;			/* the sender, in the store */
	struct derived *derived;	/* owned: redacted on the way in */
};

static void
refuse_all(const struct admit_batch *in, struct admit_verdict *out,
    enum refusal refusal, const char *text)
{
	for (size_t i = 0; i < in->n; i++)
		admit_refuse(&out[i], refusal, text);
}

/*
 * A failed check ends the handling of the whole batch: a proof over several
 * leaves cannot say which of them is wrong.
 */
static bool
receive_seal_holds(struct receive *r)
{
	const struct admit_batch *in = r->in;
	uint16_t indices[BATCH_RECORDS_MAX];

	for (size_t i = 0; i < in->n; i++) {
		indices[i] = in->v[i].leaf;
		seals_leaf(in->v[i].salt, in->v[i].label, in->v[i].bytes,
		    &r->leaves[i]);
	}
	return seals_verify(r->a.g->seals, in->seal, &(struct seals_claim){
	    .indices = indices, .leaves = r->leaves, .n = in->n,
	    .hashes = in->hashes, .nhashes = in->nhashes }, &r->seal) == 0;
}

/* Markings that everybody knows may not be stricter than the sealed label. */
static bool
receive_label_is_loose(struct receive *r, const struct stix_object *o,
    const struct label *sealed)
{
	struct marking_source src = { admit_marking, &r->a };
	struct label base = *sealed, marked;
	unsigned unknown;

	if (label_from_markings(o, policy_vocabulary(r->a.g->policy), &src,
	    &base, &marked, &unknown) != 0)
		return true;
	return unknown == 0 &&
	    (marked.tlp > sealed->tlp || marked.pap > sealed->pap);
}

static void
refuse_by_answer(struct receive *r, const struct gate_answer *a,
    struct admit_verdict *out)
{
	const char *by = policy_rule_id(r->a.g->policy, a->by);
	enum refusal refusal = a->outcome == OUTCOME_CONSULT ?
	    REFUSAL_CONSULT : a->outcome == OUTCOME_FORBID ?
	    REFUSAL_WALL : REFUSAL_POLICY;
	char text[256];

	snprintf(text, sizeof(text), "%s by %s", outcome_name(a->outcome),
	    by[0] != '\0' ? by : reason_name(a->reason));
	admit_refuse(out, refusal, text);
}

/* What our policy adds to the lineage is stored beside the terms. */
static int
receive_add_lineage(struct receive *r, uint32_t lineage, struct admitted *w)
{
	AUTO_BUF struct buf text = { 0 };

	if (lineage == 0)
		return 0;
	terms_with_lineage(r->in->v[w->index].release, lineage,
	    policy_vocabulary(r->a.g->policy), &text);
	return store_intern_label(r->a.g->o.store, buf_str(&text),
	    &w->rec.desks);
}

/*
 * Ask the policy about one object.  Return 1 if it may come in as it is, 0
 * if not: out says why, or what is left of it waits in r->derived.
 */
static int
receive_decide(struct receive *r, const struct stix_object *o,
    struct admitted *w, struct admit_verdict *out)
{
	const struct label *l = labels_get(r->a.g->labels, w->rec.label,
	    w->rec.desks);
	struct gate_question q = { .policy = r->a.g->policy,
	    .party = r->in->party, .label = l, .now = r->a.now };
	static const struct desk_set nobody;
	struct gate_answer a;

	if (l == NULL) {
		admit_refuse(out, REFUSAL_LABEL, "the label does not read");
		return 0;
	}
	if (receive_label_is_loose(r, o, l)) {
		admit_refuse(out, REFUSAL_LABEL,
		    "the object's own marking is stricter than its label");
		return 0;
	}
	if (memcmp(&l->audience, &nobody, sizeof(nobody)) == 0) {
		admit_refuse(out, REFUSAL_LABEL,
		    "released to no desk of this CERT");
		return 0;
	}
	w->rec.expires = l->expires;
	if (l->expires.ms <= r->a.now.ms) {
		admit_refuse(out, REFUSAL_EXPIRED, "its label has expired");
		return 0;
	}
	answer_in(&q, &a);
	TRY(receive_add_lineage(r, a.add_lineage, w));
	if (a.outcome == OUTCOME_PERMIT)
		return 1;
	if (a.outcome == OUTCOME_REDACT) {
		int rc = derived_add(r->derived, &w->rec, &a);

		if (rc != ERR_DENIED)
			return rc;
	}
	refuse_by_answer(r, &a, out);
	return 0;
}

static int
receive_one(struct receive *r, size_t i, struct admit_verdict *out)
{
	const struct admit_record *in = &r->in->v[i];
	struct store *store = r->a.g->o.store;
	struct admitted w = { .index = i, .leaf = r->leaves[i] };
	struct stix_object o = { 0 };
	int rc = admit_read(&r->a, in->bytes, &o, out);

	if (rc <= 0)
		return rc;
	TRY(admit_describe(&r->a, &o, &w, out));
	TRY(store_intern_label(store, in->label, &w.rec.label));
	TRY(store_intern_label(store, in->release, &w.rec.desks));
	rc = receive_decide(r, &o, &w, out);
	if (rc <= 0)
		return rc;
	w.rec.leaf = in->leaf;
	w.rec.source = r->source;
	memcpy(w.rec.salt, in->salt, sizeof(w.rec.salt));
	vec_push(&r->a.waiting, w);
	return 0;
}

/* Store what waits, with the hashes that prove it without the others. */
static int
receive_store(struct receive *r)
{
	bool here[BATCH_RECORDS_MAX] = { false };
	uint16_t indices[BATCH_RECORDS_MAX];
	int64_t seal;

	if (r->a.waiting.n == 0)
		return 0;
	for (size_t i = 0; i < r->in->n; i++)
		indices[i] = r->in->v[i].leaf;
	for (size_t i = 0; i < r->a.waiting.n; i++)
		here[r->a.waiting.v[i].index] = true;
	TRY(seals_keep(r->a.g->seals, r->in->seal, &(struct seals_claim){
	    .indices = indices, .leaves = r->leaves, .n = r->in->n,
	    .hashes = r->in->hashes, .nhashes = r->in->nhashes,
	    .here = here }, &seal));
	for (size_t i = 0; i < r->a.waiting.n; i++) {
		struct admitted *w = &r->a.waiting.v[i];

		w->rec.seal = seal;
		TRY(store_put(r->a.g->o.store, &w->rec, w->keys.v,
		    w->keys.n, &w->rec.seq));
	}
	r->a.waiting.n = 0;
	return 0;
}

/* As receive_one, but never two of one id under one stored seal. */
static int
receive_next(struct receive *r, size_t i, struct admit_verdict *out)
{
	struct admitted last;
	size_t before = r->a.waiting.n;

	arena_reset(r->a.g->scratch);
	TRY(receive_one(r, i, out));
	if (before == 0 || r->a.waiting.n == before)
		return 0;
	last = r->a.waiting.v[--r->a.waiting.n];
	if (!admit_waits(&r->a, last.rec.id)) {
		r->a.waiting.n++;
		return 0;
	}
	TRY(receive_store(r));
	memset(out, 0, sizeof(*out));
	return receive_one(r, i, out);
}

/* What was admitted and refused goes into the log, by sender. */
static int
receive_log(struct receive *r, const struct admit_verdict *v)
{
	AUTO_BUF struct buf entry = { 0 };
	struct digest seal = sha256_of(r->in->seal.p, r->in->seal.n);

	out_u64(&entry, (uint64_t)r->a.now.ms);
	out_str8(&entry, str_of(r->in->sender));
	buf_add(&entry, seal.b, sizeof(seal.b));
	out_u16(&entry, (uint16_t)r->in->n);
	for (size_t i = 0; i < r->in->n; i++) {
		out_u16(&entry, r->in->v[i].leaf);
		out_u8(&entry, (uint8_t)v[i].refusal);
	}
	return audit_append(r->a.g->o.audit, AUDIT_ADMISSION,
	    buf_str(&entry));
}

/* Nothing is sent of what was redacted on the way in. */
static int
on_derived(void *arg, const struct store_record *rec, int64_t original,
    const struct gate_answer *a)
{
	(void)arg, (void)rec, (void)original, (void)a;
	return 0;
}

static int
receive_all(struct receive *r, struct admit_verdict *out)
{
	TRY(store_intern_name(r->a.g->o.store, str_of(r->in->sender),
	    &r->source));
	for (size_t i = 0; i < r->in->n; i++)
		TRY(receive_next(r, i, &out[i]));
	TRY(receive_store(r));
	TRY(derived_finish(r->derived, on_derived, NULL));
	return receive_log(r, out);
}

int
admit_received(struct gate *g, const struct admit_batch *in,
    struct admit_verdict *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KEYS_ARENA_BYTES);
	struct receive *r;
	int rc;

	if (in->n > BATCH_RECORDS_MAX)
		return ERR_LIMIT;
	memset(out, 0, in->n * sizeof(*out));
	if (g->policy == NULL) {
		refuse_all(in, out, REFUSAL_POLICY, "no policy is in force");
		return 0;
	}
	r = mem_new(struct receive);
	r->a = (struct admit){ .g = g, .arena = arena, .now = in->now };
	r->in = in;
	r->derived = derived_new(g, arena, in->now);
	if (receive_seal_holds(r)) {
		r->a.origin = r->seal.origin;
		rc = receive_all(r, out);
	} else {
		refuse_all(in, out, REFUSAL_SEAL,
		    "not covered by a seal that verifies");
		rc = receive_log(r, out);
	}
	vec_clear(&r->a.waiting);
	derived_free(r->derived);
	free(r);
	return rc;
}
