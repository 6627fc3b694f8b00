/*
 * The effective label of a stored record: the originator's label joined
 * with the terms under which the record was released to us.  Cached by the
 * store's numbers, for one policy's vocabulary.
 */
#ifndef GATE_LABELS_H
#define GATE_LABELS_H

#include "record/label.h"
#include "store/store.h"

struct labels;

struct labels *labels_new(struct store *store);	/* store borrowed */
void labels_free(struct labels *l);

/* labels_set_vocabulary(l, v): v borrowed; forgets everything cached. */
void labels_set_vocabulary(struct labels *l, const struct vocabulary *v);

/*
 * labels_get(l, label, release): the effective label of a record with these
 * numbers (release 0: published here), normalised.  Borrowed until the next
 * labels_set_vocabulary or labels_trim.  NULL if the store has no such
 * numbers or cannot be read: the caller denies.
 */
const struct label *labels_get(struct labels *l, int64_t label,
    int64_t release);

/* labels_trim(l): forget the cache if it has grown large. */
void labels_trim(struct labels *l);

#endif
