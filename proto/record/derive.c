#include "record/derive.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/uuid.h"
#include "record/marking.h"
#include "record/redact.h"

/*
 * What the named parts stand for, as paths; what is taken out there may not
 * be quoted elsewhere.
 */
static const struct {
	const char *part;
	const char *paths[8];
} named_parts[] = {
	{ "source", { "x_source", "x_source_ref" } },
	{ "victim.name", { "x_victim_name", "x_victim.name", "victim_name",
	    "victim.name" } },
	{ "victim.contact", { "x_victim_contact", "x_victim.contact",
	    "victim_contact", "victim.contact", "contact_information" } },
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

bool
derive_part_reads(const char *part)
{
	struct redact_path path;

	return redact_path_parse(part, &path) == 0;
}

static bool
hides_source(const struct derive_options *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->parts[i], named_parts[0].part) == 0)
			return true;
	return false;
}

static int
take_path(struct redaction *r, const char *text, bool hunt)
{
	struct redact_path path;

	/* A path that does not read leads to nobody knows what. */
	return redact_path_parse(text, &path) != 0 ? ERR_DENIED :
	    redaction_take(r, &path, hunt);
}

/* External references may name the source; their addresses do. */
static int
take_source(struct redaction *r, const struct derive_options *d)
{
	const char *creator = json_string_value(json_object_get(r->root,
	    "created_by_ref"));
	json_t *refs = json_object_get(r->root, "external_references");
	json_t *item;
	size_t i;

	if (creator != NULL)
		redaction_hunt(r, str_of(creator));
	for (i = 0; i < d->nalso; i++)
		redaction_hunt(r, d->also[i]);
	json_array_foreach(refs, i, item) {
		const char *url = json_string_value(json_object_get(item,
		    "url"));

		if (url != NULL)
			redaction_hunt(r, str_of(url));
	}
	return take_path(r, "external_references", false);
}

/*
 * A description may name the victim in words that nobody can look for, and
 * an identity that is referred to may be the victim.
 */
static int
take_victim(struct redaction *r, const char *part)
{
	if (strcmp(part, "victim.name") == 0 && str_eqz(r->type, "identity"))
		TRY(take_path(r, "name", true));
	TRY(take_path(r, "description", false));
	return redaction_drop_refs(r, "identity--");
}

static int
take_part(struct redaction *r, const struct derive_options *d,
    const char *part)
{
	for (size_t i = 0; i < NELEM(named_parts); i++) {
		if (strcmp(named_parts[i].part, part) != 0)
			continue;
		for (size_t p = 0; p < NELEM(named_parts[i].paths) &&
		    named_parts[i].paths[p] != NULL; p++)
			TRY(take_path(r, named_parts[i].paths[p], true));
		return i == 0 ? take_source(r, d) : take_victim(r, part);
	}
	return take_path(r, part, true);
}

/* Does what a selector names still exist? */
static bool
selector_lives(json_t *at, const char *selector)
{
	while (at != NULL && *selector != '\0') {
		size_t n = strcspn(selector, ".");
		uint64_t i;

		if (!json_is_array(at))
			at = json_object_getn(at, selector, n);
		else if (n > 2 && str_to_u64((struct str){ selector + 1,
		    n - 2 }, &i) == 0)
			at = json_array_get(at, i);
		else
			return false;
		selector += n + (selector[n] == '.');
	}
	return at != NULL;
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

/*
 * Say in the object what it is derived from and what is missing.  Who is
 * not to know the source is not told the id under which it can be asked for.
 */
static int
state_derivation(json_t *root, const struct stix_object *o,
    const struct derive_options *d)
{
	json_t *all = json_object_get(root, "extensions"), *mine, *list;
	json_t *embargo = json_object_get(json_object_get(all,
	    COMITY_EXTENSION_ID), "embargo_until");

	list = json_array();
	for (size_t i = 0; i < d->n; i++)
		(void)json_array_append_new(list, json_string(d->parts[i]));
	mine = json_pack("{s:s, s:o}", "extension_type",
	    "property-extension", "redacted", list);
	if (!hides_source(d))
		(void)json_object_set_new(mine, "derived_from",
		    json_stringn(o->id.p, o->id.n));
	if (embargo != NULL)
		(void)json_object_set(mine, "embargo_until", embargo);
	if (all == NULL) {
		all = json_object();
		if (json_object_set_new(root, "extensions", all) != 0)
			return ERR_LIMIT;
	}
	return json_object_set_new(all, COMITY_EXTENSION_ID, mine) == 0 ?
	    0 : ERR_LIMIT;
}

/*
 * Markings that everybody knows may stay; others are objects of somebody,
 * and what they say is in the label.
 */
static void
drop_foreign_markings(json_t *root)
{
	json_t *refs = json_object_get(root, "object_marking_refs");
	json_t *granular = json_object_get(root, "granular_markings");

	for (size_t i = json_array_size(refs); i-- > 0;)
		if (!marking_is_fixed(str_of(json_string_value(
		    json_array_get(refs, i)))))
			(void)json_array_remove(refs, i);
	for (size_t i = json_array_size(granular); i-- > 0;) {
		const char *ref = json_string_value(json_object_get(
		    json_array_get(granular, i), "marking_ref"));

		if (ref != NULL && !marking_is_fixed(str_of(ref)))
			(void)json_array_remove(granular, i);
	}
	if (refs != NULL && json_array_size(refs) == 0)
		(void)json_object_del(root, "object_marking_refs");
	if (granular != NULL && json_array_size(granular) == 0)
		(void)json_object_del(root, "granular_markings");
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

struct str
derive_name(const struct stix_object *o)
{
	const json_t *name = json_object_get(o->json, "name");

	return json_is_string(name) ? (struct str){ json_string_value(name),
	    json_string_length(name) } : STR("");
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
take_all(struct redaction *r, const struct derive_options *d)
{
	for (size_t i = 0; i < d->n; i++)
		TRY(take_part(r, d, d->parts[i]));
	return redaction_scrub(r);
}

static int
redact_tree(json_t *root, const struct stix_object *o,
    const struct derive_options *d)
{
	struct redaction r = { .root = root, .type = o->type };
	char id[STIX_ID_MAX];
	int rc = take_all(&r, d);

	if (rc == 0)
		rc = redaction_check(&r, o->json);
	redaction_clear(&r);
	TRY(rc);
	if (hides_source(d))
		drop_foreign_markings(root);
	drop_dead_granular(root);
	TRY(state_derivation(root, o, d));
	if (json_object_set_new(root, "id", json_string(derive_id(o,
	    d->parts, d->n, d->cert_id, id))) != 0)
		return ERR_LIMIT;
	/* Cyber-observable objects have no creator [STIX 3.1]. */
	if (json_object_get(root, "created") != NULL &&
	    json_object_set_new(root, "created_by_ref",
	    json_string(derive_identity(d->cert_id, id))) != 0)
		return ERR_LIMIT;
	return 0;
}

int
derive_redacted(const struct stix_object *o, const struct derive_options *d,
    struct buf *out)
{
	json_t *root = json_deep_copy(o->json);
	char *text = NULL;
	int rc = root == NULL ? ERR_LIMIT : redact_tree(root, o, d);

	if (rc == 0 && (text = json_dumps(root, JSON_COMPACT)) == NULL)
		rc = ERR_LIMIT;
	if (rc == 0)
		buf_addz(out, text);
	free(text);
	json_decref(root);
	return rc;
}
