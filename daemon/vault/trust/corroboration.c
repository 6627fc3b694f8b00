#include "vault/trust/corroboration.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/timer.h"
#include "record/observable.h"
#include "vault/trust/evidence.h"

#define SPACE "corroboration"
#define KEY "position"
#define PIECE_US 4000		/* in one dispatch */
#define PIECE_RECORDS 512
#define NEXT_MS 20		/* between pieces */
#define FLOOD_US 10000		/* over the end, of one record */
#define VALUES_MAX 8		/* looked up of one record */
#define REPORTS_MAX 256		/* looked at of one value, the newest */

struct corroboration {
	struct vault *v;		/* borrowed */
	struct timer *timer;		/* owned */
	bool armed;
	int64_t position;		/* records up to here were looked at */
	int64_t end_us;			/* of the piece under way */
	bool over;			/* its time was, before its end */
	struct arena *page;		/* owned: records that are scanned */
	struct arena *found;		/* owned: those that are looked up */
	struct stix_reader *reader, *other;	/* owned */
};

/* A report: a record that a CERT other than us sealed. */
struct report {
	const struct store_record *record;	/* borrowed */
	struct stix_object o;
	char root[CERT_ID_MAX + 1];	/* who sealed it, or gave it unsealed */
};

static void on_timer(void *arg);

static int
position_read(struct corroboration *c)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	uint64_t n;
	int rc = store_value(c->v->store, SPACE, KEY, arena, &value);

	if (rc == ERR_NOT_FOUND) {
		c->position = store_last_seq(c->v->store);
		return 0;
	}
	TRY(rc);
	TRY(str_to_u64(value, &n) < 0 ? ERR_STORE : 0);
	c->position = (int64_t)n;
	return 0;
}

static int
position_write(struct corroboration *c)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)c->position);
	return store_set(c->v->store, SPACE, KEY, str_of(text));
}

int
corroboration_open(struct vault *v, struct corroboration **out)
{
	AUTO(corroboration_free) struct corroboration *c =
	    mem_new(struct corroboration);

	c->v = v;
	TRY(position_read(c));
	c->timer = timer_new(v->loop, on_timer, c);
	c->page = arena_new(MIB(16));
	c->found = arena_new(MIB(16));
	c->reader = stix_reader_new();
	c->other = stix_reader_new();
	*out = TAKE(c);
	return 0;
}

void
corroboration_free(struct corroboration *c)
{
	if (c == NULL)
		return;
	timer_free(c->timer);
	arena_free(c->page);
	arena_free(c->found);
	stix_reader_free(c->reader);
	stix_reader_free(c->other);
	free(c);
}

int
corroboration_reopen(struct corroboration *c)
{
	return position_read(c);
}

static void
arm(struct corroboration *c)
{
	if (c->armed || c->position >= store_last_seq(c->v->store))
		return;
	c->armed = true;
	timer_arm_ms(c->timer, NEXT_MS);
}

void
corroboration_tick(struct corroboration *c)
{
	arm(c);
}

/* Could the record be a report, or confirm one? */
static bool
is_report(const struct store_record *r)
{
	return (r->flags & (RECORD_OWN | RECORD_DERIVED | RECORD_TOMBSTONE |
	    RECORD_REVOKED | RECORD_SUPERSEDED | RECORD_UNKEYED |
	    RECORD_HELD | RECORD_APART)) == 0;
}

/* Who sealed it, or gave it without a seal: then ours is on it. */
static int
root_read(struct corroboration *c, const struct store_record *r,
    char dst[static CERT_ID_MAX + 1])
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str name;

	if ((r->flags & RECORD_FETCHED) == 0)
		return gate_seal_origin(c->v->gate, r->seal, dst);
	TRY(store_name(c->v->store, r->source, arena, &name));
	snprintf(dst, CERT_ID_MAX + 1, "%.*s", (int)name.n, name.p);
	return 0;
}

/* Is it a report that says what is bad?  Then *out. */
static bool
report_read(struct corroboration *c, struct stix_reader *reader,
    const struct store_record *r, struct report *out)
{
	struct stix_problem problem;
	int rc;

	if (!is_report(r) || stix_read(reader, r->bytes, &out->o,
	    &problem) != 0 || !str_eqz(out->o.type, "indicator"))
		return false;
	out->record = r;
	rc = root_read(c, r, out->root);
	if (rc < 0)
		log_warning("corroboration", "record=%.*s error=%s",
		    (int)out->o.id.n, out->o.id.p, err_name(rc));
	return rc == 0;
}

/* Who was first with a value, of those before a report. */
struct looking {
	struct corroboration *c;
	const struct report *later;
	int64_t seq;		/* of the first; the later one's if none */
	char root[CERT_ID_MAX + 1], id[STIX_ID_MAX + 1],
	    maker[STIX_ID_MAX + 1];
};

/* A record with one of the values of the later one. */
static int
on_found(void *arg, const struct store_record *r)
{
	struct looking *l = arg;
	struct report found;

	/* A value of a flood is no reason to keep others waiting. */
	if (clock_mono_us() >= l->c->end_us + FLOOD_US)
		return 1;
	if (r->seq >= l->seq || !report_read(l->c, l->c->other, r, &found))
		return 0;
	l->seq = r->seq;
	memcpy(l->root, found.root, sizeof(l->root));
	snprintf(l->id, sizeof(l->id), "%.*s", (int)found.o.id.n,
	    found.o.id.p);
	snprintf(l->maker, sizeof(l->maker), "%.*s",
	    (int)found.o.created_by_ref.n, found.o.created_by_ref.p);
	return 0;
}

/* The later report confirms the first one, if it is another's. */
static int
confirm_first(const struct looking *l)
{
	const struct report *later = l->later;
	char why[EVIDENCE_REASON_MAX];
	int rc;

	/* The same object, or from the same hand, is the same report. */
	if (l->seq >= later->record->seq ||
	    strcmp(l->root, later->root) == 0 ||
	    str_eqz(later->o.id, l->id) || (l->maker[0] != '\0' &&
	    str_eqz(later->o.created_by_ref, l->maker)))
		return 0;
	snprintf(why, sizeof(why), "%s reports the same in %.*s",
	    later->root, (int)later->o.id.n, later->o.id.p);
	rc = evidence_add(l->c->v->evidence, &(struct evidence_item){
	    .peer = str_of(l->root), .by = str_of(later->root),
	    .kind = TRUST_CONFIRMED, .record = str_of(l->id),
	    .source = later->o.id, .reason = str_of(why) });
	return rc < 0 ? rc : 0;
}

/* Whom does it confirm? */
static int
confirm(struct corroboration *c, const struct report *later)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	struct observables values = { 0 };
	size_t looked = 0;

	if (observables_of(&later->o, arena, &values) < 0)
		return 0;
	for (size_t i = 0; i < values.n && looked < VALUES_MAX; i++) {
		struct looking l = { .c = c, .later = later,
		    .seq = later->record->seq };
		int rc;

		if (values.v[i].part == OBSERVABLE_PART_OF ||
		    (values.v[i].kind == OBSERVABLE_IP &&
		    values.v[i].prefix != 128))
			continue;
		looked++;
		arena_reset(c->found);
		rc = store_lookup(c->v->store, &values.v[i], false,
		    REPORTS_MAX, c->found, on_found, &l);
		if (rc < 0 && rc != ERR_LIMIT)
			return rc;
		TRY(confirm_first(&l));
	}
	return 0;
}

static int
on_scanned(void *arg, const struct store_record *r)
{
	struct corroboration *c = arg;
	struct report later;

	c->over = clock_mono_us() >= c->end_us;
	if (c->over)
		return 1;
	arena_reset(c->found);
	if (report_read(c, c->reader, r, &later))
		TRY(confirm(c, &later));
	c->position = r->seq;
	return 0;
}

static int
piece(struct corroboration *c)
{
	int rc;

	c->end_us = clock_mono_us() + PIECE_US;
	c->over = false;
	arena_reset(c->page);
	rc = store_scan(c->v->store, c->position, PIECE_RECORDS, c->page,
	    on_scanned, c);
	/* Nothing behind the position: what is last is no record any more. */
	if (rc == 0 && !c->over)
		c->position = store_last_seq(c->v->store);
	return rc < 0 ? rc : position_write(c);
}

static void
on_timer(void *arg)
{
	struct corroboration *c = arg;
	int rc;

	c->armed = false;
	if (c->v->state == VAULT_DRAINING || turn_open(c->v->turn) < 0)
		return;		/* the next second tries again */
	rc = piece(c);
	if (rc < 0)
		turn_fail(c->v->turn, rc);
	else
		arm(c);
}
