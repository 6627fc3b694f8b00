/*
 * What a role gives up before it reads the first byte from outside: new
 * privileges, being traced, the system calls it must never make (seccomp),
 * and, where the kernel has Landlock, every file it has no business with.
 *
 * The filter names what a role must not do; the fine-grained allow-list is
 * in the systemd unit, where an administrator can adjust it.
 */
#ifndef HOST_CONFINE_H
#define HOST_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

enum confine_role {
	/* Files in one directory; no sockets, no programs. */
	CONFINE_VAULT,
	/* What it has open and nothing else; no files, no sockets. */
	CONFINE_SESSION,
	/* The same, and connections of a listening socket it has open. */
	CONFINE_FRONT,
	/* Connects to servers by name: no other file than the system's. */
	CONFINE_CLIENT,
	/* Starts the others: only what none of them ever needs is refused. */
	CONFINE_SUPERVISOR,
};

struct confine_options {
	enum confine_role role;
	const char *dir;	/* CONFINE_VAULT: where it may open files */
	bool landlock;		/* use Landlock where the kernel has it */
};

/*
 * confine(o, e): from here on, for good.  ERR_SYSTEM with e if the kernel
 * refuses what it should know; a kernel without Landlock is no error.
 */
int confine(const struct confine_options *o, struct err *e) MUST_CHECK;

/*
 * confine_give(path, user, group, e): when started by root, make path belong
 * to that user and group.  ERR_CONF, ERR_SYSTEM as below.
 */
int confine_give(const char *path, const char *user, const char *group,
    struct err *e) MUST_CHECK;

/*
 * confine_drop_user(user, group, e): become that user and group (names) for
 * good, when started by root; with user "" nothing happens.  ERR_CONF if
 * there is no such user, ERR_SYSTEM.
 */
int confine_drop_user(const char *user, const char *group, struct err *e)
    MUST_CHECK;

#endif
