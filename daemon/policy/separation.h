/*
 * Where a record behind a wall can come to (comity-policy(5), PROOF): the
 * least set of states that holds what we may send and is closed under what
 * recipients do with it.  Private to the proof.
 */
#ifndef POLICY_SEPARATION_H
#define POLICY_SEPARATION_H

#include "policy/cells.h"
#include "policy/certificate.h"

struct separation;

/*
 * separation_new(c, p, wall, assume): the states of wall number `wall`,
 * breadth first; assume has POLICY_HOPS_HONOURED and POLICY_WALLS_ATTESTED.
 */
struct separation *separation_new(const struct cells *c,
    const struct policy *p, size_t wall, uint32_t assume);
void separation_free(struct separation *s);
MEM_AUTO(struct separation, separation_free);

/* separation_holds(s): no state is at a desk with a forbidden use. */
bool separation_holds(const struct separation *s);

/* How many states there are. */
size_t separation_count(const struct separation *s);
/*
 * separation_states(s, out): all of them, by desk, kind, TLP and hops; out
 * has room for separation_count.
 */
void separation_states(const struct separation *s,
    struct certificate_state *out);

/*
 * separation_rests_on(s, out): append the CERT ids, by blanks, on whose word
 * the wall rests.  Without its word a CERT hands what it has to anybody, so
 * these are all that can have a record behind the wall, if a peer has a use
 * that it is kept out of.
 */
void separation_rests_on(const struct separation *s, struct buf *out);

/*
 * separation_explain(s, out): when it does not hold: the shortest path, a
 * line a step with file and line, and the smallest changes that would make
 * it hold, each of them tried.
 */
void separation_explain(const struct separation *s, struct buf *out);

#endif
