#include "audit/approval.h"

#define DOMAIN "comity approval v1\n"

static struct str
cut(struct str s, size_t max)
{
	return s.n > max ? (struct str){ s.p, max } : s;
}

static void
approval_body(const struct audit_approval *a, struct buf *out)
{
	out_u64(out, (uint64_t)a->at.ms);
	out_str8(out, cut(a->what, UINT8_MAX));
	out_str16(out, cut(a->subject, UINT16_MAX));
	out_str8(out, cut(a->who, UINT8_MAX));
	out_str8(out, cut(a->verdict, UINT8_MAX));
	out_str16(out, cut(a->reason, UINT16_MAX));
	out_u8(out, a->by_key);
	if (!a->by_key)
		return;
	buf_add(out, a->proof.key, sizeof(a->proof.key));
	buf_add(out, a->proof.nonce, sizeof(a->proof.nonce));
	buf_add(out, a->proof.signature, sizeof(a->proof.signature));
	out_str32(out, a->proof.request);
}

void
audit_approval_text(const struct audit_approval *a, struct buf *out)
{
	buf_addz(out, DOMAIN);
	approval_body(a, out);
}

void
audit_approval_encode(const struct audit_approval *a, struct buf *out)
{
	approval_body(a, out);
	buf_add(out, a->signature, sizeof(a->signature));
}

int
audit_approval_decode(struct str entry, struct audit_approval *out)
{
	struct cur c = cur_of(entry.p, entry.n);
	struct audit_approval a = { .at.ms = (int64_t)cur_u64(&c) };
	uint8_t by_key;

	a.what = cur_str8(&c, UINT8_MAX);
	a.subject = cur_str16(&c, UINT16_MAX);
	a.who = cur_str8(&c, UINT8_MAX);
	a.verdict = cur_str8(&c, UINT8_MAX);
	a.reason = cur_str16(&c, UINT16_MAX);
	by_key = cur_u8(&c);
	if (by_key > 1)
		cur_fail(&c, ERR_VALUE);
	a.by_key = by_key == 1;
	if (a.by_key) {
		cur_copy(&c, a.proof.key, sizeof(a.proof.key));
		cur_copy(&c, a.proof.nonce, sizeof(a.proof.nonce));
		cur_copy(&c, a.proof.signature, sizeof(a.proof.signature));
		a.proof.request = cur_str32(&c, UINT32_MAX);
	}
	cur_copy(&c, a.signature, sizeof(a.signature));
	TRY(cur_finish(&c));
	*out = a;
	return 0;
}
