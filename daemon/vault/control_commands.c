#include "vault/control.h"

const struct control_command control_commands[] = {
	/* name       right   arguments               run */
	{ "status",       false, "",                  control_status },
	{ "peer list",    false, "",                  control_peer_list },
	{ "peer show",    false, "id",                control_peer_show },
	{ "peer add",     true,  "card dry_run yes code", control_peer_add },
	{ "peer remove",  true,  "id",                control_peer_remove },
	{ "peer check",   false, "id",                control_peer_check },
	{ "publish",      true,  "desk",              control_publish },
	{ "lookup",       false, "value limit desk",  control_lookup },
	{ "show",         false, "id modified desk",  control_show },
	{ "records",      false, "since limit source derived desk",
	    control_records },
	{ "why",          false, "record peer modified", control_why },
	{ "recall",       true,  "id reason",         control_recall },
	{ "consult list", false, "",                  control_consult_list },
	{ "backup",       true,  "path",              control_backup },
	{ "reload",       true,  "",                  control_reload },
	{ "policy apply", CONTROL_APPROVE, "confirm_ms reason",
	    control_policy_apply },
	{ "policy approve", CONTROL_APPROVE, "digest reason",
	    control_policy_approve },
	{ "policy confirm", CONTROL_APPROVE, "reason",
	    control_policy_confirm },
	{ "policy withdraw", CONTROL_APPROVE, "reason",
	    control_policy_withdraw },
	{ "policy pending", false, "", control_policy_pending },
	{ "policy history", false, "", control_policy_history },
	{ "nonce",        false, "",                  control_nonce },
	{ "log tail",     false, "limit",             control_log_tail },
};

const size_t control_ncommands = NELEM(control_commands);
