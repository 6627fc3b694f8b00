/*
 * inbox: publish what is put into a directory.  A file is taken when it has
 * not changed for a while and nobody has it open for writing; then it lies
 * in done/ or in failed/, with a report beside it.  One that was being
 * published when this program ended is published again, which changes
 * nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/publish.h"

#define QUIET_SECONDS 2		/* unchanged for so long: complete */
#define RETRY_SECONDS 5		/* when the daemon does not answer */

static volatile sig_atomic_t told_to_stop;

static void
on_stop(int number)
{
	(void)number;
	told_to_stop = 1;
}

static int
is_candidate(const struct dirent *d)
{
	struct str name = str_of(d->d_name);

	return name.p[0] != '.' && !str_ends(name, ".part") &&
	    !str_ends(name, ".tmp") && !str_ends(name, "~");
}

/* Has nobody it open for writing?  Where that cannot be told: yes. */
static bool
nobody_writes(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool busy;

	if (fd < 0)
		return errno != ELOOP;
	busy = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
	close(fd);
	return !busy;
}

static bool
is_complete(const char *path)
{
	struct timespec now;
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	/* The change of a file that was moved here is not its own. */
	return now.tv_sec - st.st_mtime >= QUIET_SECONDS &&
	    now.tv_sec - st.st_ctime >= QUIET_SECONDS && nobody_writes(path);
}

/* A name in that directory which is not there yet. */
static void
free_name(const char *dir, const char *name, char dst[static CTL_PATH_MAX])
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned i = 0;; i++) {
		if (i == 0)
			(void)snprintf(dst, CTL_PATH_MAX, "%s/%s-%s", dir,
			    stamp, name);
		else
			(void)snprintf(dst, CTL_PATH_MAX, "%s/%s.%u-%s", dir,
			    stamp, i, name);
		if (!file_exists(dst))
			return;
	}
}

/* Move a file away, and write the report beside it. */
static int
put_away(const struct ctl *c, const char *path, const char *dir,
    const json_t *report)
{
	const char *name = strrchr(path, '/') + 1;
	char to[CTL_PATH_MAX], beside[CTL_PATH_MAX];
	char *text = json_dumps(report, JSON_INDENT(1));
	struct err e = { 0 };
	int rc;

	free_name(dir, name, to);
	if ((size_t)snprintf(beside, sizeof(beside), "%s.report.json", to) >=
	    sizeof(beside)) {
		free(text);
		return ctl_fail(c, CTL_REFUSED, "a shorter name",
		    "%s: the name is too long", name);
	}
	rc = file_write(beside, 0644, str_of(text), &e);
	free(text);
	if (rc < 0)
		return ctl_fail_err(c, &e, NULL);
	if (rename(path, to) != 0)
		return ctl_fail(c, CTL_REFUSED, NULL, "%s: %s", path,
		    strerror(errno));
	if (!c->quiet)
		fprintf(stderr, "%s\n", to);
	return 0;
}

/* One complete file: CTL_UNREACHABLE and CTL_TIMEOUT leave it for later. */
static int
inbox_take(const struct ctl *c, const struct publish_options *o,
    const char *dir, const char *path)
{
	AUTO_JSON json_t *r = NULL;
	char away[CTL_PATH_MAX], *paths[1];
	AUTO(mem_free) char *copy = strdup(path);
	int rc;

	paths[0] = copy;
	rc = publish_files(c, o, paths, 1, &r);
	if (r == NULL && (rc == CTL_UNREACHABLE || rc == CTL_TIMEOUT))
		return rc;
	if (r == NULL)
		r = json_pack("{s:i, s:b, s:s}", "v", 1, "ok", 0, "error",
		    "the file could not be published as a whole");
	return put_away(c, path, file_path(away, dir, rc == CTL_DONE ?
	    "done" : "failed"), r);
}

/* Everything that is complete now; how many were taken, or an exit code. */
static int
inbox_scan(const struct ctl *c, const struct publish_options *o,
    const char *dir, int *out_taken)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_candidate, alphasort), rc = 0;

	if (n < 0)
		return ctl_fail(c, CTL_REFUSED, NULL, "%s: %s", dir,
		    strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[CTL_PATH_MAX];

		file_path(path, dir, names[i]->d_name);
		if (rc == 0 && !told_to_stop && is_complete(path)) {
			rc = inbox_take(c, o, dir, path);
			*out_taken += rc == 0;
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

static int
inbox_prepare(const struct ctl *c, const char *dir)
{
	static const char *const places[] = { "done", "failed" };
	char path[CTL_PATH_MAX];
	struct err e = { 0 };

	if (!file_exists(dir))
		return ctl_fail(c, CTL_NOT_FOUND, "make it, and let only "
		    "those write there who may publish", "%s: no such "
		    "directory", dir);
	for (size_t i = 0; i < NELEM(places); i++)
		if (file_make_dir(file_path(path, dir, places[i]), 0755,
		    &e) < 0)
			return ctl_fail_err(c, &e, NULL);
	return 0;
}

static int
inbox_watch(const struct ctl *c, const struct publish_options *o,
    const char *dir)
{
	struct sigaction stop = { .sa_handler = on_stop };
	int rc, taken = 0;

	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	while (!told_to_stop) {
		rc = inbox_scan(c, o, dir, &taken);
		if (rc == CTL_UNREACHABLE || rc == CTL_TIMEOUT)
			(void)sleep(RETRY_SECONDS);
		else if (rc != 0)
			return rc;
		if (!told_to_stop)
			(void)sleep(1);
	}
	return CTL_DONE;
}

int
cmd_inbox(struct ctl *c)
{
	struct publish_options o = { 0 };
	const char *format = NULL;
	bool once = false;
	const struct ctl_option options[] = {
		{ "once", &once, NULL, 0 },
		{ "desk", NULL, &o.desk, 1 },
		{ "format", NULL, &format, 1 },
		{ "kind", NULL, &o.import.kind, 1 },
		{ "map", NULL, &o.import.map, 1 },
	};
	int rc, taken = 0;

	CTL_OPTIONS(c, options, 1, 1);
	rc = publish_format(c, format, &o.import);
	if (rc == 0)
		rc = inbox_prepare(c, c->argv[0]);
	if (rc != 0)
		return rc;
	if (!once)
		return inbox_watch(c, &o, c->argv[0]);
	rc = inbox_scan(c, &o, c->argv[0], &taken);
	if (rc == 0 && c->json)
		printf("{\"v\":1,\"ok\":true,\"taken\":%d}\n", taken);
	return rc;
}
