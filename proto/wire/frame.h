/*
 * Frames: the one form of everything that crosses a socket
 * (comity-protocol(7), FRAMES).  u32 length of the payload, u8 type, three
 * zero bytes, payload.  Everything a header can be wrong in is found before
 * a byte of payload is read.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/limits.h"
#include "base/str.h"
#include "wire/message.h"

#define FRAME_HEADER_BYTES 8
#define FRAME_EXPLAIN_MAX 128

struct frame_header {
	uint8_t type;
	uint32_t length;	/* of the payload */
};

struct frame {
	uint8_t type;		/* enum message_type */
	struct str payload;	/* borrowed from where it was read */
};

/*
 * frame_header_encode(dst, type, length): write a header.
 */
void frame_header_encode(uint8_t dst[static FRAME_HEADER_BYTES],
    uint8_t type, uint32_t length);

/*
 * frame_header_decode(src, carrier, out): read and check a header that came
 * over carrier (one or more enum message_carrier bits).  ERR_VALUE: no such
 * message, or not for this carrier; ERR_SYNTAX: a reserved byte is not zero;
 * ERR_LIMIT: longer than that message may be.
 */
int frame_header_decode(const uint8_t src[static FRAME_HEADER_BYTES],
    unsigned carrier, struct frame_header *out) MUST_CHECK;

/*
 * frame_header_explain(dst, src, carrier): what is wrong with a header that
 * was refused, for people: "RECORDS: length 4294967295 exceeds 1048576".
 * Returns dst.
 */
const char *frame_header_explain(char dst[static FRAME_EXPLAIN_MAX],
    const uint8_t src[static FRAME_HEADER_BYTES], unsigned carrier);

/*
 * frame_next(in, carrier, out): the first frame in a run of bytes.  Returns
 * the bytes it takes up with out borrowing from in; 0 if it is not whole
 * yet; ERR_* of frame_header_decode as soon as the header is there.
 */
int frame_next(struct str in, unsigned carrier, struct frame *out)
    MUST_CHECK;

/* frame_append(out, type, payload): append a whole frame. */
void frame_append(struct buf *out, uint8_t type, struct str payload);

/*
 * frame_begin(out, type): append a header whose length is not known yet and
 * return where it is; frame_end(out, at): what was appended since is its
 * payload.
 */
size_t frame_begin(struct buf *out, uint8_t type);
void frame_end(struct buf *out, size_t at);

#endif
