/*
 * The reader of circle documents.  What it accepts is exactly what would be
 * written, and follows nothing without signatures.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/circle_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *a = arena_new(8 * CIRCLE_TEXT_MAX);
	struct buf body = { 0 };
	struct circle_text t;

	if (circle_text_decode(text, a, &t) == 0) {
		circle_text_body(&t, &body);
		check(str_eq(buf_str(&body), t.body));
		check(t.nmembers > 0 && t.quorum >= 1 &&
		    t.quorum <= t.nmembers && t.nfoci > 0);
		check(circle_text_signers(&t, &t, NULL) <= t.nmembers);
		check(circle_text_follows(&t, &t, NULL) < 0);
	}
	buf_clear(&body);
	arena_free(a);
	return 0;
}
