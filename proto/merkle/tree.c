#include "merkle/tree.h"

#include <assert.h>

void
merkle_leaf(struct str entry, struct digest *out)
{
	static const uint8_t prefix = 0x00;
	const struct span parts[] = { { &prefix, 1 }, { entry.p, entry.n } };

	sha256(parts, NELEM(parts), out);
}

void
merkle_node(const struct digest *left, const struct digest *right,
    struct digest *out)
{
	static const uint8_t prefix = 0x01;
	const struct span parts[] = {
		{ &prefix, 1 }, { left->b, DIGEST_BYTES },
		{ right->b, DIGEST_BYTES },
	};
	struct digest d;

	sha256(parts, NELEM(parts), &d);
	*out = d;
}

void
merkle_root(const struct digest *leaves, size_t n, struct digest *out)
{
	struct merkle_frontier f = { 0 };

	for (size_t i = 0; i < n; i++)
		merkle_frontier_append(&f, &leaves[i]);
	merkle_frontier_root(&f, out);
}

void
merkle_frontier_append(struct merkle_frontier *f, const struct digest *leaf)
{
	struct digest d = *leaf;
	size_t i = 0;

	assert(f->size < UINT64_C(1) << MERKLE_PATH_MAX);
	/* As in binary addition: a full tree and its equal carry over. */
	for (; (f->size >> i & 1) != 0; i++)
		merkle_node(&f->v[i], &d, &d);
	f->v[i] = d;
	f->size++;
}

void
merkle_frontier_root(const struct merkle_frontier *f, struct digest *out)
{
	struct digest d;
	bool have = false;

	if (f->size == 0) {
		sha256(NULL, 0, out);	/* RFC 6962 2.1: MTH({}) */
		return;
	}
	/* The smaller trees are on the right. */
	for (size_t i = 0; i <= MERKLE_PATH_MAX; i++) {
		if ((f->size >> i & 1) == 0)
			continue;
		if (have)
			merkle_node(&f->v[i], &d, &d);
		else
			d = f->v[i];
		have = true;
	}
	*out = d;
}
