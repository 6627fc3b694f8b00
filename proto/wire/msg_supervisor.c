#include "wire/msg_supervisor.h"

#include "wire/field.h"

void
msg_config_encode(const struct msg_config *m, struct buf *out)
{
	out_u8(out, m->last);
	out_u8(out, (uint8_t)m->cause);
	buf_add(out, m->bytes.p, m->bytes.n);
}

int
msg_config_decode(struct str payload, struct msg_config *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_config m = { .last = field_bool(&c) };
	uint8_t cause;

	cause = cur_u8(&c);
	m.bytes = (struct str){ (const char *)c.p, c.n };
	TRY(c.err);
	if (cause > CONFIG_ASKED)
		return ERR_VALUE;
	m.cause = (enum config_cause)cause;
	*out = m;
	return 0;
}

void
msg_config_done_encode(const struct msg_config_done *m, struct buf *out)
{
	out_u8(out, m->ok);
	msg_text_encode(m->text, out);
}

int
msg_config_done_decode(struct str payload, struct msg_config_done *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_config_done m = { .ok = field_bool(&c) };

	m.text = field_text16(&c, SUPERVISOR_TEXT_MAX);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

void
msg_adopt_encode(const struct msg_adopt *m, struct buf *out)
{
	out_u8(out, (uint8_t)m->what);
	out_u64(out, m->number);
	out_str8(out, field_cut(m->cert_id, CERT_ID_MAX));
	out_str16(out, field_cut(m->address, SUPERVISOR_ADDRESS_MAX));
	out_u32(out, m->uid);
	out_u32(out, m->gid);
	out_u32(out, m->pid);
}

int
msg_adopt_decode(struct str payload, struct msg_adopt *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	uint8_t what = cur_u8(&c);
	struct msg_adopt m = { .number = cur_u64(&c) };

	m.cert_id = field_text8(&c, CERT_ID_MAX);
	m.address = field_text16(&c, SUPERVISOR_ADDRESS_MAX);
	m.uid = cur_u32(&c);
	m.gid = cur_u32(&c);
	m.pid = cur_u32(&c);
	TRY(cur_finish(&c));
	if (what != ADOPT_LISTEN && what != ADOPT_DIAL &&
	    what != ADOPT_CONTROL)
		return ERR_VALUE;
	m.what = (enum adopt_what)what;
	*out = m;
	return 0;
}

void
msg_gone_encode(const struct msg_gone *m, struct buf *out)
{
	out_u64(out, m->number);
	out_u32(out, m->status);
}

int
msg_gone_decode(struct str payload, struct msg_gone *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_gone m = { .number = cur_u64(&c) };

	m.status = cur_u32(&c);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

void
msg_dial_encode(const struct msg_dial *m, struct buf *out)
{
	out_u64(out, m->number);
	out_str8(out, field_cut(m->cert_id, CERT_ID_MAX));
	out_str16(out, field_cut(m->address, SUPERVISOR_ADDRESS_MAX));
}

int
msg_dial_decode(struct str payload, struct msg_dial *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_dial m = { .number = cur_u64(&c) };

	m.cert_id = field_cert_id(&c);
	m.address = field_text16(&c, SUPERVISOR_ADDRESS_MAX);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

void
msg_front_adopt_encode(struct str desk, struct buf *out)
{
	out_str8(out, field_cut(desk, NAME_MAX_BYTES - 1));
}

int
msg_front_adopt_decode(struct str payload, struct str *out_desk)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct str desk = field_text8(&c, NAME_MAX_BYTES - 1);

	TRY(cur_finish(&c));
	if (!field_name_ok(desk))
		return ERR_VALUE;
	*out_desk = desk;
	return 0;
}

void
msg_client_adopt_encode(struct str peer, struct buf *out)
{
	out_str8(out, field_cut(peer, CERT_ID_MAX));
}

int
msg_client_adopt_decode(struct str payload, struct str *out_peer)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct str peer = field_text8(&c, CERT_ID_MAX);

	TRY(cur_finish(&c));
	if (!field_name_ok(peer))
		return ERR_VALUE;
	*out_peer = peer;
	return 0;
}

void
msg_text_encode(struct str text, struct buf *out)
{
	text = field_cut(text, SUPERVISOR_TEXT_MAX);
	out_str16(out, str_is_utf8(text) ? text : STR(""));
}

int
msg_text_decode(struct str payload, struct str *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct str text = field_text16(&c, SUPERVISOR_TEXT_MAX);

	TRY(cur_finish(&c));
	*out = text;
	return 0;
}
