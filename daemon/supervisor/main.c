/*
 * comityd: see supervisor.h and comityd(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/file_set.h"
#include "config/policy_file.h"
#include "host/confine.h"
#include "host/log.h"
#include "supervisor/start.h"
#include "supervisor/supervisor.h"

#define CONFIG_DIR "/etc/comity"
#define POLICY_FILE "policy.yaml"

enum { EXIT_USAGE = 2 };

static void
usage(FILE *to)
{
	fputs("usage: comityd [-fn] [-c DIR]\n"
	    "       comityd -V | -h\n"
	    "  -c DIR  configuration directory (default " CONFIG_DIR ")\n"
	    "  -f      stay in the foreground (it always does)\n"
	    "  -n      check the configuration and exit\n"
	    "  -V, --version  print the version\n"
	    "  -h, --help     print this\n"
	    "example: comityd -c demo/cert-xa/config\n"
	    "example: comityd -n -c /etc/comity && systemctl reload "
	    "comityd\n", to);
}

static int
load_settings(const char *dir, struct file_set *files, struct settings *out,
    struct err *e)
{
	struct str text;

	TRY(file_set_read_dir(files, dir, e));
	if (file_set_get(files, STR(SETTINGS_FILE), &text) != 0)
		return err_set(e, ERR_CONF, "%s/%s does not exist; make an "
		    "instance with: comityctl init", dir, SETTINGS_FILE);
	return settings_parse(SETTINGS_FILE, text, out, e);
}

static int
check_policy(const struct file_set *files, struct err *e)
{
	AUTO(policy_file_free) struct policy_file *p =
	    policy_file_read(files, POLICY_FILE, e);
	struct str text;

	if (p == NULL)
		return ERR_CONF;
	TRY(file_set_get(files, STR(SETTINGS_FILE), &text));
	return settings_check_desks(SETTINGS_FILE, text, &p->v, e);
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

/*
 * One daemon for one state directory.  The lock goes with the descriptor,
 * which stays open for good and is inherited by nobody.
 */
static int
lock_state(const struct supervisor_paths *p, struct err *e)
{
	int fd = open(p->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_CONF, "state-directory: %s: %s",
		    p->state_dir, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(fd);
	return err_set(e, ERR_CONF, "state-directory: %s: another comityd "
	    "is running on it", p->state_dir);
}

static void
apply_log(const struct settings *s)
{
	log_set_level((enum log_level)s->log_level);
	log_set_rate((unsigned)s->limits.log_lines_per_minute);
	log_set_target((enum log_target)s->log_target);
	log_inherit();
}

static int
exit_code(int rc)
{
	return rc == ERR_IO || rc == ERR_SYSTEM ? SUPERVISOR_IO :
	    SUPERVISOR_CONF;
}

/* What has to be done by the user we were started as, and no longer. */
static int
prepare(const struct settings *s, const struct supervisor_paths *paths,
    struct supervisor_sockets *out_sockets, struct err *e)
{
	TRY(lock_state(paths, e));
	TRY(sockets_open(s, paths, out_sockets, e));
	TRY(confine_drop_user(s->user, s->group, e));
	return confine(&(struct confine_options){
	    .role = CONFINE_SUPERVISOR }, e);
}

static int
start(const char *dir, bool check)
{
	static struct settings settings;
	static struct supervisor_paths paths;
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct supervisor_sockets sockets;
	struct err e = { 0 };
	int rc = load_settings(dir, files, &settings, &e);

	if (rc == 0)
		rc = find_paths(dir, &settings, &paths, &e);
	if (rc == 0)
		rc = check_state(&paths, &e);
	if (rc == 0 && check)
		rc = check_policy(files, &e);
	if (rc == 0 && !check) {
		apply_log(&settings);
		rc = prepare(&settings, &paths, &sockets, &e);
	}
	if (rc < 0) {
		fprintf(stderr, "comityd: %s\n", e.text);
		return exit_code(rc);
	}
	if (check)
		return 0;
	return supervisor_run(&settings, &paths, &sockets);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *dir = CONFIG_DIR;
	bool check = false;
	int opt;

	log_open("comityd");
	while ((opt = getopt_long(argc, argv, "c:fnVh", options, NULL)) !=
	    -1) {
		switch (opt) {
		case 'c':
			dir = optarg;
			break;
		case 'f':
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
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	umask(0077);
	(void)signal(SIGPIPE, SIG_IGN);
	return start(dir, check);
}
