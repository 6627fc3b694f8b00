#include "wire/msg_hello.h"

#include "wire/field.h"

#define CONTEXT "comity/1 prove"	/* signed with its NUL */

void
msg_hello_encode(const struct msg_hello *m, struct buf *out)
{
	out_u16(out, m->version);
	out_str8(out, field_cut(m->cert_id, CERT_ID_MAX));
	buf_add(out, m->nonce, NONCE_BYTES);
	out_u64(out, (uint64_t)m->at.ms);
	buf_add(out, m->epoch, EPOCH_BYTES);
	out_str8(out, field_cut(m->software, SOFTWARE_MAX));
}

int
msg_hello_decode(struct str payload, struct msg_hello *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_hello m = { .version = cur_u16(&c) };

	/* HELLO: another version may continue in another way. */
	if (c.err == 0 && m.version != WIRE_VERSION)
		return ERR_VERSION;
	m.cert_id = field_cert_id(&c);
	cur_copy(&c, m.nonce, NONCE_BYTES);
	m.at = field_time(&c);
	cur_copy(&c, m.epoch, EPOCH_BYTES);
	m.software = field_text8(&c, SOFTWARE_MAX);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

void
prove_signed_bytes(const struct prove_facts *f, struct buf *out)
{
	buf_add(out, CONTEXT, sizeof(CONTEXT));
	out_u8(out, f->role);
	buf_add(out, f->exporter, EXPORTER_BYTES);
	buf_add(out, f->dialer_nonce, NONCE_BYTES);
	buf_add(out, f->listener_nonce, NONCE_BYTES);
	out_str8(out, f->dialer);
	out_str8(out, f->listener);
}

void
msg_prove_encode(const uint8_t sig[static SIGNATURE_BYTES], struct buf *out)
{
	buf_add(out, sig, SIGNATURE_BYTES);
}

int
msg_prove_decode(struct str payload, const uint8_t **out_sig)
{
	struct cur c = cur_of(payload.p, payload.n);
	const uint8_t *sig = cur_bytes(&c, SIGNATURE_BYTES);

	TRY(cur_finish(&c));
	*out_sig = sig;
	return 0;
}
