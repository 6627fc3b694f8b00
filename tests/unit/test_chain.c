#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/unit.h"
#include "wire/chain.h"

/* The chain of comity-protocol(7), made by an independent program. */
#define VECTOR SOURCE_ROOT "/tests/fuzz/corpus/chain/two"
#define XA "cert-xa.example"
#define XB "cert-xb.example"
#define XC "cert-xc.example"

struct fixture {
	struct sign_key *key[3];
	struct verify_key *pub[3];
	char bytes[2048];
	size_t n;
	struct arena *arena;
	struct chain_table table;
	struct chain_link *links;
};

static const struct verify_key *
on_key(void *arg, const char *cert_id)
{
	struct fixture *f = arg;

	return strcmp(cert_id, XA) == 0 ? f->pub[0] :
	    strcmp(cert_id, XB) == 0 ? f->pub[1] :
	    strcmp(cert_id, XC) == 0 ? f->pub[2] : NULL;
}

static int
set_up(void **state)
{
	struct fixture *f = mem_new(struct fixture);
	FILE *file = fopen(VECTOR, "rb");
	struct cur c;

	for (uint8_t k = 0; k < 3; k++) {
		uint8_t seed[ED25519_SECRET_BYTES], pub[ED25519_PUBLIC_BYTES];

		for (uint8_t i = 0; i < sizeof(seed); i++)
			seed[i] = (uint8_t)(k + i);
		f->key[k] = sign_key_from_secret(seed);
		sign_key_public(f->key[k], pub);
		f->pub[k] = verify_key_new(pub);
	}
	assert_non_null(file);
	f->n = fread(f->bytes, 1, sizeof(f->bytes), file);
	fclose(file);
	f->arena = arena_new(KIB(64));
	c = cur_of(f->bytes, f->n);
	f->table.seal = cur_str16(&c, 100);
	f->links = chain_table_read(&c, f->arena, &f->table.n);
	assert_int_equal(cur_finish(&c), 0);
	f->table.v = f->links;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t k = 0; k < 3; k++) {
		sign_key_free(f->key[k]);
		verify_key_free(f->pub[k]);
	}
	arena_free(f->arena);
	free(f);
	return 0;
}

static enum chain_fault
check(struct fixture *f, struct chain_place place)
{
	struct chain_checker who = { .originator = XA, .sender = XB,
	    .receiver = XC, .keys = on_key, .keys_arg = f };
	uint8_t faults[CHAIN_LINKS_MAX];

	chain_check(&f->table, &who, faults);
	return chain_check_record(&f->table, &who, faults, place);
}

static void
test_chain_vector(void **state)
{
	static const char text[] = "comity-release/1\n"
	    "desks=" XB "/ops\npurposes=detect\nhops=2\n"
	    "expires=1790000000123\noblige=receipt\n";
	struct fixture *f = *state;
	uint8_t sig[SIGNATURE_BYTES];

	assert_int_equal(f->table.n, 2);
	assert_true(str_eqz(f->links[1].from, XB));
	assert_true(str_eqz(f->links[1].to, XC));
	assert_true(str_eqz(f->links[1].text, text));
	assert_true(chain_has_leaf(f->links[1].leaves, 0));
	assert_false(chain_has_leaf(f->links[1].leaves, 1));
	assert_int_equal(check(f, (struct chain_place){ 1, 0 }),
	    CHAIN_FAULT_NONE);
	/* Ed25519 signatures are the same every time. */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(chain_sign(&f->table, i, f->key[i], sig),
		    0);
		assert_memory_equal(sig, f->links[i].signature, sizeof(sig));
	}
}

/* Whatever bit is changed, the chain does not hold or does not read. */
static void
test_chain_every_byte_counts(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 10; i < f->n; i++) {
		AUTO(arena_free) struct arena *a = arena_new(KIB(64));
		struct fixture g = *f;
		struct cur c;

		g.bytes[i] ^= 1;
		c = cur_of(g.bytes, g.n);
		g.table.seal = cur_str16(&c, 100);
		g.links = chain_table_read(&c, a, &g.table.n);
		g.table.v = g.links;
		if (g.links == NULL || cur_finish(&c) != 0)
			continue;
		if (check(&g, (struct chain_place){ 1, 0 }) ==
		    CHAIN_FAULT_NONE)
			fail_msg("byte %zu", i);
	}
}

static void
test_chain_places(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, (struct chain_place){ 1, 1 }),
	    CHAIN_FAULT_LEAF);
	assert_int_equal(check(f, (struct chain_place){ 0, 0 }),
	    CHAIN_FAULT_RECEIVER);
	/* Another seal: nothing in it holds. */
	f->table.seal = STR("b seal");
	assert_int_equal(check(f, (struct chain_place){ 1, 0 }),
	    CHAIN_FAULT_SIGNATURE);
}

/* Link 1 changed and signed anew by its sender. */
static void
test_chain_faults(void **state)
{
#define TEXT(purposes, hops, expires) "comity-release/1\ndesks=\n" \
	"purposes=" purposes "\nhops=" hops "\nexpires=" expires \
	"\noblige=\n"
	static const struct {
		struct str text;
		enum chain_fault want;
	} cases[] = {
		{ STR(TEXT("detect,notify", "2", "never")),
		    CHAIN_FAULT_NONE },
		{ STR(TEXT("", "0", "0")), CHAIN_FAULT_NONE },
		{ STR(TEXT("notify", "3", "never")), CHAIN_FAULT_LOOSER },
		{ STR(TEXT("block", "2", "never")), CHAIN_FAULT_LOOSER },
		{ STR(TEXT("detect,zz", "2", "never")), CHAIN_FAULT_LOOSER },
		{ STR(TEXT("detect,detect", "2", "never")),
		    CHAIN_FAULT_TEXT },
		{ STR(""), CHAIN_FAULT_TEXT },
	};
	struct fixture *f = *state;
	uint8_t sig[SIGNATURE_BYTES];

	f->links[1].signature = sig;
	for (size_t i = 0; i < NELEM(cases); i++) {
		f->links[1].text = cases[i].text;
		assert_int_equal(chain_sign(&f->table, 1, f->key[1], sig),
		    0);
		if (check(f, (struct chain_place){ 1, 0 }) != cases[i].want)
			fail_msg("case %zu", i);
	}
	f->links[1].from = STR("cert-xd.example");
	assert_int_equal(check(f, (struct chain_place){ 1, 0 }),
	    CHAIN_FAULT_NAMES);
	for (int i = 0; i < CHAIN_FAULTS; i++)
		assert_int_equal(chain_fault_text(i)[0] != '\0', i != 0);
	assert_string_equal(chain_fault_text(CHAIN_FAULTS), "?");
	assert_string_equal(chain_fault_text(-1), "?");
}

/* A chain longer than any label allows. */
static void
test_chain_too_long(void **state)
{
	struct fixture *f = *state;
	static uint8_t sig[CHAIN_HOPS_MAX + 1][SIGNATURE_BYTES];
	static char texts[CHAIN_HOPS_MAX + 1][128];
	struct chain_link v[CHAIN_HOPS_MAX + 1];
	const struct str names[] = { STR(XA), STR(XB) };

	f->table.v = v;
	for (uint16_t i = 0; i < NELEM(v); i++) {
		snprintf(texts[i], sizeof(texts[i]), TEXT("", "%d", "0"),
		    CHAIN_HOPS_MAX - i);
		v[i] = (struct chain_link){ i == 0 ? CHAIN_FIRST :
		    (uint16_t)(i - 1), names[i % 2], names[(i + 1) % 2],
		    f->links[0].leaves, str_of(texts[i]), sig[i] };
		f->table.n = i + 1U;
		assert_int_equal(chain_sign(&f->table, i, f->key[i % 2],
		    sig[i]), 0);
	}
	v[6].to = STR(XC);	/* the seventh is by XA */
	assert_int_equal(check(f, (struct chain_place){ 7, 0 }),
	    CHAIN_FAULT_SIGNATURE);
	v[6].to = STR(XB);
	assert_int_equal(check(f, (struct chain_place){ 7, 0 }),
	    CHAIN_FAULT_LONG);
	assert_int_equal(check(f, (struct chain_place){ 5, 0 }),
	    CHAIN_FAULT_RECEIVER);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chain_vector),
		TEST(test_chain_every_byte_counts),
		TEST(test_chain_places),
		TEST(test_chain_faults),
		TEST(test_chain_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
