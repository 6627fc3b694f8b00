/*
 * One property against its row of the tables.
 */
#ifndef RECORD_STIX_CHECK_H
#define RECORD_STIX_CHECK_H

#include <jansson.h>

#include "record/stix.h"
#include "record/stix_types.h"

#define STIX_ID_TAIL 38		/* "--" and a UUID, at the end of every id */

struct stix_check {
	json_t *root;			/* borrowed: the object */
	const char *type;		/* its type, for texts */
	struct stix_problem *problem;
};

/*
 * stix_refuse(problem, refusal, fmt, ...): fill problem and return
 * ERR_VALUE.
 */
int stix_refuse(struct stix_problem *problem, enum refusal refusal,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * stix_check_property(c, row, value): 0, or ERR_VALUE with c->problem
 * filled.
 */
int stix_check_property(const struct stix_check *c,
    const struct stix_property *row, json_t *value) MUST_CHECK;

/*
 * stix_check_granular(c, list) / stix_check_extensions(c, dict):
 * the two common properties with rules of their own (7.2.3, 7.3).
 */
int stix_check_granular(const struct stix_check *c, json_t *list) MUST_CHECK;
int stix_check_extensions(const struct stix_check *c, json_t *dict)
    MUST_CHECK;

/* stix_check_ref(c, name, row, value): value is an id as row wants it. */
int stix_check_ref(const struct stix_check *c, const char *name,
    const struct stix_property *row, const json_t *value) MUST_CHECK;

/* stix_show(dst, size, v): v as a short text for people; returns dst. */
const char *stix_show(char *dst, size_t size, const json_t *v);

/* stix_json_str(v): the text of a string, or the empty str. */
struct str stix_json_str(const json_t *v);

/* stix_lang_is_valid(s): the form of RFC 5646. */
bool stix_lang_is_valid(struct str s);

#endif
