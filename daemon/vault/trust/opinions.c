#include "vault/trust/opinions.h"

#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "gate/opinion.h"
#include "host/clock.h"
#include "host/log.h"
#include "record/derive.h"
#include "vault/trust/belief.h"

#define SPACE "opinions"
#define KEY "at"
#define ARENA_BYTES MIB(64)
/* Of each second: less while others are at work. */
#define IDLE_US 50000
#define BUSY_US 5000
#define SLICE 32		/* records looked at between clocks */

struct opinions {
	struct vault *v;	/* borrowed */
	int64_t at;		/* judged up to here */
	struct digest mark;	/* what judged them */
	uint64_t count;		/* that are stored */
	bool known;		/* these are the store's */
	int64_t last;		/* of the store, a second ago */
	struct stix_reader *reader;	/* owned */
	/* Of the turn at hand: */
	struct beliefs *beliefs;
	struct arena *arena;
	VEC(struct opinion_new) new;	/* owned; text in the arena */
};

struct opinions *
opinions_new(struct vault *v)
{
	struct opinions *os = mem_new(struct opinions);

	os->v = v;
	os->reader = stix_reader_new();
	return os;
}

void
opinions_free(struct opinions *os)
{
	if (os == NULL)
		return;
	stix_reader_free(os->reader);
	vec_clear(&os->new);
	free(os);
}

void
opinions_rolled_back(struct opinions *os)
{
	os->known = false;
}

/* ---- how far it is ---- */

static int
state_load(struct opinions *os)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	struct cur c;
	int rc;

	if (os->known)
		return 0;
	os->at = 0;
	os->count = 0;
	memset(&os->mark, 0, sizeof(os->mark));
	rc = store_value(os->v->store, SPACE, KEY, arena, &value);
	if (rc == 0) {
		c = cur_of(value.p, value.n);
		os->at = (int64_t)cur_u64(&c);
		os->count = cur_u64(&c);
		cur_copy(&c, os->mark.b, DIGEST_BYTES);
		rc = cur_finish(&c) != 0 ? ERR_STORE : 0;
	}
	os->known = rc == 0 || rc == ERR_NOT_FOUND;
	return os->known ? 0 : rc;
}

static int
state_save(const struct opinions *os)
{
	AUTO_BUF struct buf b = { 0 };

	out_u64(&b, (uint64_t)os->at);
	out_u64(&b, os->count);
	buf_add(&b, os->mark.b, DIGEST_BYTES);
	return store_set(os->v->store, SPACE, KEY, buf_str(&b));
}

void
opinions_look(struct opinions *os, int64_t seq)
{
	if (state_load(os) == 0 && os->at >= seq)
		os->at = seq - 1;
}

/*
 * Under other bands or another policy everything is judged again, and once
 * a day: evidence wears off, and what was recalled reports no more.
 */
static void
mark_follow(struct opinions *os)
{
	AUTO_BUF struct buf b = { 0 };
	struct digest digest;

	policy_digest(os->v->policy, &digest);
	buf_add(&b, digest.b, DIGEST_BYTES);
	buf_addf(&b, "%" PRId64, vault_now(os->v).ms / DAY(1));
	belief_mark(os->v, &b);
	digest = sha256_of(b.p, b.n);
	if (digest_eq(&digest, &os->mark))
		return;
	os->mark = digest;
	os->at = 0;
}

/* ---- one record ---- */

/* What says something itself, or of itself, is not judged. */
static bool
is_judged(const struct stix_object *o)
{
	static const char *const types[] = { "marking-definition", "identity",
	    "opinion", "note", "sighting", "language-content",
	    "extension-definition" };

	for (size_t i = 0; i < NELEM(types); i++)
		if (str_eqz(o->type, types[i]))
			return false;
	return true;
}

/* When `from` said created; "" if it is not there. */
static const char *
created_of(struct str bytes, json_t **out)
{
	*out = json_loadb(bytes.p, bytes.n, 0, NULL);
	return json_string_value(json_object_get(*out, "created"));
}

static json_t *
markings_of(const struct stix_object *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->nmarkings; i++)
		(void)json_array_append_new(list, json_stringn(
		    o->markings[i].p, o->markings[i].n));
	return list;
}

/* The object, in the arena.  ERR_LIMIT. */
static int
opinion_write(struct opinions *os, const struct stix_object *o,
    const struct store_record *before, enum likert likert,
    struct opinion_new *out)
{
	unix_ms_t now = vault_now(os->v);
	char creator[STIX_ID_MAX], modified[TIME_TEXT_MAX];
	json_t *old = NULL, *object;
	const char *created = before == NULL ? NULL :
	    created_of(before->bytes, &old);
	char *text;

	/* A later version is later, also when the clock is not. */
	if (before != NULL && now.ms <= before->modified_us / 1000)
		now.ms = before->modified_us / 1000 + 1;
	time_format(modified, now);
	object = json_pack("{s:s, s:s, s:s%, s:s, s:s, s:s, s:s, s:[s%], "
	    "s:[s], s:s}", "type", "opinion", "spec_version", "2.1", "id",
	    out->id.p, out->id.n, "created_by_ref",
	    derive_identity(os->v->cert_id, creator), "created",
	    created == NULL ? modified : created, "modified", modified,
	    "opinion", likert_name(likert), "object_refs", o->id.p, o->id.n,
	    "labels", "credibility", "explanation", "from the independent "
	    "reports of it here and how reliable their sources are");
	if (o->nmarkings > 0)
		(void)json_object_set_new(object, "object_marking_refs",
		    markings_of(o));
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	json_decref(old);
	if (text == NULL)
		return ERR_BUG;
	out->bytes.n = strlen(text);
	out->bytes.p = arena_dup(os->arena, text, out->bytes.n);
	out->modified_us = now.ms * 1000;
	free(text);
	return out->bytes.p == NULL ? ERR_LIMIT : 0;
}

static bool
says(const struct store_record *opinion, enum likert likert)
{
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "\"opinion\":\"%s\"", likert_name(likert));
	return memmem(opinion->bytes.p, opinion->bytes.n, b.p, b.n) != NULL;
}

static bool
is_waiting(const struct opinions *os, struct str id)
{
	for (size_t i = 0; i < os->new.n; i++)
		if (str_eq(os->new.v[i].id, id))
			return true;
	return false;
}

/* Is what is stored about it, if anything, what we think of it now? */
static int
judge(struct opinions *os, const struct store_record *r,
    const struct belief *x)
{
	struct opinion_new new = { .about = *r };
	enum likert likert = belief_likert(x);
	struct stix_problem problem;
	struct store_record before;
	char id[STIX_ID_MAX];
	struct stix_object o;
	int rc;

	if (x->peers == 0 || (r->flags & (RECORD_REVOKED |
	    RECORD_SUPERSEDED)) != 0 ||
	    stix_read(os->reader, r->bytes, &o, &problem) < 0 ||
	    !is_judged(&o))
		return 0;
	(void)opinion_id(os->v->cert_id, o.id, id);
	new.id.n = strlen(id);
	new.id.p = arena_dup(os->arena, id, new.id.n);
	if (new.id.p == NULL)
		return ERR_LIMIT;
	rc = opinion_find(os->v->store, new.id, os->arena, &before);
	if (rc == ERR_EXISTS || is_waiting(os, new.id))
		return 0;
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	if (rc == 0 && says(&before, likert) && before.label == r->label &&
	    before.desks == r->desks)
		return 0;
	new.replaces = rc == 0 ? before.seq : 0;
	TRY(opinion_write(os, &o, rc == 0 ? &before : NULL, likert, &new));
	vec_push(&os->new, new);
	return 0;
}

static bool
is_report(const struct store_record *r)
{
	return (r->flags & (RECORD_TOMBSTONE | RECORD_RELABELLED |
	    RECORD_DERIVED | RECORD_HELD | RECORD_APART)) == 0;
}

/* Others that name the same value have one report more, or one less. */
static int
judge_others(struct opinions *os)
{
	int64_t seqs[CREDIBILITY_REPORTS_MAX];
	size_t n = belief_others(os->beliefs, seqs);

	for (size_t i = 0; i < n; i++) {
		struct store_record r;
		struct belief x;
		int rc = store_get(os->v->store, seqs[i], os->arena, &r);

		if (rc == ERR_NOT_FOUND || (rc == 0 && (!is_report(&r) ||
		    r.source == 0)))
			continue;
		TRY(rc);
		rc = belief_of(os->beliefs, &r, &x);
		if (rc == 0)
			rc = judge(os, &r, &x);
		if (rc < 0 && rc != ERR_VALUE)
			return rc;
	}
	return 0;
}

static int
on_record(void *arg, const struct store_record *r)
{
	struct opinions *os = arg;
	struct belief x;
	int rc = 0;

	if (is_report(r)) {
		rc = belief_of(os->beliefs, r, &x);
		if (rc == 0 && r->source != 0)
			rc = judge(os, r, &x);
		if (rc == 0)
			rc = judge_others(os);
	}
	if (rc < 0 && rc != ERR_VALUE)
		return rc;
	os->at = r->seq;
	return 0;
}

/* ---- a few at a time ---- */

static int
slices_run(struct opinions *os, int64_t end_us)
{
	struct store *store = os->v->store;
	int64_t from;
	int rc;

	do {
		AUTO(arena_free) struct arena *scanned = arena_new(
		    ARENA_BYTES);

		from = os->at;
		arena_reset(os->arena);
		os->new.n = 0;
		rc = store_scan(store, from, SLICE, scanned, on_record, os);
		/* More at once than fits: the rest later. */
		if (rc == ERR_LIMIT && os->at != from)
			rc = 0;
		if (rc >= 0)
			rc = opinion_put(os->v->gate, os->new.v, os->new.n,
			    vault_now(os->v));
		os->count += rc < 0 ? 0 : os->new.n;
	} while (rc >= 0 && os->at != from && os->at <
	    store_last_seq(store) && clock_mono_us() < end_us);
	return rc < 0 ? rc : state_save(os);
}

static int
opinions_run(struct opinions *os, int64_t budget_us)
{
	int rc;

	os->arena = arena_new(ARENA_BYTES);
	os->beliefs = beliefs_new_shared(os->v);
	rc = slices_run(os, clock_mono_us() + budget_us);
	beliefs_free(os->beliefs);
	arena_free(os->arena);
	os->beliefs = NULL;
	os->arena = NULL;
	return rc;
}

void
opinions_tick(struct opinions *os)
{
	struct vault *v = os->v;
	int64_t last = store_last_seq(v->store);
	bool busy = last != os->last;
	int rc;

	os->last = last;
	if (!v->settings->opinions || v->policy == NULL ||
	    v->state != VAULT_READY ||
	    state_load(os) < 0)
		return;
	mark_follow(os);
	if (os->at >= last || turn_open(v->turn) < 0)
		return;
	rc = opinions_run(os, busy ? BUSY_US : IDLE_US);
	os->last = store_last_seq(v->store);
	/* They go to no peer, which is to be found out of each, too. */
	if (os->last != last)
		turn_wake(v->turn);
	if (rc < 0) {
		log_warning("opinions", "error=%s", err_name(rc));
		turn_fail(v->turn, rc);
	}
}

/* ---- for others ---- */

uint64_t
opinions_count(struct opinions *os)
{
	return os != NULL && state_load(os) == 0 ? os->count : 0;
}

int
opinions_find(struct vault *v, struct str about, struct arena *arena,
    struct store_record *out)
{
	char id[STIX_ID_MAX];
	int rc;

	(void)opinion_id(v->cert_id, about, id);
	rc = opinion_find(v->store, str_of(id), arena, out);
	return rc == ERR_EXISTS ? ERR_NOT_FOUND : rc;
}

bool
opinions_is_ours(const struct vault *v, struct str id, struct str about)
{
	char ours[STIX_ID_MAX];

	return str_eqz(id, opinion_id(v->cert_id, about, ours));
}
