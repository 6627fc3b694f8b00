/*
 * Does another policy open anything?
 */
#ifndef VAULT_POLICY_OPENS_H
#define VAULT_POLICY_OPENS_H

#include "policy/policy.h"

/*
 * policy_opens(from, to, text, size): is there a request that `to` answers
 * more mildly than `from`?  text (size bytes) then says which.
 */
bool policy_opens(const struct policy *from, const struct policy *to,
    char *text, size_t size);

#endif
