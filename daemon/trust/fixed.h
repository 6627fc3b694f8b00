/*
 * Fractions as integers: 48 bits after the point, so that every machine gets
 * the same bits.  No floating point.  Rounds towards zero unless said.
 */
#ifndef TRUST_FIXED_H
#define TRUST_FIXED_H

#include <stdint.h>

#include "base/str.h"

#define FIXED_BITS 48
#define FIXED_ONE (INT64_C(1) << FIXED_BITS)
/* What a quantity may be at most: products with FIXED_ONE do not overflow. */
#define FIXED_MAX (FIXED_ONE * 32767)
/* FIXED_RATIO(n, d): n / d; both constants, n below 32768. */
#define FIXED_RATIO(n, d) (FIXED_ONE / (d) * (n) + FIXED_ONE % (d) * (n) / (d))

/* fixed_mul(a, b): a * b; both 0..FIXED_MAX, and the product too. */
int64_t fixed_mul(int64_t a, int64_t b);

/* fixed_div(a, b): a / b; a 0..FIXED_MAX, b above 0; at most FIXED_MAX. */
int64_t fixed_div(int64_t a, int64_t b);

/*
 * fixed_decay(v, dt, half_life): v * 2^(-dt / half_life); v not negative, dt
 * and half_life in milliseconds, half_life above 0.  A dt below 0 is 0.
 */
int64_t fixed_decay(int64_t v, int64_t dt, int64_t half_life);

/*
 * fixed_power(x, num, den): x^(num / den) for x in 0..FIXED_ONE; num and den
 * are above 0 and below 2^31.  0 stays 0.
 */
int64_t fixed_power(int64_t x, int64_t num, int64_t den);

/* fixed_micro(v): v in millionths, rounded half up; v not negative. */
int64_t fixed_micro(int64_t v);

/* fixed_text(dst, v): six decimals, rounded half up: "0.615385". */
#define FIXED_TEXT_MAX 24
const char *fixed_text(char dst[static FIXED_TEXT_MAX], int64_t v);

/*
 * fixed_parse(s, out): "1.0", ".5", "3": decimal digits with at most one
 * point, at most 9 digits after it, below 32768.  ERR_SYNTAX, ERR_VALUE.
 */
int fixed_parse(struct str s, int64_t *out) MUST_CHECK;

#endif
