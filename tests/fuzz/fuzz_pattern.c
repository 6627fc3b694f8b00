/*
 * The pattern reader with everything behind it: terms, normal forms, keys.
 * The same text is also read as what a person typed for look-up.
 */
#include <stdint.h>
#include <stdlib.h>

#include "record/observable.h"
#include "record/pattern.h"

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
	struct stix_object o = { .type = STR("indicator"), .pattern = text,
	    .pattern_type = STR("stix") };
	struct arena *arena = arena_new(4 << 20);
	struct observables found;
	struct observable typed;
	struct pattern p;
	bool subdomains;
	int rc;

	rc = pattern_parse(text, arena, &p);
	check(rc == 0 || rc == ERR_SYNTAX || rc == ERR_LIMIT);
	check(rc != ERR_SYNTAX || (p.why != NULL && p.at <= size));
	arena_reset(arena);
	if (observables_of(&o, arena, &found) == 0) {
		check(rc != ERR_SYNTAX || (found.unparsable && found.n == 0));
		for (size_t i = 0; i < found.n; i++) {
			check(found.v[i].value.n > 0);
			(void)observable_key(&found.v[i]);
		}
	}
	if (observable_from_text(text, arena, &typed, &subdomains) == 0)
		(void)observable_key(&typed);
	arena_free(arena);
	return 0;
}
