/*
 * What an incoming object is to those stored under the same id: new, the
 * same again, another version, or something that may not be (STIX 2.1
 * section 3.5 and 3.6).
 */
#ifndef GATE_VERSION_H
#define GATE_VERSION_H

#include "gate/gate.h"
#include "record/stix.h"

struct version_verdict {
	enum refusal refusal;	/* REFUSAL_NONE: may be stored */
	bool unchanged;		/* then: it is here already */
	char text[256];
};

/*
 * version_check(g, o, origin, out): o is valid and just read; origin is the
 * CERT id that seals it.  ERR_* of the store.
 */
int version_check(struct gate *g, const struct stix_object *o,
    const char *origin, struct version_verdict *out) MUST_CHECK;

/* version_us(o): the version as microseconds since 1970, saturated. */
int64_t version_us(const struct stix_object *o);

#endif
