/*
 * The reader of label text.  Whatever it accepts must come back the same
 * from its own text, and be no less restrictive than what was written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
add_all(struct names *n, const char *const *list)
{
	for (; *list != NULL; list++)
		check(names_add(n, str_of(*list), 64) >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vocabulary v = { 0 };
	struct label first, second, joined;
	struct buf text = { 0 };

	add_all(&v.purposes, (const char *const[]){ "detect", "block", NULL });
	add_all(&v.lineage, (const char *const[]){ "secops", "law", NULL });
	add_all(&v.caveats, (const char *const[]){ "no-resale", NULL });
	add_all(&v.kinds, (const char *const[]){ "other", "ioc", NULL });
	add_all(&v.orgs, (const char *const[]){ "xa", "xb", NULL });
	add_all(&v.desks, (const char *const[]){ "xb/ops", "xb/lea", NULL });
	if (label_decode((struct str){ (const char *)data, size }, &v,
	    &first) == 0) {
		label_encode(&first, &v, &text);
		check(label_decode(buf_str(&text), &v, &second) == 0);
		check(label_le(&first, &second) && label_le(&second, &first));
		check(first.kind == second.kind && first.seq == second.seq);
		label_join(&joined, &first, &second);
		check(label_le(&first, &joined));
		label_normalise(&joined, &v);
	}
	buf_clear(&text);
	vocabulary_clear(&v);
	return 0;
}
