#include "wire/signed.h"

size_t
signed_begin(struct buf *b, struct str context)
{
	buf_add(b, context.p, context.n);
	buf_add(b, "", 1);
	return b->n;
}

int
signed_end(const struct buf *b, size_t begun, const struct sign_key *key,
    struct buf *out)
{
	uint8_t sig[SIGNATURE_BYTES];

	TRY(sign_message(key, b->p, b->n, sig));
	buf_add(out, b->p + begun, b->n - begun);
	buf_add(out, sig, sizeof(sig));
	return 0;
}

int
signed_verify(struct str context, struct str payload,
    const struct verify_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	if (payload.n < SIGNATURE_BYTES)
		return ERR_SYNTAX;
	(void)signed_begin(&b, context);
	buf_add(&b, payload.p, payload.n - SIGNATURE_BYTES);
	return verify_message(key, b.p, b.n, (const uint8_t *)payload.p +
	    payload.n - SIGNATURE_BYTES);
}
