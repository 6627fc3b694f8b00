#include "record/derive.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/uuid.h"
#include "record/marking.h"

/* What the named parts stand for, as property paths. */
static const struct {
	const char *part;
	const char *paths[8];
} named_parts[] = {
	{ "source", { "external_references" } },
	{ "victim.name", { "x_victim_name", "x_victim.name", "victim_name",
	    "victim.name", "description" } },
	{ "victim.contact", { "x_victim_contact", "x_victim.contact",
	    "victim_contact", "victim.contact", "contact_information",
	    "description" } },
};

/* Properties an object of that type must have and that are plain text. */
static const struct {
	const char *type, *property;
} required_text[] = {
	{ "identity", "name" }, { "note", "content" }, { "report", "name" },
	{ "campaign", "name" }, { "grouping", "context" },
	{ "vulnerability", "name" }, { "tool", "name" },
	{ "threat-actor", "name" }, { "intrusion-set", "name" },
	{ "attack-pattern", "name" }, { "course-of-action", "name" },
};

/* Properties that nothing is left without. */
static const char *const vital[] = {
	"type", "id", "spec_version", "created", "modified", "pattern",
	"pattern_type", "valid_from", "sighting_of_ref", "relationship_type",
	"source_ref", "target_ref", "object_refs", "first_observed",
	"last_observed", "number_observed", "object_marking_refs",
	"granular_markings", "definition", "definition_type", "extensions",
	"is_family", "published", "labels",
};

const char *
derive_identity(const char *cert_id, char dst[static STIX_ID_MAX])
{
	char uuid[UUID_TEXT_MAX];
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "comity://%s", cert_id);
	snprintf(dst, STIX_ID_MAX, "identity--%s",
	    uuid_v5(uuid_namespace_comity, buf_str(&b), uuid));
	return dst;
}

const char *
derive_id(const struct stix_object *o, const char *const *parts, size_t n,
    const char *cert_id, char dst[static STIX_ID_MAX])
{
	char uuid[UUID_TEXT_MAX];
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "%s%c", cert_id, '\0');
	buf_add(&b, o->id.p, o->id.n);
	buf_addc(&b, '\0');
	buf_add(&b, o->modified_text.p, o->modified_text.n);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%c%s", '\0', parts[i]);
	snprintf(dst, STIX_ID_MAX, "%.*s--%s",
	    (int)(o->type.n < 250 ? o->type.n : 250), o->type.p,
	    uuid_v5(uuid_namespace_comity, buf_str(&b), uuid));
	return dst;
}

static bool
is_vital(const char *property)
{
	for (size_t i = 0; i < NELEM(vital); i++)
		if (strcmp(vital[i], property) == 0)
			return true;
	return false;
}

/* Is property a text that an object of that type must have? */
static bool
is_required_text(struct str type, const char *property)
{
	for (size_t i = 0; i < NELEM(required_text); i++)
		if (str_eqz(type, required_text[i].type) &&
		    strcmp(required_text[i].property, property) == 0)
			return true;
	return false;
}

/* The mapping or list item that the next step of a path starts from. */
struct step {
	json_t *at;		/* borrowed */
	const char *path;	/* what is left of the path */
};

/* Remove path from the tree under root, through lists, without recursion. */
static void
remove_path(json_t *root, const char *path)
{
	VEC(struct step) todo = { 0 };

	vec_push(&todo, (struct step){ root, path });
	while (todo.n > 0) {
		struct step s = todo.v[--todo.n];
		const char *dot = strchr(s.path, '.');
		char key[JSON_KEY_MAX + 1];
		json_t *item;
		size_t i, n;

		if (json_is_array(s.at)) {
			json_array_foreach(s.at, i, item)
				vec_push(&todo, (struct step){ item, s.path });
			continue;
		}
		n = dot == NULL ? strlen(s.path) : (size_t)(dot - s.path);
		if (!json_is_object(s.at) || n > JSON_KEY_MAX)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)n, s.path);
		if (dot == NULL) {
			(void)json_object_del(s.at, key);
			continue;
		}
		item = json_object_get(s.at, key);
		if (item != NULL)
			vec_push(&todo, (struct step){ item, dot + 1 });
	}
	vec_clear(&todo);
}

/* An empty list or dictionary is not valid STIX: drop a top-level one. */
static void
drop_if_empty(json_t *root, const char *path)
{
	char key[JSON_KEY_MAX + 1];
	json_t *left;

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(path, "."), path);
	left = json_object_get(root, key);
	if ((json_is_object(left) && json_object_size(left) == 0) ||
	    (json_is_array(left) && json_array_size(left) == 0))
		(void)json_object_del(root, key);
}

static int
take_out(json_t *root, struct str type, const char *path)
{
	if (is_vital(path))
		return ERR_DENIED;
	if (is_required_text(type, path))
		return json_object_set_new(root, path,
		    json_string("redacted")) == 0 ? 0 : ERR_LIMIT;
	remove_path(root, path);
	drop_if_empty(root, path);
	return 0;
}

static int
take_part(json_t *root, struct str type, const char *part)
{
	for (size_t i = 0; i < NELEM(named_parts); i++) {
		if (strcmp(named_parts[i].part, part) != 0)
			continue;
		if (strcmp(part, "victim.name") == 0 &&
		    str_eqz(type, "identity"))
			TRY(take_out(root, type, "name"));
		for (size_t p = 0; p < NELEM(named_parts[i].paths) &&
		    named_parts[i].paths[p] != NULL; p++)
			TRY(take_out(root, type, named_parts[i].paths[p]));
		return 0;
	}
	return take_out(root, type, part);
}

/* Does the top-level property a selector starts with still exist? */
static bool
selector_lives(const json_t *root, const char *selector)
{
	char key[JSON_KEY_MAX + 1];

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(selector, "."),
	    selector);
	return json_object_get(root, key) != NULL;
}

/* STIX 2.1 section 7.2.3: a selector must name something that exists. */
static void
drop_dead_granular(json_t *root)
{
	json_t *list = json_object_get(root, "granular_markings");

	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *selectors = json_object_get(
		    json_array_get(list, i), "selectors");
		bool lives = true;

		for (size_t s = 0; s < json_array_size(selectors); s++) {
			const char *text = json_string_value(
			    json_array_get(selectors, s));

			lives = lives && text != NULL &&
			    selector_lives(root, text);
		}
		if (!lives)
			(void)json_array_remove(list, i);
	}
	if (list != NULL && json_array_size(list) == 0)
		(void)json_object_del(root, "granular_markings");
}

static bool
has_part(const char *const *parts, size_t n, const char *part)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(parts[i], part) == 0)
			return true;
	return false;
}

/*
 * Say in the object what it is derived from and what is missing.  Who is
 * not to know the source is not told the id under which it can be asked for.
 */
static int
state_derivation(json_t *root, const struct stix_object *o,
    const char *const *parts, size_t n)
{
	json_t *all = json_object_get(root, "extensions"), *mine, *list;

	if (all == NULL) {
		all = json_object();
		if (json_object_set_new(root, "extensions", all) != 0)
			return ERR_LIMIT;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_string(parts[i]));
	mine = json_pack("{s:s, s:o}", "extension_type",
	    "property-extension", "redacted", list);
	if (!has_part(parts, n, "source"))
		(void)json_object_set_new(mine, "derived_from",
		    json_stringn(o->id.p, o->id.n));
	return json_object_set_new(all, COMITY_EXTENSION_ID, mine) == 0 ?
	    0 : ERR_LIMIT;
}

struct str
derive_source(const struct stix_object *o)
{
	json_t *mine = json_object_get(json_object_get(o->json,
	    "extensions"), COMITY_EXTENSION_ID);
	const json_t *source = json_object_get(mine, "derived_from");

	if (!json_is_string(source))
		return STR("");
	return (struct str){ json_string_value(source),
	    json_string_length(source) };
}

unix_ms_t
derive_embargo(const struct stix_object *o)
{
	const json_t *mine = json_object_get(json_object_get(o->json,
	    "extensions"), COMITY_EXTENSION_ID);
	const json_t *until = json_object_get(mine, "embargo_until");
	struct stix_time t;

	if (until == NULL)
		until = json_object_get(o->json, "published");
	if (!json_is_string(until) || stix_time_parse((struct str){
	    json_string_value(until), json_string_length(until) }, &t) != 0)
		return UNIX_MS_NEVER;
	/* Up: it is not over a moment before it is. */
	return (unix_ms_t){ t.seconds * 1000 + (t.nanos + 999999) / 1000000 };
}

static int
redact_tree(json_t *root, const struct stix_object *o,
    const char *const *parts, size_t n, const char *cert_id)
{
	char id[STIX_ID_MAX];

	for (size_t i = 0; i < n; i++)
		TRY(take_part(root, o->type, parts[i]));
	drop_dead_granular(root);
	TRY(state_derivation(root, o, parts, n));
	if (json_object_set_new(root, "id", json_string(derive_id(o, parts,
	    n, cert_id, id))) != 0)
		return ERR_LIMIT;
	/* Cyber-observable objects have no creator [STIX 3.1]. */
	if (json_object_get(root, "created") != NULL &&
	    json_object_set_new(root, "created_by_ref",
	    json_string(derive_identity(cert_id, id))) != 0)
		return ERR_LIMIT;
	return 0;
}

int
derive_redacted(const struct stix_object *o, const char *const *parts,
    size_t n, const char *cert_id, struct buf *out)
{
	json_t *root = json_deep_copy(o->json);
	char *text = NULL;
	int rc = root == NULL ? ERR_LIMIT :
	    redact_tree(root, o, parts, n, cert_id);

	if (rc == 0 && (text = json_dumps(root, JSON_COMPACT)) == NULL)
		rc = ERR_LIMIT;
	if (rc == 0)
		buf_addz(out, text);
	free(text);
	json_decref(root);
	return rc;
}
