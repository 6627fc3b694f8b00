#include "config/file_set.h"

#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

#define FILE_NAME_MAX 512
#define FORMAT_VERSION 1

struct file {
	struct str name, bytes;		/* owned, NUL-terminated */
};

struct file_set {
	VEC(struct file) files;		/* owned, in byte order of names */
	size_t bytes;			/* of all names and files */
};

struct file_set *
file_set_new(void)
{
	return mem_new(struct file_set);
}

void
file_set_free(struct file_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->files.n; i++) {
		free((void *)(uintptr_t)s->files.v[i].name.p);
		free((void *)(uintptr_t)s->files.v[i].bytes.p);
	}
	vec_clear(&s->files);
	free(s);
}

/* The index of name, or of the first file after it. */
static size_t
index_of(const struct file_set *s, struct str name)
{
	size_t lo = 0, hi = s->files.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(s->files.v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_at(const struct file_set *s, size_t i, struct str name)
{
	return i < s->files.n && str_eq(s->files.v[i].name, name);
}

int
file_set_add(struct file_set *s, struct str name, struct str bytes)
{
	size_t i = index_of(s, name);
	struct file f;

	if (is_at(s, i, name))
		return ERR_EXISTS;
	if (s->files.n == FILE_SET_FILES_MAX || name.n > FILE_NAME_MAX ||
	    bytes.n > FILE_SET_BYTES_MAX ||
	    s->bytes + name.n + bytes.n > FILE_SET_BYTES_MAX)
		return ERR_LIMIT;
	f.name = (struct str){ mem_dup(name.p, name.n), name.n };
	f.bytes = (struct str){ mem_dup(bytes.p, bytes.n), bytes.n };
	vec_push(&s->files, f);
	memmove(s->files.v + i + 1, s->files.v + i,
	    (s->files.n - 1 - i) * sizeof(f));
	s->files.v[i] = f;
	s->bytes += name.n + bytes.n;
	return 0;
}

int
file_set_get(const struct file_set *s, struct str name, struct str *out)
{
	size_t i = index_of(s, name);

	if (!is_at(s, i, name))
		return ERR_NOT_FOUND;
	*out = s->files.v[i].bytes;
	return 0;
}

/* Does name fit pattern ("*": any run without "/")? */
static bool
fits(struct str name, const char *pattern)
{
	const char *star = NULL;
	size_t i = 0, from = 0;

	while (i < name.n || *pattern != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = i;
		} else if (i < name.n && *pattern != '\0' &&
		    *pattern == name.p[i]) {
			pattern++;
			i++;
		} else if (star != NULL && from < name.n &&
		    name.p[from] != '/') {
			/* Let the latest star take one more. */
			pattern = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	return true;
}

bool
file_set_match(const struct file_set *s, const char *pattern, size_t i,
    struct str *out_name)
{
	for (size_t k = 0; k < s->files.n; k++) {
		if (!fits(s->files.v[k].name, pattern) || i-- > 0)
			continue;
		*out_name = s->files.v[k].name;
		return true;
	}
	return false;
}

void
file_set_encode(const struct file_set *s, struct buf *out)
{
	out_u8(out, FORMAT_VERSION);
	out_u16(out, (uint16_t)s->files.n);
	for (size_t i = 0; i < s->files.n; i++) {
		out_str16(out, s->files.v[i].name);
		out_str32(out, s->files.v[i].bytes);
	}
}

/* One file of an encoded set, which must come in order and only once. */
static int
decode_file(struct cur *c, struct file_set *s)
{
	struct str name = cur_str16(c, FILE_NAME_MAX);
	struct str bytes = cur_str32(c, FILE_SET_BYTES_MAX);

	TRY(c->err);
	if (name.n == 0 || memchr(name.p, '\0', name.n) != NULL)
		return ERR_SYNTAX;
	if (s->files.n > 0 &&
	    str_cmp(s->files.v[s->files.n - 1].name, name) >= 0)
		return ERR_ORDER;
	return file_set_add(s, name, bytes);
}

struct file_set *
file_set_decode(struct str bytes, struct err *e)
{
	AUTO(file_set_free) struct file_set *s = file_set_new();
	struct cur c = cur_of(bytes.p, bytes.n);
	unsigned version = cur_u8(&c), n = cur_u16(&c);
	int rc = version == FORMAT_VERSION ? 0 : ERR_VERSION;

	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = decode_file(&c, s);
	if (rc == 0)
		rc = cur_finish(&c);
	if (rc < 0) {
		(void)err_set(e, rc, "configuration files: %s", err_text(rc));
		return NULL;
	}
	return TAKE(s);
}
