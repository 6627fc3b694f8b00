/*
 * Inclusion and consistency proofs (RFC 6962 2.1.1 and 2.1.2; verified as
 * in RFC 9162 2.1.3.2 and 2.1.4.2).
 */
#ifndef MERKLE_PROOF_H
#define MERKLE_PROOF_H

#include "merkle/tree.h"

/* Hashes from the leaves to the root, in the order of RFC 6962. */
struct merkle_proof {
	struct digest v[MERKLE_PATH_MAX + 1];
	size_t n;
};

/*
 * merkle_inclusion(leaves, n, i, out): PATH(i, D[n]), the proof that leaf i
 * is in the tree over n leaves.  ERR_VALUE unless i < n.
 */
int merkle_inclusion(const struct digest *leaves, size_t n, size_t i,
    struct merkle_proof *out) MUST_CHECK;

/*
 * merkle_inclusion_verify(at, proof, root): 0 if the leaf at at->index is
 * under root in a tree of at->size leaves; ERR_SIGNATURE if not.
 */
struct merkle_place {
	uint64_t size, index;
	const struct digest *leaf;
};
int merkle_inclusion_verify(const struct merkle_place *at,
    const struct merkle_proof *proof, const struct digest *root) MUST_CHECK;

/*
 * merkle_consistency(leaves, n, old, out): PROOF(old, D[n]), the proof that
 * the tree over the first old leaves became that over n.  ERR_VALUE unless
 * old <= n.
 */
int merkle_consistency(const struct digest *leaves, size_t n, size_t old,
    struct merkle_proof *out) MUST_CHECK;

/*
 * merkle_consistency_verify(old, new, proof): 0 if the tree of the old head
 * is a beginning of that of the new one; ERR_SIGNATURE if not.
 */
struct merkle_head {
	uint64_t size;
	struct digest root;
};
int merkle_consistency_verify(const struct merkle_head *old,
    const struct merkle_head *new, const struct merkle_proof *proof)
    MUST_CHECK;

#endif
