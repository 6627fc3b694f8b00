/*
 * The label of a record joined over its reference closure: all that it refers
 * to, and what that refers to, as far as it is stored here.
 */
#ifndef GATE_CLOSURE_H
#define GATE_CLOSURE_H

#include "gate/gate.h"

#define CLOSURE_MAX 1024	/* objects that one decision may rest on */

struct closure_query {
	const struct store_record *record;
	const char *recipient;	/* CERT id; NULL: nobody in particular */
	/*
	 * NULL, or: when the last embargo ends on it and on what it refers
	 * to, if that is later than what stands there.
	 */
	unix_ms_t *embargo_end;
};

/*
 * closure_label(g, q, out): ERR_DENIED if it cannot be known, more than
 * CLOSURE_MAX objects among the causes; ERR_* of the store.
 */
int closure_label(struct gate *g, const struct closure_query *q,
    struct label *out) MUST_CHECK;

/* closure_under_embargo(g, l): does the label have that caveat? */
bool closure_under_embargo(const struct gate *g, const struct label *l);

#endif
