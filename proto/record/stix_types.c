#include "record/stix_types.h"

#include <string.h>

#define ALWAYS 0xff
#define COUNT_MAX 999999999	/* 4.14, 5.2: count, number_observed */
#define WORD_MAX 64

#define VERSIONED (STIX_SDO | STIX_SRO | STIX_EXTENSION | STIX_LANGUAGE)
#define DATED (VERSIONED | STIX_MARKING)

/* Section 3.2.  Producers may version SCOs: times are checked if there. */
const struct stix_property stix_common[COMMON_N] = {
	[COMMON_TYPE] = { "type", KIND_STRING, ALWAYS },
	[COMMON_ID] = { "id", KIND_STRING, ALWAYS },
	[COMMON_SPEC_VERSION] = { "spec_version", KIND_STRING, DATED },
	[COMMON_CREATED_BY] = { "created_by_ref", KIND_REF, STIX_EXTENSION, 0,
	    " identity " },
	[COMMON_CREATED] = { "created", KIND_TIME_MS, DATED },
	[COMMON_MODIFIED] = { "modified", KIND_TIME_MS, VERSIONED,
	    VERSIONED | STIX_SCO },
	[COMMON_REVOKED] = { "revoked", KIND_BOOL, 0, VERSIONED },
	[COMMON_LABELS] = { "labels", KIND_STRINGS, 0, STIX_ALL },
	[COMMON_CONFIDENCE] = { "confidence", KIND_INTEGER, 0, VERSIONED,
	    NULL, 0, 100 },
	[COMMON_LANG] = { "lang", KIND_LANG, 0, STIX_SDO | STIX_SRO },
	[COMMON_EXTERNAL] = { "external_references", KIND_EXTERNAL, 0, DATED },
	[COMMON_MARKINGS] = { "object_marking_refs", KIND_REFS, 0, 0,
	    " marking-definition " },
	[COMMON_GRANULAR] = { "granular_markings", KIND_GRANULAR },
	[COMMON_EXTENSIONS] = { "extensions", KIND_EXTENSIONS },
	[COMMON_DEFANGED] = { "defanged", KIND_BOOL, 0, STIX_SCO },
};

/* 4.7 */
static const struct stix_property indicator[] = {
	{ "pattern", KIND_STRING, ALWAYS },
	{ "pattern_type", KIND_STRING, ALWAYS },
	{ "valid_from", KIND_TIME, ALWAYS },
	{ "name", KIND_STRING },
	{ "description", KIND_STRING },
	{ "indicator_types", KIND_STRINGS },
	{ "pattern_version", KIND_STRING },
	{ "valid_until", KIND_TIME },
	{ "kill_chain_phases", KIND_KILL_CHAIN },
	{ 0 },
};

/* 5.2 */
static const struct stix_property sighting[] = {
	{ "sighting_of_ref", KIND_REF_NOT, ALWAYS, 0, " relationship sighting "
	    "bundle marking-definition language-content extension-definition "
	    "artifact autonomous-system directory domain-name email-addr "
	    "email-message file ipv4-addr ipv6-addr mac-addr mutex "
	    "network-traffic process software url user-account "
	    "windows-registry-key x509-certificate " },
	{ "description", KIND_STRING },
	{ "first_seen", KIND_TIME },
	{ "last_seen", KIND_TIME },
	{ "count", KIND_INTEGER, 0, 0, NULL, 0, COUNT_MAX },
	{ "observed_data_refs", KIND_REFS, 0, 0, " observed-data " },
	{ "where_sighted_refs", KIND_REFS, 0, 0, " identity location " },
	{ "summary", KIND_BOOL },
	{ 0 },
};

/* 5.1 */
#define NOT_RELATED " relationship sighting bundle language-content " \
	"marking-definition extension-definition "
static const struct stix_property relationship[] = {
	{ "relationship_type", KIND_NAME, ALWAYS },
	{ "source_ref", KIND_REF_NOT, ALWAYS, 0, NOT_RELATED },
	{ "target_ref", KIND_REF_NOT, ALWAYS, 0, NOT_RELATED },
	{ "description", KIND_STRING },
	{ "start_time", KIND_TIME },
	{ "stop_time", KIND_TIME },
	{ 0 },
};

/* 4.5 */
static const struct stix_property identity[] = {
	{ "name", KIND_STRING, ALWAYS },
	{ "description", KIND_STRING },
	{ "roles", KIND_STRINGS },
	{ "identity_class", KIND_STRING },
	{ "sectors", KIND_STRINGS },
	{ "contact_information", KIND_STRING },
	{ 0 },
};

/* 4.14 */
static const struct stix_property observed_data[] = {
	{ "first_observed", KIND_TIME, ALWAYS },
	{ "last_observed", KIND_TIME, ALWAYS },
	{ "number_observed", KIND_INTEGER, ALWAYS, 0, NULL, 1, COUNT_MAX },
	{ "object_refs", KIND_REFS },
	{ "objects", KIND_DICT },
	{ 0 },
};

/* 4.13 */
static const struct stix_property note[] = {
	{ "content", KIND_STRING, ALWAYS },
	{ "object_refs", KIND_REFS, ALWAYS },
	{ "abstract", KIND_STRING },
	{ "authors", KIND_STRINGS },
	{ 0 },
};

/* 4.15 */
static const struct stix_property opinion[] = {
	{ "opinion", KIND_ENUM, ALWAYS, 0, " strongly-disagree disagree "
	    "neutral agree strongly-agree " },
	{ "object_refs", KIND_REFS, ALWAYS },
	{ "explanation", KIND_STRING },
	{ "authors", KIND_STRINGS },
	{ 0 },
};

/* 4.11 */
static const struct stix_property malware[] = {
	{ "is_family", KIND_BOOL, ALWAYS },
	{ "name", KIND_STRING },
	{ "description", KIND_STRING },
	{ "malware_types", KIND_STRINGS },
	{ "aliases", KIND_STRINGS },
	{ "kill_chain_phases", KIND_KILL_CHAIN },
	{ "first_seen", KIND_TIME },
	{ "last_seen", KIND_TIME },
	{ "operating_system_refs", KIND_REFS, 0, 0, " software " },
	{ "architecture_execution_envs", KIND_STRINGS },
	{ "implementation_languages", KIND_STRINGS },
	{ "capabilities", KIND_STRINGS },
	{ "sample_refs", KIND_REFS, 0, 0, " file artifact " },
	{ 0 },
};

/* 4.16 */
static const struct stix_property report[] = {
	{ "name", KIND_STRING, ALWAYS },
	{ "published", KIND_TIME, ALWAYS },
	{ "object_refs", KIND_REFS, ALWAYS },
	{ "description", KIND_STRING },
	{ "report_types", KIND_STRINGS },
	{ 0 },
};

/* 7.2.1; what belongs together is in stix_marking.c */
static const struct stix_property marking_definition[] = {
	{ "name", KIND_STRING },
	{ "definition_type", KIND_STRING },
	{ "definition", KIND_DICT },
	{ 0 },
};

static const struct stix_property none[] = { { 0 } };

static const struct stix_type types[] = {
	{ "indicator", STIX_SDO, indicator,
	    { "valid_from", "valid_until", true } },
	{ "relationship", STIX_SRO, relationship,
	    { "start_time", "stop_time", true } },
	{ "sighting", STIX_SRO, sighting,
	    { "first_seen", "last_seen", false } },
	{ "identity", STIX_SDO, identity, { 0 } },
	{ "marking-definition", STIX_MARKING, marking_definition, { 0 } },
	{ "malware", STIX_SDO, malware,
	    { "first_seen", "last_seen", false } },
	{ "report", STIX_SDO, report, { 0 } },
	{ "observed-data", STIX_SDO, observed_data,
	    { "first_observed", "last_observed", false } },
	{ "note", STIX_SDO, note, { 0 } },
	{ "opinion", STIX_SDO, opinion, { 0 } },
	{ "attack-pattern", STIX_SDO, none, { 0 } },
	{ "campaign", STIX_SDO, none, { 0 } },
	{ "course-of-action", STIX_SDO, none, { 0 } },
	{ "grouping", STIX_SDO, none, { 0 } },
	{ "incident", STIX_SDO, none, { 0 } },
	{ "infrastructure", STIX_SDO, none, { 0 } },
	{ "intrusion-set", STIX_SDO, none, { 0 } },
	{ "location", STIX_SDO, none, { 0 } },
	{ "malware-analysis", STIX_SDO, none, { 0 } },
	{ "threat-actor", STIX_SDO, none, { 0 } },
	{ "tool", STIX_SDO, none, { 0 } },
	{ "vulnerability", STIX_SDO, none, { 0 } },
	{ "extension-definition", STIX_EXTENSION, none, { 0 } },
	{ "language-content", STIX_LANGUAGE, none, { 0 } },
	{ "bundle", STIX_BUNDLE, none, { 0 } },
	{ "artifact", STIX_SCO, none, { 0 } },
	{ "autonomous-system", STIX_SCO, none, { 0 } },
	{ "directory", STIX_SCO, none, { 0 } },
	{ "domain-name", STIX_SCO, none, { 0 } },
	{ "email-addr", STIX_SCO, none, { 0 } },
	{ "email-message", STIX_SCO, none, { 0 } },
	{ "file", STIX_SCO, none, { 0 } },
	{ "ipv4-addr", STIX_SCO, none, { 0 } },
	{ "ipv6-addr", STIX_SCO, none, { 0 } },
	{ "mac-addr", STIX_SCO, none, { 0 } },
	{ "mutex", STIX_SCO, none, { 0 } },
	{ "network-traffic", STIX_SCO, none, { 0 } },
	{ "process", STIX_SCO, none, { 0 } },
	{ "software", STIX_SCO, none, { 0 } },
	{ "url", STIX_SCO, none, { 0 } },
	{ "user-account", STIX_SCO, none, { 0 } },
	{ "windows-registry-key", STIX_SCO, none, { 0 } },
	{ "x509-certificate", STIX_SCO, none, { 0 } },
};

const struct stix_type *
stix_type_find(struct str name)
{
	for (size_t i = 0; i < NELEM(types); i++)
		if (str_eqz(name, types[i].name))
			return &types[i];
	return NULL;
}

bool
stix_word_in(const char *words, struct str s)
{
	char word[WORD_MAX];

	if (s.n == 0 || s.n + 2 >= sizeof(word) ||
	    memchr(s.p, ' ', s.n) != NULL || memchr(s.p, '\0', s.n) != NULL)
		return false;
	word[0] = word[s.n + 1] = ' ';
	memcpy(word + 1, s.p, s.n);
	word[s.n + 2] = '\0';
	return strstr(words, word) != NULL;
}
