/*
 * A listener at the limit of descriptors: it neither spins nor takes the
 * last ones, and goes on when there is room.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/unit.h"
#include "net/listener.h"
#include "net/timer.h"

#define CALLERS 60
#define LIMIT 80
#define RESERVED 32

struct fixture {
	struct loop *loop;
	struct listener *listener;
	struct timer *timer;
	int fds[CALLERS];
	size_t n;
	int highest;
	bool local;		/* every caller's address was given */
};

static void
on_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	struct fixture *x = arg;
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;

	assert_true(x->n < CALLERS);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	x->fds[x->n++] = fd;
	if (fd > x->highest)
		x->highest = fd;
	x->local = x->local && in->sin_family == AF_INET &&
	    in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static void
on_time(void *arg)
{
	loop_stop(arg);
}

static void
turn(struct fixture *x, int64_t ms)
{
	timer_arm_ms(x->timer, ms);
	loop_run(x->loop);
}

static int64_t
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A child that connects many times and stays until it is ended. */
static pid_t
start_callers(const struct sockaddr_in *to)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	for (int i = 0; i < CALLERS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)to,
		    sizeof(*to)) != 0)
			_exit(1);
	}
	for (;;)
		(void)pause();
}

static void
close_all(struct fixture *x)
{
	for (size_t i = 0; i < x->n; i++)
		close(x->fds[i]);
	x->n = 0;
}

static void
test_listener_few_descriptors(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(sa);
	struct rlimit before, low;
	struct fixture x = { .local = true };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	int64_t cpu;
	size_t first;
	pid_t callers;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
	assert_int_equal(listen(fd, CALLERS), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
	callers = start_callers(&sa);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = LIMIT;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	x.loop = loop_new();
	x.timer = timer_new(x.loop, on_time, x.loop);
	x.listener = listener_new(x.loop, fd, on_accepted, &x);

	cpu = cpu_ms();
	turn(&x, 1500);
	assert_true(cpu_ms() - cpu < 500);	/* it did not spin */
	first = x.n;
	assert_true(first > 0 && first < CALLERS);
	assert_true(x.highest < LIMIT - RESERVED);
	assert_true(x.local);

	/* There is room again: whoever still waits is served. */
	close_all(&x);
	turn(&x, 4000);
	assert_true(x.n > 0);

	close_all(&x);
	listener_free(x.listener);
	timer_free(x.timer);
	loop_free(x.loop);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	(void)kill(callers, SIGKILL);
	assert_int_equal(waitpid(callers, NULL, 0), callers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listener_few_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
