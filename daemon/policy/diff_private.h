/*
 * A difference while it is put together.  Private to diff*.c.
 */
#ifndef POLICY_DIFF_PRIVATE_H
#define POLICY_DIFF_PRIVATE_H

#include "policy/diff.h"
#include "policy/diff_box.h"
#include "policy/policy_private.h"

/* A lineage of its own: none at all. */
#define DIFF_NO_LINEAGE 63

/* What the requests of some boxes have in common. */
struct diff_change {
	enum diff_kind kind;
	bool in;
	bool gone;			/* by the numbers of the old policy */
	char *before, *after;		/* owned */
	char *before_at, *after_at;	/* owned: "file:line", or "" */
};

/* The texts of one set. */
struct diff_words {
	struct diff_set out;
	char *texts[8];			/* owned */
};

struct diff {
	const struct policy *from, *to;	/* borrowed */
	bool rel_matters[2], disc_matters[2];	/* by direction */
	VEC(struct diff_change) changes;
	struct boxes boxes;
	VEC(struct diff_words) sets;
	VEC(char *) facts;		/* owned */
	uint64_t counts[DIFF_KINDS];
};

/* diff_add_set(d, b): say what box b stands for, and count it. */
void diff_add_set(struct diff *d, const struct box *b);

/* diff_add_facts(d): what changes beside the requests. */
void diff_add_facts(struct diff *d);

#endif
