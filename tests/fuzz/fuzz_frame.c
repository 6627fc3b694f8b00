/*
 * The frame dispatcher: the first byte chooses a carrier, the rest is a
 * stream of frames, each handed to its decoder.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/unit.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned carriers[] = { CARRIER_PEER, CARRIER_SESSION,
	    CARRIER_SUPERVISOR, CARRIER_CONTROL };
	unsigned carrier = size > 0 ? carriers[data[0] % 4] : CARRIER_PEER;
	AUTO(arena_free) struct arena *a = arena_new(MIB(1));
	struct str in = { (const char *)data + (size > 0),
	    size - (size > 0) };
	struct frame f;
	int n;

	while ((n = frame_next(in, carrier, &f)) > 0) {
		must(f.payload.n <= message_info(f.type).max_bytes);
		must((message_info(f.type).carriers & carrier) != 0);
		arena_reset(a);
		must(message_check(f.type, f.payload, a) <= 0);
		in.p += n;
		in.n -= (size_t)n;
	}
	if (n < 0) {
		char text[FRAME_EXPLAIN_MAX];
		uint8_t h[FRAME_HEADER_BYTES];

		for (size_t i = 0; i < sizeof(h); i++)
			h[i] = (uint8_t)in.p[i];
		must(frame_header_explain(text, h, carrier)[0] != '\0');
	}
	return 0;
}
