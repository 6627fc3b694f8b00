#include "record/stix_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#define SHOWN_MAX 120		/* of a value in a refusal text */

int
stix_refuse(struct stix_problem *problem, enum refusal refusal,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(problem->text, sizeof(problem->text), fmt, ap);
	va_end(ap);
	problem->refusal = refusal;
	return ERR_VALUE;
}

struct str
stix_json_str(const json_t *v)
{
	if (!json_is_string(v))
		return STR("");
	return (struct str){ json_string_value(v), json_string_length(v) };
}

const char *
stix_show(char *dst, size_t size, const json_t *v)
{
	static const char *const kinds[] = {
		[JSON_OBJECT] = "a dictionary", [JSON_ARRAY] = "a list",
		[JSON_TRUE] = "true", [JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};
	char text[SHOWN_MAX];

	if (json_is_string(v))
		snprintf(dst, size, "\"%s\"",
		    str_escape(text, sizeof(text), stix_json_str(v)));
	else if (json_is_integer(v))
		snprintf(dst, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(dst, size, "%g", json_real_value(v));
	else
		snprintf(dst, size, "%s", kinds[json_typeof(v)]);
	return dst;
}

static int
wrong(const struct stix_check *c, const char *name, const json_t *v,
    const char *want)
{
	char shown[SHOWN_MAX + 2];

	return stix_refuse(c->problem, REFUSAL_PROPERTY,
	    "`%s` is %s: want %s", name, stix_show(shown, sizeof(shown), v),
	    want);
}

static int
check_integer(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	char want[80];

	if (json_is_integer(v) && json_integer_value(v) >= row->min &&
	    json_integer_value(v) <= row->max)
		return 0;
	snprintf(want, sizeof(want), "an integer from %lld to %lld",
	    (long long)row->min, (long long)row->max);
	return wrong(c, row->name, v, want);
}

static int
check_time(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	struct str s = stix_json_str(v);
	char shown[SHOWN_MAX + 2];
	struct stix_time t;
	int rc = stix_time_parse(s, &t);

	if (rc != 0)
		return stix_refuse(c->problem, REFUSAL_TIMESTAMP,
		    "`%s` is %s: want %s", row->name,
		    stix_show(shown, sizeof(shown), v), rc == ERR_VALUE ?
		    "a date and time of day that exist" :
		    "an RFC 3339 time in UTC with T and Z, such as "
		    "\"2026-01-31T12:00:00.000Z\"");
	/* 3.2: created and modified are precise to the millisecond. */
	if (row->kind == KIND_TIME_MS &&
	    s.n < sizeof("2026-01-31T12:00:00.000Z") - 1)
		return stix_refuse(c->problem, REFUSAL_TIMESTAMP,
		    "`%s` is %s: want at least three digits of fraction",
		    row->name, stix_show(shown, sizeof(shown), v));
	return 0;
}

bool
stix_lang_is_valid(struct str s)
{
	size_t run = 0;
	bool first = true;

	/* RFC 5646 2.1: subtags of 1 to 8; the first has letters only. */
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		bool letter = (ch >= 'a' && ch <= 'z') ||
		    (ch >= 'A' && ch <= 'Z');

		if (ch == '-') {
			if (run == 0)
				return false;
			run = 0;
			first = false;
			continue;
		}
		if ((!letter && (first || ch < '0' || ch > '9')) || ++run > 8)
			return false;
	}
	return run > 0;
}

static int
check_lang(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	return stix_lang_is_valid(stix_json_str(v)) ? 0 : wrong(c, row->name,
	    v, "a language tag of RFC 5646, such as \"en\"");
}

static int
check_name(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	struct str s = stix_json_str(v);
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '-' &&
		    (s.p[i] < '0' || s.p[i] > '9'))
			break;
	return s.n > 0 && i == s.n ? 0 : wrong(c, row->name, v,
	    "lower-case letters, digits and hyphens");
}

static int
check_enum(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	char want[SHOWN_MAX];

	if (stix_word_in(row->arg, stix_json_str(v)))
		return 0;
	snprintf(want, sizeof(want), "one of%s", row->arg);
	return wrong(c, row->name, v, want);
}

int
stix_check_ref(const struct stix_check *c, const char *name,
    const struct stix_property *row, const json_t *v)
{
	struct str id = stix_json_str(v), type = id;
	bool wanted = row->kind == KIND_REF || row->kind == KIND_REFS;
	char text[400];

	if (!stix_id_is_valid(id))
		return wrong(c, name, v, "an id, type--UUID");
	type.n -= STIX_ID_TAIL;
	if (row->arg == NULL || stix_word_in(row->arg, type) == wanted)
		return 0;
	if (wanted)
		snprintf(text, sizeof(text), "the id of:%s", row->arg);
	else
		snprintf(text, sizeof(text), "an object that is not one "
		    "of:%s", row->arg);
	return wrong(c, name, v, text);
}

/* A list that is not empty (2.6). */
static int
check_list(const struct stix_check *c, const char *name, const json_t *v)
{
	if (!json_is_array(v))
		return wrong(c, name, v, "a list");
	if (json_array_size(v) == 0)
		return stix_refuse(c->problem, REFUSAL_EMPTY,
		    "`%s` is an empty list: leave it out", name);
	return 0;
}

static int
check_items(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	char name[JSON_KEY_MAX];
	const json_t *item;
	size_t i;

	TRY(check_list(c, row->name, v));
	json_array_foreach(v, i, item) {
		if (json_is_string(item) && row->kind == KIND_STRINGS)
			continue;
		snprintf(name, sizeof(name), "%s.[%zu]", row->name, i);
		if (row->kind == KIND_STRINGS)
			return wrong(c, name, item, "a string");
		TRY(stix_check_ref(c, name, row, item));
	}
	return 0;
}

static int
check_dict(const struct stix_check *c, const char *name, const json_t *v)
{
	if (!json_is_object(v))
		return wrong(c, name, v, "a dictionary");
	if (json_object_size(v) == 0)
		return stix_refuse(c->problem, REFUSAL_EMPTY,
		    "`%s` is an empty dictionary: leave it out", name);
	return 0;
}

/* name.member, if there, is a string; required or not. */
static int
check_member(const struct stix_check *c, const char *name,
    const json_t *object, const char *member, bool required)
{
	const json_t *v = json_object_get(object, member);
	char full[JSON_KEY_MAX];

	if (json_is_string(v) || (v == NULL && !required))
		return 0;
	snprintf(full, sizeof(full), "%s.%s", name, member);
	if (v == NULL)
		return stix_refuse(c->problem, REFUSAL_MISSING,
		    "`%s` is missing: want a string", full);
	return wrong(c, full, v, "a string");
}

/* 2.7: hashes are a dictionary of strings. */
static int
check_hashes(const struct stix_check *c, const char *name,
    const json_t *reference)
{
	json_t *hashes = json_object_get(reference, "hashes"), *v;
	char full[JSON_KEY_MAX], shown[SHOWN_MAX];
	const char *key;

	if (hashes == NULL)
		return 0;
	snprintf(full, sizeof(full), "%s.hashes", name);
	TRY(check_dict(c, full, hashes));
	json_object_foreach(hashes, key, v) {
		if (json_is_string(v))
			continue;
		snprintf(full, sizeof(full), "%s.hashes.%s", name,
		    str_escape(shown, sizeof(shown), str_of(key)));
		return wrong(c, full, v, "a string");
	}
	return 0;
}

/* 2.5: a source and at least one way to find the thing there. */
static int
check_external(const struct stix_check *c, const char *name,
    const json_t *v)
{
	static const char *const any[] = { "description", "url",
	    "external_id" };
	bool found = false;

	TRY(check_dict(c, name, v));
	TRY(check_member(c, name, v, "source_name", true));
	for (size_t i = 0; i < NELEM(any); i++) {
		TRY(check_member(c, name, v, any[i], false));
		found = found || json_object_get(v, any[i]) != NULL;
	}
	if (!found)
		return stix_refuse(c->problem, REFUSAL_MISSING, "`%s` has "
		    "neither `description`, `url` nor `external_id`: want "
		    "at least one", name);
	return check_hashes(c, name, v);
}

/* 2.11 */
static int
check_kill_chain(const struct stix_check *c, const char *name,
    const json_t *v)
{
	TRY(check_dict(c, name, v));
	TRY(check_member(c, name, v, "kill_chain_name", true));
	return check_member(c, name, v, "phase_name", true);
}

static int
check_each(const struct stix_check *c, const struct stix_property *row,
    const json_t *v)
{
	char name[JSON_KEY_MAX];
	const json_t *item;
	size_t i;

	TRY(check_list(c, row->name, v));
	json_array_foreach(v, i, item) {
		snprintf(name, sizeof(name), "%s.[%zu]", row->name, i);
		TRY(row->kind == KIND_EXTERNAL ?
		    check_external(c, name, item) :
		    check_kill_chain(c, name, item));
	}
	return 0;
}

int
stix_check_property(const struct stix_check *c,
    const struct stix_property *row, json_t *v)
{
	switch (row->kind) {
	case KIND_STRING:
		return json_is_string(v) ? 0 :
		    wrong(c, row->name, v, "a string");
	case KIND_BOOL:
		return json_is_boolean(v) ? 0 :
		    wrong(c, row->name, v, "true or false");
	case KIND_INTEGER:
		return check_integer(c, row, v);
	case KIND_TIME:
	case KIND_TIME_MS:
		return check_time(c, row, v);
	case KIND_LANG:
		return check_lang(c, row, v);
	case KIND_NAME:
		return check_name(c, row, v);
	case KIND_ENUM:
		return check_enum(c, row, v);
	case KIND_REF:
	case KIND_REF_NOT:
		return stix_check_ref(c, row->name, row, v);
	case KIND_STRINGS:
	case KIND_REFS:
		return check_items(c, row, v);
	case KIND_DICT:
		return check_dict(c, row->name, v);
	case KIND_EXTERNAL:
	case KIND_KILL_CHAIN:
		return check_each(c, row, v);
	case KIND_GRANULAR:
		TRY(check_list(c, row->name, v));
		return stix_check_granular(c, v);
	case KIND_EXTENSIONS:
		TRY(check_dict(c, row->name, v));
		return stix_check_extensions(c, v);
	}
	return 0;
}
