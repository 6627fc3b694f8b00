#include "config/list_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"

#define ENTRIES_MAX 4096
#define NAME_BYTES_MAX 512
#define HEADER_BYTES 7		/* problem u8, name u16, bytes u32 */
#define INNER "list.json"	/* what a list of its own directory is called */

struct pack {
	int dir, out;		/* open */
	uid_t owner;		/* of dir */
	size_t files, bytes;	/* so far */
};

/* ---- writing ---- */

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return ERR_SYSTEM;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
pack_put(struct pack *k, const char *name, struct str bytes, bool problem)
{
	AUTO_BUF struct buf head = { 0 };

	out_u8(&head, problem);
	out_u16(&head, (uint16_t)strlen(name));
	out_u32(&head, (uint32_t)bytes.n);
	buf_addz(&head, name);
	TRY(write_all(k->out, head.p, head.n));
	return write_all(k->out, bytes.p, bytes.n);
}

static int
pack_problem(struct pack *k, const char *name, const char *why)
{
	return pack_put(k, name, str_of(why), true);
}

/* Why not to read it; NULL if it may be. */
static const char *
file_refused(const struct pack *k, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_mode & S_IWOTH)
		return "everybody may write it; run chmod o-w on it";
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    st.st_uid != k->owner)
		return "belongs to another user; want root or the owner of "
		    "the directory";
	if (st.st_size > LIST_FILE_BYTES_MAX)
		return "larger than 64 MiB";
	return NULL;
}

/* All of fd; NULL, or why it could not be. */
static const char *
file_read(int fd, struct buf *out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		buf_add(out, chunk, (size_t)n);
		if (out->n > LIST_FILE_BYTES_MAX)
			return "larger than 64 MiB";
	}
	return NULL;
}

/* `optional`: it need not be there. */
static int
pack_file(struct pack *k, const char *name, bool optional)
{
	AUTO_BUF struct buf bytes = { 0 };
	const char *why;
	int fd = openat(k->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (k->files++ >= LIST_FILES_MAX) {
		if (fd >= 0)
			close(fd);
		return k->files > LIST_FILES_MAX + 1 ? 0 :
		    pack_problem(k, name, "more than 1024 files; this one "
		    "and what comes after it are not read");
	}
	if (fd < 0)
		return pack_problem(k, name, errno == ELOOP ? "a symbolic "
		    "link; put the file itself there" : strerror(errno));
	why = file_refused(k, fd);
	if (why == NULL)
		why = file_read(fd, &bytes);
	close(fd);
	if (why == NULL && k->bytes + bytes.n > LIST_FILES_BYTES_MAX)
		why = "with the files before it more than 256 MiB";
	if (why != NULL)
		return pack_problem(k, name, why);
	k->bytes += bytes.n;
	return pack_put(k, name, buf_str(&bytes), false);
}

static int
pack_entry(struct pack *k, const char *name)
{
	char path[NAME_BYTES_MAX];

	if (str_ends(str_of(name), ".json"))
		return pack_file(k, name, false);
	snprintf(path, sizeof(path), "%s/" INNER, name);
	return pack_file(k, path, true);
}

static int
on_filter(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
on_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
pack_dir(struct pack *k)
{
	struct dirent **all = NULL;
	struct stat st;
	int rc = 0, n;

	if (fstat(k->dir, &st) < 0)
		return pack_problem(k, "", strerror(errno));
	k->owner = st.st_uid;
	n = scandirat(k->dir, ".", &all, on_filter, on_order);
	if (n < 0)
		return pack_problem(k, "", strerror(errno));
	if (n > ENTRIES_MAX)
		rc = pack_problem(k, "", "more than 4096 names in it; those "
		    "after them are not read");
	for (int i = 0; i < n; i++) {
		if (rc == 0 && i < ENTRIES_MAX)
			rc = pack_entry(k, all[i]->d_name);
		free(all[i]);
	}
	free(all);
	return rc;
}

int
list_files_pack(const char *dir, struct err *e)
{
	struct pack k = { .dir = open(dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC) };
	int why = errno, rc;

	k.out = memfd_create("comity-lists", MFD_CLOEXEC);
	if (k.out < 0) {
		rc = errno;
		if (k.dir >= 0)
			close(k.dir);
		return err_set(e, ERR_SYSTEM, "%s: no memory for it: %s",
		    dir, strerror(rc));
	}
	if (k.dir < 0) {
		rc = pack_problem(&k, "", strerror(why));
	} else {
		rc = pack_dir(&k);
		close(k.dir);
	}
	if (rc == 0)
		return k.out;
	close(k.out);
	return err_set(e, rc, "%s: no memory for its files", dir);
}

/* ---- reading ---- */

/* Exactly n bytes at *at; 0 at the end if none is left, else 1. */
static int
read_exactly(int fd, off_t *at, char *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, p + done, n - done,
		    *at + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			return done == 0 ? 0 : ERR_SYNTAX;
		done += (size_t)got;
	}
	*at += (off_t)n;
	return 1;
}

int
list_files_each(int fd, int (*visit)(void *arg, const struct list_file *f),
    void *arg)
{
	off_t at = 0;
	char head[HEADER_BYTES], name[NAME_BYTES_MAX + 1];
	int rc;

	while ((rc = read_exactly(fd, &at, head, sizeof(head))) > 0) {
		AUTO(mem_free) char *text = NULL;
		struct cur c = cur_of(head, sizeof(head));
		bool problem = cur_u8(&c) != 0;
		size_t name_n = cur_u16(&c), n = cur_u32(&c);
		struct list_file f;

		if (name_n > NAME_BYTES_MAX || n > LIST_FILE_BYTES_MAX)
			return ERR_SYNTAX;
		text = mem_try(n + 1);
		if (text == NULL)
			return ERR_LIMIT;
		if ((name_n > 0 && read_exactly(fd, &at, name, name_n) <= 0) ||
		    (n > 0 && read_exactly(fd, &at, text, n) <= 0))
			return ERR_SYNTAX;
		name[name_n] = '\0';
		f = (struct list_file){ .name = name, .text = { text, n },
		    .problem = problem ? text : NULL };
		rc = visit(arg, &f);
		if (rc != 0)
			return rc;
	}
	return rc;
}
