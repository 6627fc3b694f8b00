/*
 * What is evidence: objects that came, and proofs that the gate kept.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gate/proof.h"
#include "record/stix.h"
#include "vault/trust/evidence.h"
#include "vault/trust/opinions.h"

#define ARENA_BYTES MIB(4)

static struct str
member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_string(v) ? (struct str){ json_string_value(v),
	    json_string_length(v) } : (struct str){ 0 };
}

struct source {
	struct evidence *e;
	struct store *store;	/* borrowed */
	int64_t n;		/* of who gave it; -1: no such record */
};

static int
on_version(void *arg, const struct store_record *r)
{
	struct source *s = arg;

	s->n = r->source;
	return 1;
}

/* Evidence about whoever gave us that record. */
static int
about_source(struct evidence *e, struct store *store, struct str ref,
    struct evidence_item *item)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct source s = { e, store, -1 };
	int rc = store_find_id(store, ref, arena, on_version, &s);

	if (rc < 0 || s.n <= 0)		/* never received, or our own */
		return rc < 0 ? rc : 0;
	TRY(store_name(store, s.n, arena, &item->peer));
	item->record = ref;
	rc = evidence_add(e, item);
	return rc < 0 ? rc : 0;
}

static int
on_opinion(struct evidence *e, struct store *store, const json_t *o,
    struct str by)
{
	struct str said = member(o, "opinion");
	const json_t *ref;
	size_t i;

	if (!str_eqz(said, "strongly-disagree") && !str_eqz(said, "disagree"))
		return 0;
	json_array_foreach(json_object_get(o, "object_refs"), i, ref) {
		struct evidence_item item = { .by = by,
		    .kind = TRUST_FALSE_POSITIVE, .source = member(o, "id"),
		    .reason = member(o, "explanation") };

		if (item.reason.n > EVIDENCE_REASON_MAX)
			item.reason = (struct str){ 0 };
		/* What we made of all evidence is none, whoever says it. */
		if (json_is_string(ref) && !opinions_is_ours(evidence_vault(e),
		    member(o, "id"), str_of(json_string_value(ref))))
			TRY(about_source(e, store,
			    str_of(json_string_value(ref)), &item));
	}
	return 0;
}

/* It came when it was no longer valid. */
static int
on_stale(struct evidence *e, const json_t *o, struct str by, unix_ms_t now)
{
	struct str until = member(o, "valid_until");
	struct evidence_item item = { .peer = by, .kind = TRUST_STALE,
	    .record = member(o, "id"), .source = member(o, "id"),
	    .reason = STR("it came after its valid_until") };
	struct stix_time t;
	int rc;

	if (until.n == 0 || stix_time_parse(until, &t) < 0 ||
	    t.seconds >= now.ms / 1000)
		return 0;
	rc = evidence_add(e, &item);
	return rc < 0 ? rc : 0;
}

int
evidence_withdrawn(struct evidence *e, struct str by, struct str record,
    struct str how)
{
	static const struct { enum trust_kind kind; bool others; } harms[] = {
		{ TRUST_FALSE_POSITIVE, false },
		{ TRUST_FALSE_POSITIVE, true },
		{ TRUST_WARNING_LISTED, false },
		{ TRUST_OWN_CONSTITUENCY, false },
	};
	struct evidence_item item = { .peer = by, .record = record };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < NELEM(harms); i++) {
		item.kind = harms[i].kind;
		item.by = harms[i].others ? by : STR("");
		rc = evidence_holds(e, &item);
	}
	if (rc != 0)
		return rc < 0 ? rc : 0;
	item.kind = TRUST_WITHDRAWN;
	item.by = STR("");
	item.source = record;
	item.reason = how;
	rc = evidence_add(e, &item);
	return rc < 0 ? rc : 0;
}

static int
on_earlier(void *arg, const struct store_record *r)
{
	bool *valid = arg;

	/* What was recalled is another matter; our own is nobody else's. */
	*valid |= (r->flags & (RECORD_REVOKED | RECORD_TOMBSTONE |
	    RECORD_OWN | RECORD_DERIVED)) == 0;
	return *valid;
}

/* A version that revokes what was given to us before. */
static int
on_revoked(struct evidence *e, struct store *store, const json_t *o,
    struct str by)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct str id = member(o, "id");
	bool valid = false;
	int rc = store_find_id(store, id, arena, on_earlier, &valid);

	if (rc < 0)
		return rc;
	return valid ? evidence_withdrawn(e, by, id,
	    STR("it revoked the record")) : 0;
}

int
evidence_object(struct evidence *e, struct str bytes, struct str by)
{
	struct vault *v = evidence_vault(e);
	struct str type;
	json_t *o;
	int rc = 0;

	if (by.n > 0)
		TRY(evidence_warning(e, bytes, by));
	/* Most objects are none of these: do not read them a second time. */
	if (memmem(bytes.p, bytes.n, "opinion", 7) == NULL &&
	    memmem(bytes.p, bytes.n, "sighting", 8) == NULL &&
	    (by.n == 0 || (memmem(bytes.p, bytes.n, "valid_until", 11) ==
	    NULL && memmem(bytes.p, bytes.n, "revoked", 7) == NULL)))
		return 0;
	o = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	type = member(o, "type");
	if (str_eqz(type, "opinion")) {
		rc = on_opinion(e, v->store, o, by);
	} else if (str_eqz(type, "sighting")) {
		struct evidence_item item = { .by = by,
		    .kind = by.n == 0 ? TRUST_SIGHTED : TRUST_CONFIRMED,
		    .source = member(o, "id"), .reason = by.n == 0 ?
		    STR("seen here") : STR("seen by another") };
		struct str ref = member(o, "sighting_of_ref");

		if (ref.n > 0)
			rc = about_source(e, v->store, ref, &item);
	} else if (by.n > 0 && json_is_true(json_object_get(o, "revoked"))) {
		rc = on_revoked(e, v->store, o, by);
	} else if (by.n > 0) {
		rc = on_stale(e, o, by, vault_now(v));
	}
	json_decref(o);
	return rc;
}

struct proving {
	struct evidence *e;
	const char *peer;
};

static int
on_proof(void *arg, const char *name, struct str value)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct proving *x = arg;
	struct proof p;
	char source[EVIDENCE_SOURCE_MAX], record[2 * DIGEST_BYTES + 1];
	struct digest digest;
	struct evidence_item item;
	int rc;

	if (proof_decode(value, arena, &p) != 0)
		return ERR_STORE;
	if (!str_eqz(p.sender, x->peer) || (p.fault != CHAIN_FAULT_LOOSER &&
	    p.fault != CHAIN_FAULT_HOPS))
		return 0;
	snprintf(source, sizeof(source), "proof %s", name);
	/* The same proof kept again is no other fact: not its time. */
	digest = sha256_of(p.bytes.p, p.bytes.n);
	hex_encode(record, digest.b, DIGEST_BYTES);
	item = (struct evidence_item){ .peer = p.sender,
	    .kind = p.fault == CHAIN_FAULT_LOOSER ? TRUST_LOOSENED :
	    TRUST_HOPS_EXCEEDED, .record = str_of(record),
	    .source = str_of(source),
	    .reason = str_of(chain_fault_text(p.fault)) };
	rc = evidence_add(x->e, &item);
	return rc < 0 ? rc : 0;
}

int
evidence_proofs(struct evidence *e, const char *peer)
{
	struct proving x = { e, peer };

	return proof_each(evidence_vault(e)->store, on_proof, &x);
}
