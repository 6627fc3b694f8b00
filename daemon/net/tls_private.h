/*
 * OpenSSL's own handles, for the files of this folder.
 */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* tls_start(t, fd, server): a connection over fd; NULL if out of memory. */
SSL *tls_start(struct tls_context *t, int fd, bool server);

/*
 * tls_describe(ssl, out): after the handshake.  ERR_TLS if the other side
 * showed no certificate, or one with more than one URI SAN.
 */
int tls_describe(SSL *ssl, struct tls_peer *out) MUST_CHECK;

/*
 * tls_is_flooded(ssl): the other side asked for new keys more often than is
 * good for us (RFC 8446 4.6.3 sets no bound, OpenSSL neither).
 */
bool tls_is_flooded(const SSL *ssl);

/* tls_reason(dst, size): the newest error of OpenSSL, for people. */
const char *tls_reason(char *dst, size_t size);

#endif
