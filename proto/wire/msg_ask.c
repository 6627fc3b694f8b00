#include "wire/msg_ask.h"

#include "wire/field.h"
#include "wire/signed.h"

#define ASK "comity/1 ask"

int
msg_ask_sign(const struct msg_ask *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (m->from.n > CERT_ID_MAX || m->to.n > CERT_ID_MAX ||
	    m->id.n > ASK_ID_MAX || m->desk.n >= NAME_MAX_BYTES)
		return ERR_LIMIT;
	begun = signed_begin(&b, STR(ASK));
	out_u64(&b, m->number);
	out_u64(&b, (uint64_t)m->at.ms);
	out_str8(&b, m->from);
	out_str8(&b, m->to);
	out_str16(&b, m->id);
	out_str8(&b, m->desk);
	out_str16(&b, field_cut(m->reason, ASK_REASON_MAX));
	return signed_end(&b, begun, key, out);
}

int
msg_ask_decode(struct str payload, struct msg_ask *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_ask m = { .number = cur_u64(&c) };

	m.at = field_time(&c);
	m.from = field_cert_id(&c);
	m.to = field_cert_id(&c);
	m.id = cur_str16(&c, ASK_ID_MAX);
	m.desk = field_text8(&c, NAME_MAX_BYTES - 1);
	m.reason = field_text16(&c, ASK_REASON_MAX);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (!field_id_ok(m.id) || !field_name_ok(m.desk))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_ask_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(ASK), payload, key);
}
