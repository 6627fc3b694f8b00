#include "base/crypto.h"

#include <assert.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

struct sign_key {
	EVP_PKEY *pkey;		/* owned */
};

struct verify_key {
	EVP_PKEY *pkey;		/* owned */
};

/* Fetched once: fetching costs more than a short hash in OpenSSL 3. */
static EVP_MD *sha256_md;
static EVP_MD_CTX *sha256_ctx;

static EVP_MD_CTX *
sha256_context(void)
{
	if (sha256_ctx == NULL) {
		sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
		sha256_ctx = EVP_MD_CTX_new();
		assert(sha256_md != NULL && sha256_ctx != NULL);
	}
	return sha256_ctx;
}

void
sha256(const struct span *parts, size_t n, struct digest *out)
{
	EVP_MD_CTX *ctx = sha256_context();
	int ok = EVP_DigestInit_ex2(ctx, sha256_md, NULL);

	for (size_t i = 0; i < n; i++)
		ok &= EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	ok &= EVP_DigestFinal_ex(ctx, out->b, NULL);
	assert(ok == 1);
}

struct digest
sha256_of(const void *p, size_t n)
{
	struct digest d;

	sha256(&(struct span){ p, n }, 1, &d);
	return d;
}

uint64_t
hash64(uint8_t seed, const void *p, size_t n)
{
	struct span parts[] = { { &seed, 1 }, { p, n } };
	struct digest d;
	uint64_t v = 0;

	sha256(parts, NELEM(parts), &d);
	for (int i = 0; i < 8; i++)
		v = v << 8 | d.b[i];
	return v;
}

bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->b, b->b, DIGEST_BYTES) == 0;
}

void
crypto_random(void *dst, size_t n)
{
	int ok = RAND_bytes(dst, (int)n);

	assert(ok == 1);
}

const char *
crypto_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

void
crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

static struct sign_key *
sign_key_wrap(EVP_PKEY *pkey)
{
	struct sign_key *k;

	if (pkey == NULL)
		return NULL;
	k = mem_new(struct sign_key);
	k->pkey = pkey;
	return k;
}

struct sign_key *
sign_key_generate(void)
{
	struct sign_key *k = sign_key_wrap(
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));

	assert(k != NULL);
	return k;
}

struct sign_key *
sign_key_from_secret(const uint8_t seed[ED25519_SECRET_BYTES])
{
	return sign_key_wrap(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519,
	    NULL, seed, ED25519_SECRET_BYTES));
}

/* Refuse encrypted keys instead of asking a terminal. */
static int
no_pass_phrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

struct sign_key *
sign_key_from_pem(struct str pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = NULL;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase,
		    NULL);
	BIO_free(bio);
	if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(pkey);
		(void)err_set(e, ERR_CONF,
		    "not an unencrypted Ed25519 private key in PEM form; "
		    "make one with: comityctl key generate");
		return NULL;
	}
	return sign_key_wrap(pkey);
}

int
sign_key_to_pem(const struct sign_key *k, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;
	int rc = ERR_CRYPTO;

	if (bio == NULL)
		return ERR_CRYPTO;
	if (PEM_write_bio_PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL,
	    NULL) == 1 && (n = BIO_get_mem_data(bio, &p)) > 0) {
		buf_add(out, p, (size_t)n);
		crypto_wipe(p, (size_t)n);
		rc = 0;
	}
	BIO_free(bio);
	return rc;
}

void
sign_key_free(struct sign_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

void
sign_key_public(const struct sign_key *k, uint8_t out[ED25519_PUBLIC_BYTES])
{
	size_t n = ED25519_PUBLIC_BYTES;
	int ok = EVP_PKEY_get_raw_public_key(k->pkey, out, &n);

	assert(ok == 1 && n == ED25519_PUBLIC_BYTES);
}

int
sign_message(const struct sign_key *k, const void *p, size_t n,
    uint8_t out[SIGNATURE_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGNATURE_BYTES;
	int ok;

	if (ctx == NULL)
		return ERR_CRYPTO;
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(ctx, out, &len, p, n) == 1 &&
	    len == SIGNATURE_BYTES;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : ERR_CRYPTO;
}

struct verify_key *
verify_key_new(const uint8_t pub[ED25519_PUBLIC_BYTES])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    pub, ED25519_PUBLIC_BYTES);
	struct verify_key *k;

	if (pkey == NULL)
		return NULL;
	k = mem_new(struct verify_key);
	k->pkey = pkey;
	return k;
}

void
verify_key_free(struct verify_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

int
verify_message(const struct verify_key *k, const void *p, size_t n,
    const uint8_t sig[SIGNATURE_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	if (ctx == NULL)
		return ERR_CRYPTO;
	ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig, SIGNATURE_BYTES, p, n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : ERR_SIGNATURE;
}
