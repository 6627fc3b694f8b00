/*
 * Commands about tokens; each is documented in daemon/ctl/online.c.
 */
#ifndef VAULT_CONTROL_TOKEN_H
#define VAULT_CONTROL_TOKEN_H

#include <jansson.h>

struct control;

/* control_token_add(c, args): make one; it is told this once. */
void control_token_add(struct control *c, const json_t *args);
/* control_token_list(c, args): all of them, without their secrets. */
void control_token_list(struct control *c, const json_t *args);
/* control_token_revoke(c, args): let it log in no longer. */
void control_token_revoke(struct control *c, const json_t *args);

#endif
