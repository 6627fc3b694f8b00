/*
 * Granular markings, extensions and marking-definitions: the properties
 * whose rules are more than a form.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "record/stix_check.h"
#include "record/stix_rules.h"

#define EXTENSION_PREFIX "extension-definition--"
#define SHOWN_MAX 120

static const struct stix_property marking_ref = { "marking_ref", KIND_REF,
    0, 0, " marking-definition " };

/* "[12]" as an index, or false. */
static bool
index_of(struct str part, size_t *out)
{
	uint64_t v;

	if (part.n < 3 || part.p[0] != '[' || part.p[part.n - 1] != ']' ||
	    str_to_u64((struct str){ part.p + 1, part.n - 2 }, &v) != 0)
		return false;
	*out = (size_t)v;
	return true;
}

/* 7.2.3.1: does the selector lead to something in the object? */
static bool
selector_lives(json_t *root, struct str selector)
{
	json_t *at = root;
	size_t from = 0, to, i;

	if (selector.n == 0)
		return false;
	while (from <= selector.n && at != NULL) {
		struct str part;

		for (to = from; to < selector.n && selector.p[to] != '.';)
			to++;
		part = (struct str){ selector.p + from, to - from };
		if (json_is_array(at))
			at = index_of(part, &i) ? json_array_get(at, i) : NULL;
		else
			at = json_object_getn(at, part.p, part.n);
		from = to + 1;
	}
	return at != NULL;
}

static int
check_selectors(const struct stix_check *c, const char *name,
    json_t *selectors)
{
	char shown[SHOWN_MAX];
	json_t *item;
	size_t i;

	if (!json_is_array(selectors) || json_array_size(selectors) == 0)
		return stix_refuse(c->problem, REFUSAL_MARKING,
		    "`%s.selectors` is %s: want a list with at least one "
		    "selector", name, selectors == NULL ? "missing" :
		    json_is_array(selectors) ? "empty" :
		    stix_show(shown, sizeof(shown), selectors));
	json_array_foreach(selectors, i, item) {
		if (selector_lives(c->root, stix_json_str(item)))
			continue;
		return stix_refuse(c->problem, REFUSAL_MARKING,
		    "`%s.selectors.[%zu]` is %s: want the path of something "
		    "that is in the object", name, i,
		    stix_show(shown, sizeof(shown), item));
	}
	return 0;
}

static int
check_granular_marking(const struct stix_check *c, const char *name,
    json_t *item)
{
	json_t *lang = json_object_get(item, "lang");
	json_t *ref = json_object_get(item, "marking_ref");
	char shown[SHOWN_MAX], full[JSON_KEY_MAX];

	if (!json_is_object(item))
		return stix_refuse(c->problem, REFUSAL_MARKING,
		    "`%s` is %s: want a granular marking", name,
		    stix_show(shown, sizeof(shown), item));
	/* 7.2.3: exactly one of the two. */
	if ((lang == NULL) == (ref == NULL))
		return stix_refuse(c->problem, REFUSAL_MARKING,
		    "`%s` has %s: want exactly one of `marking_ref` and "
		    "`lang`", name, lang == NULL ? "neither" : "both");
	if (lang != NULL && !stix_lang_is_valid(stix_json_str(lang)))
		return stix_refuse(c->problem, REFUSAL_MARKING,
		    "`%s.lang` is %s: want a language tag of RFC 5646", name,
		    stix_show(shown, sizeof(shown), lang));
	if (ref != NULL) {
		snprintf(full, sizeof(full), "%s.marking_ref", name);
		TRY(stix_check_ref(c, full, &marking_ref, ref));
	}
	return check_selectors(c, name, json_object_get(item, "selectors"));
}

int
stix_check_granular(const struct stix_check *c, json_t *list)
{
	char name[64];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		snprintf(name, sizeof(name), "granular_markings.[%zu]", i);
		TRY(check_granular_marking(c, name, item));
	}
	return 0;
}

/* 7.3: what an extension-definition defines says of what type it is. */
static int
check_extension(const struct stix_check *c, const char *key, json_t *v)
{
	static const char types[] = " new-sdo new-sco new-sro "
	    "property-extension toplevel-property-extension ";
	json_t *type = json_object_get(v, "extension_type");
	char name[SHOWN_MAX], shown[SHOWN_MAX];

	str_escape(name, sizeof(name), str_of(key));
	if (!json_is_object(v))
		return stix_refuse(c->problem, REFUSAL_PROPERTY,
		    "`extensions.%s` is %s: want a dictionary", name,
		    stix_show(shown, sizeof(shown), v));
	if (strncmp(key, EXTENSION_PREFIX, strlen(EXTENSION_PREFIX)) != 0)
		return 0;
	if (!stix_id_is_valid(str_of(key)))
		return stix_refuse(c->problem, REFUSAL_PROPERTY,
		    "`extensions.%s`: want %sUUID", name, EXTENSION_PREFIX);
	if (type == NULL)
		return stix_refuse(c->problem, REFUSAL_MISSING,
		    "`extensions.%s.extension_type` is missing", name);
	if (stix_word_in(types, stix_json_str(type)))
		return 0;
	return stix_refuse(c->problem, REFUSAL_PROPERTY,
	    "`extensions.%s.extension_type` is %s: want one of%s", name,
	    stix_show(shown, sizeof(shown), type), types);
}

int
stix_check_extensions(const struct stix_check *c, json_t *dict)
{
	const char *key;
	json_t *v;

	json_object_foreach(dict, key, v)
		TRY(check_extension(c, key, v));
	return 0;
}

/* 7.2.1.4: there are four TLP 1 markings and no others. */
static int
check_tlp(const struct stix_check *c, struct str id)
{
	static const struct {
		const char *tlp, *id;
	} levels[] = {
		{ "white", "613f2e26-407d-48c7-9eca-b8e91df99dc9" },
		{ "green", "34098fce-860f-48ae-8e50-ebd3cc5e41da" },
		{ "amber", "f88d31f6-486f-44da-b317-01333bde0b82" },
		{ "red", "5e57c739-391a-4eb3-b6be-7d15ca92d5ed" },
	};
	json_t *tlp = json_object_get(json_object_get(c->root, "definition"),
	    "tlp");
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < NELEM(levels); i++)
		if (str_eqz(stix_json_str(tlp), levels[i].tlp) &&
		    str_ends(id, levels[i].id))
			return 0;
	return stix_refuse(c->problem, REFUSAL_MARKING,
	    "`definition_type` is \"tlp\" and `definition.tlp` is %s with "
	    "this id: want one of the four TLP objects of STIX",
	    tlp == NULL ? "missing" : stix_show(shown, sizeof(shown), tlp));
}

int
stix_rule_marking(const struct stix_check *c, struct str id)
{
	json_t *type = json_object_get(c->root, "definition_type");
	json_t *definition = json_object_get(c->root, "definition");

	/* 7.2.1: a definition with its type, or an extension. */
	if ((type == NULL) != (definition == NULL))
		return stix_refuse(c->problem, REFUSAL_MISSING,
		    "`%s` is there without `%s`: want both or neither",
		    type != NULL ? "definition_type" : "definition",
		    type != NULL ? "definition" : "definition_type");
	if (type == NULL && json_object_get(c->root, "extensions") == NULL)
		return stix_refuse(c->problem, REFUSAL_MARKING, "neither "
		    "`definition` nor `extensions`: want what it marks");
	if (type == NULL)
		return 0;
	if (str_eqz(stix_json_str(type), "tlp"))
		return check_tlp(c, id);
	if (str_eqz(stix_json_str(type), "statement") &&
	    !json_is_string(json_object_get(definition, "statement")))
		return stix_refuse(c->problem, REFUSAL_MISSING,
		    "`definition.statement` is missing: want a string");
	return 0;
}
