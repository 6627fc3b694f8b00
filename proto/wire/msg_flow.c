#include "wire/msg_flow.h"

#include "base/cursor.h"

void
msg_number_encode(uint64_t v, struct buf *out)
{
	out_u64(out, v);
}

int
msg_number_decode(struct str payload, uint64_t *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	uint64_t v = cur_u64(&c);

	TRY(cur_finish(&c));
	*out = v;
	return 0;
}

void
msg_ping_encode(uint64_t v, struct buf *out)
{
	msg_number_encode(v, out);
}

int
msg_ping_decode(struct str payload, uint64_t *out)
{
	return msg_number_decode(payload, out);
}

void
msg_credit_encode(uint64_t bytes, struct buf *out)
{
	msg_number_encode(bytes, out);
}

int
msg_credit_decode(struct str payload, uint64_t *out)
{
	uint64_t v;

	TRY(msg_number_decode(payload, &v));
	if (v == 0)	/* CREDIT: says something */
		return ERR_VALUE;
	*out = v;
	return 0;
}
