/*
 * Each case confines a child of its own, makes one call there, and looks at
 * how the call ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "host/confine.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define NOT_CONFINED 100	/* exit status: confine() itself failed */
#define WORKED 0		/* else the errno of the call */

static int listening;	/* of test_confine_accept */
static char dir[] = "/tmp/comity-test-confine-XXXXXX";

typedef long (*call_fn)(void);

static long
do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
do_connect(void)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };

	return connect(0, &sa, sizeof(sa));
}

static long
do_execve(void)
{
	char *argv[] = { "true", NULL }, *env[] = { NULL };

	return execve("/bin/true", argv, env);
}

static long
do_fork(void)
{
	return syscall(SYS_fork);
}

static long
do_kill_parent(void)
{
	return kill(getppid(), 0);
}

static long
do_tgkill_parent(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long
do_sigqueue_parent(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info);
}

static long
do_tgkill_self(void)
{
	return syscall(SYS_tgkill, getpid(), gettid(), 0);
}

static long
do_ptrace(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static long
do_process_vm(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long
do_prlimit_parent(void)
{
	struct rlimit l;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &l);
}

static long
do_unshare(void)
{
	return syscall(SYS_unshare, 0);
}

static long
do_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long
do_open_file(void)
{
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC);
}

static long
do_open_state(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/store", dir);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static long
do_unlink(void)
{
	return unlink("/tmp/comity-test-no-such-file");
}

static long
do_write(void)
{
	return write(STDOUT_FILENO, "", 0);
}

static long
do_socketpair_traffic(void)
{
	int pair[2];
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
	    send(pair[0], "x", 1, MSG_NOSIGNAL) != 1)
		return -1;
	return recv(pair[1], &c, 1, 0) == 1 ? 0 : -1;
}

static long
do_memory(void)
{
	void *p = malloc(8 << 20);
	long rc = p == NULL ? -1 : 0;

	free(p);
	return rc;
}

static int
try_call(enum confine_role role, bool landlock, call_fn fn)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct confine_options o = { .role = role,
		    .landlock = landlock,
		    .dir = role == CONFINE_VAULT ? dir : NULL };
		struct err e = { 0 };

		if (confine(&o, &e) != 0)
			_exit(NOT_CONFINED);
		errno = 0;
		_exit(fn() < 0 ? errno : WORKED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What no confined role may do, whatever is open and whoever it runs as. */
static void
test_confine_refused_calls(void **state)
{
	static const struct { const char *name; call_fn fn; } cases[] = {
		{ "socket", do_socket }, { "connect", do_connect },
		{ "execve", do_execve }, { "fork", do_fork },
		{ "kill of another", do_kill_parent },
		{ "tgkill of another", do_tgkill_parent },
		{ "rt_sigqueueinfo to another", do_sigqueue_parent },
		{ "process_vm_readv", do_process_vm },
		{ "prlimit of another", do_prlimit_parent },
		{ "unshare", do_unshare },
		{ "io_uring_setup", do_io_uring },
	};
	static const enum confine_role roles[] = {
		CONFINE_VAULT, CONFINE_SESSION, CONFINE_FRONT,
	};

	(void)state;
	for (size_t r = 0; r < NELEM(roles); r++)
		for (size_t i = 0; i < NELEM(cases); i++) {
			int got = try_call(roles[r], true, cases[i].fn);

			if (got != EPERM)
				fail_msg("role %zu: %s: got %d, want %d", r,
				    cases[i].name, got, EPERM);
		}
}

static void
test_confine_ptrace(void **state)
{
	(void)state;
	if (SANITIZED)	/* the leak checker traces its own process */
		skip();
	assert_int_equal(try_call(CONFINE_VAULT, true, do_ptrace), EPERM);
	assert_int_equal(try_call(CONFINE_SESSION, true, do_ptrace), EPERM);
	assert_int_equal(try_call(CONFINE_FRONT, true, do_ptrace), EPERM);
}

static void
test_confine_what_goes_on(void **state)
{
	static const struct { const char *name; call_fn fn; } cases[] = {
		{ "write", do_write }, { "malloc", do_memory },
		{ "channel", do_socketpair_traffic },
		{ "tgkill of itself", do_tgkill_self },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		int vault = try_call(CONFINE_VAULT, true, cases[i].fn);
		int session = try_call(CONFINE_SESSION, true, cases[i].fn);
		int front = try_call(CONFINE_FRONT, true, cases[i].fn);

		if (vault != WORKED || session != WORKED || front != WORKED)
			fail_msg("%s: vault %d, session %d, front %d",
			    cases[i].name, vault, session, front);
	}
}

/* On a socket that does not listen: EINVAL says that the kernel looked. */
static long
do_accept(void)
{
	return accept4(listening, NULL, NULL, SOCK_CLOEXEC);
}

/* Only a front takes connections, and of its own socket. */
static void
test_confine_accept(void **state)
{
	(void)state;
	listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(listening >= 0);
	assert_int_equal(try_call(CONFINE_FRONT, true, do_accept), EINVAL);
	assert_int_equal(try_call(CONFINE_SESSION, true, do_accept), EPERM);
	assert_int_equal(try_call(CONFINE_VAULT, true, do_accept), EPERM);
	close(listening);
}

static void
test_confine_session_opens_nothing(void **state)
{
	(void)state;
	if (SANITIZED)	/* the leak checker opens files of its own */
		skip();
	assert_int_equal(try_call(CONFINE_SESSION, false, do_open_file),
	    EPERM);
	assert_int_equal(try_call(CONFINE_SESSION, false, do_unlink), EPERM);
	assert_int_equal(try_call(CONFINE_SESSION, true, do_open_file),
	    EPERM);
	assert_int_equal(try_call(CONFINE_FRONT, false, do_open_file), EPERM);
	assert_int_equal(try_call(CONFINE_FRONT, false, do_unlink), EPERM);
}

/* Has this kernel Landlock at all? */
static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
}

static void
test_confine_vault_files(void **state)
{
	(void)state;
	assert_int_equal(try_call(CONFINE_VAULT, true, do_open_state),
	    WORKED);
	assert_int_equal(try_call(CONFINE_VAULT, false, do_open_state),
	    WORKED);
	if (SANITIZED || !has_landlock())
		skip();
	assert_int_equal(try_call(CONFINE_VAULT, true, do_open_file), EACCES);
}

static long
do_open_hosts(void)
{
	return open("/etc/hosts", O_RDONLY);
}

/* It connects, and reads what names servers; nothing else. */
static void
test_confine_client(void **state)
{
	static const struct { const char *name; call_fn fn; } cases[] = {
		{ "execve", do_execve }, { "fork", do_fork },
		{ "kill of another", do_kill_parent },
		{ "process_vm_readv", do_process_vm },
		{ "prlimit of another", do_prlimit_parent },
		{ "unshare", do_unshare }, { "io_uring_setup", do_io_uring },
		{ "accept", do_accept },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		if (try_call(CONFINE_CLIENT, true, cases[i].fn) != EPERM)
			fail_msg("%s", cases[i].name);
	assert_int_equal(try_call(CONFINE_CLIENT, true, do_socket), WORKED);
	assert_int_equal(try_call(CONFINE_CLIENT, true, do_open_hosts),
	    WORKED);
	if (SANITIZED)
		skip();
	assert_int_equal(try_call(CONFINE_CLIENT, true, do_unlink), EPERM);
	if (!has_landlock())
		skip();
	assert_int_equal(try_call(CONFINE_CLIENT, true, do_open_state),
	    EACCES);
}

static long
ask_no_new_privs(void)
{
	errno = EPROTO;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -1;
}

static long
ask_dumpable(void)
{
	errno = EPROTO;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -1;
}

static void
test_confine_process_flags(void **state)
{
	(void)state;
	assert_int_equal(try_call(CONFINE_VAULT, true, ask_no_new_privs),
	    WORKED);
	assert_int_equal(try_call(CONFINE_SESSION, true, ask_no_new_privs),
	    WORKED);
	if (SANITIZED)
		skip();
	assert_int_equal(try_call(CONFINE_VAULT, true, ask_dumpable),
	    WORKED);
}

static void
test_confine_drop_user_errors(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(confine_drop_user("", "", &e), 0);
	if (geteuid() != 0) {
		assert_int_equal(confine_drop_user("no-such-user", "", &e),
		    0);
		return;
	}
	assert_int_equal(confine_drop_user("no-such-user", "", &e),
	    ERR_CONF);
	assert_non_null(strstr(e.text, "no-such-user"));
	assert_int_equal(confine_drop_user("nobody", "no-such-group", &e),
	    ERR_CONF);
	assert_non_null(strstr(e.text, "no-such-group"));
	assert_int_equal(geteuid(), 0);
}

static void
test_confine_drop_user_for_good(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e;

		if (confine_drop_user("nobody", "", &e) != 0)
			_exit(1);
		_exit(geteuid() == 0 || setuid(0) == 0 ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
group_setup(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
group_teardown(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/store", dir);
	(void)unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confine_refused_calls),
		cmocka_unit_test(test_confine_ptrace),
		cmocka_unit_test(test_confine_what_goes_on),
		cmocka_unit_test(test_confine_accept),
		cmocka_unit_test(test_confine_session_opens_nothing),
		cmocka_unit_test(test_confine_vault_files),
		cmocka_unit_test(test_confine_client),
		cmocka_unit_test(test_confine_process_flags),
		cmocka_unit_test(test_confine_drop_user_errors),
		cmocka_unit_test(test_confine_drop_user_for_good),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
