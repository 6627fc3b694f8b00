/*
 * Corroboration: what one CERT reported first, and another one, with another
 * root and of another stakeholder group, reports later, is evidence for the
 * first of them: who repeats what was known gains nothing by it.
 * Done behind the stream, a little at a time, from a position that is kept.
 */
#ifndef VAULT_TRUST_CORROBORATION_H
#define VAULT_TRUST_CORROBORATION_H

#include "base/err.h"
#include "base/mem.h"

struct corroboration;
struct vault;

/*
 * corroboration_open(v, out): go on where it was; a store that has records
 * and no position is taken from its end.  ERR_* of the store.
 */
int corroboration_open(struct vault *v, struct corroboration **out)
    MUST_CHECK;
void corroboration_free(struct corroboration *c);
MEM_AUTO(struct corroboration, corroboration_free);

/* corroboration_tick(c): once a second: there may be records to look at. */
void corroboration_tick(struct corroboration *c);

/* corroboration_reopen(c): a turn was undone: read the position again. */
int corroboration_reopen(struct corroboration *c) MUST_CHECK;

#endif
