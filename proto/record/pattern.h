/*
 * STIX patterns (STIX 2.1 section 9): reads the whole grammar in one pass
 * and keeps the comparisons that name a value.  It does not match patterns
 * against observations.
 */
#ifndef RECORD_PATTERN_H
#define RECORD_PATTERN_H

#include "base/arena.h"
#include "base/limits.h"
#include "record/observable.h"

/* Comparisons kept of one pattern; one with more does not parse. */
#define PATTERN_TERMS_MAX (4 * PATTERN_KEYS_MAX)

enum pattern_value {
	PATTERN_STRING, PATTERN_INTEGER, PATTERN_FLOAT, PATTERN_BOOLEAN,
	PATTERN_TIMESTAMP, PATTERN_HEX, PATTERN_BINARY,
};

/*
 * "path = value", one member of "path IN (...)", or "path ISSUBSET value";
 * never a negated one.
 */
struct pattern_term {
	/*
	 * "file:hashes.SHA-256", "a:b[*].c": quotes taken off, a dot,
	 * bracket or backslash inside a quoted step after a backslash.
	 */
	struct str path;
	struct str value;	/* as text; escapes of strings resolved */
	enum pattern_value kind;
	bool subset;		/* ISSUBSET */
	enum observable_part part;
};

struct pattern {
	struct pattern_term *terms;	/* in the arena */
	size_t n;
	size_t at;		/* where it does not parse, in bytes */
	const char *why;	/* then: what was wanted there; static */
};

/*
 * pattern_parse(text, arena, out): read text (UTF-8), which must outlive
 * out as the arena must.  Return 0; ERR_SYNTAX with out->at and out->why
 * (parentheses nested deeper than PATTERN_DEPTH_MAX and more comparisons
 * than PATTERN_TERMS_MAX count as such); ERR_LIMIT if the arena is full.
 */
int pattern_parse(struct str text, struct arena *arena, struct pattern *out)
    MUST_CHECK;

#endif
