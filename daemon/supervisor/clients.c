#include "supervisor/clients.h"

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

#define AGAIN_MIN_MS 200	/* before one is started again; doubles ... */
#define AGAIN_MAX_MS SEC(60)
#define STEADY_MS MINUTE(1)	/* ... until it lived this long */
#define FILES 4			/* certificate, key, secret, ca */
#define PATH_BYTES 4200

struct client {
	struct clients *all;		/* borrowed */
	struct settings_taxii_peer is;	/* as it is to be */
	struct settings_taxii_peer held;	/* as its process is */
	struct stat stamp[FILES];	/* of the process's files */
	pid_t pid;			/* 0: it does not run */
	bool wanted, leaving;
	unsigned failures;
	mono_ms_t started;
	struct timer *again;		/* owned */
};

struct clients {
	struct loop *loop;		/* borrowed */
	const struct supervisor_paths *paths;	/* borrowed */
	struct channel *vault;		/* borrowed; NULL: start nothing */
	bool landlock;
	VEC(struct client *) list;	/* owned */
};

static void client_try(struct client *c);

static void
on_again(void *arg)
{
	client_try(arg);
}

static void
client_free(struct client *c)
{
	timer_free(c->again);
	free(c);
}

/* It did not start or did not stay: once more, later each time. */
static int64_t
client_wait(struct client *c)
{
	int64_t ms = AGAIN_MIN_MS;

	for (unsigned i = 0; i < c->failures && ms < AGAIN_MAX_MS; i++)
		ms *= 2;
	if (ms > AGAIN_MAX_MS)
		ms = AGAIN_MAX_MS;
	c->failures++;
	timer_arm_ms(c->again, ms);
	return ms;
}

/* Where one of its files is; false if it has none. */
static bool
file_path(const struct client *c, int i, char dst[static PATH_BYTES])
{
	const char *const names[FILES] = { c->is.certificate, c->is.key,
	    c->is.secret_file, c->is.ca };

	return names[i][0] != '\0' && settings_path(dst, PATH_BYTES,
	    c->all->paths->config_dir, names[i]) == 0;
}

static int
open_files(struct client *c, int fd[static FILES], struct err *e)
{
	char path[PATH_BYTES];

	for (int i = 0; i < FILES; i++) {
		if (!file_path(c, i, path))
			continue;
		fd[i] = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		    O_NONBLOCK);
		if (fd[i] < 0 || fstat(fd[i], &c->stamp[i]) != 0)
			return err_set(e, ERR_IO, "%s: %s", path,
			    strerror(errno));
		if (!S_ISREG(c->stamp[i].st_mode))
			return err_set(e, ERR_IO, "%s: not a file", path);
	}
	return 0;
}

/* Its process, with one end of a channel; the other is for the vault. */
static int
client_spawn(struct client *c, const struct spawn_fds *with,
    int *out_channel, struct err *e)
{
	char *argv[] = { "comity-client", c->is.peer, c->is.url, c->is.user,
	    c->all->landlock ? "1" : "0", NULL };
	struct spawn_fds fds = *with;
	char program[PATH_BYTES];
	int pair[2], rc;

	TRY(spawn_find("comity-client", "client", program, sizeof(program),
	    e));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_SYSTEM, "socketpair: %s",
		    strerror(errno));
	fds.v[0] = pair[1];
	rc = spawn(program, argv, &fds, &c->pid);
	if (rc != 0) {
		(void)err_set(e, rc, "%s: cannot be started: %s", program,
		    strerror(errno));
		c->pid = 0;
		close(pair[0]);
	}
	close(pair[1]);
	*out_channel = pair[0];
	return rc;
}

static int
client_start(struct client *c, struct err *e)
{
	struct spawn_fds fds = { .v = { -1, -1, -1, -1, -1 },
	    .n = 1 + FILES };
	AUTO_BUF struct buf out = { 0 };
	int channel, rc;

	memset(c->stamp, 0, sizeof(c->stamp));
	rc = open_files(c, fds.v + 1, e);
	if (rc == 0)
		rc = client_spawn(c, &fds, &channel, e);
	for (int i = 1; i <= FILES; i++)
		if (fds.v[i] >= 0)
			close(fds.v[i]);
	TRY(rc);
	c->held = c->is;
	c->started = clock_mono();
	c->leaving = false;
	msg_client_adopt_encode(str_of(c->is.peer), &out);
	channel_send_fd(c->all->vault, MESSAGE_CLIENT_ADOPT, buf_str(&out),
	    channel);
	return 0;
}

/* Start it if it is to run and does not. */
static void
client_try(struct client *c)
{
	struct err e;

	if (c->pid > 0 || !c->wanted || c->all->vault == NULL)
		return;
	timer_cancel(c->again);
	if (client_start(c, &e) == 0)
		log_info("client-started", "peer=%s url=%s pid=%d",
		    c->is.peer, c->is.url, (int)c->pid);
	else
		log_error("client-start", "peer=%s error=\"%s\" "
		    "again_ms=%lld", c->is.peer, e.text,
		    (long long)client_wait(c));
}

/* What it has under way is done again by the next one. */
static void
client_leave(struct client *c)
{
	timer_cancel(c->again);
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
	c->leaving = c->pid > 0;
}

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
client_is_current(const struct client *c)
{
	char path[PATH_BYTES];

	if (memcmp(&c->held, &c->is, sizeof(c->is)) != 0)
		return false;
	for (int i = 0; i < FILES; i++) {
		struct stat now = { 0 };

		if (file_path(c, i, path) && stat(path, &now) != 0)
			return true;	/* better an old one than none */
		if (!same_file(&now, &c->stamp[i]))
			return false;
	}
	return true;
}

/* What it is to be from now on. */
static void
client_set(struct clients *s, const struct settings_taxii_peer *to)
{
	struct client *c = NULL;

	for (size_t i = 0; i < s->list.n && c == NULL; i++)
		if (strcmp(s->list.v[i]->is.peer, to->peer) == 0)
			c = s->list.v[i];
	if (c == NULL) {
		c = mem_new(struct client);
		c->all = s;
		c->again = timer_new(s->loop, on_again, c);
		vec_push(&s->list, c);
	}
	c->wanted = true;
	c->failures = 0;
	c->is = *to;
}

/* Forget those that neither run nor are wanted. */
static void
clients_sweep(struct clients *s)
{
	for (size_t i = s->list.n; i-- > 0;) {
		struct client *c = s->list.v[i];

		if (c->pid > 0 || c->wanted)
			continue;
		client_free(c);
		s->list.v[i] = s->list.v[--s->list.n];
	}
}

void
clients_run(struct clients *s, const struct settings *settings,
    struct channel *vault)
{
	s->vault = vault;
	s->landlock = settings->landlock;
	for (size_t i = 0; i < s->list.n; i++)
		s->list.v[i]->wanted = false;
	for (size_t i = 0; i < settings->ntaxii_peers; i++)
		client_set(s, &settings->taxii_peers[i]);
	for (size_t i = 0; i < s->list.n; i++) {
		struct client *c = s->list.v[i];

		if (!c->wanted || (c->pid > 0 && !client_is_current(c)))
			client_leave(c);
	}
	clients_sweep(s);
	for (size_t i = 0; i < s->list.n; i++)
		client_try(s->list.v[i]);
}

void
clients_halt(struct clients *s)
{
	s->vault = NULL;
	for (size_t i = 0; i < s->list.n; i++)
		client_leave(s->list.v[i]);
}

bool
clients_ended(struct clients *s, pid_t pid, int status)
{
	for (size_t i = 0; i < s->list.n; i++) {
		struct client *c = s->list.v[i];

		if (c->pid != pid)
			continue;
		c->pid = 0;
		if (clock_mono().ms - c->started.ms > STEADY_MS)
			c->failures = 0;
		if (c->leaving)
			client_try(c);
		else if (s->vault != NULL && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 0)	/* the vault wants another */
			(void)client_wait(c);
		else if (s->vault != NULL)
			log_error("client-ended", "peer=%s status=%d "
			    "signal=%d again_ms=%lld", c->is.peer,
			    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			    WIFSIGNALED(status) ? WTERMSIG(status) : 0,
			    (long long)client_wait(c));
		c->leaving = false;
		clients_sweep(s);
		return true;
	}
	return false;
}

bool
clients_are_gone(const struct clients *s)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.v[i]->pid > 0)
			return false;
	return true;
}

struct clients *
clients_new(struct loop *l, const struct supervisor_paths *paths)
{
	struct clients *s = mem_new(struct clients);

	s->loop = l;
	s->paths = paths;
	return s;
}

void
clients_free(struct clients *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->list.n; i++) {
		if (s->list.v[i]->pid > 0)
			(void)kill(s->list.v[i]->pid, SIGKILL);
		client_free(s->list.v[i]);
	}
	vec_clear(&s->list);
	free(s);
}
