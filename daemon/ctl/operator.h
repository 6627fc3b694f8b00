/*
 * The operator's key: with --as every request is signed by it.
 */
#ifndef CTL_OPERATOR_H
#define CTL_OPERATOR_H

#include <jansson.h>

#include "ctl/ctl.h"

/*
 * operator_sign(c, request, nonce): add the member "operator" to a request
 * {command, arguments}, signed with the key of --as over what the daemon
 * answered to "nonce".  0, or an exit code after having said why.
 */
int operator_sign(const struct ctl *c, json_t *request, const json_t *nonce)
    MUST_CHECK;

/*
 * operator_key_make(c, path, replace): write a new private key to path and
 * print the public one as comityd.yaml wants it.  An exit code.
 */
int operator_key_make(const struct ctl *c, const char *path, bool replace)
    MUST_CHECK;

#endif
