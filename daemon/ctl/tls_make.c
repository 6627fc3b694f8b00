#include "ctl/tls_make.h"

#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/limits.h"

MEM_AUTO(X509, X509_free);
MEM_AUTO(EVP_PKEY, EVP_PKEY_free);
MEM_AUTO(BIO, BIO_free_all);

#define SERIAL_BYTES 16
#define DAY_SECONDS 86400L

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		return ERR_CRYPTO;
	ok = X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return ok == 1 ? 0 : ERR_CRYPTO;
}

static int
set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_BYTES];
	BIGNUM *n;
	int ok;

	/* RFC 5280 4.1.2.2: positive, at most 20 octets. */
	crypto_random(bytes, sizeof(bytes));
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (n == NULL)
		return ERR_CRYPTO;
	ok = BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok ? 0 : ERR_CRYPTO;
}

static int
set_name(X509 *x, const char *name_text)
{
	X509_NAME *name = X509_get_subject_name(x);
	char common[65];	/* ub-common-name of RFC 5280 */

	(void)snprintf(common, sizeof(common), "%.64s", name_text);
	if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)common, -1, -1, 0) != 1)
		return ERR_CRYPTO;
	return X509_set_issuer_name(x, name) == 1 ? 0 : ERR_CRYPTO;
}

static int
fill_certificate(X509 *x, EVP_PKEY *key, const struct tls_subject *s)
{
	if (X509_set_version(x, 2) != 1 || X509_set_pubkey(x, key) != 1)
		return ERR_CRYPTO;
	/* An hour back: the peer's clock may be a little behind. */
	if (X509_gmtime_adj(X509_getm_notBefore(x), -3600) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(x), s->days * DAY_SECONDS) ==
	    NULL)
		return ERR_CRYPTO;
	TRY(set_serial(x));
	TRY(set_name(x, s->common));
	TRY(add_extension(x, NID_basic_constraints, "critical,CA:FALSE"));
	TRY(add_extension(x, NID_key_usage, "critical,digitalSignature"));
	TRY(add_extension(x, NID_ext_key_usage, s->usage));
	TRY(add_extension(x, NID_subject_alt_name, s->alternative));
	TRY(add_extension(x, NID_subject_key_identifier, "hash"));
	return X509_sign(x, key, EVP_sha256()) > 0 ? 0 : ERR_CRYPTO;
}

static void
bio_take(BIO *bio, struct buf *out)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	if (n > 0)
		buf_add(out, p, (size_t)n);
}

int
tls_make_for(const struct tls_subject *s, struct buf *out_key,
    struct buf *out_cert, struct err *e)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-256");
	AUTO(X509_free) X509 *x = X509_new();
	AUTO(BIO_free_all) BIO *kb = BIO_new(BIO_s_secmem());
	AUTO(BIO_free_all) BIO *cb = BIO_new(BIO_s_mem());

	if (key == NULL || x == NULL || kb == NULL || cb == NULL)
		return err_set(e, ERR_CRYPTO, "cannot make a P-256 key");
	if (fill_certificate(x, key, s) < 0)
		return err_set(e, ERR_CRYPTO,
		    "cannot make a certificate for %s", s->common);
	if (PEM_write_bio_PKCS8PrivateKey(kb, key, NULL, NULL, 0, NULL,
	    NULL) != 1 || PEM_write_bio_X509(cb, x) != 1)
		return err_set(e, ERR_CRYPTO, "cannot write PEM");
	bio_take(kb, out_key);
	bio_take(cb, out_cert);
	return 0;
}

int
tls_make(const char *cert_id, int days, struct buf *out_key,
    struct buf *out_cert, struct err *e)
{
	char san[CERT_ID_MAX + 32];
	struct tls_subject s = { .common = cert_id, .alternative = san,
	    .usage = "serverAuth,clientAuth", .days = days };

	(void)snprintf(san, sizeof(san), "URI:comity://%s", cert_id);
	return tls_make_for(&s, out_key, out_cert, e);
}

/* An ASN.1 time as milliseconds. */
static int
asn1_ms(const ASN1_TIME *t, unix_ms_t *out)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return ERR_CRYPTO;
	out->ms = 1000 * time_from_civil(tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}

int
tls_read(struct str pem, struct tls_facts *out, struct err *e)
{
	AUTO(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	AUTO(X509_free) X509 *x = NULL;
	struct tls_facts f;
	unsigned char *der = NULL;
	int n;

	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x == NULL)
		return err_set(e, ERR_CRYPTO, "not a PEM certificate");
	if (asn1_ms(X509_get0_notBefore(x), &f.not_before) < 0 ||
	    asn1_ms(X509_get0_notAfter(x), &f.not_after) < 0)
		return err_set(e, ERR_CRYPTO, "a time that does not read");
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	if (n <= 0)
		return err_set(e, ERR_CRYPTO, "a key that does not read");
	f.pin = sha256_of(der, (size_t)n);
	OPENSSL_free(der);
	*out = f;
	return 0;
}
