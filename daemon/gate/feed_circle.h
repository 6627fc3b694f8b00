/*
 * By which circles of ours a stored record goes, told from its label alone.
 */
#ifndef GATE_FEED_CIRCLE_H
#define GATE_FEED_CIRCLE_H

#include "gate/gate.h"

struct feed_circles;

struct feed_circles *feed_circles_new(struct gate *g);	/* g borrowed */
void feed_circles_free(struct feed_circles *c);

/*
 * feed_circles_forget(c): the policy is another, or answers have aged.
 */
void feed_circles_forget(struct feed_circles *c);

/*
 * feed_circles_of(c, r, now): a bit for each circle of the policy of whose
 * kinds the record is, and by which it goes: it is for members only; or it
 * is ours, and the policy lets it go to one of them by the circle; or it
 * came from one of them by the circle.
 */
uint64_t feed_circles_of(struct feed_circles *c,
    const struct store_record *r, unix_ms_t now);

#endif
