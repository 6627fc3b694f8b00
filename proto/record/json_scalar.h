/*
 * The words, strings and numbers of JSON, read at a moving position.
 */
#ifndef RECORD_JSON_SCALAR_H
#define RECORD_JSON_SCALAR_H

#include <jansson.h>

#include "record/stix.h"

struct json_scan {
	const unsigned char *start, *end;	/* borrowed */
	const unsigned char *p;			/* where we are */
	struct stix_problem *problem;		/* filled at the first failure */
};

/* json_scan_at(s): the position as a byte offset. */
size_t json_scan_at(const struct json_scan *s);

/* json_scan_peek(s): skip white space; the byte there, or -1 at the end. */
int json_scan_peek(struct json_scan *s);

/*
 * json_scan_fail(s, fmt, ...): fill the problem as REFUSAL_JSON with the
 * text and the position; return ERR_SYNTAX.  json_scan_limit is the same
 * with REFUSAL_LIMIT and ERR_LIMIT.
 */
int json_scan_fail(struct json_scan *s, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
int json_scan_limit(struct json_scan *s, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* json_scan_unexpected(s, want): fail on the byte that is there. */
int json_scan_unexpected(struct json_scan *s, const char *want);

/* json_scan_word(s, word): step over "true", "false" or "null". */
int json_scan_word(struct json_scan *s, const char *word) MUST_CHECK;

/*
 * json_scan_string(s, b, max, out): step over a string (s is at its quote)
 * of at most max bytes.  out borrows from the input or, where it has
 * escapes, from b, which is overwritten.  ERR_SYNTAX on what is not UTF-8,
 * on NUL, control characters and lone surrogates; ERR_LIMIT.
 */
int json_scan_string(struct json_scan *s, struct buf *b, size_t max,
    struct str *out) MUST_CHECK;

/*
 * json_scan_number(s, out): step over a number; a new reference in out.
 * ERR_SYNTAX also for integers beyond 2^53-1 (RFC 7493 2.2) and for numbers
 * no double can hold.
 */
int json_scan_number(struct json_scan *s, json_t **out) MUST_CHECK;

#endif
