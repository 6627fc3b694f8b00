#include "net/listener.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unit.h"
#include "host/log.h"
#include "net/loop_private.h"
#include "net/timer.h"

#define ACCEPTS_PER_TURN 16
#define PAUSE_MIN_MS 200
#define PAUSE_MAX_MS SEC(5)
#define FDS_RESERVED 32		/* for everything that is not a caller */

struct listener {
	int fd;				/* owned */
	struct event *readable;		/* owned */
	struct timer *again;		/* owned */
	int64_t pause_ms;
	int max_fd;			/* from here on it is the reserve */
	void (*accepted)(void *arg, int fd,
	    const struct sockaddr_storage *from);
	void *arg;
};

static void
on_again(void *arg)
{
	struct listener *n = arg;

	(void)event_add(n->readable, NULL);
}

/* Out of descriptors: the connection waits in the kernel meanwhile. */
static void
listener_pause(struct listener *n, const char *why)
{
	n->pause_ms = n->pause_ms == 0 ? PAUSE_MIN_MS : 2 * n->pause_ms;
	if (n->pause_ms > PAUSE_MAX_MS)
		n->pause_ms = PAUSE_MAX_MS;
	log_warning("accept-paused", "ms=%lld error=\"%s\"",
	    (long long)n->pause_ms, why);
	(void)event_del(n->readable);
	timer_arm_ms(n->again, n->pause_ms);
}

/* Descriptors are given out lowest first: a high one means few are left. */
static int
listener_max_fd(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur > INT32_MAX ||
	    l.rlim_cur < 2 * FDS_RESERVED)
		return INT32_MAX;
	return (int)l.rlim_cur - FDS_RESERVED;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct listener *n = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		int got = accept4(fd, (struct sockaddr *)&from, &size,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (got >= n->max_fd) {
			close(got);
			listener_pause(n, "few descriptors left");
			return;
		}
		if (got >= 0) {
			n->pause_ms = 0;
			n->accepted(n->arg, got, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			listener_pause(n, strerror(errno));
		else if (errno == ECONNABORTED || errno == EINTR)
			continue;
		return;
	}
}

struct listener *
listener_new(struct loop *l, int fd,
    void (*accepted)(void *arg, int fd, const struct sockaddr_storage *from),
    void *arg)
{
	struct listener *n = mem_new(struct listener);

	n->fd = fd;
	n->accepted = accepted;
	n->arg = arg;
	n->max_fd = listener_max_fd();
	n->again = timer_new(l, on_again, n);
	n->readable = event_new(loop_base(l), fd, EV_READ | EV_PERSIST,
	    on_readable, n);
	assert(n->readable != NULL);
	(void)event_add(n->readable, NULL);
	return n;
}

void
listener_free(struct listener *n)
{
	if (n == NULL)
		return;
	event_free(n->readable);
	timer_free(n->again);
	close(n->fd);
	free(n);
}
