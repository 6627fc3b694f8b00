#include "record/json_scalar.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#define INTEGER_MAX 9007199254740991	/* 2^53 - 1: RFC 7493 2.2 */
#define INTEGER_DIGITS_MAX 16

size_t
json_scan_at(const struct json_scan *s)
{
	return (size_t)(s->p - s->start);
}

int
json_scan_peek(struct json_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
	    *s->p == '\r' || *s->p == '\t'))
		s->p++;
	return s->p < s->end ? *s->p : -1;
}

static void
scan_explain(struct json_scan *s, enum refusal refusal, const char *fmt,
    va_list ap)
{
	char what[300];

	(void)vsnprintf(what, sizeof(what), fmt, ap);
	s->problem->refusal = refusal;
	snprintf(s->problem->text, sizeof(s->problem->text),
	    "%s at byte %zu", what, json_scan_at(s));
}

int
json_scan_fail(struct json_scan *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	scan_explain(s, REFUSAL_JSON, fmt, ap);
	va_end(ap);
	return ERR_SYNTAX;
}

int
json_scan_limit(struct json_scan *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	scan_explain(s, REFUSAL_LIMIT, fmt, ap);
	va_end(ap);
	return ERR_LIMIT;
}

int
json_scan_unexpected(struct json_scan *s, const char *want)
{
	char shown[8];

	if (s->p == s->end)
		return json_scan_fail(s, "not JSON: the text ends where %s "
		    "is wanted,", want);
	return json_scan_fail(s, "not JSON: found \"%s\" where %s is wanted,",
	    str_escape(shown, sizeof(shown),
	    (struct str){ (const char *)s->p, 1 }), want);
}

int
json_scan_word(struct json_scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return json_scan_unexpected(s, "a value");
	s->p += n;
	return 0;
}

/* Step over one well-formed UTF-8 sequence of two to four bytes. */
static int
scan_utf8(struct json_scan *s)
{
	size_t n = *s->p < 0xe0 ? 2 : *s->p < 0xf0 ? 3 : 4;

	if ((size_t)(s->end - s->p) < n ||
	    !str_is_utf8((struct str){ (const char *)s->p, n }))
		return json_scan_fail(s, "invalid UTF-8");
	s->p += n;
	return 0;
}

/* Step over plain text, up to a quote, a backslash or the end. */
static int
scan_plain(struct json_scan *s)
{
	while (s->p < s->end) {
		if (*s->p == '"' || *s->p == '\\')
			return 0;
		if (*s->p == '\0')
			return json_scan_fail(s, "NUL in a string");
		if (*s->p < 0x20)
			return json_scan_fail(s, "control character 0x%02x "
			    "in a string", *s->p);
		if (*s->p < 0x80)
			s->p++;
		else
			TRY(scan_utf8(s));
	}
	return json_scan_fail(s, "not JSON: a string without end");
}

/* The four hexadecimal digits after \u, or -1. */
static int
scan_hex4(struct json_scan *s)
{
	uint8_t b[2];

	if (s->end - s->p < 4 ||
	    hex_decode(b, 2, (struct str){ (const char *)s->p, 4 }) != 0)
		return -1;
	s->p += 4;
	return b[0] << 8 | b[1];
}

static void
add_utf8(struct buf *b, unsigned c)
{
	char out[4];
	size_t n = 0;

	if (c < 0x80) {
		out[n++] = (char)c;
	} else if (c < 0x800) {
		out[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		out[n++] = (char)(0xe0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | c >> 18);
		out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		out[n++] = (char)(0x80 | (c & 0x3f));
	buf_add(b, out, n);
}

/* \uXXXX, and the second half of a pair; s is behind the u. */
static int
scan_unicode(struct json_scan *s, struct buf *b)
{
	int c = scan_hex4(s), low;

	if (c < 0)
		return json_scan_fail(s,
		    "not JSON: \\u without four hexadecimal digits");
	if (c == 0)
		return json_scan_fail(s, "NUL in a string");
	if (c < 0xd800 || c > 0xdfff) {
		add_utf8(b, (unsigned)c);
		return 0;
	}
	/* RFC 7493 2.1: no surrogate without its other half. */
	if (c > 0xdbff || s->end - s->p < 6 || s->p[0] != '\\' ||
	    s->p[1] != 'u')
		return json_scan_fail(s, "lone surrogate \\u%04x", c);
	s->p += 2;
	low = scan_hex4(s);
	if (low < 0xdc00 || low > 0xdfff)
		return json_scan_fail(s, "lone surrogate \\u%04x", c);
	add_utf8(b, 0x10000 + ((unsigned)(c & 0x3ff) << 10) +
	    (unsigned)(low & 0x3ff));
	return 0;
}

/* One escape; s is at the backslash. */
static int
scan_escape(struct json_scan *s, struct buf *b)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *found;

	s->p++;
	if (s->p == s->end)
		return json_scan_fail(s, "not JSON: a string without end");
	if (*s->p == 'u') {
		s->p++;
		return scan_unicode(s, b);
	}
	found = *s->p == '\0' ? NULL : strchr(names, *s->p);
	if (found == NULL)
		return json_scan_unexpected(s, "an escape of JSON");
	buf_addc(b, bytes[found - names]);
	s->p++;
	return 0;
}

int
json_scan_string(struct json_scan *s, struct buf *b, size_t max,
    struct str *out)
{
	const unsigned char *from = ++s->p;

	TRY(scan_plain(s));
	if (*s->p == '"') {
		*out = (struct str){ (const char *)from,
		    (size_t)(s->p - from) };
	} else {
		buf_reset(b);
		while (*s->p != '"') {
			buf_add(b, from, (size_t)(s->p - from));
			TRY(scan_escape(s, b));
			from = s->p;
			TRY(scan_plain(s));
		}
		buf_add(b, from, (size_t)(s->p - from));
		*out = buf_str(b);
	}
	if (out->n > max)
		return json_scan_limit(s, "string or key longer than %zu bytes",
		    max);
	s->p++;
	return 0;
}

/* Step over digits; how many. */
static size_t
scan_digits(struct json_scan *s)
{
	const unsigned char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

/* The fraction and exponent of a number, if any; out_real says which. */
static int
scan_tail(struct json_scan *s, bool *out_real)
{
	*out_real = false;
	if (s->p < s->end && *s->p == '.') {
		*out_real = true;
		s->p++;
		if (scan_digits(s) == 0)
			return json_scan_unexpected(s, "a digit");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		*out_real = true;
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (scan_digits(s) == 0)
			return json_scan_unexpected(s, "a digit");
	}
	return 0;
}

/* jansson knows about locales, so it converts what is not an integer. */
static int
scan_real(struct json_scan *s, const unsigned char *from, json_t **out)
{
	json_error_t e;
	json_t *real = json_loadb((const char *)from, (size_t)(s->p - from),
	    JSON_DECODE_ANY, &e);

	if (real == NULL && json_error_code(&e) == json_error_numeric_overflow)
		return json_scan_fail(s, "number out of range");
	if (real == NULL)
		return json_scan_limit(s, "out of memory");
	*out = real;
	return 0;
}

int
json_scan_number(struct json_scan *s, json_t **out)
{
	const unsigned char *from = s->p, *digits;
	bool negative = *s->p == '-', real;
	json_int_t v = 0;
	size_t n;

	s->p += negative;
	digits = s->p;
	n = scan_digits(s);
	if (n == 0)
		return json_scan_unexpected(s, "a digit");
	if (n > 1 && *digits == '0') {
		s->p = digits;
		return json_scan_fail(s, "not JSON: a number with a "
		    "leading zero");
	}
	TRY(scan_tail(s, &real));
	if (real)
		return scan_real(s, from, out);
	for (size_t i = 0; i < n && n <= INTEGER_DIGITS_MAX; i++)
		v = v * 10 + (digits[i] - '0');
	if (n > INTEGER_DIGITS_MAX || v > INTEGER_MAX) {
		s->p = from;
		return json_scan_fail(s, "integer beyond 2^53-1");
	}
	*out = json_integer(negative ? -v : v);
	return 0;
}
