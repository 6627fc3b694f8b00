/*
 * Settings of what must not be blocked: warning lists, our constituency.
 * Private to settings.c.
 */
#ifndef CONFIG_SETTINGS_WARNING_H
#define CONFIG_SETTINGS_WARNING_H

#include "config/schema.h"
#include "config/settings.h"

/*
 * settings_check_constituency(root, s, e): is everything in s->own an AS
 * number, prefix or domain?  Takes "AS" off the numbers.  ERR_CONF with
 * file:line:col.
 */
int settings_check_constituency(const struct yaml_node *root,
    struct settings *s, struct err *e) MUST_CHECK;

#endif
