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

/*
 * policy_files(path, out, e): add to out the file as "policy.yaml", and what
 * lies beside it for it to include.  ERR_* with e.
 */
int policy_files(const char *path, struct file_set *out, struct err *e)
    MUST_CHECK;

/*
 * policy_to_try(path, out, e): the same for a policy that loads and proves:
 * one that does not is never applied, and need not be tried.
 */
int policy_to_try(const char *path, struct file_set *out, struct err *e)
    MUST_CHECK;

#endif
