/*
 * Events of MISP: every attribute that states something to look for becomes
 * an indicator, a CVE a vulnerability.  What STIX has no word for stays
 * beside it (format/misp.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"
#include "format/import_private.h"
#include "format/misp.h"
#include "record/json_text.h"

#define TAGS_MAX 64

struct event {
	struct import *out;
	const struct import_options *o;
	const json_t *event;
	uint32_t number;	/* of the attribute at hand */
};

static struct str
text(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return STR("");
	return (struct str){ json_string_value(v), json_string_length(v) };
}

/* Seconds since 1970, as a number or as its digits. */
static bool
seconds(const json_t *o, const char *name, unix_ms_t *out)
{
	const json_t *v = json_object_get(o, name);
	uint64_t n = 0;

	if (json_is_integer(v) && json_integer_value(v) > 0)
		n = (uint64_t)json_integer_value(v);
	else if (str_to_u64(text(o, name), &n) != 0)
		return false;
	if (n == 0 || n > 253402300799)
		return false;
	out->ms = (int64_t)n * 1000;
	return true;
}

static bool
is_uuid(struct str s)
{
	for (size_t i = 0; s.n == 36 && i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : strchr("0123456789abcdef",
		    s.p[i]) == NULL)
			return false;
	}
	return s.n == 36 && s.p[14] >= '1' && s.p[14] <= '5';
}

/* "2026-01-31" as its first moment; false: none. */
static bool
day(const json_t *o, const char *name, unix_ms_t *out)
{
	unix_ms_t end;

	/* The last millisecond of that day is what it reads. */
	if (time_parse_date(text(o, name), &end) != 0)
		return false;
	out->ms = end.ms + 1 - DAY(1);
	return true;
}

/* A moment with its offset, as MISP writes first_seen. */
static bool
moment(const json_t *o, const char *name, unix_ms_t *out)
{
	struct str s = text(o, name);
	struct stix_time t;
	char z[32];

	if (s.n < 25 || !str_ends(s, "+00:00") || s.n - 6 + 2 > sizeof(z))
		return seconds(o, name, out);
	snprintf(z, sizeof(z), "%.*sZ", (int)s.n - 6, s.p);
	if (stix_time_parse(str_of(z), &t) != 0 || t.seconds < 0)
		return false;
	out->ms = SEC(t.seconds) + t.nanos / 1000000 % 1000;
	return true;
}

/* ---- what every attribute of an event has ---- */

static void
add_tags(json_t *labels, const json_t *of)
{
	const json_t *tags = json_object_get(of, "Tag");
	size_t i;
	json_t *t;

	json_array_foreach(tags, i, t) {
		struct str name = text(t, "name");
		bool there = false;
		size_t k;
		json_t *l;

		json_array_foreach(labels, k, l)
			there = there || str_eqz(name, json_string_value(l));
		if (name.n > 0 && !there && json_array_size(labels) <
		    TAGS_MAX)
			(void)json_array_append_new(labels,
			    json_stringn(name.p, name.n));
	}
}

static void
add_origin(const struct event *v, json_t *o)
{
	struct str uuid = text(v->event, "uuid");
	json_t *labels = json_array(), *reference;

	add_tags(labels, v->event);
	reference = json_pack("{s:s}", "source_name", "MISP");
	import_set(reference, "external_id", uuid);
	import_set(reference, "description", text(json_object_get(v->event,
	    "Orgc"), "name"));
	if (uuid.n > 0)
		(void)json_object_set_new(o, "external_references",
		    json_pack("[o]", reference));
	else
		json_decref(reference);
	(void)json_object_set_new(o, "labels", labels);
	import_set(o, "name", text(v->event, "info"));
}

static void
add_misp(json_t *o, const json_t *a, bool alone)
{
	const json_t *ids = json_object_get(a, "to_ids");

	add_tags(json_object_get(o, "labels"), a);
	if (json_array_size(json_object_get(o, "labels")) == 0)
		(void)json_object_del(o, "labels");
	import_set(o, "description", text(a, "comment"));
	import_set(o, MISP_TYPE, text(a, "type"));
	import_set(o, MISP_CATEGORY, text(a, "category"));
	import_set(o, MISP_COMMENT, text(a, "comment"));
	if (json_is_boolean(ids))
		(void)json_object_set_new(o, MISP_TO_IDS, json_boolean(
		    json_is_true(ids)));
	if (!alone)
		import_set(o, MISP_VALUE, text(a, "value"));
	import_set(o, MISP_RELATION, text(a, "object_relation"));
	/* Who has it must learn that it is gone. */
	if (json_is_true(json_object_get(a, "deleted")))
		(void)json_object_set_new(o, "revoked", json_true());
}

/* Of all versions the same: the event's day, unless that is later. */
static unix_ms_t
created(const struct event *v, unix_ms_t at)
{
	unix_ms_t t;

	return day(v->event, "date", &t) && t.ms <= at.ms ? t : at;
}

/* ---- attributes ---- */

/* A rule in another language; NULL: not one. */
static const char *
rule_language(struct str type)
{
	static const char *const languages[] = { "yara", "sigma", "snort" };

	for (size_t i = 0; i < NELEM(languages); i++)
		if (str_eqz(type, languages[i]))
			return languages[i];
	return NULL;
}

static void
take_vulnerability(const struct event *v, const json_t *a, unix_ms_t at)
{
	AUTO_BUF struct buf seed = { 0 };
	char uuid[UUID_TEXT_MAX], id[80], time[TIME_TEXT_MAX],
	    made[TIME_TEXT_MAX];
	struct str value = text(a, "value");
	json_t *o;

	buf_addz(&seed, "vulnerability\n");
	buf_add(&seed, value.p, value.n);
	snprintf(id, sizeof(id), "vulnerability--%s", uuid_v5(
	    uuid_namespace_comity, buf_str(&seed), uuid));
	time_format(time, at);
	time_format(made, created(v, at));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "vulnerability",
	    "spec_version", "2.1", "id", id, "created", made, "modified",
	    time);
	add_origin(v, o);
	add_misp(o, a, false);
	import_set(o, "name", value);
	(void)json_object_set_new(o, "external_references", json_pack(
	    "[{s:s, s:s%}]", "source_name", "cve", "external_id", value.p,
	    value.n));
	import_add_json(v->out, v->number, o);
}

static void
take_indicator(const struct event *v, const json_t *a, unix_ms_t at)
{
	AUTO_BUF struct buf pattern = { 0 };
	struct str type = text(a, "type"), value = text(a, "value"),
	    uuid = text(a, "uuid");
	struct import_indicator n = { .at = at, .from = at,
	    .pattern_type = rule_language(type) };
	char id[80], place[48];
	bool alone = false;
	json_t *o;
	int rc = 0;

	snprintf(place, sizeof(place), "attribute %u", (unsigned)v->number);
	snprintf(id, sizeof(id), "indicator--%.*s", (int)uuid.n, uuid.p);
	n.id = is_uuid(uuid) ? id : NULL;
	if (n.pattern_type != NULL)
		buf_add(&pattern, value.p, value.n);
	else
		rc = import_pattern(type, value, &pattern, &alone);
	if (rc != 0) {
		import_note(v->out, true, place, rc == ERR_NOT_FOUND ?
		    "type \"%.*s\" states nothing to look for: \"%.*s\"" :
		    "not of type %.*s: \"%.*s\"", (int)type.n, type.p,
		    (int)(value.n > 80 ? 80 : value.n), value.p);
		return;
	}
	n.pattern = buf_str(&pattern);
	(void)moment(a, "first_seen", &n.from);
	n.created = created(v, at);
	o = import_indicator_new(&n);
	add_origin(v, o);
	add_misp(o, a, alone);
	import_add_json(v->out, v->number, o);
}

static void
take_attribute(struct event *v, const json_t *a)
{
	unix_ms_t at = v->o->now, event;

	v->number++;
	/*
	 * The tags of the event are the attribute's as well: when they
	 * change, only the event's time does, and a stricter one must be a
	 * newer version here.
	 */
	if (!seconds(a, "timestamp", &at))
		(void)seconds(v->event, "timestamp", &at);
	else if (seconds(v->event, "timestamp", &event) && event.ms > at.ms)
		at = event;
	if (str_eqz(text(a, "type"), "vulnerability"))
		take_vulnerability(v, a, at);
	else
		take_indicator(v, a, at);
}

static void
take_event(struct import *out, const struct import_options *o,
    const json_t *event)
{
	struct event v = { out, o, event, 0 };
	const json_t *objects = json_object_get(event, "Object");
	size_t i, k;
	json_t *a, *object;

	json_array_foreach(json_object_get(event, "Attribute"), i, a)
		take_attribute(&v, a);
	json_array_foreach(objects, i, object)
		json_array_foreach(json_object_get(object, "Attribute"), k, a)
			take_attribute(&v, a);
	if (json_array_size(objects) > 0)
		import_note(out, false, "event", "%zu MISP objects: their "
		    "attributes stand for themselves",
		    json_array_size(objects));
	if (json_array_size(json_object_get(event, "Galaxy")) > 0)
		import_note(out, false, "event", "galaxies are left out");
}

/* {"Event": {...}}, {"response": [...]}, or a list of such. */
static size_t
take_events(struct import *out, const struct import_options *o,
    const json_t *root)
{
	const json_t *event = json_object_get(root, "Event");
	const json_t *list = json_is_array(root) ? root :
	    json_object_get(root, "response");
	size_t i, n = 0;
	json_t *v;

	if (json_is_object(event)) {
		take_event(out, o, event);
		return 1;
	}
	if (json_object_get(root, "Attribute") != NULL) {
		take_event(out, o, root);
		return 1;
	}
	json_array_foreach(list, i, v)
		if (json_is_object(v))
			n += take_events(out, o, v);
	return n;
}

int
import_misp(struct str bytes, const struct import_options *o,
    struct import *out, struct err *e)
{
	json_error_t at;
	json_t *root = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES,
	    &at);
	size_t n;

	if (root == NULL)
		return err_set(e, ERR_SYNTAX, "line %d: %s", at.line, at.text);
	n = take_events(out, o, root);
	json_decref(root);
	return n > 0 ? 0 : err_set(e, ERR_SYNTAX, "no MISP event: want "
	    "{\"Event\": {...}}");
}
