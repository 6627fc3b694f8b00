#include "audit/entry.h"

#include <stdlib.h>

#define SEQS_MAX 1000000
#define GROUPS_MAX 4096

const char *
audit_type_name(int type)
{
	static const char *const names[] = {
		[AUDIT_DECISIONS] = "decisions", [AUDIT_RECEIPT] = "receipt",
		[AUDIT_POLICY] = "policy", [AUDIT_PEER] = "peer",
		[AUDIT_RECALL] = "recall", [AUDIT_ADMISSION] = "admission",
		[AUDIT_TERMS] = "terms", [AUDIT_APPROVAL] = "approval",
		[AUDIT_CIRCLE] = "circle", [AUDIT_PROOF] = "proof",
		[AUDIT_CONSULT] = "consult", [AUDIT_TRUST] = "trust",
		[AUDIT_ANSWER] = "answer",
	};

	return type > 0 && type < (int)NELEM(names) && names[type] != NULL ?
	    names[type] : "unknown";
}

/* Seven bits a byte, the low ones first, the top bit set but in the last. */
static void
out_varint(struct buf *b, uint64_t v)
{
	while (v >= 0x80) {
		out_u8(b, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	out_u8(b, (uint8_t)v);
}

static uint64_t
cur_varint(struct cur *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = cur_u8(c);

		v |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return v;
	}
	cur_fail(c, ERR_SYNTAX);
	return 0;
}

static int
compare_seq(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void
seq_list_sort(struct seq_list *l)
{
	size_t n = 0;

	if (l->at.n > 1)
		qsort(l->at.v, l->at.n, sizeof(l->at.v[0]), compare_seq);
	for (size_t i = 0; i < l->at.n; i++)
		if (n == 0 || l->at.v[i] != l->at.v[n - 1])
			l->at.v[n++] = l->at.v[i];
	l->at.n = n;
}

void
seq_list_out(struct buf *b, const struct seq_list *l)
{
	int64_t last = 0;

	out_varint(b, l->at.n);
	for (size_t i = 0; i < l->at.n; i++) {
		out_varint(b, (uint64_t)(l->at.v[i] - last));
		last = l->at.v[i];
	}
}

void
seq_list_cur(struct cur *c, size_t max, struct seq_list *out)
{
	uint64_t n = cur_varint(c);
	int64_t last = 0;

	if (n > max || n > c->n) {	/* each takes one byte at least */
		cur_fail(c, ERR_LIMIT);
		return;
	}
	for (uint64_t i = 0; i < n && c->err == 0; i++) {
		uint64_t step = cur_varint(c);

		if (step == 0 || step > (uint64_t)(INT64_MAX - last))
			cur_fail(c, ERR_VALUE);
		else
			last += (int64_t)step;
		vec_push(&out->at, last);
	}
}

void
audit_decisions_clear(struct audit_decisions *d)
{
	for (size_t i = 0; i < d->groups.n; i++)
		vec_clear(&d->groups.v[i].seqs.at);
	vec_clear(&d->groups);
}

void
audit_decisions_encode(const struct audit_decisions *d, struct buf *out)
{
	out_u64(out, (uint64_t)d->at.ms);
	out_str8(out, d->peer);
	buf_add(out, d->policy, sizeof(d->policy));
	out_u16(out, (uint16_t)d->groups.n);
	for (size_t i = 0; i < d->groups.n; i++) {
		const struct audit_group *g = &d->groups.v[i];

		out_u8(out, g->outcome);
		out_u8(out, g->reason);
		out_str8(out, g->by);
		seq_list_out(out, &g->seqs);
	}
}

int
audit_decisions_decode(struct str entry, struct audit_decisions *out)
{
	struct cur c = cur_of(entry.p, entry.n);
	struct audit_decisions d = { 0 };
	size_t n;
	int rc;

	d.at.ms = (int64_t)cur_u64(&c);
	d.peer = cur_str8(&c, UINT8_MAX);
	cur_copy(&c, d.policy, sizeof(d.policy));
	n = cur_u16(&c);
	if (n > GROUPS_MAX)
		cur_fail(&c, ERR_LIMIT);
	for (size_t i = 0; i < n && c.err == 0; i++) {
		struct audit_group g = { .outcome = cur_u8(&c) };

		g.reason = cur_u8(&c);
		g.by = cur_str8(&c, UINT8_MAX);
		seq_list_cur(&c, SEQS_MAX, &g.seqs);
		vec_push(&d.groups, g);
	}
	rc = cur_finish(&c);
	if (rc != 0)
		audit_decisions_clear(&d);
	else
		*out = d;
	return rc;
}

void
audit_receipt_clear(struct audit_receipt *r)
{
	vec_clear(&r->delivered.at);
	vec_clear(&r->redacted.at);
	vec_clear(&r->refused.at);
}

void
audit_receipt_encode(const struct audit_receipt *r, struct buf *out)
{
	out_u64(out, (uint64_t)r->at.ms);
	out_str8(out, r->peer);
	out_u64(out, r->position);
	seq_list_out(out, &r->delivered);
	seq_list_out(out, &r->redacted);
	seq_list_out(out, &r->refused);
	out_str16(out, r->message);
}

int
audit_receipt_decode(struct str entry, struct audit_receipt *out)
{
	struct cur c = cur_of(entry.p, entry.n);
	struct audit_receipt r = { 0 };
	int rc;

	r.at.ms = (int64_t)cur_u64(&c);
	r.peer = cur_str8(&c, UINT8_MAX);
	r.position = cur_u64(&c);
	seq_list_cur(&c, SEQS_MAX, &r.delivered);
	seq_list_cur(&c, SEQS_MAX, &r.redacted);
	seq_list_cur(&c, SEQS_MAX, &r.refused);
	r.message = cur_str16(&c, UINT16_MAX);
	rc = cur_finish(&c);
	if (rc != 0)
		audit_receipt_clear(&r);
	else
		*out = r;
	return rc;
}
