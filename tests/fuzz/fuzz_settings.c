/*
 * comityd.yaml over any bytes: what is taken prints, and reads back to the
 * same settings.
 */
#include "config/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct settings s, t;
	struct buf out = { 0 };
	struct err e = { 0 };

	if (settings_parse("f", text, &s, &e) < 0) {
		if (e.code == 0)
			abort();
		return 0;
	}
	settings_print(&s, size % 2 == 0, &out);
	if (settings_parse("g", buf_str(&out), &t, &e) < 0 ||
	    memcmp(&s, &t, sizeof(s)) != 0)
		abort();
	buf_clear(&out);
	return 0;
}
