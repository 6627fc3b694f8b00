/*
 * The supervisor: owns the listening sockets, starts and restarts the
 * vault and the sessions, hands descriptors between them.  It parses
 * nothing that comes from outside.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "config/settings.h"
#include "net/loop.h"

enum { SUPERVISOR_INTERNAL = 70, SUPERVISOR_IO = 74, SUPERVISOR_CONF = 78 };

struct supervisor_paths {
	char config_dir[4096];	/* absolute */
	char state_dir[4096], control_socket[4096];
	char vault[4096], session[4096];	/* programs */
};

/*
 * supervisor_run(settings, paths, listeners, n): run until told to stop.
 * listeners: listening sockets, the last one the control socket; taken
 * over.  fronts: one for each of settings->fronts, likewise.  Returns the
 * process's exit code.
 */
struct supervisor_sockets {
	int v[SETTINGS_LISTEN_MAX + 1];
	size_t n;
	int fronts[SETTINGS_FRONTS_MAX];
	size_t nfronts;
};
int supervisor_run(const struct settings *settings,
    const struct supervisor_paths *paths,
    const struct supervisor_sockets *sockets);

/*
 * sockets_open(settings, paths, out, e): bind and listen on every address
 * of the settings, of the fronts and on the control socket.  ERR_CONF,
 * ERR_SYSTEM with e.
 */
int sockets_open(const struct settings *settings,
    const struct supervisor_paths *paths, struct supervisor_sockets *out,
    struct err *e) MUST_CHECK;

/*
 * sockets_listen(address, e): a listening socket on "host:port"; ERR_CONF,
 * ERR_SYSTEM with e.
 */
int sockets_listen(const char *address, struct err *e) MUST_CHECK;

/* sockets_address(sa, dst): "address:port" for people and the vault. */
struct sockaddr_storage;
const char *sockets_address(const struct sockaddr_storage *sa,
    char dst[static 320]);

#endif
