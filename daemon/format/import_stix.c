/*
 * STIX 2.0 to 2.1 (STIX 2.1, appendix "Revision"): what 2.1 wants is added,
 * what it calls otherwise is renamed.
 */
#include <stdio.h>
#include <string.h>

#include "format/import_private.h"
#include "record/bundle.h"
#include "record/json_text.h"

/* Where 2.0 had labels from an open vocabulary of the type. */
static const struct {
	const char *type, *property;
} typed[] = {
	{ "indicator", "indicator_types" }, { "malware", "malware_types" },
	{ "report", "report_types" }, { "tool", "tool_types" },
	{ "threat-actor", "threat_actor_types" },
};

/*
 * 2.1 wants the property wherever there is a version; objects of 2.1 that
 * may lack it have none.
 */
static bool
is_old(struct str bytes)
{
	static const char version[] = "\"spec_version\"";
	static const char modified[] = "\"modified\"";
	static const char marking[] = "\"marking-definition\"";

	return memmem(bytes.p, bytes.n, version, sizeof(version) - 1) ==
	    NULL && (memmem(bytes.p, bytes.n, modified,
	    sizeof(modified) - 1) != NULL || memmem(bytes.p, bytes.n, marking,
	    sizeof(marking) - 1) != NULL);
}

bool
import_is_plain(struct str text)
{
	AUTO(bundle_reader_free) struct bundle_reader *r = NULL;
	struct str bytes;
	struct err e;
	int rc;

	if (import_detect(text) != IMPORT_STIX)
		return false;
	r = bundle_reader_new(text);
	while ((rc = bundle_next(r, &bytes, &e)) != 0)
		if (rc > 0 && is_old(bytes))
			return false;
	return true;
}

/* Labels become types, and stay labels: nothing is lost. */
static void
upgrade_types(json_t *o, const char *type)
{
	json_t *labels = json_object_get(o, "labels");

	for (size_t i = 0; i < NELEM(typed); i++)
		if (strcmp(typed[i].type, type) == 0 &&
		    json_array_size(labels) > 0 &&
		    json_object_get(o, typed[i].property) == NULL)
			(void)json_object_set_new(o, typed[i].property,
			    json_deep_copy(labels));
}

/* What 2.1 demands and 2.0 never says. */
static void
upgrade_required(struct import *out, const char *place, json_t *o,
    const char *type)
{
	if (strcmp(type, "indicator") == 0) {
		if (json_object_get(o, "pattern_type") == NULL)
			(void)json_object_set_new(o, "pattern_type",
			    json_string("stix"));
		if (json_object_get(o, "valid_from") == NULL)
			(void)json_object_set(o, "valid_from",
			    json_object_get(o, "created"));
	}
	if (strcmp(type, "malware") == 0 &&
	    json_object_get(o, "is_family") == NULL) {
		(void)json_object_set_new(o, "is_family", json_false());
		import_note(out, false, place, "malware: 2.0 does not say "
		    "whether it is a family; is_family is false");
	}
}

/* What 2.0 let be empty 2.1 wants left out. */
static void
upgrade_empty(json_t *o)
{
	const char *name;
	void *next;
	json_t *v;

	json_object_foreach_safe(o, next, name, v)
		if ((json_is_array(v) && json_array_size(v) == 0) ||
		    (json_is_object(v) && json_object_size(v) == 0))
			(void)json_object_del(o, name);
}

static void
upgrade(struct import *out, uint32_t number, struct str bytes)
{
	struct stix_problem problem;
	struct json_facts facts;
	json_t *o = NULL, *copy;
	const char *type;
	char place[48];

	snprintf(place, sizeof(place), "object %u", (unsigned)number);
	/* What is no JSON, or has no type, the gate refuses and says why. */
	if (json_text_parse(bytes, &o, &facts, &problem) != 0 ||
	    json_string_value(json_object_get(o, "type")) == NULL) {
		json_decref(o);
		import_add(out, number, bytes);
		return;
	}
	type = json_string_value(json_object_get(o, "type"));
	copy = json_pack("{s:s, s:s}", "type", type, "spec_version", "2.1");
	upgrade_empty(o);
	upgrade_types(o, type);
	upgrade_required(out, place, o, type);
	(void)json_object_update_missing(copy, o);
	json_decref(o);
	import_add_json(out, number, copy);
}

int
import_stix(struct str text, const struct import_options *o,
    struct import *out, struct err *e)
{
	AUTO(bundle_reader_free) struct bundle_reader *r =
	    bundle_reader_new(text);
	uint32_t number = 0;
	struct str bytes;
	char place[48];
	int rc;

	(void)o;
	while ((rc = bundle_next(r, &bytes, e)) != 0) {
		if (rc < 0) {
			snprintf(place, sizeof(place), "object %u",
			    (unsigned)number);
			import_note(out, true, place, "%s", e->text);
		} else if (is_old(bytes)) {
			upgrade(out, number, bytes);
		} else {
			import_add(out, number, bytes);
		}
		number++;
	}
	return 0;
}
