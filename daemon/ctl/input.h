/*
 * A file to be read whole, of any length, plain or gzipped: what is long
 * lies in a file without a name, which the system can page out and nobody
 * else can change.
 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H

#include "base/str.h"
#include "base/unit.h"

struct input {
	struct str text;	/* until input_close */
	unix_ms_t at;		/* last change of the file; standard input: now */
	struct buf held;	/* owned: a short text */
	void *map;		/* owned: a long one, or NULL */
};

/*
 * input_open(path, out, e): "-" is standard input.  ERR_NOT_FOUND, ERR_IO,
 * ERR_LIMIT (longer than INPUT_BYTES_MAX), ERR_SYNTAX (broken gzip data).
 */
int input_open(const char *path, struct input *out, struct err *e)
    MUST_CHECK;
void input_close(struct input *in);

#endif
