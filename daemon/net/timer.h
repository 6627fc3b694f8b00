/*
 * One-shot timers on the loop's monotonic clock.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdint.h>

#include "net/loop.h"

struct timer;

/* timer_new(l, fn, arg): not armed; fn(arg) is called when it fires. */
struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void timer_free(struct timer *t);

/* timer_arm_ms(t, ms): fire once in ms >= 0; an armed one starts again. */
void timer_arm_ms(struct timer *t, int64_t ms);
void timer_cancel(struct timer *t);

#endif
