/*
 * HELLO and PROVE: who the other side says it is, and its signature over
 * this very connection.
 */
#ifndef WIRE_MSG_HELLO_H
#define WIRE_MSG_HELLO_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define WIRE_VERSION 1
#define NONCE_BYTES 32
#define EXPORTER_BYTES 32
#define EXPORTER_LABEL "EXPORTER-comity-1"
#define EPOCH_BYTES 16
#define SOFTWARE_MAX 64

struct msg_hello {
	uint16_t version;		/* WIRE_VERSION */
	struct str cert_id;		/* a name, 1..CERT_ID_MAX bytes */
	uint8_t nonce[NONCE_BYTES];
	unix_ms_t at;			/* the sender's clock */
	uint8_t epoch[EPOCH_BYTES];	/* of the sender's store */
	struct str software;		/* for people; may be empty */
};

/*
 * msg_hello_encode(m, out): append the payload; the texts are cut to what
 * fits.  msg_hello_decode(payload, out): ERR_VERSION if the first number is
 * another version (nothing else was looked at), ERR_SYNTAX, ERR_VALUE,
 * ERR_LIMIT.  out borrows from payload, here and in every decoder.
 */
void msg_hello_encode(const struct msg_hello *m, struct buf *out);
int msg_hello_decode(struct str payload, struct msg_hello *out) MUST_CHECK;

/* What both sides know once both HELLOs are there; all borrowed. */
struct prove_facts {
	uint8_t role;			/* enum prove_role: who signs */
	const uint8_t *exporter;	/* EXPORTER_BYTES, RFC 8446 7.5 */
	const uint8_t *dialer_nonce, *listener_nonce;	/* NONCE_BYTES */
	struct str dialer, listener;	/* CERT ids */
};

enum prove_role { PROVE_DIALER = 'D', PROVE_LISTENER = 'L' };

/*
 * prove_signed_bytes(f, out): append the bytes that the signer signs.
 */
void prove_signed_bytes(const struct prove_facts *f, struct buf *out);

/*
 * msg_prove_encode(sig, out): append the payload.  msg_prove_decode(payload,
 * out_sig): the 64 bytes of the signature, borrowed; ERR_SYNTAX.
 */
void msg_prove_encode(const uint8_t sig[static SIGNATURE_BYTES],
    struct buf *out);
int msg_prove_decode(struct str payload, const uint8_t **out_sig)
    MUST_CHECK;

#endif
