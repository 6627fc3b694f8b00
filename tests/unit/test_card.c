#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/card.h"

#define VECTORS SOURCE_ROOT "/tests/vectors/card/"
#define NOW ((unix_ms_t){ 1800000000000 })

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
}

static struct sign_key *
test_key(void)
{
	uint8_t seed[ED25519_SECRET_BYTES];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	return sign_key_from_secret(seed);
}

static void
set_desk(struct card_desk *d, const char *name, const char *a,
    const char *b)
{
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->uses[0], sizeof(d->uses[0]), "%s", a);
	snprintf(d->uses[1], sizeof(d->uses[1]), "%s", b);
	d->nuses = b[0] == '\0' ? 1 : 2;
}

/* The card of card.json. */
static void
card_make(struct card *c)
{
	AUTO(sign_key_free) struct sign_key *key = test_key();
	struct err e = { 0 };

	*c = (struct card){ .cert_id = "cert-xa.example",
	    .name = "CERT \"Xa\" \\ \u00dcberall", .country = "XA",
	    .endpoints = { "exchange.cert-xa.example:4433",
	    "[2001:db8::1]:4433" }, .nendpoints = 2, .npins = 2,
	    .ndesks = 2, .not_before = { 1780000000000 },
	    .not_after = { 1880000000000 } };
	memset(c->pins[0].b, 0x66, DIGEST_BYTES);
	memset(c->pins[1].b, 0x77, DIGEST_BYTES);
	set_desk(&c->desks[0], "ops", "secops", "");
	set_desk(&c->desks[1], "lea-liaison", "law", "secops");
	assert_int_equal(card_sign(c, key, &e), 0);
}

/* The card with what others signed, as a text. */
static void
countersigned(size_t n, size_t bytes, struct buf *out)
{
	static struct card c;
	struct card_vouches w = { .n = n };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < bytes; k++)
			buf_addc(&w.v[i], (char)('a' + i));
	card_make(&c);
	card_encode_all(&c, &w, out);
	card_vouches_clear(&w);
}

static void
test_card_decode_all_countersigned(void **state)
{
	static struct card got;
	struct card_vouches w = { .n = 0 };
	AUTO_BUF struct buf text = { 0 }, again = { 0 };
	struct err e = { 0 };

	(void)state;
	countersigned(CARD_VOUCHES_MAX, CARD_VOUCH_BYTES_MAX, &text);
	assert_int_equal(card_decode_all(buf_str(&text), NOW, &got, &w, &e),
	    0);
	assert_int_equal(w.n, CARD_VOUCHES_MAX);
	assert_int_equal(w.v[15].n, CARD_VOUCH_BYTES_MAX);
	card_encode_all(&got, &w, &again);
	assert_string_equal(text.p, again.p);
	/* The card itself is the same, for who does not ask. */
	assert_int_equal(card_decode(buf_str(&text), NOW, &got, &e), 0);
	card_vouches_clear(&w);
}

static void
test_card_decode_all_plain(void **state)
{
	static struct card got;
	struct card_vouches w = { .n = 0 };
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	(void)state;
	countersigned(0, 0, &text);
	assert_int_equal(card_decode_all(buf_str(&text), NOW, &got, &w, &e),
	    0);
	assert_int_equal(w.n, 0);
}

/* The card with this in the place of its vouches is refused, and why. */
static void
assert_vouches_refused(const char *vouches, const char *why)
{
	static struct card c, got;
	struct card_vouches w = { .n = 0 };
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	card_make(&c);
	card_encode(&c, &text);
	text.n--;
	buf_addf(&text, ",\"vouches\":%s}", vouches);
	assert_int_equal(card_decode_all(buf_str(&text), NOW, &got, &w, &e),
	    ERR_CONF);
	assert_non_null(strstr(e.text, why));
	assert_int_equal(w.n, 0);
}

static void
test_card_decode_all_bad_vouches(void **state)
{
	AUTO_BUF struct buf many = { 0 }, big = { 0 };
	uint8_t bytes[CARD_VOUCH_BYTES_MAX + 1] = { 0 };

	(void)state;
	assert_vouches_refused("[]", "vouches: want a list of 1 to 16");
	assert_vouches_refused("{}", "vouches: want a list of 1 to 16");
	assert_vouches_refused("[1]", "vouches[0]: want");
	assert_vouches_refused("[\"\"]", "vouches[0]: want");
	assert_vouches_refused("[\"YQ\"]", "vouches[0]: want");
	assert_vouches_refused("[\"YQ==\",\"YQ==\"]",
	    "vouches[1]: want every vouch once");
	assert_vouches_refused("[ \"YQ==\"]", "not as it was written");
	for (int i = 0; i <= CARD_VOUCHES_MAX; i++)
		buf_addf(&many, "%s\"YWE%c\"", i == 0 ? "[" : ",", 'A' + i);
	buf_addc(&many, ']');
	assert_vouches_refused(many.p, "vouches: want a list of 1 to 16");
	buf_addz(&big, "[\"");
	base64_encode(&big, bytes, sizeof(bytes));
	buf_addz(&big, "\"]");
	assert_vouches_refused(big.p, "vouches[0]: want up to 1024 bytes");
}

static void
test_card_vector(void **state)
{
	static struct card c, got;
	AUTO_BUF struct buf want = { 0 }, text = { 0 };
	struct err e = { 0 };

	(void)state;
	read_file(VECTORS "card.json", &want);
	card_make(&c);
	card_encode(&c, &text);
	buf_addc(&text, '\n');
	assert_string_equal(text.p, want.p);
	if (card_decode(buf_str(&want), NOW, &got, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(got.cert_id, c.cert_id);
	assert_string_equal(got.name, c.name);
	assert_string_equal(got.endpoints[1], c.endpoints[1]);
	assert_string_equal(got.desks[1].uses[0], "law");
	assert_int_equal(got.ndesks, 2);
	assert_int_equal(got.npins, 2);
	assert_int_equal(got.not_after.ms, c.not_after.ms);
	assert_memory_equal(got.identity, c.identity, sizeof(c.identity));
	buf_reset(&text);
	card_encode(&got, &text);
	assert_int_equal(card_decode(buf_str(&text), NOW, &got, &e), 0);
}

static void
test_card_code_vector(void **state)
{
	static struct card c;
	AUTO_BUF struct buf want = { 0 };
	char code[CARD_CODE_MAX], other[CARD_CODE_MAX];

	(void)state;
	read_file(VECTORS "code.txt", &want);
	want.p[strcspn(want.p, "\n")] = '\0';
	card_make(&c);
	assert_string_equal(card_code(&c, code), want.p);
	assert_int_equal(strlen(code), 35);
	c.identity[31] ^= 1;
	assert_string_not_equal(card_code(&c, other), code);
	c.identity[31] ^= 1;
	c.cert_id[0] = 'd';
	assert_string_not_equal(card_code(&c, other), code);
}

/* One bit changed anywhere, and every prefix: refused, with a text. */
static void
test_card_every_bit(void **state)
{
	static struct card got;
	AUTO_BUF struct buf b = { 0 };
	struct err e;

	(void)state;
	read_file(VECTORS "card.json", &b);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		int rc;

		b.p[bit / 8] ^= (char)(1 << bit % 8);
		e.text[0] = '\0';
		rc = card_decode(buf_str(&b), NOW, &got, &e);
		if (rc != ERR_CONF && rc != ERR_SIGNATURE)
			fail_msg("bit %zu: %s", bit, err_name(rc));
		assert_int_equal(e.code, rc);
		assert_true(strlen(e.text) > 10);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n + 1 < b.n; n++)
		assert_true(card_decode((struct str){ b.p, n }, NOW, &got,
		    &e) < 0);
	buf_addc(&b, '\n');
	assert_int_equal(card_decode(buf_str(&b), NOW, &got, &e), ERR_CONF);
}

static void
test_card_validity(void **state)
{
	static const struct { int64_t now; int want; const char *text; }
	cases[] = {
		{ 1780000000000, 0, "" },
		{ 1779999999999, ERR_VALUE, "not valid before 2026-05-28" },
		{ 1880000000000, 0, "" },
		{ 1880000000001, ERR_VALUE, "expired at 2029-07-29" },
	};
	static struct card got;
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	read_file(VECTORS "card.json", &b);
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct err e = { 0 };

		assert_int_equal(card_decode(buf_str(&b), (unix_ms_t){
		    cases[i].now }, &got, &e), cases[i].want);
		if (strstr(e.text, cases[i].text) == NULL)
			fail_msg("got: %s", e.text);
	}
}

/* ---- fields that are wrong, though signed ---- */

/* Replace the first `from` of the good card by `to`. */
static const struct {
	const char *from, *to, *text;
} edits[] = {
	{ "\"cert-xa.example\"", "\"Cert-xa.example\"", "cert_id: want" },
	{ "\"cert-xa.example\"", "\"cert xa\"", "cert_id: want" },
	{ "\"cert-xa.example\"", "\"\"", "cert_id: want" },
	{ "\"cert-xa.example\"", "7", "cert_id: want" },
	{ "\"XA\"", "\"xa\"", "country: want two capital" },
	{ "\"XA\"", "\"XAA\"", "country: want two capital" },
	{ "\"name\":\"CERT", "\"name\":\"\\u202eCERT", "name: want" },
	{ "\"name\":\"CERT", "\"name\":\"\\nCERT", "name: want" },
	{ "\"name\":\"CERT", "\"name\":\"\\u0000CERT", "not a card" },
	{ "[2001:db8::1]:4433", "2001:db8::1:4433", "endpoints[1]: want" },
	{ "[2001:db8::1]:4433", "host:0", "endpoints[1]: want" },
	{ "[2001:db8::1]:4433", "host", "endpoints[1]: want" },
	{ "[2001:db8::1]:4433", "exchange.cert-xa.example:4433",
	    "endpoints[1]: want every endpoint once" },
	{ "\"name\":\"ops\"", "\"name\":\"Ops\"", "desks[0]: want" },
	{ "\"name\":\"ops\"", "\"name\":\"lea-liaison\"",
	    "desks[1]: want every desk once" },
	{ "[\"secops\"]", "[]", "desks[0].uses: want a list" },
	{ "[\"secops\"]", "[\"a\",\"a\"]", "desks[0].uses: want every" },
	{ "[\"secops\"]", "[\"a,b\"]", "desks[0].uses: want a name" },
	{ "{\"name\":\"ops\"", "{\"nam\":\"ops\"",
	    "desks[0]: unknown member \"nam\"" },
	{ "{\"name\":\"ops\",", "{", "desks[0]: want the member \"name\"" },
	{ "{\"name\":\"ops\",\"uses\":[\"secops\"]}", "1",
	    "desks[0]: want an object" },
	{ "\"identity\":\"", "\"identity\":\"A", "identity: want 32 bytes" },
	{ "\"not_before_ms\":1780000000000", "\"not_before_ms\":-1",
	    "not_before_ms: want milli" },
	{ "\"not_before_ms\":1780000000000", "\"not_before_ms\":1.5",
	    "not_before_ms: want milli" },
	{ "\"not_before_ms\":1780000000000",
	    "\"not_before_ms\":1880000000000", "not_after_ms: want a time" },
	{ "\"not_after_ms\":1880000000000",
	    "\"not_after_ms\":9007199254740992", "not_after_ms: want milli" },
	{ "\"pins\":[\"", "\"pins\":[\"A", "pins[0]: want 32 bytes" },
	{ "\"pins\":[", "\"pins\":[\"d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3"
	    "d3d3d3d3d3c=\",", "pins[2]: want every pin once" },
	{ "\"signature\":\"", "\"signature\":\"AAAA", "signature: want 64" },
	{ "\"comity_card\":1", "\"comity_card\":2", "comity_card: want 1" },
	{ "\"comity_card\":1,", "", "not the card of a CERT" },
	{ "{\"cert_id\"", "{\"a\":1,\"cert_id\"",
	    "card: unknown member \"a\"" },
	{ "{\"cert_id\":\"cert-xa.example\",", "{",
	    "card: want the member \"cert_id\"" },
	{ "{\"cert_id\"", "{\"country\":\"XB\",\"cert_id\"", "duplicate" },
	{ "{\"cert_id\"", "[\"cert_id\"", "not a card: line 1" },
	{ "\"XA\"", "\"XB\"", "signature of the card of cert-xa.example "
	    "does not verify" },
	{ "{\"cert_id\"", "{ \"cert_id\"", "is not as it was written" },
	{ "\\\\ ", "\\u005c ", "is not as it was written" },
};

static void
test_card_edits(void **state)
{
	static struct card got;
	AUTO_BUF struct buf good = { 0 };

	(void)state;
	read_file(VECTORS "card.json", &good);
	for (size_t i = 0; i < NELEM(edits); i++) {
		const char *at = strstr(good.p, edits[i].from);
		AUTO_BUF struct buf b = { 0 };
		struct err e = { 0 };

		assert_non_null(at);
		buf_add(&b, good.p, (size_t)(at - good.p));
		buf_addz(&b, edits[i].to);
		buf_addz(&b, at + strlen(edits[i].from));
		if (card_decode(buf_str(&b), NOW, &got, &e) == 0)
			fail_msg("%s: taken", edits[i].to);
		if (strstr(e.text, edits[i].text) == NULL)
			fail_msg("%s: got: %s", edits[i].to, e.text);
	}
}

static void
test_card_not_json(void **state)
{
	static const struct { const char *name; struct str text; } cases[] = {
		{ "empty", STR("") },
		{ "text", STR("card") },
		{ "NUL", STR("{}\0") },
		{ "not UTF-8", STR("{\"\xff\":1}") },
		{ "list", STR("[]") },
		{ "number", STR("1") },
		{ "half", STR("{\"cert_id\":") },
	};
	static struct card got;
	AUTO_BUF struct buf deep = { 0 }, big = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++)
		if (card_decode(cases[i].text, NOW, &got, &e) != ERR_CONF)
			fail_msg("%s: taken", cases[i].name);
	for (int i = 0; i < 60000; i++)
		buf_addc(&deep, '[');
	assert_int_equal(card_decode(buf_str(&deep), NOW, &got, &e),
	    ERR_CONF);
	for (int i = 0; i <= CARD_BYTES_MAX; i++)
		buf_addc(&big, ' ');
	assert_int_equal(card_decode(buf_str(&big), NOW, &got, &e),
	    ERR_CONF);
}

/* A card at every limit reads back. */
static void
test_card_largest(void **state)
{
	AUTO(sign_key_free) struct sign_key *key = test_key();
	static struct card c, got;
	AUTO_BUF struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	card_make(&c);
	memset(c.name, 'x', sizeof(c.name) - 1);
	c.nendpoints = CARD_ENDPOINTS_MAX;
	for (size_t i = 0; i < c.nendpoints; i++)
		snprintf(c.endpoints[i], sizeof(c.endpoints[i]),
		    "h%zu.example:65535", i);
	c.npins = CARD_PINS_MAX;
	for (size_t i = 0; i < c.npins; i++)
		memset(c.pins[i].b, (int)i, DIGEST_BYTES);
	c.ndesks = CARD_DESKS_MAX;
	for (size_t i = 0; i < c.ndesks; i++) {
		memset(c.desks[i].name, 'd', sizeof(c.desks[i].name) - 1);
		c.desks[i].name[0] = (char)('a' + i / 26);
		c.desks[i].name[1] = (char)('a' + i % 26);
		c.desks[i].nuses = CARD_USES_MAX;
		for (size_t u = 0; u < CARD_USES_MAX; u++) {
			memset(c.desks[i].uses[u], 'u', NAME_MAX_BYTES - 1);
			c.desks[i].uses[u][0] = (char)('a' + u);
		}
	}
	assert_int_equal(card_sign(&c, key, &e), 0);
	card_encode(&c, &b);
	assert_true(b.n <= CARD_BYTES_MAX);
	if (card_decode(buf_str(&b), NOW, &got, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(got.ndesks, CARD_DESKS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_card_vector),
		cmocka_unit_test(test_card_decode_all_countersigned),
		cmocka_unit_test(test_card_decode_all_plain),
		cmocka_unit_test(test_card_decode_all_bad_vouches),
		cmocka_unit_test(test_card_code_vector),
		cmocka_unit_test(test_card_every_bit),
		cmocka_unit_test(test_card_validity),
		cmocka_unit_test(test_card_edits),
		cmocka_unit_test(test_card_not_json),
		cmocka_unit_test(test_card_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
