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
 * held_judge(g, e, out): may that record, which waits, come in now?  What
 * people agreed to is put to the policy as it is: it may have become
 * stricter.  out: its answer.  ERR_DENIED: no (out: REASON_EXPIRED if its
 * label has expired, REASON_OBLIGATION if nothing would be left of it);
 * ERR_NOT_FOUND: it does not wait, or was recalled; ERR_* of the store.
 */
struct held_entry {
	int64_t seq;
	const struct gate_party *party;	/* the sender; NULL: not known */
	bool agreed;			/* people agreed to it */
	unix_ms_t now;
};
int held_judge(struct gate *g, const struct held_entry *e,
    struct gate_answer *out) MUST_CHECK;

/*
 * held_let_in(g, e): in the open transaction: it is a record like others
 * from now on, or what is left of it without what the policy takes out.
 * ERR_* as held_judge: it still waits then.
 */
int held_let_in(struct gate *g, const struct held_entry *e) MUST_CHECK;

/*
 * held_throw_away(g, seq): in the open transaction: its digest alone is
 * kept.  ERR_NOT_FOUND: it does not wait.
 */
int held_throw_away(struct gate *g, int64_t seq) MUST_CHECK;

/*
 * held_each(g, visit, arg): every one that waits, with who sent it, in order
 * of sequence, until visit returns other than 0, which is returned.
 */
typedef int (*held_visit)(void *arg, int64_t seq, const char *sender);
int held_each(struct gate *g, held_visit visit, void *arg) MUST_CHECK;

#endif
