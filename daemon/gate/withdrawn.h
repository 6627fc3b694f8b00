/*
 * Recalls of what was not here: the originator took a record back before a
 * relay brought it.  It is refused when it comes.
 */
#ifndef GATE_WITHDRAWN_H
#define GATE_WITHDRAWN_H

#include "base/crypto.h"
#include "gate/gate.h"

struct withdrawn;

struct withdrawn *withdrawn_new(struct store *store);	/* borrowed */
void withdrawn_free(struct withdrawn *w);

/*
 * withdrawn_add(w, origin, digest): in the open transaction: the CERT took
 * back the record with those bytes.
 */
int withdrawn_add(struct withdrawn *w, const char *origin,
    const struct digest *digest) MUST_CHECK;

/* withdrawn_has(w, origin, digest): 1 if it did, 0, or ERR_* of the store. */
int withdrawn_has(struct withdrawn *w, const char *origin,
    const struct digest *digest) MUST_CHECK;

#endif
