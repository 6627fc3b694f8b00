/*
 * SHA-256 and Ed25519 through OpenSSL's EVP, each algorithm fetched once.
 * The only use of libcrypto below the network layer.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define DIGEST_BYTES 32
#define ED25519_PUBLIC_BYTES 32
#define ED25519_SECRET_BYTES 32
#define SIGNATURE_BYTES 64

struct digest {
	uint8_t b[DIGEST_BYTES];
};

/* A run of bytes to hash; several are hashed as if joined. */
struct span {
	const void *p;	/* borrowed */
	size_t n;
};

/* sha256(parts, n, out): SHA-256 (FIPS 180-4) over n parts in order. */
void sha256(const struct span *parts, size_t n, struct digest *out);

/* sha256_of(p, n): the same over one run. */
struct digest sha256_of(const void *p, size_t n);

/* hash64(seed, p, n): the first 8 bytes of SHA-256(seed byte || p). */
uint64_t hash64(uint8_t seed, const void *p, size_t n);

/* digest_eq(a, b): constant-time comparison. */
bool digest_eq(const struct digest *a, const struct digest *b);

/* crypto_random(dst, n): n bytes from the system; ends the process if not. */
void crypto_random(void *dst, size_t n);

/* crypto_library_version(): of OpenSSL, as it runs; never NULL. */
const char *crypto_library_version(void);

/* crypto_wipe(p, n): overwrite n bytes for certain. */
void crypto_wipe(void *p, size_t n);

struct sign_key;	/* an Ed25519 private key (RFC 8032) */
struct verify_key;	/* an Ed25519 public key */

/* sign_key_generate(): a fresh key, never NULL. */
struct sign_key *sign_key_generate(void);

/* sign_key_from_secret(seed): from the 32-byte seed; NULL if not usable. */
struct sign_key *sign_key_from_secret(const uint8_t seed[ED25519_SECRET_BYTES]);

/*
 * sign_key_from_pem(pem, e): from a PKCS#8 PEM without pass phrase; NULL
 * with e filled if it is not an Ed25519 key.
 */
struct sign_key *sign_key_from_pem(struct str pem, struct err *e);

/* sign_key_to_pem(k, out): append the PKCS#8 PEM. */
int sign_key_to_pem(const struct sign_key *k, struct buf *out) MUST_CHECK;

void sign_key_free(struct sign_key *k);
MEM_AUTO(struct sign_key, sign_key_free);

/* sign_key_public(k, out): its 32 public bytes. */
void sign_key_public(const struct sign_key *k,
    uint8_t out[ED25519_PUBLIC_BYTES]);

/* sign_message(k, p, n, out): the 64-byte signature; ERR_CRYPTO. */
int sign_message(const struct sign_key *k, const void *p, size_t n,
    uint8_t out[SIGNATURE_BYTES]) MUST_CHECK;

/* verify_key_new(pub): NULL if the 32 bytes are not a usable key. */
struct verify_key *verify_key_new(const uint8_t pub[ED25519_PUBLIC_BYTES]);
void verify_key_free(struct verify_key *k);
MEM_AUTO(struct verify_key, verify_key_free);

/* verify_message(k, p, n, sig): 0, or ERR_SIGNATURE. */
int verify_message(const struct verify_key *k, const void *p, size_t n,
    const uint8_t sig[SIGNATURE_BYTES]) MUST_CHECK;

#endif
