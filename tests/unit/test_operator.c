#include "vault/operator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define REQUEST "policy approve\n{\"digest\":\"ab12\"}"

static const uint8_t nonce[APPROVAL_NONCE_BYTES] = { 1, 2, 3 };
static const uint8_t other_nonce[APPROVAL_NONCE_BYTES] = { 1, 2, 4 };

/* A vault of which only the name and the settings are looked at. */
struct world {
	struct vault v;
	struct settings settings;
	struct sign_key *key;
};

static void
set_key(struct settings_operator *o, const struct sign_key *key)
{
	AUTO_BUF struct buf text = { 0 };
	uint8_t public[ED25519_PUBLIC_BYTES];

	sign_key_public(key, public);
	buf_addz(&text, "ed25519:");
	base64_encode(&text, public, sizeof(public));
	snprintf(o->key, sizeof(o->key), "%s", text.p);
}

static struct world *
world_new(void)
{
	struct world *w = mem_new(struct world);

	w->v.settings = &w->settings;
	snprintf(w->v.cert_id, sizeof(w->v.cert_id), "cert-xa");
	w->key = sign_key_generate();
	w->settings.noperators = 2;
	snprintf(w->settings.operators[0].name, 64, "duty");
	snprintf(w->settings.operators[0].unix_user, 64, "alice");
	snprintf(w->settings.operators[1].name, 64, "director");
	snprintf(w->settings.operators[1].roles[0], 32, "legal");
	w->settings.operators[1].nroles = 1;
	set_key(&w->settings.operators[1], w->key);
	return w;
}

static void
world_free(struct world *w)
{
	sign_key_free(w->key);
	free(w);
}

/* The member "operator" of a request, signed for those four. */
static json_t *
proof(const struct sign_key *key, const char *cert_id, const uint8_t *n,
    const char *request)
{
	AUTO_BUF struct buf text = { 0 }, key64 = { 0 }, sig64 = { 0 };
	uint8_t public[ED25519_PUBLIC_BYTES], sig[SIGNATURE_BYTES];

	operator_text(cert_id, n, str_of(request), &text);
	assert_int_equal(sign_message(key, text.p, text.n, sig), 0);
	sign_key_public(key, public);
	base64_encode(&key64, public, sizeof(public));
	base64_encode(&sig64, sig, sizeof(sig));
	return json_pack("{s:s, s:s}", "key", key64.p, "signature", sig64.p);
}

static void
test_operator_by_key_refuses(void **state)
{
	struct world *w = world_new();
	struct sign_key *stranger = sign_key_generate();
	const struct {
		const char *name;
		const struct sign_key *key;
		const char *cert_id;
		const uint8_t *signed_nonce, *nonce;
		const char *request;
		int want;
	} rows[] = {
		{ "good", w->key, "cert-xa", nonce, nonce, REQUEST, 0 },
		{ "of another instance", w->key, "cert-xb", nonce, nonce,
		  REQUEST, ERR_SIGNATURE },
		{ "played again", w->key, "cert-xa", other_nonce, nonce,
		  REQUEST, ERR_SIGNATURE },
		{ "no nonce asked for", w->key, "cert-xa", nonce, NULL,
		  REQUEST, ERR_SIGNATURE },
		{ "of other arguments", w->key, "cert-xa", nonce, nonce,
		  "policy approve\n{\"digest\":\"ab13\"}", ERR_SIGNATURE },
		{ "by a stranger", stranger, "cert-xa", nonce, nonce, REQUEST,
		  ERR_DENIED },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct operator op = { .listed = false };
		json_t *p = proof(rows[i].key, rows[i].cert_id,
		    rows[i].signed_nonce, rows[i].request);
		struct err e = { 0 };
		int rc = operator_by_key(&w->v, &(struct operator_claim){
		    p, STR(REQUEST), rows[i].nonce }, &op, &e);

		if (rc != rows[i].want)
			fail_msg("%s: got %s: %s", rows[i].name, err_name(rc),
			    e.text);
		assert_int_equal(op.listed, rows[i].want == 0);
		operator_clear(&op);
		json_decref(p);
	}
	sign_key_free(stranger);
	world_free(w);
}

static void
test_operator_by_key_syntax(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"key\":1,\"signature\":2}",
		"{\"key\":\"AAAA\",\"signature\":\"AAAA\"}",
		"{\"key\":\"!\",\"signature\":\"\"}",
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < NELEM(bad); i++) {
		struct operator op = { .listed = false };
		json_t *p = json_loads(bad[i], 0, NULL);
		struct err e = { 0 };

		assert_int_equal(operator_by_key(&w->v,
		    &(struct operator_claim){ p, STR(REQUEST), nonce }, &op,
		    &e), ERR_SIGNATURE);
		json_decref(p);
	}
	world_free(w);
}

static void
test_operator_by_user(void **state)
{
	static const struct {
		const char *user;
		uint32_t uid;
		size_t n;		/* operators in the settings */
		const char *name;
		bool listed, legal;
	} rows[] = {
		{ "alice", 1000, 2, "duty", true, false },
		{ "bob", 1001, 2, "unix:bob", false, false },
		{ "", 1001, 2, "uid:1001", false, false },
		{ "bob", 1001, 0, "unix:bob", true, true },
		{ "", 0, 0, "uid:0", true, true },
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct operator op = { .listed = false };

		w->settings.noperators = rows[i].n;
		operator_by_user(&w->v, rows[i].uid, rows[i].user, &op);
		assert_string_equal(op.name, rows[i].name);
		assert_int_equal(op.listed, rows[i].listed);
		assert_int_equal(operator_has_role(&op, "legal"),
		    rows[i].legal);
	}
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operator_by_key_refuses),
		cmocka_unit_test(test_operator_by_key_syntax),
		cmocka_unit_test(test_operator_by_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
