#include "front/http_read.h"

#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 18
#define CHUNK_DIGITS_MAX 8

static int
head_refuse(struct http_head *h, unsigned status, const char *why)
{
	h->status = status;
	h->why = why;
	return status == 414 || status == 431 ? ERR_LIMIT : ERR_SYNTAX;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_tchar(char c)
{
	return is_letter(c) || is_digit(c) ||
	    is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_tchar(s.p[i]))
			return false;
	return s.n > 0;
}

static bool
str_is_name(struct str s, const char *name)
{
	return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

static struct str
str_cut(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.n - at };
}

static struct http_span
span_of(const struct http_head *h, struct str s)
{
	return (struct http_span){ (uint16_t)(s.p - h->text),
	    (uint16_t)s.n };
}

/*
 * RFC 3986 path and query, with the brackets of TAXII's match[...] in the
 * query as everybody sends them.  An encoded NUL is in nobody's interest.
 */
static bool
is_target(struct str s)
{
	bool query = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			if (s.n - i < 3 || hex_value(s.p[i + 1]) < 0 ||
			    hex_value(s.p[i + 2]) < 0 ||
			    memcmp(s.p + i + 1, "00", 2) == 0)
				return false;
			i += 2;
		} else if (c == '?') {
			query = true;
		} else if (!is_letter(c) && !is_digit(c) &&
		    !is_one_of(c, "-._~!$&'()*+,;=:@/") &&
		    !(query && is_one_of(c, "[]"))) {
			return false;
		}
	}
	return s.n > 0 && s.p[0] == '/';
}

static int
head_method(struct http_head *h, struct str s)
{
	static const struct {
		const char *name;
		enum http_method method;
	} known[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST }, { "DELETE", HTTP_DELETE },
		{ "PUT", HTTP_OTHER }, { "PATCH", HTTP_OTHER },
		{ "OPTIONS", HTTP_OTHER },
	};

	for (size_t i = 0; i < NELEM(known); i++)
		if (str_eqz(s, known[i].name)) {
			h->method = known[i].method;
			return 0;
		}
	if (str_eqz(s, "TRACE") || str_eqz(s, "CONNECT"))
		return head_refuse(h, 405, "method not allowed here");
	return head_refuse(h, 501, "unknown method");
}

static int
head_version(struct http_head *h, struct str s)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is_digit(s.p[5]) ||
	    s.p[6] != '.' || !is_digit(s.p[7]))
		return head_refuse(h, 400, "the request line does not end in "
		    "HTTP/1.1");
	if (s.p[5] != '1' || s.p[7] > '1')
		return head_refuse(h, 505, "only HTTP/1.1 is spoken here");
	h->minor = (unsigned)(s.p[7] - '0');
	h->close = h->minor == 0;
	return 0;
}

/* METHOD SP target SP version, and not one space more. */
static int
head_request_line(struct http_head *h, struct str line)
{
	const char *first = memchr(line.p, ' ', line.n);
	const char *last = memrchr(line.p, ' ', line.n);
	struct str method, target;

	if (first == NULL || first == last)
		return head_refuse(h, 400, "the request line is not method, "
		    "target and version with one space between");
	method = (struct str){ line.p, (size_t)(first - line.p) };
	target = (struct str){ first + 1, (size_t)(last - first - 1) };
	if (!is_token(method))
		return head_refuse(h, 400, "the method is not a token");
	TRY(head_version(h, str_cut(line, (size_t)(last + 1 - line.p))));
	TRY(head_method(h, method));
	if (target.n > HTTP_TARGET_MAX)
		return head_refuse(h, 414, "the target has more than 8000 "
		    "bytes");
	if (!is_target(target))
		return head_refuse(h, 400, "the target is not a path and a "
		    "query as in RFC 3986");
	h->target = span_of(h, target);
	return 0;
}

static int
field_length(struct http_head *h, struct str v)
{
	uint64_t n = 0;

	if (h->has_length)
		return head_refuse(h, 400, "two Content-Length");
	for (size_t i = 0; i < v.n; i++) {
		if (!is_digit(v.p[i]))
			return head_refuse(h, 400, "Content-Length is not a "
			    "number");
		if (i < LENGTH_DIGITS_MAX)
			n = 10 * n + (uint64_t)(v.p[i] - '0');
	}
	if (v.n == 0 || v.n > LENGTH_DIGITS_MAX)
		return head_refuse(h, 400, "Content-Length is empty or has "
		    "more than 18 digits");
	h->has_length = true;
	h->length = n;
	return 0;
}

static int
field_coding(struct http_head *h, struct str v)
{
	if (h->chunked)
		return head_refuse(h, 400, "two Transfer-Encoding");
	if (h->minor == 0)
		return head_refuse(h, 400, "Transfer-Encoding in HTTP/1.0");
	if (!str_is_name(v, "chunked"))
		return head_refuse(h, 501, "Transfer-Encoding is not "
		    "\"chunked\" alone");
	h->chunked = true;
	return 0;
}

static int
field_expect(struct http_head *h, struct str v)
{
	if (!str_is_name(v, "100-continue"))
		return head_refuse(h, 417, "Expect is not \"100-continue\"");
	h->expect = h->minor == 1;
	return 0;
}

/* uri-host [":" port], RFC 3986; never empty, as TLS has a name or address. */
static int
field_host(struct http_head *h, struct str v)
{
	size_t i = 0;

	if (h->host)
		return head_refuse(h, 400, "two Host");
	h->host = true;
	if (v.n > 0 && v.p[0] == '[') {
		while (++i < v.n && (hex_value(v.p[i]) >= 0 ||
		    is_one_of(v.p[i], ":.")))
			;
		if (i == 1 || i >= v.n || v.p[i++] != ']')
			return head_refuse(h, 400, "Host is not a host");
	} else {
		while (i < v.n && (is_letter(v.p[i]) || is_digit(v.p[i]) ||
		    is_one_of(v.p[i], "-._~!$&'()*+,;=")))
			i++;
	}
	if (i > 0 && i < v.n && v.p[i] == ':')
		while (++i < v.n && is_digit(v.p[i]))
			;
	if (i == 0 || i != v.n)
		return head_refuse(h, 400, "Host is not a host");
	return 0;
}

static int
field_connection(struct http_head *h, struct str v)
{
	while (v.n > 0) {
		const char *comma = memchr(v.p, ',', v.n);
		size_t n = comma == NULL ? v.n : (size_t)(comma - v.p);
		struct str option = { v.p, n };

		while (option.n > 0 && is_one_of(option.p[0], " \t"))
			option = str_cut(option, 1);
		while (option.n > 0 &&
		    is_one_of(option.p[option.n - 1], " \t"))
			option.n--;
		if (str_is_name(option, "close"))
			h->close = true;
		v = str_cut(v, comma == NULL ? n : n + 1);
	}
	return 0;
}

/* Who asks, and with what, must not be said twice. */
static int
field_once(struct http_head *h, struct str name)
{
	static const char *const once[] = { "authorization", "content-type",
	    "expect" };

	for (size_t i = 0; i < NELEM(once); i++)
		if (str_is_name(name, once[i]) &&
		    http_head_field(h, once[i], 0).p != NULL)
			return head_refuse(h, 400, "Authorization, "
			    "Content-Type or Expect twice");
	return 0;
}

static int
field_meaning(struct http_head *h, struct str name, struct str v)
{
	static const struct {
		const char *name;
		int (*read)(struct http_head *h, struct str v);
	} meanings[] = {
		{ "host", field_host },
		{ "content-length", field_length },
		{ "transfer-encoding", field_coding },
		{ "connection", field_connection },
		{ "expect", field_expect },
	};

	TRY(field_once(h, name));
	for (size_t i = 0; i < NELEM(meanings); i++)
		if (str_is_name(name, meanings[i].name))
			return meanings[i].read(h, v);
	return 0;
}

static int
head_field(struct http_head *h, struct str line)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct str name, v;

	if (is_one_of(line.p[0], " \t"))
		return head_refuse(h, 400, "a line of the head begins with "
		    "white space");
	if (colon == NULL)
		return head_refuse(h, 400, "a line of the head has no colon");
	name = (struct str){ line.p, (size_t)(colon - line.p) };
	if (!is_token(name))
		return head_refuse(h, 400, "a field's name is not a token");
	if (h->field_count == HTTP_FIELDS_MAX)
		return head_refuse(h, 431, "more than 100 fields in the head");
	v = str_cut(line, name.n + 1);
	while (v.n > 0 && is_one_of(v.p[0], " \t"))
		v = str_cut(v, 1);
	while (v.n > 0 && is_one_of(v.p[v.n - 1], " \t"))
		v.n--;
	TRY(field_meaning(h, name, v));
	h->fields[h->field_count++] = (struct http_field){
	    span_of(h, name), span_of(h, v) };
	return 0;
}

/* The head is whole: does it make sense? */
static int
head_end(struct http_head *h)
{
	if (!h->host && h->minor == 1)
		return head_refuse(h, 400, "no Host");
	if (h->chunked && h->has_length)
		return head_refuse(h, 400, "both Content-Length and "
		    "Transfer-Encoding");
	if (h->method == HTTP_POST && !h->chunked && !h->has_length)
		return head_refuse(h, 411, "a POST needs Content-Length, or "
		    "Transfer-Encoding: chunked");
	if (h->method != HTTP_POST && h->method != HTTP_OTHER &&
	    http_head_has_body(h))
		return head_refuse(h, 400, "this method takes no body");
	return 0;
}

/* One whole line, without its end.  1 when it was the empty one. */
static int
head_line(struct http_head *h, struct str line)
{
	if (h->line == 0) {
		if (line.n == 0)
			return head_refuse(h, 400, "an empty line before the "
			    "request");
		return head_request_line(h, line);
	}
	if (line.n > 0)
		return head_field(h, line);
	TRY(head_end(h));
	return 1;
}

/* May byte i of the head be there, after what is before it? */
static int
head_byte(struct http_head *h, size_t i)
{
	unsigned char c = (unsigned char)h->text[i];
	bool after_cr = i > h->line && h->text[i - 1] == '\r';

	if (i - h->line >= HTTP_LINE_MAX + 2)
		return h->line == 0 ?
		    head_refuse(h, 414, "the request line has more than 8192 "
		    "bytes") :
		    head_refuse(h, 431, "a line of the head has more than "
		    "8192 bytes");
	if (i >= HTTP_HEAD_MAX)
		return head_refuse(h, 431, "the head has more than 16384 "
		    "bytes");
	if (after_cr != (c == '\n'))
		return head_refuse(h, 400, "a line does not end in CR LF");
	if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
		return head_refuse(h, 400, "a control byte in the head");
	return 0;
}

int
http_head_read(struct http_head *h, struct str in)
{
	h->text = in.p;
	while (h->at < in.n) {
		int rc;

		TRY(head_byte(h, h->at));
		if (in.p[h->at++] != '\n')
			continue;
		rc = head_line(h, (struct str){ in.p + h->line,
		    h->at - h->line - 2 });
		if (rc < 0)
			return rc;
		h->line = h->at;
		if (rc > 0)
			return (int)h->at;
	}
	return 0;
}

struct str
http_head_str(const struct http_head *h, struct http_span s)
{
	return (struct str){ h->text + s.at, s.n };
}

struct str
http_head_path(const struct http_head *h)
{
	struct str s = http_head_str(h, h->target);
	const char *mark = memchr(s.p, '?', s.n);

	return mark == NULL ? s : (struct str){ s.p, (size_t)(mark - s.p) };
}

struct str
http_head_query(const struct http_head *h)
{
	struct str s = http_head_str(h, h->target);
	const char *mark = memchr(s.p, '?', s.n);

	return str_cut(s, mark == NULL ? s.n : (size_t)(mark + 1 - s.p));
}

struct str
http_head_field(const struct http_head *h, const char *name, unsigned nth)
{
	for (unsigned i = 0; i < h->field_count; i++) {
		const struct http_field *f = &h->fields[i];

		if (str_is_name(http_head_str(h, f->name), name) &&
		    nth-- == 0)
			return http_head_str(h, f->value);
	}
	return (struct str){ NULL, 0 };
}

bool
http_head_has_body(const struct http_head *h)
{
	return h->chunked || h->length > 0;
}

/* What comes next of a chunked body. */
enum chunk_state {
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_END_CR,
	CHUNK_END_LF,
	CHUNK_DONE,
};

static int
body_refuse(struct http_body *b, unsigned status, const char *why)
{
	b->status = status;
	b->why = why;
	return status == 413 ? ERR_LIMIT : ERR_SYNTAX;
}

int
http_body_begin(struct http_body *b, const struct http_head *h,
    uint64_t max)
{
	*b = (struct http_body){ .chunked = h->chunked, .left = h->length,
	    .max = max, .done = !http_head_has_body(h) };
	if (b->chunked)
		b->left = 0;
	if (b->left > max)
		return body_refuse(b, 413, "the body is larger than is taken "
		    "here");
	return 0;
}

static int
chunk_size(struct http_body *b, char c)
{
	int v = hex_value(c);

	if (v >= 0) {
		if (b->digits++ == CHUNK_DIGITS_MAX)
			return body_refuse(b, 400, "the size of a chunk has "
			    "more than 8 digits");
		b->left = 16 * b->left + (uint64_t)v;
		return 0;
	}
	if (c != '\r' || b->digits == 0)
		return body_refuse(b, 400, "the size of a chunk is not "
		    "hexadecimal digits and CR LF");
	if (b->left > b->max - b->total)
		return body_refuse(b, 413, "the body is larger than is taken "
		    "here");
	b->total += b->left;
	b->state = CHUNK_SIZE_LF;
	return 0;
}

/* The byte is the one that must be there, and then comes next. */
static int
chunk_mark(struct http_body *b, bool is_right, enum chunk_state next)
{
	if (!is_right)
		return body_refuse(b, 400, b->state == CHUNK_END_CR ?
		    "trailers are not taken" :
		    "a chunk does not end in CR LF");
	if (next == CHUNK_SIZE)
		b->digits = 0;
	b->state = next;
	b->done = next == CHUNK_DONE;
	return 0;
}

/* A byte that is not data. */
static int
chunk_byte(struct http_body *b, char c)
{
	switch ((enum chunk_state)b->state) {
	case CHUNK_SIZE:
		return chunk_size(b, c);
	case CHUNK_SIZE_LF:
		return chunk_mark(b, c == '\n',
		    b->left > 0 ? CHUNK_DATA : CHUNK_END_CR);
	case CHUNK_DATA_CR:
		return chunk_mark(b, c == '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return chunk_mark(b, c == '\n', CHUNK_SIZE);
	case CHUNK_END_CR:
		return chunk_mark(b, c == '\r', CHUNK_END_LF);
	case CHUNK_END_LF:
		return chunk_mark(b, c == '\n', CHUNK_DONE);
	case CHUNK_DATA:
	case CHUNK_DONE:
		break;
	}
	return 0;
}

/* As much of the data as is there. */
static size_t
body_data(struct http_body *b, struct str in, struct str *out_piece)
{
	size_t n = in.n < b->left ? in.n : (size_t)b->left;

	*out_piece = (struct str){ in.p, n };
	b->left -= n;
	if (b->left == 0 && b->chunked)
		b->state = CHUNK_DATA_CR;
	else
		b->done = b->left == 0;
	return n;
}

int64_t
http_body_read(struct http_body *b, struct str in, struct str *out_piece)
{
	size_t at = 0;

	*out_piece = (struct str){ in.p, 0 };
	if (b->done)
		return 0;
	if (!b->chunked)
		return (int64_t)body_data(b, in, out_piece);
	while (at < in.n && !b->done) {
		if (b->state == CHUNK_DATA)
			return (int64_t)(at + body_data(b, str_cut(in, at),
			    out_piece));
		TRY(chunk_byte(b, in.p[at]));
		at++;
	}
	return (int64_t)at;
}
