/*
 * Files of others: the first byte says which format is tried.
 */
#include <stdint.h>
#include <stdlib.h>

#include "format/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_options o = { .now = { 1767225600000 } };
	struct import i = { 0 };
	struct str text = { (const char *)data + 1, size - 1 };
	struct err e;

	if (size == 0)
		return 0;
	o.format = (enum import_format)(data[0] % (IMPORT_LIST + 1));
	(void)import_is_plain(text);
	(void)!import_convert(text, &o, &i, &e);
	if ((i.n == 0) != (i.objects.n == 0) || i.places.n != i.n)
		abort();
	import_clear(&i);
	return 0;
}
