/*
 * STATEMENT: what it takes to be one, and that nothing in it can be changed
 * by who hands it on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "wire/msg_statement.h"

#define XA STR("cert-xa.example")
#define XB STR("cert-xb.example")
#define AT ((unix_ms_t){ 1790000000123 })

struct fixture {
	struct sign_key *key, *other;
	struct verify_key *pub, *other_pub;
};

static struct verify_key *
public_of(const struct sign_key *key)
{
	uint8_t pub[ED25519_PUBLIC_BYTES];

	sign_key_public(key, pub);
	return verify_key_new(pub);
}

static int
setup(void **state)
{
	static struct fixture f;

	f.key = sign_key_generate();
	f.other = sign_key_generate();
	f.pub = public_of(f.key);
	f.other_pub = public_of(f.other);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sign_key_free(f->key);
	sign_key_free(f->other);
	verify_key_free(f->pub);
	verify_key_free(f->other_pub);
	return 0;
}

static struct msg_statement
fields(enum statement_kind kind)
{
	struct msg_statement m = { .kind = kind, .from = XA, .about = XB,
	    .at = AT, .reason = STR("we know them") };

	memset(m.identity, 7, sizeof(m.identity));
	if (kind == STATEMENT_ATTESTATION)
		m.until.ms = AT.ms + DAY(365);
	if (kind == STATEMENT_REFERRAL) {
		m.belief = 600000;
		m.disbelief = 100000;
	}
	return m;
}

static void
test_round_trip_every_kind(void **state)
{
	struct fixture *f = *state;

	for (int k = STATEMENT_VOUCH; k < STATEMENT_KINDS; k++) {
		struct msg_statement m = fields((enum statement_kind)k), got;
		AUTO_BUF struct buf b = { 0 };

		assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
		assert_int_equal(msg_statement_decode(buf_str(&b), &got), 0);
		assert_int_equal(msg_statement_verify(buf_str(&b), f->pub),
		    0);
		assert_int_equal(got.kind, k);
		assert_true(str_eq(got.from, XA) && str_eq(got.about, XB));
		assert_memory_equal(got.identity, m.identity,
		    sizeof(m.identity));
		assert_true(got.at.ms == m.at.ms);
		assert_true(got.until.ms == m.until.ms);
		assert_int_equal(got.belief, m.belief);
		assert_int_equal(got.disbelief, m.disbelief);
		assert_true(str_eq(got.reason, m.reason));
	}
}

static void
test_altered_bytes(void **state)
{
	struct fixture *f = *state;
	struct msg_statement m = fields(STATEMENT_VOUCH);
	AUTO_BUF struct buf b = { 0 };

	assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
	for (size_t i = 0; i < b.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			b.p[i] ^= (char)(1 << bit);
			assert_int_equal(msg_statement_verify(buf_str(&b),
			    f->pub), ERR_SIGNATURE);
			b.p[i] ^= (char)(1 << bit);
		}
	assert_int_equal(msg_statement_verify(buf_str(&b), f->pub), 0);
}

static void
test_truncated_and_longer(void **state)
{
	struct fixture *f = *state;
	struct msg_statement m = fields(STATEMENT_ATTESTATION), got;
	AUTO_BUF struct buf b = { 0 };

	assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
	for (size_t n = 0; n < b.n; n++)
		assert_true(msg_statement_decode((struct str){ b.p, n },
		    &got) < 0);
	assert_int_equal(msg_statement_verify((struct str){ b.p, 63 },
	    f->pub), ERR_SYNTAX);
	buf_addc(&b, 0);
	assert_true(msg_statement_decode(buf_str(&b), &got) < 0);
}

/* Signed by somebody else, or a signature taken from another message. */
static void
test_other_key(void **state)
{
	struct fixture *f = *state;
	struct msg_statement m = fields(STATEMENT_VOUCH);
	struct msg_statement n = fields(STATEMENT_VOUCH_ENDED);
	AUTO_BUF struct buf b = { 0 };
	AUTO_BUF struct buf c = { 0 };

	assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
	assert_int_equal(msg_statement_sign(&n, f->key, &c), 0);
	assert_int_equal(msg_statement_verify(buf_str(&b), f->other_pub),
	    ERR_SIGNATURE);
	memcpy(b.p + b.n - SIGNATURE_BYTES, c.p + c.n - SIGNATURE_BYTES,
	    SIGNATURE_BYTES);
	assert_int_equal(msg_statement_verify(buf_str(&b), f->pub),
	    ERR_SIGNATURE);
}

static void
refused(struct fixture *f, const struct msg_statement *m)
{
	AUTO_BUF struct buf b = { 0 };

	assert_int_equal(msg_statement_sign(m, f->key, &b), ERR_VALUE);
	assert_int_equal(b.n, 0);
}

static void
test_sign_values(void **state)
{
	struct msg_statement m = fields(STATEMENT_VOUCH);

	m.about = m.from;
	refused(*state, &m);
	m = fields(STATEMENT_VOUCH);
	m.until.ms = AT.ms + 1;
	refused(*state, &m);
	m = fields(STATEMENT_VOUCH);
	m.belief = 1;
	refused(*state, &m);
	m = fields(STATEMENT_VOUCH);
	m.about = STR("Cert XB");
	refused(*state, &m);
	m = fields(STATEMENT_VOUCH);
	m.at.ms = -1;
	refused(*state, &m);
	m = fields(STATEMENT_VOUCH);
	m.reason = STR("a\x1b[2Jb");
	refused(*state, &m);
	m.reason = STR("a\xc2\x9b" "2Jb");
	refused(*state, &m);
	m = fields(STATEMENT_ATTESTATION);
	m.until = m.at;
	refused(*state, &m);
	m = fields(STATEMENT_REFERRAL);
	m.belief = STATEMENT_ONE - m.disbelief;
	refused(*state, &m);
	m.belief = m.disbelief = UINT32_MAX;
	refused(*state, &m);
	m = fields((enum statement_kind)0);
	refused(*state, &m);
	m = fields((enum statement_kind)STATEMENT_KINDS);
	refused(*state, &m);
}

/* The same values, from somebody whose signing does not look. */
static void
test_decode_values(void **state)
{
	struct fixture *f = *state;
	struct msg_statement m = fields(STATEMENT_REFERRAL), got;
	AUTO_BUF struct buf b = { 0 };
	char *p;

	assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
	p = b.p;
	for (int kind = 0; kind < 256; kind++) {
		p[0] = (char)kind;
		assert_int_equal(msg_statement_decode(buf_str(&b), &got),
		    kind == STATEMENT_REFERRAL ? 0 : ERR_VALUE);
	}
	p[0] = STATEMENT_REFERRAL;
	/* "cert-xa" about "cert-xa". */
	p[1 + 1 + XA.n + 1 + 6] = 'a';
	assert_int_equal(msg_statement_decode(buf_str(&b), &got), ERR_VALUE);
}

static void
test_reason_is_cut(void **state)
{
	struct fixture *f = *state;
	struct msg_statement m = fields(STATEMENT_VOUCH), got;
	AUTO_BUF struct buf b = { 0 };
	char text[400];

	memset(text, 'x', sizeof(text));
	memcpy(text + STATEMENT_REASON_MAX - 1, "\xc3\xa4", 2);
	m.reason = (struct str){ text, sizeof(text) };
	assert_int_equal(msg_statement_sign(&m, f->key, &b), 0);
	assert_true(b.n <= STATEMENT_BYTES_MAX);
	assert_int_equal(msg_statement_decode(buf_str(&b), &got), 0);
	assert_int_equal(got.reason.n, STATEMENT_REASON_MAX - 1);
}

static void
test_taken(void **state)
{
	struct msg_statement_taken m = { .result = STATEMENT_REFUSED,
	    .why = STR("cert-xa is no peer of ours") }, got;
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	memset(m.statement.b, 9, DIGEST_BYTES);
	msg_statement_taken_encode(&m, &b);
	assert_int_equal(msg_statement_taken_decode(buf_str(&b), &got), 0);
	assert_true(digest_eq(&got.statement, &m.statement));
	assert_int_equal(got.result, STATEMENT_REFUSED);
	assert_true(str_eq(got.why, m.why));
	for (size_t n = 0; n < b.n; n++)
		assert_true(msg_statement_taken_decode((struct str){ b.p,
		    n }, &got) < 0);
	for (int r = 0; r < 256; r++) {
		b.p[DIGEST_BYTES] = (char)r;
		assert_int_equal(msg_statement_taken_decode(buf_str(&b),
		    &got), r >= STATEMENT_COUNTED && r <= STATEMENT_REFUSED ?
		    0 : ERR_VALUE);
	}
}

static void
test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(statement_kind_name(STATEMENT_VOUCH), "vouch");
	assert_string_equal(statement_kind_name(STATEMENT_ATTESTATION),
	    "attestation");
	assert_string_equal(statement_kind_name((enum statement_kind)0),
	    "?");
	assert_string_equal(statement_kind_name((enum statement_kind)99),
	    "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_every_kind),
		cmocka_unit_test(test_altered_bytes),
		cmocka_unit_test(test_truncated_and_longer),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_sign_values),
		cmocka_unit_test(test_decode_values),
		cmocka_unit_test(test_reason_is_cut),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
