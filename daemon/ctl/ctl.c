#include "ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "ctl/table.h"

unix_ms_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (unix_ms_t){ t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

int
ctl_exit_of(int code)
{
	switch (code) {
	case ERR_USAGE:
		return CTL_USAGE;
	case ERR_NOT_FOUND:
		return CTL_NOT_FOUND;
	case ERR_DENIED:
		return CTL_PERMISSION;
	case ERR_TIMEOUT:
		return CTL_TIMEOUT;
	case ERR_CLOSED:
		return CTL_UNREACHABLE;
	default:
		return CTL_REFUSED;
	}
}

int
ctl_fail(const struct ctl *c, int code, const char *hint,
    const char *fmt, ...)
{
	AUTO_BUF struct buf safe = { 0 };
	char text[2048];
	va_list ap;

	if (c->quiet)
		return code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_safe(&safe, text);
	fflush(stdout);
	fprintf(stderr, "comityctl: %s: %s\n",
	    c->words == NULL ? "usage" : c->words, safe.p ? safe.p : "");
	if (hint != NULL)
		fprintf(stderr, "hint: %s\n", hint);
	if (c->json) {
		json_t *j = json_pack("{s:i, s:b, s:i, s:s, s:s*}", "v", 1,
		    "ok", 0, "exit", code, "error", safe.p ? safe.p : "",
		    "hint", hint);

		if (j != NULL && json_dumpf(j, stdout, JSON_COMPACT) == 0)
			putchar('\n');
		json_decref(j);
	}
	return code;
}

int
ctl_fail_err(const struct ctl *c, const struct err *e, const char *hint)
{
	return ctl_fail(c, ctl_exit_of(e->code), hint, "%s",
	    e->text[0] != '\0' ? e->text : err_text(e->code));
}

/* The row of the command that runs, for its usage line. */
static const struct command *
command_of(const struct ctl *c)
{
	for (size_t i = 0; c->words != NULL && i < ncommands; i++)
		if (strcmp(commands[i].words, c->words) == 0)
			return &commands[i];
	return NULL;
}

int
ctl_usage(const struct ctl *c, const char *fmt, ...)
{
	const struct command *cmd = command_of(c);
	char text[1024], hint[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(hint, sizeof(hint), "comityctl %s %s",
	    cmd != NULL ? cmd->words : "[-C DIR] [--json] [--as KEY] COMMAND",
	    cmd != NULL ? cmd->usage : "...; comityctl help lists them");
	return ctl_fail(c, CTL_USAGE, hint, "%s", text);
}

void
ctl_help(const struct command *cmd)
{
	printf("comityctl %s%s%s\n  %s\n", cmd->words,
	    cmd->usage[0] != '\0' ? " " : "", cmd->usage, cmd->help);
	if (cmd->example != NULL)
		printf("example: comityctl %s\n", cmd->example);
	printf("comityctl(1) has the rest; --json prints a document.\n");
}

/* Find the option an argument names; n if there is none. */
static size_t
option_find(const struct ctl_option *o, size_t n, const char *name,
    size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(o[i].name) == len &&
		    strncmp(o[i].name, name, len) == 0)
			break;
	return i;
}

/* Take the option at argv[*i]; advances *i over a value of its own. */
static int
option_take(struct ctl *c, const struct ctl_option *o, size_t n, int *i)
{
	const char *name = c->argv[*i] + 2;
	const char *eq = strchr(name, '=');
	size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
	size_t k = option_find(o, n, name, len), slot = 0;

	if (len == 4 && strncmp(name, "json", 4) == 0) {
		c->json = true;
		return 0;
	}
	if (k == n)
		return ctl_usage(c, "unknown option --%.*s", (int)len, name);
	if (o[k].flag != NULL) {
		if (eq != NULL)
			return ctl_usage(c, "--%s takes no value", o[k].name);
		*o[k].flag = true;
		return 0;
	}
	if (eq == NULL && *i + 1 >= c->argc)
		return ctl_usage(c, "--%s needs a value", o[k].name);
	while (slot < o[k].most && o[k].value[slot] != NULL)
		slot++;
	if (slot == (o[k].most == 0 ? 1 : o[k].most) ||
	    o[k].value[slot] != NULL)
		return ctl_usage(c, "--%s is given too often", o[k].name);
	o[k].value[slot] = eq != NULL ? eq + 1 : c->argv[++*i];
	return 0;
}

int
ctl_options(struct ctl *c, const struct ctl_option *o, size_t n, int min,
    int max)
{
	int kept = 0;
	bool plain = false;

	for (int i = 0; i < c->argc; i++) {
		const char *a = c->argv[i];

		if (!plain && strcmp(a, "--") == 0) {
			plain = true;
		} else if (!plain && (strcmp(a, "-h") == 0 ||
		    strcmp(a, "--help") == 0)) {
			ctl_help(command_of(c));
			return CTL_HELP_SHOWN;
		} else if (!plain && a[0] == '-' && a[1] == '-') {
			int rc = option_take(c, o, n, &i);

			if (rc != 0)
				return rc;
		} else {
			c->argv[kept++] = c->argv[i];
		}
	}
	c->argc = kept;
	if (kept < min)
		return ctl_usage(c, "an argument is missing");
	if (kept > max)
		return ctl_usage(c, "one argument too many: %s",
		    c->argv[max]);
	return 0;
}
