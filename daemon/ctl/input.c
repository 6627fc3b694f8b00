#include "ctl/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "ctl/ctl.h"
#include "ctl/files.h"

#define CHUNK (1U << 16)
#define HELD_MAX MIB(32)

/* What was read until now: in memory, then in a file. */
struct sink {
	struct input *in;
	int spill;		/* -1: nothing is in a file yet */
	uint64_t n;
	const char *path;
	struct err *e;
};

/* Not in /tmp, which may be memory. */
static int
spill_open(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (dir == NULL || dir[0] == '\0')
		dir = "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : err_set(e, ERR_IO, "%s: no room for a long "
	    "file: %s (TMPDIR names another place)", dir, strerror(errno));
}

static int
spill_write(struct sink *s, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(s->spill, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(s->e, ERR_IO, "%s: a copy of it: %s",
			    s->path, strerror(errno));
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
sink_add(struct sink *s, const char *p, size_t n)
{
	struct buf *held = &s->in->held;

	s->n += n;
	if (s->n > INPUT_BYTES_MAX)
		return err_set(s->e, ERR_LIMIT, "%s: longer than %llu bytes",
		    s->path, (unsigned long long)INPUT_BYTES_MAX);
	if (s->spill < 0 && s->n > HELD_MAX) {
		s->spill = spill_open(s->e);
		if (s->spill < 0)
			return ERR_IO;
		TRY(spill_write(s, held->p, held->n));
		buf_clear(held);
	}
	if (s->spill >= 0)
		return spill_write(s, p, n);
	buf_add(held, p, n);
	return 0;
}

/* The text is complete: where is it? */
static int
sink_end(struct sink *s)
{
	struct input *in = s->in;

	if (s->spill < 0) {
		in->text = in->held.p == NULL ? STR("") : buf_str(&in->held);
		return 0;
	}
	in->map = mmap(NULL, s->n, PROT_READ, MAP_PRIVATE, s->spill, 0);
	if (in->map == MAP_FAILED) {
		in->map = NULL;
		return err_set(s->e, ERR_IO, "%s: %s", s->path,
		    strerror(errno));
	}
	(void)madvise(in->map, s->n, MADV_SEQUENTIAL);
	in->text = (struct str){ in->map, s->n };
	return 0;
}

/* Give n bytes of gzip to z, all that comes out to the sink. */
static int
unpack(struct sink *s, z_stream *z, char *bytes, size_t n, bool *out_ended)
{
	AUTO(mem_free) char *chunk = mem_array(char, CHUNK);
	int rc;

	z->next_in = (Bytef *)bytes;
	z->avail_in = (uInt)n;
	do {
		/* RFC 1952 2.2: a file is a series of members. */
		if (*out_ended && inflateReset(z) != Z_OK)
			return ERR_SYNTAX;
		z->next_out = (Bytef *)chunk;
		z->avail_out = CHUNK;
		rc = inflate(z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return err_set(s->e, ERR_SYNTAX, "%s: broken gzip "
			    "data after %llu bytes of text", s->path,
			    (unsigned long long)s->n);
		*out_ended = rc == Z_STREAM_END;
		TRY(sink_add(s, chunk, CHUNK - z->avail_out));
	} while (z->avail_in > 0 || (z->avail_out == 0 && !*out_ended));
	return 0;
}

/* As much as there is, up to CHUNK: short only at the end. */
static ssize_t
read_chunk(int fd, char *chunk)
{
	size_t got = 0;

	while (got < CHUNK) {
		ssize_t n = read(fd, chunk + got, CHUNK - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static int
copy(int fd, struct sink *s)
{
	AUTO(mem_free) char *chunk = mem_array(char, CHUNK);
	bool packed = false, first = true, ended = false;
	z_stream z = { 0 };
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read_chunk(fd, chunk)) > 0) {
		if (first && n > 2 && memcmp(chunk, "\x1f\x8b\x08", 3) == 0) {
			packed = true;
			if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
				return err_set(s->e, ERR_SYSTEM, "zlib does "
				    "not start");
		}
		first = false;
		rc = packed ? unpack(s, &z, chunk, (size_t)n, &ended) :
		    sink_add(s, chunk, (size_t)n);
	}
	if (packed)
		inflateEnd(&z);
	if (rc == 0 && n < 0)
		rc = err_set(s->e, ERR_IO, "%s: %s", s->path,
		    strerror(errno));
	if (rc == 0 && packed && !ended)
		rc = err_set(s->e, ERR_SYNTAX, "%s: gzip data that ends too "
		    "early, after %llu bytes of text", s->path,
		    (unsigned long long)s->n);
	return rc;
}

int
input_open(const char *path, struct input *out, struct err *e)
{
	struct input in = { .at = now_ms() };
	struct sink s = { .in = &in, .spill = -1, .e = e };
	bool standard = strcmp(path, "-") == 0;
	struct stat st;
	int fd, rc;

	s.path = standard ? "standard input" : path;
	fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: %s", path, strerror(errno));
	if (!standard && fstat(fd, &st) == 0)
		in.at.ms = (int64_t)st.st_mtim.tv_sec * 1000;
	rc = copy(fd, &s);
	if (rc == 0)
		rc = sink_end(&s);
	if (!standard)
		close(fd);
	if (s.spill >= 0)
		close(s.spill);
	if (rc < 0) {
		buf_clear(&in.held);
		return rc;
	}
	*out = in;
	return 0;
}

void
input_close(struct input *in)
{
	if (in->map != NULL)
		(void)munmap(in->map, in->text.n);
	buf_clear(&in->held);
	*in = (struct input){ 0 };
}
