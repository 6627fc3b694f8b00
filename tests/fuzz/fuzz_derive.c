/*
 * Redaction: lines of parts up to an empty one, then an object.  What is left
 * of a valid object, if anything is, is the same every time; a pattern that
 * is left reads.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/derive.h"
#include "record/pattern.h"

#define PARTS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_left(struct stix_reader *r, struct str left)
{
	struct arena *arena = arena_new(MIB(4));
	struct stix_problem problem;
	struct stix_object o;
	struct pattern pattern;

	/* The gate sends nothing that does not read. */
	if (stix_read(r, left, &o, &problem) == 0 &&
	    str_eqz(o.pattern_type, "stix")) {
		int rc = pattern_parse(o.pattern, arena, &pattern);

		check(rc == 0 || rc == ERR_LIMIT || rc == ERR_SYNTAX);
	}
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)mem_dup((const char *)data, size), *object, *p;
	struct stix_reader *r = stix_reader_new();
	struct buf first = { 0 }, second = { 0 };
	const char *parts[PARTS_MAX];
	struct derive_options d = { .parts = parts, .cert_id = "cert-xa" };
	struct stix_problem problem;
	struct stix_object o;

	object = strstr(text, "\n\n");
	if (object != NULL) {
		*object = '\0';
		object += 2;
		for (p = text; p != NULL && d.n < PARTS_MAX;) {
			char *lf = strchr(p, '\n');

			if (lf != NULL)
				*lf++ = '\0';
			parts[d.n++] = p;
			p = lf;
		}
	}
	if (object != NULL && stix_read(r, str_of(object), &o, &problem) == 0
	    && derive_redacted(&o, &d, &first) == 0) {
		check(derive_redacted(&o, &d, &second) == 0);
		check(str_eq(buf_str(&first), buf_str(&second)));
		check_left(r, buf_str(&first));
	}
	buf_clear(&first);
	buf_clear(&second);
	stix_reader_free(r);
	free(text);
	return 0;
}
