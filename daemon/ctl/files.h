/*
 * Files of an instance: read whole, write so that a crash leaves the old
 * one or the new one.
 */
#ifndef CTL_FILES_H
#define CTL_FILES_H

#include <stdio.h>

#include "base/str.h"

#define INPUT_BYTES_MAX (UINT64_C(4) << 30)

/* file_path(dst, dir, name): "dir/name" in dst (CTL_PATH_MAX bytes). */
const char *file_path(char *dst, const char *dir, const char *name);

/* file_exists(path). */
bool file_exists(const char *path);

/*
 * file_read(path, max, out, e): append the file; "-" is standard input.
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT with e naming the file.
 */
int file_read(const char *path, uint64_t max, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * file_read_unpacked(path, max, out, e): the same, and gunzip it if its
 * first bytes are those of gzip (every member).
 */
int file_read_unpacked(const char *path, uint64_t max, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * file_write(path, mode, bytes, e): write beside it, fsync, rename.
 * ERR_IO with e.
 */
int file_write(const char *path, unsigned mode, struct str bytes,
    struct err *e) MUST_CHECK;

/*
 * file_move(from, to, out_bytes, e): copy, sync, remove.  What is at `to`
 * already stays: ERR_EXISTS; ERR_IO.
 */
int file_move(const char *from, const char *to, long long *out_bytes,
    struct err *e) MUST_CHECK;

/* file_make_dir(path, mode, e): mkdir -p; an existing one is fine. */
int file_make_dir(const char *path, unsigned mode, struct err *e)
    MUST_CHECK;

#endif
