#include "wire/msg_consult.h"

#include "wire/field.h"
#include "wire/signed.h"

#define CONSULT "comity/1 consult"
#define ANSWER "comity/1 consult answer"
#define TLP_MOST 4

static bool
kind_ok(struct str s)
{
	return s.n == 0 || field_name_ok(s);
}

int
msg_consult_sign(const struct msg_consult *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (m->from.n > CERT_ID_MAX || m->to.n > CERT_ID_MAX ||
	    m->peer.n > CERT_ID_MAX || m->circle.n >= NAME_MAX_BYTES ||
	    m->kind.n >= NAME_MAX_BYTES || m->record.n > CONSULT_ID_MAX)
		return ERR_LIMIT;
	begun = signed_begin(&b, STR(CONSULT));
	out_u64(&b, m->number);
	out_u64(&b, (uint64_t)m->at.ms);
	out_u64(&b, (uint64_t)m->deadline.ms);
	out_str8(&b, m->from);
	out_str8(&b, m->to);
	out_str8(&b, m->circle);
	out_str8(&b, m->kind);
	out_u8(&b, m->tlp);
	out_str8(&b, m->peer);
	out_str16(&b, field_cut(m->desks, CONSULT_DESKS_MAX));
	out_str16(&b, m->record);
	return signed_end(&b, begun, key, out);
}

int
msg_consult_decode(struct str payload, struct msg_consult *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_consult m = { .number = cur_u64(&c) };

	m.at = field_time(&c);
	m.deadline = field_time(&c);
	m.from = field_cert_id(&c);
	m.to = field_cert_id(&c);
	m.circle = field_text8(&c, NAME_MAX_BYTES - 1);
	m.kind = field_text8(&c, NAME_MAX_BYTES - 1);
	m.tlp = cur_u8(&c);
	m.peer = field_cert_id(&c);
	m.desks = field_text16(&c, CONSULT_DESKS_MAX);
	m.record = cur_str16(&c, CONSULT_ID_MAX);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (m.number == 0 || m.tlp > TLP_MOST || !field_name_ok(m.circle) ||
	    !kind_ok(m.kind) || (m.record.n > 0 && !field_id_ok(m.record)))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_consult_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(CONSULT), payload, key);
}

int
msg_consult_answer_sign(const struct msg_consult_answer *m,
    const struct sign_key *key, struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (m->from.n > CERT_ID_MAX || m->to.n > CERT_ID_MAX)
		return ERR_LIMIT;
	begun = signed_begin(&b, STR(ANSWER));
	out_u64(&b, m->number);
	buf_add(&b, m->question.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_str8(&b, m->from);
	out_str8(&b, m->to);
	out_u8(&b, m->agrees);
	out_str16(&b, field_cut(m->reason, CONSULT_REASON_MAX));
	return signed_end(&b, begun, key, out);
}

int
msg_consult_answer_decode(struct str payload, struct msg_consult_answer *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_consult_answer m = { .number = cur_u64(&c) };

	cur_copy(&c, m.question.b, DIGEST_BYTES);
	m.at = field_time(&c);
	m.from = field_cert_id(&c);
	m.to = field_cert_id(&c);
	m.agrees = field_bool(&c);
	m.reason = field_text16(&c, CONSULT_REASON_MAX);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (m.number == 0)
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_consult_answer_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(ANSWER), payload, key);
}
