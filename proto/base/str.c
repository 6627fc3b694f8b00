#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DNS_LABEL_MAX 63	/* RFC 1035 2.3.4 */
#define DNS_NAME_MAX 253

struct str
str_of(const char *s)
{
	return (struct str){ s == NULL ? "" : s, s == NULL ? 0 : strlen(s) };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eqz(struct str a, const char *b)
{
	return str_eq(a, str_of(b));
}

bool
str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

bool
str_ends(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

void
buf_clear(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

/* Make room for n more bytes and the NUL. */
static void
buf_reserve(struct buf *b, size_t n)
{
	size_t need = b->n + n + 1;

	if (need <= b->cap)
		return;
	if (b->cap == 0)
		b->cap = 64;
	while (b->cap < need)
		b->cap *= 2;
	b->p = mem_grow(b->p, b->cap, 1);
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_addz(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		buf_reserve(b, (size_t)n);
		(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p == NULL ? "" : b->p, b->n };
}

char *
buf_take(struct buf *b)
{
	char *p = b->p == NULL ? mem_strdup("") : b->p;

	*b = (struct buf){ 0 };
	return p;
}

/* Bytes of the well-formed UTF-8 sequence at p (n > 0 left), or 0. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	unsigned lo = 0x80, hi = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, len;

	while (i < s.n) {
		if ((len = utf8_len(p + i, s.n - i)) == 0)
			return false;
		i += len;
	}
	return true;
}

const char *
str_escape(char *dst, size_t size, struct str s)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if (at + (plain ? 1 : 4) + (i + 1 < s.n ? 4 : 1) > size) {
			for (int d = 0; d < 3 && at + 1 < size; d++)
				dst[at++] = '.';
			break;
		}
		if (plain) {
			dst[at++] = (char)c;
			continue;
		}
		dst[at++] = '\\';
		dst[at++] = 'x';
		dst[at++] = digits[c >> 4];
		dst[at++] = digits[c & 15];
	}
	dst[at] = '\0';
	return dst;
}

void
hex_encode(char *dst, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[p[i] >> 4];
		dst[2 * i + 1] = digits[p[i] & 15];
	}
	dst[2 * n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(uint8_t *dst, size_t n, struct str s)
{
	if (s.n != 2 * n)
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(s.p[2 * i]), lo = hex_digit(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return ERR_SYNTAX;
		dst[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		char q[4];

		if (i + 1 < n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		q[0] = base64_digits[v >> 18];
		q[1] = base64_digits[v >> 12 & 63];
		q[2] = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
		q[3] = i + 2 < n ? base64_digits[v & 63] : '=';
		buf_add(b, q, 4);
	}
}

/* The value of one quad at q into v; how many bytes it holds, or -1. */
static int
base64_quad(const char *q, uint32_t *v)
{
	int bytes = q[3] != '=' ? 3 : q[2] != '=' ? 2 : 1;

	*v = 0;
	for (int i = 0; i < 4; i++) {
		const char *d;

		if (i > bytes) {
			if (q[i] != '=')
				return -1;
			*v <<= 6;
			continue;
		}
		if (q[i] == '\0' || (d = strchr(base64_digits, q[i])) == NULL)
			return -1;
		*v = *v << 6 | (uint32_t)(d - base64_digits);
	}
	return bytes;
}

int
base64_decode(uint8_t *dst, size_t cap, struct str s, size_t *out_n)
{
	size_t at = 0;

	if (s.n % 4 != 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i += 4) {
		uint32_t v;
		int bytes = base64_quad(s.p + i, &v);

		if (bytes < 0 || (bytes < 3 && i + 4 != s.n))
			return ERR_SYNTAX;
		if ((bytes < 3 && (v & 0xff) != 0) ||
		    (bytes < 2 && (v & 0xff00) != 0))
			return ERR_SYNTAX;
		if (at + (size_t)bytes > cap)
			return ERR_LIMIT;
		for (int b = 0; b < bytes; b++)
			dst[at++] = (uint8_t)(v >> (16 - 8 * b));
	}
	*out_n = at;
	return 0;
}

int
str_digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

int
str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20 || (s.n > 1 && s.p[0] == '0'))
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return ERR_SYNTAX;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return ERR_VALUE;
	}
	*out = v;
	return 0;
}

#define NEAREST_MAX 64

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Edit distance of two texts of at most NEAREST_MAX bytes, case aside. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diag = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t up = row[j], best = up + 1;
			size_t swap = diag + (lower(a.p[i - 1]) !=
			    lower(b.p[j - 1]));

			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = swap < best ? swap : best;
			diag = up;
		}
	}
	return row[b.n];
}

const char *
str_nearest(struct str s, const char *const *names, size_t n)
{
	/* One letter in three may be wrong, and never all of them. */
	size_t best = (s.n < 3 ? s.n / 2 : (s.n + 1) / 3) + 1;
	const char *found = NULL;

	if (s.n == 0 || s.n > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct str name = str_of(names[i]);
		size_t d;

		if (name.n > NEAREST_MAX)
			continue;
		d = distance(s, name);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

/* One label of a DNS name; out_digits: nothing but digits. */
static bool
is_dns_label(struct str s, bool *out_digits)
{
	size_t digits = 0;

	if (s.n == 0 || s.n > DNS_LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		if (!digit && !(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    s.p[i] != '-')
			return false;
		digits += digit;
	}
	*out_digits = digits == s.n;
	return true;
}

bool
str_is_dns_name(struct str s)
{
	bool digits = true;

	if (s.n > DNS_NAME_MAX)
		return false;
	for (;;) {
		const char *dot = s.n == 0 ? NULL : memchr(s.p, '.', s.n);
		struct str label = { s.p, dot == NULL ? s.n :
		    (size_t)(dot - s.p) };

		if (!is_dns_label(label, &digits))
			return false;
		if (dot == NULL)
			return !digits;
		s.p += label.n + 1;
		s.n -= label.n + 1;
	}
}
