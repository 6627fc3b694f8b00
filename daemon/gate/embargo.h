/*
 * The ends of embargoes that hold records back: noted in the store when a
 * record is denied for one, so that it is decided again when it is over.
 */
#ifndef GATE_EMBARGO_H
#define GATE_EMBARGO_H

#include "gate/gate.h"

/* embargo_note(g, end): in the open transaction.  ERR_* of the store. */
int embargo_note(struct gate *g, unix_ms_t end) MUST_CHECK;

/*
 * embargo_over(g, now): is the end of a noted embargo past?  1 or 0, ERR_* of
 * the store.  Reads the store once, then only when something was noted.
 */
int embargo_over(struct gate *g, unix_ms_t now) MUST_CHECK;

/*
 * embargo_forget(g, now): in the open transaction, drop the notes up to now:
 * what they held back is being decided again.  ERR_* of the store.
 */
int embargo_forget(struct gate *g, unix_ms_t now) MUST_CHECK;

#endif
