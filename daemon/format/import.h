/*
 * Formats of others, read into STIX 2.1 objects: STIX 2.0, events of MISP,
 * tables of comma-separated values, plain lists.  Pure.
 */
#ifndef FORMAT_IMPORT_H
#define FORMAT_IMPORT_H

#include "base/str.h"
#include "base/unit.h"

enum import_format {
	IMPORT_AUTO,		/* found from the content */
	IMPORT_STIX,		/* 2.1, or 2.0 that is upgraded */
	IMPORT_MISP, IMPORT_CSV, IMPORT_LIST,
};

/* import_format_name(f), import_format_find(name): IMPORT_AUTO for none. */
const char *import_format_name(enum import_format f);
enum import_format import_format_find(const char *name);

struct import_options {
	enum import_format format;
	const char *kind;	/* of a list's values; NULL: each by itself */
	const char *map;	/* "value=ip,comment=note"; NULL: by header */
	unix_ms_t now;		/* the time of what states none */
};

/* What could not be read, or got lost on the way. */
struct import_note {
	char place[48];		/* "line 12", "object 3", "attribute 4" */
	char text[240];
	bool refused;		/* else something of it was lost */
};

struct import {
	/*
	 * If not NULL: called with whole objects and notes each time that
	 * they are many, after which they are forgotten, so that a text of
	 * any length needs the memory of a part of it.  Not for STIX, whose
	 * markings may come last.
	 */
	void (*on_part)(struct import *i, void *arg);
	void *arg;
	enum import_format format;	/* as it was found */
	struct buf objects;	/* "[{...},...]", or empty: none */
	size_t n;
	VEC(struct import_note) notes;
	size_t losses;		/* among the notes until now */
	size_t lost;		/* losses that are counted, beyond the notes */
	VEC(uint32_t) places;	/* of object i: its line, or its number */
};
void import_clear(struct import *i);

/*
 * import_detect(text): what a file seems to be; never IMPORT_AUTO.
 */
enum import_format import_detect(struct str text);

/*
 * import_is_plain(text): STIX with nothing to convert: it can be published
 * as it is, without a copy.
 */
bool import_is_plain(struct str text);

/*
 * import_convert(text, o, out, e): read all of it into out (zero before but
 * for on_part and arg); what is in out at the end is the last part.
 * What cannot be read is a note, and the rest goes on.  ERR_SYNTAX with e if
 * it is not of that format at all; ERR_USAGE for a kind or a mapping that
 * there is not.
 */
int import_convert(struct str text, const struct import_options *o,
    struct import *out, struct err *e) MUST_CHECK;

#endif
