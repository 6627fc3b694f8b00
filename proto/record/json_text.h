/*
 * JSON as strangers send it: one linear pass that checks everything I-JSON
 * (RFC 7493) asks for and every limit before it takes memory, and builds the
 * jansson tree as it goes.
 *
 * It does not use jansson's own parser for whole texts: that one recurses,
 * says nothing of which key was doubled, and takes the memory first.
 */
#ifndef RECORD_JSON_TEXT_H
#define RECORD_JSON_TEXT_H

#include <jansson.h>

#include "record/stix.h"

/* What the pass noticed about a valid text. */
struct json_facts {
	size_t nodes;		/* values of any kind */
	bool has_empty;		/* there is an empty list or dictionary: */
	size_t empty_at;	/*   where, */
	struct str empty_in;	/*   in which top-level member; borrowed */
};

/*
 * json_text_parse(text, out, facts, problem):
 * Parse text, one JSON value of any kind with nothing but white space round
 * it.  On success *out_root is a new reference.  Return 0; or ERR_SYNTAX
 * (problem is REFUSAL_JSON) or ERR_LIMIT (REFUSAL_LIMIT), with the byte
 * position in problem->text, and the key where one is doubled.
 */
int json_text_parse(struct str text, json_t **out_root,
    struct json_facts *out_facts, struct stix_problem *problem) MUST_CHECK;

#endif
