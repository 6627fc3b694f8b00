/*
 * The reader and checker of certificates over any bytes.  The digests inside
 * are made right first, or the fuzzer would never get past them; what is
 * refused has a reason.
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The digest of n bytes as 64 digits at `at`. */
static void
put_digest(const char *p, size_t n, char *at)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char hex[3];
	unsigned len;

	if (EVP_Digest(p, n, md, &len, EVP_sha256(), NULL) != 1)
		abort();
	for (unsigned i = 0; i < len; i++, at += 2) {
		(void)snprintf(hex, sizeof(hex), "%02x", md[i]);
		memcpy(at, hex, 2);
	}
}

/* Both digests, if the text has the places for them. */
static void
reseal(char *text)
{
	char *field = strstr(text, "\ncompiled sha256:");
	char *from = strstr(text, "\nsize ");
	char *to = from == NULL ? NULL : strstr(from, "\nclaim ");
	char *end = to == NULL ? NULL : strstr(to, "\nend sha256:");

	if (field == NULL || to == NULL || strlen(field) < 17 + 64 ||
	    field + 17 + 64 > from)
		return;
	put_digest(from + 1, (size_t)(to - from), field + 17);
	if (end != NULL && strlen(end) >= 12 + 64)
		put_digest(text, (size_t)(end + 1 - text), end + 12);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), error[CERT_ERROR_MAX] = "";
	struct certificate c;
	int rc;

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	reseal(text);
	rc = cert_read(text, size, &c, error);
	for (size_t i = 0; rc == 0 && i < c.nclaims; i++)
		rc = cert_check(&c, i, error);
	if (rc != 0 && error[0] == '\0')
		abort();
	cert_clear(&c);
	free(text);
	return 0;
}
