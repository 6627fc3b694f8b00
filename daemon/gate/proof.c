#include "gate/proof.h"

#include <stdio.h>

#include "gate/gate_private.h"
#include "merkle/seal.h"
#include "wire/field.h"

#define SPACE "proof"		/* "<peer>/<place>" to what is kept */
#define COUNTS "proofs"		/* peer to u64: how many there were */
#define SALT_BYTES 16

void
proof_of(const struct admit_batch *in, size_t i, enum chain_fault fault,
    struct proof *out)
{
	const struct admit_record *r = &in->v[i];

	*out = (struct proof){ .at = in->now, .sender = str_of(in->sender),
	    .fault = (uint8_t)fault, .table = { in->seal, in->links,
	    in->nlinks }, .last = r->link, .leaf = r->leaf,
	    .salt = r->salt, .label = r->label, .bytes = r->bytes };
}

void
proof_encode(const struct proof *p, struct buf *out)
{
	out_u64(out, (uint64_t)p->at.ms);
	out_str8(out, p->sender);
	out_u8(out, p->fault);
	out_str16(out, p->table.seal);
	chain_table_encode(p->table.v, p->table.n, out);
	out_u16(out, p->last);
	out_u16(out, p->leaf);
	buf_add(out, p->salt, SALT_BYTES);
	out_str16(out, p->label);
	out_str32(out, p->bytes);
}

int
proof_decode(struct str value, struct arena *a, struct proof *out)
{
	struct cur c = cur_of(value.p, value.n);
	struct proof p = { .at = field_time(&c) };

	p.sender = field_cert_id(&c);
	p.fault = cur_u8(&c);
	p.table.seal = cur_str16(&c, SEAL_BYTES_MAX);
	p.table.v = chain_table_read(&c, a, &p.table.n);
	p.last = cur_u16(&c);
	p.leaf = cur_u16(&c);
	p.salt = cur_bytes(&c, SALT_BYTES);
	p.label = cur_str16(&c, LABEL_BYTES_MAX);
	p.bytes = cur_str32(&c, FRAME_RECORDS_MAX);
	TRY(cur_finish(&c));
	if (p.fault == CHAIN_FAULT_NONE || p.fault >= CHAIN_FAULTS ||
	    p.last >= p.table.n || p.leaf >= BATCH_RECORDS_MAX)
		return ERR_VALUE;
	*out = p;
	return 0;
}

int
proof_count(struct store *store, const char *peer, uint64_t *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	struct cur c;
	int rc = store_value(store, COUNTS, peer, arena, &value);

	if (rc == ERR_NOT_FOUND) {
		*out = 0;
		return 0;
	}
	TRY(rc);
	c = cur_of(value.p, value.n);
	*out = cur_u64(&c);
	return cur_finish(&c) == 0 ? 0 : ERR_STORE;
}

static int
proof_log(struct gate *g, const struct proof *p, struct str value)
{
	struct digest d = sha256_of(value.p, value.n);
	AUTO_BUF struct buf entry = { 0 };

	out_u64(&entry, (uint64_t)p->at.ms);
	out_str8(&entry, p->sender);
	out_u8(&entry, p->fault);
	buf_add(&entry, d.b, DIGEST_BYTES);
	return audit_append(g->o.audit, AUDIT_PROOF, buf_str(&entry));
}

int
proof_keep(struct gate *g, const struct proof *p)
{
	AUTO_BUF struct buf value = { 0 }, count = { 0 };
	char peer[CERT_ID_MAX + 1], key[CERT_ID_MAX + 8];
	uint64_t n;

	snprintf(peer, sizeof(peer), "%.*s", (int)p->sender.n, p->sender.p);
	TRY(proof_count(g->o.store, peer, &n));
	snprintf(key, sizeof(key), "%s/%02x", peer,
	    (unsigned)(n % PROOFS_PER_PEER));
	proof_encode(p, &value);
	out_u64(&count, n + 1);
	TRY(store_set(g->o.store, SPACE, key, buf_str(&value)));
	TRY(store_set(g->o.store, COUNTS, peer, buf_str(&count)));
	return proof_log(g, p, buf_str(&value));
}

int
proof_each(struct store *store, proof_visit visit, void *arg)
{
	return store_values(store, SPACE, visit, arg);
}
