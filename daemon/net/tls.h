/*
 * TLS as comity/1 wants it (comity-protocol(7), TRANSPORT): version 1.3
 * only, certificates on both sides, no tickets, resumption, early data or
 * post-handshake authentication; everything set here, nothing left to the
 * system's configuration.
 *
 * Any certificate of the other side is taken whose key it proves to hold:
 * whether that key is on a card is the vault's to judge.
 *
 * A front speaks HTTPS with tools that others wrote (TX-001 to TX-006): 1.2
 * as well, with suites of ECDHE and AEAD only, and a certificate of the tool
 * is asked for but may be missing.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/crypto.h"
#include "base/unit.h"

struct tls_context;

/*
 * tls_context_new(certificate, key, e): from two PEM texts; NULL with e if
 * they do not read or do not belong together.  The key text is not kept.
 */
struct tls_context *tls_context_new(struct str certificate, struct str key,
    struct err *e);

/*
 * tls_context_new_front(f, e): for stream_options.server of a front.
 * certificate may be followed by those between it and its root.  client_ca:
 * the roots below which a tool's certificate counts as verified, "" for
 * none.  NULL with e as above.
 */
struct tls_front_texts {
	struct str certificate, key, client_ca;	/* PEM */
};
struct tls_context *tls_context_new_front(const struct tls_front_texts *f,
    struct err *e);

void tls_context_free(struct tls_context *t);
MEM_AUTO(struct tls_context, tls_context_free);

/* What is known of the other side once the handshake is done. */
struct tls_peer {
	bool presented;		/* it showed a certificate; else no pin */
	/* It leads to client_ca, for clients, now.  Fronts only. */
	bool verified;
	uint8_t exporter[32];	/* RFC 8446 7.5, "EXPORTER-comity-1" */
	struct digest pin;	/* SHA-256 of its SPKI */
	unix_ms_t not_before, not_after;
	char version[16], cipher[48], group[32];
	char uri[1024];		/* its one URI SAN, or ""; not of fronts */
	char name[256];		/* its CN, else first DNS SAN, or "" */
};

#endif
