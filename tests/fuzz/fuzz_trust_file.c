/*
 * The reader of files of evidence over any bytes.  What it takes is counted;
 * the result does not depend on the order of lines of other times, and what
 * is refused has a reason that names its line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/trust_file.h"
#include "trust/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Count all of f, from the first line or from the last. */
static struct book *
count(const struct trust_file *f, bool backwards)
{
	struct trust_rules rules;
	struct trust_effect effect;
	struct book *b;
	size_t n = 0;
	uint32_t group;

	trust_rules_default(&rules);
	b = book_new(&rules);
	for (size_t i = 0; trust_file_peer(f, i, &group) != NULL; i++)
		(void)book_peer(b, group);
	while (trust_file_line(f, n) != NULL)
		n++;
	for (size_t i = 0; i < n; i++) {
		const struct trust_line *l = trust_file_line(f,
		    backwards ? n - 1 - i : i);

		if (!l->print && book_add(b, &l->ev, l->ev.at, &effect) < 0 &&
		    effect.counted < 0)
			abort();
	}
	return b;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(trust_file_free) struct trust_file *f = NULL;
	struct err e = { 0 };

	f = trust_file_read((struct str){ (const char *)data, size }, "f",
	    &e);
	if (f == NULL) {
		if (e.code != ERR_CONF || strncmp(e.text, "f:", 2) != 0)
			abort();
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		AUTO(book_free) struct book *b = count(f, i == 1);

		for (size_t p = 0; p < trust_npeers(book_engine(b)); p++) {
			struct trust_score s;

			trust_score(book_engine(b), (int)p, TRUST_DISCRETION,
			    (unix_ms_t){ INT64_MAX / 2 }, &s);
			if (s.opinion.b < 0 || s.opinion.e < 0)
				abort();
		}
	}
	return 0;
}
