#include "wire/msg_standing.h"

#include "wire/field.h"
#include "wire/signed.h"

#define ANSWER "comity/1 answer"

static void
score_out(struct buf *b, const struct standing_score *s)
{
	out_u8(b, s->dimension);
	out_u8(b, s->band);
	out_u32(b, s->b);
	out_u32(b, s->d);
	out_u32(b, s->u);
	out_u32(b, s->e);
	out_u32(b, s->evidence);
	out_u64(b, (uint64_t)s->gated_until.ms);
	out_u8(b, s->capped);
}

static void
input_out(struct buf *b, const struct standing_input *i)
{
	out_u64(b, i->key);
	out_u64(b, (uint64_t)i->at.ms);
	out_u8(b, i->kind);
	out_u8(b, i->by_other);
	out_u32(b, i->counted);
	out_str16(b, i->record);
}

void
msg_standing_encode(const struct msg_standing *m, struct buf *out)
{
	out_u64(out, (uint64_t)m->at.ms);
	out_u32(out, m->evidence);
	out_u8(out, (uint8_t)m->nscores);
	for (size_t i = 0; i < m->nscores; i++)
		score_out(out, &m->scores[i]);
	out_u16(out, (uint16_t)m->ninputs);
	for (size_t i = 0; i < m->ninputs; i++)
		input_out(out, &m->inputs[i]);
}

/* A part of 1.0. */
static uint32_t
part_read(struct cur *c)
{
	uint32_t v = cur_u32(c);

	if (v > STANDING_ONE)
		cur_fail(c, ERR_VALUE);
	return v;
}

static void
score_read(struct cur *c, struct standing_score *out)
{
	out->dimension = cur_u8(c);
	out->band = cur_u8(c);
	if (out->dimension >= STANDING_SCORES_MAX ||
	    out->band >= STANDING_BANDS)
		cur_fail(c, ERR_VALUE);
	out->b = part_read(c);
	out->d = part_read(c);
	out->u = part_read(c);
	out->e = part_read(c);
	out->evidence = cur_u32(c);
	out->gated_until = field_time(c);
	out->capped = field_bool(c);
}

static void
input_read(struct cur *c, struct standing_input *out)
{
	out->key = cur_u64(c);
	out->at = field_time(c);
	out->kind = cur_u8(c);
	out->by_other = field_bool(c);
	out->counted = cur_u32(c);
	out->record = cur_str16(c, STANDING_RECORD_MAX);
	if (c->err == 0 && (out->key == 0 ||
	    (out->record.n > 0 && !field_id_ok(out->record))))
		cur_fail(c, ERR_VALUE);
}

int
msg_standing_decode(struct str payload, struct msg_standing *out)
{
	struct cur c = cur_of(payload.p, payload.n);

	*out = (struct msg_standing){ .at = field_time(&c) };
	out->evidence = cur_u32(&c);
	out->nscores = cur_u8(&c);
	if (out->nscores > STANDING_SCORES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < out->nscores; i++) {
		score_read(&c, &out->scores[i]);
		if (i > 0 && out->scores[i].dimension <=
		    out->scores[i - 1].dimension)
			cur_fail(&c, ERR_VALUE);
	}
	out->ninputs = cur_u16(&c);
	if (out->ninputs > STANDING_INPUTS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < out->ninputs; i++)
		input_read(&c, &out->inputs[i]);
	return cur_finish(&c);
}

bool
answer_text_ok(struct str text)
{
	if (text.n == 0 || text.n > ANSWER_TEXT_MAX || !str_is_utf8(text))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((uint8_t)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return true;
}

int
msg_answer_sign(const struct msg_answer *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (!answer_text_ok(m->text) || m->from.n > CERT_ID_MAX ||
	    m->to.n > CERT_ID_MAX)
		return ERR_VALUE;
	begun = signed_begin(&b, STR(ANSWER));
	out_u64(&b, m->key);
	out_u64(&b, (uint64_t)m->at.ms);
	out_str8(&b, m->from);
	out_str8(&b, m->to);
	out_str16(&b, m->text);
	return signed_end(&b, begun, key, out);
}

int
msg_answer_decode(struct str payload, struct msg_answer *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_answer m = { .key = cur_u64(&c) };

	m.at = field_time(&c);
	m.from = field_cert_id(&c);
	m.to = field_cert_id(&c);
	m.text = field_text16(&c, ANSWER_TEXT_MAX);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (!answer_text_ok(m.text))
		return ERR_VALUE;
	*out = m;
	return 0;
}

int
msg_answer_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(ANSWER), payload, key);
}

void
msg_answered_encode(const struct msg_answered *m, struct buf *out)
{
	buf_add(out, m->answer.b, DIGEST_BYTES);
	out_u8(out, m->taken);
	out_str16(out, field_cut(m->why, ANSWERED_WHY_MAX));
}

int
msg_answered_decode(struct str payload, struct msg_answered *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_answered m = { 0 };

	cur_copy(&c, m.answer.b, DIGEST_BYTES);
	m.taken = field_bool(&c);
	m.why = field_text16(&c, ANSWERED_WHY_MAX);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
