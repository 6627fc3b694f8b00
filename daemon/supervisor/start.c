#include "supervisor/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef LIBEXEC_DIR
#define LIBEXEC_DIR "/usr/libexec/comity"
#endif
#define PATH_BYTES 4096
#define SAFE_FD 64	/* above every fixed number */

extern char **environ;

/* The directory this program was started from. */
static int
own_directory(char *dst, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", dst, size - 1);
	char *slash;

	if (n <= 0)
		return ERR_SYSTEM;
	dst[n] = '\0';
	slash = strrchr(dst, '/');
	if (slash == NULL)
		return ERR_SYSTEM;
	*slash = '\0';
	return 0;
}

int
spawn_find(const char *name, const char *role, char *dst, size_t size,
    struct err *e)
{
	char here[PATH_BYTES];

	if (own_directory(here, sizeof(here)) == 0) {
		snprintf(dst, size, "%s/%s", here, name);
		if (access(dst, X_OK) == 0)
			return 0;
		snprintf(dst, size, "%s/../%s/%s", here, role, name);
		if (access(dst, X_OK) == 0)
			return 0;
	}
	snprintf(dst, size, "%s/%s", LIBEXEC_DIR, name);
	if (access(dst, X_OK) == 0)
		return 0;
	return err_set(e, ERR_CONF, "%s is not installed: looked beside "
	    "comityd and in %s", name, LIBEXEC_DIR);
}

/* A copy of each descriptor above every number that will be written to. */
static bool
copies_of(const struct spawn_fds *fds, struct spawn_fds *out)
{
	bool ok = true;

	*out = (struct spawn_fds){ .n = fds->n, .input = fds->input };
	for (size_t i = 0; i < fds->n; i++) {
		out->v[i] = fds->v[i] < 0 ? -1 :
		    fcntl(fds->v[i], F_DUPFD_CLOEXEC, SAFE_FD);
		ok = ok && (fds->v[i] < 0 || out->v[i] >= 0);
	}
	return ok;
}

static bool
actions_for(posix_spawn_file_actions_t *a, const struct spawn_fds *copies)
{
	bool ok = true;

	for (size_t i = 0; i < copies->n; i++) {
		int to = SPAWN_FD_FIRST + (int)i;

		ok = ok && (copies->v[i] >= 0 ?
		    posix_spawn_file_actions_adddup2(a, copies->v[i], to) :
		    posix_spawn_file_actions_addclose(a, to)) == 0;
	}
	ok = ok && (copies->input > 0 ? posix_spawn_file_actions_adddup2(a,
	    copies->input, STDIN_FILENO) : posix_spawn_file_actions_addopen(a,
	    STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0;
	return ok && posix_spawn_file_actions_addclosefrom_np(a,
	    SPAWN_FD_FIRST + (int)copies->n) == 0;
}

int
spawn(const char *path, char *const argv[], const struct spawn_fds *fds,
    pid_t *out_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t blocked, all;
	struct spawn_fds copies = { .n = 0 };
	bool ok;
	int rc = EMFILE;

	if (posix_spawnattr_init(&attr) != 0)
		return ERR_SYSTEM;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		posix_spawnattr_destroy(&attr);
		return ERR_SYSTEM;
	}
	/*
	 * A service manager signals every process; it is for us to stop ours
	 * in order.
	 */
	sigemptyset(&blocked);
	if (!fds->stranger) {
		sigaddset(&blocked, SIGTERM);
		sigaddset(&blocked, SIGINT);
		sigaddset(&blocked, SIGHUP);
	}
	sigfillset(&all);
	ok = copies_of(fds, &copies) &&
	    posix_spawnattr_setsigmask(&attr, &blocked) == 0 &&
	    posix_spawnattr_setsigdefault(&attr, &all) == 0 &&
	    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0 &&
	    actions_for(&actions, &copies);
	if (ok)
		rc = posix_spawn(out_pid, path, &actions, &attr, argv,
		    environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	for (size_t i = 0; i < copies.n; i++)
		if (copies.v[i] >= 0)
			close(copies.v[i]);
	errno = rc;
	return rc == 0 ? 0 : ERR_SYSTEM;
}
