/*
 * comityctl: the one tool an operator needs.  Reads the global options,
 * finds the command in the table, runs it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "config/settings.h"
#include "ctl/ctl.h"
#include "ctl/files.h"

#define CONFIG_DIR "/etc/comity"
#define STATE_DIR "/var/lib/comity"
#define CONTROL_SOCKET "/run/comity/control.sock"
#define ANSWER_TIMEOUT_MS 30000

/* What comityd.yaml says about places, if it can be read and is sound. */
static void
instance_follow_settings(struct instance *at)
{
	AUTO_BUF struct buf text = { 0 };
	char path[CTL_PATH_MAX];
	struct settings s;

	if (file_read(file_path(path, at->config, SETTINGS_FILE),
	    YAML_BYTES_MAX, &text, NULL) < 0 ||
	    settings_parse(path, buf_str(&text), &s, NULL) < 0)
		return;
	if (settings_path(path, sizeof(path), at->config,
	    s.state_directory) < 0)
		return;
	/* As init writes it; DIR/state reads better. */
	if (!at->explicit || strcmp(s.state_directory, "../state") != 0)
		(void)snprintf(at->state, CTL_PATH_MAX, "%s", path);
	if (settings_path(path, sizeof(path), at->state,
	    s.control_socket) == 0)
		(void)snprintf(at->socket, CTL_PATH_MAX, "%s", path);
}

/* Fill in where everything is; false if dir is too long. */
static bool
instance_locate(struct instance *at, const char *dir)
{
	if (dir == NULL) {
		(void)snprintf(at->config, CTL_PATH_MAX, CONFIG_DIR);
		(void)snprintf(at->state, CTL_PATH_MAX, STATE_DIR);
		(void)snprintf(at->socket, CTL_PATH_MAX, CONTROL_SOCKET);
	} else {
		if (strlen(dir) > CTL_PATH_MAX / 2)
			return false;
		at->explicit = true;
		(void)snprintf(at->dir, CTL_PATH_MAX, "%s", dir);
		file_path(at->config, dir, "config");
		file_path(at->state, dir, "state");
		file_path(at->socket, at->state, "control.sock");
	}
	instance_follow_settings(at);
	return true;
}

static int
main_usage(FILE *f, int code)
{
	fprintf(f, "usage: comityctl [-C DIR] [--json] [--as KEY] COMMAND [ARGUMENT]...\n"
	    "  -C DIR   the instance in DIR (DIR/config, DIR/state)\n"
	    "  --json   print one JSON document\n"
	    "  --as KEY act as the operator who has the key in file KEY\n"
	    "example: comityctl -C demo/cert-xa status\n"
	    "example: comityctl -C demo/cert-xa lookup 198.51.100.7\n"
	    "comityctl help lists the commands.\n");
	return code;
}

/* Run the command that argv names; the global options are behind us. */
static int
main_run(struct ctl *c, int argc, char **argv)
{
	const struct command *cmd;
	const char *names[128];
	const char *near;
	int words = 0;

	cmd = command_find(argc, argv, &words);
	if (cmd != NULL) {
		c->words = cmd->words;
		c->argc = argc - words;
		c->argv = argv + words;
		return cmd->run(c);
	}
	for (size_t i = 0; i < ncommands && i < NELEM(names); i++)
		names[i] = commands[i].words;
	near = str_nearest(str_of(argv[0]), names, ncommands);
	for (size_t i = 0; near == NULL && i < ncommands; i++)
		if (strncmp(names[i], argv[0], strlen(argv[0])) == 0)
			near = names[i];
	if (near != NULL)
		return ctl_usage(c, "unknown command %s; did you mean \"%s\"?",
		    argv[0], near);
	return ctl_usage(c, "unknown command %s", argv[0]);
}

int
main(int argc, char **argv)
{
	struct ctl c = { .timeout_ms = ANSWER_TIMEOUT_MS,
	    .operator_key = getenv("COMITY_OPERATOR_KEY") };
	const char *dir = NULL;
	int i = 1, rc;

	/* A reader that goes away is no error of ours: end quietly. */
	signal(SIGPIPE, SIG_DFL);
	json_object_seed(0);
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0)
			return main_usage(stdout, CTL_DONE);
		if (strcmp(argv[i], "--json") == 0)
			c.json = true;
		else if (strcmp(argv[i], "-C") == 0 && i + 1 < argc)
			dir = argv[++i];
		else if (strcmp(argv[i], "--as") == 0 && i + 1 < argc)
			c.operator_key = argv[++i];
		else
			return ctl_usage(&c, "unknown option %s", argv[i]);
	}
	if (c.operator_key != NULL && c.operator_key[0] == '\0')
		c.operator_key = NULL;
	if (i == argc)
		return main_usage(stderr, CTL_USAGE);
	if (!instance_locate(&c.at, dir))
		return ctl_usage(&c, "-C: path too long");
	rc = main_run(&c, argc - i, argv + i);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "comityctl: cannot write the output\n");
		return rc == CTL_DONE ? CTL_REFUSED : rc;
	}
	return rc;
}
