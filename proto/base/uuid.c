#include "base/uuid.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

/* b3c9f0de-6a57-4f0c-9a5f-3d5a8c1e7742 */
const uint8_t uuid_namespace_comity[16] = {
	0xb3, 0xc9, 0xf0, 0xde, 0x6a, 0x57, 0x4f, 0x0c,
	0x9a, 0x5f, 0x3d, 0x5a, 0x8c, 0x1e, 0x77, 0x42,
};

const char *
uuid_v5(const uint8_t ns[static 16], struct str name,
    char dst[static UUID_TEXT_MAX])
{
	static const int dashes[] = { 4, 2, 2, 2, 6 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t hash[EVP_MAX_MD_SIZE];
	char *at = dst;
	int ok, from = 0;

	assert(ctx != NULL);
	ok = EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, ns, 16) == 1 &&
	    EVP_DigestUpdate(ctx, name.p, name.n) == 1 &&
	    EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
	assert(ok);
	EVP_MD_CTX_free(ctx);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);	/* version 5 */
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);	/* RFC 4122 variant */
	for (size_t i = 0; i < NELEM(dashes); i++) {
		hex_encode(at, hash + from, (size_t)dashes[i]);
		at += 2 * dashes[i];
		from += dashes[i];
		*at++ = i + 1 < NELEM(dashes) ? '-' : '\0';
	}
	return dst;
}
