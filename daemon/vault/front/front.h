/*
 * Fronts: channels to the processes that serve the tools of our desks.
 * Each is bound to one desk for its life, and is not believed beyond it:
 * the rights of a client are enforced here, and every record is decided
 * again when it is read.
 */
#ifndef VAULT_FRONT_FRONT_H
#define VAULT_FRONT_FRONT_H

#include "vault/vault.h"

struct fronts;

/* fronts_open(v, out): tokens and keys from the store.  ERR_* of it. */
int fronts_open(struct vault *v, struct fronts **out) MUST_CHECK;
void fronts_free(struct fronts *fs);

/* fronts_stop(fs): the vault ends: no more work is begun. */
void fronts_stop(struct fronts *fs);

/* fronts_reopen(fs): a turn was undone: read the tokens again. */
int fronts_reopen(struct fronts *fs) MUST_CHECK;

/*
 * front_adopt(fs, fd, desk): serve the channel fd (taken over) of a front of
 * that desk, which need not be in the policy yet.
 */
void front_adopt(struct fronts *fs, int fd, struct str desk);

/* fronts_clients_changed(fs): tell every front who may log in now. */
void fronts_clients_changed(struct fronts *fs);

/* fronts_tokens(fs): the tokens there are (vault/token.h), to be changed. */
struct tokens;
struct tokens *fronts_tokens(struct fronts *fs);

/* fronts_tick(fs): once a second: what expired goes. */
void fronts_tick(struct fronts *fs);

#endif
