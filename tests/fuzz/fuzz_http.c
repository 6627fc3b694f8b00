/*
 * The HTTP reader: a connection's bytes, read at once and in pieces whose
 * size the first byte says, must lead to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/http_read.h"

#define BODY_MAX 4096
#define SUM_START UINT64_C(14695981039346656037)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	size_t used;
	unsigned requests, status;
	uint64_t sum;		/* of bodies and fields */
};

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
add(struct outcome *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		o->sum = (o->sum ^ (uint8_t)s.p[i]) * 1099511628211;
	o->sum = (o->sum ^ 256) * 1099511628211;
}

static void
add_head(struct outcome *o, const struct http_head *h)
{
	struct str path = http_head_path(h), query = http_head_query(h);

	must(path.n > 0 && path.p[0] == '/');
	must(path.n + query.n <= h->target.n);
	must(h->minor == 0 || http_head_field(h, "host", 0).n > 0);
	add(o, path);
	add(o, query);
	for (unsigned i = 0; i < h->field_count; i++) {
		add(o, http_head_str(h, h->fields[i].name));
		add(o, http_head_str(h, h->fields[i].value));
	}
}

/* Read the head at in, which is seen step bytes more at a time. */
static int
read_head(struct http_head *h, struct str in, size_t step)
{
	size_t seen = 0;
	int rc = 0;

	while (rc == 0 && seen < in.n) {
		seen = seen + step < in.n ? seen + step : in.n;
		rc = http_head_read(h, (struct str){ in.p, seen });
	}
	must(rc <= (int)seen && rc <= HTTP_HEAD_MAX);
	must((rc < 0) == (h->status != 0) && (rc < 0) == (h->why != NULL));
	return rc;
}

/* The bytes of the body, and whether the next request may follow. */
static bool
read_body(struct outcome *o, const struct http_head *h, struct str in,
    size_t step)
{
	struct http_body b;
	char body[BODY_MAX];
	size_t at = 0, n = 0;
	int64_t rc = http_body_begin(&b, h, BODY_MAX);

	while (rc >= 0 && !b.done && at < in.n) {
		struct str piece;

		rc = http_body_read(&b, (struct str){ in.p + at,
		    in.n - at < step ? in.n - at : step }, &piece);
		if (rc < 0)
			break;
		must(rc > 0 && n + piece.n <= BODY_MAX);
		memcpy(body + n, piece.p, piece.n);
		n += piece.n;
		at += (size_t)rc;
	}
	if (rc < 0)
		o->status = b.status;
	else
		o->used += at;
	if (rc < 0 || !b.done)
		return false;
	add(o, (struct str){ body, n });
	return true;
}

static struct outcome
read_all(struct str in, size_t step)
{
	struct outcome o = { .sum = SUM_START };

	while (o.used < in.n) {
		struct http_head h = { 0 };
		struct str left = { in.p + o.used, in.n - o.used };
		int n = read_head(&h, left, step);

		if (n <= 0) {
			o.status = h.status;
			break;
		}
		h.text = left.p;
		add_head(&o, &h);
		o.used += (size_t)n;
		left = (struct str){ left.p + n, left.n - (size_t)n };
		if (!read_body(&o, &h, left, step))
			break;
		o.requests++;
	}
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size > 0 ? 1 + data[0] % 19 : 1;
	struct str in = { (const char *)data + (size > 0),
	    size - (size > 0) };
	struct outcome a = read_all(in, SIZE_MAX / 4);
	struct outcome b = read_all(in, step);

	must(a.used == b.used && a.requests == b.requests);
	must(a.status == b.status && a.sum == b.sum);
	return 0;
}
