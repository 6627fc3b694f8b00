/* FIRST IEP 2.0 policies in STIX. */
#include <string.h>

#include "record/marking_read.h"

/* Names of the extension that are not FIRST's. */
#define ATTRIBUTION_IN_STIX "provider_attribution"

/* Members that say nothing about handling. */
static const char *const plain[] = {
	"extension_type", "iep_id", "iep_version", "name", "description",
	"external_reference", "external_references", "start_date",
	"end_date", "tlp",
};

static struct str
text_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? (struct str){
	    json_string_value(value), json_string_length(value) } : STR("");
}

static bool
is_plain(const char *key)
{
	for (size_t i = 0; i < NELEM(plain); i++)
		if (strcmp(plain[i], key) == 0)
			return true;
	return false;
}

/* One statement; false if it is none, or has no such value. */
static bool
read_statement(const char *key, const json_t *value, struct iep_says *s)
{
	int statement = strcmp(key, ATTRIBUTION_IN_STIX) == 0 ?
	    IEP_ATTRIBUTION : iep_statement_find(str_of(key));

	if (statement < 0 || !json_is_string(value))
		return false;
	s->word[statement] = iep_word_find(statement, (struct str){
	    json_string_value(value), json_string_length(value) });
	return s->word[statement] >= 0;
}

/* TLP in an IEP is TLP 1. */
static bool
read_tlp(struct str tlp, struct iep_says *s)
{
	s->tlp = str_eqz(tlp, "white") ? TLP_CLEAR : tlp_from_name(tlp);
	return s->tlp >= 0 && !str_eqz(tlp, "clear") &&
	    !str_eqz(tlp, "amber+strict");
}

/* Is it in force?  Then end is when it no longer is. */
static bool
read_dates(const json_t *ext, unix_ms_t now, struct iep_says *s)
{
	const json_t *end = json_object_get(ext, "end_date");
	unix_ms_t start;

	if (!marking_time(text_at(ext, "start_date"), &start) ||
	    start.ms > now.ms)
		return false;
	if (end != NULL && !json_is_null(end) &&
	    !marking_time(text_at(ext, "end_date"), &s->expires))
		return false;
	return s->expires.ms > now.ms;
}

unsigned
marking_read_iep(json_t *ext, const struct vocabulary *v, unix_ms_t now,
    struct label *l)
{
	/* What a policy does not say it says as strictly as it could. */
	struct iep_says s = { .tlp = TLP_RED, .expires = UNIX_MS_NEVER,
	    .word = { IEP_ENCRYPT_MUST, IEP_ACTIONS_NONE,
	    IEP_NOTIFY_MUST_NOT, IEP_ATTRIBUTION_MUST_NOT,
	    IEP_RESALE_MUST_NOT } };
	const char *key;
	json_t *value;

	if (!str_eqz(text_at(ext, "extension_type"), "property-extension") ||
	    json_number_value(json_object_get(ext, "iep_version")) != 2.0 ||
	    json_object_get(ext, "id_ref") != NULL ||
	    json_object_get(ext, "url") != NULL ||
	    !read_dates(ext, now, &s))
		return STATED_UNKNOWN;
	if (json_object_get(ext, "tlp") != NULL &&
	    !read_tlp(text_at(ext, "tlp"), &s))
		return STATED_UNKNOWN;
	json_object_foreach(ext, key, value)
		if (!is_plain(key) && !read_statement(key, value, &s))
			return STATED_UNKNOWN;
	iep_apply(l, v, &s);
	return STATED_TLP | STATED_PAP;
}
