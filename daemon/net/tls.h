/*
 * TLS as comity/1 wants it (comity-protocol(7), TRANSPORT): version 1.3
 * only, certificates on both sides, no tickets, resumption, early data or
 * post-handshake authentication; everything set here, nothing left to the
 * system's configuration.
 *
 * Any certificate of the other side is taken whose key it proves to hold:
 * whether that key is on a card is the vault's to judge.
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
void tls_context_free(struct tls_context *t);
MEM_AUTO(struct tls_context, tls_context_free);

/* What is known of the other side once the handshake is done. */
struct tls_peer {
	uint8_t exporter[32];	/* RFC 8446 7.5, "EXPORTER-comity-1" */
	struct digest pin;	/* SHA-256 of its SPKI */
	unix_ms_t not_before, not_after;
	char version[16], cipher[48], group[32];
	char uri[1024];		/* its one URI SAN, or "" */
};

#endif
