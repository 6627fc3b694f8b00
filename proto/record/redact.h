/*
 * Taking parts out of an object's tree.  Only derive.c and redact_*.c
 * include it.
 *
 * A path is "a.b", followed through lists; "a[*].b" and "a[0].b" name items,
 * "a.*.b" any property, "'a.b'" one with a dot in its name.  With a type in
 * front, "email-message:from_ref.value", it is of objects of that type and
 * of comparisons in patterns.
 */
#ifndef RECORD_REDACT_H
#define RECORD_REDACT_H

#include <jansson.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"

#define REDACT_STEPS_MAX 16
#define REDACTED_TEXT "[redacted]"
/* A removed value shorter than this is not looked for elsewhere. */
#define REDACT_VALUE_MIN 4

struct redact_step {
	struct str key;		/* borrowed from the path's text; no quotes */
	bool any;		/* "*" */
	bool index;		/* "[...]": skipped where patterns match */
};

struct redact_path {
	struct str type;	/* empty: of any object */
	struct redact_step steps[REDACT_STEPS_MAX];
	size_t n;
};

/* redact_path_parse(text, out): out borrows from text.  ERR_SYNTAX. */
int redact_path_parse(const char *text, struct redact_path *out) MUST_CHECK;

/* What is being taken out of one object. */
struct redaction {
	json_t *root;			/* borrowed */
	struct str type;		/* borrowed */
	VEC(char *) removed;		/* owned: texts that may not appear */
	VEC(struct redact_path) typed;	/* those that patterns heed */
};
void redaction_clear(struct redaction *r);

/* redaction_hunt(r, s): s may appear nowhere in what is left. */
void redaction_hunt(struct redaction *r, struct str s);

/*
 * redaction_take(r, path, hunt): remove what path leads to; a text that the
 * object must have is replaced by REDACTED_TEXT.  With hunt set, the texts
 * that were there are noted in r->removed.  ERR_DENIED: the object cannot do
 * without it.
 */
int redaction_take(struct redaction *r, const struct redact_path *path,
    bool hunt) MUST_CHECK;

/*
 * redaction_drop_refs(r, prefix): remove every reference to an id that
 * begins so, but for created_by_ref.  ERR_DENIED: one is of those that the
 * object cannot do without.
 */
int redaction_drop_refs(struct redaction *r, const char *prefix) MUST_CHECK;

/*
 * redaction_scrub(r): take what is in r->removed out of everything else:
 * replaced in free text, dropped elsewhere, out of patterns by
 * redact_pattern.  ERR_DENIED: it is where the object cannot do without.
 */
int redaction_scrub(struct redaction *r) MUST_CHECK;

/* redaction_check(r, before): nothing is gone that has to be there. */
int redaction_check(const struct redaction *r, const json_t *before)
    MUST_CHECK;

/* redaction_finds(r, s): is one of r->removed in s, in any capitals? */
bool redaction_finds(const struct redaction *r, struct str s);

/*
 * redact_pattern(r, text, out): append the STIX pattern without the
 * comparisons that r->typed or r->removed concern, each with the smallest
 * alternative it is in: what is left matches nothing that the whole did not
 * match.  Return 1 if it differs, 0 if nothing had to go; ERR_DENIED if
 * nothing is left, or the pattern does not read.
 */
int redact_pattern(const struct redaction *r, struct str text,
    struct buf *out) MUST_CHECK;

#endif
