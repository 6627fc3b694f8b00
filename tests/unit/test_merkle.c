#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "merkle/multiproof.h"
#include "merkle/proof.h"

#define VECTORS SOURCE_ROOT "/tests/vectors/merkle/tree.txt"
#define TREES 33	/* every proof of every tree up to this size */
#define SMALL 9		/* every subset of every tree up to this size */
#define LEAVES 256

static struct digest leaves[LEAVES];

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEAVES; i++) {
		char entry[32];

		snprintf(entry, sizeof(entry), "entry %zu", i);
		merkle_leaf(str_of(entry), &leaves[i]);
	}
	return 0;
}

/* The definition of RFC 6962 2.1, word for word. */
static struct digest
naive_root(const struct digest *d, size_t n)
{
	struct digest l, r;
	size_t k = 1;

	if (n == 0)
		return sha256_of("", 0);
	if (n == 1)
		return d[0];
	while (2 * k < n)
		k *= 2;
	l = naive_root(d, k);
	r = naive_root(d + k, n - k);
	merkle_node(&l, &r, &l);
	return l;
}

static void
check_digest(const char *what, const struct digest *got, const char *hex)
{
	char text[2 * DIGEST_BYTES + 1];

	hex_encode(text, got->b, DIGEST_BYTES);
	if (strcmp(text, hex) != 0)
		fail_msg("%s: got %s, want %s", what, text, hex);
}

/* The rest of a line: the hashes of a proof. */
static void
check_proof(const char *what, const struct merkle_proof *p, char **save)
{
	for (size_t i = 0; i < p->n; i++)
		check_digest(what, &p->v[i], strtok_r(NULL, " \n", save));
	assert_null(strtok_r(NULL, " \n", save));
}

static void
check_vector(char *line, struct digest *d, size_t *n)
{
	char *save, *word = strtok_r(line, " \n", &save);
	size_t a = strtoul(strtok_r(NULL, " \n", &save), NULL, 10), b;
	struct merkle_proof p;
	struct digest root;

	if (strcmp(word, "root") == 0) {
		merkle_root(d, a, &root);
		check_digest("root", &root, strtok_r(NULL, " \n", &save));
		return;
	}
	b = strtoul(strtok_r(NULL, " \n", &save), NULL, 10);
	assert_true(a <= b && b <= *n);
	if (strcmp(word, "inclusion") == 0)
		assert_int_equal(merkle_inclusion(d, b, a, &p), 0);
	else
		assert_int_equal(merkle_consistency(d, b, a, &p), 0);
	check_proof(word, &p, &save);
}

static void
test_tree_vectors(void **state)
{
	struct digest d[8];
	size_t n = 0, lines = 0;
	FILE *f = fopen(VECTORS, "r");
	char line[1024];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		uint8_t entry[16];
		size_t bytes;

		if (line[0] == '#')
			continue;
		lines++;
		if (strncmp(line, "leaf ", 5) != 0) {
			check_vector(line, d, &n);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		bytes = line[5] == '-' ? 0 : strlen(line + 5) / 2;
		assert_true(n < NELEM(d) && bytes <= sizeof(entry));
		if (bytes > 0)
			assert_int_equal(hex_decode(entry, bytes,
			    str_of(line + 5)), 0);
		merkle_leaf((struct str){ (char *)entry, bytes }, &d[n++]);
	}
	fclose(f);
	assert_int_equal(lines, 22);
}

static void
test_frontier_grows(void **state)
{
	struct merkle_frontier f = { 0 };
	struct digest got, want;

	(void)state;
	for (size_t n = 0; n <= LEAVES; n++) {
		merkle_frontier_root(&f, &got);
		want = naive_root(leaves, n);
		assert_true(digest_eq(&got, &want));
		assert_int_equal(f.size, n);
		if (n < LEAVES)
			merkle_frontier_append(&f, &leaves[n]);
	}
}

/* Every single change to a good proof makes it a bad one. */
static void
spoil_inclusion(struct merkle_place at, const struct merkle_proof *p,
    const struct digest *root)
{
	struct merkle_proof bad;
	struct digest leaf = *at.leaf;

	for (size_t i = 0; i < p->n; i++) {
		bad = *p;
		bad.v[i].b[i % DIGEST_BYTES] ^= 1;
		assert_int_equal(merkle_inclusion_verify(&at, &bad, root),
		    ERR_SIGNATURE);
	}
	bad = *p;
	bad.n++;
	bad.v[p->n] = *root;
	assert_int_equal(merkle_inclusion_verify(&at, &bad, root),
	    ERR_SIGNATURE);
	if (p->n > 0) {
		bad.n = p->n - 1;
		assert_int_equal(merkle_inclusion_verify(&at, &bad, root),
		    ERR_SIGNATURE);
	}
	leaf.b[31] ^= 0x80;
	at.leaf = &leaf;
	assert_int_equal(merkle_inclusion_verify(&at, p, root),
	    ERR_SIGNATURE);
}

static void
test_inclusion_every(void **state)
{
	struct merkle_proof p;

	(void)state;
	for (size_t n = 1; n <= TREES; n++) {
		struct digest root = naive_root(leaves, n);

		for (size_t i = 0; i < n; i++) {
			struct merkle_place at = { n, i, &leaves[i] };

			assert_int_equal(merkle_inclusion(leaves, n, i, &p),
			    0);
			assert_int_equal(merkle_inclusion_verify(&at, &p,
			    &root), 0);
			spoil_inclusion(at, &p, &root);
		}
	}
	assert_int_equal(merkle_inclusion(leaves, 3, 3, &p), ERR_VALUE);
	assert_int_equal(merkle_inclusion(leaves, 0, 0, &p), ERR_VALUE);
	p.n = 0;
	assert_int_equal(merkle_inclusion_verify(&(struct merkle_place){ 0, 0,
	    &leaves[0] }, &p, &leaves[0]), ERR_SIGNATURE);
}

static void
test_consistency_every(void **state)
{
	struct merkle_proof p;

	(void)state;
	for (size_t n = 0; n <= TREES; n++) {
		struct merkle_head new = { n, naive_root(leaves, n) };

		for (size_t m = 0; m <= n; m++) {
			struct merkle_head old = { m, naive_root(leaves, m) };

			assert_int_equal(merkle_consistency(leaves, n, m, &p),
			    0);
			assert_int_equal(merkle_consistency_verify(&old, &new,
			    &p), 0);
			for (size_t i = 0; i < p.n; i++) {
				p.v[i].b[0] ^= 1;
				assert_int_equal(merkle_consistency_verify(
				    &old, &new, &p), ERR_SIGNATURE);
				p.v[i].b[0] ^= 1;
			}
			if (m == 0)
				continue;
			old.root.b[5] ^= 1;
			assert_int_equal(merkle_consistency_verify(&old, &new,
			    &p), ERR_SIGNATURE);
		}
	}
	assert_int_equal(merkle_consistency(leaves, 3, 4, &p), ERR_VALUE);
}

static void
test_consistency_lengths(void **state)
{
	struct merkle_head old = { 3, naive_root(leaves, 3) };
	struct merkle_head new = { 7, naive_root(leaves, 7) };
	struct merkle_proof p;

	(void)state;
	assert_int_equal(merkle_consistency(leaves, 7, 3, &p), 0);
	p.v[p.n++] = leaves[0];
	assert_int_equal(merkle_consistency_verify(&old, &new, &p),
	    ERR_SIGNATURE);
	p.n -= 2;
	assert_int_equal(merkle_consistency_verify(&old, &new, &p),
	    ERR_SIGNATURE);
	p.n = 0;
	assert_int_equal(merkle_consistency_verify(&old, &new, &p),
	    ERR_SIGNATURE);
	assert_int_equal(merkle_consistency_verify(&new, &old, &p),
	    ERR_SIGNATURE);
}

/* ---- multi-proofs ---- */

/* A subset as a list, with its leaf hashes. */
struct chosen {
	uint16_t indices[LEAVES];
	struct digest leaves[LEAVES];
	struct multiproof_subset s;
};

static void
choose(struct chosen *c, size_t count, const bool *in)
{
	c->s = (struct multiproof_subset){ count, c->indices, 0 };
	for (size_t i = 0; i < count; i++) {
		if (!in[i])
			continue;
		c->indices[c->s.n] = (uint16_t)i;
		c->leaves[c->s.n++] = leaves[i];
	}
}

static void
choose_bits(struct chosen *c, size_t count, unsigned bits)
{
	bool in[LEAVES] = { false };

	for (size_t i = 0; i < count; i++)
		in[i] = bits >> i & 1;
	choose(c, count, in);
}

/* Make, verify, and spoil in every place. */
static void
check_multiproof(const struct chosen *c, bool spoil)
{
	struct digest hashes[MULTIPROOF_HASHES_MAX + 1], got;
	struct digest want = naive_root(leaves, c->s.count);
	int n = multiproof_make(leaves, &c->s, hashes);
	struct multiproof p = { c->s, c->leaves, hashes, (size_t)n };

	assert_true(n >= 0);
	assert_int_equal(multiproof_size(&c->s), n);
	assert_int_equal(multiproof_root(&p, &got), 0);
	assert_true(digest_eq(&got, &want));
	for (int i = 0; spoil && i < n; i++) {
		hashes[i].b[7] ^= 4;
		assert_int_equal(multiproof_root(&p, &got), 0);
		assert_false(digest_eq(&got, &want));
		hashes[i].b[7] ^= 4;
	}
	p.nhashes++;
	assert_int_equal(multiproof_root(&p, &got), ERR_SYNTAX);
	p.nhashes -= 2;
	if (n > 0)
		assert_int_equal(multiproof_root(&p, &got), ERR_SYNTAX);
}

static void
test_multiproof_every_subset(void **state)
{
	struct chosen c;

	(void)state;
	for (size_t n = 1; n <= SMALL; n++)
		for (unsigned bits = 1; bits < 1U << n; bits++) {
			choose_bits(&c, n, bits);
			check_multiproof(&c, n <= 6);
		}
}

/* From a proof for one subset those for all subsets of it. */
static void
check_narrow(size_t count, unsigned bits)
{
	struct digest hashes[MULTIPROOF_HASHES_MAX];
	struct digest got[MULTIPROOF_HASHES_MAX], want[MULTIPROOF_HASHES_MAX];
	struct chosen c, sub;
	struct multiproof p;
	int n;

	choose_bits(&c, count, bits);
	n = multiproof_make(leaves, &c.s, hashes);
	p = (struct multiproof){ c.s, c.leaves, hashes, (size_t)n };
	for (unsigned b = bits; b != 0; b = (b - 1) & bits) {
		choose_bits(&sub, count, b);
		n = multiproof_make(leaves, &sub.s, want);
		assert_int_equal(multiproof_narrow(&p, &sub.s, got), n);
		assert_memory_equal(got, want, (size_t)n * sizeof(got[0]));
	}
}

static void
test_narrow_every_subset(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 7; n++)
		for (unsigned bits = 1; bits < 1U << n; bits++)
			check_narrow(n, bits);
}

static void
test_narrow_what_is_not_there(void **state)
{
	struct digest hashes[MULTIPROOF_HASHES_MAX];
	struct chosen c, other;
	struct multiproof p;
	int n;

	(void)state;
	choose_bits(&c, 8, 0x0f);
	choose_bits(&other, 8, 0x10);
	n = multiproof_make(leaves, &c.s, hashes);
	p = (struct multiproof){ c.s, c.leaves, hashes, (size_t)n };
	assert_int_equal(multiproof_narrow(&p, &other.s, hashes),
	    ERR_NOT_FOUND);
	other.s.count = 7;
	assert_int_equal(multiproof_narrow(&p, &other.s, hashes), ERR_VALUE);
}

static void
test_multiproof_random_of_256(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct chosen c;

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t count = 1 + next_random(&seed) % LEAVES;
		unsigned share = 1 + (unsigned)(next_random(&seed) % 16);
		bool in[LEAVES] = { false };

		for (size_t i = 0; i < count; i++)
			in[i] = next_random(&seed) % 16 < share;
		in[next_random(&seed) % count] = true;
		choose(&c, count, in);
		check_multiproof(&c, false);
	}
}

/* The worst case: every other leaf, and the last proof that still fits. */
static void
test_multiproof_every_other(void **state)
{
	bool in[LEAVES];
	struct chosen c;

	(void)state;
	for (size_t i = 0; i < LEAVES; i++)
		in[i] = i % 2;
	choose(&c, LEAVES, in);
	assert_int_equal(multiproof_size(&c.s), MULTIPROOF_HASHES_MAX);
	check_multiproof(&c, false);
}

static void
test_nodes_merge(void **state)
{
	struct digest h1[MULTIPROOF_HASHES_MAX], h2[MULTIPROOF_HASHES_MAX];
	struct digest got[MULTIPROOF_HASHES_MAX], want[MULTIPROOF_HASHES_MAX];
	struct multiproof_nodes k;
	struct multiproof p1, p2;
	struct chosen a, b, both;
	int n;

	(void)state;
	for (unsigned x = 1; x < 64; x++) {
		unsigned y = (x * 37 + 11) % 63 + 1;

		choose_bits(&a, 6, x);
		choose_bits(&b, 6, y);
		choose_bits(&both, 6, x | y);
		n = multiproof_make(leaves, &a.s, h1);
		p1 = (struct multiproof){ a.s, a.leaves, h1, (size_t)n };
		n = multiproof_make(leaves, &b.s, h2);
		p2 = (struct multiproof){ b.s, b.leaves, h2, (size_t)n };
		assert_int_equal(multiproof_nodes_init(&k, 6), 0);
		assert_int_equal(multiproof_nodes_add(&k, &p1), 0);
		assert_int_equal(multiproof_nodes_add(&k, &p2), 0);
		n = multiproof_make(leaves, &both.s, want);
		assert_int_equal(multiproof_nodes_prove(&k, &both.s, got), n);
		assert_memory_equal(got, want, (size_t)n * sizeof(got[0]));
		b.leaves[0].b[0] ^= 1;
		assert_int_equal(multiproof_nodes_add(&k, &p2), ERR_CONFLICT);
	}
	choose_bits(&a, 5, 1);
	n = multiproof_make(leaves, &a.s, h1);
	p1 = (struct multiproof){ a.s, a.leaves, h1, (size_t)n };
	assert_int_equal(multiproof_nodes_add(&k, &p1), ERR_VALUE);
	assert_int_equal(multiproof_nodes_init(&k, 0), ERR_VALUE);
	assert_int_equal(multiproof_nodes_init(&k, 257), ERR_VALUE);
}

static void
test_subset_refused(void **state)
{
	const struct { const char *name; struct multiproof_subset s; }
	cases[] = {
		{ "none of none", { 0, (const uint16_t[]){ 0 }, 0 } },
		{ "none", { 4, (const uint16_t[]){ 0 }, 0 } },
		{ "past the end", { 4, (const uint16_t[]){ 4 }, 1 } },
		{ "descending", { 4, (const uint16_t[]){ 2, 1 }, 2 } },
		{ "twice", { 4, (const uint16_t[]){ 2, 2 }, 2 } },
		{ "too many", { 1, (const uint16_t[]){ 0, 1 }, 2 } },
		{ "tree too big", { 257, (const uint16_t[]){ 0 }, 1 } },
	};
	struct digest out[MULTIPROOF_HASHES_MAX];

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct multiproof p = { cases[i].s, leaves, leaves, 1 };

		if (multiproof_size(&cases[i].s) != ERR_VALUE ||
		    multiproof_make(leaves, &cases[i].s, out) != ERR_VALUE ||
		    multiproof_root(&p, out) != ERR_VALUE)
			fail_msg("%s was taken", cases[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_vectors),
		cmocka_unit_test(test_frontier_grows),
		cmocka_unit_test(test_inclusion_every),
		cmocka_unit_test(test_consistency_every),
		cmocka_unit_test(test_consistency_lengths),
		cmocka_unit_test(test_multiproof_every_subset),
		cmocka_unit_test(test_narrow_every_subset),
		cmocka_unit_test(test_narrow_what_is_not_there),
		cmocka_unit_test(test_multiproof_random_of_256),
		cmocka_unit_test(test_multiproof_every_other),
		cmocka_unit_test(test_nodes_merge),
		cmocka_unit_test(test_subset_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
