/*
 * Multi-proofs: that a subset of the leaves of one small tree (a seal's) is
 * under its root, with the fewest sibling hashes.
 *
 * Order of the hashes: level by level from the leaves up, within a level
 * from left to right, exactly those nodes that are not known from below
 * while their sibling is.  The last node of a level with an odd number of
 * nodes has no sibling and is the last node of the next level (the same
 * tree as RFC 6962's).
 */
#ifndef MERKLE_MULTIPROOF_H
#define MERKLE_MULTIPROOF_H

#include "base/limits.h"
#include "merkle/tree.h"

#define MULTIPROOF_LEAVES_MAX BATCH_RECORDS_MAX
/* At most every other leaf is missing. */
#define MULTIPROOF_HASHES_MAX (MULTIPROOF_LEAVES_MAX / 2)

/* Which leaves of a tree: n >= 1 indices, strictly ascending, < count. */
struct multiproof_subset {
	size_t count;			/* leaves of the whole tree, 1..256 */
	const uint16_t *indices;	/* borrowed */
	size_t n;
};

/*
 * multiproof_size(s): how many hashes the multi-proof of s has; ERR_VALUE
 * if s is not a subset.
 */
int multiproof_size(const struct multiproof_subset *s) MUST_CHECK;

/*
 * multiproof_make(leaves, s, out): the multi-proof for s from all
 * s->count leaf hashes, into out[MULTIPROOF_HASHES_MAX].  Returns how many,
 * or ERR_VALUE.
 */
int multiproof_make(const struct digest *leaves,
    const struct multiproof_subset *s, struct digest *out) MUST_CHECK;

/* A subset with its leaf hashes and its multi-proof; all borrowed. */
struct multiproof {
	struct multiproof_subset subset;
	const struct digest *leaves;	/* subset.n */
	const struct digest *hashes;
	size_t nhashes;
};

/*
 * multiproof_root(p, out): the root that p leads to.  ERR_VALUE if p's
 * subset is not one, ERR_SYNTAX if it has another number of hashes than
 * its subset needs.  The caller compares the root with the sealed one.
 */
int multiproof_root(const struct multiproof *p, struct digest *out)
    MUST_CHECK;

/*
 * Every node of one tree that is known so far.  What was received in
 * several parts, or is to be forwarded in part, goes through this.
 */
struct multiproof_nodes {
	size_t count;			/* leaves of the tree */
	bool has[2 * MULTIPROOF_LEAVES_MAX];
	struct digest v[2 * MULTIPROOF_LEAVES_MAX];
};

/* multiproof_nodes_init(k, count): nothing known; ERR_VALUE, 1..256. */
int multiproof_nodes_init(struct multiproof_nodes *k, size_t count)
    MUST_CHECK;

/*
 * multiproof_nodes_add(k, p): add everything that p, which was verified,
 * says.  ERR_VALUE if p is of another count; ERR_SYNTAX as above;
 * ERR_CONFLICT if it leads to another root than what was added before.
 */
int multiproof_nodes_add(struct multiproof_nodes *k,
    const struct multiproof *p) MUST_CHECK;

/*
 * multiproof_nodes_prove(k, s, out): the multi-proof for s into
 * out[MULTIPROOF_HASHES_MAX].  Returns how many; ERR_NOT_FOUND if a hash it
 * needs is not known; ERR_VALUE.
 */
int multiproof_nodes_prove(const struct multiproof_nodes *k,
    const struct multiproof_subset *s, struct digest *out) MUST_CHECK;

/*
 * multiproof_narrow(p, s, out): from a proof for more leaves that for the
 * part s of them, as above.
 */
int multiproof_narrow(const struct multiproof *p,
    const struct multiproof_subset *s, struct digest *out) MUST_CHECK;

#endif
