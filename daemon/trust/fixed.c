#include "trust/fixed.h"

#include <inttypes.h>
#include <stdio.h>

#define FRACTION_DIGITS 9
#define MILLION 1000000

typedef unsigned __int128 wide_t;

/* Entry k is 2^(-2^-(k + 1)) with 64 bits after the point. */
static const uint64_t halvings[] = {
	0xb504f333f9de6484, 0xd744fccad69d6af4, 0xeac0c6e7dd24392f,
	0xf5257d152486cc2c, 0xfa83b2db722a033a, 0xfd3e0c0cf486c175,
	0xfe9e115c7b8f884c, 0xff4ecb59511ec8a5, 0xffa756521c8daed2,
	0xffd3a751c0f7e10c, 0xffe9d2b2f7db2756, 0xfff4e91bff1b8c3e,
	0xfffa747ea0040664, 0xfffd3a3b7814eb54, 0xfffe9d1cc60ddab1,
	0xffff4e8e25879bfa, 0xffffa7470363f451, 0xffffd3a37dda0313,
	0xffffe9d1bdf703af, 0xfffff4e8debe025e, 0xfffffa746f4fa150,
	0xfffffd3a37a3f8b0, 0xfffffe9d1bd1065a, 0xffffff4e8de845ae,
	0xffffffa746f41377, 0xffffffd3a37a05e4, 0xffffffe9d1bd01fc,
	0xfffffff4e8de80c0, 0xfffffffa746f4051, 0xfffffffd3a37a025,
	0xfffffffe9d1bd011, 0xffffffff4e8de808, 0xffffffffa746f404,
	0xffffffffd3a37a02, 0xffffffffe9d1bd01, 0xfffffffff4e8de81,
	0xfffffffffa746f40, 0xfffffffffd3a37a0, 0xfffffffffe9d1bd0,
	0xffffffffff4e8de8, 0xffffffffffa746f4, 0xffffffffffd3a37a,
	0xffffffffffe9d1bd, 0xfffffffffff4e8df, 0xfffffffffffa746f,
	0xfffffffffffd3a38, 0xfffffffffffe9d1c, 0xffffffffffff4e8e,
	0xffffffffffffa747, 0xffffffffffffd3a3, 0xffffffffffffe9d2,
	0xfffffffffffff4e9, 0xfffffffffffffa74,
};

int64_t
fixed_mul(int64_t a, int64_t b)
{
	return (int64_t)((wide_t)a * (wide_t)b >> FIXED_BITS);
}

int64_t
fixed_div(int64_t a, int64_t b)
{
	wide_t q = ((wide_t)a << FIXED_BITS) / (wide_t)b;

	return q > (wide_t)FIXED_MAX ? FIXED_MAX : (int64_t)q;
}

/* v * 2^-(whole + fraction / 2^64) */
static int64_t
halve(int64_t v, int64_t whole, uint64_t fraction)
{
	wide_t factor = (wide_t)1 << 64;

	if (whole >= 63)
		return 0;
	for (size_t k = 0; k < NELEM(halvings); k++) {
		if ((fraction >> (63 - k) & 1) == 0)
			continue;
		factor = factor >> 64 != 0 ? halvings[k] :
		    factor * halvings[k] >> 64;
	}
	/* Only the factor 1 has 65 bits. */
	if (factor >> 64 != 0)
		return v >> whole;
	return (int64_t)((wide_t)v * factor >> 64 >> whole);
}

int64_t
fixed_decay(int64_t v, int64_t dt, int64_t half_life)
{
	if (dt <= 0 || v == 0)
		return v;
	return halve(v, dt / half_life,
	    (uint64_t)(((wide_t)(dt % half_life) << 64) / (wide_t)half_life));
}

/* -log2(x) with 48 bits after the point, for 0 < x < FIXED_ONE. */
static int64_t
minus_log2(int64_t x)
{
	int shift = __builtin_clzll((uint64_t)x);
	uint64_t m = (uint64_t)x << shift;	/* in [1, 2), 63 bits */
	int64_t log = 0;

	/* Squaring doubles the logarithm: its bits come out one by one. */
	for (int bit = FIXED_BITS - 1; bit >= 0; bit--) {
		wide_t square = (wide_t)m * m;

		if (square >> 127 != 0) {
			log |= INT64_C(1) << bit;
			m = (uint64_t)(square >> 64);
		} else {
			m = (uint64_t)(square >> 63);
		}
	}
	/* x = m * 2^(15 - shift), for x has 63 - 48 bits before the point. */
	return ((int64_t)(shift - (63 - FIXED_BITS)) << FIXED_BITS) - log;
}

int64_t
fixed_power(int64_t x, int64_t num, int64_t den)
{
	wide_t y;

	if (x <= 0 || x >= FIXED_ONE)
		return x <= 0 ? 0 : FIXED_ONE;
	y = (wide_t)minus_log2(x) * (wide_t)num / (wide_t)den;
	if (y >> FIXED_BITS >= 63)
		return 0;
	return halve(FIXED_ONE, (int64_t)(y >> FIXED_BITS),
	    (uint64_t)y << (64 - FIXED_BITS));
}

int64_t
fixed_micro(int64_t v)
{
	return (int64_t)(((wide_t)v * MILLION + FIXED_ONE / 2) >> FIXED_BITS);
}

const char *
fixed_text(char dst[static FIXED_TEXT_MAX], int64_t v)
{
	int64_t micro = fixed_micro(v);

	snprintf(dst, FIXED_TEXT_MAX, "%" PRId64 ".%06" PRId64,
	    micro / MILLION, micro % MILLION);
	return dst;
}

int
fixed_parse(struct str s, int64_t *out)
{
	int64_t whole = 0, fraction = 0, scale = 1;
	size_t i = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		whole = whole * 10 + (s.p[i] - '0');
		if (whole > FIXED_MAX / FIXED_ONE)
			return ERR_VALUE;
	}
	if (i < s.n && s.p[i] == '.' && s.n > 1) {
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
			fraction = fraction * 10 + (s.p[i] - '0');
			scale *= 10;
			if (scale > INT64_C(1000000000))
				return ERR_VALUE;
		}
	}
	if (s.n == 0 || i < s.n)
		return ERR_SYNTAX;
	fraction = (int64_t)(((wide_t)fraction << FIXED_BITS) /
	    (wide_t)scale);
	if (whole == FIXED_MAX / FIXED_ONE && fraction != 0)
		return ERR_VALUE;
	*out = whole * FIXED_ONE + fraction;
	return 0;
}
