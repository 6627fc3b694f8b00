/*
 * Merkle trees as RFC 6962 section 2.1 hashes them, with SHA-256.
 *
 * A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right),
 * the empty tree SHA-256 of nothing.  Functions take leaf hashes; who
 * makes them says what an entry is.
 */
#ifndef MERKLE_TREE_H
#define MERKLE_TREE_H

#include "base/crypto.h"
#include "base/str.h"

/* No tree has more leaves than 2^63: no path is longer. */
#define MERKLE_PATH_MAX 63

/* merkle_leaf(entry, out): the hash of one leaf. */
void merkle_leaf(struct str entry, struct digest *out);

/* merkle_node(left, right, out): the hash of a node; out may be either. */
void merkle_node(const struct digest *left, const struct digest *right,
    struct digest *out);

/* merkle_root(leaves, n, out): the root over n leaf hashes; n may be 0. */
void merkle_root(const struct digest *leaves, size_t n, struct digest *out);

/*
 * The right edge of a growing tree: all that is needed to append.  Zero-
 * initialise for the empty tree; copy to remember a state.
 */
struct merkle_frontier {
	uint64_t size;			/* leaves so far */
	/* Bit i of size set: v[i] is the root of a full tree of 2^i leaves. */
	struct digest v[MERKLE_PATH_MAX + 1];
};

/* merkle_frontier_append(f, leaf): one more leaf hash at the end. */
void merkle_frontier_append(struct merkle_frontier *f,
    const struct digest *leaf);

/* merkle_frontier_root(f, out): the root over what was appended. */
void merkle_frontier_root(const struct merkle_frontier *f,
    struct digest *out);

#endif
