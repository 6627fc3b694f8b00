/*
 * Telling people: the supervisor runs the command, or sends the mail, that
 * comityd.yaml names.
 */
#ifndef VAULT_NOTIFY_H
#define VAULT_NOTIFY_H

#include <jansson.h>

#include "vault/vault.h"

/*
 * notify_people(v, event, fields): a document {"cert_id", "time", "event",
 * ...fields} goes to whoever is to be told; fields (an object, borrowed) may
 * be NULL.  Never waits; what is too large goes without its fields.
 */
void notify_people(struct vault *v, const char *event, const json_t *fields);

#endif
