#include "host/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "host/clock.h"

#define LINE_MAX_BYTES 2048
#define EVENTS_MAX 64
#define MINUTE_MS 60000
#define INHERIT_VARIABLE "COMITY_LOG"	/* "target level rate" */

/* How often one event was logged in the present minute. */
struct event_rate {
	const char *event;	/* borrowed: a literal */
	int64_t minute;
	unsigned lines, left_out;
};

static const char *role = "comity";
static enum log_level max_level = LOG_LEVEL_INFO;
static unsigned max_lines = 10;
static enum log_target target;
static bool journal;	/* what LOG_TARGET_AUTO found */
static struct event_rate rates[EVENTS_MAX];

void
log_open(const char *name)
{
	const char *inherited = getenv(INHERIT_VARIABLE);
	unsigned to, level, lines;

	role = name;
	journal = getenv("JOURNAL_STREAM") != NULL;
	if (inherited == NULL || sscanf(inherited, "%u %u %u", &to, &level,
	    &lines) != 3 || to > LOG_TARGET_SYSLOG || level > LOG_LEVEL_DEBUG)
		return;
	log_set_level((enum log_level)level);
	log_set_rate(lines);
	log_set_target((enum log_target)to);
}

void
log_set_target(enum log_target to)
{
	target = to;
	if (to == LOG_TARGET_SYSLOG)
		openlog(role, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_inherit(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %u %u", (unsigned)target,
	    (unsigned)max_level, max_lines);
	(void)setenv(INHERIT_VARIABLE, text, 1);
}

void
log_set_level(enum log_level level)
{
	max_level = level;
}

void
log_set_rate(unsigned lines_per_minute)
{
	max_lines = lines_per_minute;
}

/* One line in one write, so that lines of several processes do not mix. */
static void
write_line(enum log_level level, const char *event, const char *pairs)
{
	static const char *const names[] = { "error", "warning", "notice",
	    "info", "debug" };
	/* Of sd-daemon(3) and syslog(3) alike. */
	static const int priorities[] = { 3, 4, 5, 6, 7 };
	char line[LINE_MAX_BYTES], when[TIME_TEXT_MAX];
	int n;

	if (target == LOG_TARGET_SYSLOG) {
		syslog(priorities[level], "%s %s", event, pairs);
		return;
	}
	if (target == LOG_TARGET_JOURNAL ||
	    (target == LOG_TARGET_AUTO && journal))
		n = snprintf(line, sizeof(line), "<%d>%s: %s %s\n",
		    priorities[level], role, event, pairs);
	else
		n = snprintf(line, sizeof(line), "%s %s %s: %s %s\n",
		    time_format(when, clock_unix()), role, names[level],
		    event, pairs);
	if (n >= (int)sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;	/* nobody left to tell */
}

/* May one more line of this event be written in this minute? */
static bool
rate_allows(const char *event, enum log_level level)
{
	int64_t minute = clock_mono().ms / MINUTE_MS;
	struct event_rate *r = NULL;

	for (size_t i = 0; i < EVENTS_MAX && r == NULL; i++)
		if (rates[i].event == NULL ||
		    strcmp(rates[i].event, event) == 0)
			r = &rates[i];
	if (r == NULL)
		return true;
	r->event = event;
	if (r->minute != minute) {
		unsigned left_out = r->left_out;
		char pairs[64];

		*r = (struct event_rate){ event, minute, 0, 0 };
		snprintf(pairs, sizeof(pairs), "left_out=%u", left_out);
		if (left_out > 0)
			write_line(level, event, pairs);
	}
	if (r->lines++ < max_lines)
		return true;
	r->left_out++;
	return false;
}

static void
log_line(enum log_level level, const char *event, const char *fmt,
    va_list ap)
{
	char pairs[LINE_MAX_BYTES - 256];

	if (level > max_level || !rate_allows(event, level))
		return;
	if (vsnprintf(pairs, sizeof(pairs), fmt, ap) < 0)
		return;
	for (char *p = pairs; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	write_line(level, event, pairs);
}

#define LOG_FUNCTION(name, level)			\
	void						\
	name(const char *event, const char *fmt, ...)	\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		log_line(level, event, fmt, ap);	\
		va_end(ap);				\
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
