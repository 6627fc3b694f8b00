#include "supervisor/fronts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/timer.h"
#include "supervisor/start.h"
#include "wire/msg_supervisor.h"

#define AGAIN_MIN_MS 100	/* before one is started again; doubles ... */
#define AGAIN_MAX_MS SEC(30)
#define STEADY_MS MINUTE(1)	/* ... until it lived this long */
#define FILES 3			/* certificate, key, client-ca */
#define PATH_BYTES 4200

/* A listening socket; it belongs to an address, not to a desk. */
struct door {
	char address[sizeof(((struct settings_front *)NULL)->listen)];
	int fd;				/* owned */
};

/* What of a front its process was started with. */
struct ends {
	char listen[sizeof(((struct settings_front *)NULL)->listen)];
	char file[FILES][SETTINGS_PATH_MAX];
};

struct front {
	struct fronts *all;		/* borrowed */
	char desk[NAME_MAX_BYTES];
	struct ends ends;		/* as it is to be ... */
	struct ends held;		/* ... and as its process is */
	struct stat stamp[FILES];	/* of the process's files */
	pid_t pid;			/* 0: it does not run */
	bool wanted, leaving;
	unsigned failures;
	mono_ms_t started;
	struct timer *again;		/* owned */
};

struct fronts {
	struct loop *loop;		/* borrowed */
	const struct supervisor_paths *paths;	/* borrowed */
	struct channel *vault;		/* borrowed; NULL: start nothing */
	bool landlock, draining;
	VEC(struct front *) list;	/* owned */
	VEC(struct door) doors;		/* owned */
};

static void front_try(struct front *f);

/* ---- doors ---- */

static struct door *
door_find(struct fronts *s, const char *address)
{
	for (size_t i = 0; i < s->doors.n; i++)
		if (strcmp(s->doors.v[i].address, address) == 0)
			return &s->doors.v[i];
	return NULL;
}

static void
door_add(struct fronts *s, const char *address, int fd)
{
	struct door d = { .fd = fd };

	snprintf(d.address, sizeof(d.address), "%s", address);
	vec_push(&s->doors, d);
}

/* The listening socket of an address, bound now if it is new; or ERR_*. */
static int
door_fd(struct fronts *s, const char *address, struct err *e)
{
	struct door *d = door_find(s, address);
	int fd;

	if (d != NULL)
		return d->fd;
	TRY(fd = sockets_listen(address, e));
	door_add(s, address, fd);
	return fd;
}

/* Close those that no front wants any more. */
static void
doors_sweep(struct fronts *s)
{
	for (size_t i = s->doors.n; i-- > 0;) {
		bool wanted = false;

		for (size_t k = 0; k < s->list.n; k++)
			wanted |= s->list.v[k]->wanted && strcmp(
			    s->list.v[k]->ends.listen,
			    s->doors.v[i].address) == 0;
		if (wanted && !s->draining)
			continue;
		close(s->doors.v[i].fd);
		s->doors.v[i] = s->doors.v[--s->doors.n];
	}
}

/* ---- one front ---- */

static void
on_again(void *arg)
{
	front_try(arg);
}

static struct front *
front_new(struct fronts *s, const char *desk)
{
	struct front *f = mem_new(struct front);

	f->all = s;
	snprintf(f->desk, sizeof(f->desk), "%s", desk);
	f->again = timer_new(s->loop, on_again, f);
	return f;
}

static void
front_free(struct front *f)
{
	timer_free(f->again);
	free(f);
}

/* It did not start or did not stay: once more, later each time. */
static int64_t
front_wait(struct front *f, bool hopeless)
{
	int64_t ms = AGAIN_MIN_MS;

	for (unsigned i = 0; i < f->failures && ms < AGAIN_MAX_MS; i++)
		ms *= 2;
	if (hopeless || ms > AGAIN_MAX_MS)
		ms = AGAIN_MAX_MS;
	f->failures++;
	timer_arm_ms(f->again, ms);
	return ms;
}

/* Where one of its files is; false if it has none. */
static bool
file_path(const struct front *f, int i, char dst[static PATH_BYTES])
{
	static const char *const own[FILES] = { "tls.crt", "tls.key" };
	const char *name = f->ends.file[i];

	if (name[0] != '\0')
		return settings_path(dst, PATH_BYTES,
		    f->all->paths->config_dir, name) == 0;
	return own[i] != NULL && settings_path(dst, PATH_BYTES,
	    f->all->paths->state_dir, own[i]) == 0;
}

static int
open_files(struct front *f, int fd[static FILES], struct err *e)
{
	char path[PATH_BYTES];

	for (int i = 0; i < FILES; i++) {
		if (!file_path(f, i, path))
			continue;
		fd[i] = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		    O_NONBLOCK);
		if (fd[i] < 0 || fstat(fd[i], &f->stamp[i]) != 0)
			return err_set(e, ERR_IO, "%s: %s", path,
			    strerror(errno));
		if (!S_ISREG(f->stamp[i].st_mode))
			return err_set(e, ERR_IO, "%s: not a file", path);
	}
	return 0;
}

/* Its process, with one end of a channel; the other is for the vault. */
static int
front_spawn(struct front *f, const struct spawn_fds *with, int *out_channel,
    struct err *e)
{
	char *argv[] = { "comity-front", f->desk,
	    f->all->landlock ? "1" : "0", NULL };
	struct spawn_fds fds = *with;
	char program[PATH_BYTES];
	int pair[2];

	TRY(spawn_find("comity-front", "front", program, sizeof(program),
	    e));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_SYSTEM, "socketpair: %s",
		    strerror(errno));
	fds.v[0] = pair[1];
	if (spawn(program, argv, &fds, &f->pid) != 0) {
		(void)err_set(e, ERR_SYSTEM, "%s: cannot be started: %s",
		    program, strerror(errno));
		f->pid = 0;
		close(pair[0]);
		close(pair[1]);
		return ERR_SYSTEM;
	}
	close(pair[1]);
	*out_channel = pair[0];
	return 0;
}

static int
front_start(struct front *f, struct err *e)
{
	struct spawn_fds fds = { .v = { -1, -1, -1, -1, -1 },
	    .n = 2 + FILES };
	AUTO_BUF struct buf out = { 0 };
	int channel, rc;

	TRY(fds.v[1] = door_fd(f->all, f->ends.listen, e));
	memset(f->stamp, 0, sizeof(f->stamp));
	rc = open_files(f, fds.v + 2, e);
	if (rc == 0)
		rc = front_spawn(f, &fds, &channel, e);
	for (int i = 2; i < 2 + FILES; i++)
		if (fds.v[i] >= 0)
			close(fds.v[i]);
	TRY(rc);
	f->held = f->ends;
	f->started = clock_mono();
	f->leaving = false;
	msg_front_adopt_encode(str_of(f->desk), &out);
	channel_send_fd(f->all->vault, MESSAGE_FRONT_ADOPT, buf_str(&out),
	    channel);
	return 0;
}

/* Another process still takes connections where this one is to. */
static bool
is_held(const struct fronts *s, const struct front *f)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.v[i]->pid > 0 && strcmp(s->list.v[i]->held.listen,
		    f->ends.listen) == 0)
			return true;
	return false;
}

/* Start it if it is to run and does not. */
static void
front_try(struct front *f)
{
	struct err e;

	if (f->pid > 0 || !f->wanted || f->all->vault == NULL ||
	    f->all->draining || is_held(f->all, f))
		return;
	timer_cancel(f->again);
	if (front_start(f, &e) == 0) {
		log_info("front-started", "desk=%s address=%s pid=%d",
		    f->desk, f->ends.listen, (int)f->pid);
		return;
	}
	log_error("front-start", "desk=%s error=\"%s\" again_ms=%lld",
	    f->desk, e.text, (long long)front_wait(f, true));
}

/* Ask it to end once it has answered what it was asked. */
static void
front_leave(struct front *f)
{
	timer_cancel(f->again);
	if (f->pid > 0 && !f->leaving)
		(void)kill(f->pid, SIGUSR1);
	f->leaving = f->pid > 0;
}

/* ---- all of them ---- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Is its process what it is to be, down to the files' contents? */
static bool
front_is_current(const struct front *f)
{
	char path[PATH_BYTES];

	if (memcmp(&f->held, &f->ends, sizeof(f->ends)) != 0)
		return false;
	for (int i = 0; i < FILES; i++) {
		struct stat now = { 0 };

		if (file_path(f, i, path) && stat(path, &now) != 0)
			return true;	/* better an old one than none */
		if (!same_file(&now, &f->stamp[i]))
			return false;
	}
	return true;
}

static struct front *
front_of_desk(struct fronts *s, const char *desk)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (strcmp(s->list.v[i]->desk, desk) == 0)
			return s->list.v[i];
	return NULL;
}

/* What it is to be from now on. */
static void
front_set(struct fronts *s, const struct settings_front *to)
{
	struct front *f = front_of_desk(s, to->desk);

	if (f == NULL) {
		f = front_new(s, to->desk);
		vec_push(&s->list, f);
	}
	f->wanted = true;
	f->failures = 0;
	f->ends = (struct ends){ 0 };
	snprintf(f->ends.listen, sizeof(f->ends.listen), "%s", to->listen);
	snprintf(f->ends.file[0], SETTINGS_PATH_MAX, "%s", to->certificate);
	snprintf(f->ends.file[1], SETTINGS_PATH_MAX, "%s", to->key);
	snprintf(f->ends.file[2], SETTINGS_PATH_MAX, "%s", to->client_ca);
}

/* Forget those that neither run nor are wanted. */
static void
fronts_sweep(struct fronts *s)
{
	for (size_t i = s->list.n; i-- > 0;) {
		struct front *f = s->list.v[i];

		if (f->pid > 0 || f->wanted)
			continue;
		front_free(f);
		s->list.v[i] = s->list.v[--s->list.n];
	}
}

static void
fronts_try(struct fronts *s)
{
	for (size_t i = 0; i < s->list.n; i++)
		front_try(s->list.v[i]);
}

void
fronts_run(struct fronts *s, const struct settings *settings,
    struct channel *vault)
{
	if (s->draining)
		return;
	s->vault = vault;
	for (size_t i = 0; i < s->list.n; i++)
		s->list.v[i]->wanted = false;
	for (size_t i = 0; i < settings->nfronts; i++)
		front_set(s, &settings->fronts[i]);
	for (size_t i = 0; i < s->list.n; i++)
		if (!s->list.v[i]->wanted ||
		    (s->list.v[i]->pid > 0 &&
		    !front_is_current(s->list.v[i])))
			front_leave(s->list.v[i]);
	doors_sweep(s);
	fronts_sweep(s);
	fronts_try(s);
}

void
fronts_halt(struct fronts *s)
{
	s->vault = NULL;
	for (size_t i = 0; i < s->list.n; i++) {
		timer_cancel(s->list.v[i]->again);
		s->list.v[i]->leaving = s->list.v[i]->pid > 0;
		if (s->list.v[i]->pid > 0)
			(void)kill(s->list.v[i]->pid, SIGKILL);
	}
}

void
fronts_drain(struct fronts *s)
{
	s->draining = true;
	for (size_t i = 0; i < s->list.n; i++)
		front_leave(s->list.v[i]);
	doors_sweep(s);
}

/* One that was not told to end has failed. */
static void
front_failed(struct front *f, int status)
{
	bool setup = WIFEXITED(status) &&
	    WEXITSTATUS(status) == SUPERVISOR_CONF;
	int64_t ms;

	if (clock_mono().ms - f->started.ms > STEADY_MS)
		f->failures = 0;
	ms = front_wait(f, setup);
	log_error("front-ended", "desk=%s status=%d signal=%d again_ms=%lld",
	    f->desk, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0, (long long)ms);
}

bool
fronts_ended(struct fronts *s, pid_t pid, int status)
{
	for (size_t i = 0; i < s->list.n; i++) {
		struct front *f = s->list.v[i];

		if (f->pid != pid)
			continue;
		f->pid = 0;
		if (!f->leaving)
			front_failed(f, status);
		else
			log_info("front-ended", "desk=%s", f->desk);
		if (f->leaving)
			front_try(f);
		f->leaving = false;
		fronts_sweep(s);
		/* Another one may have waited for its address. */
		for (size_t k = 0; k < s->list.n; k++)
			if (s->list.v[k]->failures == 0)
				front_try(s->list.v[k]);
		return true;
	}
	return false;
}

bool
fronts_are_gone(const struct fronts *s)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.v[i]->pid > 0)
			return false;
	return true;
}

/* ---- life ---- */

struct fronts *
fronts_new(struct loop *l, const struct supervisor_paths *paths,
    const struct settings *settings, const struct supervisor_sockets *sockets)
{
	struct fronts *s = mem_new(struct fronts);

	s->loop = l;
	s->paths = paths;
	s->landlock = settings->landlock;
	for (size_t i = 0; i < sockets->nfronts; i++)
		door_add(s, settings->fronts[i].listen, sockets->fronts[i]);
	return s;
}

void
fronts_free(struct fronts *s)
{
	if (s == NULL)
		return;
	s->draining = true;
	for (size_t i = 0; i < s->list.n; i++) {
		if (s->list.v[i]->pid > 0)
			(void)kill(s->list.v[i]->pid, SIGKILL);
		front_free(s->list.v[i]);
	}
	vec_clear(&s->list);
	doors_sweep(s);
	vec_clear(&s->doors);
	free(s);
}
