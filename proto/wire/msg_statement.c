#include "wire/msg_statement.h"

#include <string.h>

#include "wire/field.h"
#include "wire/signed.h"

#define STATEMENT "comity/1 statement"
#define TAKEN_WHY_MAX 255

static const char *const kind_names[STATEMENT_KINDS] = {
	[STATEMENT_VOUCH] = "vouch",
	[STATEMENT_VOUCH_ENDED] = "vouch-ended",
	[STATEMENT_REFERRAL] = "referral",
	[STATEMENT_ATTESTATION] = "attestation",
};

const char *
statement_kind_name(enum statement_kind k)
{
	size_t n = (size_t)k;

	return n < STATEMENT_KINDS && kind_names[n] != NULL ? kind_names[n] :
	    "?";
}

/* Nothing that a terminal obeys: no control characters, of C1 neither. */
static bool
reason_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < ' ' || c == 0x7f || (c == 0xc2 && i + 1 < s.n &&
		    (uint8_t)s.p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

/* What no statement may say, whoever signed it. */
static bool
statement_ok(const struct msg_statement *m)
{
	bool attested = m->kind == STATEMENT_ATTESTATION;
	bool referred = m->kind == STATEMENT_REFERRAL;

	if (m->kind < STATEMENT_VOUCH || m->kind >= STATEMENT_KINDS)
		return false;
	if (!str_is_dns_name(m->from) || !str_is_dns_name(m->about) ||
	    str_eq(m->from, m->about) || !reason_ok(m->reason))
		return false;
	if (attested ? m->until.ms <= m->at.ms : m->until.ms != 0)
		return false;
	/* All of an opinion is 1.0, and something of it is always open. */
	return referred ? (uint64_t)m->belief + m->disbelief <
	    STATEMENT_ONE : m->belief == 0 && m->disbelief == 0;
}

int
msg_statement_sign(const struct msg_statement *m, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t begun;

	if (!statement_ok(m) || m->from.n > CERT_ID_MAX ||
	    m->about.n > CERT_ID_MAX || m->at.ms < 0)
		return ERR_VALUE;
	begun = signed_begin(&b, STR(STATEMENT));
	out_u8(&b, (uint8_t)m->kind);
	out_str8(&b, m->from);
	out_str8(&b, m->about);
	buf_add(&b, m->identity, ED25519_PUBLIC_BYTES);
	out_u64(&b, (uint64_t)m->at.ms);
	out_u64(&b, (uint64_t)m->until.ms);
	out_u32(&b, m->belief);
	out_u32(&b, m->disbelief);
	out_str8(&b, field_cut(m->reason, STATEMENT_REASON_MAX));
	return signed_end(&b, begun, key, out);
}

int
msg_statement_decode(struct str payload, struct msg_statement *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_statement m = { 0 };
	uint8_t kind = cur_u8(&c);

	m.from = field_cert_id(&c);
	m.about = field_cert_id(&c);
	cur_copy(&c, m.identity, ED25519_PUBLIC_BYTES);
	m.at = field_time(&c);
	m.until = field_time(&c);
	m.belief = cur_u32(&c);
	m.disbelief = cur_u32(&c);
	m.reason = field_text8(&c, STATEMENT_REASON_MAX);
	(void)cur_bytes(&c, SIGNATURE_BYTES);
	TRY(cur_finish(&c));
	if (kind >= STATEMENT_KINDS)
		return ERR_VALUE;
	m.kind = (enum statement_kind)kind;
	if (!statement_ok(&m))
		return ERR_VALUE;
	*out = m;
	return 0;
}

const char *
msg_statement_vouch(struct str payload, const char *about,
    const uint8_t identity[ED25519_PUBLIC_BYTES], struct msg_statement *out)
{
	*out = (struct msg_statement){ 0 };
	if (msg_statement_decode(payload, out) < 0)
		return "it does not read";
	if (out->kind != STATEMENT_VOUCH)
		return "it is no vouch";
	if (!str_eqz(out->about, about))
		return "it is about another CERT";
	if (memcmp(out->identity, identity, sizeof(out->identity)) != 0)
		return "it is about another identity key";
	return NULL;
}

int
msg_statement_verify(struct str payload, const struct verify_key *key)
{
	return signed_verify(STR(STATEMENT), payload, key);
}

void
msg_statement_taken_encode(const struct msg_statement_taken *m,
    struct buf *out)
{
	buf_add(out, m->statement.b, DIGEST_BYTES);
	out_u8(out, (uint8_t)m->result);
	out_str8(out, field_cut(m->why, TAKEN_WHY_MAX));
}

int
msg_statement_taken_decode(struct str payload,
    struct msg_statement_taken *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_statement_taken m = { 0 };
	uint8_t result;

	cur_copy(&c, m.statement.b, DIGEST_BYTES);
	result = cur_u8(&c);
	m.why = field_text8(&c, TAKEN_WHY_MAX);
	TRY(cur_finish(&c));
	if (result < STATEMENT_COUNTED || result > STATEMENT_REFUSED)
		return ERR_VALUE;
	m.result = (enum statement_result)result;
	*out = m;
	return 0;
}
