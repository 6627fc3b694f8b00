#include "vault/turn.h"

#include "host/counters.h"
#include "host/log.h"
#include "net/loop.h"
#include "vault/feeds.h"
#include "vault/outbound.h"
#include "vault/peer.h"
#include "vault/vault.h"

struct after {
	turn_fn fn;
	void *arg;	/* borrowed; NULL fn: cancelled */
};

struct turn {
	struct vault *v;	/* borrowed */
	VEC(struct after) after;
	int failed;		/* first ERR_* of this turn */
	bool armed;		/* turn_end will run after this dispatch */
	bool wake;		/* senders want to run */
	bool ending;
	bool over;		/* the vault ends: no more turns */
};

static void on_dispatch_end(void *arg);

struct turn *
turn_new(struct vault *v)
{
	struct turn *t = mem_new(struct turn);

	t->v = v;
	return t;
}

void
turn_free(struct turn *t)
{
	if (t == NULL)
		return;
	vec_clear(&t->after);
	free(t);
}

static void
turn_arm(struct turn *t)
{
	if (t->armed || t->over)
		return;
	t->armed = true;
	loop_defer(t->v->loop, on_dispatch_end, t);
}

int
turn_open(struct turn *t)
{
	int rc;

	if (t->failed != 0)
		return t->failed;
	if (!store_in_transaction(t->v->store)) {
		rc = store_begin(t->v->store);
		if (rc < 0) {
			vault_degraded(t->v, rc);
			return rc;
		}
	}
	turn_arm(t);
	return 0;
}

void
turn_after(struct turn *t, turn_fn fn, void *arg)
{
	vec_push(&t->after, (struct after){ fn, arg });
	turn_arm(t);
}

void
turn_cancel(struct turn *t, const void *arg)
{
	for (size_t i = 0; i < t->after.n; i++)
		if (t->after.v[i].arg == arg)
			t->after.v[i].fn = NULL;
}

void
turn_fail(struct turn *t, int code)
{
	if (t->failed == 0)
		t->failed = code;
	turn_arm(t);
}

void
turn_wake(struct turn *t)
{
	t->wake = true;
	turn_arm(t);
}

/* Call everybody who waited for this turn; they may start the next one. */
static void
turn_tell(struct turn *t, bool ok)
{
	VEC(struct after) told = { t->after.v, t->after.n, t->after.cap };

	t->after.v = NULL;
	t->after.n = t->after.cap = 0;
	for (size_t i = 0; i < told.n; i++)
		if (told.v[i].fn != NULL)
			told.v[i].fn(told.v[i].arg, ok);
	vec_clear(&told);
}

/* Commit what this turn did, or undo all of it. */
static bool
turn_commit(struct turn *t)
{
	int rc = t->failed;

	if (rc == 0)
		rc = store_commit(t->v->store);
	if (rc == 0) {
		vault_recovered(t->v);
		return true;
	}
	store_rollback(t->v->store);
	log_error("turn-failed", "error=%s", err_name(rc));
	counter_inc(CTR_TURN_FAILED);
	vault_degraded(t->v, rc);
	vault_rolled_back(t->v);
	return false;
}

static void
turn_end(struct turn *t)
{
	bool ok;

	t->armed = false;
	if (t->wake) {
		t->wake = false;
		outbound_run(t->v);
		if (t->v->feeds != NULL)
			feeds_wake(t->v->feeds);
	}
	if (!store_in_transaction(t->v->store)) {
		turn_tell(t, t->failed == 0);
		t->failed = 0;
		return;
	}
	ok = turn_commit(t);
	t->failed = 0;
	turn_tell(t, ok);
	vault_committed(t->v);
}

static void
on_dispatch_end(void *arg)
{
	struct turn *t = arg;

	if (t->armed && !t->over)
		turn_end(t);
}

void
turn_close(struct turn *t)
{
	turn_end_now(t);
	t->over = true;
}

void
turn_end_now(struct turn *t)
{
	if (t->armed)
		turn_end(t);
}

static void
on_ended(void *arg, bool ok)
{
	*(bool *)arg = ok;
}

int
turn_commit_now(struct turn *t, int rc)
{
	bool ok = false;

	if (rc < 0)
		turn_fail(t, rc);
	turn_after(t, on_ended, &ok);
	turn_end_now(t);
	if (ok)
		return 0;
	if (rc < 0)
		return rc;
	return t->v->degraded_by != 0 ? t->v->degraded_by : ERR_STORE;
}
