/*
 * The form in which vault/apply.h keeps its state in the store: small
 * values of the space "policy", and a history of what happened.  All in the
 * open turn.
 */
#ifndef VAULT_APPLY_STORE_H
#define VAULT_APPLY_STORE_H

#include "vault/apply.h"

/* Sets of files, by the value they are kept in. */
#define APPLY_FILES "files"
#define APPLY_PENDING_FILES "pending-files"
#define APPLY_PREVIOUS_FILES "previous-files"

/* apply_state_load(a): everything but the sets of files.  ERR_* of the store,
 * ERR_STORE if it does not read. */
int apply_state_load(struct apply *a) MUST_CHECK;
/* apply_state_save(a): the same back. */
int apply_state_save(const struct apply *a) MUST_CHECK;

/*
 * apply_files_save(a, key, files): keep a set but its SETTINGS_FILE.
 * apply_files_load(a, key, e): one; NULL with e.
 * apply_files_copy(a, from, to), apply_files_drop(a, key).
 */
int apply_files_save(struct apply *a, const char *key,
    const struct file_set *files) MUST_CHECK;
struct file_set *apply_files_load(struct apply *a, const char *key,
    struct err *e);
int apply_files_copy(struct apply *a, const char *from, const char *to)
    MUST_CHECK;
int apply_files_drop(struct apply *a, const char *key) MUST_CHECK;

/* apply_note(a, ev): one more line of history; ev->at is filled in. */
int apply_note(struct apply *a, const struct apply_event *ev) MUST_CHECK;

#endif
