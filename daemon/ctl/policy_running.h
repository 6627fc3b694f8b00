/*
 * The policy that a running daemon decides by.
 */
#ifndef CTL_POLICY_RUNNING_H
#define CTL_POLICY_RUNNING_H

#include "config/file_set.h"
#include "ctl/client.h"

/*
 * policy_running(c, pending, out): the files of the policy in force, or of
 * the one that waits for people; "policy.yaml" is the main one; out is owned
 * by the caller.  Returns 0, or an exit code after having said why.
 */
int policy_running(const struct ctl *c, bool pending, struct file_set **out)
    MUST_CHECK;

#endif
