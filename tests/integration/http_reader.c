/*
 * Tells how the HTTP reader understands connections, for http_oracle.py.
 *
 * Input: for each connection its length and its bytes.  Output: for each the
 * length of what follows, and then for each request read whole: the length
 * of it, its method, target, fields ("name:value", but those of framing)
 * and body, a line each.  Lengths have 4 bytes, the highest first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/unit.h"
#include "front/http_read.h"

#define BODY_MAX MIB(1)

static bool
is_framing(const struct http_head *h, unsigned i)
{
	struct str v = http_head_str(h, h->fields[i].value);

	return v.p == http_head_field(h, "content-length", 0).p ||
	    v.p == http_head_field(h, "transfer-encoding", 0).p;
}

static void
tell_line(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
	buf_addc(b, '\n');
}

static void
tell_head(struct buf *b, const struct http_head *h)
{
	size_t method = 0;

	while (h->text[method] != ' ')
		method++;
	tell_line(b, (struct str){ h->text, method });
	tell_line(b, http_head_str(h, h->target));
	for (unsigned i = 0; i < h->field_count; i++) {
		struct str name = http_head_str(h, h->fields[i].name);

		if (is_framing(h, i))
			continue;
		for (size_t k = 0; k < name.n; k++) {
			char c = name.p[k];

			buf_addc(b, c >= 'A' && c <= 'Z' ?
			    (char)(c + 32) : c);
		}
		buf_addc(b, ':');
		tell_line(b, http_head_str(h, h->fields[i].value));
	}
}

/* One request of in: how many bytes it has, or 0: none that is whole. */
static size_t
tell_request(struct buf *out, struct str in, bool *out_close)
{
	AUTO_BUF struct buf b = { 0 };
	struct http_head h = { 0 };
	struct http_body body;
	int rc = http_head_read(&h, in);
	size_t at = rc > 0 ? (size_t)rc : 0;

	if (rc <= 0 || http_body_begin(&body, &h, BODY_MAX) != 0)
		return 0;
	tell_head(&b, &h);
	while (!body.done && at < in.n) {
		struct str piece;
		int64_t n = http_body_read(&body, (struct str){ in.p + at,
		    in.n - at }, &piece);

		if (n < 0)
			return 0;
		buf_add(&b, piece.p, piece.n);
		at += (size_t)n;
	}
	if (!body.done)
		return 0;
	out_str32(out, buf_str(&b));
	*out_close = h.close;
	return at;
}

static void
tell_connection(struct str in)
{
	AUTO_BUF struct buf told = { 0 };
	AUTO_BUF struct buf out = { 0 };
	bool closed = false;
	size_t n;

	do {
		n = tell_request(&told, in, &closed);
		in = (struct str){ in.p + n, in.n - n };
	} while (n > 0 && !closed);
	out_str32(&out, buf_str(&told));
	if (fwrite(out.p, 1, out.n, stdout) != out.n)
		exit(1);
}

int
main(void)
{
	uint8_t length[4];

	while (fread(length, 1, 4, stdin) == 4) {
		struct cur c = cur_of(length, 4);
		size_t n = cur_u32(&c);
		char *bytes = mem_array(char, n);

		if (fread(bytes, 1, n, stdin) != n)
			return 1;
		tell_connection((struct str){ bytes, n });
		free(bytes);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
