/*
 * Records that came in and wait for people (`via: consult` of an in-grant,
 * a posture): stored, so that nothing acknowledged is lost, and seen by
 * nobody until they are let in or thrown away.
 */
#ifndef GATE_HELD_H
#define GATE_HELD_H

#include "gate/gate.h"

/* held_note(g, seq, sender): in the open transaction: one more waits. */
int held_note(struct gate *g, int64_t seq, const char *sender) MUST_CHECK;

/*
 * held_let_in(g, seq), held_throw_away(g, seq): in the open transaction: it
 * is a record like others from now on; or its digest alone is kept.
 * ERR_NOT_FOUND: it does not wait.
 */
int held_let_in(struct gate *g, int64_t seq) MUST_CHECK;
int held_throw_away(struct gate *g, int64_t seq) MUST_CHECK;

/*
 * held_each(g, visit, arg): every one that waits, with who sent it, in order
 * of sequence, until visit returns other than 0, which is returned.
 */
typedef int (*held_visit)(void *arg, int64_t seq, const char *sender);
int held_each(struct gate *g, held_visit visit, void *arg) MUST_CHECK;

/*
 * held_answer(g, party, r, now, out): what the policy says now of a record
 * that waits, coming from that party.  ERR_DENIED: it cannot be known.
 */
int held_answer(struct gate *g, const struct gate_party *party,
    const struct store_record *r, unix_ms_t now, struct gate_answer *out)
    MUST_CHECK;

#endif
