#include "gate/admit_private.h"

#include <stdio.h>
#include <string.h>

#include "gate/derived.h"
#include "gate/held.h"
#include "gate/proof.h"
#include "gate/shadow.h"
#include "gate/terms.h"
#include "policy/oblige.h"
#include "record/derive.h"
#include "merkle/seal.h"
#include "record/marking.h"

#define KEYS_ARENA_BYTES MIB(32)

/* One received batch on its way in. */
struct receive {
	struct admit a;
	const struct admit_batch *in;
	struct seals_received seal;	/* decoded and verified */
	struct digest leaves[BATCH_RECORDS_MAX];
	struct chain_table chain;
	struct chain_checker checker;
	uint8_t faults[CHAIN_LINKS_MAX];	/* of the links */
	int64_t terms[CHAIN_LINKS_MAX];	/* stored terms up to each, or 0 */
	uint32_t proved;		/* faults a proof was kept of */
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

/*
 * Markings that everybody knows may not be stricter than the sealed label.
 * What they say of purposes and conditions in our vocabulary, which need not
 * be the originator's, we take on ourselves: out.  A marking that is not
 * held here was read by the originator, and is in its label.
 */
static bool
receive_label_is_loose(struct receive *r, const struct stix_object *o,
    const struct label *sealed, struct terms_local *out)
{
	struct marking_source src = { admit_marking, &r->a, r->a.now };
	struct label marked;
	unsigned unknown;

	if (label_from_markings(o, policy_vocabulary(r->a.g->policy), &src,
	    sealed, &marked, &unknown) != 0)
		return true;
	if (unknown > 0)
		return false;
	out->lineage = marked.lineage & ~sealed->lineage;
	out->caveats = marked.caveats & ~sealed->caveats;
	out->purposes = marked.purposes;
	out->has_purposes = (sealed->purposes & ~marked.purposes) != 0;
	/* Not to be passed on at all: no way to do that is known. */
	if (marked.hops == 0 && sealed->hops > 0)
		out->caveats |= LABEL_UNKNOWN_BIT;
	return marked.tlp > sealed->tlp || marked.pap > sealed->pap;
}

/* The terms under which the record came, by number. */
static int
receive_terms(struct receive *r, uint8_t link, int64_t *out)
{
	AUTO_BUF struct buf text = { 0 };

	if (r->terms[link] == 0) {
		terms_of_chain(&r->chain, link, &text);
		TRY(store_intern_label(r->a.g->o.store, buf_str(&text),
		    &r->terms[link]));
	}
	*out = r->terms[link];
	return 0;
}

/*
 * What our policy adds to the lineage, what it obliges us to, and what the
 * markings say to us, is stored beside the terms.
 */
static int
receive_add_local(struct receive *r, const struct terms_local *local,
    struct admitted *w)
{
	AUTO_BUF struct buf terms = { 0 }, text = { 0 };

	if (local->lineage == 0 && local->caveats == 0 &&
	    !local->has_purposes)
		return 0;
	terms_of_chain(&r->chain, r->in->v[w->index].link, &terms);
	terms_with_local(buf_str(&terms), local,
	    policy_vocabulary(r->a.g->policy), &text);
	return store_intern_label(r->a.g->o.store, buf_str(&text),
	    &w->rec.desks);
}

/*
 * Refuse a record whose signed chain does not hold.  Of each fault in a
 * batch one proof is kept, unless it says nothing about the sender: that we
 * do not hold a card is not its doing.
 */
static int
receive_refuse_chain(struct receive *r, size_t i, enum chain_fault fault,
    struct admit_verdict *out)
{
	struct proof p;

	admit_refuse(out, fault == CHAIN_FAULT_SEAL ? REFUSAL_SEAL :
	    REFUSAL_CHAIN, chain_fault_text(fault));
	if (fault == CHAIN_FAULT_UNKNOWN || (r->proved >> fault & 1) != 0)
		return 0;
	r->proved |= 1U << fault;
	proof_of(r->in, i, fault, &p);
	return proof_keep(r->a.g, &p);
}

/* Has the sealed label a transfer for each link of the chain? */
static bool
receive_hops_reach(const struct receive *r, const struct label *sealed,
    uint16_t link)
{
	unsigned n = 0;

	for (; link != CHAIN_FIRST; link = r->chain.v[link].previous)
		n++;
	return n <= sealed->hops;
}

/* Looks for what a derived record was made of. */
struct source_search {
	struct receive *r;
	const struct label *label;	/* of the derived record, as sealed */
	bool looser;
};

/*
 * A derived record carries the join: in nothing but the audience and the
 * transfers left may it allow more than what its source was sealed with,
 * and it is of the source's kind.
 */
static int
on_source(void *arg, const struct store_record *rec)
{
	struct source_search *s = arg;
	const struct label *l = labels_get(s->r->a.g->labels, rec->label, 0);
	struct label source;

	if (l == NULL || (rec->flags & RECORD_TOMBSTONE) != 0)
		return 0;
	source = *l;
	source.audience = s->label->audience;
	source.hops = s->label->hops;
	source.seq = s->label->seq;
	s->looser = s->label->kind != source.kind ||
	    !label_le(&source, s->label);
	return s->looser;
}

static int
receive_check_source(struct receive *r, const struct stix_object *o,
    const struct label *sealed, enum chain_fault *out)
{
	struct source_search s = { r, sealed, false };
	struct str id = derive_source(o);
	int rc;

	if (id.n == 0)
		return 0;
	rc = store_find_id(r->a.g->o.store, id, r->a.arena, on_source, &s);
	if (s.looser)
		*out = CHAIN_FAULT_KIND;
	return rc < 0 ? rc : 0;
}

/* What in the record's chain does not hold, its sealed label included. */
static int
receive_find_fault(struct receive *r, const struct stix_object *o,
    const struct admitted *w, enum chain_fault *out)
{
	const struct admit_record *in = &r->in->v[w->index];
	const struct label *sealed = labels_get(r->a.g->labels, w->rec.label,
	    0);

	*out = chain_check_record(&r->chain, &r->checker, r->faults,
	    (struct chain_place){ in->link, in->leaf });
	if (*out != CHAIN_FAULT_NONE || sealed == NULL)
		return 0;
	if (!receive_hops_reach(r, sealed, in->link)) {
		*out = CHAIN_FAULT_HOPS;
		return 0;
	}
	return receive_check_source(r, o, sealed, out);
}

/*
 * What is stored of that record, and what its originator says of it now.
 * The same bytes under a later label of the same originator replace what is
 * here; under another one they are unchanged.  A newer version may allow
 * more than the one before only with a later label.  Return 1 if it goes on.
 */
static int
receive_compare_label(struct receive *r, const struct admitted *w,
    struct admit_verdict *out)
{
	const struct version_verdict *v = &r->a.version;
	const struct version_row *row = v->unchanged ? &v->same : &v->before;
	const struct label *l = labels_get(r->a.g->labels, w->rec.label, 0);
	char origin[CERT_ID_MAX + 1];
	struct label was;

	if (row->seq == 0 || row->label == w->rec.label || l == NULL)
		return !v->unchanged;
	TRY(gate_seal_origin(r->a.g, row->seal, origin));
	TRY(version_label(r->a.g, row, &was));
	if (v->unchanged) {
		out->unchanged = strcmp(origin, r->seal.origin) != 0 ||
		    l->seq <= was.seq;
		return !out->unchanged;
	}
	if (l->seq > was.seq || label_le(&was, l))
		return 1;
	admit_refuse(out, REFUSAL_LABEL, "allows more than the version "
	    "before it, without a later label sequence");
	return 0;
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
	struct terms_local local = { .lineage = 0 };
	struct gate_answer a;

	if (l == NULL) {
		admit_refuse(out, REFUSAL_LABEL, "the label does not read");
		return 0;
	}
	if (receive_label_is_loose(r, o, l, &local)) {
		admit_refuse(out, REFUSAL_LABEL,
		    "the object's own marking is stricter than its label");
		return 0;
	}
	if (!admit_is_for_us(r->a.g->policy, l)) {
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
	if (r->a.g->shadow != NULL)
		shadow_in(r->a.g->shadow, &(struct shadow_received){
		    .sender = r->in->sender, .label = w->rec.label,
		    .terms = w->rec.desks, .at = r->a.now }, &a);
	local.lineage |= a.add_lineage;
	local.caveats |= oblige_to_caveats(policy_vocabulary(q.policy),
	    a.obligations);
	TRY(receive_add_local(r, &local, w));
	out->unchecked = a.outcome <= OUTCOME_REDACT &&
	    (a.obligations >> OBLIGATION_WARNINGLIST_CHECK & 1) != 0;
	if (a.outcome == OUTCOME_PERMIT)
		return 1;
	if (a.outcome == OUTCOME_CONSULT) {
		w->rec.flags |= RECORD_HELD;
		out->held = true;
		return 1;
	}
	if (a.outcome == OUTCOME_REDACT) {
		int rc = derived_add(r->derived, &w->rec, &a);

		if (rc != ERR_DENIED)
			return rc;
	}
	admit_refuse_answer(r->a.g->policy, &a, out);
	return 0;
}

static int
receive_one(struct receive *r, size_t i, struct admit_verdict *out)
{
	const struct admit_record *in = &r->in->v[i];
	struct store *store = r->a.g->o.store;
	struct admitted w = { .index = i, .leaf = r->leaves[i] };
	struct stix_object o = { 0 };
	enum chain_fault fault;
	int rc = admit_read(&r->a, in->bytes, &o, out);

	if (rc <= 0)
		return rc;
	TRY(store_intern_label(store, in->label, &w.rec.label));
	rc = receive_compare_label(r, &w, out);
	if (rc <= 0)
		return rc;
	TRY(admit_describe(&r->a, &o, &w, out));
	TRY(receive_find_fault(r, &o, &w, &fault));
	if (fault != CHAIN_FAULT_NONE)
		return receive_refuse_chain(r, i, fault, out);
	TRY(receive_terms(r, in->link, &w.rec.desks));
	w.rec.source = r->source;
	rc = receive_decide(r, &o, &w, out);
	if (rc <= 0)
		return rc;
	w.rec.leaf = in->leaf;
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
	uint8_t last[BATCH_RECORDS_MAX];
	int64_t seal;

	if (r->a.waiting.n == 0)
		return 0;
	for (size_t i = 0; i < r->in->n; i++) {
		indices[i] = r->in->v[i].leaf;
		last[i] = r->in->v[i].link;
	}
	for (size_t i = 0; i < r->a.waiting.n; i++)
		here[r->a.waiting.v[i].index] = true;
	TRY(seals_keep(r->a.g->seals, r->in->seal, &(struct seals_claim){
	    .indices = indices, .leaves = r->leaves, .n = r->in->n,
	    .hashes = r->in->hashes, .nhashes = r->in->nhashes,
	    .here = here, .links = r->in->links, .nlinks = r->in->nlinks,
	    .last = last }, &seal));
	for (size_t i = 0; i < r->a.waiting.n; i++) {
		struct admitted *w = &r->a.waiting.v[i];

		w->rec.seal = seal;
		TRY(admit_put(&r->a, w));
		if ((w->rec.flags & RECORD_HELD) != 0)
			TRY(held_note(r->a.g, w->rec.seq, r->in->sender));
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

/* Look at every link once, before the records. */
static void
receive_check_chain(struct receive *r)
{
	struct gate *g = r->a.g;

	r->chain = (struct chain_table){ r->in->seal, r->in->links,
	    r->in->nlinks };
	r->checker = (struct chain_checker){ .originator = r->seal.origin,
	    .sender = r->in->sender, .receiver = g->o.cert_id,
	    .keys = g->o.keys, .keys_arg = g->o.keys_arg };
	chain_check(&r->chain, &r->checker, r->faults);
}

/*
 * Did the sender sign, in a chain that holds, for what its originator did
 * not seal like that?  Then that is kept.
 */
static int
receive_prove_seal(struct receive *r, struct admit_verdict *out)
{
	struct seal seal;

	if (seal_decode(r->in->seal, &seal) != 0 ||
	    r->a.g->o.keys(r->a.g->o.keys_arg, seal.cert_id) == NULL)
		return 0;
	memcpy(r->seal.origin, seal.cert_id, sizeof(r->seal.origin));
	receive_check_chain(r);
	for (size_t i = 0; i < r->in->n; i++)
		if (chain_check_record(&r->chain, &r->checker, r->faults,
		    (struct chain_place){ r->in->v[i].link,
		    r->in->v[i].leaf }) == CHAIN_FAULT_NONE)
			return receive_refuse_chain(r, i, CHAIN_FAULT_SEAL,
			    &out[i]);
	return 0;
}

/* The seal fails for all: it may be any of the records. */
static int
receive_refuse_seal(struct receive *r, struct admit_verdict *out)
{
	TRY(receive_prove_seal(r, out));
	refuse_all(r->in, out, REFUSAL_SEAL,
	    "not covered by a seal that verifies");
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
		receive_check_chain(r);
		rc = receive_all(r, out);
	} else {
		rc = receive_refuse_seal(r, out);
	}
	vec_clear(&r->a.waiting);
	derived_free(r->derived);
	free(r);
	return rc;
}
