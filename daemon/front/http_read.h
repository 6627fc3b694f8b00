/*
 * Reading HTTP/1.1 requests (RFC 9110, RFC 9112), strictly: what could be
 * understood in two ways is refused, and nothing is repaired.  Pure; bytes
 * may come in any pieces, and the outcome does not depend on the pieces.
 *
 * Lines end in CR LF.  The request line is METHOD SP path[?query] SP
 * HTTP/1.1 (1.0 is answered and closed).  No folded lines, no white space
 * before a colon, no control bytes, exactly one Host, at most one
 * Content-Length of digits, Transfer-Encoding only as "chunked" and never
 * beside a length, no chunk extensions, no trailers.
 */
#ifndef FRONT_HTTP_READ_H
#define FRONT_HTTP_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define HTTP_LINE_MAX 8192		/* the request line, without CR LF */
#define HTTP_HEAD_MAX (16 << 10)	/* all of the head, ends included */
#define HTTP_FIELDS_MAX 100
#define HTTP_TARGET_MAX 8000

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_DELETE,
	HTTP_OTHER,	/* PUT, PATCH or OPTIONS: 405 with a fitting Allow */
};

/* Where a piece of the head is, from its first byte. */
struct http_span {
	uint16_t at, n;
};

struct http_field {
	struct http_span name, value;	/* the value without white space */
};

/*
 * A head.  Zero-initialise, set text whenever the bytes have moved; what is
 * below `text` is filled by http_head_read.
 */
struct http_head {
	const char *text;		/* borrowed: the head's first byte */
	enum http_method method;
	unsigned minor;			/* 1, or 0 of HTTP/1.0 */
	struct http_span target;	/* path, and query if there is one */
	struct http_field fields[HTTP_FIELDS_MAX];
	unsigned field_count;
	bool has_length, chunked, close, expect;
	uint64_t length;		/* with has_length */
	/* With an error: the answer's status and why, for people. */
	unsigned status;
	const char *why;		/* static */
	/* How far the reader is. */
	size_t line, at;
	bool host;
};

/*
 * http_head_read(h, in): go on reading the head that begins at in.p (in
 * holds all bytes of it so far, also those seen before; h->text becomes
 * in.p).  The number of bytes of the head once it is whole, 0 when more are
 * needed, ERR_SYNTAX or ERR_LIMIT with h->status and h->why: 400, 414, 417,
 * 431, 501 or 505, 405 for a method that no front has, 411 for a POST
 * without a length.  After an error the connection is of no use.
 */
int http_head_read(struct http_head *h, struct str in) MUST_CHECK;

/* http_head_str(h, span): those bytes, borrowed from h->text. */
struct str http_head_str(const struct http_head *h, struct http_span s);

/* http_head_path(h), http_head_query(h): as sent, without the '?'. */
struct str http_head_path(const struct http_head *h);
struct str http_head_query(const struct http_head *h);

/*
 * http_head_field(h, name, nth): the value of the nth (from 0) field of
 * that name, whatever its capitals; .p is NULL when there is none.
 */
struct str http_head_field(const struct http_head *h, const char *name,
    unsigned nth);

/* http_head_has_body(h): bytes of a body follow. */
bool http_head_has_body(const struct http_head *h);

/* A body as it comes.  Begun by http_body_begin. */
struct http_body {
	bool chunked, done;
	uint64_t left;			/* of the length, or of this chunk */
	uint64_t total, max;		/* of all chunks */
	unsigned digits;
	uint8_t state;
	unsigned status;		/* with an error: 400 or 413 */
	const char *why;		/* static */
};

/*
 * http_body_begin(b, h, max): the body of h, of at most max bytes.  0, or
 * ERR_LIMIT (413) if its length says already that it is more.
 */
int http_body_begin(struct http_body *b, const struct http_head *h,
    uint64_t max) MUST_CHECK;

/*
 * http_body_read(b, in, out_piece): take bytes from in; how many of them
 * were used (all of them unless the body is done or a piece ended), with
 * the next piece of the body, perhaps empty, borrowed from in.  b->done
 * tells that it was the last.  ERR_SYNTAX or ERR_LIMIT with b->status.
 */
int64_t http_body_read(struct http_body *b, struct str in,
    struct str *out_piece) MUST_CHECK;

#endif
