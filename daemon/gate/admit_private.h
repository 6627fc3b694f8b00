/*
 * What the two ways in share: reading, comparing and describing one object.
 * Only admit_*.c include it.
 */
#ifndef GATE_ADMIT_PRIVATE_H
#define GATE_ADMIT_PRIVATE_H

#include "gate/admit.h"
#include "gate/gate_private.h"
#include "gate/version.h"
#include "record/observable.h"

/* One object that passed and waits for its seal to be stored. */
struct admitted {
	struct store_record rec;
	struct str label;		/* as it is sealed; in the arena */
	struct observables keys;
	struct digest leaf;
	size_t index;			/* in the caller's list */
	int64_t apart;			/* as admit_apart_label, or 0 */
	/* What it replaces; in the arena, or NULL. */
	const struct version_verdict *replaces;
};

/* What one call works on. */
struct admit {
	struct gate *g;
	struct arena *arena;		/* what waits for the seal */
	const char *origin;		/* CERT id that seals */
	int64_t source;			/* fetched from it; 0: not fetched */
	unix_ms_t now;
	const struct admit_objects *in;	/* published: what is asked; or NULL */
	struct version_verdict version;	/* of the object at hand */
	VEC(struct admitted) waiting;
};

/* admit_refuse(v, refusal, text): note the refusal. */
void admit_refuse(struct admit_verdict *v, enum refusal refusal,
    const char *text);

/* admit_refuse_answer(p, a, out): the policy answered other than permit. */
void admit_refuse_answer(const struct policy *p, const struct gate_answer *a,
    struct admit_verdict *out);

/* admit_is_for_us(p, l): is any desk of ours in the audience? */
bool admit_is_for_us(const struct policy *p, const struct label *l);

/*
 * admit_label_sequence(a, label): a label is state with a sequence: another
 * one than the version before had gets a higher number, the same one keeps
 * it.  Return 1 if it is another, 0 if not; ERR_* of the store.
 */
int admit_label_sequence(struct admit *a, struct label *label) MUST_CHECK;

/* admit_marking(a, id): a stored marking-definition (marking_source). */
struct str admit_marking(void *arg, struct str id);

/* admit_waits(a, id): another version of id waits for the same seal. */
bool admit_waits(const struct admit *a, struct str id);

/*
 * admit_read(a, bytes, o, out): read, validate and compare one object with
 * what is stored (a->version).  Return 1 if it goes on: it is new, or, with
 * out->unchanged, only its label may be; 0 if out says what became of it,
 * ERR_* of the store.
 */
int admit_read(struct admit *a, struct str bytes, struct stix_object *o,
    struct admit_verdict *out) MUST_CHECK;

/*
 * admit_put(a, w): store it under the seal it has now, and flag what it
 * replaces.
 */
int admit_put(struct admit *a, struct admitted *w) MUST_CHECK;

/*
 * admit_describe(a, o, w, out): fill in what the store wants to know of an
 * object.  ERR_LIMIT if it has more observables than are keyed.
 */
int admit_describe(struct admit *a, const struct stix_object *o,
    struct admitted *w, struct admit_verdict *out) MUST_CHECK;

#endif
