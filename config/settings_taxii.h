/*
 * The `taxii-peers` of comityd.yaml, for settings.c.
 */
#ifndef CONFIG_SETTINGS_TAXII_H
#define CONFIG_SETTINGS_TAXII_H

#include "config/schema.h"
#include "config/settings.h"

/* The options of one of them. */
extern const struct option settings_taxii_options[];

/*
 * settings_check_taxii(root, s, e): see what no single option of the
 * document at root can, and end every url in "/".  ERR_CONF with
 * file:line:col.
 */
int settings_check_taxii(const struct yaml_node *root, struct settings *s,
    struct err *e) MUST_CHECK;

#endif
