/*
 * STIX 2.1 objects: validation and the facts the rest of the system needs.
 *
 * Validates every object at the level of common properties (section 3.2)
 * and indicator, sighting, identity, marking-definition, observed-data,
 * relationship, note, malware and report in full.  Unknown types and custom
 * properties are carried untouched.  The bytes are never changed.
 */
#ifndef RECORD_STIX_H
#define RECORD_STIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum refusal {
#define REFUSAL_ROW(id, number, name, text) id = number,
#include "record/refusal.def"
#undef REFUSAL_ROW
};

/* refusal_name / refusal_text(number): never NULL. */
const char *refusal_name(int refusal);
const char *refusal_text(int refusal);

#define STIX_ID_MAX 300

/* An instant of any precision: whole seconds and the fraction's digits. */
struct stix_time {
	int64_t seconds;	/* since 1970 */
	uint32_t nanos;		/* the first nine digits of the fraction; */
				/*   10^9 more in second 60, which is 59 */
	struct str rest;	/* digits beyond nine, trailing zeros cut */
};

/* Return 0 or ERR_SYNTAX/ERR_VALUE.  [2.16] */
int stix_time_parse(struct str s, struct stix_time *out) MUST_CHECK;
/* <0, 0, >0 */
int stix_time_cmp(const struct stix_time *a, const struct stix_time *b);

/* Why an object is not valid. */
struct stix_problem {
	enum refusal refusal;
	char text[512];	/* names the property, what was found, what is wanted */
};

/* What one object says about itself.  Text is borrowed from the arena. */
struct stix_object {
	struct str bytes;		/* the object as given; borrowed */
	struct str type, id;
	struct str created_by_ref;	/* empty if absent */
	struct str modified_text;	/* modified, else created, else empty */
	struct stix_time modified;	/* zero for objects without versions */
	bool versioned;			/* has `modified` */
	bool revoked;
	int confidence;			/* 0..100, or -1 when absent */
	struct str *refs;		/* ids in *_ref(s), not created_by_ref, */
	size_t nrefs;			/*   nor markings; sorted, each once */
	struct str *markings;		/* marking-definition ids, whole object */
	size_t nmarkings;
	struct str *granular;		/* marking ids in granular_markings */
	size_t ngranular;
	struct str *labels;		/* the `labels` list */
	size_t nlabels;
	struct str *indicator_types;
	size_t nindicator_types;
	struct str pattern, pattern_type;	/* indicators */
	void *json;	/* json_t *, borrowed from the reader until it is reset */
};

struct stix_reader;	/* reusable parser; one object at a time */

struct stix_reader *stix_reader_new(void);
void stix_reader_free(struct stix_reader *r);
MEM_AUTO(struct stix_reader, stix_reader_free);

/*
 * stix_read(r, bytes, out, problem): parse and validate one object.  out
 * borrows from r (valid until the next stix_read or stix_reader_free) and
 * from bytes.  Return 0, or ERR_VALUE with problem filled (problem->text
 * names property, index and byte position where they are known).  A bundle
 * given here is refused (REFUSAL_TYPE): see bundle.h.  When an object is
 * refused, out has its type and id if these are valid, and nothing else.
 */
int stix_read(struct stix_reader *r, struct str bytes,
    struct stix_object *out, struct stix_problem *problem) MUST_CHECK;

/* stix_id_is_valid(id): type--UUID of RFC 4122 form. */
bool stix_id_is_valid(struct str id);

#endif
