/*
 * What a TAXII server answers: every object lies within the text, none twice,
 * markings first; a status speaks of what was pushed alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_page(struct str text)
{
	struct envelope page = { 0 };
	struct err e;
	int rc = envelope_read(text, &page, &e);
	size_t bytes = 0;

	if (rc != 0) {
		check((rc == ERR_SYNTAX || rc == ERR_LIMIT) &&
		    e.text[0] != '\0' && page.objects.n == 0);
		return;
	}
	for (size_t i = 0; i < page.objects.n; i++) {
		struct str o = page.objects.v[i];

		check(o.n >= 2 && o.p >= text.p &&
		    o.p + o.n <= text.p + text.n);
		check(o.p[0] == '{' && o.p[o.n - 1] == '}');
		bytes += o.n;
	}
	check(bytes <= text.n && strlen(page.next) <= ENVELOPE_NEXT_MAX);
	envelope_clear(&page);
}

static void
check_status(struct str text)
{
	const struct str pushed[] = {
		STR("{\"type\":\"x\",\"id\":\"x--1\"}"),
		STR("{\"type\":\"x\",\"id\":\"x--2\"}"),
	};
	struct push_status s = { 0 };
	size_t failed = 0;
	struct err e;

	if (push_status_read(text, &(struct push_objects){ pushed,
	    NELEM(pushed) }, &s, &e) != 0) {
		check(e.text[0] != '\0' && s.failed == NULL);
		return;
	}
	for (size_t i = 0; i < NELEM(pushed); i++)
		failed += s.failed[i];
	check(failed == s.nfailed);
	push_status_clear(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	check_page(text);
	check_status(text);
	return 0;
}
