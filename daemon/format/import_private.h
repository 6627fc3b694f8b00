/*
 * What import*.c share.
 */
#ifndef FORMAT_IMPORT_PRIVATE_H
#define FORMAT_IMPORT_PRIVATE_H

#include <jansson.h>

#include "format/import.h"

#define IMPORT_NOTES_MAX 10000

/* import_note(i, refused, place, fmt, ...): remember, or only count, it. */
void import_note(struct import *i, bool refused, const char *place,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * import_add(i, place, bytes): one more object, as its bytes.
 * import_add_json(i, place, o): the same; o is taken over.
 */
void import_add(struct import *i, uint32_t place, struct str bytes);
void import_add_json(struct import *i, uint32_t place, json_t *o);

/*
 * import_pattern(type, value, out): the STIX pattern that says it: type is
 * a type of MISP or a common word for one ("ipv4", "sha-256"); defanged
 * values are understood.  out_alone: the pattern states just that value, in
 * those letters.  ERR_NOT_FOUND: no such type, or none with a pattern;
 * ERR_SYNTAX: the value is none of that type.
 */
int import_pattern(struct str type, struct str value, struct buf *out,
    bool *out_alone) MUST_CHECK;

/*
 * import_pattern_any(value, out): the same for what it looks like.
 */
int import_pattern_any(struct str value, struct buf *out) MUST_CHECK;

/* import_pattern_knows(type): import_pattern has that type. */
bool import_pattern_knows(struct str type);

/* An indicator that was made of a value. */
struct import_indicator {
	struct str pattern;
	const char *pattern_type;	/* NULL: stix */
	const char *id;		/* NULL: follows from the pattern */
	unix_ms_t at;		/* modified */
	unix_ms_t created;	/* zero: the same */
	unix_ms_t from;		/* valid_from */
};
json_t *import_indicator_new(const struct import_indicator *n);

/* import_set(o, name, s): a text property; left out if it is empty. */
void import_set(json_t *o, const char *name, struct str s);

/* The formats; as import_convert. */
int import_stix(struct str text, const struct import_options *o,
    struct import *out, struct err *e) MUST_CHECK;
int import_misp(struct str text, const struct import_options *o,
    struct import *out, struct err *e) MUST_CHECK;
int import_csv(struct str text, const struct import_options *o,
    struct import *out, struct err *e) MUST_CHECK;
int import_list(struct str text, const struct import_options *o,
    struct import *out, struct err *e) MUST_CHECK;

#endif
