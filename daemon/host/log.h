/*
 * The log that administrators read: one line an event, "event key=value
 * ...", on standard error: as the journal reads it (sd-daemon(3)) under
 * systemd, else with a time in front; or to syslog(3).  Never holds record
 * content or secrets.  Not the decision log: that is audit.
 */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * log_open(role): "comityd", "vault", "session": put in front of each line.
 * The string is borrowed for good.
 */
void log_open(const char *role);

enum log_target { LOG_TARGET_AUTO, LOG_TARGET_STDERR, LOG_TARGET_JOURNAL,
	LOG_TARGET_SYSLOG };

/*
 * log_set_target(target): where lines go from here on.  LOG_TARGET_SYSLOG
 * opens a socket, so it comes before confine.
 */
void log_set_target(enum log_target target);

/*
 * log_inherit(): what is set now holds in every process started from here,
 * once it has called log_open.
 */
void log_inherit(void);

/* log_set_level(level), log_set_rate(lines): what is left out. */
void log_set_level(enum log_level level);
void log_set_rate(unsigned lines_per_minute);

/*
 * log_error(event, fmt, ...) and the rest: one line.  event is a fixed
 * name; fmt gives "key=value" pairs.  Text that came from outside has
 * passed str_escape.  More than the set number of lines of one event in a
 * minute are counted and summed up in one line.
 */
void log_error(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warning(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_notice(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_debug(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
