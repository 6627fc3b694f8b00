#include "gate/references.h"

#include <string.h>

#include "base/limits.h"
#include "base/map64.h"
#include "record/derive.h"
#include "record/stix.h"

#define ID_SEED 1
#define KEPT_BYTES MIB(24)	/* forget everything beyond */
#define SCRATCH_BYTES MIB(64)

/* What one stored record refers to. */
struct root {
	struct reference *const *refs;
	size_t n;
	bool unknown;
};

struct references {
	struct references_options o;
	struct stix_reader *reader;	/* owned */
	struct arena *kept;		/* owned: all below */
	struct arena *scratch;		/* owned: one object as stored */
	struct map64 by_id;		/* of struct reference, by hash */
	struct map64 by_seq;		/* of struct root */
	uint64_t changes;		/* of the store, when it was read */
	uint64_t walk;
};

struct references *
references_new(const struct references_options *o)
{
	struct references *r = mem_new(struct references);

	r->o = *o;
	r->reader = stix_reader_new();
	r->kept = arena_new(2 * KEPT_BYTES);
	r->scratch = arena_new(SCRATCH_BYTES);
	return r;
}

void
references_free(struct references *r)
{
	if (r == NULL)
		return;
	references_forget(r);
	stix_reader_free(r->reader);
	arena_free(r->kept);
	arena_free(r->scratch);
	free(r);
}

void
references_forget(struct references *r)
{
	map64_clear(&r->by_id, NULL);
	map64_clear(&r->by_seq, NULL);
	arena_reset(r->kept);
}

uint64_t
references_begin(struct references *r)
{
	uint64_t changes = store_changes(r->o.store);

	if (changes != r->changes || arena_used(r->kept) > KEPT_BYTES)
		references_forget(r);
	r->changes = changes;
	return ++r->walk;
}

/* The reference to that id, made if there is none; NULL: no room. */
static struct reference *
reference_to(struct references *r, struct str id)
{
	uint64_t hash = hash64(ID_SEED, id.p, id.n);
	struct reference *first = map64_get(&r->by_id, hash), *ref;

	for (ref = first; ref != NULL; ref = ref->same_hash)
		if (str_eq(ref->id, id))
			return ref;
	ref = arena_alloc(r->kept, sizeof(*ref));
	if (ref == NULL)
		return NULL;
	ref->id.p = arena_dup(r->kept, id.p, id.n);
	ref->id.n = id.n;
	if (ref->id.p == NULL)
		return NULL;
	ref->same_hash = first;
	map64_set(&r->by_id, hash, ref);
	return ref;
}

/* References to all that an object refers to; and to itself, if asked. */
static int
refs_list(struct references *r, const struct stix_object *o, bool itself,
    struct root *out)
{
	size_t n = o->nrefs + itself;
	struct reference **v = arena_alloc(r->kept, (n + 1) * sizeof(*v));

	if (v == NULL)
		return ERR_DENIED;
	for (size_t i = 0; i < n; i++) {
		v[i] = reference_to(r, i < o->nrefs ? o->refs[i] : o->id);
		if (v[i] == NULL)
			return ERR_DENIED;
	}
	*out = (struct root){ v, n, false };
	return 0;
}

static int
object_read(struct references *r, struct str bytes, struct stix_object *out)
{
	struct stix_problem problem;

	return stix_read(r->reader, bytes, out, &problem) != 0 ? ERR_DENIED :
	    0;
}

int
references_of(struct references *r, const struct store_record *record,
    struct reference *const **out, size_t *out_n)
{
	struct root *root = record->seq <= 0 ? NULL :
	    map64_get(&r->by_seq, (uint64_t)record->seq);
	struct stix_object o;

	if (root == NULL) {
		root = arena_alloc(r->kept, sizeof(*root));
		if (root == NULL)
			return ERR_DENIED;
		root->unknown = object_read(r, record->bytes, &o) != 0 ||
		    refs_list(r, &o, (record->flags & RECORD_SUPERSEDED) != 0,
		    root) != 0;
		if (record->seq > 0)
			map64_set(&r->by_seq, (uint64_t)record->seq,
			    root);
	}
	if (root->unknown)
		return ERR_DENIED;
	*out = root->refs;
	*out_n = root->n;
	return 0;
}

struct newest {
	struct store_record r;
	bool found;
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct newest *n = arg;

	if ((r->flags & (RECORD_TOMBSTONE | RECORD_APART)) != 0)
		return 0;
	if (!n->found || r->modified_us >= n->r.modified_us) {
		n->found = true;
		n->r = *r;
	}
	return 0;
}

/* Who gave it and where it began. */
static int
names_read(struct references *r, const struct store_record *from,
    struct reference *ref)
{
	char origin[CERT_ID_MAX + 1];
	struct str source;

	ref->source = ref->origin = "";
	if ((from->flags & RECORD_OWN) != 0)
		return 0;
	TRY(store_name(r->o.store, from->source, r->kept, &source));
	TRY(r->o.origin(r->o.arg, from->seal, origin));
	ref->source = arena_dup(r->kept, source.p, source.n);
	ref->origin = arena_dup(r->kept, origin, strlen(origin));
	return ref->source == NULL || ref->origin == NULL ? ERR_DENIED : 0;
}

/* What its bytes say: when an embargo on it ends, and what it refers to. */
static int
bytes_read(struct references *r, const struct store_record *from,
    struct reference *ref)
{
	bool embargoed = r->o.embargoed(r->o.arg, ref->label);
	bool has_refs = (from->flags & RECORD_HAS_REFS) != 0;
	struct stix_object o;
	struct root root;
	int rc;

	if (!embargoed && !has_refs)
		return 0;
	rc = object_read(r, from->bytes, &o);
	if (embargoed)
		ref->embargo_end = rc == 0 ? derive_embargo(&o) :
		    UNIX_MS_NEVER;
	if (!has_refs)
		return 0;
	TRY(rc);
	TRY(refs_list(r, &o, false, &root));
	ref->refs = root.refs;
	ref->nrefs = root.n;
	return 0;
}

int
references_read(struct references *r, struct reference *ref)
{
	struct newest n = { 0 };
	int rc;

	if (ref->read)
		return 0;
	arena_reset(r->scratch);
	TRY(store_find_id(r->o.store, ref->id, r->scratch, on_version, &n));
	if (n.found) {
		ref->flags = n.r.flags;
		ref->label = labels_get(r->o.labels, n.r.label, n.r.desks);
		ref->unknown = ref->label == NULL;
	}
	if (ref->label != NULL) {
		rc = names_read(r, &n.r, ref);
		if (rc == 0)
			rc = bytes_read(r, &n.r, ref);
		if (rc < 0 && rc != ERR_DENIED)
			return rc;
		ref->unknown = rc < 0;
	}
	ref->read = true;
	return 0;
}
