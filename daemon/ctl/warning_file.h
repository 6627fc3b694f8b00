/*
 * Warning lists as files, without a daemon.
 */
#ifndef CTL_WARNING_FILE_H
#define CTL_WARNING_FILE_H

#include <jansson.h>

#include "config/settings.h"

/*
 * warning_files_check(dir, s, problems): read the warning lists that s, the
 * settings of the configuration directory dir, names; append to problems why
 * the daemon would refuse files of them.
 */
void warning_files_check(const char *dir, const struct settings *s,
    json_t *problems);

#endif
