/*
 * Records made by redaction in the course of a scan: found if they were
 * made before, else made, sealed together and stored in the open
 * transaction.
 */
#ifndef GATE_DERIVED_H
#define GATE_DERIVED_H

#include "gate/gate.h"

struct derived;

/* derived_new(g, arena, now): g and arena are borrowed until freed. */
struct derived *derived_new(struct gate *g, struct arena *arena,
    unix_ms_t now);
void derived_free(struct derived *d);

/*
 * derived_add(d, rec, a): rec is to go out without what a.redactions names.
 * ERR_DENIED if nothing valid would be left of it: it is denied then; ERR_*
 * of the store.
 */
int derived_add(struct derived *d, const struct store_record *rec,
    const struct gate_answer *a) MUST_CHECK;

/*
 * derived_finish(d, visit, arg): seal and store what is new, then show every
 * derived record with the sequence of its original and the answer it was
 * made for.  ERR_*, or what visit returned if negative.
 */
typedef int (*derived_visit)(void *arg, const struct store_record *rec,
    int64_t original, const struct gate_answer *a);
int derived_finish(struct derived *d, derived_visit visit, void *arg)
    MUST_CHECK;

/*
 * derived_each(g, original, visit, arg): the sequence of every record that
 * was derived of that one; visit returns 0 to go on, or ERR_*.
 */
int derived_each(struct gate *g, int64_t original,
    int (*visit)(void *arg, int64_t derived), void *arg) MUST_CHECK;

/*
 * derived_object(g, rec, redactions, out): append the object that is left
 * of rec; ERR_DENIED if nothing valid would be.
 */
int derived_object(struct gate *g, const struct store_record *rec,
    uint64_t redactions, struct buf *out) MUST_CHECK;

#endif
