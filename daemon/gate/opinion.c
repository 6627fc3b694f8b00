#include "gate/opinion.h"

#include <stdio.h>
#include <string.h>

#include "base/uuid.h"
#include "gate/gate_private.h"

#define ARENA_BYTES MIB(1)	/* a label */
#define FIND_BYTES MIB(8)
#define REFS "\"object_refs\":[\""

const char *
opinion_id(const char *cert_id, struct str about,
    char dst[static STIX_ID_MAX])
{
	char uuid[UUID_TEXT_MAX];
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "%s%copinion%c", cert_id, '\0', '\0');
	buf_add(&b, about.p, about.n);
	snprintf(dst, STIX_ID_MAX, "opinion--%s",
	    uuid_v5(uuid_namespace_comity, buf_str(&b), uuid));
	return dst;
}

/* We wrote it: it has one, and an id has nothing to escape. */
struct str
opinion_about(struct str bytes)
{
	const char *p = memmem(bytes.p, bytes.n, REFS, sizeof(REFS) - 1);
	const char *end;

	if (p == NULL)
		return (struct str){ 0 };
	p += sizeof(REFS) - 1;
	end = memchr(p, '"', (size_t)(bytes.p + bytes.n - p));
	return end == NULL ? (struct str){ 0 } :
	    (struct str){ p, (size_t)(end - p) };
}

struct finding {
	struct store_record *out;
	bool found, other;
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct finding *f = arg;

	if ((r->flags & RECORD_OPINION) == 0) {
		f->other = true;
	} else if ((r->flags & RECORD_TOMBSTONE) == 0) {
		*f->out = *r;
		f->found = true;
	}
	return 0;
}

int
opinion_find(struct store *store, struct str id, struct arena *arena,
    struct store_record *out)
{
	struct finding f = { .out = out };

	TRY(store_find_id(store, id, arena, on_version, &f));
	return f.found ? 0 : f.other ? ERR_EXISTS : ERR_NOT_FOUND;
}

static int
on_there(void *arg, const struct store_record *r)
{
	(void)arg;
	return (r->flags & (RECORD_TOMBSTONE | RECORD_HELD |
	    RECORD_OPINION)) == 0;
}

int
opinion_holds(struct store *store, const struct store_record *r)
{
	AUTO(arena_free) struct arena *arena = arena_new(FIND_BYTES);
	int rc = store_find_id(store, opinion_about(r->bytes), arena,
	    on_there, NULL);

	return rc == ERR_LIMIT ? 0 : rc;
}

/* As it will be stored, but for its seal. */
static void
opinion_make(const struct opinion_new *o, unix_ms_t now,
    struct store_record *out)
{
	*out = (struct store_record){ .flags = RECORD_OWN | RECORD_DERIVED |
	    RECORD_STANDS | RECORD_HAS_REFS | RECORD_OPINION,
	    .label = o->about.label, .desks = o->about.desks,
	    .received = now, .expires = o->about.expires,
	    .modified_us = o->modified_us, .id = o->id, .bytes = o->bytes };
	crypto_random(out->salt, sizeof(out->salt));
}

/* At most BATCH_RECORDS_MAX under one seal. */
static int
opinions_seal(struct gate *g, const struct opinion_new *v, size_t n,
    unix_ms_t now)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct digest leaves[BATCH_RECORDS_MAX];
	struct store_record *recs = mem_array(struct store_record, n);
	int rc = 0;
	int64_t seal;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct str label;

		arena_reset(arena);
		opinion_make(&v[i], now, &recs[i]);
		rc = store_label(g->o.store, recs[i].label, arena, &label);
		if (rc == 0)
			seals_leaf(recs[i].salt, label, recs[i].bytes,
			    &leaves[i]);
	}
	if (rc == 0)
		rc = seals_make(g->seals, &(struct seals_leaves){ leaves, n },
		    now, &seal);
	for (size_t i = 0; i < n && rc == 0; i++) {
		recs[i].seal = seal;
		recs[i].leaf = (uint16_t)i;
		rc = store_put(g->o.store, &recs[i], NULL, 0, &recs[i].seq);
		if (rc == 0 && v[i].replaces != 0)
			rc = store_add_flags(g->o.store, v[i].replaces,
			    RECORD_SUPERSEDED);
	}
	free(recs);
	return rc;
}

int
opinion_put(struct gate *g, const struct opinion_new *v, size_t n,
    unix_ms_t now)
{
	for (size_t i = 0; i < n; i += BATCH_RECORDS_MAX)
		TRY(opinions_seal(g, v + i, n - i < BATCH_RECORDS_MAX ?
		    n - i : BATCH_RECORDS_MAX, now));
	return 0;
}
