#include "wire/frame.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static uint32_t
header_length(const uint8_t *h)
{
	return (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 |
	    (uint32_t)h[2] << 8 | h[3];
}

void
frame_header_encode(uint8_t dst[static FRAME_HEADER_BYTES], uint8_t type,
    uint32_t length)
{
	dst[0] = (uint8_t)(length >> 24);
	dst[1] = (uint8_t)(length >> 16);
	dst[2] = (uint8_t)(length >> 8);
	dst[3] = (uint8_t)length;
	dst[4] = type;
	dst[5] = dst[6] = dst[7] = 0;
}

int
frame_header_decode(const uint8_t src[static FRAME_HEADER_BYTES],
    unsigned carrier, struct frame_header *out)
{
	struct message_info info = message_info(src[4]);
	uint32_t length = header_length(src);

	/* comity-protocol(7), FRAMES: all this before any of the payload. */
	if (info.name == NULL || (info.carriers & carrier) == 0)
		return ERR_VALUE;
	if ((src[5] | src[6] | src[7]) != 0)
		return ERR_SYNTAX;
	if (length > info.max_bytes)
		return ERR_LIMIT;
	*out = (struct frame_header){ src[4], length };
	return 0;
}

const char *
frame_header_explain(char dst[static FRAME_EXPLAIN_MAX],
    const uint8_t src[static FRAME_HEADER_BYTES], unsigned carrier)
{
	struct message_info info = message_info(src[4]);
	uint32_t length = header_length(src);

	if (info.name == NULL)
		snprintf(dst, FRAME_EXPLAIN_MAX, "no message has number %u",
		    src[4]);
	else if ((info.carriers & carrier) == 0)
		snprintf(dst, FRAME_EXPLAIN_MAX, "%s: not a message for this "
		    "connection", info.name);
	else if ((src[5] | src[6] | src[7]) != 0)
		snprintf(dst, FRAME_EXPLAIN_MAX, "%s: reserved bytes "
		    "%02x%02x%02x are not zero", info.name, src[5], src[6],
		    src[7]);
	else if (length > info.max_bytes)
		snprintf(dst, FRAME_EXPLAIN_MAX, "%s: length %lu exceeds %lu",
		    info.name, (unsigned long)length,
		    (unsigned long)info.max_bytes);
	else
		snprintf(dst, FRAME_EXPLAIN_MAX, "%s: good", info.name);
	return dst;
}

int
frame_next(struct str in, unsigned carrier, struct frame *out)
{
	uint8_t h[FRAME_HEADER_BYTES];
	struct frame_header header;

	if (in.n < sizeof(h))
		return 0;
	memcpy(h, in.p, sizeof(h));
	TRY(frame_header_decode(h, carrier, &header));
	if (in.n - sizeof(h) < header.length)
		return 0;
	*out = (struct frame){ header.type,
	    { in.p + sizeof(h), header.length } };
	return (int)(sizeof(h) + header.length);
}

void
frame_append(struct buf *out, uint8_t type, struct str payload)
{
	uint8_t h[FRAME_HEADER_BYTES];

	assert(payload.n <= message_info(type).max_bytes);
	frame_header_encode(h, type, (uint32_t)payload.n);
	buf_add(out, h, sizeof(h));
	buf_add(out, payload.p, payload.n);
}

size_t
frame_begin(struct buf *out, uint8_t type)
{
	uint8_t h[FRAME_HEADER_BYTES];
	size_t at = out->n;

	frame_header_encode(h, type, 0);
	buf_add(out, h, sizeof(h));
	return at;
}

void
frame_end(struct buf *out, size_t at)
{
	uint8_t h[FRAME_HEADER_BYTES];
	uint8_t type = (uint8_t)out->p[at + 4];
	size_t length = out->n - at - sizeof(h);

	assert(length <= message_info(type).max_bytes);
	frame_header_encode(h, type, (uint32_t)length);
	memcpy(out->p + at, h, sizeof(h));
}
