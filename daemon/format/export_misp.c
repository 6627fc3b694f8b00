/*
 * MISP: one event whose attributes are values of indicators, and of observed
 * things, which alert nobody.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/uuid.h"
#include "format/export_private.h"

#define UUID_CHARS 36

/* How MISP calls what we cannot ask the object about. */
static const struct misp_type {
	enum observable_kind kind;
	const char *prefix;	/* of a hash's value, or "" */
	const char *type, *category;
} types[] = {
	{ OBSERVABLE_DOMAIN, "", "domain", "Network activity" },
	{ OBSERVABLE_IP, "", "ip-dst", "Network activity" },
	{ OBSERVABLE_URL, "", "url", "Network activity" },
	{ OBSERVABLE_HASH, "MD5:", "md5", "Payload delivery" },
	{ OBSERVABLE_HASH, "SHA-1:", "sha1", "Payload delivery" },
	{ OBSERVABLE_HASH, "SHA-256:", "sha256", "Payload delivery" },
	{ OBSERVABLE_HASH, "SHA-512:", "sha512", "Payload delivery" },
	{ OBSERVABLE_HASH, "SSDEEP:", "ssdeep", "Payload delivery" },
	{ OBSERVABLE_HASH, "TLSH:", "tlsh", "Payload delivery" },
	{ OBSERVABLE_EMAIL, "", "email", "Payload delivery" },
	{ OBSERVABLE_MAC, "", "mac-address", "Network activity" },
	{ OBSERVABLE_FILE_NAME, "", "filename", "Payload delivery" },
	{ OBSERVABLE_MUTEX, "", "mutex", "Artifacts dropped" },
	{ OBSERVABLE_REGISTRY_KEY, "", "regkey", "Persistence mechanism" },
	{ OBSERVABLE_ASN, "", "AS", "Network activity" },
};

static const struct misp_type *
type_of(const struct observable *o)
{
	static const struct misp_type other = { 0, "", "other", "Other" };

	for (size_t i = 0; i < NELEM(types); i++)
		if (types[i].kind == o->kind &&
		    str_starts(o->value, types[i].prefix))
			return &types[i];
	return &other;
}

static json_t *
text(struct str s)
{
	json_t *t = json_stringn(s.p == NULL ? "" : s.p, s.n);

	return t != NULL ? t : json_string("");
}

/*
 * The object's own UUID where it has one value; where it has several, each
 * has one that follows from both.
 */
static json_t *
attribute_uuid(const struct export_value *v)
{
	AUTO_BUF struct buf name = { 0 };
	char uuid[UUID_TEXT_MAX];
	struct str id = v->of->id;

	if (v->of->values == 1 && id.n > UUID_CHARS)
		return text((struct str){ id.p + id.n - UUID_CHARS,
		    UUID_CHARS });
	buf_add(&name, id.p, id.n);
	buf_addc(&name, '\n');
	buf_add(&name, v->o.value.p, v->o.value.n);
	return json_string(uuid_v5(uuid_namespace_comity, buf_str(&name),
	    uuid));
}

static void
tag(json_t *list, const char *form, char value)
{
	char name[64];

	snprintf(name, sizeof(name), "admiralty-scale:%s=\"%c\"", form,
	    value);
	(void)json_array_append_new(list, json_pack("{s:s}", "name", name));
}

/*
 * Of the scale an attribute has one tag each: where we have reports of
 * peers to judge by, it is ours.
 */
static bool
is_replaced(const struct export_object *e, struct str label)
{
	return e->peers && str_starts(label, "admiralty-scale:");
}

static json_t *
tags(const struct export_object *e)
{
	json_t *list = json_array();
	char tlp[64];

	if (e->tlp.n > 0) {
		snprintf(tlp, sizeof(tlp), "tlp:%.*s", (int)e->tlp.n,
		    e->tlp.p);
		(void)json_array_append_new(list, json_pack("{s:s}", "name",
		    tlp));
	}
	if (e->pap.n > 0) {
		snprintf(tlp, sizeof(tlp), "PAP:%.*s", (int)e->pap.n,
		    e->pap.p);
		for (char *p = tlp; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 32);
		(void)json_array_append_new(list, json_pack("{s:s}", "name",
		    tlp));
	}
	for (size_t i = 0; i < e->nlabels; i++)
		if (!str_starts(e->labels[i], "tlp:") &&
		    !str_starts(e->labels[i], "PAP:") &&
		    !is_replaced(e, e->labels[i]))
			(void)json_array_append_new(list, json_pack("{s:o}",
			    "name", text(e->labels[i])));
	if (e->peers) {
		tag(list, "source-reliability",
		    (char)(e->reliability + 'a' - 'A'));
		tag(list, "information-credibility", e->credibility);
	}
	return list;
}

static json_t *
timestamp(const struct export_object *e)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%lld",
	    (long long)e->version.seconds);
	return json_string(digits);
}

/* A comment that came from MISP, else what people wrote. */
static struct str
comment(const struct export_object *e)
{
	if (e->misp_comment.n > 0)
		return e->misp_comment;
	return e->description.n > 0 ? e->description : e->name;
}

/* What it was called where it came from counts for one value only. */
static struct str
type_name(const struct export_value *v)
{
	if (v->of->values == 1 && v->of->misp_type.n > 0)
		return v->of->misp_type;
	return str_of(type_of(&v->o)->type);
}

static struct str
category(const struct export_value *v)
{
	if (v->of->values == 1 && v->of->misp_category.n > 0)
		return v->of->misp_category;
	return str_of(type_of(&v->o)->category);
}

/* An event has no two attributes of one type and value. */
static bool
is_there_before(const struct export_set *s, size_t i)
{
	const struct export_value *v = &s->values.v[i], *u;

	for (size_t k = i; k-- > 0; ) {
		u = &s->values.v[k];
		if (u->o.kind != v->o.kind ||
		    !str_eq(u->o.value, v->o.value))
			return false;
		if (str_eq(type_name(u), type_name(v)))
			return true;
	}
	return false;
}

static json_t *
attribute(const struct export_value *v)
{
	const struct export_object *e = v->of;
	struct str value = v->o.value;
	size_t skip = strlen(type_of(&v->o)->prefix);

	value.p += skip;
	value.n -= skip;
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
	    "uuid", attribute_uuid(v),
	    "type", text(type_name(v)), "category", text(category(v)),
	    "value", text(value),
	    "to_ids", e->misp_to_ids >= 0 ? e->misp_to_ids : e->indicator,
	    "comment", text(comment(e)), "timestamp", timestamp(e),
	    "Tag", tags(e));
}

/* The event's time is that of the newest of what is in it. */
static json_t *
event(const struct export_set *s, const char *name)
{
	const struct export_object *newest = NULL;
	AUTO_BUF struct buf seed = { 0 };
	char uuid[UUID_TEXT_MAX];
	struct str day = STR("1970-01-01");

	buf_addf(&seed, "misp event\n%s", name);
	for (size_t i = 0; i < s->objects.n; i++)
		if (newest == NULL || stix_time_cmp(&newest->version,
		    &s->objects.v[i]->version) < 0)
			newest = s->objects.v[i];
	if (newest != NULL && newest->modified.n > day.n)
		day.p = newest->modified.p;
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:s, s:o}",
	    "uuid", uuid_v5(uuid_namespace_comity, buf_str(&seed), uuid),
	    "info", name, "date", text(day), "threat_level_id", "4",
	    "analysis", "2", "published", 0, "distribution", "0",
	    "timestamp", newest == NULL ? json_string("0") :
	    timestamp(newest));
}

static void
write_misp(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	json_t *e = event(s, o->name == NULL ? "comity" : o->name);
	json_t *list = json_array(), *doc;
	char *dumped;

	for (size_t i = 0; i < s->values.n; i++)
		if (!is_there_before(s, i))
			(void)json_array_append_new(list,
			    attribute(&s->values.v[i]));
	(void)json_object_set_new(e, "Attribute", list);
	doc = json_pack("{s:o}", "Event", e);
	dumped = json_dumps(doc, JSON_INDENT(1));
	json_decref(doc);
	buf_addf(out, "%s\n", dumped == NULL ? "{}" : dumped);
	free(dumped);
}

const struct export_format export_misp = {
	.name = "misp", .help = "MISP event, an attribute for each value",
	.values = true, .observed = true, .rated = true,
	.kinds = UINT32_MAX, .write = write_misp,
};
