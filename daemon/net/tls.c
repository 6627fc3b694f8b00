#include "net/tls.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "host/clock.h"
#include "net/tls_private.h"
#include "wire/msg_hello.h"

#define ALPN "\x08" "comity/1"
#define SUITES "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:" \
	"TLS_AES_128_GCM_SHA256"
#define SIGNATURES "ed25519:ECDSA+SHA256:ECDSA+SHA384:" \
	"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512"
/* A hybrid group first where this OpenSSL has one (3.5 and later). */
#define GROUPS_HYBRID "X25519MLKEM768:X25519:P-256:P-384"
#define GROUPS "X25519:P-256:P-384"
#define CERTIFICATES_BYTES_MAX (16 << 10)
#define KEY_UPDATES_MAX 10	/* a minute, without data */

const char *
tls_reason(char *dst, size_t size)
{
	unsigned long code = ERR_peek_last_error();

	if (code == 0)
		snprintf(dst, size, "the other side ended it");
	else
		snprintf(dst, size, "%s", ERR_reason_error_string(code) ?
		    ERR_reason_error_string(code) : "unknown error");
	ERR_clear_error();
	return dst;
}

/* Who it is, is judged by pin and proof in the vault, not by a chain. */
static int
on_verify(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	return X509_STORE_CTX_get0_cert(store) != NULL;
}

/* RFC 7301: a client that does not say comity/1 is not one. */
static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned in_n, void *arg)
{
	(void)ssl, (void)arg;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n,
	    (const unsigned char *)ALPN, sizeof(ALPN) - 1, in, in_n) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* The other side may ask for new keys, but not for ever. */
static void
on_message(int sent, int version, int type, const void *p, size_t n,
    SSL *ssl, void *arg)
{
	const unsigned char *bytes = p;
	uintptr_t minute, state;

	(void)version, (void)arg;
	if (sent || type != SSL3_RT_HANDSHAKE || n == 0 ||
	    bytes[0] != SSL3_MT_KEY_UPDATE)
		return;
	/* Minute and count share the connection's one application slot. */
	minute = (uintptr_t)(clock_mono().ms / MINUTE(1));
	state = (uintptr_t)SSL_get_app_data(ssl);
	if (tls_is_flooded(ssl))
		return;
	if (state >> 8 != minute)
		state = minute << 8;
	state++;
	SSL_set_app_data(ssl, (void *)state);
	/* The reading in progress ends here; conn asks why. */
	if (tls_is_flooded(ssl))
		SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

bool
tls_is_flooded(const SSL *ssl)
{
	uintptr_t state = (uintptr_t)SSL_get_app_data(ssl);

	return (state & 0xff) > KEY_UPDATES_MAX;
}

bool
tls_context_profile(SSL_CTX *ctx)
{
	if (SSL_CTX_set1_groups_list(ctx, GROUPS_HYBRID) != 1) {
		ERR_clear_error();
		if (SSL_CTX_set1_groups_list(ctx, GROUPS) != 1)
			return false;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_BYTES_MAX);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	SSL_CTX_set_msg_callback(ctx, on_message);
	return SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, SUITES) == 1 &&
	    SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	    SSL_CTX_set_max_early_data(ctx, 0) == 1;
}

static bool
context_comity(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	return tls_context_profile(ctx) &&
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) == 1 &&
	    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)ALPN,
	    sizeof(ALPN) - 1) == 0;
}

bool
tls_context_keys(SSL_CTX *ctx, struct str certificate, struct str key)
{
	BIO *c = BIO_new_mem_buf(certificate.p, (int)certificate.n);
	BIO *k = BIO_new_mem_buf(key.p, (int)key.n);
	X509 *cert = PEM_read_bio_X509(c, NULL, NULL, NULL);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(k, NULL, NULL,
	    (void *)(uintptr_t)"");
	bool ok = cert != NULL && pkey != NULL &&
	    SSL_CTX_use_certificate(ctx, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, pkey) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;

	X509_free(cert);
	EVP_PKEY_free(pkey);
	BIO_free(c);
	BIO_free(k);
	return ok;
}

struct tls_context *
tls_context_new(struct str certificate, struct str key, struct err *e)
{
	AUTO(tls_context_free) struct tls_context *t =
	    mem_new(struct tls_context);
	char reason[200];

	t->ctx = SSL_CTX_new(TLS_method());
	if (t->ctx == NULL || !context_comity(t->ctx)) {
		(void)err_set(e, ERR_TLS, "OpenSSL does not take the TLS "
		    "profile: %s", tls_reason(reason, sizeof(reason)));
		return NULL;
	}
	if (!tls_context_keys(t->ctx, certificate, key)) {
		(void)err_set(e, ERR_CONF, "the TLS certificate and key do "
		    "not read or do not belong together: %s; make new ones "
		    "with: comityctl key generate", tls_reason(reason,
		    sizeof(reason)));
		return NULL;
	}
	return TAKE(t);
}

void
tls_context_free(struct tls_context *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	X509_STORE_free(t->clients);
	free(t);
}

SSL *
tls_start(struct tls_context *t, int fd, bool server)
{
	SSL *ssl = SSL_new(t->ctx);

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

/* ---- the other side ---- */

static int
describe_pin(X509 *cert, struct digest *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return ERR_TLS;
	*out = sha256_of(der, (size_t)n);
	OPENSSL_free(der);
	return 0;
}

static int
describe_time(const ASN1_TIME *t, unix_ms_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return ERR_TLS;
	out->ms = time_from_civil(tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec) * 1000;
	return 0;
}

/* One URI name at most: a certificate speaks for one CERT. */
static int
describe_uri(X509 *cert, char *dst, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
	    NULL, NULL);
	int uris = 0, rc = 0;

	dst[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		const char *text;
		int len;

		if (n->type != GEN_URI)
			continue;
		len = ASN1_STRING_length(n->d.uniformResourceIdentifier);
		text = (const char *)ASN1_STRING_get0_data(
		    n->d.uniformResourceIdentifier);
		/* A NUL inside would make two readers see two names. */
		if (++uris > 1 || len <= 0 || (size_t)len >= size ||
		    memchr(text, '\0', (size_t)len) != NULL)
			rc = ERR_TLS;
		else
			snprintf(dst, size, "%.*s", len, text);
	}
	GENERAL_NAMES_free(names);
	return rc;
}

/* Text of a certificate, if it is one line of UTF-8 that fits. */
static bool
describe_text(const ASN1_STRING *text, char *dst, size_t size)
{
	unsigned char *utf8 = NULL;
	int n = text == NULL ? -1 : ASN1_STRING_to_UTF8(&utf8, text);
	bool ok = n > 0 && (size_t)n < size;

	for (int i = 0; ok && i < n; i++)
		ok = utf8[i] >= ' ' && utf8[i] != 0x7f;
	if (ok)
		snprintf(dst, size, "%.*s", n, (const char *)utf8);
	OPENSSL_free(utf8);
	return ok;
}

/* What people call it: one common name, else its first DNS name. */
static void
describe_name(X509 *cert, char *dst, size_t size)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	GENERAL_NAMES *names;
	bool found = false;

	dst[0] = '\0';
	if (at >= 0) {
		/* Two of them would be read differently by two readers. */
		if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) <
		    0)
			(void)describe_text(X509_NAME_ENTRY_get_data(
			    X509_NAME_get_entry(subject, at)), dst, size);
		return;
	}
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		found = n->type == GEN_DNS;
		if (found)
			(void)describe_text(n->d.dNSName, dst, size);
	}
	GENERAL_NAMES_free(names);
}

static int
describe_certificate(X509 *cert, struct tls_peer *out)
{
	out->presented = true;
	describe_name(cert, out->name, sizeof(out->name));
	TRY(describe_pin(cert, &out->pin));
	TRY(describe_time(X509_get0_notBefore(cert), &out->not_before));
	return describe_time(X509_get0_notAfter(cert), &out->not_after);
}

/* comity/1: its name, what was agreed on, and what to sign. */
static int
describe_comity(SSL *ssl, X509 *cert, struct tls_peer *out)
{
	const unsigned char *alpn;
	unsigned alpn_n;

	TRY(describe_uri(cert, out->uri, sizeof(out->uri)));
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_n);
	if (alpn_n != sizeof(ALPN) - 2 ||
	    memcmp(alpn, ALPN + 1, alpn_n) != 0)
		return ERR_TLS;
	return SSL_export_keying_material(ssl, out->exporter,
	    sizeof(out->exporter), EXPORTER_LABEL,
	    sizeof(EXPORTER_LABEL) - 1, NULL, 0, 0) == 1 ? 0 : ERR_TLS;
}

int
tls_describe(const struct tls_context *t, SSL *ssl, struct tls_peer *out)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	int group = (int)SSL_get_negotiated_group(ssl);
	int rc = 0;

	if (cert == NULL && !t->front)
		return ERR_TLS;
	memset(out, 0, sizeof(*out));
	if (cert != NULL)
		rc = describe_certificate(cert, out);
	if (rc == 0 && !t->front)
		rc = describe_comity(ssl, cert, out);
	if (rc == 0 && t->front && cert != NULL)
		out->verified = tls_verify_client(t, ssl, cert);
	X509_free(cert);
	snprintf(out->version, sizeof(out->version), "%s",
	    SSL_get_version(ssl));
	snprintf(out->cipher, sizeof(out->cipher), "%s",
	    SSL_get_cipher_name(ssl));
	snprintf(out->group, sizeof(out->group), "%s",
	    OBJ_nid2sn(group) ? OBJ_nid2sn(group) : "");
	return rc;
}
