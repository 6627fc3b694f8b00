#include "wire/msg_recall.h"

#include "wire/field.h"
#include "wire/signed.h"

#define RECALL "comity/1 recall"
#define RECALLED "comity/1 recalled"

int
msg_recall_sign(const struct msg_recall *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (m->id.n > RECALL_ID_MAX || m->modified.n > RECALL_MODIFIED_MAX ||
	    m->originator.n > CERT_ID_MAX)
		return ERR_LIMIT;
	begun = signed_begin(&b, STR(RECALL));
	out_str16(&b, m->id);
	out_str8(&b, m->modified);
	buf_add(&b, m->digest.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_str16(&b, field_cut(m->reason, RECALL_REASON_MAX));
	out_str8(&b, m->originator);
	return signed_end(&b, begun, key, out);
}

int
msg_recall_decode(struct str payload, struct msg_recall *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_recall m = { .id = cur_str16(&c, RECALL_ID_MAX) };

	m.modified = field_text8(&c, RECALL_MODIFIED_MAX);
	cur_copy(&c, m.digest.b, DIGEST_BYTES);
	m.at = field_time(&c);
	m.reason = field_text16(&c, RECALL_REASON_MAX);
	m.originator = field_cert_id(&c);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (!field_id_ok(m.id))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_recall_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(RECALL), payload, key);
}

int
msg_recalled_sign(const struct msg_recalled *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (m->id.n > RECALL_ID_MAX || m->modified.n > RECALL_MODIFIED_MAX)
		return ERR_LIMIT;
	begun = signed_begin(&b, STR(RECALLED));
	out_str16(&b, m->id);
	out_str8(&b, m->modified);
	buf_add(&b, m->digest.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_u8(&b, m->had_it);
	return signed_end(&b, begun, key, out);
}

int
msg_recalled_decode(struct str payload, struct msg_recalled *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_recalled m = { .id = cur_str16(&c, RECALL_ID_MAX) };

	m.modified = field_text8(&c, RECALL_MODIFIED_MAX);
	cur_copy(&c, m.digest.b, DIGEST_BYTES);
	m.at = field_time(&c);
	m.had_it = field_bool(&c);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (!field_id_ok(m.id))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_recalled_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(RECALLED), payload, key);
}
