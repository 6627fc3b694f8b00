/*
 * What people should look at: agreements, cards and attestations that end
 * within 30 days or have ended, and terms that do not agree.
 */
#ifndef VAULT_WARN_H
#define VAULT_WARN_H

#include "vault/vault.h"

/* warn_each(v, fn, arg): a text each; borrowed for the call. */
typedef void (*warn_fn)(void *arg, const char *text);
void warn_each(const struct vault *v, warn_fn fn, void *arg);

/*
 * warn_tick(v): once a second: what has ended by now ends in effect, and
 * once a day, and after a change of policy, everything is said in the log.
 */
void warn_tick(struct vault *v);

#endif
