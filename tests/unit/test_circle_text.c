/*
 * Documents of membership: who may change a circle, and who is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "base/unit.h"
#include "wire/circle_text.h"

#define MEMBERS 4

static const struct str ids[MEMBERS] = { STR("cert-xa"), STR("cert-xb"),
    STR("cert-xc"), STR("cert-xd") };
static const struct str foci[] = { STR("botnet"), STR("ioc") };

struct fixture {
	struct arena *arena;
	struct sign_key *key[MEMBERS];
};

static int
setup(void **state)
{
	static struct fixture f;

	f.arena = arena_new(MIB(4));
	for (uint8_t k = 0; k < MEMBERS; k++) {
		uint8_t seed[ED25519_SECRET_BYTES];

		memset(seed, 17 + k, sizeof(seed));
		f.key[k] = sign_key_from_secret(seed);
	}
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t k = 0; k < MEMBERS; k++)
		sign_key_free(f->key[k]);
	arena_free(f->arena);
	return 0;
}

/* What a version says: members as bits of ids, who signs as indices. */
struct version {
	uint32_t n;
	unsigned members, quorum;
	const struct circle_text *previous;
	const int *signers;
	size_t nsigners;
};

static struct circle_text
make(struct fixture *f, const struct version *v)
{
	struct circle_member members[MEMBERS];
	struct circle_text t = { .name = STR("clean-net"), .version = v->n,
	    .charter = STR("sha256:7c1e"), .quorum = v->quorum,
	    .foci = foci, .nfoci = 2, .members = members };
	AUTO_BUF struct buf text = { 0 }, body = { 0 };
	struct circle_text out;
	char *copy;

	for (size_t k = 0; k < MEMBERS; k++)
		if ((v->members >> k & 1) != 0) {
			members[t.nmembers].id = ids[k];
			sign_key_public(f->key[k],
			    members[t.nmembers++].key);
		}
	if (v->previous != NULL)
		t.previous = circle_text_digest(v->previous);
	circle_text_body(&t, &body);
	buf_add(&text, body.p, body.n);
	for (size_t i = 0; i < v->nsigners; i++)
		assert_int_equal(circle_text_sign(buf_str(&body),
		    ids[v->signers[i]], f->key[v->signers[i]], &text), 0);
	copy = arena_dup(f->arena, text.p, text.n);
	assert_non_null(copy);
	assert_int_equal(circle_text_decode((struct str){ copy, text.n },
	    f->arena, &out), 0);
	return out;
}

#define SIGNED(...) .signers = (const int[]){ __VA_ARGS__ }, \
	.nsigners = NELEM(((const int[]){ __VA_ARGS__ }))

static struct circle_text
founded(struct fixture *f)
{
	return make(f, &(struct version){ .n = 1, .members = 0x7,
	    .quorum = 2, SIGNED(0, 1, 2) });
}

/* The first version is signed by everybody in it. */
static void
test_first_version_needs_all(void **state)
{
	struct fixture *f = *state;
	struct circle_text all = founded(f);
	struct circle_text two = make(f, &(struct version){ .n = 1,
	    .members = 0x7, .quorum = 2, SIGNED(0, 1) });
	struct err e;

	assert_int_equal(circle_text_follows(&all, NULL, &e), 0);
	assert_int_equal(circle_text_follows(&two, NULL, &e),
	    ERR_SIGNATURE);
	assert_non_null(strstr(e.text, "2 of the 3 members"));
}

/* L-02: authority over membership is the signatures, for every receiver. */
static void
test_l02_quorum_of_the_version_before(void **state)
{
	struct fixture *f = *state;
	struct circle_text v1 = founded(f);
	static const struct {
		const char *name;
		int signers[4];
		size_t n;
		int want;
	} cases[] = {
		{ "nobody", { 0 }, 0, ERR_SIGNATURE },
		{ "one of two", { 0 }, 1, ERR_SIGNATURE },
		{ "two of two", { 0, 2 }, 2, 0 },
		{ "one twice", { 0, 0 }, 2, ERR_SIGNATURE },
		{ "one thrice", { 1, 1, 1 }, 3, ERR_SIGNATURE },
		{ "one and a newcomer", { 0, 3 }, 2, ERR_SIGNATURE },
		{ "only a newcomer", { 3 }, 1, ERR_SIGNATURE },
		{ "two and a newcomer", { 3, 1, 0 }, 3, 0 },
		{ "who leaves may sign, too", { 1, 0 }, 2, 0 },
	};

	for (size_t i = 0; i < NELEM(cases); i++) {
		/* Out goes cert-xb, in comes cert-xd. */
		struct circle_text next = make(f, &(struct version){ .n = 2,
		    .members = 0xd, .quorum = 1, .previous = &v1,
		    .signers = cases[i].signers, .nsigners = cases[i].n });

		if (circle_text_follows(&next, &v1, NULL) != cases[i].want)
			fail_msg("%s", cases[i].name);
	}
}

/* The quorum is that of the version before, not the one it brings. */
static void
test_l02_quorum_cannot_lower_itself(void **state)
{
	struct fixture *f = *state;
	struct circle_text v1 = founded(f);
	struct circle_text alone = make(f, &(struct version){ .n = 2,
	    .members = 0x1, .quorum = 1, .previous = &v1, SIGNED(0) });

	assert_int_equal(circle_text_follows(&alone, &v1, NULL),
	    ERR_SIGNATURE);
}

static void
test_versions_rise_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct circle_text v1 = founded(f), other, v2, v3, replayed;
	struct err e;

	v2 = make(f, &(struct version){ .n = 2, .members = 0x3, .quorum = 2,
	    .previous = &v1, SIGNED(0, 1) });
	v3 = make(f, &(struct version){ .n = 3, .members = 0x7, .quorum = 2,
	    .previous = &v2, SIGNED(0, 1) });
	other = make(f, &(struct version){ .n = 2, .members = 0x5,
	    .quorum = 2, .previous = &v1, SIGNED(0, 2) });
	replayed = make(f, &(struct version){ .n = 3, .members = 0x7,
	    .quorum = 2, .previous = &other, SIGNED(0, 1) });
	assert_int_equal(circle_text_follows(&v2, &v1, &e), 0);
	assert_int_equal(circle_text_follows(&v3, &v2, &e), 0);
	assert_int_equal(circle_text_follows(&v1, &v2, &e), ERR_EXISTS);
	assert_non_null(strstr(e.text, "not newer"));
	assert_int_equal(circle_text_follows(&v2, &v2, &e), ERR_EXISTS);
	assert_int_equal(circle_text_follows(&v3, &v1, &e), ERR_ORDER);
	assert_non_null(strstr(e.text, "does not follow version 1"));
	assert_int_equal(circle_text_follows(&v2, NULL, &e), ERR_ORDER);
	/* Of another line: two versions 2 were signed. */
	assert_int_equal(circle_text_follows(&replayed, &v2, &e),
	    ERR_VALUE);
}

/* A signature is of one text: nothing in it can be changed after. */
static void
test_changed_after_signing(void **state)
{
	struct fixture *f = *state;
	struct circle_text v1 = founded(f), forged;
	AUTO_BUF struct buf text = { 0 };
	struct circle_text changed = v1;

	changed.quorum = 1;
	circle_text_body(&changed, &text);
	for (size_t i = 0; i < v1.nsignatures; i++) {
		buf_addf(&text, "signature=%.*s,",
		    (int)v1.signatures[i].id.n, v1.signatures[i].id.p);
		for (size_t k = 0; k < SIGNATURE_BYTES; k++)
			buf_addf(&text, "%02x", v1.signatures[i].sig[k]);
		buf_addc(&text, '\n');
	}
	assert_int_equal(circle_text_decode(buf_str(&text), f->arena,
	    &forged), 0);
	assert_int_equal(circle_text_signers(&forged, &forged, NULL), 0);
	assert_int_equal(circle_text_follows(&forged, NULL, NULL),
	    ERR_SIGNATURE);
}

/* L-04: a document of nobody is none. */
static void
test_l04_no_members(void **state)
{
	struct fixture *f = *state;
	struct circle_text t = { .name = STR("empty"), .version = 1,
	    .charter = STR("sha256:7c1e"), .quorum = 1, .foci = foci,
	    .nfoci = 2 }, out;
	AUTO_BUF struct buf text = { 0 };

	circle_text_body(&t, &text);
	assert_int_equal(circle_text_decode(buf_str(&text), f->arena, &out),
	    ERR_VALUE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_version_needs_all),
		cmocka_unit_test(test_l02_quorum_of_the_version_before),
		cmocka_unit_test(test_l02_quorum_cannot_lower_itself),
		cmocka_unit_test(test_versions_rise_one_by_one),
		cmocka_unit_test(test_changed_after_signing),
		cmocka_unit_test(test_l04_no_members),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
