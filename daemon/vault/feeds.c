#include "vault/feeds.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/timer.h"

#define SOON_MS 2		/* several commits share one piece */
#define BACKFILL_MS 8		/* between pieces of what was there before */
#define RETRY_MS 1000
#define PIECE_US 4000		/* in one dispatch, for all desks together */
#define PIECE_RECORDS 128

struct watcher {
	feeds_fn fn;		/* NULL: not any more */
	void *arg;		/* borrowed */
};

struct entry {
	char desk[NAME_MAX_BYTES];
	struct feed *feed;	/* owned; NULL: could not be read */
};

struct feeds {
	struct vault *v;		/* borrowed */
	struct timer *timer;		/* owned */
	bool armed;			/* the timer is */
	bool under_way;			/* a piece waits for its commit */
	VEC(struct entry) desks;	/* owned */
	size_t next;			/* whose turn it is */
	uint64_t told;			/* how far, when watchers were told */
	VEC(struct watcher) watchers;
};

static void on_timer(void *arg);

struct feeds *
feeds_new(struct vault *v)
{
	struct feeds *fs = mem_new(struct feeds);

	fs->v = v;
	fs->timer = timer_new(v->loop, on_timer, fs);
	return fs;
}

void
feeds_free(struct feeds *fs)
{
	if (fs == NULL)
		return;
	turn_cancel(fs->v->turn, fs);
	timer_free(fs->timer);
	for (size_t i = 0; i < fs->desks.n; i++)
		feed_free(fs->desks.v[i].feed);
	vec_clear(&fs->desks);
	vec_clear(&fs->watchers);
	free(fs);
}

static void
feeds_arm(struct feeds *fs, int64_t ms)
{
	if (fs->armed || fs->under_way)
		return;
	fs->armed = true;
	timer_arm_ms(fs->timer, ms);
}

/* ---- desks ---- */

/* A feed that could not be read is tried again whenever it is wanted. */
static struct feed *
entry_feed(struct feeds *fs, struct entry *e)
{
	int rc;

	if (e->feed != NULL)
		return e->feed;
	rc = feed_open(fs->v->gate, e->desk, &e->feed);
	if (rc < 0)
		log_error("feed", "desk=%s error=%s", e->desk, err_name(rc));
	return e->feed;
}

static struct entry *
entry_find(struct feeds *fs, const char *desk)
{
	for (size_t i = 0; i < fs->desks.n; i++)
		if (strcmp(fs->desks.v[i].desk, desk) == 0)
			return &fs->desks.v[i];
	return NULL;
}

struct feed *
feeds_get(struct feeds *fs, const char *desk)
{
	struct entry *e = desk == NULL ? NULL : entry_find(fs, desk);

	return e == NULL ? NULL : entry_feed(fs, e);
}

/* The name of our i-th desk, without the CERT's; NULL past the last. */
static const char *
desk_name(const struct vault *v, int i)
{
	const struct policy_org *self;
	const char *name;

	if (v->policy == NULL)
		return NULL;
	self = policy_org(v->policy, 0);
	if (i >= self->ndesks)
		return NULL;
	name = policy_vocabulary(v->policy)->desks.v[self->first_desk + i];
	return strchr(name, '/') == NULL ? name : strchr(name, '/') + 1;
}

static bool
is_desk(const struct vault *v, const char *desk)
{
	const char *name;

	for (int i = 0; (name = desk_name(v, i)) != NULL; i++)
		if (strcmp(name, desk) == 0)
			return true;
	return false;
}

void
feeds_policy_changed(struct feeds *fs)
{
	const char *name;

	for (size_t i = fs->desks.n; i-- > 0;)
		if (!is_desk(fs->v, fs->desks.v[i].desk)) {
			feed_free(fs->desks.v[i].feed);
			fs->desks.v[i] = fs->desks.v[--fs->desks.n];
		}
	for (int i = 0; (name = desk_name(fs->v, i)) != NULL; i++)
		if (entry_find(fs, name) == NULL) {
			struct entry e = { .feed = NULL };

			snprintf(e.desk, sizeof(e.desk), "%s", name);
			vec_push(&fs->desks, e);
		}
	feeds_wake(fs);
}

void
feeds_rolled_back(struct feeds *fs)
{
	for (size_t i = 0; i < fs->desks.n; i++)
		if (fs->desks.v[i].feed != NULL)
			feed_rolled_back(fs->desks.v[i].feed);
}

int
feeds_look(struct feeds *fs, int64_t seq)
{
	unix_ms_t now = vault_now(fs->v);

	for (size_t i = 0; i < fs->desks.n; i++) {
		struct feed *f = entry_feed(fs, &fs->desks.v[i]);

		if (f == NULL)
			return ERR_STORE;
		TRY(feed_look(f, seq, now));
	}
	return 0;
}

/* ---- pieces ---- */

/* Does any desk have something to do; is any of it new? */
static bool
feeds_wait(struct feeds *fs, bool *out_new)
{
	unix_ms_t now = vault_now(fs->v);
	bool any = false;

	*out_new = false;
	for (size_t i = 0; i < fs->desks.n; i++) {
		struct feed *f = entry_feed(fs, &fs->desks.v[i]);

		if (f == NULL || !feed_waits(f, now))
			continue;
		any = true;
		*out_new = *out_new || feed_behind(f, now) > 0;
	}
	return any;
}

/* One desk after the other, each a little, until the time is over. */
static int
feeds_piece(struct feeds *fs)
{
	int64_t end = clock_mono_us() + PIECE_US;
	unix_ms_t now = vault_now(fs->v);
	size_t idle = 0;

	while (idle < fs->desks.n && clock_mono_us() < end) {
		struct feed *f;
		int n = 0;

		fs->next = (fs->next + 1) % fs->desks.n;
		f = fs->desks.v[fs->next].feed;
		if (f != NULL)
			n = feed_run(f, now, PIECE_RECORDS);
		if (n < 0)
			return n;
		idle = n > 0 ? 0 : idle + 1;
	}
	return 0;
}

/* Another number whenever something changed that a watcher may wait for. */
static uint64_t
feeds_progress(const struct feeds *fs)
{
	uint64_t progress = 0;

	for (size_t i = 0; i < fs->desks.n; i++) {
		struct feed_figures figures = { 0 };

		if (fs->desks.v[i].feed != NULL)
			feed_figures(fs->desks.v[i].feed, &figures);
		progress = progress * 31 + figures.items;
		progress = progress * 31 + figures.lag;
	}
	return progress;
}

/* Others may have run a feed too, in turns of their own. */
static void
feeds_tell(struct feeds *fs, bool further)
{
	uint64_t progress = feeds_progress(fs);
	size_t kept = 0;

	if ((progress == fs->told && !further) ||
	    store_in_transaction(fs->v->store))
		return;
	fs->told = progress;
	for (size_t i = 0; i < fs->watchers.n; i++)
		if (fs->watchers.v[i].fn != NULL)
			fs->watchers.v[i].fn(fs->watchers.v[i].arg);
	for (size_t i = 0; i < fs->watchers.n; i++)
		if (fs->watchers.v[i].fn != NULL)
			fs->watchers.v[kept++] = fs->watchers.v[i];
	fs->watchers.n = kept;
}

static void
on_piece_ended(void *arg, bool ok)
{
	struct feeds *fs = arg;
	bool is_new;

	fs->under_way = false;
	if (!ok) {
		feeds_arm(fs, RETRY_MS);
		return;
	}
	feeds_tell(fs, true);
	if (feeds_wait(fs, &is_new))
		feeds_arm(fs, is_new ? SOON_MS : BACKFILL_MS);
}

static void
on_timer(void *arg)
{
	struct feeds *fs = arg;
	struct turn *turn = fs->v->turn;
	bool is_new;
	int rc;

	fs->armed = false;
	if (fs->v->state == VAULT_DRAINING)
		return;
	feeds_tell(fs, false);
	if (!feeds_wait(fs, &is_new))
		return;
	if (turn_open(turn) < 0) {
		feeds_arm(fs, RETRY_MS);
		return;
	}
	fs->under_way = true;
	rc = feeds_piece(fs);
	if (rc < 0)
		turn_fail(turn, rc);
	turn_after(turn, on_piece_ended, fs);
}

void
feeds_look_again(struct feeds *fs)
{
	for (size_t i = 0; i < fs->desks.n; i++)
		if (fs->desks.v[i].feed != NULL)
			feed_restart(fs->desks.v[i].feed);
	feeds_wake(fs);
}

void
feeds_wake(struct feeds *fs)
{
	feeds_arm(fs, SOON_MS);
}

/* ---- who is told ---- */

void
feeds_watch(struct feeds *fs, feeds_fn fn, void *arg)
{
	vec_push(&fs->watchers, ((struct watcher){ fn, arg }));
}

void
feeds_unwatch(struct feeds *fs, const void *arg)
{
	for (size_t i = 0; i < fs->watchers.n; i++)
		if (fs->watchers.v[i].arg == arg)
			fs->watchers.v[i].fn = NULL;
}

json_t *
feeds_json(struct feeds *fs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fs->desks.n; i++) {
		struct feed_figures figures = { 0 };

		if (fs->desks.v[i].feed != NULL)
			feed_figures(fs->desks.v[i].feed, &figures);
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:I, s:I}", "desk", fs->desks.v[i].desk,
		    "items", (json_int_t)figures.items, "lag",
		    (json_int_t)figures.lag));
	}
	return list;
}
