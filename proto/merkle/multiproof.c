#include "merkle/multiproof.h"

#include <string.h>

/*
 * A tree over count leaves is stored level by level: the leaves first, the
 * root last.  Level l has ceil(count / 2^l) nodes; a last node without a
 * sibling goes up unchanged.
 */
struct level {
	size_t at;	/* of its first node */
	size_t n;	/* nodes */
};

static struct level
level_next(struct level l)
{
	return (struct level){ l.at + l.n, (l.n + 1) / 2 };
}

static bool
subset_ok(const struct multiproof_subset *s)
{
	if (s->count == 0 || s->count > MULTIPROOF_LEAVES_MAX || s->n == 0 ||
	    s->n > s->count || s->indices[s->n - 1] >= s->count)
		return false;
	for (size_t i = 1; i < s->n; i++)
		if (s->indices[i - 1] >= s->indices[i])
			return false;
	return true;
}

/* What is done where a sibling is needed that is not known from below. */
struct walk {
	size_t n;			/* how many so far */
	/* Building: take the sibling from in, put every node into to. */
	struct multiproof_nodes *to;
	const struct digest *in;
	size_t max;			/* of in */
	/* Proving: take the sibling from there, put it into out. */
	const struct multiproof_nodes *from;
	struct digest *out;
};

/* Deal with the needed node i; 0, or ERR_*. */
static int
walk_sibling(struct walk *w, size_t i)
{
	if (w->from != NULL) {
		if (!w->from->has[i])
			return ERR_NOT_FOUND;
		w->out[w->n] = w->from->v[i];
	}
	if (w->to != NULL) {
		if (w->n == w->max)
			return ERR_SYNTAX;
		w->to->v[i] = w->in[w->n];
		w->to->has[i] = true;
	}
	w->n++;
	return 0;
}

/* Make the parent of the pair that begins at left, on the level below up. */
static void
walk_parent(struct walk *w, struct level l, struct level up, size_t left)
{
	struct multiproof_nodes *k = w->to;
	size_t to = up.at + left / 2;

	if (k == NULL)
		return;
	if (left + 1 < l.n)
		merkle_node(&k->v[l.at + left], &k->v[l.at + left + 1],
		    &k->v[to]);
	else
		k->v[to] = k->v[l.at + left];
	k->has[to] = true;
}

/*
 * From the leaves of s to the root: known[] are the nodes of one level that
 * follow from below, in order.
 */
static int
walk_up(struct walk *w, const struct multiproof_subset *s)
{
	uint16_t known[MULTIPROOF_LEAVES_MAX];
	struct level l = { 0, s->count };
	size_t n = s->n;

	memcpy(known, s->indices, n * sizeof(known[0]));
	while (l.n > 1) {
		struct level up = level_next(l);
		size_t m = 0;

		for (size_t i = 0; i < n; i++) {
			size_t left = known[i] & ~(size_t)1;
			bool pair = i + 1 < n && known[i + 1] == left + 1;

			if (!pair && (known[i] ^ 1U) < l.n)
				TRY(walk_sibling(w, l.at + (known[i] ^ 1U)));
			walk_parent(w, l, up, left);
			i += pair;
			known[m++] = (uint16_t)(left / 2);
		}
		n = m;
		l = up;
	}
	return 0;
}

/* Where the root of a tree over count leaves is. */
static size_t
root_at(size_t count)
{
	struct level l = { 0, count };

	while (l.n > 1)
		l = level_next(l);
	return l.at;
}

int
multiproof_size(const struct multiproof_subset *s)
{
	struct walk w = { 0 };

	if (!subset_ok(s))
		return ERR_VALUE;
	TRY(walk_up(&w, s));
	return (int)w.n;
}

/* Build the nodes of p into k, which is empty. */
static int
nodes_build(struct multiproof_nodes *k, const struct multiproof *p)
{
	struct walk w = { .to = k, .in = p->hashes, .max = p->nhashes };

	if (!subset_ok(&p->subset))
		return ERR_VALUE;
	TRY(multiproof_nodes_init(k, p->subset.count));
	for (size_t i = 0; i < p->subset.n; i++) {
		k->v[p->subset.indices[i]] = p->leaves[i];
		k->has[p->subset.indices[i]] = true;
	}
	TRY(walk_up(&w, &p->subset));
	return w.n == p->nhashes ? 0 : ERR_SYNTAX;
}

int
multiproof_make(const struct digest *leaves,
    const struct multiproof_subset *s, struct digest *out)
{
	uint16_t all[MULTIPROOF_LEAVES_MAX];
	struct multiproof p = { .subset = { s->count, all, s->count },
	    .leaves = leaves };
	struct multiproof_nodes k;

	if (!subset_ok(s))
		return ERR_VALUE;
	for (size_t i = 0; i < s->count; i++)
		all[i] = (uint16_t)i;
	TRY(nodes_build(&k, &p));
	return multiproof_nodes_prove(&k, s, out);
}

int
multiproof_root(const struct multiproof *p, struct digest *out)
{
	struct multiproof_nodes k;

	TRY(nodes_build(&k, p));
	*out = k.v[root_at(k.count)];
	return 0;
}

int
multiproof_nodes_init(struct multiproof_nodes *k, size_t count)
{
	if (count == 0 || count > MULTIPROOF_LEAVES_MAX)
		return ERR_VALUE;
	k->count = count;
	memset(k->has, 0, sizeof(k->has));
	return 0;
}

int
multiproof_nodes_add(struct multiproof_nodes *k, const struct multiproof *p)
{
	struct multiproof_nodes add;
	size_t root;

	TRY(nodes_build(&add, p));
	if (add.count != k->count)
		return ERR_VALUE;
	/*
	 * Under one root no node can have two values (SHA-256): comparing
	 * the roots is enough.
	 */
	root = root_at(k->count);
	if (k->has[root] && !digest_eq(&k->v[root], &add.v[root]))
		return ERR_CONFLICT;
	for (size_t i = 0; i <= root; i++) {
		if (!add.has[i])
			continue;
		k->v[i] = add.v[i];
		k->has[i] = true;
	}
	return 0;
}

int
multiproof_nodes_prove(const struct multiproof_nodes *k,
    const struct multiproof_subset *s, struct digest *out)
{
	struct digest found[MULTIPROOF_HASHES_MAX];
	struct walk w = { .from = k, .out = found };

	if (!subset_ok(s) || s->count != k->count)
		return ERR_VALUE;
	TRY(walk_up(&w, s));
	memcpy(out, found, w.n * sizeof(found[0]));
	return (int)w.n;
}

int
multiproof_narrow(const struct multiproof *p,
    const struct multiproof_subset *s, struct digest *out)
{
	struct multiproof_nodes k;

	TRY(nodes_build(&k, p));
	return multiproof_nodes_prove(&k, s, out);
}
