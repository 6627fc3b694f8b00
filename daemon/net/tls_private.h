/*
 * OpenSSL's own handles, for the files of this folder.
 */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
	SSL_CTX *ctx;		/* owned */
	X509_STORE *clients;	/* owned; NULL unless there is a client_ca */
	bool front;
};

/*
 * tls_context_profile(ctx): what both kinds have in common: groups, suites of
 * 1.3, no tickets, no compression, no renegotiation, no early data.
 */
bool tls_context_profile(SSL_CTX *ctx);

/* tls_context_keys(ctx, certificate, key): use them; false: they do not fit. */
bool tls_context_keys(SSL_CTX *ctx, struct str certificate, struct str key);

/* tls_start(t, fd, server): a connection over fd; NULL if out of memory. */
SSL *tls_start(struct tls_context *t, int fd, bool server);

/*
 * tls_describe(t, ssl, out): after the handshake.  ERR_TLS if the other side
 * showed no certificate, or one with more than one URI SAN; to a front it
 * may do both.
 */
int tls_describe(const struct tls_context *t, SSL *ssl,
    struct tls_peer *out) MUST_CHECK;

/* tls_verify_client(t, ssl, cert): does cert lead to client_ca? */
bool tls_verify_client(const struct tls_context *t, SSL *ssl, X509 *cert);

/*
 * tls_is_flooded(ssl): the other side asked for new keys more often than is
 * good for us (RFC 8446 4.6.3 sets no bound, OpenSSL neither).
 */
bool tls_is_flooded(const SSL *ssl);

/* tls_reason(dst, size): the newest error of OpenSSL, for people. */
const char *tls_reason(char *dst, size_t size);

#endif
