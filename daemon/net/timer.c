#include "net/timer.h"

#include <assert.h>

#include "net/loop_private.h"

struct timer {
	struct event *event;	/* owned */
	void (*fn)(void *arg);
	void *arg;
};

static void
on_fire(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd, (void)what;
	t->fn(t->arg);
}

struct timer *
timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct timer *t = mem_new(struct timer);

	t->fn = fn;
	t->arg = arg;
	t->event = evtimer_new(loop_base(l), on_fire, t);
	assert(t->event != NULL);
	return t;
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	event_free(t->event);
	free(t);
}

void
timer_arm_ms(struct timer *t, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(t->event, &tv);
}

void
timer_cancel(struct timer *t)
{
	(void)evtimer_del(t->event);
}
