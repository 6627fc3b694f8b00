/*
 * The `fronts` of comityd.yaml, for settings.c.
 */
#ifndef CONFIG_SETTINGS_FRONT_H
#define CONFIG_SETTINGS_FRONT_H

#include "config/schema.h"
#include "config/settings.h"

/* The options of one front. */
extern const struct option settings_front_options[];

/*
 * settings_check_fronts(root, s, e): fill in the defaults that depend on
 * what else was written in the document at root, then see what no single
 * option can.  ERR_CONF with file:line:col.
 */
int settings_check_fronts(const struct yaml_node *root, struct settings *s,
    struct err *e) MUST_CHECK;

#endif
