/*
 * TLS keys and self-signed certificates.  Peers trust the pin of the key
 * that our card names, so nobody else has to sign.
 */
#ifndef CTL_TLS_MAKE_H
#define CTL_TLS_MAKE_H

#include "base/crypto.h"
#include "base/unit.h"

#define TLS_DAYS 730

/*
 * tls_make(cert_id, days, out_key, out_cert, e): a fresh P-256 key (PKCS#8
 * PEM) and its certificate (PEM) for server and client use, with the one
 * URI SAN comity://CERT-ID.  ERR_CRYPTO with e.
 */
int tls_make(const char *cert_id, int days, struct buf *out_key,
    struct buf *out_cert, struct err *e) MUST_CHECK;

/*
 * tls_make_for(s, out_key, out_cert, e): the same for any subject.
 * alternative and usage are as in a configuration of OpenSSL,
 * "DNS:a.example,IP:192.0.2.1" and "serverAuth": the caller has checked what
 * goes into them.
 */
struct tls_subject {
	const char *common;		/* its first 64 bytes count */
	const char *alternative, *usage;
	int days;
};
int tls_make_for(const struct tls_subject *s, struct buf *out_key,
    struct buf *out_cert, struct err *e) MUST_CHECK;

/* What a certificate says about itself. */
struct tls_facts {
	struct digest pin;	/* SHA-256 of its SPKI */
	unix_ms_t not_before, not_after;
};

/* tls_read(pem, out, e): the facts of a certificate; ERR_CRYPTO. */
int tls_read(struct str pem, struct tls_facts *out, struct err *e)
    MUST_CHECK;

#endif
