/*
 * CONNECTED: what a session process knows of its TLS connection, told to
 * the vault once.  CLOSED and CLOSE are in msg_close.h; PROVED is empty.
 */
#ifndef WIRE_MSG_CHANNEL_H
#define WIRE_MSG_CHANNEL_H

#include "base/crypto.h"
#include "base/unit.h"
#include "wire/msg_hello.h"

#define CHANNEL_TEXT_MAX 64
#define CHANNEL_ADDRESS_MAX 320
#define CHANNEL_URI_MAX 1024

struct msg_connected {
	uint8_t role;			/* enum prove_role: ours */
	uint8_t exporter[EXPORTER_BYTES];
	struct digest spki;		/* SHA-256 of the peer's SPKI */
	unix_ms_t not_before, not_after;	/* of its certificate */
	struct str tls, cipher, group;	/* names, <= CHANNEL_TEXT_MAX */
	struct str address;		/* <= CHANNEL_ADDRESS_MAX */
	struct str uri;			/* SAN, <= CHANNEL_URI_MAX; "" none */
};

/*
 * msg_connected_encode(m, out): append the payload; ERR_LIMIT if a text is
 * too long.  msg_connected_decode(payload, out): ERR_SYNTAX, ERR_VALUE
 * (role), ERR_LIMIT.
 */
int msg_connected_encode(const struct msg_connected *m, struct buf *out)
    MUST_CHECK;
int msg_connected_decode(struct str payload, struct msg_connected *out)
    MUST_CHECK;

#endif
