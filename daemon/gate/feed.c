#include "gate/feed.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "gate/feed_private.h"
#include "gate/opinion.h"

#define SPACE "feed"		/* desk to what is kept of its feed */
#define ARENA_BYTES MIB(8)
#define LIST_NAME_MAX (2 * NAME_MAX_BYTES + 16)

/* ---- what the store keeps ---- */

static int
state_load(struct feed *f)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct feed_state s = { 0 };
	struct str value;
	struct cur c;
	int rc = store_value(f->g->o.store, SPACE, f->desk, arena, &value);

	f->state = s;
	if (rc == ERR_NOT_FOUND)
		return 0;
	TRY(rc);
	c = cur_of(value.p, value.n);
	s.at = (int64_t)cur_u64(&c);
	s.back_at = (int64_t)cur_u64(&c);
	s.back_end = (int64_t)cur_u64(&c);
	s.items = cur_u64(&c);
	cur_copy(&c, s.policy, sizeof(s.policy));
	if (cur_finish(&c) != 0)
		return ERR_STORE;
	f->state = s;
	return 0;
}

static int
state_save(struct feed *f)
{
	AUTO_BUF struct buf b = { 0 };

	if (!f->dirty)
		return 0;
	out_u64(&b, (uint64_t)f->state.at);
	out_u64(&b, (uint64_t)f->state.back_at);
	out_u64(&b, (uint64_t)f->state.back_end);
	out_u64(&b, f->state.items);
	buf_add(&b, f->state.policy, sizeof(f->state.policy));
	TRY(store_set(f->g->o.store, SPACE, f->desk, buf_str(&b)));
	f->dirty = false;
	return 0;
}

/* ---- its life ---- */

/* Circles have other bits now: their lists are found by name again. */
static void
lists_forget(struct feed *f)
{
	vec_clear(&f->all.rows);
	memset(&f->all, 0, sizeof(f->all));
	for (size_t i = 0; i < NELEM(f->lists); i++)
		vec_clear(&f->lists[i].rows);
	memset(f->lists, 0, sizeof(f->lists));
}

int
feed_open(struct gate *g, const char *desk, struct feed **out)
{
	AUTO(feed_free) struct feed *f = mem_new(struct feed);

	f->g = g;
	snprintf(f->desk, sizeof(f->desk), "%s", desk);
	f->circles = feed_circles_new(g);
	f->arena = arena_new(ARENA_BYTES);
	TRY(feed_sync(f));
	*out = TAKE(f);
	return 0;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	lists_forget(f);
	feed_circles_free(f->circles);
	arena_free(f->arena);
	free(f);
}

void
feed_rolled_back(struct feed *f)
{
	f->sound = f->dirty = false;
	f->again = f->again || f->rewound;
}

void
feed_restart(struct feed *f)
{
	f->again = true;
}

/* The policy of the gate is another, or answers have aged. */
static void
follow_gate(struct feed *f)
{
	char name[CERT_ID_MAX + NAME_MAX_BYTES + 2];
	struct digest digest = { { 0 } };

	f->generation = gate_generation(f->g);
	f->index = -1;
	feed_circles_forget(f->circles);
	lists_forget(f);
	if (f->g->policy != NULL) {
		snprintf(name, sizeof(name), "%s/%s", f->g->o.cert_id,
		    f->desk);
		f->index = policy_find_desk(f->g->policy, str_of(name));
		policy_digest(f->g->policy, &digest);
	}
	memcpy(f->policy, digest.b, sizeof(f->policy));
}

int
feed_sync(struct feed *f)
{
	if (f->generation != gate_generation(f->g))
		follow_gate(f);
	if (!f->sound) {
		lists_forget(f);
		TRY(state_load(f));
		f->sound = true;
	}
	return 0;
}

/* Does what was there have to be looked at under this policy? */
static bool
is_stale(const struct feed *f)
{
	return f->again || memcmp(f->policy, f->state.policy,
	    sizeof(f->policy)) != 0;
}

static void
rewind_all(struct feed *f, int64_t end)
{
	/* What was stored before it was ever open is no news either. */
	if (f->state.at == 0)
		f->state.at = end;
	f->state.back_at = 0;
	f->state.back_end = f->state.at;
	memcpy(f->state.policy, f->policy, sizeof(f->policy));
	f->rewound = f->rewound || f->again;
	f->again = false;
	f->dirty = true;
}

/* ---- lists ---- */

/* A record that may get its dates. */
struct feed_dating {
	int64_t seq;
	unix_ms_t now;
	bool again;		/* it may have some already */
};

static void
list_name(const struct feed *f, const char *circle,
    char dst[static LIST_NAME_MAX])
{
	/* Desks and circles have no space in their names. */
	snprintf(dst, LIST_NAME_MAX, "feed %s%s%s", f->desk,
	    circle == NULL ? "" : " ", circle == NULL ? "" : circle);
}

static int
list_read(struct feed *f, const char *circle, struct feed_list *l)
{
	struct store *store = f->g->o.store;
	char name[LIST_NAME_MAX];
	int rc;

	if (l->known)
		return 0;
	list_name(f, circle, name);
	l->number = 0;
	l->last_us = -1;
	rc = store_feed_find_list(store, str_of(name), &l->number);
	if (rc == 0)
		rc = store_feed_last(store, l->number, &l->last_us);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	l->known = true;
	return 0;
}

int
feed_list_of(struct feed *f, const char *circle, struct feed_list **out,
    int *out_circle)
{
	struct policy_circle_facts facts;
	size_t i = 0;

	if (circle == NULL) {
		TRY(list_read(f, NULL, &f->all));
		*out = &f->all;
		*out_circle = -1;
		return 0;
	}
	while (f->g->policy != NULL && i < FEED_CIRCLES_MAX &&
	    policy_circle_at(f->g->policy, i, &facts)) {
		if (strcmp(facts.id, circle) == 0) {
			TRY(list_read(f, circle, &f->lists[i]));
			*out = &f->lists[i];
			*out_circle = (int)i;
			return 0;
		}
		i++;
	}
	return ERR_NOT_FOUND;
}

/*
 * One more record for a list: it is written with the others of this piece.
 * Returns 1, or 0 if it is there already.
 */
static int
list_add(struct feed *f, const char *circle, struct feed_list *l,
    const struct feed_dating *d)
{
	struct store_feed_row row = { d->now.ms * 1000, d->seq };
	int rc = ERR_NOT_FOUND;

	TRY(list_read(f, circle, l));
	if (d->again && l->number != 0)
		rc = store_feed_find(f->g->o.store, l->number, d->seq,
		    &(int64_t){ 0 });
	if (rc != ERR_NOT_FOUND)
		return rc;
	/* A clock may stand still or step back; dates do not. */
	if (row.added_us <= l->last_us)
		row.added_us = l->last_us + 1;
	l->last_us = row.added_us;
	vec_push(&l->rows, row);
	return 1;
}

static int
list_write(struct feed *f, const char *circle, struct feed_list *l)
{
	char name[LIST_NAME_MAX];
	int rc;

	if (l->rows.n == 0)
		return 0;
	if (l->number == 0) {
		list_name(f, circle, name);
		TRY(store_feed_list(f->g->o.store, str_of(name),
		    &l->number));
	}
	rc = store_feed_add(f->g->o.store, l->number, l->rows.v, l->rows.n);
	l->rows.n = 0;
	return rc;
}

static int
lists_write(struct feed *f)
{
	struct policy_circle_facts facts;

	TRY(list_write(f, NULL, &f->all));
	for (size_t i = 0; i < FEED_CIRCLES_MAX &&
	    policy_circle_at(f->g->policy, i, &facts); i++)
		TRY(list_write(f, facts.id, &f->lists[i]));
	return 0;
}

/* ---- the scan ---- */

/* The record itself; what was derived for others stands beside its original. */
static int
record_shows(struct feed *f, const struct store_record *r, unix_ms_t now)
{
	if (f->index < 0 || (r->flags & (RECORD_TOMBSTONE |
	    RECORD_RELABELLED | RECORD_HELD)) != 0)
		return 0;
	if ((r->flags & RECORD_DERIVED) != 0 &&
	    (r->flags & RECORD_STANDS) == 0)
		return 0;
	return gate_answer_local(f->g, r, f->index, now);
}

/* Looks for a version, that can be seen, of what an opinion is about. */
struct about {
	struct feed *f;
	unix_ms_t now;
	uint64_t circles;
	bool shows;
};

static int
on_about(void *arg, const struct store_record *r)
{
	struct about *a = arg;
	int rc = (r->flags & RECORD_OPINION) != 0 ? 0 :
	    record_shows(a->f, r, a->now);

	if (rc <= 0)
		return rc;
	a->shows = true;
	a->circles |= feed_circles_of(a->f->circles, r, a->now);
	return 0;
}

int
feed_shows(struct feed *f, const struct store_record *r, unix_ms_t now,
    uint64_t *out_circles)
{
	AUTO(arena_free) struct arena *arena = NULL;
	struct about a = { .f = f, .now = now };
	int rc = record_shows(f, r, now);

	if (rc <= 0 || (r->flags & RECORD_OPINION) == 0) {
		if (rc > 0 && out_circles != NULL)
			*out_circles = feed_circles_of(f->circles, r, now);
		return rc;
	}
	arena = arena_new(ARENA_BYTES);
	rc = store_find_id(f->g->o.store, opinion_about(r->bytes), arena,
	    on_about, &a);
	if (rc < 0)
		return rc == ERR_LIMIT ? 0 : rc;
	if (a.shows && out_circles != NULL)
		*out_circles = a.circles;
	return a.shows;
}

static int
record_date(struct feed *f, const struct store_record *r, unix_ms_t now,
    bool again)
{
	struct feed_dating d = { r->seq, now, again };
	struct policy_circle_facts facts;
	uint64_t circles;
	int rc = feed_shows(f, r, now, &circles);

	if (rc <= 0)
		return rc;
	rc = list_add(f, NULL, &f->all, &d);
	TRY(rc);
	f->state.items += (uint64_t)rc;
	for (; circles != 0; circles &= circles - 1) {
		size_t i = (size_t)__builtin_ctzll(circles);

		if (policy_circle_at(f->g->policy, i, &facts))
			TRY(list_add(f, facts.id, &f->lists[i], &d));
	}
	return 0;
}

struct run {
	struct feed *f;
	unix_ms_t now;
	int64_t *at;		/* what the scan moves on */
	int64_t end;		/* and how far it may */
	bool again;		/* what was there before */
	size_t looked;
};

static int
on_scanned(void *arg, const struct store_record *r)
{
	struct run *run = arg;

	if (r->seq > run->end)
		return 1;
	TRY(record_date(run->f, r, run->now, run->again));
	*run->at = r->seq;
	run->looked++;
	return 0;
}

/* Scan (*at, end], at most max records of it. */
static int
run_scan(struct run *run, int64_t *at, int64_t end, size_t max)
{
	struct feed *f = run->f;
	int rc;

	if (*at >= end || run->looked >= max)
		return 0;
	run->at = at;
	run->end = end;
	arena_reset(f->arena);
	rc = store_scan(f->g->o.store, *at, max - run->looked, f->arena,
	    on_scanned, run);
	return rc < 0 ? rc : 0;
}

static int64_t
min_seq(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int
feed_run(struct feed *f, unix_ms_t now, size_t max_records)
{
	struct run run = { .f = f, .now = now };
	int64_t end;
	int rc;

	TRY(feed_sync(f));
	if (f->index < 0)
		return 0;
	end = gate_releasable(f->g, now);
	if (is_stale(f))
		rewind_all(f, end);
	rc = run_scan(&run, &f->state.at, end, max_records);
	run.again = true;
	if (rc == 0)
		rc = run_scan(&run, &f->state.back_at,
		    min_seq(f->state.back_end, end), max_records);
	f->dirty = f->dirty || run.looked > 0;
	if (rc == 0)
		rc = lists_write(f);
	if (rc == 0)
		rc = state_save(f);
	return rc < 0 ? rc : (int)run.looked;
}

int
feed_look(struct feed *f, int64_t seq, unix_ms_t now)
{
	struct store_record r;
	int rc;

	TRY(feed_sync(f));
	/* What the scan has not come to it will look at anyway. */
	if (f->index < 0 || seq > f->state.at)
		return 0;
	arena_reset(f->arena);
	rc = store_get(f->g->o.store, seq, f->arena, &r);
	if (rc == 0)
		rc = record_date(f, &r, now, true);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	TRY(lists_write(f));
	f->dirty = true;
	return state_save(f);
}

bool
feed_waits(struct feed *f, unix_ms_t now)
{
	int64_t end = gate_releasable(f->g, now);

	/* The next run says what is wrong with the store. */
	if (feed_sync(f) < 0)
		return true;
	return f->index >= 0 && (is_stale(f) || f->state.at < end ||
	    f->state.back_at < min_seq(f->state.back_end, end));
}

uint64_t
feed_behind(struct feed *f, unix_ms_t now)
{
	int64_t end = gate_releasable(f->g, now);

	if (feed_sync(f) < 0 || f->index < 0 || f->state.at >= end)
		return 0;
	return (uint64_t)(end - f->state.at);
}

int
feed_has(struct feed *f, int64_t seq)
{
	int64_t us;
	int rc;

	TRY(feed_sync(f));
	TRY(list_read(f, NULL, &f->all));
	if (f->all.number == 0)
		return 0;
	rc = store_feed_find(f->g->o.store, f->all.number, seq, &us);
	return rc == 0 ? 1 : rc == ERR_NOT_FOUND ? 0 : rc;
}

void
feed_figures(struct feed *f, struct feed_figures *out)
{
	int64_t last = store_last_seq(f->g->o.store);
	struct feed_state *s = &f->state;

	*out = (struct feed_figures){ 0 };
	if (feed_sync(f) < 0 || f->index < 0)
		return;
	out->items = s->items;
	out->lag = is_stale(f) ? (uint64_t)last :
	    (uint64_t)(last > s->at ? last - s->at : 0) +
	    (uint64_t)(s->back_end > s->back_at ?
	    s->back_end - s->back_at : 0);
}
