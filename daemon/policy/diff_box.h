/*
 * Boxes of requests: a set of values for each attribute, standing for every
 * combination.  Boxes that differ in one attribute only are merged.
 * Private to the difference of policies.
 */
#ifndef POLICY_DIFF_BOX_H
#define POLICY_DIFF_BOX_H

#include "base/mem.h"
#include "record/label.h"

enum box_attribute {
	BOX_KIND, BOX_TLP, BOX_POSTURE, BOX_DISCRETION, BOX_RELIABILITY,
	BOX_RECEIVED, BOX_LINEAGE, BOX_USE, BOX_ATTRIBUTES,
};

struct box {
	struct desk_set desks;
	uint64_t in[BOX_ATTRIBUTES];
	uint32_t change;	/* which change; boxes of others stay apart */
};

struct boxes {
	VEC(struct box) v;
};

/*
 * boxes_merge(b): as few as merging attribute by attribute gives; the
 * requests they stand for stay the same.
 */
void boxes_merge(struct boxes *b);

/* box_requests(b): how many combinations it stands for. */
uint64_t box_requests(const struct box *b);

#endif
