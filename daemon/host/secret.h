/*
 * Reading a small file that may hold a key, leaving no second copy of it.
 */
#ifndef HOST_SECRET_H
#define HOST_SECRET_H

#include "base/err.h"
#include "base/str.h"

#define SECRET_BYTES_MAX (64 << 10)

/*
 * secret_read(fd, out): the rest of the open file fd, which is closed.
 * ERR_IO if it does not read or is empty, ERR_LIMIT if it is longer than
 * SECRET_BYTES_MAX.  The caller wipes out.
 */
int secret_read(int fd, struct buf *out) MUST_CHECK;

#endif
