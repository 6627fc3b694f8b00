/*
 * The ids an object refers to, wherever in it they are.
 */
#ifndef RECORD_STIX_REFS_H
#define RECORD_STIX_REFS_H

#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"

struct str_list {
	struct str *v;	/* owned */
	size_t n, cap;
};

/* Zero-initialise; the storage is used again and again. */
struct stix_refs {
	struct str_list ids;		/* borrowed from the tree */
	VEC(const json_t *) todo;
};

/*
 * stix_refs_collect(refs, root): put into refs->ids every valid id in a
 * property *_ref or *_refs at any depth, each once and in the order of
 * their bytes; but neither created_by_ref nor markings.
 */
void stix_refs_collect(struct stix_refs *refs, const json_t *root);
void stix_refs_clear(struct stix_refs *refs);

#endif
