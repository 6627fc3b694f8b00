#include "vault/operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
operator_clear(struct operator *op)
{
	free(op->request);
	*op = (struct operator){ .listed = false };
}

/* Take over what the settings say of an operator. */
static void
operator_take(struct operator *op, const struct settings_operator *s)
{
	snprintf(op->name, sizeof(op->name), "%s", s->name);
	op->listed = true;
	op->nroles = s->nroles;
	memcpy(op->roles, s->roles, sizeof(op->roles));
}

void
operator_by_user(const struct vault *v, uint32_t uid, const char *user,
    struct operator *out)
{
	const struct settings *s = v->settings;
	struct operator op = { .all_roles = s->noperators == 0 };
	char number[16];

	snprintf(number, sizeof(number), "%" PRIu32, uid);
	op.listed = op.all_roles;
	snprintf(op.name, sizeof(op.name), user[0] != '\0' ? "unix:%.80s" :
	    "uid:%s", user[0] != '\0' ? user : number);
	for (size_t i = 0; i < s->noperators; i++) {
		const char *known = s->operators[i].unix_user;

		if (known[0] != '\0' && (strcmp(known, user) == 0 ||
		    strcmp(known, number) == 0)) {
			operator_take(&op, &s->operators[i]);
			break;
		}
	}
	operator_clear(out);
	*out = op;
}

void
operator_text(const char *cert_id, const uint8_t *nonce, struct str request,
    struct buf *out)
{
	char hex[2 * APPROVAL_NONCE_BYTES + 1];
	char sum[2 * DIGEST_BYTES + 1];
	struct digest digest = sha256_of(request.p, request.n);

	hex_encode(hex, nonce, APPROVAL_NONCE_BYTES);
	hex_encode(sum, digest.b, DIGEST_BYTES);
	buf_addf(out, "comity operator v1\n%s\n%s\n%s\n", cert_id, hex, sum);
}

/* The bytes of one member in base64, exactly n of them. */
static int
claim_bytes(const json_t *proof, const char *name, uint8_t *dst, size_t n)
{
	const char *text = json_string_value(json_object_get(proof, name));
	size_t got;

	if (text == NULL || base64_decode(dst, n, str_of(text), &got) != 0 ||
	    got != n)
		return ERR_SIGNATURE;
	return 0;
}

static const struct settings_operator *
find_key(const struct settings *s, const uint8_t key[ED25519_PUBLIC_BYTES])
{
	uint8_t known[ED25519_PUBLIC_BYTES];

	for (size_t i = 0; i < s->noperators; i++)
		if (settings_operator_key(str_of(s->operators[i].key),
		    known) == 0 && memcmp(known, key, sizeof(known)) == 0)
			return &s->operators[i];
	return NULL;
}

int
operator_by_key(const struct vault *v, const struct operator_claim *c,
    struct operator *out, struct err *e)
{
	AUTO(verify_key_free) struct verify_key *key = NULL;
	const struct settings_operator *known;
	AUTO_BUF struct buf text = { 0 };
	struct operator op = { .by_key = true };

	if (c->nonce == NULL)
		return err_set(e, ERR_SIGNATURE, "the request is signed, but "
		    "no nonce was asked for");
	if (claim_bytes(c->proof, "key", op.proof.key,
	    sizeof(op.proof.key)) != 0 ||
	    claim_bytes(c->proof, "signature", op.proof.signature,
	    sizeof(op.proof.signature)) != 0)
		return err_set(e, ERR_SIGNATURE, "the operator's signature "
		    "does not read");
	known = find_key(v->settings, op.proof.key);
	if (known == NULL)
		return err_set(e, ERR_DENIED, "no operator of comityd.yaml "
		    "has that key");
	operator_text(v->cert_id, c->nonce, c->request, &text);
	key = verify_key_new(op.proof.key);
	if (key == NULL || verify_message(key, text.p, text.n,
	    op.proof.signature) != 0)
		return err_set(e, ERR_SIGNATURE, "the operator's signature is "
		    "not over this request");
	operator_take(&op, known);
	memcpy(op.proof.nonce, c->nonce, sizeof(op.proof.nonce));
	op.request = mem_array(char, c->request.n + 1);
	memcpy(op.request, c->request.p, c->request.n);
	op.proof.request = (struct str){ op.request, c->request.n };
	operator_clear(out);
	*out = op;
	return 0;
}

bool
operator_has_role(const struct operator *op, const char *role)
{
	if (op->all_roles)
		return true;
	for (size_t i = 0; i < op->nroles; i++)
		if (strcmp(op->roles[i], role) == 0)
			return true;
	return false;
}
