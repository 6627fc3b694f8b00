#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_private.h"

#define ALPN "\x08" "http/1.1"
/* What RFC 7540 appendix A leaves of TLS 1.2 (TX-004). */
#define SUITES_12 "ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
	"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:" \
	"ECDHE-RSA-AES128-GCM-SHA256"
/* RSA+: what older tools with RSA certificates have on 1.2. */
#define SIGNATURES "ed25519:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:" \
	"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:" \
	"RSA+SHA256:RSA+SHA384:RSA+SHA512"
#define CHAIN_DEPTH 4		/* certificates between a tool's and its root */
#define SECURITY_LEVEL 2	/* 112 bits */

/* A tool that wants another protocol is not sent HTTP (RFC 7301 3.2). */
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

/*
 * No names of client-ca are sent with the request for a certificate: some
 * libraries would then keep back one that we know by its pin.
 */
static bool
front_profile(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	/* HTTP has lengths: many tools hang up without a close_notify. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	return tls_context_profile(ctx) &&
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, SUITES_12) == 1 &&
	    SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) == 1;
}

/* What follows the first certificate: those between it and its root. */
static bool
front_chain(SSL_CTX *ctx, struct str certificate)
{
	BIO *bio = BIO_new_mem_buf(certificate.p, (int)certificate.n);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool ok = cert != NULL;

	while (ok) {
		X509_free(cert);
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (cert == NULL)
			break;
		ok = SSL_CTX_add1_chain_cert(ctx, cert) == 1;
	}
	ok = ok && ERR_GET_REASON(ERR_peek_last_error()) ==
	    PEM_R_NO_START_LINE;
	if (ok)
		ERR_clear_error();
	X509_free(cert);
	BIO_free(bio);
	return ok;
}

/* Every certificate of the text is a root; NULL if one does not read. */
static X509_STORE *
read_roots(struct str text)
{
	X509_STORE *store = X509_STORE_new();
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *cert;
	size_t n = 0;
	bool ok = store != NULL && bio != NULL;

	while (ok && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) !=
	    NULL) {
		ok = X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
		n++;
	}
	ok = ok && n > 0 && ERR_GET_REASON(ERR_peek_last_error()) ==
	    PEM_R_NO_START_LINE;
	BIO_free(bio);
	if (ok) {
		ERR_clear_error();
		return store;
	}
	X509_STORE_free(store);
	return NULL;
}

struct tls_context *
tls_context_new_front(const struct tls_front_texts *f, struct err *e)
{
	AUTO(tls_context_free) struct tls_context *t =
	    mem_new(struct tls_context);
	char reason[200];

	t->front = true;
	t->ctx = SSL_CTX_new(TLS_server_method());
	if (t->ctx == NULL || !front_profile(t->ctx)) {
		(void)err_set(e, ERR_TLS, "OpenSSL does not take the TLS "
		    "profile: %s", tls_reason(reason, sizeof(reason)));
		return NULL;
	}
	if (!tls_context_keys(t->ctx, f->certificate, f->key) ||
	    !front_chain(t->ctx, f->certificate)) {
		(void)err_set(e, ERR_CONF, "the certificate and key do not "
		    "read or do not belong together: %s; make new ones with: "
		    "comityctl key generate front", tls_reason(reason,
		    sizeof(reason)));
		return NULL;
	}
	if (f->client_ca.n == 0)
		return TAKE(t);
	t->clients = read_roots(f->client_ca);
	if (t->clients == NULL) {
		(void)err_set(e, ERR_CONF, "client-ca does not read: %s; want "
		    "certificates in PEM", tls_reason(reason,
		    sizeof(reason)));
		return NULL;
	}
	return TAKE(t);
}

bool
tls_verify_client(const struct tls_context *t, SSL *ssl, X509 *cert)
{
	X509_STORE_CTX *v;
	bool ok;

	if (t->clients == NULL)
		return false;
	v = X509_STORE_CTX_new();
	ok = v != NULL && X509_STORE_CTX_init(v, t->clients, cert,
	    SSL_get_peer_cert_chain(ssl)) == 1 &&
	    X509_STORE_CTX_set_default(v, "ssl_client") == 1;
	if (ok) {
		X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(v);

		/* One that is listed is trusted, be it a root or not. */
		(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_depth(p, CHAIN_DEPTH);
		X509_VERIFY_PARAM_set_auth_level(p, SECURITY_LEVEL);
		ok = X509_verify_cert(v) == 1;
	}
	X509_STORE_CTX_free(v);
	ERR_clear_error();
	return ok;
}
