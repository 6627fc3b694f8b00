/*
 * CREDIT, PING, PONG and HEARTBEAT: one number each.
 */
#ifndef WIRE_MSG_FLOW_H
#define WIRE_MSG_FLOW_H

#include "base/str.h"

/*
 * msg_number_encode(v, out): append the payload of a message that is one
 * number.  msg_number_decode(payload, out): ERR_SYNTAX unless 8 bytes.
 */
void msg_number_encode(uint64_t v, struct buf *out);
int msg_number_decode(struct str payload, uint64_t *out) MUST_CHECK;

/* PING and PONG: what a PONG says is what its PING said. */
void msg_ping_encode(uint64_t v, struct buf *out);
int msg_ping_decode(struct str payload, uint64_t *out) MUST_CHECK;

/*
 * CREDIT: so many more bytes of RECORDS payload the sender of this message
 * is ready for; 0 is ERR_VALUE.
 */
void msg_credit_encode(uint64_t bytes, struct buf *out);
int msg_credit_decode(struct str payload, uint64_t *out) MUST_CHECK;

#endif
