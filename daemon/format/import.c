#include "format/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"
#include "format/import_private.h"

static const char *const names[] = {
	[IMPORT_AUTO] = "auto", [IMPORT_STIX] = "stix",
	[IMPORT_MISP] = "misp", [IMPORT_CSV] = "csv", [IMPORT_LIST] = "list",
};

const char *
import_format_name(enum import_format f)
{
	return names[f];
}

enum import_format
import_format_find(const char *name)
{
	for (size_t i = IMPORT_STIX; i < NELEM(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum import_format)i;
	return IMPORT_AUTO;
}

void
import_clear(struct import *i)
{
	buf_clear(&i->objects);
	vec_clear(&i->notes);
	vec_clear(&i->places);
}

#define PART_BYTES MIB(4)
#define PART_NOTES 1000

/* Hand out what there is, if that is much. */
static void
part_end(struct import *i)
{
	if (i->on_part == NULL || i->format == IMPORT_STIX ||
	    (i->objects.n < PART_BYTES && i->notes.n < PART_NOTES))
		return;
	if (i->n > 0)
		buf_addc(&i->objects, ']');
	i->on_part(i, i->arg);
	buf_reset(&i->objects);
	i->n = i->notes.n = i->places.n = 0;
}

void
import_note(struct import *i, bool refused, const char *place,
    const char *fmt, ...)
{
	struct import_note n = { .refused = refused };
	va_list ap;

	if (!refused && i->losses++ >= IMPORT_NOTES_MAX) {
		i->lost++;
		return;
	}
	part_end(i);
	snprintf(n.place, sizeof(n.place), "%s", place);
	va_start(ap, fmt);
	vsnprintf(n.text, sizeof(n.text), fmt, ap);
	va_end(ap);
	vec_push(&i->notes, n);
}

void
import_add(struct import *i, uint32_t place, struct str bytes)
{
	part_end(i);
	buf_addc(&i->objects, i->n == 0 ? '[' : ',');
	buf_add(&i->objects, bytes.p, bytes.n);
	vec_push(&i->places, place);
	i->n++;
}

void
import_add_json(struct import *i, uint32_t place, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	if (text == NULL) {
		import_note(i, true, "", "an object that cannot be written");
		return;
	}
	import_add(i, place, str_of(text));
	free(text);
}

void
import_set(json_t *o, const char *name, struct str s)
{
	json_t *t = s.n == 0 ? NULL : json_stringn(s.p, s.n);

	if (t != NULL)
		(void)json_object_set_new(o, name, t);
}

json_t *
import_indicator_new(const struct import_indicator *n)
{
	char uuid[UUID_TEXT_MAX], id[80], at[TIME_TEXT_MAX],
	    from[TIME_TEXT_MAX], made[TIME_TEXT_MAX];
	AUTO_BUF struct buf seed = { 0 };
	json_t *o;

	if (n->id == NULL) {
		buf_addz(&seed, "indicator\n");
		buf_add(&seed, n->pattern.p, n->pattern.n);
		snprintf(id, sizeof(id), "indicator--%s", uuid_v5(
		    uuid_namespace_comity, buf_str(&seed), uuid));
	} else {
		snprintf(id, sizeof(id), "%s", n->id);
	}
	time_format(at, n->at);
	time_format(made, n->created.ms == 0 ? n->at : n->created);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "indicator",
	    "spec_version", "2.1", "id", id, "created", made, "modified", at);
	import_set(o, "pattern", n->pattern);
	import_set(o, "pattern_type", n->pattern_type == NULL ? STR("stix") :
	    str_of(n->pattern_type));
	import_set(o, "valid_from", str_of(time_format(from, n->from)));
	return o;
}

/* ---- what is it? ---- */

/* The first line that is not empty, and no comment. */
static struct str
first_line(struct str text)
{
	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		if (n > 0 && text.p[0] != '#' && text.p[0] != '\r')
			return (struct str){ text.p, n };
		text.p += n + (end != NULL);
		text.n -= n + (end != NULL);
	}
	return text;
}

static bool
has(struct str text, const char *word)
{
	return text.n > 0 && text.p != NULL &&
	    memmem(text.p, text.n, word, strlen(word)) != NULL;
}

enum import_format
import_detect(struct str text)
{
	struct str line, head;
	size_t at = 0;

	if (str_starts(text, "\xef\xbb\xbf")) {
		text.p += 3;
		text.n -= 3;
	}
	while (at < text.n && strchr(" \t\r\n", text.p[at]) != NULL &&
	    text.p[at] != '\0')
		at++;
	if (at < text.n && (text.p[at] == '{' || text.p[at] == '[')) {
		head = (struct str){ text.p, text.n < KIB(64) ? text.n :
		    KIB(64) };
		return has(head, "\"Event\"") || has(head, "\"Attribute\"") ?
		    IMPORT_MISP : IMPORT_STIX;
	}
	line = first_line(text);
	return memchr(line.p == NULL ? "" : line.p, ',', line.n) != NULL ||
	    memchr(line.p == NULL ? "" : line.p, ';', line.n) != NULL ||
	    memchr(line.p == NULL ? "" : line.p, '\t', line.n) != NULL ?
	    IMPORT_CSV : IMPORT_LIST;
}

int
import_convert(struct str text, const struct import_options *o,
    struct import *out, struct err *e)
{
	int rc;

	out->format = o->format == IMPORT_AUTO ? import_detect(text) :
	    o->format;
	switch (out->format) {
	case IMPORT_MISP:
		rc = import_misp(text, o, out, e);
		break;
	case IMPORT_CSV:
		rc = import_csv(text, o, out, e);
		break;
	case IMPORT_LIST:
		rc = import_list(text, o, out, e);
		break;
	default:
		rc = import_stix(text, o, out, e);
	}
	if (out->n > 0)
		buf_addc(&out->objects, ']');
	return rc;
}
