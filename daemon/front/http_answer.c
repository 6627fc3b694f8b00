#include "front/http_answer.h"

#include <stdio.h>
#include <string.h>

int
http_field_add(struct buf *b, const char *name, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return ERR_VALUE;
	}
	buf_addz(b, name);
	buf_addz(b, ": ");
	buf_add(b, value.p, value.n);
	buf_addz(b, "\r\n");
	return 0;
}

const char *
http_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} known[] = {
		{ 200, "OK" }, { 202, "Accepted" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" }, { 408, "Request Timeout" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < NELEM(known); i++)
		if (known[i].status == status)
			return known[i].reason;
	return status < 400 ? "OK" : "Error";
}

const char *
http_date(char dst[static HTTP_DATE_MAX], unix_ms_t t)
{
	static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon",
	    "Tue", "Wed" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	char iso[TIME_TEXT_MAX];
	int64_t day = t.ms / DAY(1);
	int month;

	time_format(iso, t);	/* 1994-11-06T08:49:37.000Z */
	month = str_digits(iso + 5, 2);
	if (t.ms < 0 || month < 1 || month > 12)
		month = 1;	/* no clock says so */
	(void)snprintf(dst, HTTP_DATE_MAX, "%s, %.2s %s %.4s %.8s GMT",
	    days[(size_t)(day < 0 ? 0 : day % 7)], iso + 8,
	    months[month - 1], iso, iso + 11);
	return dst;
}

void
http_answer_head(struct buf *b, const struct http_answer *a,
    size_t body_bytes, unix_ms_t now)
{
	char date[HTTP_DATE_MAX];

	buf_addf(b, "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\n", a->status, http_reason(a->status),
	    http_date(date, now), a->type == NULL ? HTTP_TYPE_TAXII : a->type,
	    body_bytes);
	if (a->fields.n > 0)
		buf_add(b, a->fields.p, a->fields.n);
	buf_addz(b, a->close ? "Connection: close\r\n\r\n" : "\r\n");
}

void
http_error_body(struct buf *b, unsigned status, const char *title)
{
	buf_addz(b, "{\"title\":\"");
	for (const char *p = title; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20)
			buf_addf(b, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else
			buf_addc(b, *p);
	}
	buf_addf(b, "\",\"http_status\":\"%u\"}", status);
}
