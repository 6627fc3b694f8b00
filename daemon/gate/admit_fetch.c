#include "gate/admit_private.h"

#include <string.h>

#include "gate/held.h"
#include "gate/shadow.h"
#include "policy/oblige.h"
#include "record/marking.h"

#define KEYS_ARENA_BYTES MIB(32)

/* What one peer without seals gave us, on its way in. */
struct fetch {
	struct admit a;
	const struct admit_fetch *in;
};

/* The label its entry in the policy says, tightened by its own markings. */
static int
fetch_label(struct fetch *f, const struct stix_object *o, struct label *out)
{
	const struct policy *p = f->a.g->policy;
	struct marking_source src = { admit_marking, &f->a, f->a.now };
	struct label base, l;
	unsigned unknown;

	policy_source_label(p, f->in->party->org, -1, &base);
	base.kind = policy_classify(p, o);
	TRY(label_from_markings(o, policy_vocabulary(p), &src, &base, &l,
	    &unknown));
	/* A marking of ours, read from elsewhere, may not widen anything. */
	label_join(&l, &l, &base);
	l.kind = base.kind;
	label_normalise(&l, policy_vocabulary(p));
	org_set_add(&l.roots, (unsigned)f->in->party->org);
	*out = l;
	return 0;
}

/* As it will be sealed; what is asked of the shadow has to be stored. */
static int
fetch_write_label(struct fetch *f, const struct label *l,
    struct admitted *w)
{
	AUTO_BUF struct buf text = { 0 };

	label_encode(l, policy_vocabulary(f->a.g->policy), &text);
	w->label.n = text.n;
	w->label.p = arena_dup(f->a.arena, text.p, text.n);
	if (w->label.p == NULL)
		return ERR_LIMIT;
	w->rec.expires = l->expires;
	return store_intern_label(f->a.g->o.store, w->label, &w->rec.label);
}

/* What can be said without the policy's rules. */
static bool
fetch_label_serves(struct fetch *f, const struct label *l,
    struct admit_verdict *out)
{
	if (!admit_is_for_us(f->a.g->policy, l))
		admit_refuse(out, REFUSAL_LABEL,
		    "released to no desk of this CERT");
	else if (l->expires.ms <= f->a.now.ms)
		admit_refuse(out, REFUSAL_EXPIRED, "its label has expired");
	return out->refusal == REFUSAL_NONE;
}

/* Ask the policy.  Return 1 if it comes in, 0 if out says why not. */
static int
fetch_decide(struct fetch *f, struct label *l, struct admitted *w,
    struct admit_verdict *out)
{
	struct gate *g = f->a.g;
	struct gate_question q = { .policy = g->policy,
	    .party = f->in->party, .label = l, .now = f->a.now };
	struct gate_answer a;

	answer_in(&q, &a);
	if (g->shadow != NULL) {
		TRY(fetch_write_label(f, l, w));
		shadow_in(g->shadow, &(struct shadow_received){
		    .sender = f->in->sender, .label = w->rec.label,
		    .terms = 0, .at = f->a.now }, &a);
	}
	if (a.outcome != OUTCOME_PERMIT && a.outcome != OUTCOME_CONSULT) {
		admit_refuse_answer(g->policy, &a, out);
		return 0;
	}
	l->lineage |= a.add_lineage;
	l->caveats |= oblige_to_caveats(policy_vocabulary(g->policy),
	    a.obligations);
	out->unchecked = a.outcome == OUTCOME_PERMIT &&
	    (a.obligations >> OBLIGATION_WARNINGLIST_CHECK & 1) != 0;
	out->held = a.outcome == OUTCOME_CONSULT;
	if (out->held)
		w->rec.flags |= RECORD_HELD;
	TRY(admit_label_sequence(&f->a, l));
	TRY(fetch_write_label(f, l, w));
	return 1;
}

static int
fetch_one(struct fetch *f, size_t i, struct admit_verdict *out)
{
	struct admitted w = { .index = i };
	struct stix_object o = { 0 };
	struct label l;
	int rc = admit_read(&f->a, f->in->v[i], &o, out);

	if (rc <= 0 || out->unchanged)
		return rc < 0 ? rc : 0;
	TRY(fetch_label(f, &o, &l));
	if (!fetch_label_serves(f, &l, out))
		return 0;
	w.rec.flags = RECORD_FETCHED;
	w.rec.source = f->a.source;
	rc = fetch_decide(f, &l, &w, out);
	if (rc <= 0)
		return rc;
	TRY(admit_describe(&f->a, &o, &w, out));
	crypto_random(w.rec.salt, sizeof(w.rec.salt));
	seals_leaf(w.rec.salt, w.label, w.rec.bytes, &w.leaf);
	vec_push(&f->a.waiting, w);
	return 0;
}

/* Seal what waits as one batch and store it. */
static int
fetch_seal(struct fetch *f)
{
	struct digest leaves[BATCH_RECORDS_MAX];
	struct gate *g = f->a.g;
	int64_t seal;

	if (f->a.waiting.n == 0)
		return 0;
	for (size_t i = 0; i < f->a.waiting.n; i++)
		leaves[i] = f->a.waiting.v[i].leaf;
	TRY(seals_make(g->seals, &(struct seals_leaves){ leaves,
	    f->a.waiting.n }, f->a.now, &seal));
	for (size_t i = 0; i < f->a.waiting.n; i++) {
		struct admitted *w = &f->a.waiting.v[i];

		w->rec.seal = seal;
		w->rec.leaf = (uint16_t)i;
		TRY(admit_put(&f->a, w));
		if ((w->rec.flags & RECORD_HELD) != 0)
			TRY(held_note(g, w->rec.seq, f->in->sender));
	}
	f->a.waiting.n = 0;
	return 0;
}

/*
 * As fetch_one; if another version of that id waits for the same seal, it is
 * stored first, so that the two are compared.
 */
static int
fetch_next(struct fetch *f, size_t i, struct admit_verdict *out)
{
	struct admitted last;
	size_t before = f->a.waiting.n;

	arena_reset(f->a.g->scratch);
	TRY(fetch_one(f, i, out));
	if (before == 0 || f->a.waiting.n == before)
		return 0;
	last = f->a.waiting.v[--f->a.waiting.n];
	if (!admit_waits(&f->a, last.rec.id)) {
		f->a.waiting.n++;
		return 0;
	}
	TRY(fetch_seal(f));
	memset(out, 0, sizeof(*out));
	return fetch_one(f, i, out);
}

/*
 * As for a received batch; in place of its seal the digest of what was
 * fetched, object by object.
 */
static int
fetch_log(const struct fetch *f, const struct admit_verdict *v)
{
	AUTO_BUF struct buf entry = { 0 };
	AUTO_BUF struct buf all = { 0 };
	struct digest d;

	for (size_t i = 0; i < f->in->n; i++) {
		d = sha256_of(f->in->v[i].p, f->in->v[i].n);
		buf_add(&all, d.b, sizeof(d.b));
	}
	d = sha256_of(all.p, all.n);
	out_u64(&entry, (uint64_t)f->a.now.ms);
	out_str8(&entry, str_of(f->in->sender));
	buf_add(&entry, d.b, sizeof(d.b));
	out_u16(&entry, (uint16_t)f->in->n);
	for (size_t i = 0; i < f->in->n; i++) {
		out_u16(&entry, (uint16_t)i);
		out_u8(&entry, (uint8_t)v[i].refusal);
	}
	return audit_append(f->a.g->o.audit, AUDIT_ADMISSION,
	    buf_str(&entry));
}

static int
fetch_all(struct fetch *f, struct admit_verdict *out)
{
	TRY(store_intern_name(f->a.g->o.store, str_of(f->in->sender),
	    &f->a.source));
	for (size_t i = 0; i < f->in->n; i++)
		TRY(fetch_next(f, i, &out[i]));
	TRY(fetch_seal(f));
	return fetch_log(f, out);
}

int
admit_fetched(struct gate *g, const struct admit_fetch *in,
    struct admit_verdict *out)
{
	AUTO(arena_free) struct arena *arena = NULL;
	struct fetch f = { .in = in };
	int rc;

	if (in->n > BATCH_RECORDS_MAX)
		return ERR_LIMIT;
	memset(out, 0, in->n * sizeof(*out));
	if (g->policy == NULL || in->party->org < 0) {
		for (size_t i = 0; i < in->n; i++)
			admit_refuse(&out[i], REFUSAL_POLICY,
			    g->policy == NULL ? "no policy is in force" :
			    "the policy does not name this peer");
		return 0;
	}
	arena = arena_new(KEYS_ARENA_BYTES);
	f.a = (struct admit){ .g = g, .arena = arena, .now = in->now,
	    .origin = g->o.cert_id };
	rc = fetch_all(&f, out);
	vec_clear(&f.a.waiting);
	return rc;
}
