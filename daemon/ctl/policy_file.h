/*
 * Policies named on the command line.
 */
#ifndef CTL_POLICY_FILE_H
#define CTL_POLICY_FILE_H

#include "policy/policy.h"

/*
 * policy_open(path, e): load the policy in that file; what it includes is
 * looked for beside it.  NULL with e.
 */
struct policy *policy_open(const char *path, struct err *e);

#endif
