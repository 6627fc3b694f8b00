/*
 * What the files of the gate share.  Only they include it.
 */
#ifndef GATE_GATE_PRIVATE_H
#define GATE_GATE_PRIVATE_H

#include "base/map64.h"
#include "gate/gate.h"
#include "gate/references.h"
#include "gate/seals.h"
#include "gate/withdrawn.h"

/* Who holds back what is stored from a sequence on. */
struct gate_holder {
	const void *owner;
	int64_t from;
	unix_ms_t until;
};

struct gate {
	struct gate_options o;
	const struct policy *policy;	/* borrowed; NULL denies all */
	struct shadow *shadow;		/* borrowed; NULL: none is tried */
	uint64_t generation;
	struct labels *labels;		/* owned */
	struct seals *seals;		/* owned */
	struct withdrawn *withdrawn;	/* owned */
	struct references *references;	/* owned */
	struct stix_reader *reader;	/* owned: objects coming in */
	struct stix_reader *other;	/* owned: objects looked at beside it */
	struct arena *scratch;		/* owned: one object's own */
	VEC(struct gate_holder) holders;	/* owned */
	unix_ms_t embargo_next;		/* of the noted ones, if ... */
	bool embargoes_read;
};

#endif
