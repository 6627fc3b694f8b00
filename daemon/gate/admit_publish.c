#include "gate/admit_private.h"

#include <stdio.h>
#include <string.h>

#include "record/marking.h"

#define KEYS_ARENA_BYTES MIB(32)

/* Space "published-by", key the seal: the name of the desk. */
#define PUBLISHED_BY "published-by"

/*
 * The label of an object published here.  Return 1, or 0 if the object is
 * here already under that very label.
 */
static int
admit_label_own(struct admit *a, int desk, const struct stix_object *o,
    struct admitted *w)
{
	const struct vocabulary *v = policy_vocabulary(a->g->policy);
	struct marking_source src = { admit_marking, a, a->now };
	AUTO_BUF struct buf text = { 0 };
	struct label base, label;
	unsigned unknown;
	int rc;

	policy_source_label(a->g->policy, 0, desk, &base);
	base.kind = policy_classify(a->g->policy, o);
	TRY(label_from_markings(o, v, &src, &base, &label, &unknown));
	label_normalise(&label, v);
	org_set_add(&label.roots, 0);
	if (a->in->binding != NULL)
		for (size_t i = 0; i < NELEM(label.audience.w); i++)
			label.audience.w[i] &= a->in->binding->audience.w[i];
	if (a->version.apart) {
		/* The circles that it goes by are to tell nothing either. */
		label_encode(&label, v, &text);
		TRY(store_intern_label(a->g->o.store, buf_str(&text),
		    &w->apart));
		buf_clear(&text);
		memset(&label.audience, 0, sizeof(label.audience));
		desk_set_add(&label.audience, (unsigned)desk);
	}
	rc = admit_label_sequence(a, &label);
	if (rc < 0 || (rc == 0 && a->version.unchanged))
		return rc;
	label_encode(&label, v, &text);
	w->label.n = text.n;
	w->label.p = arena_dup(a->arena, text.p, text.n);
	if (w->label.p == NULL)
		return ERR_LIMIT;
	w->rec.expires = label.expires;
	TRY(store_intern_label(a->g->o.store, w->label, &w->rec.label));
	return 1;
}

static int
on_reference(void *arg, const struct store_record *r)
{
	(void)arg;
	(void)r;
	return 1;
}

/* Does it refer to anything that is not here, nor waits beside it? */
static int
admit_dangles(struct admit *a, const struct stix_object *o, bool *out)
{
	for (size_t i = 0; i < o->nrefs && !*out; i++) {
		int rc = admit_waits(a, o->refs[i]) ? 1 : store_find_id(
		    a->g->o.store, o->refs[i], a->g->scratch, on_reference,
		    NULL);

		TRY(rc);
		*out = rc == 0;
	}
	return 0;
}

/* Is it of a kind that what it is bound to is about? */
static bool
admit_is_bound(struct admit *a, const struct stix_object *o,
    struct admit_verdict *out)
{
	const struct admit_binding *b = a->in->binding;
	uint8_t kind;
	char text[128];

	if (b == NULL)
		return true;
	kind = policy_classify(a->g->policy, o);
	if ((b->kinds >> kind & 1) != 0)
		return true;
	snprintf(text, sizeof(text), "the circle is not about kind %s",
	    policy_vocabulary(a->g->policy)->kinds.v[kind]);
	admit_refuse(out, REFUSAL_POLICY, text);
	return false;
}

static int
admit_publish_one(struct admit *a, int desk, struct str bytes,
    struct admit_verdict *out)
{
	struct admitted w = { 0 };
	struct stix_object o = { 0 };
	int rc = admit_read(a, bytes, &o, out);

	if (rc <= 0 || (out->unchanged && a->in->keep_label) ||
	    !admit_is_bound(a, &o, out))
		return rc < 0 ? rc : 0;
	w.rec.flags = RECORD_OWN;
	rc = admit_label_own(a, desk, &o, &w);
	if (rc <= 0)
		return rc;
	out->unchanged = false;
	TRY(admit_describe(a, &o, &w, out));
	TRY(admit_dangles(a, &o, &out->dangles));
	crypto_random(w.rec.salt, sizeof(w.rec.salt));
	seals_leaf(w.rec.salt, w.label, w.rec.bytes, &w.leaf);
	vec_push(&a->waiting, w);
	return 0;
}

static int
admit_note_desk(struct admit *a, int64_t seal)
{
	const char *desk = policy_vocabulary(a->g->policy)->
	    desks.v[a->in->desk];
	char key[24];

	snprintf(key, sizeof(key), "%lld", (long long)seal);
	return store_set(a->g->o.store, PUBLISHED_BY, key, str_of(desk));
}

int
admit_published_by(struct gate *g, const struct store_record *r, int desk)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str name;
	char key[24];
	int rc;

	if ((r->flags & RECORD_OWN) == 0 || g->policy == NULL || desk < 0)
		return 0;
	snprintf(key, sizeof(key), "%lld", (long long)r->seal);
	rc = store_value(g->o.store, PUBLISHED_BY, key, arena, &name);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return str_eqz(name, policy_vocabulary(g->policy)->desks.v[desk]);
}

/* Seal what waits as one batch and store it. */
static int
admit_seal(struct admit *a)
{
	struct digest leaves[BATCH_RECORDS_MAX];
	int64_t seal;

	if (a->waiting.n == 0)
		return 0;
	for (size_t i = 0; i < a->waiting.n; i++)
		leaves[i] = a->waiting.v[i].leaf;
	TRY(seals_make(a->g->seals, &(struct seals_leaves){ leaves,
	    a->waiting.n }, a->now, &seal));
	TRY(admit_note_desk(a, seal));
	for (size_t i = 0; i < a->waiting.n; i++) {
		struct admitted *w = &a->waiting.v[i];

		w->rec.seal = seal;
		w->rec.leaf = (uint16_t)i;
		TRY(admit_put(a, w));
	}
	a->waiting.n = 0;
	return 0;
}

/*
 * Admit one object; if another version of its id waits for the same seal,
 * that one is stored first, so that the two are compared.
 */
static int
admit_publish_next(struct admit *a, int desk, struct str bytes,
    struct admit_verdict *out)
{
	struct admitted last;

	memset(out, 0, sizeof(*out));
	arena_reset(a->g->scratch);
	TRY(admit_publish_one(a, desk, bytes, out));
	if (a->waiting.n < 2)
		return 0;
	last = a->waiting.v[--a->waiting.n];
	if (!admit_waits(a, last.rec.id)) {
		a->waiting.n++;
		return 0;
	}
	TRY(admit_seal(a));
	memset(out, 0, sizeof(*out));
	return admit_publish_one(a, desk, bytes, out);
}

int
admit_published(struct gate *g, const struct admit_objects *in,
    struct admit_verdict *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KEYS_ARENA_BYTES);
	struct admit a = { .g = g, .arena = arena, .origin = g->o.cert_id,
	    .now = in->now, .in = in };
	int rc = 0;

	if (g->policy == NULL || in->desk < 0 || in->n > BATCH_RECORDS_MAX)
		return ERR_DENIED;
	for (size_t i = 0; rc == 0 && i < in->n; i++)
		rc = admit_publish_next(&a, in->desk, in->v[i], &out[i]);
	if (rc == 0)
		rc = admit_seal(&a);
	vec_clear(&a.waiting);
	return rc;
}
