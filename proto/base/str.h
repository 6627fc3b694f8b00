/*
 * Text as pointer and length, the output buffer, and the few conversions
 * everybody needs.  Nothing here allocates but struct buf.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* A borrowed run of bytes; not NUL-terminated unless said. */
struct str {
	const char *p;	/* borrowed */
	size_t n;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })

/* str_of(s): the NUL-terminated s as a str (NULL gives the empty str). */
struct str str_of(const char *s);

/* str_eq(a, b): same bytes. */
bool str_eq(struct str a, struct str b);
bool str_eqz(struct str a, const char *b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);

/* str_cmp(a, b): order by bytes, the shorter first: <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/* A growing output buffer.  Zero-initialise; buf_clear frees. */
struct buf {
	char *p;	/* owned; NUL-terminated whenever not NULL */
	size_t n, cap;
};

void buf_clear(struct buf *b);
void buf_reset(struct buf *b);			/* empty, keep storage */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addz(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str buf_str(const struct buf *b);	/* borrowed from b */
char *buf_take(struct buf *b);			/* NUL-terminated; b empty */
/* AUTO_BUF struct buf b = { 0 }: freed at end of scope. */
#define AUTO_BUF __attribute__((cleanup(buf_clear)))

/*
 * str_is_dns_name(s): a DNS name as we write it (RFC 1123 2.1): lower-case
 * letters, digits and inner hyphens, labels up to 63, 253 in all, no final
 * dot, the last label not all digits.
 */
bool str_is_dns_name(struct str s);

/* str_is_utf8(s): valid UTF-8 (RFC 3629) without surrogates. */
bool str_is_utf8(struct str s);

/*
 * str_escape(dst, size, s): write s into dst (size > 0 bytes) as printable
 * ASCII; everything else, quotes, backslashes and line ends become \xNN.
 * Cut with "..." if it does not fit.  Returns dst.  For logs and errors.
 */
const char *str_escape(char *dst, size_t size, struct str s);

/* hex_encode(dst, p, n): 2n lower-case digits and a NUL into dst. */
void hex_encode(char *dst, const uint8_t *p, size_t n);
/* hex_decode(dst, n, s): exactly n bytes from 2n digits, or ERR_SYNTAX. */
int hex_decode(uint8_t *dst, size_t n, struct str s) MUST_CHECK;

/* base64_encode(b, p, n): append RFC 4648 section 4 text with padding. */
void base64_encode(struct buf *b, const uint8_t *p, size_t n);
/*
 * base64_decode(dst, cap, s, out_n): strict RFC 4648 section 4.  ERR_SYNTAX
 * on anything else, ERR_LIMIT if it needs more than cap bytes.
 */
int base64_decode(uint8_t *dst, size_t cap, struct str s, size_t *out_n)
    MUST_CHECK;

/* str_digits(p, n): the n decimal digits at p as a number, or -1; n <= 9. */
int str_digits(const char *p, int n);

/* str_to_u64(s, out): plain decimal digits, no sign, no leading zero. */
int str_to_u64(struct str s, uint64_t *out) MUST_CHECK;

/*
 * str_nearest(s, names, n): of n NUL-terminated names the one nearest to s
 * by edit distance, if near enough to be meant ("did you mean"); else NULL.
 * Capitals are like small letters.
 */
const char *str_nearest(struct str s, const char *const *names, size_t n);

#endif
