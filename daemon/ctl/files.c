#include "ctl/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "ctl/ctl.h"

#define READ_CHUNK (1U << 16)

const char *
file_path(char *dst, const char *dir, const char *name)
{
	(void)snprintf(dst, CTL_PATH_MAX, "%s/%s", dir, name);
	return dst;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Read fd to its end. */
static int
read_all(int fd, const char *path, uint64_t max, struct buf *out,
    struct err *e)
{
	AUTO(mem_free) char *chunk = mem_array(char, READ_CHUNK);

	for (;;) {
		ssize_t n = read(fd, chunk, READ_CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_IO, "%s: %s", path,
			    strerror(errno));
		if (n == 0)
			return 0;
		if (out->n + (size_t)n > max)
			return err_set(e, ERR_LIMIT,
			    "%s: longer than %llu bytes", path,
			    (unsigned long long)max);
		buf_add(out, chunk, (size_t)n);
	}
}

int
file_read(const char *path, uint64_t max, struct buf *out, struct err *e)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", max, out, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: %s", path, strerror(errno));
	rc = read_all(fd, path, max, out, e);
	close(fd);
	return rc;
}

/* Inflate one chunk after another until all input is used. */
static int
inflate_all(z_stream *z, const struct buf *in, uint64_t max, struct buf *out)
{
	AUTO(mem_free) char *chunk = mem_array(char, READ_CHUNK);
	size_t used = 0;

	for (;;) {
		int rc;

		if (z->avail_in == 0 && used < in->n) {
			size_t n = in->n - used;

			n = n > (1U << 30) ? 1U << 30 : n;
			z->next_in = (Bytef *)in->p + used;
			z->avail_in = (uInt)n;
			used += n;
		}
		z->next_out = (Bytef *)chunk;
		z->avail_out = READ_CHUNK;
		rc = inflate(z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END)
			return ERR_SYNTAX;
		buf_add(out, chunk, READ_CHUNK - z->avail_out);
		if (out->n > max)
			return ERR_LIMIT;
		if (rc != Z_STREAM_END)
			continue;
		if (z->avail_in == 0 && used == in->n)
			return 0;
		/* RFC 1952 2.2: a file is a series of members. */
		if (inflateReset(z) != Z_OK)
			return ERR_SYNTAX;
	}
}

int
file_read_unpacked(const char *path, uint64_t max, struct buf *out,
    struct err *e)
{
	AUTO_BUF struct buf raw = { 0 };
	z_stream z = { 0 };
	int rc;

	TRY(file_read(path, max, &raw, e));
	if (raw.n < 3 || memcmp(raw.p, "\x1f\x8b\x08", 3) != 0) {
		buf_add(out, raw.p == NULL ? "" : raw.p, raw.n);
		return 0;
	}
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_set(e, ERR_SYSTEM, "zlib does not start");
	rc = inflate_all(&z, &raw, max, out);
	inflateEnd(&z);
	if (rc == ERR_LIMIT)
		return err_set(e, rc, "%s: longer than %llu bytes unpacked",
		    path, (unsigned long long)max);
	if (rc < 0)
		return err_set(e, rc, "%s: broken gzip data after %zu bytes "
		    "of text", path, out->n);
	return 0;
}

static int
write_some(int fd, const char *p, size_t left)
{
	while (left > 0) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		p += n;
		left -= (size_t)n;
	}
	return 0;
}

/* Write all of bytes and make it durable. */
static int
write_all(int fd, struct str bytes)
{
	TRY(write_some(fd, bytes.p, bytes.n));
	return fsync(fd) == 0 ? 0 : ERR_IO;
}

int
file_write(const char *path, unsigned mode, struct str bytes, struct err *e)
{
	char temp[CTL_PATH_MAX + 8];
	int fd, rc;

	(void)snprintf(temp, sizeof(temp), "%s.new", path);
	(void)unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_set(e, ERR_IO, "%s: %s", temp, strerror(errno));
	rc = write_all(fd, bytes);
	close(fd);
	if (rc == 0 && rename(temp, path) == 0)
		return 0;
	rc = errno;
	(void)unlink(temp);
	return err_set(e, ERR_IO, "%s: %s", path, strerror(rc));
}

/* Copy all of one open file to the other; how many bytes, or -1. */
static long long
copy_all(int in, int out)
{
	AUTO(mem_free) char *chunk = mem_array(char, READ_CHUNK);
	long long total = 0;

	for (;;) {
		ssize_t n = read(in, chunk, READ_CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 || fsync(out) != 0 ? -1 : total;
		if (write_some(out, chunk, (size_t)n) < 0)
			return -1;
		total += n;
	}
}

int
file_move(const char *from, const char *to, long long *out_bytes,
    struct err *e)
{
	long long n = -1;
	int in, out, saved;

	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_set(e, ERR_IO, "%s: %s", from, strerror(errno));
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out >= 0)
		n = copy_all(in, out);
	saved = errno;
	close(in);
	if (out >= 0)
		close(out);
	if (n < 0) {
		if (out >= 0)
			(void)unlink(to);
		return err_set(e, saved == EEXIST ? ERR_EXISTS : ERR_IO,
		    "%s: %s", to, strerror(saved));
	}
	(void)unlink(from);
	*out_bytes = n;
	return 0;
}

int
file_make_dir(const char *path, unsigned mode, struct err *e)
{
	char part[CTL_PATH_MAX];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(part, 0755);
		*p = '/';
	}
	if (mkdir(part, mode) == 0 || errno == EEXIST)
		return 0;
	return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
}
