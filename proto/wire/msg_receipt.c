#include "wire/msg_receipt.h"

#include "wire/field.h"

#define CONTEXT "comity/1 receipt"	/* signed with its NUL */

static void
receipt_add_body(const struct msg_receipt *m, struct buf *out)
{
	out_u64(out, m->position);
	buf_add(out, m->digest.b, DIGEST_BYTES);
	buf_add(out, m->terms.b, DIGEST_BYTES);
	out_str16(out, m->purpose);
	out_u16(out, m->stored);
	out_u16(out, m->unchanged);
	out_u16(out, (uint16_t)m->nrefused);
	for (size_t i = 0; i < m->nrefused; i++) {
		out_u16(out, m->refused[i].index);
		out_u16(out, m->refused[i].reason);
	}
}

int
msg_receipt_sign(const struct msg_receipt *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	uint8_t sig[SIGNATURE_BYTES];

	if (m->purpose.n > RECEIPT_PURPOSE_MAX ||
	    m->nrefused > BATCH_RECORDS_MAX)
		return ERR_LIMIT;
	buf_add(&b, CONTEXT, sizeof(CONTEXT));
	receipt_add_body(m, &b);
	TRY(sign_message(key, b.p, b.n, sig));
	buf_add(out, b.p + sizeof(CONTEXT), b.n - sizeof(CONTEXT));
	buf_add(out, sig, sizeof(sig));
	return 0;
}

static int
receipt_refused(struct cur *c, size_t n, struct msg_refused *v)
{
	for (size_t i = 0; i < n; i++) {
		v[i].index = cur_u16(c);
		v[i].reason = cur_u16(c);
		/* RECEIPT: indices ascend, 0 is not a refusal. */
		if (v[i].reason == 0 || v[i].index >= BATCH_RECORDS_MAX ||
		    (i > 0 && v[i].index <= v[i - 1].index))
			cur_fail(c, ERR_VALUE);
	}
	return c->err;
}

int
msg_receipt_decode(struct str payload, struct arena *a,
    struct msg_receipt *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_receipt m = { .position = cur_u64(&c) };
	struct msg_refused *refused;

	cur_copy(&c, m.digest.b, DIGEST_BYTES);
	cur_copy(&c, m.terms.b, DIGEST_BYTES);
	m.purpose = field_text16(&c, RECEIPT_PURPOSE_MAX);
	m.stored = cur_u16(&c);
	m.unchanged = cur_u16(&c);
	m.nrefused = cur_u16(&c);
	TRY(c.err);
	if ((size_t)m.stored + m.unchanged + m.nrefused > BATCH_RECORDS_MAX)
		return ERR_VALUE;
	refused = arena_alloc(a, m.nrefused * sizeof(*refused));
	if (refused == NULL)
		return ERR_LIMIT;
	TRY(receipt_refused(&c, m.nrefused, refused));
	m.refused = refused;
	cur_copy(&c, m.signature, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

void
msg_receipt_signed(struct str payload, struct buf *out)
{
	buf_add(out, CONTEXT, sizeof(CONTEXT));
	if (payload.n >= SIGNATURE_BYTES)
		buf_add(out, payload.p, payload.n - SIGNATURE_BYTES);
}

int
msg_receipt_verify(struct str payload, const struct verify_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	if (payload.n < SIGNATURE_BYTES)
		return ERR_SYNTAX;
	msg_receipt_signed(payload, &b);
	return verify_message(key, b.p, b.n, (const uint8_t *)payload.p +
	    payload.n - SIGNATURE_BYTES);
}
