/*
 * The container reader: what it hands out lies within the text, in order,
 * without overlap, and it always comes to an end.
 */
#include <stdint.h>
#include <stdlib.h>

#include "record/bundle.h"

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
	struct str text = { (const char *)data, size }, one;
	struct bundle_reader *r = bundle_reader_new(text);
	const char *from = text.p;
	size_t steps = 0;
	struct err e;
	int rc;

	while ((rc = bundle_next(r, &one, &e)) != 0) {
		check(++steps <= size + 1);
		if (rc < 0) {
			check(rc == ERR_SYNTAX && e.code == ERR_SYNTAX);
			check(e.text[0] != '\0');
			continue;
		}
		check(one.n > 0 && one.p >= from);
		from = one.p + one.n;
		check(from <= text.p + text.n);
	}
	check(bundle_next(r, &one, &e) == 0);
	bundle_reader_free(r);
	return 0;
}
