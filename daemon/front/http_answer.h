/*
 * Writing answers of HTTP/1.1.  Pure.
 */
#ifndef FRONT_HTTP_ANSWER_H
#define FRONT_HTTP_ANSWER_H

#include "base/unit.h"

#define HTTP_TYPE_TAXII "application/taxii+json;version=2.1"

/* What is answered.  Only status must be set. */
struct http_answer {
	unsigned status;
	const char *type;	/* Content-Type; NULL: HTTP_TYPE_TAXII */
	struct str fields;	/* more fields, from http_field_add; borrowed */
	bool close;		/* end the connection after it */
};

/*
 * http_field_add(b, name, value): append "name: value" and a line end.
 * ERR_VALUE, b untouched, if value has a control byte.
 */
int http_field_add(struct buf *b, const char *name, struct str value)
    MUST_CHECK;

/*
 * http_answer_head(b, a, body_bytes, now): append status line, Date,
 * Content-Type, Content-Length, a's fields, Connection if it closes, and
 * the empty line.
 */
void http_answer_head(struct buf *b, const struct http_answer *a,
    size_t body_bytes, unix_ms_t now);

/*
 * http_error_body(b, status, title): append a TAXII error object; title is
 * any text in UTF-8.
 */
void http_error_body(struct buf *b, unsigned status, const char *title);

/* http_reason(status): "Not Found"; never NULL. */
const char *http_reason(unsigned status);

/* http_date(dst, t): RFC 9110 5.6.7, "Sun, 06 Nov 1994 08:49:37 GMT". */
#define HTTP_DATE_MAX 32
const char *http_date(char dst[static HTTP_DATE_MAX], unix_ms_t t);

#endif
