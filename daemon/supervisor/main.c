/*
 * comityd: see supervisor.h and comityd(8).
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/file_set.h"
#include "host/confine.h"
#include "host/log.h"
#include "supervisor/start.h"
#include "supervisor/supervisor.h"

#define CONFIG_DIR "/etc/comity"

static void
usage(FILE *to)
{
	fputs("usage: comityd [-c DIR] [-n]\n"
	    "       comityd -V | -h\n"
	    "  -c DIR  configuration directory (default " CONFIG_DIR ")\n"
	    "  -n      check the configuration and exit\n"
	    "  -V      print the version\n"
	    "example: comityd -c demo/cert-xa/config\n"
	    "example: comityd -n -c /etc/comity && systemctl reload "
	    "comityd\n", to);
}

static int
load_settings(const char *dir, struct settings *out, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct str text;

	TRY(file_set_read_dir(files, dir, e));
	if (file_set_get(files, STR(SETTINGS_FILE), &text) != 0)
		return err_set(e, ERR_CONF, "%s/%s does not exist; make an "
		    "instance with: comityctl init", dir, SETTINGS_FILE);
	return settings_parse(SETTINGS_FILE, text, out, e);
}

static int
find_paths(const char *dir, const struct settings *s,
    struct supervisor_paths *p, struct err *e)
{
	if (realpath(dir, p->config_dir) == NULL)
		return err_set(e, ERR_CONF, "%s: %s", dir, strerror(errno));
	if (settings_path(p->state_dir, sizeof(p->state_dir),
	    p->config_dir, s->state_directory) != 0 ||
	    settings_path(p->control_socket, sizeof(p->control_socket),
	    p->state_dir, s->control_socket) != 0)
		return err_set(e, ERR_CONF, "a path in %s is too long",
		    SETTINGS_FILE);
	TRY(spawn_find("comity-vault", "vault", p->vault,
	    sizeof(p->vault), e));
	return spawn_find("comity-session", "session", p->session,
	    sizeof(p->session), e);
}

/* Refuse a state directory that others can read or that is not ours. */
static int
check_state(const struct supervisor_paths *p, struct err *e)
{
	struct stat st;

	if (stat(p->state_dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONF, "state-directory: %s: %s; make "
		    "an instance with: comityctl init", p->state_dir,
		    errno ? strerror(errno) : "not a directory");
	if ((st.st_mode & 07) != 0)
		return err_set(e, ERR_CONF, "state-directory: %s is open to "
		    "other users: chmod 0700 %s", p->state_dir,
		    p->state_dir);
	return 0;
}

static void
apply_log(const struct settings *s)
{
	log_set_level((enum log_level)s->log_level);
	log_set_rate((unsigned)s->limits.log_lines_per_minute);
}

static int
start(const char *dir, bool check)
{
	static struct settings settings;
	static struct supervisor_paths paths;
	struct supervisor_sockets sockets;
	struct err e = { 0 };
	int rc = load_settings(dir, &settings, &e);

	if (rc == 0)
		rc = find_paths(dir, &settings, &paths, &e);
	if (rc == 0)
		rc = check_state(&paths, &e);
	if (rc == 0 && check)
		return 0;
	apply_log(&settings);
	if (rc == 0)
		rc = sockets_open(&settings, &paths, &sockets, &e);
	if (rc == 0)
		rc = confine_drop_user(settings.user, settings.group, &e);
	if (rc < 0) {
		fprintf(stderr, "comityd: %s\n", e.text);
		return rc == ERR_IO ? SUPERVISOR_IO : SUPERVISOR_CONF;
	}
	return supervisor_run(&settings, &paths, &sockets);
}

int
main(int argc, char **argv)
{
	const char *dir = CONFIG_DIR;
	bool check = false;
	int opt;

	log_open("comityd");
	while ((opt = getopt(argc, argv, "c:nVh")) != -1) {
		switch (opt) {
		case 'c':
			dir = optarg;
			break;
		case 'n':
			check = true;
			break;
		case 'V':
			puts("comityd " COMITY_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}
	umask(0077);
	return start(dir, check);
}
