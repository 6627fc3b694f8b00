#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "merkle/multiproof.h"
#include "merkle/seal.h"

#define VECTORS SOURCE_ROOT "/tests/vectors/wire/seal.txt"
#define LABEL "comity-label/1\n"

/* One vector file: lines "name value". */
static const char *
vector(const char *name)
{
	static char line[4096];
	FILE *f = fopen(VECTORS, "r");
	size_t n = strlen(name);
	const char *found = NULL;

	assert_non_null(f);
	while (found == NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			found = line + n + 1;
	}
	fclose(f);
	if (found == NULL)
		fail_msg("%s: no %s", VECTORS, name);
	return found;
}

static void
check_hex(const char *name, const void *p, size_t n)
{
	AUTO(mem_free) char *got = mem_zeroed(2 * n + 1, 1);

	hex_encode(got, p, n);
	assert_string_equal(got, vector(name));
}

static struct sign_key *
test_key(uint8_t first)
{
	uint8_t seed[ED25519_SECRET_BYTES];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(first + i);
	return sign_key_from_secret(seed);
}

static struct verify_key *
public_of(const struct sign_key *k)
{
	uint8_t pub[ED25519_PUBLIC_BYTES];

	sign_key_public(k, pub);
	return verify_key_new(pub);
}

/* The three records of the vectors: salts 00.., 10.., 20... */
static void
vector_leaves(struct digest out[3])
{
	static const char *const bytes[] = {
		"{\"type\":\"indicator\"}", "{}", "",
	};

	for (size_t i = 0; i < 3; i++) {
		uint8_t salt[SEAL_SALT_BYTES];

		memset(salt, (int)(i << 4), sizeof(salt));
		seal_leaf(salt, i == 2 ? STR("") : STR(LABEL),
		    str_of(bytes[i]), &out[i]);
	}
}

static struct seal
vector_seal(const struct sign_key *key)
{
	struct seal s = { .cert_id = "cert-xa.example", .count = 3,
	    .at = { 1790000000123 } };
	struct digest leaves[3];

	vector_leaves(leaves);
	merkle_root(leaves, 3, &s.root);
	assert_int_equal(seal_sign(&s, key), 0);
	return s;
}

static void
test_seal_vectors(void **state)
{
	AUTO(sign_key_free) struct sign_key *key = test_key(0);
	AUTO_BUF struct buf b = { 0 };
	struct digest leaves[3], hashes[MULTIPROOF_HASHES_MAX];
	struct seal s = vector_seal(key);
	uint8_t pub[ED25519_PUBLIC_BYTES];

	(void)state;
	sign_key_public(key, pub);
	check_hex("identity", pub, sizeof(pub));
	vector_leaves(leaves);
	check_hex("leaf-0", leaves[0].b, DIGEST_BYTES);
	check_hex("leaf-1", leaves[1].b, DIGEST_BYTES);
	check_hex("leaf-2", leaves[2].b, DIGEST_BYTES);
	check_hex("root", s.root.b, DIGEST_BYTES);
	seal_encode(&s, &b);
	check_hex("seal", b.p, b.n);
	assert_int_equal(multiproof_make(leaves, &(struct multiproof_subset){
	    3, (const uint16_t[]){ 1 }, 1 }, hashes), 2);
	check_hex("proof-of-1", hashes, 2 * DIGEST_BYTES);
}

/* The label cannot be moved into the record, nor the other way. */
static void
test_seal_leaf_borders(void **state)
{
	const uint8_t salt[SEAL_SALT_BYTES] = { 1 };
	struct digest a, b, c;

	(void)state;
	seal_leaf(salt, STR("ab"), STR("c"), &a);
	seal_leaf(salt, STR("a"), STR("bc"), &b);
	seal_leaf(salt, STR("abc"), STR(""), &c);
	assert_false(digest_eq(&a, &b));
	assert_false(digest_eq(&a, &c));
	assert_false(digest_eq(&b, &c));
}

static void
test_seal_round_trip(void **state)
{
	AUTO(sign_key_free) struct sign_key *key = test_key(0);
	AUTO(verify_key_free) struct verify_key *pub = public_of(key);
	AUTO_BUF struct buf b = { 0 }, again = { 0 };
	struct seal s = vector_seal(key), got;

	(void)state;
	seal_encode(&s, &b);
	assert_int_equal(seal_decode(buf_str(&b), &got), 0);
	assert_string_equal(got.cert_id, s.cert_id);
	assert_int_equal(got.count, 3);
	assert_int_equal(got.at.ms, s.at.ms);
	assert_int_equal(seal_verify(&got, pub), 0);
	seal_encode(&got, &again);
	assert_true(str_eq(buf_str(&b), buf_str(&again)));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(seal_decode((struct str){ b.p, n }, &got),
		    ERR_SYNTAX);
	buf_addc(&b, 0);
	assert_int_equal(seal_decode(buf_str(&b), &got), ERR_SYNTAX);
}

/* A change of any one bit: it does not read, or does not verify. */
static void
test_seal_every_bit(void **state)
{
	AUTO(sign_key_free) struct sign_key *key = test_key(0);
	AUTO(sign_key_free) struct sign_key *other = test_key(1);
	AUTO(verify_key_free) struct verify_key *pub = public_of(key);
	AUTO(verify_key_free) struct verify_key *wrong = public_of(other);
	AUTO_BUF struct buf b = { 0 };
	struct seal s = vector_seal(key);

	(void)state;
	seal_encode(&s, &b);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (char)(1 << bit % 8);
		if (seal_decode(buf_str(&b), &s) == 0)
			assert_int_equal(seal_verify(&s, pub), ERR_SIGNATURE);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(seal_decode(buf_str(&b), &s), 0);
	assert_int_equal(seal_verify(&s, pub), 0);
	assert_int_equal(seal_verify(&s, wrong), ERR_SIGNATURE);
}

static void
test_seal_decode_values(void **state)
{
	static const struct { const char *name, *id; uint16_t count;
		int64_t at; int want; } cases[] = {
		{ "good", "cert-xa", 256, 0, 0 },
		{ "no leaves", "cert-xa", 0, 0, ERR_VALUE },
		{ "257 leaves", "cert-xa", 257, 0, ERR_VALUE },
		{ "time before 1970", "cert-xa", 1, -1, ERR_VALUE },
		{ "no id", "", 1, 0, ERR_VALUE },
		{ "capitals", "Cert-xa", 1, 0, ERR_VALUE },
		{ "a blank", "cert xa", 1, 0, ERR_VALUE },
		{ "a final dot", "cert-xa.", 1, 0, ERR_VALUE },
		{ "an address", "192.0.2.1", 1, 0, ERR_VALUE },
		{ "an empty label", "a..b", 1, 0, ERR_VALUE },
		{ "a hyphen first", "-a.b", 1, 0, ERR_VALUE },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO_BUF struct buf b = { 0 };
		struct seal s = { .count = cases[i].count,
		    .at = { cases[i].at } }, got;
		int rc;

		snprintf(s.cert_id, sizeof(s.cert_id), "%s", cases[i].id);
		seal_encode(&s, &b);
		rc = seal_decode(buf_str(&b), &got);
		if (rc != cases[i].want)
			fail_msg("%s: got %s, want %s", cases[i].name,
			    err_name(rc), err_name(cases[i].want));
	}
}

/* One of 256 records is not what was sealed: the root is another. */
static void
test_seal_one_of_256_wrong(void **state)
{
	struct digest leaves[256], root, got;
	uint16_t all[256];
	struct multiproof p = { { 256, all, 256 }, leaves, NULL, 0 };
	char text[32];

	(void)state;
	for (size_t i = 0; i < 256; i++) {
		uint8_t salt[SEAL_SALT_BYTES] = { (uint8_t)i };

		snprintf(text, sizeof(text), "record %zu", i);
		seal_leaf(salt, STR(LABEL), str_of(text), &leaves[i]);
		all[i] = (uint16_t)i;
	}
	merkle_root(leaves, 256, &root);
	assert_int_equal(multiproof_root(&p, &got), 0);
	assert_true(digest_eq(&root, &got));
	for (size_t i = 0; i < 256; i += 5) {
		struct digest good = leaves[i];

		leaves[i].b[i % DIGEST_BYTES] ^= 0x10;
		assert_int_equal(multiproof_root(&p, &got), 0);
		assert_false(digest_eq(&root, &got));
		leaves[i] = good;
	}
	/* Two records that changed places. */
	got = leaves[3];
	leaves[3] = leaves[200];
	leaves[200] = got;
	assert_int_equal(multiproof_root(&p, &got), 0);
	assert_false(digest_eq(&root, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seal_vectors),
		cmocka_unit_test(test_seal_leaf_borders),
		cmocka_unit_test(test_seal_round_trip),
		cmocka_unit_test(test_seal_every_bit),
		cmocka_unit_test(test_seal_decode_values),
		cmocka_unit_test(test_seal_one_of_256_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
