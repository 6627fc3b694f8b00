#include "front/envelope.h"

#include <stdio.h>
#include <string.h>

#include "record/bundle_scan.h"

#define STIX_MEDIA "application/stix+json;version=2.1"

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

/* The list that begins at at, piece by piece. */
static int
take_list(struct envelope *e, struct str text, size_t at)
{
	static const char broken[] = "the list of objects is not JSON";
	size_t end;

	if (text.p[at] != '[')
		return refuse(e, 422, ERR_SYNTAX, "no envelope: `objects` "
		    "wants a list");
	at = scan_space(text, at + 1);
	while (at < text.n && text.p[at] != ']') {
		end = scan_value(text, at);
		if (end == SCAN_BROKEN)
			return refuse(e, 400, ERR_SYNTAX, broken);
		TRY(take_object(e, (struct str){ text.p + at, end - at }));
		at = scan_space(text, end);
		if (at < text.n && text.p[at] == ',') {
			at = scan_space(text, at + 1);
			if (at >= text.n || text.p[at] == ']')
				return refuse(e, 400, ERR_SYNTAX, broken);
		} else if (at >= text.n || text.p[at] != ']') {
			return refuse(e, 400, ERR_SYNTAX, broken);
		}
	}
	if (e->objects.n == 0)
		return refuse(e, 422, ERR_SYNTAX, "an envelope without "
		    "objects");
	return 0;
}

int
envelope_read(struct str text, struct envelope *out)
{
	struct scan_bundle b = { 0 };
	size_t at = scan_space(text, 0), end, broken = 0;

	if (!str_is_utf8(text))
		return refuse(out, 400, ERR_SYNTAX, "not UTF-8");
	if (at >= text.n)
		return refuse(out, 400, ERR_SYNTAX, "no body: want a TAXII "
		    "envelope");
	if (text.p[at] != '{') {
		bool json = strchr("[\"-0123456789tfn", text.p[at]) != NULL &&
		    scan_value(text, at) != SCAN_BROKEN;

		return refuse(out, json ? 422 : 400, ERR_SYNTAX, json ?
		    "no envelope: want an object with `objects`" :
		    "not JSON");
	}
	end = scan_members(text, at, &b, &broken);
	if (end == SCAN_BROKEN || scan_space(text, end) != text.n)
		return refuse(out, 400, ERR_SYNTAX, "not JSON");
	if (b.twice)
		return refuse(out, 400, ERR_SYNTAX, "`objects` twice");
	if (!b.has_objects)
		return refuse(out, 422, ERR_SYNTAX, "no envelope: want an "
		    "object with `objects`");
	return take_list(out, text, b.objects_at);
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
