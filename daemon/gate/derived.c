#include "gate/derived.h"

#include <stdio.h>
#include <string.h>

#include "gate/gate_private.h"
#include "record/derive.h"

#define DERIVED_SPACE "derived"	/* "original/derived" to the derived id */
#define KEY_BYTES 33

/* One original and what is to go out in its place. */
struct wanted {
	struct store_record rec;	/* bytes borrowed from the arena */
	struct gate_answer a;
	int64_t original;
	struct str id;			/* in the arena */
	struct digest leaf;		/* when it is new */
	struct observables keys;	/* when nothing else stands for it */
	int64_t label;			/* that it is to have now */
	int64_t replaces;		/* the same under another label, or 0 */
	bool found, new;
};

struct derived {
	struct gate *g;			/* borrowed */
	struct arena *arena;		/* borrowed */
	unix_ms_t now;
	VEC(struct wanted) wanted;
};

struct derived *
derived_new(struct gate *g, struct arena *arena, unix_ms_t now)
{
	struct derived *d = mem_new(struct derived);

	d->g = g;
	d->arena = arena;
	d->now = now;
	return d;
}

void
derived_free(struct derived *d)
{
	if (d == NULL)
		return;
	vec_clear(&d->wanted);
	free(d);
}

/* The names of the redactions, in the policy's order; how many. */
static size_t
redaction_names(const struct policy *p, uint64_t bits,
    const char *names[POLICY_REDACTIONS_MAX])
{
	size_t n = 0;

	for (; bits != 0; bits &= bits - 1) {
		const char *name = policy_redaction(p,
		    (unsigned)__builtin_ctzll(bits));

		if (name != NULL)
			names[n++] = name;
	}
	return n;
}

/* Is the source one of the things that are taken out? */
static bool
hides_source(const struct policy *p, uint64_t redactions)
{
	const char *names[POLICY_REDACTIONS_MAX];
	size_t n = redaction_names(p, redactions, names);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], "source") == 0)
			return true;
	return false;
}

/* Texts that name a source: of its identity object, and as a CERT. */
struct source_names {
	struct gate *g;
	struct arena *arena;		/* owned by the caller */
	struct str v[4];
	size_t n;
};

static int
source_add(struct source_names *s, struct str name)
{
	char *copy;

	if (name.n == 0 || s->n == NELEM(s->v))
		return 0;
	copy = arena_dup(s->arena, name.p, name.n);
	if (copy == NULL)
		return ERR_LIMIT;
	s->v[s->n++] = (struct str){ copy, name.n };
	return 0;
}

/* The newest version of the creator's identity comes last. */
static int
on_identity(void *arg, const struct store_record *r)
{
	struct source_names *s = arg;
	struct stix_problem problem;
	struct stix_object o;

	if ((r->flags & RECORD_TOMBSTONE) != 0 ||
	    stix_read(s->g->other, r->bytes, &o, &problem) != 0)
		return 0;
	return source_add(s, derive_name(&o));
}

/* What is known of who gave us the record, and of whom it names. */
static int
source_find(struct source_names *s, const struct store_record *rec,
    struct str creator)
{
	char origin[CERT_ID_MAX + 1];
	struct str from;

	if ((rec->flags & RECORD_OWN) == 0 && rec->seal != 0) {
		TRY(gate_seal_origin(s->g, rec->seal, origin));
		TRY(source_add(s, str_of(origin)));
	}
	if ((rec->flags & RECORD_OWN) == 0 && rec->source != 0) {
		TRY(store_name(s->g->o.store, rec->source, s->arena, &from));
		TRY(source_add(s, from));
	}
	creator.p = arena_dup(s->arena, creator.p, creator.n);
	if (creator.p == NULL)
		return ERR_LIMIT;
	return creator.n == 0 ? 0 : store_find_id(s->g->o.store, creator,
	    s->arena, on_identity, s);
}

int
derived_object(struct gate *g, const struct store_record *rec,
    uint64_t redactions, struct buf *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	const char *names[POLICY_REDACTIONS_MAX];
	struct source_names source = { .g = g, .arena = arena };
	struct stix_problem problem;
	struct stix_object o;
	size_t n = redaction_names(g->policy, redactions, names);

	if (n == 0 || stix_read(g->other, rec->bytes, &o, &problem) != 0)
		return ERR_DENIED;
	if (hides_source(g->policy, redactions)) {
		TRY(source_find(&source, rec, o.created_by_ref));
		/* The names were read with the same reader. */
		if (stix_read(g->other, rec->bytes, &o, &problem) != 0)
			return ERR_DENIED;
	}
	TRY(derive_redacted(&o, &(struct derive_options){ .parts = names,
	    .n = n, .cert_id = g->o.cert_id, .also = source.v,
	    .nalso = source.n }, out));
	/* What cannot be read back is not sent. */
	return stix_read(g->other, buf_str(out), &o, &problem) == 0 ?
	    0 : ERR_DENIED;
}

static int
on_found(void *arg, const struct store_record *r)
{
	struct wanted *w = arg;

	if ((r->flags & RECORD_DERIVED) == 0 ||
	    (r->flags & (RECORD_TOMBSTONE | RECORD_RELABELLED)) != 0)
		return 0;
	w->rec = *r;
	w->found = true;
	return 1;
}

/* We say that it has roots besides us, and not which. */
static void
hide_roots(struct label *l)
{
	struct org_set us = { { 0 } };
	bool others;

	org_set_add(&us, 0);
	others = memcmp(&l->roots, &us, sizeof(us)) != 0;
	l->roots = us;
	if (others)
		org_set_add(&l->roots, LABEL_ORG_UNKNOWN);
}

/*
 * The label a derived record is sealed with: the original's, and ours.  If
 * it was sealed before under another one, this is a later one.
 */
static int
derived_label(struct gate *g, const struct store_record *rec,
    struct wanted *w)
{
	const struct label *old = w->found ? labels_get(g->labels,
	    w->rec.label, 0) : NULL;
	AUTO_BUF struct buf text = { 0 };
	struct label l;

	TRY(gate_label(g, rec, &l));
	org_set_add(&l.roots, 0);
	if (hides_source(g->policy, w->a.redactions))
		hide_roots(&l);
	if (old != NULL && l.seq < old->seq)
		l.seq = old->seq;
	label_encode(&l, policy_vocabulary(g->policy), &text);
	TRY(store_intern_label(g->o.store, buf_str(&text), &w->label));
	if (old == NULL || w->label == w->rec.label || l.seq > old->seq)
		return 0;
	l.seq++;
	buf_reset(&text);
	label_encode(&l, policy_vocabulary(g->policy), &text);
	return store_intern_label(g->o.store, buf_str(&text), &w->label);
}

static int
derived_keys(struct derived *d, struct wanted *w)
{
	struct stix_problem problem;
	struct stix_object o;

	if (stix_read(d->g->other, w->rec.bytes, &o, &problem) != 0)
		return ERR_DENIED;
	return observables_of(&o, d->arena, &w->keys);
}

/* Fill w->rec with the new object, as it will be stored. */
static int
derived_make(struct derived *d, const struct store_record *rec,
    struct wanted *w)
{
	AUTO_BUF struct buf object = { 0 };
	struct str label;

	TRY(derived_object(d->g, rec, w->a.redactions, &object));
	w->replaces = w->found ? w->rec.seq : 0;
	w->rec = *rec;
	w->rec.seq = 0;
	w->rec.flags = RECORD_OWN | RECORD_DERIVED |
	    (rec->flags & (RECORD_HAS_REFS | RECORD_REVOKED)) |
	    (rec->seq == 0 ? RECORD_STANDS : 0);
	w->rec.id = w->id;
	w->rec.desks = 0;
	w->rec.source = 0;
	w->rec.received = d->now;
	w->rec.bytes.n = object.n;
	w->rec.bytes.p = arena_dup(d->arena, object.p, object.n);
	if (w->rec.bytes.p == NULL)
		return ERR_LIMIT;
	/* An original that is not stored here cannot be looked up instead. */
	if (rec->seq == 0)
		TRY(derived_keys(d, w));
	crypto_random(w->rec.salt, sizeof(w->rec.salt));
	w->rec.label = w->label;
	TRY(store_label(d->g->o.store, w->rec.label, d->arena, &label));
	seals_leaf(w->rec.salt, label, w->rec.bytes, &w->leaf);
	w->new = true;
	return 0;
}

int
derived_add(struct derived *d, const struct store_record *rec,
    const struct gate_answer *a)
{
	const char *names[POLICY_REDACTIONS_MAX];
	struct wanted w = { .a = *a, .original = rec->seq };
	struct stix_problem problem;
	struct stix_object o;
	char id[STIX_ID_MAX];
	int rc;

	if (stix_read(d->g->other, rec->bytes, &o, &problem) != 0)
		return ERR_DENIED;
	(void)derive_id(&o, names, redaction_names(d->g->policy,
	    a->redactions, names), d->g->o.cert_id, id);
	w.id.n = strlen(id);
	w.id.p = arena_dup(d->arena, id, w.id.n);
	if (w.id.p == NULL)
		return ERR_LIMIT;
	rc = store_find_id(d->g->o.store, w.id, d->arena, on_found, &w);
	if (rc < 0)
		return rc;
	TRY(derived_label(d->g, rec, &w));
	if (!w.found || w.label != w.rec.label)
		TRY(derived_make(d, rec, &w));
	vec_push(&d->wanted, w);
	return 0;
}

/* Note what was made of which record: a recall has to find it again. */
static int
derived_note(struct derived *d, const struct wanted *w)
{
	char key[KEY_BYTES + 1];

	snprintf(key, sizeof(key), "%016llx/%016llx",
	    (unsigned long long)w->original,
	    (unsigned long long)w->rec.seq);
	return store_set(d->g->o.store, DERIVED_SPACE, key, w->id);
}

/* Seal n new records from the list at once and store them. */
static int
derived_store(struct derived *d, struct wanted **new, size_t n)
{
	struct digest leaves[BATCH_RECORDS_MAX];
	int64_t seal;

	for (size_t i = 0; i < n; i++)
		leaves[i] = new[i]->leaf;
	TRY(seals_make(d->g->seals, &(struct seals_leaves){ leaves, n },
	    d->now, &seal));
	for (size_t i = 0; i < n; i++) {
		new[i]->rec.seal = seal;
		new[i]->rec.leaf = (uint16_t)i;
		TRY(store_put(d->g->o.store, &new[i]->rec, new[i]->keys.v,
		    new[i]->keys.n, &new[i]->rec.seq));
		if (new[i]->original != 0)
			TRY(derived_note(d, new[i]));
		if (new[i]->replaces != 0)
			TRY(store_add_flags(d->g->o.store,
			    new[i]->replaces, RECORD_RELABELLED));
	}
	return 0;
}

int
derived_finish(struct derived *d, derived_visit visit, void *arg)
{
	struct wanted *new[BATCH_RECORDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < d->wanted.n; i++) {
		if (d->wanted.v[i].new)
			new[n++] = &d->wanted.v[i];
		if (n == BATCH_RECORDS_MAX ||
		    (n > 0 && i + 1 == d->wanted.n)) {
			TRY(derived_store(d, new, n));
			n = 0;
		}
	}
	for (size_t i = 0; i < d->wanted.n; i++) {
		int rc = visit(arg, &d->wanted.v[i].rec,
		    d->wanted.v[i].original, &d->wanted.v[i].a);

		if (rc < 0)
			return rc;
	}
	d->wanted.n = 0;
	return 0;
}

/* Looks for what was made of one record. */
struct of_original {
	int64_t original;
	int (*visit)(void *arg, int64_t derived);
	void *arg;
};

static int
on_note(void *arg, const char *key, struct str value)
{
	struct of_original *o = arg;
	unsigned long long original, derived;

	(void)value;
	if (sscanf(key, "%16llx/%16llx", &original, &derived) != 2)
		return ERR_STORE;
	if ((int64_t)original != o->original)
		return 0;
	return o->visit(o->arg, (int64_t)derived);
}

int
derived_each(struct gate *g, int64_t original,
    int (*visit)(void *arg, int64_t derived), void *arg)
{
	struct of_original o = { original, visit, arg };

	return store_values(g->o.store, DERIVED_SPACE, on_note, &o);
}
