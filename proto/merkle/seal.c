#include "merkle/seal.h"

#include <string.h>

#define CONTEXT "comity/1 seal"		/* signed with its NUL */

void
seal_leaf(const uint8_t salt[static SEAL_SALT_BYTES], struct str label,
    struct str bytes, struct digest *out)
{
	static const uint8_t prefix = 0x00;
	const uint8_t length[4] = {
		(uint8_t)(label.n >> 24), (uint8_t)(label.n >> 16),
		(uint8_t)(label.n >> 8), (uint8_t)label.n,
	};
	const struct span parts[] = {
		{ &prefix, 1 }, { salt, SEAL_SALT_BYTES },
		{ length, sizeof(length) }, { label.p, label.n },
		{ bytes.p, bytes.n },
	};

	sha256(parts, NELEM(parts), out);
}

/* What comes before the signature. */
static void
seal_add_body(const struct seal *s, struct buf *out)
{
	out_str8(out, str_of(s->cert_id));
	buf_add(out, s->root.b, DIGEST_BYTES);
	out_u16(out, s->count);
	out_u64(out, (uint64_t)s->at.ms);
}

static void
seal_add_signed(const struct seal *s, struct buf *out)
{
	buf_add(out, CONTEXT, sizeof(CONTEXT));
	seal_add_body(s, out);
}

int
seal_sign(struct seal *s, const struct sign_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	seal_add_signed(s, &b);
	return sign_message(key, b.p, b.n, s->signature);
}

int
seal_verify(const struct seal *s, const struct verify_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	seal_add_signed(s, &b);
	return verify_message(key, b.p, b.n, s->signature);
}

void
seal_encode(const struct seal *s, struct buf *out)
{
	seal_add_body(s, out);
	buf_add(out, s->signature, SIGNATURE_BYTES);
}

void
seal_read(struct cur *c, struct seal *out)
{
	struct seal s = { 0 };
	struct str id = cur_str8(c, CERT_ID_MAX);
	uint64_t at;

	cur_copy(c, s.root.b, DIGEST_BYTES);
	s.count = cur_u16(c);
	at = cur_u64(c);
	cur_copy(c, s.signature, SIGNATURE_BYTES);
	if (c->err != 0)
		return;
	/* comity-protocol(7), SEALS: the id is a name, 1 to 256 leaves. */
	if (!str_is_dns_name(id) || s.count == 0 ||
	    s.count > BATCH_RECORDS_MAX || at > INT64_MAX) {
		cur_fail(c, ERR_VALUE);
		return;
	}
	memcpy(s.cert_id, id.p, id.n);
	s.at.ms = (int64_t)at;
	*out = s;
}

int
seal_decode(struct str bytes, struct seal *out)
{
	struct cur c = cur_of(bytes.p, bytes.n);
	struct seal s;

	seal_read(&c, &s);
	TRY(cur_finish(&c));
	*out = s;
	return 0;
}
