#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/confine.h"

#define BACKLOG 128
#define CONTROL_NAME_MAX 64

/*
 * A listening TCP socket on one address, or ERR_*.  "[::]" takes IPv4 as
 * well, unless that port of IPv4 is asked for by itself.
 */
static int
listen_tcp(const struct addrinfo *a, int v6only)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return ERR_SYSTEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only,
		    sizeof(v6only));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return ERR_SYSTEM;
}

/* Is there an address of IPv4 with the same port? */
static bool
has_ipv4_of_port(const struct settings *s, const char *port)
{
	if (s == NULL)
		return false;
	for (size_t i = 0; i < s->nlisten; i++) {
		const char *colon = strrchr(s->listen[i], ':');

		if (s->listen[i][0] != '[' && colon != NULL &&
		    strcmp(colon + 1, port) == 0)
			return true;
	}
	return false;
}

static int
listen_at(const struct settings *s, const char *address, struct err *e)
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
	fd = listen_tcp(all, has_ipv4_of_port(s, colon + 1));
	freeaddrinfo(all);
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "listen: %s: %s%s", address,
		    strerror(errno), errno == EADDRINUSE ?
		    " (is another comityd running? choose another port)" :
		    "");
	return fd;
}

int
sockets_listen(const char *address, struct err *e)
{
	return listen_at(NULL, address, e);
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

/*
 * A path longer than a socket address holds goes by way of its directory,
 * which then stays open.
 */
static int
control_address(const char *path, struct sockaddr_un *sun, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(((struct supervisor_paths *)NULL)->control_socket)];
	int fd;

	if (strlen(path) < sizeof(sun->sun_path)) {
		memcpy(sun->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (slash == NULL || strlen(slash) > CONTROL_NAME_MAX)
		return err_set(e, ERR_CONF, "control-socket: %s: the name is "
		    "too long", path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_CONF, "control-socket: %s: %s", dir,
		    strerror(errno));
	snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d%s",
	    fd, slash);
	return 0;
}

static int
listen_control(const char *path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	TRY(control_address(path, &sun, e));
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
		TRY(fd = listen_at(settings, settings->listen[i], e));
		out->v[out->n++] = fd;
	}
	out->nfronts = 0;
	for (size_t i = 0; i < settings->nfronts; i++) {
		TRY(fd = sockets_listen(settings->fronts[i].listen, e));
		out->fronts[out->nfronts++] = fd;
	}
	TRY(fd = listen_control(paths->control_socket, e));
	out->v[out->n++] = fd;
	return confine_give(paths->control_socket, settings->user,
	    settings->group, e);
}

const char *
sockets_address(const struct sockaddr_storage *sa, char dst[static 320])
{
	char name[256], port[32], *host = name;
	socklen_t n = sa->ss_family == AF_INET6 ?
	    sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (getnameinfo((const struct sockaddr *)sa, n, name, sizeof(name),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(dst, 320, "unknown");
		return dst;
	}
	if (strncmp(host, "::ffff:", 7) == 0 && strchr(host, '.') != NULL)
		host += 7;	/* IPv4 over a socket of IPv6 */
	snprintf(dst, 320, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
	    port);
	return dst;
}
