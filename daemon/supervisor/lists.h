/*
 * Warning lists go to the vault beside the configuration: it opens no file
 * by itself, and they are too large for a message.
 */
#ifndef SUPERVISOR_LISTS_H
#define SUPERVISOR_LISTS_H

#include "base/str.h"

struct channel;

/*
 * lists_send(vault, dir, config): read the directory of warning lists that
 * the settings in config, an encoded file set from the directory dir, name
 * and send it.  Nothing is sent if they name none, or do not read: then the
 * vault refuses them.
 */
void lists_send(struct channel *vault, const char *dir, struct str config);

#endif
