#include "host/secret.h"

#include <unistd.h>

#include "base/crypto.h"

int
secret_read(int fd, struct buf *out)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 &&
	    out->n <= SECRET_BYTES_MAX)
		buf_add(out, chunk, (size_t)n);
	crypto_wipe(chunk, sizeof(chunk));
	close(fd);
	if (out->n > SECRET_BYTES_MAX)
		return ERR_LIMIT;
	return n == 0 && out->n > 0 ? 0 : ERR_IO;
}
