/*
 * Cases as they are kept in the store.
 */
#ifndef VAULT_CONSULT_STORE_H
#define VAULT_CONSULT_STORE_H

#include "vault/consult/consult.h"

/* case_write(store, x): in the open transaction. */
int case_write(struct store *store, const struct consult_case *x)
    MUST_CHECK;

/* case_forget(store, x): in the open transaction. */
int case_forget(struct store *store, const struct consult_case *x)
    MUST_CHECK;

/*
 * cases_read(store, visit, arg): every case in order of number; visit owns
 * what it gets and returns 0 or ERR_*.  ERR_STORE if one does not read.
 */
typedef int (*case_visit)(void *arg, struct consult_case *x);
int cases_read(struct store *store, case_visit visit, void *arg) MUST_CHECK;

#endif
