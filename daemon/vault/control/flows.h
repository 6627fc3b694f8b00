/*
 * What flows between us and a CERT, for the control socket.
 */
#ifndef VAULT_CONTROL_FLOWS_H
#define VAULT_CONTROL_FLOWS_H

#include "vault/control/control.h"

/*
 * control_flows_json(v, cert_id): a list, [] if the policy does not name it;
 * a new reference.
 */
json_t *control_flows_json(const struct vault *v, const char *cert_id);

#endif
