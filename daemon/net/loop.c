#include "net/loop.h"

#include <assert.h>

#include "net/loop_private.h"

struct deferred {
	void (*fn)(void *arg);
	void *arg;
};

struct signal_watch {
	struct event *event;	/* owned */
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;	/* owned */
	struct event *soon;		/* owned: runs what was deferred */
	VEC(struct deferred) deferred;
	VEC(struct signal_watch *) signals;	/* owned */
	bool stopped;
};

/* Run what was deferred; what that defers again waits for the next time. */
static void
loop_run_deferred(struct loop *l)
{
	VEC(struct deferred) now = { l->deferred.v, l->deferred.n,
	    l->deferred.cap };

	l->deferred.v = NULL;
	l->deferred.n = l->deferred.cap = 0;
	for (size_t i = 0; i < now.n; i++)
		now.v[i].fn(now.v[i].arg);
	vec_clear(&now);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	loop_run_deferred(arg);
}

struct loop *
loop_new(void)
{
	struct loop *l = mem_new(struct loop);

	l->base = event_base_new();
	assert(l->base != NULL);
	l->soon = event_new(l->base, -1, 0, on_soon, l);
	assert(l->soon != NULL);
	return l;
}

void
loop_settle(struct loop *l)
{
	while (l->deferred.n > 0)
		loop_run_deferred(l);
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	/* What was deferred in the last dispatch owns memory. */
	loop_settle(l);
	for (size_t i = 0; i < l->signals.n; i++) {
		event_free(l->signals.v[i]->event);
		free(l->signals.v[i]);
	}
	vec_clear(&l->signals);
	vec_clear(&l->deferred);
	event_free(l->soon);
	event_base_free(l->base);
	free(l);
}

void
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		if (event_base_loop(l->base, EVLOOP_ONCE) != 0)
			break;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	(void)event_base_loopbreak(l->base);
}

void
loop_defer(struct loop *l, void (*fn)(void *arg), void *arg)
{
	vec_push(&l->deferred, (struct deferred){ fn, arg });
	if (l->deferred.n == 1)
		event_active(l->soon, EV_TIMEOUT, 0);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct signal_watch *w = arg;

	(void)signo, (void)what;
	w->fn(w->arg);
}

void
loop_signal(struct loop *l, int signo, void (*fn)(void *arg), void *arg)
{
	struct signal_watch *w = mem_new(struct signal_watch);

	w->fn = fn;
	w->arg = arg;
	w->event = evsignal_new(l->base, signo, on_signal, w);
	assert(w->event != NULL);
	(void)event_add(w->event, NULL);
	vec_push(&l->signals, w);
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

const char *
loop_library_version(void)
{
	return event_get_version();
}
