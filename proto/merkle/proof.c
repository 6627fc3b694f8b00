#include "merkle/proof.h"

/* The largest power of two below n, which is at least 2. */
static size_t
split(size_t n)
{
	size_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/*
 * Hashes are found from the root down and belong in the other order.
 */
static void
proof_reverse(struct merkle_proof *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct digest d = p->v[i];

		p->v[i] = p->v[p->n - 1 - i];
		p->v[p->n - 1 - i] = d;
	}
}

int
merkle_inclusion(const struct digest *leaves, size_t n, size_t i,
    struct merkle_proof *out)
{
	if (i >= n)
		return ERR_VALUE;
	out->n = 0;
	/* RFC 6962 2.1.1: the half that i is not in, then within i's half. */
	while (n > 1) {
		size_t k = split(n);

		if (i < k) {
			merkle_root(leaves + k, n - k, &out->v[out->n++]);
			n = k;
		} else {
			merkle_root(leaves, k, &out->v[out->n++]);
			leaves += k;
			n -= k;
			i -= k;
		}
	}
	proof_reverse(out);
	return 0;
}

int
merkle_inclusion_verify(const struct merkle_place *at,
    const struct merkle_proof *proof, const struct digest *root)
{
	uint64_t fn = at->index, sn = at->size - 1;
	struct digest r = *at->leaf;

	/* RFC 9162 2.1.3.2 */
	if (at->index >= at->size || proof->n > MERKLE_PATH_MAX)
		return ERR_SIGNATURE;
	for (size_t i = 0; i < proof->n; i++) {
		if (sn == 0)
			return ERR_SIGNATURE;
		if ((fn & 1) != 0 || fn == sn) {
			merkle_node(&proof->v[i], &r, &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(&r, &proof->v[i], &r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && digest_eq(&r, root) ? 0 : ERR_SIGNATURE;
}

int
merkle_consistency(const struct digest *leaves, size_t n, size_t old,
    struct merkle_proof *out)
{
	bool whole = true;	/* the old tree's root is known already */

	if (old > n)
		return ERR_VALUE;
	out->n = 0;
	if (old == 0 || old == n)
		return 0;
	/* RFC 6962 2.1.2: SUBPROOF(old, D[n], true), from the root down. */
	while (old < n) {
		size_t k = split(n);

		if (old <= k) {
			merkle_root(leaves + k, n - k, &out->v[out->n++]);
			n = k;
		} else {
			merkle_root(leaves, k, &out->v[out->n++]);
			leaves += k;
			n -= k;
			old -= k;
			whole = false;
		}
	}
	if (!whole)
		merkle_root(leaves, n, &out->v[out->n++]);
	proof_reverse(out);
	return 0;
}

/* RFC 9162 2.1.4.2, from step 3 on: fr and sr grow to both roots. */
static int
consistency_walk(const struct merkle_head *old,
    const struct merkle_head *new, const struct merkle_proof *proof)
{
	uint64_t fn = old->size - 1, sn = new->size - 1;
	struct digest fr, sr;
	size_t i = 0;

	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	/* A power of two: the proof starts with the old root itself. */
	fr = sr = (old->size & (old->size - 1)) == 0 ? old->root :
	    proof->v[i++];
	for (; i < proof->n; i++) {
		const struct digest *c = &proof->v[i];

		if (sn == 0)
			return ERR_SIGNATURE;
		if ((fn & 1) != 0 || fn == sn) {
			merkle_node(c, &fr, &fr);
			merkle_node(c, &sr, &sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(&sr, c, &sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && digest_eq(&fr, &old->root) &&
	    digest_eq(&sr, &new->root) ? 0 : ERR_SIGNATURE;
}

int
merkle_consistency_verify(const struct merkle_head *old,
    const struct merkle_head *new, const struct merkle_proof *proof)
{
	if (old->size > new->size || proof->n > MERKLE_PATH_MAX)
		return ERR_SIGNATURE;
	if (old->size == 0)
		return proof->n == 0 ? 0 : ERR_SIGNATURE;
	if (old->size == new->size)
		return proof->n == 0 && digest_eq(&old->root, &new->root) ?
		    0 : ERR_SIGNATURE;
	if (proof->n == 0)
		return ERR_SIGNATURE;
	return consistency_walk(old, new, proof);
}
