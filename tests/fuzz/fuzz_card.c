/*
 * The card reader over any bytes.  What it takes is signed and written
 * again as it was; what it refuses has a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct card *c = mem_new(struct card);
	struct card_vouches vouches = { .n = 0 };
	struct err e = { 0 };
	AUTO_BUF struct buf again = { 0 };
	int rc = card_decode_all((struct str){ (const char *)data, size },
	    (unix_ms_t){ 1800000000000 }, c, &vouches, &e);

	if (rc == 0) {
		card_encode_all(c, &vouches, &again);
		if (again.n > size || memcmp(again.p, data, again.n) != 0)
			abort();
	} else if (e.code != rc || e.text[0] == '\0') {
		abort();
	}
	card_vouches_clear(&vouches);
	free(c);
	return 0;
}
