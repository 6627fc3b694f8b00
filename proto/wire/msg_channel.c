#include "wire/msg_channel.h"

#include "wire/field.h"

int
msg_connected_encode(const struct msg_connected *m, struct buf *out)
{
	if (m->tls.n > CHANNEL_TEXT_MAX || m->cipher.n > CHANNEL_TEXT_MAX ||
	    m->group.n > CHANNEL_TEXT_MAX ||
	    m->address.n > CHANNEL_ADDRESS_MAX || m->uri.n > CHANNEL_URI_MAX)
		return ERR_LIMIT;
	out_u8(out, m->role);
	buf_add(out, m->exporter, EXPORTER_BYTES);
	buf_add(out, m->spki.b, DIGEST_BYTES);
	out_u64(out, (uint64_t)m->not_before.ms);
	out_u64(out, (uint64_t)m->not_after.ms);
	out_str8(out, m->tls);
	out_str8(out, m->cipher);
	out_str8(out, m->group);
	out_str16(out, m->address);
	out_str16(out, m->uri);
	return 0;
}

int
msg_connected_decode(struct str payload, struct msg_connected *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_connected m = { .role = cur_u8(&c) };

	cur_copy(&c, m.exporter, EXPORTER_BYTES);
	cur_copy(&c, m.spki.b, DIGEST_BYTES);
	m.not_before.ms = (int64_t)cur_u64(&c);
	m.not_after.ms = (int64_t)cur_u64(&c);
	m.tls = field_text8(&c, CHANNEL_TEXT_MAX);
	m.cipher = field_text8(&c, CHANNEL_TEXT_MAX);
	m.group = field_text8(&c, CHANNEL_TEXT_MAX);
	m.address = field_text16(&c, CHANNEL_ADDRESS_MAX);
	m.uri = field_text16(&c, CHANNEL_URI_MAX);
	TRY(cur_finish(&c));
	if (m.role != PROVE_DIALER && m.role != PROVE_LISTENER)
		return ERR_VALUE;
	*out = m;
	return 0;
}
