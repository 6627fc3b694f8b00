#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/limits.h"
#include "record/stix.h"

#define ID1 "613f2e26-407d-48c7-9eca-b8e91df99dc9"
#define ID2 "94868c89-83c2-464b-929b-a1a8aa3c8487"
#define WHITE "marking-definition--" ID1
#define EXTENSION "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
#define TIMES "\"created\":\"2026-01-01T00:00:00.000Z\"," \
	"\"modified\":\"2026-01-02T00:00:00.000Z\","
#define SDO(type) "{\"type\":\"" type "\",\"spec_version\":\"2.1\"," \
	"\"id\":\"" type "--" ID1 "\"," TIMES

/* One valid object of each type that is checked in full. */
enum base {
	INDICATOR, SIGHTING, RELATIONSHIP, IDENTITY, OBSERVED, NOTE, OPINION,
	MALWARE, REPORT, STATEMENT, TLP2, ADDRESS, CUSTOM, TOOL, BASES,
};

static const char *const bases[BASES] = {
	[INDICATOR] = SDO("indicator") "\"pattern\":\"[a:b = 'c']\","
	    "\"pattern_type\":\"stix\","
	    "\"valid_from\":\"2026-01-01T00:00:00Z\"}",
	[SIGHTING] = SDO("sighting")
	    "\"sighting_of_ref\":\"indicator--" ID2 "\"}",
	[RELATIONSHIP] = SDO("relationship")
	    "\"relationship_type\":\"indicates\","
	    "\"source_ref\":\"indicator--" ID1 "\","
	    "\"target_ref\":\"malware--" ID2 "\"}",
	[IDENTITY] = SDO("identity") "\"name\":\"CERT\"}",
	[OBSERVED] = SDO("observed-data")
	    "\"first_observed\":\"2026-01-01T00:00:00Z\","
	    "\"last_observed\":\"2026-01-01T00:00:00Z\","
	    "\"number_observed\":1,\"object_refs\":[\"url--" ID2 "\"]}",
	[NOTE] = SDO("note") "\"content\":\"text\","
	    "\"object_refs\":[\"tool--" ID2 "\"]}",
	[OPINION] = SDO("opinion") "\"opinion\":\"agree\","
	    "\"object_refs\":[\"tool--" ID2 "\"]}",
	[MALWARE] = SDO("malware") "\"is_family\":false}",
	[REPORT] = SDO("report") "\"name\":\"r\","
	    "\"published\":\"2026-01-01T00:00:00Z\","
	    "\"object_refs\":[\"tool--" ID2 "\"]}",
	[STATEMENT] = "{\"type\":\"marking-definition\","
	    "\"spec_version\":\"2.1\",\"id\":\"marking-definition--" ID2 "\","
	    "\"created\":\"2026-01-01T00:00:00.000Z\","
	    "\"definition_type\":\"statement\","
	    "\"definition\":{\"statement\":\"(c)\"}}",
	[TLP2] = "{\"type\":\"marking-definition\","
	    "\"spec_version\":\"2.1\",\"id\":\"marking-definition--" ID2 "\","
	    "\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"TLP:CLEAR\","
	    "\"extensions\":{\"" EXTENSION "\":{\"extension_type\":"
	    "\"property-extension\",\"tlp_2_0\":\"clear\"}}}",
	[ADDRESS] = "{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr--"
	    "28bb3599-77cd-5a82-a950-b5bc3caf07c4\","
	    "\"value\":\"198.51.100.3\"}",
	[CUSTOM] = SDO("x-thing") "\"x_any\":[null,1.5,{\"b\":[2]}]}",
	[TOOL] = SDO("tool") "\"name\":\"t\"}",
};

/* Put the JSON text value (NULL: nothing) at key of a base; read it. */
static int
read_edited(struct stix_reader *r, enum base base, const char *key,
    const char *value, struct stix_problem *problem)
{
	json_t *root = json_loads(bases[base], 0, NULL), *v;
	struct stix_object o;
	char *text;
	int rc;

	assert_non_null(root);
	if (key != NULL && value == NULL) {
		assert_int_equal(json_object_del(root, key), 0);
	} else if (key != NULL) {
		v = json_loads(value, JSON_DECODE_ANY, NULL);
		if (v == NULL)
			fail_msg("the test's value %s", value);
		assert_int_equal(json_object_set_new(root, key, v), 0);
	}
	text = json_dumps(root, JSON_COMPACT);
	problem->text[0] = '\0';
	rc = stix_read(r, str_of(text), &o, problem);
	free(text);
	json_decref(root);
	return rc == 0 ? REFUSAL_NONE : (int)problem->refusal;
}

struct edit {
	enum base base;
	const char *key, *value;
	enum refusal want;
	const char *says;
};

static void
check_edits(const struct edit *v, size_t n)
{
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();

	for (size_t i = 0; i < n; i++) {
		struct stix_problem problem;
		int got = read_edited(r, v[i].base, v[i].key, v[i].value,
		    &problem);

		if (got != (int)v[i].want || (v[i].says != NULL &&
		    strstr(problem.text, v[i].says) == NULL))
			fail_msg("%d: %s = %s: %s: %s", (int)v[i].base,
			    v[i].key, v[i].value, refusal_name(got),
			    problem.text);
		if (got != REFUSAL_NONE && v[i].key != NULL &&
		    strstr(problem.text, v[i].key) == NULL)
			fail_msg("%s is not named: %s", v[i].key,
			    problem.text);
	}
}

#define EDITS(...) check_edits((const struct edit[]){ __VA_ARGS__ }, \
	sizeof((const struct edit[]){ __VA_ARGS__ }) / sizeof(struct edit))

static void
test_stix_read_bases(void **state)
{
	(void)state;
	for (int i = 0; i < BASES; i++)
		EDITS({ (enum base)i, NULL, NULL, REFUSAL_NONE, NULL });
}

static void
test_stix_read_common(void **state)
{
	(void)state;
	EDITS(
	    { TOOL, "type", NULL, REFUSAL_TYPE, "missing" },
	    { TOOL, "type", "7", REFUSAL_TYPE, "is 7" },
	    { TOOL, "type", "\"\"", REFUSAL_TYPE, "3 to 250" },
	    { TOOL, "type", "\"Tool\"", REFUSAL_TYPE, "lower-case" },
	    { TOOL, "type", "\"x_y_z\"", REFUSAL_TYPE, "lower-case" },
	    { TOOL, "type", "\"bundle\"", REFUSAL_TYPE, "container" },
	    { TOOL, "id", NULL, REFUSAL_ID, "missing" },
	    { TOOL, "id", "1", REFUSAL_ID, "is 1" },
	    { TOOL, "id", "\"tool\"", REFUSAL_ID, "tool--UUID" },
	    { TOOL, "id", "\"malware--" ID1 "\"", REFUSAL_ID, "`type`" },
	    { TOOL, "id", "\"tool--" ID1 "0\"", REFUSAL_ID, "RFC 4122" },
	    { TOOL, "id", "\"tool--00000000-0000-0000-0000-000000000000\"",
	        REFUSAL_ID, "RFC 4122" },
	    { TOOL, "id", "\"tool\\n--" ID1 "\"", REFUSAL_ID, "\\x0a" },
	    { TOOL, "spec_version", NULL, REFUSAL_SPEC_VERSION, "missing" },
	    { TOOL, "spec_version", "\"2.0\"", REFUSAL_SPEC_VERSION,
	        "is \"2.0\": want \"2.1\"" },
	    { TOOL, "spec_version", "2.1", REFUSAL_SPEC_VERSION, "is 2.1" },
	    { ADDRESS, "spec_version", "\"2.1\"", REFUSAL_NONE, NULL },
	    { ADDRESS, "spec_version", "\"2.0\"", REFUSAL_SPEC_VERSION,
	        NULL },
	    { TOOL, "created", NULL, REFUSAL_MISSING, "a tool must" },
	    { TOOL, "modified", NULL, REFUSAL_MISSING, "a tool must" },
	    { CUSTOM, "modified", NULL, REFUSAL_MISSING, "x-thing" },
	    { STATEMENT, "created", NULL, REFUSAL_MISSING, NULL },
	    { STATEMENT, "modified", "1", REFUSAL_NONE, NULL },
	    { TOOL, "created", "\"2026-01-01T00:00:00Z\"", REFUSAL_TIMESTAMP,
	        "three digits" },
	    { TOOL, "modified", "\"2026-01-02T00:00:00.00Z\"",
	        REFUSAL_TIMESTAMP, "three digits" },
	    { TOOL, "modified", "\"2026-01-02T00:00:00.000+00:00\"",
	        REFUSAL_TIMESTAMP, "RFC 3339" },
	    { TOOL, "modified", "\"2026-02-30T00:00:00.000Z\"",
	        REFUSAL_TIMESTAMP, "that exist" },
	    { TOOL, "modified", "1767225600", REFUSAL_TIMESTAMP, NULL },
	    { TOOL, "modified", "\"2025-12-31T23:59:59.999Z\"",
	        REFUSAL_ORDER, "`created`" },
	    { CUSTOM, "modified", "\"2025-12-31T23:59:59.999Z\"",
	        REFUSAL_ORDER, NULL },
	    { TOOL, "modified", "\"2026-01-01T00:00:00.000Z\"", REFUSAL_NONE,
	        NULL },
	    { TOOL, "created_by_ref", "\"identity--" ID1 "\"", REFUSAL_NONE,
	        NULL },
	    { TOOL, "created_by_ref", "\"tool--" ID1 "\"", REFUSAL_PROPERTY,
	        "identity" },
	    { TOOL, "created_by_ref", "\"me\"", REFUSAL_PROPERTY, "an id" },
	    { TOOL, "revoked", "1", REFUSAL_PROPERTY, "true or false" },
	    { TOOL, "labels", "[\"a\",2]", REFUSAL_PROPERTY, "labels.[1]" },
	    { TOOL, "labels", "\"a\"", REFUSAL_PROPERTY, "a list" },
	    { TOOL, "labels", "[]", REFUSAL_EMPTY, "leave it out" },
	    { TOOL, "confidence", "100", REFUSAL_NONE, NULL },
	    { TOOL, "confidence", "101", REFUSAL_PROPERTY, "0 to 100" },
	    { TOOL, "confidence", "-1", REFUSAL_PROPERTY, "0 to 100" },
	    { TOOL, "confidence", "50.0", REFUSAL_PROPERTY, "an integer" },
	    { TOOL, "confidence", "\"50\"", REFUSAL_PROPERTY, "is \"50\"" },
	    { TOOL, "lang", "\"de-CH-1996\"", REFUSAL_NONE, NULL },
	    { TOOL, "lang", "\"de_CH\"", REFUSAL_PROPERTY, "RFC 5646" },
	    { TOOL, "lang", "\"\"", REFUSAL_PROPERTY, "RFC 5646" },
	    { TOOL, "x_custom", "null", REFUSAL_NONE, NULL },
	    { TOOL, "x_custom", "{\"a\":[]}", REFUSAL_EMPTY, "at byte" },
	    { TOOL, "x_custom", "[[{}]]", REFUSAL_EMPTY, "at byte" },
	    { ADDRESS, "confidence", "\"high\"", REFUSAL_NONE, NULL },
	    { ADDRESS, "defanged", "3", REFUSAL_PROPERTY, NULL },
	    { ADDRESS, "modified", "\"2026\"", REFUSAL_TIMESTAMP, NULL });
}

static void
test_stix_read_references(void **state)
{
	(void)state;
	EDITS(
	    { TOOL, "external_references", "[{\"source_name\":\"a\","
	        "\"url\":\"b\",\"hashes\":{\"MD5\":\"x\"}}]", REFUSAL_NONE,
	        NULL },
	    { TOOL, "external_references", "{}", REFUSAL_PROPERTY, "a list" },
	    { TOOL, "external_references", "[7]", REFUSAL_PROPERTY,
	        ".[0]` is 7" },
	    { TOOL, "external_references", "[{\"url\":\"b\"}]",
	        REFUSAL_MISSING, "source_name" },
	    { TOOL, "external_references", "[{\"source_name\":\"a\"}]",
	        REFUSAL_MISSING, "at least one" },
	    { TOOL, "external_references", "[{\"source_name\":\"a\","
	        "\"url\":5}]", REFUSAL_PROPERTY, ".[0].url" },
	    { TOOL, "external_references", "[{\"source_name\":\"a\","
	        "\"url\":\"b\",\"hashes\":{}}]", REFUSAL_EMPTY, "hashes" },
	    { TOOL, "external_references", "[{\"source_name\":\"a\","
	        "\"url\":\"b\",\"hashes\":{\"MD5\":1}}]", REFUSAL_PROPERTY,
	        "hashes.MD5" },
	    { INDICATOR, "kill_chain_phases", "[{\"kill_chain_name\":\"k\","
	        "\"phase_name\":\"p\"}]", REFUSAL_NONE, NULL },
	    { INDICATOR, "kill_chain_phases", "[{\"phase_name\":\"p\"}]",
	        REFUSAL_MISSING, ".[0].kill_chain_name" },
	    { INDICATOR, "kill_chain_phases", "[{\"kill_chain_name\":\"k\","
	        "\"phase_name\":1}]", REFUSAL_PROPERTY, ".[0].phase_name" });
}

#define GRANULAR(rest) "[{" rest "}]"

static void
test_stix_read_markings(void **state)
{
	(void)state;
	EDITS(
	    { TOOL, "object_marking_refs", "[\"" WHITE "\"]", REFUSAL_NONE,
	        NULL },
	    { TOOL, "object_marking_refs", "[\"tool--" ID1 "\"]",
	        REFUSAL_PROPERTY, ".[0]" },
	    { TOOL, "object_marking_refs", "[]", REFUSAL_EMPTY, NULL },
	    { STATEMENT, "object_marking_refs", "[\"" WHITE "\","
	        "\"marking-definition--" ID2 "\"]", REFUSAL_MARKING,
	        ".[1]` is the object itself" },
	    { STATEMENT, "granular_markings", GRANULAR("\"marking_ref\":"
	        "\"marking-definition--" ID2 "\",\"selectors\":[\"id\"]"),
	        REFUSAL_MARKING, ".[0].marking_ref` is the object itself" },
	    { TOOL, "granular_markings", GRANULAR("\"marking_ref\":\"" WHITE
	        "\",\"selectors\":[\"name\",\"id\"]"), REFUSAL_NONE, NULL },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"name\"]"), REFUSAL_NONE, NULL },
	    { CUSTOM, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"x_any.[2].b.[0]\"]"), REFUSAL_NONE, NULL },
	    { CUSTOM, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"x_any.[3]\"]"), REFUSAL_MARKING,
	        "selectors.[0]` is \"x_any.[3]\"" },
	    { CUSTOM, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"x_any.b\"]"), REFUSAL_MARKING, NULL },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"name.[0]\"]"), REFUSAL_MARKING, NULL },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[\"\"]"), REFUSAL_MARKING, NULL },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[7]"), REFUSAL_MARKING, "is 7" },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"selectors\":[]"), REFUSAL_MARKING, "empty" },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\""),
	        REFUSAL_MARKING, "missing" },
	    { TOOL, "granular_markings", GRANULAR("\"selectors\":"
	        "[\"name\"]"), REFUSAL_MARKING, "neither" },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"fr\","
	        "\"marking_ref\":\"" WHITE "\",\"selectors\":[\"name\"]"),
	        REFUSAL_MARKING, "both" },
	    { TOOL, "granular_markings", GRANULAR("\"lang\":\"-\","
	        "\"selectors\":[\"name\"]"), REFUSAL_MARKING, "lang" },
	    { TOOL, "granular_markings", GRANULAR("\"marking_ref\":\"x\","
	        "\"selectors\":[\"name\"]"), REFUSAL_PROPERTY,
	        ".[0].marking_ref" },
	    { TOOL, "granular_markings", "[1]", REFUSAL_MARKING, "is 1" },
	    { TOOL, "granular_markings", "[]", REFUSAL_EMPTY, NULL },
	    { TOOL, "granular_markings", "{}", REFUSAL_PROPERTY, NULL });
}

static void
test_stix_read_marking_definition(void **state)
{
	(void)state;
	EDITS(
	    { STATEMENT, "definition", NULL, REFUSAL_MISSING, "both" },
	    { STATEMENT, "definition_type", NULL, REFUSAL_MISSING, "both" },
	    { STATEMENT, "definition", "\"x\"", REFUSAL_PROPERTY, NULL },
	    { STATEMENT, "definition", "{\"x\":1}", REFUSAL_MISSING,
	        "statement" },
	    { STATEMENT, "definition_type", "\"x-own\"", REFUSAL_NONE, NULL },
	    { STATEMENT, "definition_type", "\"tlp\"", REFUSAL_MARKING,
	        NULL },
	    { TLP2, "extensions", NULL, REFUSAL_MARKING, "extensions" },
	    { TLP2, "name", "1", REFUSAL_PROPERTY, NULL },
	    { TLP2, "extensions", "{}", REFUSAL_EMPTY, NULL },
	    { TLP2, "extensions", "[1]", REFUSAL_PROPERTY, NULL },
	    { TLP2, "extensions", "{\"ntfs-ext\":{\"a\":1}}", REFUSAL_NONE,
	        NULL },
	    { TLP2, "extensions", "{\"ntfs-ext\":1}", REFUSAL_PROPERTY,
	        "ntfs-ext" },
	    { TLP2, "extensions", "{\"extension-definition--7\":{\"a\":1}}",
	        REFUSAL_PROPERTY, "UUID" },
	    { TLP2, "extensions", "{\"" EXTENSION "\":{\"a\":1}}",
	        REFUSAL_MISSING, "extension_type" },
	    { TLP2, "extensions", "{\"" EXTENSION "\":{\"extension_type\":"
	        "\"new\"}}", REFUSAL_PROPERTY, "new-sdo" });
}

static void
test_stix_read_indicator(void **state)
{
	(void)state;
	EDITS(
	    { INDICATOR, "pattern", NULL, REFUSAL_MISSING, NULL },
	    { INDICATOR, "pattern", "5", REFUSAL_PROPERTY, "a string" },
	    { INDICATOR, "pattern", "\"no pattern\"", REFUSAL_NONE, NULL },
	    { INDICATOR, "pattern_type", NULL, REFUSAL_MISSING, NULL },
	    { INDICATOR, "pattern_type", "\"x-own\"", REFUSAL_NONE, NULL },
	    { INDICATOR, "pattern_version", "2.1", REFUSAL_PROPERTY, NULL },
	    { INDICATOR, "valid_from", NULL, REFUSAL_MISSING, NULL },
	    { INDICATOR, "valid_from", "\"2026-01-01\"", REFUSAL_TIMESTAMP,
	        NULL },
	    { INDICATOR, "valid_until", "\"2026-01-01T00:00:00.000001Z\"",
	        REFUSAL_NONE, NULL },
	    { INDICATOR, "valid_until", "\"2026-01-01T00:00:00.000Z\"",
	        REFUSAL_ORDER, "a later time" },
	    { INDICATOR, "valid_until", "\"2025-01-01T00:00:00.000Z\"",
	        REFUSAL_ORDER, "`valid_from`" },
	    { INDICATOR, "indicator_types", "[\"own\"]", REFUSAL_NONE, NULL },
	    { INDICATOR, "indicator_types", "[1]", REFUSAL_PROPERTY, NULL },
	    { INDICATOR, "name", "null", REFUSAL_PROPERTY, "is null" },
	    { INDICATOR, "description", "[1]", REFUSAL_PROPERTY,
	        "a list" });
}

static void
test_stix_read_sro(void **state)
{
	(void)state;
	EDITS(
	    { SIGHTING, "sighting_of_ref", NULL, REFUSAL_MISSING, NULL },
	    { SIGHTING, "sighting_of_ref", "\"url--" ID1 "\"",
	        REFUSAL_PROPERTY, NULL },
	    { SIGHTING, "sighting_of_ref", "\"sighting--" ID1 "\"",
	        REFUSAL_PROPERTY, NULL },
	    { SIGHTING, "sighting_of_ref", "\"x-thing--" ID1 "\"",
	        REFUSAL_NONE, NULL },
	    { SIGHTING, "count", "0", REFUSAL_NONE, NULL },
	    { SIGHTING, "count", "999999999", REFUSAL_NONE, NULL },
	    { SIGHTING, "count", "1000000000", REFUSAL_PROPERTY, NULL },
	    { SIGHTING, "count", "-1", REFUSAL_PROPERTY, NULL },
	    { SIGHTING, "summary", "\"true\"", REFUSAL_PROPERTY, NULL },
	    { SIGHTING, "where_sighted_refs", "[\"identity--" ID1 "\","
	        "\"location--" ID1 "\"]", REFUSAL_NONE, NULL },
	    { SIGHTING, "where_sighted_refs", "[\"tool--" ID1 "\"]",
	        REFUSAL_PROPERTY, "identity location" },
	    { SIGHTING, "observed_data_refs", "[\"tool--" ID1 "\"]",
	        REFUSAL_PROPERTY, "observed-data" },
	    { SIGHTING, "first_seen", "7", REFUSAL_TIMESTAMP, NULL },
	    { RELATIONSHIP, "relationship_type", NULL, REFUSAL_MISSING,
	        NULL },
	    { RELATIONSHIP, "relationship_type", "\"Uses It\"",
	        REFUSAL_PROPERTY, "hyphens" },
	    { RELATIONSHIP, "source_ref", NULL, REFUSAL_MISSING, NULL },
	    { RELATIONSHIP, "source_ref", "\"relationship--" ID1 "\"",
	        REFUSAL_PROPERTY, "not one of" },
	    { RELATIONSHIP, "target_ref", "\"" WHITE "\"", REFUSAL_PROPERTY,
	        NULL },
	    { RELATIONSHIP, "target_ref", "\"url--" ID1 "\"", REFUSAL_NONE,
	        NULL },
	    { RELATIONSHIP, "target_ref", "[\"url--" ID1 "\"]",
	        REFUSAL_PROPERTY, "an id" },
	    { RELATIONSHIP, "start_time", "\"x\"", REFUSAL_TIMESTAMP, NULL });
}

static void
test_stix_read_sdo(void **state)
{
	(void)state;
	EDITS(
	    { IDENTITY, "name", NULL, REFUSAL_MISSING, NULL },
	    { IDENTITY, "roles", "[]", REFUSAL_EMPTY, NULL },
	    { IDENTITY, "sectors", "\"x\"", REFUSAL_PROPERTY, NULL },
	    { IDENTITY, "contact_information", "{\"a\":1}", REFUSAL_PROPERTY,
	        NULL },
	    { OBSERVED, "number_observed", NULL, REFUSAL_MISSING, NULL },
	    { OBSERVED, "number_observed", "0", REFUSAL_PROPERTY, "from 1" },
	    { OBSERVED, "last_observed", "\"2025-01-01T00:00:00Z\"",
	        REFUSAL_ORDER, "`first_observed`" },
	    { OBSERVED, "object_refs", NULL, REFUSAL_MISSING, "neither" },
	    { OBSERVED, "objects", "{\"0\":{\"type\":\"url\"}}",
	        REFUSAL_PROPERTY, "both" },
	    { NOTE, "content", NULL, REFUSAL_MISSING, NULL },
	    { NOTE, "object_refs", NULL, REFUSAL_MISSING, NULL },
	    { NOTE, "object_refs", "[]", REFUSAL_EMPTY, NULL },
	    { NOTE, "object_refs", "[\"x\"]", REFUSAL_PROPERTY, ".[0]" },
	    { NOTE, "authors", "[true]", REFUSAL_PROPERTY, NULL },
	    { OPINION, "opinion", "\"maybe\"", REFUSAL_PROPERTY,
	        "strongly-agree" },
	    { MALWARE, "is_family", NULL, REFUSAL_MISSING, NULL },
	    { MALWARE, "is_family", "\"no\"", REFUSAL_PROPERTY, NULL },
	    { MALWARE, "is_family", "true", REFUSAL_MISSING, "`name`" },
	    { MALWARE, "sample_refs", "[\"tool--" ID1 "\"]",
	        REFUSAL_PROPERTY, "file artifact" },
	    { MALWARE, "operating_system_refs", "[\"software--" ID1 "\"]",
	        REFUSAL_NONE, NULL },
	    { REPORT, "published", NULL, REFUSAL_MISSING, NULL },
	    { REPORT, "published", "\"today\"", REFUSAL_TIMESTAMP, NULL },
	    { REPORT, "name", NULL, REFUSAL_MISSING, NULL },
	    { REPORT, "object_refs", NULL, REFUSAL_MISSING, NULL });
}

/* Texts that are no object at all. */
static void
test_stix_read_texts(void **state)
{
	static const struct {
		const char *text;
		enum refusal want;
		const char *says;
	} cases[] = {
		{ "", REFUSAL_JSON, "byte 0" },
		{ "not JSON", REFUSAL_JSON, "byte 0" },
		{ "[]", REFUSAL_TYPE, "a list" },
		{ "\"x\"", REFUSAL_TYPE, "a STIX object" },
		{ "null", REFUSAL_TYPE, "null" },
		{ "{}", REFUSAL_TYPE, "missing" },
		{ "{\"type\":\"tool\",\"type\":\"tool\"}", REFUSAL_JSON,
		    "duplicate key `type` at byte 15" },
		{ "{\"type\":\"tool\",\"a\":9007199254740993}", REFUSAL_JSON,
		    "2^53-1 at byte 19" },
		{ "{\"type\":\"tool\",\"a\":\"\\u0000\"}", REFUSAL_JSON,
		    "NUL" },
	};
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct stix_problem problem;
		struct stix_object o;

		if (stix_read(r, str_of(cases[i].text), &o, &problem) == 0 ||
		    problem.refusal != cases[i].want ||
		    strstr(problem.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, problem.text);
	}
}

/* 50 MB are refused by their size, not read. */
static void
test_stix_read_large(void **state)
{
	enum { LARGE = 50 << 20 };
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();
	AUTO(mem_free) char *text = malloc(LARGE);
	struct stix_problem problem;
	struct stix_object o;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', LARGE);
	assert_int_equal(stix_read(r, (struct str){ text, LARGE }, &o,
	    &problem), ERR_VALUE);
	assert_int_equal(problem.refusal, REFUSAL_LIMIT);
	assert_non_null(strstr(problem.text, "52428800 bytes"));
	assert_int_equal(stix_read(r, (struct str){ text,
	    RECORD_BYTES_MAX }, &o, &problem), ERR_VALUE);
	assert_int_equal(problem.refusal, REFUSAL_JSON);
}

static void
assert_str(struct str got, const char *want)
{
	if (!str_eqz(got, want))
		fail_msg("\"%.*s\": want \"%s\"", (int)got.n, got.p, want);
}

static void
test_stix_read_facts(void **state)
{
	static const char text[] = SDO("indicator")
	    "\"created_by_ref\":\"identity--" ID1 "\",\"revoked\":true,"
	    "\"confidence\":0,\"labels\":[\"a\",\"b\"],"
	    "\"indicator_types\":[\"benign\"],"
	    "\"object_marking_refs\":[\"" WHITE "\"],"
	    "\"granular_markings\":[{\"lang\":\"en\",\"selectors\":[\"id\"]},"
	    "{\"marking_ref\":\"marking-definition--" ID2 "\","
	    "\"selectors\":[\"labels.[1]\"]}],"
	    "\"x_b_ref\":\"tool--" ID2 "\",\"x_c_refs\":[\"tool--" ID1 "\","
	    "\"tool--" ID2 "\",\"0\"],\"x_d\":[{\"e_ref\":\"url--" ID1 "\"}],"
	    "\"pattern\":\"[a:b = '\\u00e9']\",\"pattern_type\":\"stix\","
	    "\"valid_from\":\"2026-01-01T00:00:00Z\"}";
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();
	struct stix_problem problem;
	struct stix_object o;

	(void)state;
	if (stix_read(r, STR(text), &o, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_ptr_equal(o.bytes.p, text);
	assert_str(o.type, "indicator");
	assert_str(o.id, "indicator--" ID1);
	assert_str(o.created_by_ref, "identity--" ID1);
	assert_str(o.modified_text, "2026-01-02T00:00:00.000Z");
	assert_true(o.versioned && o.revoked);
	assert_int_equal(o.confidence, 0);
	assert_int_equal(o.nlabels, 2);
	assert_str(o.labels[1], "b");
	assert_int_equal(o.nmarkings, 1);
	assert_str(o.markings[0], WHITE);
	assert_int_equal(o.ngranular, 1);
	assert_str(o.granular[0], "marking-definition--" ID2);
	assert_int_equal(o.nrefs, 3);
	assert_str(o.refs[0], "tool--" ID1);
	assert_str(o.refs[1], "tool--" ID2);
	assert_str(o.refs[2], "url--" ID1);
	assert_int_equal(o.nindicator_types, 1);
	assert_str(o.indicator_types[0], "benign");
	assert_str(o.pattern, "[a:b = '\xc3\xa9']");
	assert_str(o.pattern_type, "stix");
	assert_non_null(o.json);
}

static void
test_stix_read_facts_absent(void **state)
{
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();
	struct stix_problem problem;
	struct stix_object o;

	(void)state;
	assert_int_equal(stix_read(r, str_of(bases[TLP2]), &o, &problem), 0);
	assert_false(o.versioned || o.revoked);
	assert_str(o.modified_text, "2022-10-01T00:00:00.000Z");
	assert_int_equal(o.confidence, -1);
	assert_int_equal(o.nlabels + o.nmarkings + o.nrefs + o.ngranular, 0);
	assert_int_equal(stix_read(r, str_of(bases[ADDRESS]), &o, &problem),
	    0);
	assert_false(o.versioned);
	assert_str(o.modified_text, "");
	assert_str(o.pattern, "");
	/* What is refused is still named, where it can be. */
	assert_int_equal(stix_read(r, STR(SDO("tool") "\"lang\":1}"), &o,
	    &problem), ERR_VALUE);
	assert_str(o.id, "tool--" ID1);
}

static void
test_stix_id_is_valid(void **state)
{
	static const struct {
		const char *id;
		bool want;
	} cases[] = {
		{ "tool--" ID1, true },
		{ "x-a-b--" ID1, true },
		{ "tool--613F2E26-407D-48C7-9ECA-B8E91DF99DC9", true },
		{ "tool--613f2e26-407d-58c7-8eca-b8e91df99dc9", true },
		{ "tool--613f2e26-407d-78c7-beca-b8e91df99dc9", true },
		{ "tool--613f2e26-407d-08c7-9eca-b8e91df99dc9", false },
		{ "tool--613f2e26-407d-98c7-9eca-b8e91df99dc9", false },
		{ "tool--613f2e26-407d-48c7-7eca-b8e91df99dc9", false },
		{ "tool--613f2e26-407d-48c7-ceca-b8e91df99dc9", false },
		{ "tool--613f2e26407d48c79ecab8e91df99dc9", false },
		{ "tool--{13f2e26-407d-48c7-9eca-b8e91df99dc9", false },
		{ "tool-" ID1, false }, { "--" ID1, false },
		{ "to--" ID1, false }, { "tool--", false }, { "", false },
		{ "Tool--" ID1, false }, { " tool--" ID1, false },
		{ "tool--" ID1 " ", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		if (stix_id_is_valid(str_of(cases[i].id)) != cases[i].want)
			fail_msg("%s", cases[i].id);
}

static void
test_stix_time_parse(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t seconds;
		uint32_t nanos;
		const char *rest;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0, 0, 0, "" },
		{ "1969-12-31T23:59:59.5Z", 0, -1, 500000000, "" },
		{ "2026-11-23T05:33:03.123Z", 0, 1795411983, 123000000, "" },
		{ "2000-02-29T12:00:00.000000001Z", 0, 951825600, 1, "" },
		{ "2000-02-29T12:00:00.0000000019900Z", 0, 951825600, 1,
		    "99" },
		{ "2000-02-29T12:00:00.1000000000000Z", 0, 951825600,
		    100000000, "" },
		{ "2016-12-31T23:59:60Z", 0, 1483228799, 1000000000, "" },
		{ "2016-12-31T23:59:60.9Z", 0, 1483228799, 1900000000, "" },
		{ "0000-01-01T00:00:00Z", 0, -62167219200, 0, "" },
		{ "9999-12-31T23:59:59Z", 0, 253402300799, 0, "" },
		{ "2026-01-01T12:30:60Z", ERR_VALUE, 0, 0, "" },
		{ "2026-01-01T24:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-01-01T00:60:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-01-01T23:59:61Z", ERR_VALUE, 0, 0, "" },
		{ "2026-00-01T00:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-13-01T00:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-01-00T00:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-02-29T00:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "1900-02-29T00:00:00Z", ERR_VALUE, 0, 0, "" },
		{ "2026-01-01t00:00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01 00:00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00.Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00.0", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00,5Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00.5aZ", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00+00:00", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00:00.000+00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "+026-01-01T00:00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "26-01-01T00:00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-1-01T00:00:00.0Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01T00:00Z", ERR_SYNTAX, 0, 0, "" },
		{ "2026-01-01", ERR_SYNTAX, 0, 0, "" },
		{ "Z", ERR_SYNTAX, 0, 0, "" },
		{ "", ERR_SYNTAX, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct stix_time t = { 0 };
		int rc = stix_time_parse(str_of(cases[i].text), &t);

		if (rc != cases[i].rc || t.seconds != cases[i].seconds ||
		    t.nanos != cases[i].nanos ||
		    !str_eqz(t.rest, cases[i].rest))
			fail_msg("%s: %s %lld %u", cases[i].text,
			    err_name(rc), (long long)t.seconds, t.nanos);
	}
}

/* Each is before the next. */
static void
test_stix_time_cmp(void **state)
{
	static const char *const order[] = {
		"1969-12-31T23:59:59.9Z", "1970-01-01T00:00:00Z",
		"2026-01-01T00:00:00.0000000001Z",
		"2026-01-01T00:00:00.00000000010001Z",
		"2026-01-01T00:00:00.0000000002Z",
		"2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.11Z",
		"2026-01-01T00:00:01Z", "2026-12-31T23:59:59.999Z",
		"2026-12-31T23:59:60Z", "2026-12-31T23:59:60.5Z",
		"2027-01-01T00:00:00.2Z",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(order); i++) {
		for (size_t j = 0; j < NELEM(order); j++) {
			struct stix_time a, b;
			int got, want = (i > j) - (i < j);

			assert_int_equal(stix_time_parse(str_of(order[i]),
			    &a), 0);
			assert_int_equal(stix_time_parse(str_of(order[j]),
			    &b), 0);
			got = stix_time_cmp(&a, &b);
			if ((got > 0) - (got < 0) != want)
				fail_msg("%s, %s", order[i], order[j]);
		}
	}
}

static void
test_refusal_name(void **state)
{
	(void)state;
	assert_string_equal(refusal_name(REFUSAL_NONE), "none");
	assert_string_equal(refusal_name(REFUSAL_STORE), "store");
	assert_string_equal(refusal_name(-1), "unknown");
	assert_string_equal(refusal_name(1000), "unknown");
	assert_non_null(refusal_text(REFUSAL_JSON));
	assert_non_null(refusal_text(1000));
}

/* The vectors in tests/vectors/stix: valid/x.json, invalid/<why>-x.json. */

static void
load(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char block[65536];
	size_t n;

	assert_non_null(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(out, block, n);
	fclose(f);
	while (out->n > 0 && out->p[out->n - 1] == '\n')
		out->n--;
}

static void
check_prefixes(struct stix_reader *r, struct str text, const char *file)
{
	for (size_t n = 0; n < text.n; n++) {
		AUTO(mem_free) char *copy = malloc(n + 1);
		struct stix_problem problem;
		struct stix_object o;

		assert_non_null(copy);
		memcpy(copy, text.p, n);
		copy[n] = '}';	/* what a reader past the end would take */
		if (stix_read(r, (struct str){ copy, n }, &o, &problem) == 0)
			fail_msg("%s: a prefix of %zu bytes passed", file, n);
	}
}

static void
check_vector(struct stix_reader *r, const char *path, const char *file,
    bool valid)
{
	AUTO_BUF struct buf b = { 0 };
	struct stix_problem problem = { 0 };
	struct stix_object o;
	size_t n;

	load(path, &b);
	if (stix_read(r, buf_str(&b), &o, &problem) == 0) {
		if (!valid)
			fail_msg("%s passed", file);
		check_prefixes(r, buf_str(&b), file);
		return;
	}
	n = strlen(refusal_name((int)problem.refusal));
	if (valid || strncmp(file, refusal_name((int)problem.refusal), n) != 0
	    || file[n] != '-')
		fail_msg("%s: %s: %s", file,
		    refusal_name((int)problem.refusal), problem.text);
}

static void
check_vectors(const char *folder, bool valid)
{
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[2048];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		check_vector(r, path, e->d_name, valid);
		n++;
	}
	closedir(d);
	assert_true(n >= 10);
}

static void
test_stix_read_vectors(void **state)
{
	(void)state;
	check_vectors(SOURCE_ROOT "/tests/vectors/stix/valid", true);
	check_vectors(SOURCE_ROOT "/tests/vectors/stix/invalid", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stix_read_bases),
		cmocka_unit_test(test_stix_read_common),
		cmocka_unit_test(test_stix_read_references),
		cmocka_unit_test(test_stix_read_markings),
		cmocka_unit_test(test_stix_read_marking_definition),
		cmocka_unit_test(test_stix_read_indicator),
		cmocka_unit_test(test_stix_read_sro),
		cmocka_unit_test(test_stix_read_sdo),
		cmocka_unit_test(test_stix_read_texts),
		cmocka_unit_test(test_stix_read_large),
		cmocka_unit_test(test_stix_read_facts),
		cmocka_unit_test(test_stix_read_facts_absent),
		cmocka_unit_test(test_stix_id_is_valid),
		cmocka_unit_test(test_stix_time_parse),
		cmocka_unit_test(test_stix_time_cmp),
		cmocka_unit_test(test_refusal_name),
		cmocka_unit_test(test_stix_read_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
