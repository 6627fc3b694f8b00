/*
 * Reading configuration and policy aside, before anything of it counts.
 */
#ifndef VAULT_CONFIGURE_H
#define VAULT_CONFIGURE_H

#include "config/file_set.h"
#include "vault/vault.h"

/*
 * configure_settings(files, v, out, e): comityd.yaml of the set; ERR_CONF
 * with e.
 */
int configure_settings(const struct file_set *files, const struct vault *v,
    struct settings *out, struct err *e) MUST_CHECK;

/*
 * configure_load(files, v, out, e): the policy of the set, loaded but not
 * proved: to be asked, never to decide.  ERR_CONF with e.
 */
int configure_load(const struct file_set *files, const struct vault *v,
    struct policy **out, struct err *e) MUST_CHECK;

/*
 * configure_policy(files, v, proved, out, e): the policy of the set, loaded
 * and proved; one with the digest proved (or NULL) is known to hold.  out is
 * owned by the caller.  ERR_CONF with e.
 */
int configure_policy(const struct file_set *files, const struct vault *v,
    const struct digest *proved, struct policy **out, struct err *e)
    MUST_CHECK;

/*
 * vault_take_policy(v, p): decide by p (taken over) from here on: what was
 * decided and not delivered is looked at again.
 */
void vault_take_policy(struct vault *v, struct policy *p);

#endif
