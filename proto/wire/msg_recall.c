#include "wire/msg_recall.h"

#include "wire/field.h"

#define RECALL "comity/1 recall"	/* signed with their NULs */
#define RECALLED "comity/1 recalled"

/* Append the payload in body, which comes after context, and its signature. */
static int
body_sign(const struct buf *body, size_t context,
    const struct sign_key *key, struct buf *out)
{
	uint8_t sig[SIGNATURE_BYTES];

	TRY(sign_message(key, body->p, body->n, sig));
	buf_add(out, body->p + context, body->n - context);
	buf_add(out, sig, sizeof(sig));
	return 0;
}

static int
body_verify(struct str context, struct str payload,
    const struct verify_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	if (payload.n < SIGNATURE_BYTES)
		return ERR_SYNTAX;
	buf_add(&b, context.p, context.n + 1);
	buf_add(&b, payload.p, payload.n - SIGNATURE_BYTES);
	return verify_message(key, b.p, b.n, (const uint8_t *)payload.p +
	    payload.n - SIGNATURE_BYTES);
}

/* STIX ids are ASCII (2.9); this much holds for all of them. */
static bool
id_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

int
msg_recall_sign(const struct msg_recall *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };

	if (m->id.n > RECALL_ID_MAX || m->modified.n > RECALL_MODIFIED_MAX ||
	    m->originator.n > CERT_ID_MAX)
		return ERR_LIMIT;
	buf_add(&b, RECALL, sizeof(RECALL));
	out_str16(&b, m->id);
	out_str8(&b, m->modified);
	buf_add(&b, m->digest.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_str16(&b, field_cut(m->reason, RECALL_REASON_MAX));
	out_str8(&b, m->originator);
	return body_sign(&b, sizeof(RECALL), key, out);
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
	if (!id_ok(m.id))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_recall_verify(struct str payload, const struct verify_key *key)
{
	return body_verify(STR(RECALL), payload, key);
}

int
msg_recalled_sign(const struct msg_recalled *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };

	if (m->id.n > RECALL_ID_MAX || m->modified.n > RECALL_MODIFIED_MAX)
		return ERR_LIMIT;
	buf_add(&b, RECALLED, sizeof(RECALLED));
	out_str16(&b, m->id);
	out_str8(&b, m->modified);
	buf_add(&b, m->digest.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_u8(&b, m->had_it);
	return body_sign(&b, sizeof(RECALLED), key, out);
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
	if (!id_ok(m.id))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_recalled_verify(struct str payload, const struct verify_key *key)
{
	return body_verify(STR(RECALLED), payload, key);
}
