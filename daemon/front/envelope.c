#include "front/envelope.h"

#include <stdio.h>
#include <string.h>

#include "record/bundle_scan.h"
#include "record/json_check.h"

#define STIX_MEDIA "application/stix+json;version=2.1"
#define MEMBERS_MAX 64

static const char not_json[] = "not JSON (RFC 8259)";
static const char no_objects[] = "no envelope: want an object with `objects`";

void
envelope_clear(struct envelope *e)
{
	vec_clear(&e->objects);
}

/* ---- what tools post ---- */

static int
refuse(struct envelope *e, unsigned status, int code, const char *why)
{
	e->status = status;
	snprintf(e->why, sizeof(e->why), "%s", why);
	return code;
}

static int
take_object(struct envelope *e, struct str s)
{
	if (e->objects.n == TAXII_POST_OBJECTS_MAX)
		return refuse(e, 422, ERR_LIMIT, "more than 100000 objects in "
		    "one envelope: send several");
	if (s.n > RECORD_BYTES_MAX) {
		snprintf(e->why, sizeof(e->why), "object %zu has %zu bytes; "
		    "want at most %d", e->objects.n, s.n, RECORD_BYTES_MAX);
		e->status = 422;
		return ERR_LIMIT;
	}
	vec_push(&e->objects, s);
	return 0;
}

/* The objects of the list that begins at at: it is known to be JSON. */
static int
take_list(struct envelope *e, struct str text, size_t at)
{
	static const char want[] = "no envelope: `objects` wants a list of "
	    "objects, at least one";
	size_t end;

	if (text.p[at] != '[')
		return refuse(e, 422, ERR_SYNTAX, want);
	at = scan_space(text, at + 1);
	while (at < text.n && text.p[at] != ']') {
		end = scan_value(text, at);
		if (end == SCAN_BROKEN || text.p[at] != '{')
			return refuse(e, 422, ERR_SYNTAX, want);
		TRY(take_object(e, (struct str){ text.p + at, end - at }));
		at = scan_space(text, end);
		if (at < text.n && text.p[at] == ',')
			at = scan_space(text, at + 1);
	}
	return e->objects.n == 0 ? refuse(e, 422, ERR_SYNTAX, want) : 0;
}

/* The members of an envelope, as they are read. */
struct members {
	VEC(struct str) names;		/* so far; borrowed from text, or ... */
	VEC(char *) decoded;		/* ... from here; owned */
	struct buf room;		/* of the name that is being read */
	bool has_objects;
	size_t objects_at;
};

static void
members_clear(struct members *m)
{
	for (size_t i = 0; i < m->decoded.n; i++)
		free(m->decoded.v[i]);
	vec_clear(&m->decoded);
	vec_clear(&m->names);
	buf_clear(&m->room);
}

/* A name that is there once (I-JSON, RFC 7493 2.3). */
static int
note_name(struct envelope *e, struct members *m, struct str name)
{
	char shown[80];

	for (size_t i = 0; i < m->names.n; i++) {
		if (!str_eq(m->names.v[i], name))
			continue;
		snprintf(e->why, sizeof(e->why), "`%s` is there twice",
		    str_escape(shown, sizeof(shown), name));
		e->status = 400;
		return ERR_SYNTAX;
	}
	if (m->names.n == MEMBERS_MAX)
		return refuse(e, 422, ERR_LIMIT, "no envelope: more than 64 "
		    "properties");
	if (m->room.n > 0) {
		vec_push(&m->decoded, mem_dup(name.p, name.n));
		name.p = m->decoded.v[m->decoded.n - 1];
	}
	vec_push(&m->names, name);
	return 0;
}

/* One member; *inout_at moves behind it. */
static int
read_member(struct envelope *e, struct members *m, struct str text,
    size_t *inout_at)
{
	struct str name;
	size_t at;

	buf_reset(&m->room);
	at = scan_key(text, *inout_at, &m->room, &name);
	if (at == 0)
		return refuse(e, 400, ERR_SYNTAX, not_json);
	at = scan_space(text, at);
	if (at >= text.n || text.p[at] != ':')
		return refuse(e, 400, ERR_SYNTAX, not_json);
	at = scan_space(text, at + 1);
	TRY(note_name(e, m, name));
	if (str_eqz(name, "objects")) {
		m->has_objects = true;
		m->objects_at = at;
	}
	at = json_check(text, at);
	if (at == JSON_BROKEN)
		return refuse(e, 400, ERR_SYNTAX, not_json);
	*inout_at = scan_space(text, at);
	return 0;
}

/* All of the object at at, with nothing behind it. */
static int
read_members(struct envelope *e, struct members *m, struct str text,
    size_t at)
{
	at = scan_space(text, at + 1);
	if (at < text.n && text.p[at] == '}')
		return scan_space(text, at + 1) == text.n ? 0 :
		    refuse(e, 400, ERR_SYNTAX, not_json);
	for (;;) {
		TRY(read_member(e, m, text, &at));
		if (at >= text.n || (text.p[at] != ',' && text.p[at] != '}'))
			return refuse(e, 400, ERR_SYNTAX, not_json);
		if (text.p[at] == '}')
			break;
		at = scan_space(text, at + 1);
	}
	return scan_space(text, at + 1) == text.n ? 0 :
	    refuse(e, 400, ERR_SYNTAX, not_json);
}

/* JSON of another form than an object, or none. */
static int
refuse_other(struct envelope *e, struct str text, size_t at)
{
	size_t end = json_check(text, at);

	if (end == JSON_BROKEN || scan_space(text, end) != text.n)
		return refuse(e, 400, ERR_SYNTAX, not_json);
	return refuse(e, 422, ERR_SYNTAX, no_objects);
}

int
envelope_read(struct str text, struct envelope *out)
{
	size_t at = scan_space(text, 0);
	struct members m = { 0 };
	int rc;

	if (!str_is_utf8(text))
		return refuse(out, 400, ERR_SYNTAX, "not UTF-8");
	if (at >= text.n)
		return refuse(out, 400, ERR_SYNTAX, "no body: want a TAXII "
		    "envelope");
	if (text.p[at] != '{')
		return refuse_other(out, text, at);
	rc = read_members(out, &m, text, at);
	if (rc == 0 && !m.has_objects)
		rc = refuse(out, 422, ERR_SYNTAX, no_objects);
	if (rc == 0)
		rc = take_list(out, text, m.objects_at);
	members_clear(&m);
	return rc;
}

/* ---- what is answered ---- */

void
answer_text(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static void
manifest_item(struct buf *b, const struct taxii_item *item)
{
	char time[TIME_TEXT_MAX];

	buf_addz(b, "{\"id\":");
	answer_text(b, item->id);
	buf_addf(b, ",\"date_added\":\"%s\",\"version\":",
	    time_format_us(time, item->added_us));
	answer_text(b, item->version);
	buf_addz(b, ",\"media_type\":\"" STIX_MEDIA "\"}");
}

void
answer_item(struct answer *a, const struct taxii_item *item)
{
	if (a->n == 0) {
		a->first_us = item->added_us;
		buf_addz(&a->body, a->what == TAXII_VERSIONS ?
		    "{\"versions\":[" : "{\"objects\":[");
	} else {
		buf_addc(&a->body, ',');
	}
	a->n++;
	a->last_us = item->added_us;
	if (a->what == TAXII_MANIFEST)
		manifest_item(&a->body, item);
	else if (a->what == TAXII_VERSIONS)
		answer_text(&a->body, item->version);
	else
		buf_add(&a->body, item->bytes.p, item->bytes.n);
}

void
answer_end(struct answer *a, bool more, struct str next)
{
	buf_addz(&a->body, a->n == 0 ? "{" : "],");
	buf_addf(&a->body, "\"more\":%s", more ? "true" : "false");
	if (more) {
		buf_addz(&a->body, ",\"next\":");
		answer_text(&a->body, next);
	}
	buf_addc(&a->body, '}');
}
