/*
 * Small numbers in few bytes: seven bits a byte, the lowest first.  Private
 * to the store.
 */
#ifndef STORE_VARINT_H
#define STORE_VARINT_H

#include "base/str.h"

#define VARINT_MAX 10

static inline size_t
varint_put(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	for (; v >= 128; v >>= 7)
		p[n++] = (uint8_t)(v | 128);
	p[n++] = (uint8_t)v;
	return n;
}

static inline uint64_t
varint_get(struct str *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; in->n > 0 && shift < 64; shift += 7) {
		uint8_t b = (uint8_t)*in->p++;

		in->n--;
		v |= (uint64_t)(b & 127) << shift;
		if (b < 128)
			break;
	}
	return v;
}

/* Signed numbers with the sign in the lowest bit. */
static inline uint64_t
zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

#endif
