/*
 * What STIX 2.1 says about types and properties, as tables: one row a type,
 * one row a property.
 */
#ifndef RECORD_STIX_TYPES_H
#define RECORD_STIX_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Families of section 3.2, as bits. */
enum stix_family {
	STIX_SDO = 1, STIX_SRO = 2, STIX_SCO = 4,
	STIX_EXTENSION = 8, STIX_LANGUAGE = 16, STIX_MARKING = 32,
	STIX_BUNDLE = 64,
	STIX_ALL = 63,		/* every kind of object */
};

enum stix_kind {
	KIND_STRING, KIND_BOOL, KIND_INTEGER,
	KIND_TIME, KIND_TIME_MS,	/* _MS: at least three digits */
	KIND_LANG, KIND_NAME,		/* NAME: [a-z0-9-]+ */
	KIND_ENUM,			/* one of arg's words */
	KIND_REF,			/* id of a type among arg's words, */
	KIND_REF_NOT,			/*   not of a type among them */
	KIND_STRINGS, KIND_REFS,
	KIND_DICT,
	KIND_EXTERNAL, KIND_KILL_CHAIN,	/* lists of such objects */
	KIND_GRANULAR, KIND_EXTENSIONS,
};

struct stix_property {
	const char *name;
	enum stix_kind kind;
	uint8_t required;	/* families that must have it; ~0: all */
	uint8_t known;		/* families that define it; 0: all */
	const char *arg;	/* words with a space round each; may be NULL */
	int64_t min, max;	/* KIND_INTEGER */
};

/* Two times of one object: later must not be before (or at) earlier. */
struct stix_order {
	const char *earlier, *later;
	bool strict;
};

struct stix_type {
	const char *name;
	enum stix_family family;
	const struct stix_property *properties;	/* ended by a NULL name */
	struct stix_order order;		/* earlier may be NULL */
};

/* The common properties, in this order in stix_common. */
enum stix_common_index {
	COMMON_TYPE, COMMON_ID, COMMON_SPEC_VERSION, COMMON_CREATED_BY,
	COMMON_CREATED, COMMON_MODIFIED, COMMON_REVOKED, COMMON_LABELS,
	COMMON_CONFIDENCE, COMMON_LANG, COMMON_EXTERNAL, COMMON_MARKINGS,
	COMMON_GRANULAR, COMMON_EXTENSIONS, COMMON_DEFANGED, COMMON_N,
};
extern const struct stix_property stix_common[COMMON_N];

/* stix_type_find(name): the type of that name, or NULL. */
const struct stix_type *stix_type_find(struct str name);

/* stix_word_in(words, s): is s among the words (" a b ")? */
bool stix_word_in(const char *words, struct str s);

#endif
