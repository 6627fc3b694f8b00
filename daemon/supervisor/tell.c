#include "supervisor/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/unit.h"
#include "host/log.h"
#include "net/timer.h"
#include "supervisor/start.h"

#define WAITING_MAX 32
#define DEADLINE_MS SEC(30)

/* One program to run, with what it reads. */
struct job {
	char *path;		/* owned */
	bool mail;
	char *text;		/* owned */
};

struct tell {
	const struct settings *settings;	/* borrowed */
	struct timer *deadline;			/* owned */
	VEC(struct job) waiting;		/* the first one runs, if any */
	pid_t pid;
	unsigned dropped;
};

static void start_next(struct tell *t);

static void
job_clear(struct job *j)
{
	free(j->path);
	free(j->text);
}

static void
drop_first(struct tell *t)
{
	job_clear(&t->waiting.v[0]);
	memmove(t->waiting.v, t->waiting.v + 1,
	    --t->waiting.n * sizeof(t->waiting.v[0]));
}

/* With what it has started: it is a group of its own. */
static void
end_running(struct tell *t)
{
	if (t->pid > 0)
		(void)kill(-t->pid, SIGKILL);
}

static void
on_deadline(void *arg)
{
	struct tell *t = arg;

	if (t->pid <= 0)
		return;
	log_warning("notify-timeout", "program=%s ms=%lld action=kill",
	    t->waiting.v[0].path, (long long)DEADLINE_MS);
	end_running(t);
}

struct tell *
tell_new(struct loop *l, const struct settings *s)
{
	struct tell *t = mem_new(struct tell);

	t->settings = s;
	t->deadline = timer_new(l, on_deadline, t);
	return t;
}

void
tell_free(struct tell *t)
{
	if (t == NULL)
		return;
	end_running(t);
	while (t->waiting.n > 0)
		drop_first(t);
	vec_clear(&t->waiting);
	timer_free(t->deadline);
	free(t);
}

/* The text as a file that was never anywhere, at its beginning. */
static int
text_file(const char *text)
{
	int fd = memfd_create("comity-notify", MFD_CLOEXEC);
	size_t n = strlen(text);

	if (fd < 0)
		return -1;
	if (write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
job_start(struct tell *t, const struct job *j)
{
	char *command[] = { j->path, NULL };
	/* Recipients are in the text; a lone dot ends nothing. */
	char *mail[] = { j->path, (char[]){ "-t" }, (char[]){ "-i" }, NULL };
	struct spawn_fds fds = { .input = text_file(j->text),
	    .stranger = true };
	int rc;

	if (fds.input < 0)
		return ERR_SYSTEM;
	rc = spawn(j->path, j->mail ? mail : command, &fds, &t->pid);
	close(fds.input);
	return rc;
}

static void
start_next(struct tell *t)
{
	while (t->pid <= 0 && t->waiting.n > 0) {
		if (job_start(t, &t->waiting.v[0]) == 0) {
			timer_arm_ms(t->deadline, DEADLINE_MS);
			return;
		}
		log_error("notify", "program=%s error=\"%s\"",
		    t->waiting.v[0].path, strerror(errno));
		t->pid = 0;
		drop_first(t);
	}
}

static void
add_job(struct tell *t, const char *path, bool mail, const char *text)
{
	if (t->waiting.n >= WAITING_MAX) {
		log_warning("notify-dropped", "program=%s total=%u", path,
		    ++t->dropped);
		return;
	}
	vec_push(&t->waiting, ((struct job){ mem_strdup(path), mail,
	    mem_strdup(text) }));
}

void
tell_configured(const struct settings *s)
{
	const char *programs[] = { s->notify_command,
	    s->notify_mail[0] != '\0' ? s->sendmail : "" };

	for (size_t i = 0; i < NELEM(programs); i++)
		if (programs[i][0] != '\0' && access(programs[i], X_OK) != 0)
			log_warning("notify-program", "program=%s "
			    "error=\"%s\" text=\"nobody will be told\"",
			    programs[i], strerror(errno));
}

void
tell_people(struct tell *t, struct str text)
{
	const struct settings *s = t->settings;
	AUTO_BUF struct buf doc = { 0 }, mail = { 0 };

	buf_add(&doc, text.p, text.n);
	buf_addc(&doc, '\n');
	if (s->notify_command[0] != '\0')
		add_job(t, s->notify_command, false, doc.p);
	if (s->notify_mail[0] != '\0') {
		buf_addf(&mail, "To: %s\nSubject: comity: %s needs people\n"
		    "Content-Type: text/plain; charset=utf-8\n"
		    "Auto-Submitted: auto-generated\n\n%s",
		    s->notify_mail, s->cert_id, doc.p);
		add_job(t, s->sendmail, true, mail.p);
	}
	start_next(t);
}

bool
tell_ended(struct tell *t, pid_t pid, int status)
{
	if (t->pid <= 0 || pid != t->pid)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_warning("notify-failed", "program=%s status=%d signal=%d",
		    t->waiting.v[0].path, WIFEXITED(status) ?
		    WEXITSTATUS(status) : -1, WIFSIGNALED(status) ?
		    WTERMSIG(status) : 0);
	timer_cancel(t->deadline);
	t->pid = 0;
	drop_first(t);
	start_next(t);
	return true;
}
