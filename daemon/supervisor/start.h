/*
 * Starting the other processes with exactly the descriptors they are to
 * have.
 */
#ifndef SUPERVISOR_START_H
#define SUPERVISOR_START_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define SPAWN_FDS_MAX 5
#define SPAWN_FD_FIRST 3

/*
 * spawn_find(name, role, dst, size, e): the path of a program of ours: beside
 * this one, in ../role/ of it (a build tree), or in the libexec directory.
 */
int spawn_find(const char *name, const char *role, char *dst, size_t size,
    struct err *e) MUST_CHECK;

/*
 * spawn(path, argv, fds, out_pid): start path; fds[i] becomes descriptor
 * SPAWN_FD_FIRST + i there (-1: none), and nothing else but standard output
 * and error is open.  It is in a process group of its own, whose number is
 * the pid, and has SIGTERM, SIGINT and SIGHUP blocked, unless it is a
 * stranger: these come only to us.  All fds stay open here.  ERR_SYSTEM with
 * errno.
 */
struct spawn_fds {
	int v[SPAWN_FDS_MAX];
	size_t n;
	int input;	/* becomes standard input; 0: /dev/null is */
	bool stranger;	/* not a program of ours */
};
int spawn(const char *path, char *const argv[], const struct spawn_fds *fds,
    pid_t *out_pid) MUST_CHECK;

#endif
