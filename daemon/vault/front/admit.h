/*
 * What a tool posts goes the way of all that our desks publish.
 */
#ifndef VAULT_FRONT_ADMIT_H
#define VAULT_FRONT_ADMIT_H

#include "vault/front/private.h"

struct front_admit;

/*
 * front_admit_new(v, desk, c): objects for that collection; NULL: there is
 * no such desk, or no such circle any more.  front_admit_free: nothing is
 * held back for it any longer.
 */
struct front_admit *front_admit_new(struct vault *v, int desk,
    const struct front_collection *c);
void front_admit_free(struct front_admit *a);

/*
 * front_admit_renew(a, desk): another policy may be in force since: false
 * where it has no such desk or circle any more.
 */
bool front_admit_renew(struct front_admit *a, int desk);

/*
 * front_admit(a, v, n, status): in the open turn, at most BATCH_RECORDS_MAX
 * objects; status hears what became of each.  ERR_* of the store.
 */
int front_admit(struct front_admit *a, const struct str *v, size_t n,
    struct front_status *status) MUST_CHECK;

/* front_admit_done(a): all of it is in: what was held back may go. */
void front_admit_done(struct front_admit *a);
/* front_admit_count(a): and it is on disk. */
void front_admit_count(struct front_admit *a);

#endif
