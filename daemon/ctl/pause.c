#include "ctl/pause.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_MS 500
#define REFUSALS_MAX 120

struct pause {
	int fd;			/* of the signals */
	bool output;		/* the reader's going ends it */
	int refusals;		/* in a row */
	bool waiting;		/* and it was told */
};

struct pause *
pause_new(bool output)
{
	struct pause *p = mem_new(struct pause);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->output = output;
	if (output)
		signal(SIGPIPE, SIG_IGN);
	p->fd = signalfd(-1, &set, SFD_CLOEXEC);
	return p;
}

void
pause_free(struct pause *p)
{
	if (p == NULL)
		return;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

bool
pause_for(struct pause *p, int ms)
{
	struct pollfd fds[] = {
		{ .fd = p->fd, .events = POLLIN },
		/* Only errors are reported: the reader has gone. */
		{ .fd = p->output ? STDOUT_FILENO : -1, .events = 0 },
	};

	if (poll(fds, NELEM(fds), ms) <= 0)
		return true;
	return fds[0].revents == 0 &&
	    (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

bool
pause_retry(struct pause *p, struct ctl *c, int rc)
{
	bool gone = rc == CTL_UNREACHABLE || rc == CTL_TIMEOUT;

	if (!p->waiting && gone)
		fprintf(stderr, "comityctl: %s: the daemon is not there; "
		    "waiting for it\n", c->words);
	p->waiting = true;
	p->refusals = gone ? 0 : p->refusals + 1;
	/* The last try says what is wrong. */
	c->quiet = p->refusals < REFUSALS_MAX;
	return p->refusals <= REFUSALS_MAX && pause_for(p, RETRY_MS);
}

void
pause_worked(struct pause *p, struct ctl *c)
{
	p->refusals = 0;
	p->waiting = false;
	c->quiet = true;
}
