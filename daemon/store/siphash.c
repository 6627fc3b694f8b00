#include "store/siphash.h"

#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline void
sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* Up to 8 bytes, least significant first, on any machine. */
static inline uint64_t
word_le(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

uint64_t
siphash(const uint8_t key[static 16], const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t k0 = word_le(key, 8), k1 = word_le(key + 8, 8);
	struct sip s = {
		UINT64_C(0x736f6d6570736575) ^ k0,
		UINT64_C(0x646f72616e646f6d) ^ k1,
		UINT64_C(0x6c7967656e657261) ^ k0,
		UINT64_C(0x7465646279746573) ^ k1,
	};
	size_t i;

	for (i = 0; i + 8 <= n; i += 8)
		sip_word(&s, word_le(p + i, 8));
	sip_word(&s, word_le(p + i, n - i) | (uint64_t)(n & 0xff) << 56);
	s.v2 ^= 0xff;
	for (int r = 0; r < 4; r++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
