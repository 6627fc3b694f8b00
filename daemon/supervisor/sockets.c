#include "supervisor/supervisor.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* A listening TCP socket on one address, or ERR_*. */
static int
listen_tcp(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return ERR_SYSTEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return ERR_SYSTEM;
}

static int
listen_at(const char *address, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *all;
	char text[300];
	char *colon, *host = text;
	int fd, rc;

	snprintf(text, sizeof(text), "%s", address);
	colon = strrchr(text, ':');
	if (colon == NULL)
		return err_set(e, ERR_CONF, "listen: %s: want host:port",
		    address);
	*colon = '\0';
	if (host[0] == '[' && colon > host && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	rc = getaddrinfo(host, colon + 1, &hints, &all);
	if (rc != 0)
		return err_set(e, ERR_CONF, "listen: %s: %s", address,
		    gai_strerror(rc));
	fd = listen_tcp(all);
	freeaddrinfo(all);
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "listen: %s: %s%s", address,
		    strerror(errno), errno == EADDRINUSE ?
		    " (is another comityd running? choose another port)" :
		    "");
	return fd;
}

/* Does somebody answer on the control socket already? */
static bool
somebody_answers(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)sun,
	    sizeof(*sun)) == 0;

	if (fd >= 0)
		close(fd);
	return answers;
}

static int
listen_control(const char *path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return err_set(e, ERR_CONF, "control-socket: %s is longer "
		    "than the %zu bytes that the system allows", path,
		    sizeof(sun.sun_path) - 1);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (somebody_answers(&sun))
		return err_set(e, ERR_CONF, "control-socket: %s: another "
		    "comityd is running here", path);
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "socket: %s", strerror(errno));
	mask = umask(0117);	/* 0660: owner and group */
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	(void)umask(mask);
	if (rc == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return err_set(e, ERR_SYSTEM, "control-socket: %s: %s", path,
	    strerror(errno));
}

int
sockets_open(const struct settings *settings,
    const struct supervisor_paths *paths, struct supervisor_sockets *out,
    struct err *e)
{
	int fd;

	out->n = 0;
	for (size_t i = 0; i < settings->nlisten; i++) {
		TRY(fd = listen_at(settings->listen[i], e));
		out->v[out->n++] = fd;
	}
	TRY(fd = listen_control(paths->control_socket, e));
	out->v[out->n++] = fd;
	return 0;
}

const char *
sockets_address(const struct sockaddr_storage *sa, char dst[static 320])
{
	char host[256], port[32];
	socklen_t n = sa->ss_family == AF_INET6 ? 28 : 16;

	if (getnameinfo((const struct sockaddr *)sa, n, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(dst, 320, "unknown");
	else
		snprintf(dst, 320, strchr(host, ':') ? "[%s]:%s" : "%s:%s",
		    host, port);
	return dst;
}
