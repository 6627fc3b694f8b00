/*
 * Keys and self-signed certificates for the desks' fronts and for the tools
 * that log in to them.
 */
#ifndef CTL_KEY_TOOL_H
#define CTL_KEY_TOOL_H

#include "ctl/ctl.h"

#define KEY_HOSTS_MAX 16

/*
 * What `key generate front|client STEM` is asked for: STEM.key and STEM.crt.
 * hosts: names and addresses under which tools reach the front; a client
 * has none, and is named after the last part of the stem.
 */
struct key_tool {
	bool client, replace;
	const char *stem;
	const char *hosts[KEY_HOSTS_MAX];	/* NULL behind the last */
};

/* key_tool_make(c, k): make and print them; an exit code. */
int key_tool_make(const struct ctl *c, const struct key_tool *k);

#endif
