/*
 * What a front reads of a request beside HTTP itself.  The first digit says
 * what: a query, a path, an Accept or Authorization field, an envelope.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/envelope.h"
#include "front/login.h"
#include "front/media.h"
#include "front/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_head(const char *name, struct str value)
{
	AUTO_BUF struct buf text = { 0 }, secret = { 0 };
	struct http_head h = { 0 };

	buf_addz(&text, "GET / HTTP/1.1\r\nHost: x\r\n");
	buf_addz(&text, name);
	buf_add(&text, value.p, value.n);
	buf_addz(&text, "\r\n\r\n");
	if (http_head_read(&h, buf_str(&text)) <= 0)
		return;
	(void)media_accepts(&h);
	(void)media_is_taxii(&h);
	(void)!login_secret(&h, &secret);
}

/* Whatever is asked, the vault must be able to read it: it ends us if not. */
static void
check_message(struct query *q, struct taxii_lists *room)
{
	AUTO_BUF struct buf payload = { 0 };
	struct msg_front_query back;

	q->q.request = q->q.client = 1;
	q->q.what = TAXII_OBJECTS;
	if (msg_front_query_encode(&q->q, &payload) == 0 &&
	    msg_front_query_decode(buf_str(&payload), room, &back) != 0)
		abort();
}

static void
fuzz_query(struct str s, bool path)
{
	AUTO(mem_free) struct taxii_lists *room = mem_new(struct taxii_lists);
	struct query q = { 0 };

	if (path) {
		query_path(&q, s, "ops");
		if (q.route != ROUTE_NONE)
			check_message(&q, room);
	} else {
		q.route = ROUTE_OBJECTS;
		if (query_filters(&q, s) == 0)
			check_message(&q, room);
	}
	query_clear(&q);
}

/* The objects of an envelope lie in it, in order. */
static void
fuzz_envelope(struct str s)
{
	struct envelope e = { 0 };
	const char *at = s.p;

	if (envelope_read(s, &e) == 0) {
		for (size_t i = 0; i < e.objects.n; i++) {
			if (e.objects.v[i].p < at)
				abort();
			at = e.objects.v[i].p + e.objects.v[i].n;
		}
		if (at > s.p + s.n)
			abort();
	}
	envelope_clear(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	switch ((uint8_t)(data[0] - '0') % 5) {
	case 0:
		fuzz_query(s, false);
		break;
	case 1:
		fuzz_query(s, true);
		break;
	case 2:
		fuzz_head("Accept: ", s);
		break;
	case 3:
		fuzz_head("Authorization: ", s);
		break;
	default:
		fuzz_envelope(s);
	}
	return 0;
}
