/*
 * Reading a configuration directory.  A name is opened once, and all that
 * is asked afterwards is asked of the open file, so that a change of the
 * directory meanwhile cannot make us read something else.
 */
#include "config/file_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

#define ENTRIES_MAX 4096	/* of one directory */

struct reader {
	struct file_set *set;	/* borrowed */
	const char *dir;	/* borrowed: for messages */
	int root;		/* the directory, open */
	uid_t owner;		/* of the directory */
	struct err *e;		/* borrowed, may be NULL */
};

static int
refuse(const struct reader *r, int code, const char *name, const char *why)
{
	char shown[256];

	return err_set(r->e, code, "%s/%s: %s", r->dir,
	    str_escape(shown, sizeof(shown), str_of(name)), why);
}

/* Open a name below the root; -1 with errno if it leads out of it. */
static int
open_below(const struct reader *r, const char *name, int flags)
{
	int all = flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct open_how how = {
		.flags = (unsigned)all,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, r->root, name, &how, sizeof(how));

	/* Kernels before 5.6, and sandboxes: then no symbolic link at all. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(r->root, name, all | O_NOFOLLOW);
	return (int)fd;
}

/* All n bytes of fd, which may have changed since. */
static int
read_all(const struct reader *r, const char *name, int fd, struct buf *out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(r, ERR_IO, name, strerror(errno));
		buf_add(out, chunk, (size_t)n);
		if (out->n > YAML_BYTES_MAX)
			return refuse(r, ERR_CONF, name, "larger than 2 MiB; "
			    "split it");
	}
	return 0;
}

/* Is fd a file that may be configuration?  The reason in e if not. */
static int
check_file(const struct reader *r, const char *name, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(r, ERR_IO, name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return refuse(r, ERR_CONF, name,
		    "a directory; want a file (or a name that ends in .d)");
	if (!S_ISREG(st.st_mode))
		return refuse(r, ERR_CONF, name,
		    "not a regular file; want a file of text");
	if (st.st_mode & S_IWOTH)
		return refuse(r, ERR_CONF, name,
		    "everybody may write it; run chmod o-w on it");
	/* Who may write it decides what leaves this CERT. */
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    st.st_uid != r->owner)
		return refuse(r, ERR_CONF, name, "belongs to another user; "
		    "want root or the owner of the directory");
	return 0;
}

/* Read name, a path below the root, into the set. */
static int
read_file(const struct reader *r, const char *name)
{
	AUTO_BUF struct buf bytes = { 0 };
	int fd = open_below(r, name, 0), rc;

	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return refuse(r, ERR_CONF, name, "a symbolic link that leaves "
		    "the directory; put the file itself there");
	if (fd < 0)
		return refuse(r, ERR_IO, name, strerror(errno));
	rc = check_file(r, name, fd);
	if (rc == 0)
		rc = read_all(r, name, fd, &bytes);
	close(fd);
	TRY(rc);
	rc = file_set_add(r->set, str_of(name), buf_str(&bytes));
	if (rc < 0)
		return refuse(r, rc, name, rc == ERR_EXISTS ?
		    "is in the set already" : "too many or too large files");
	return 0;
}

/* Is it a name we read: no hidden file, no editor's leavings? */
static int
on_filter(const struct dirent *d)
{
	struct str name = str_of(d->d_name);

	return name.p[0] != '.' &&
	    (str_ends(name, ".yaml") || str_ends(name, ".d"));
}

/* Where documents lie that the policy names by their digest. */
static bool
holds_documents(const char *sub)
{
	return strcmp(sub, "charters.d") == 0 ||
	    strcmp(sub, "definitions.d") == 0;
}

static int
on_document(const struct dirent *d)
{
	struct str name = str_of(d->d_name);

	return name.p[0] != '.' &&
	    (str_ends(name, ".md") || str_ends(name, ".txt"));
}

static int read_dir(const struct reader *r, const char *sub);

/* One entry of the directory sub ("" for the root). */
static int
read_entry(const struct reader *r, const char *sub, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", sub,
	    sub[0] == '\0' ? "" : "/", name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return refuse(r, ERR_LIMIT, name, "name too long");
	if (str_ends(str_of(name), ".yaml") || holds_documents(sub))
		return read_file(r, path);
	/* Only the root's own "x.d" are looked into. */
	return sub[0] == '\0' ? read_dir(r, path) : 0;
}

static int
read_dir(const struct reader *r, const char *sub)
{
	struct dirent **all = NULL;
	int fd, n, rc = 0;

	fd = open_below(r, sub[0] == '\0' ? "." : sub, O_DIRECTORY);
	if (fd < 0 && errno == ENOTDIR)
		return 0;		/* a file called x.d is not ours */
	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return refuse(r, ERR_CONF, sub, "a symbolic link that leaves "
		    "the directory; put the directory itself there");
	if (fd < 0)
		return refuse(r, ERR_IO, sub, strerror(errno));
	n = scandirat(fd, ".", &all, holds_documents(sub) ? on_document :
	    on_filter, NULL);
	if (n < 0)
		rc = refuse(r, ERR_IO, sub, strerror(errno));
	else if (n > ENTRIES_MAX)
		rc = refuse(r, ERR_LIMIT, sub, "too many files");
	close(fd);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = read_entry(r, sub, all[i]->d_name);
		free(all[i]);
	}
	free(all);
	return rc;
}

int
file_set_read_dir(struct file_set *s, const char *dir, struct err *e)
{
	struct reader r = { .set = s, .dir = dir, .e = e };
	struct stat st;
	int rc;

	r.root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.root < 0)
		return err_set(e, ERR_IO, "%s: %s", dir, strerror(errno));
	if (fstat(r.root, &st) < 0) {
		rc = err_set(e, ERR_IO, "%s: %s", dir, strerror(errno));
	} else {
		r.owner = st.st_uid;
		rc = read_dir(&r, "");
	}
	close(r.root);
	return rc;
}
