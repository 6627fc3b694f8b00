#include "ctl/operator.h"

#include <string.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "ctl/client.h"
#include "ctl/files.h"

#define KEY_BYTES_MAX 16384
#define NONCE_HEX 32

/* Read the private key of --as; others must not be able to. */
static struct sign_key *
operator_key(const struct ctl *c, struct err *e)
{
	AUTO_BUF struct buf pem = { 0 };
	struct sign_key *key;
	struct stat st;

	if (stat(c->operator_key, &st) == 0 && (st.st_mode & 077) != 0) {
		(void)err_set(e, ERR_CONF, "%s: others can read it: chmod "
		    "0600 %s", c->operator_key, c->operator_key);
		return NULL;
	}
	if (file_read(c->operator_key, KEY_BYTES_MAX, &pem, e) < 0)
		return NULL;
	key = sign_key_from_pem(buf_str(&pem), e);
	crypto_wipe(pem.p, pem.n);
	return key;
}

/* What is signed; vault/operator.h has the same. */
static void
operator_text(const json_t *request, const json_t *nonce, struct buf *out)
{
	AUTO(mem_free) char *args = json_dumps(json_object_get(request,
	    "arguments"), JSON_COMPACT | JSON_SORT_KEYS);
	char sum[2 * DIGEST_BYTES + 1];
	AUTO_BUF struct buf asked = { 0 };
	struct digest digest;

	buf_addf(&asked, "%s\n%s", reply_text(request, "command"),
	    args == NULL ? "" : args);
	digest = sha256_of(asked.p, asked.n);
	hex_encode(sum, digest.b, DIGEST_BYTES);
	buf_addf(out, "comity operator v1\n%s\n%s\n%s\n",
	    reply_text(nonce, "cert_id"), reply_text(nonce, "nonce"), sum);
}

int
operator_sign(const struct ctl *c, json_t *request, const json_t *nonce)
{
	AUTO_BUF struct buf text = { 0 }, pub64 = { 0 }, sig64 = { 0 };
	AUTO(sign_key_free) struct sign_key *key = NULL;
	uint8_t sig[SIGNATURE_BYTES], pub[ED25519_PUBLIC_BYTES];
	struct err e = { 0 };

	if (strlen(reply_text(nonce, "nonce")) != NONCE_HEX)
		return ctl_fail(c, CTL_REFUSED, "is the daemon of another "
		    "version? comityctl version", "the daemon gave no nonce");
	key = operator_key(c, &e);
	if (key == NULL)
		return ctl_fail_err(c, &e, "make one with: comityctl key "
		    "generate operator FILE");
	operator_text(request, nonce, &text);
	if (sign_message(key, text.p, text.n, sig) != 0)
		return ctl_fail(c, CTL_REFUSED, NULL, "%s: cannot sign",
		    c->operator_key);
	sign_key_public(key, pub);
	base64_encode(&pub64, pub, sizeof(pub));
	base64_encode(&sig64, sig, sizeof(sig));
	json_object_set_new(request, "operator", json_pack("{s:s, s:s}",
	    "key", pub64.p, "signature", sig64.p));
	return 0;
}

int
operator_key_make(const struct ctl *c, const char *path, bool replace)
{
	AUTO(sign_key_free) struct sign_key *key = sign_key_generate();
	AUTO_BUF struct buf pem = { 0 }, pub64 = { 0 };
	uint8_t pub[ED25519_PUBLIC_BYTES];
	struct err e = { 0 };
	int rc;

	if (file_exists(path) && !replace)
		return ctl_fail(c, CTL_REFUSED, "--replace makes a new one; "
		    "comityd.yaml must then learn the new key", "%s exists",
		    path);
	rc = sign_key_to_pem(key, &pem);
	if (rc == 0)
		rc = file_write(path, 0600, buf_str(&pem), &e);
	crypto_wipe(pem.p, pem.n);
	if (rc < 0)
		return ctl_fail_err(c, &e, NULL);
	sign_key_public(key, pub);
	base64_encode(&pub64, pub, sizeof(pub));
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:s+}", "v",
		    1, "ok", 1, "path", path, "key", "ed25519:", pub64.p);

		reply_print(j);
	} else {
		printf("ed25519:%s\n", pub64.p);
	}
	fprintf(stderr, "next: add to comityd.yaml: operators: [{name: ..., "
	    "key: \"ed25519:%s\", roles: [...]}]\n", pub64.p);
	return CTL_DONE;
}
