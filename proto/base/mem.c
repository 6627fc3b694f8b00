#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* Test seam only; 0 in every daemon. */
static unsigned long fail_after;

void *
mem_zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (!size_mul(n, size, &bytes) ||
	    (p = realloc(p, bytes ? bytes : 1)) == NULL) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
mem_dup(const void *p, size_t n)
{
	char *d = mem_zeroed(n + 1, 1);

	if (n > 0)
		memcpy(d, p, n);
	return d;
}

char *
mem_strdup(const char *s)
{
	return s == NULL ? NULL : mem_dup(s, strlen(s));
}

void *
mem_try(size_t n)
{
	if (fail_after > 0 && --fail_after == 0)
		return NULL;
	return calloc(1, n ? n : 1);
}

void
mem_fail_after(unsigned long n)
{
	fail_after = n;
}

bool
size_add(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_add_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

bool
size_mul(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}
