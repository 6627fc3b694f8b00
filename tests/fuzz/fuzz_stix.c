/*
 * The object reader with everything behind it: JSON, tables, references,
 * markings.  What it accepts must be what jansson reads, and must not be
 * accepted when its end is missing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "record/json_text.h"
#include "record/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_json(struct str text)
{
	struct stix_problem problem = { 0 };
	struct json_facts facts;
	json_t *ours, *theirs;

	if (json_text_parse(text, &ours, &facts, &problem) != 0) {
		check(problem.refusal != REFUSAL_NONE && problem.text[0]);
		return;
	}
	theirs = json_loadb(text.p, text.n,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	check(theirs != NULL && json_equal(ours, theirs));
	json_decref(theirs);
	json_decref(ours);
}

static void
check_object(const struct stix_object *o)
{
	check(stix_id_is_valid(o->id) && o->type.n > 0);
	check(o->confidence >= -1 && o->confidence <= 100);
	check(json_is_object((json_t *)o->json));
	for (size_t i = 0; i < o->nrefs; i++)
		check(stix_id_is_valid(o->refs[i]));
	for (size_t i = 0; i < o->nmarkings; i++)
		check(stix_id_is_valid(o->markings[i]));
	for (size_t i = 0; i < o->ngranular; i++)
		check(stix_id_is_valid(o->granular[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct stix_reader *r = stix_reader_new();
	struct stix_problem problem = { 0 };
	struct stix_object o;
	struct stix_time t;

	check_json(text);
	if (stix_read(r, text, &o, &problem) == 0) {
		check_object(&o);
		while (text.n > 0 && text.p[text.n - 1] != '}')
			text.n--;
		check(text.n > 0);
		text.n--;
		check(stix_read(r, text, &o, &problem) != 0);
	} else {
		check(problem.refusal != REFUSAL_NONE && problem.text[0]);
		check(memchr(problem.text, '\0', sizeof(problem.text)));
	}
	if (stix_time_parse(text, &t) == 0)
		check(stix_time_cmp(&t, &t) == 0);
	stix_reader_free(r);
	return 0;
}
