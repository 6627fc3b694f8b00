#include "gate/seals.h"

#include <stdio.h>
#include <string.h>

#include "merkle/multiproof.h"
#include "merkle/seal.h"

#define RECENT 16		/* seals whose leaves stay in memory */
#define LEAVES "leaf"		/* space of leaf hashes of tombstones */
#define HERE_NOT 0x8000		/* a kept claim's index: not stored here */
#define ARENA_BYTES MIB(80)

/* What is known of one stored seal. */
struct known_seal {
	int64_t number;		/* 0: free */
	struct seal seal;
	char bytes[SEAL_BYTES_MAX];
	size_t nbytes;
	struct multiproof_nodes nodes;
	/* Of a received one: how its records came here. */
	struct arena *arena;	/* owned: the links */
	struct chain_link *links;
	size_t nlinks;
	bool received;
	bool has_last[BATCH_RECORDS_MAX];
	uint8_t last[BATCH_RECORDS_MAX];
};

struct seals {
	struct seals_options o;
	struct known_seal *recent;	/* owned, RECENT of them */
	size_t next;			/* to be replaced */
	struct digest out[MULTIPROOF_HASHES_MAX];	/* last proof */
};

struct seals *
seals_new(const struct seals_options *o)
{
	struct seals *s = mem_new(struct seals);

	s->o = *o;
	s->recent = mem_array(struct known_seal, RECENT);
	return s;
}

void
seals_free(struct seals *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < RECENT; i++)
		arena_free(s->recent[i].arena);
	free(s->recent);
	free(s);
}

void
seals_forget(struct seals *s)
{
	for (size_t i = 0; i < RECENT; i++)
		s->recent[i].number = 0;
}

void
seals_leaf(const uint8_t salt[16], struct str label, struct str bytes,
    struct digest *out)
{
	seal_leaf(salt, label, bytes, out);
}

/* The oldest place of the recent ones, made free. */
static struct known_seal *
seals_place(struct seals *s)
{
	struct known_seal *k = &s->recent[s->next];

	s->next = (s->next + 1) % RECENT;
	k->number = 0;
	arena_free(k->arena);
	k->arena = NULL;
	k->links = NULL;
	k->nlinks = 0;
	k->received = false;
	memset(k->has_last, 0, sizeof(k->has_last));
	return k;
}

/* Fill k from a seal's bytes; its nodes are not known yet. */
static int
known_init(struct known_seal *k, struct str bytes)
{
	if (bytes.n > sizeof(k->bytes))
		return ERR_STORE;
	TRY(seal_decode(bytes, &k->seal));
	memcpy(k->bytes, bytes.p, bytes.n);
	k->nbytes = bytes.n;
	return multiproof_nodes_init(&k->nodes, k->seal.count);
}

/* All leaves at once: nothing else is needed to prove any of them. */
static int
known_add_all(struct known_seal *k, const struct digest *leaves)
{
	uint16_t indices[BATCH_RECORDS_MAX];
	struct multiproof p = { .subset = { k->seal.count, indices,
	    k->seal.count }, .leaves = leaves };

	for (size_t i = 0; i < k->seal.count; i++)
		indices[i] = (uint16_t)i;
	return multiproof_nodes_add(&k->nodes, &p);
}

int
seals_make(struct seals *s, const struct seals_leaves *leaves,
    unix_ms_t now, int64_t *out_seal)
{
	struct seal seal = { .count = (uint16_t)leaves->n, .at = now };
	struct known_seal *k = seals_place(s);
	AUTO_BUF struct buf bytes = { 0 };

	snprintf(seal.cert_id, sizeof(seal.cert_id), "%s", s->o.cert_id);
	merkle_root(leaves->v, leaves->n, &seal.root);
	TRY(seal_sign(&seal, s->o.key));
	seal_encode(&seal, &bytes);
	TRY(store_put_seal(s->o.store, buf_str(&bytes), STR(""), out_seal));
	TRY(known_init(k, buf_str(&bytes)));
	TRY(known_add_all(k, leaves->v));
	k->number = *out_seal;
	return 0;
}

/* ---- from the store ---- */

/* The leaf hashes of a seal's stored records, by index. */
struct gathered {
	struct seals *s;
	int64_t seal;
	struct arena *arena;
	bool has[BATCH_RECORDS_MAX];
	struct digest v[BATCH_RECORDS_MAX];
};

static void
leaf_key(int64_t seal, unsigned leaf, char dst[static 48])
{
	snprintf(dst, 48, "%016llx/%03x", (unsigned long long)seal, leaf);
}

/* A tombstone's leaf hash was kept when it became one. */
static int
kept_leaf(struct gathered *g, unsigned leaf, struct digest *out)
{
	struct str value;
	char key[48];

	leaf_key(g->seal, leaf, key);
	TRY(store_value(g->s->o.store, LEAVES, key, g->arena, &value));
	if (value.n != DIGEST_BYTES)
		return ERR_STORE;
	memcpy(out->b, value.p, DIGEST_BYTES);
	return 0;
}

static int
on_sealed(void *arg, const struct store_record *r)
{
	struct gathered *g = arg;
	struct str label;

	if (r->leaf >= BATCH_RECORDS_MAX)
		return ERR_STORE;
	g->has[r->leaf] = true;
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return kept_leaf(g, r->leaf, &g->v[r->leaf]);
	TRY(store_label(g->s->o.store, r->label, g->arena, &label));
	seal_leaf(r->salt, label, r->bytes, &g->v[r->leaf]);
	return 0;
}

/* The chain: the links, and the last one of each leaf that came. */
static int
known_add_links(struct known_seal *k, struct cur *c,
    const struct multiproof_subset *came)
{
	const uint8_t *bytes;
	size_t n = c->n;

	k->received = true;
	if (c->err != 0 || n == 0)
		return c->err;	/* stored before there were chains */
	k->arena = arena_new(KIB(64) + n);
	bytes = arena_dup(k->arena, cur_bytes(c, n), n);
	if (bytes == NULL)
		return ERR_STORE;
	*c = cur_of(bytes, n);
	k->links = chain_table_read(c, k->arena, &k->nlinks);
	for (size_t i = 0; i < came->n && c->err == 0; i++) {
		uint8_t last = cur_u8(c);

		if (last >= k->nlinks)
			return ERR_STORE;
		k->last[came->indices[i]] = last;
		k->has_last[came->indices[i]] = true;
	}
	return cur_finish(c) == 0 ? 0 : ERR_STORE;
}

/*
 * What stands beside a received seal: how many leaves came, their indices
 * (HERE_NOT: not stored, its hash follows), those hashes, the proof, the
 * chain.
 */
static int
known_add_kept(struct known_seal *k, const struct gathered *g,
    struct str kept)
{
	struct digest leaves[BATCH_RECORDS_MAX],
	    hashes[MULTIPROOF_HASHES_MAX];
	uint16_t indices[BATCH_RECORDS_MAX];
	struct cur c = cur_of(kept.p, kept.n);
	struct multiproof p = { .subset = { k->seal.count, indices,
	    cur_u16(&c) }, .leaves = leaves, .hashes = hashes };

	if (p.subset.n > BATCH_RECORDS_MAX)
		return ERR_STORE;
	for (size_t i = 0; i < p.subset.n; i++)
		indices[i] = cur_u16(&c);
	for (size_t i = 0; i < p.subset.n; i++) {
		uint16_t leaf = indices[i] & (uint16_t)~HERE_NOT;

		if (leaf >= BATCH_RECORDS_MAX)
			return ERR_STORE;
		if ((indices[i] & HERE_NOT) != 0)
			cur_copy(&c, leaves[i].b, DIGEST_BYTES);
		else if (g->has[leaf])
			leaves[i] = g->v[leaf];
		else
			return ERR_STORE;
		indices[i] = leaf;
	}
	p.nhashes = cur_u16(&c);
	if (p.nhashes > MULTIPROOF_HASHES_MAX)
		return ERR_STORE;
	for (size_t i = 0; i < p.nhashes; i++)
		cur_copy(&c, hashes[i].b, DIGEST_BYTES);
	TRY(known_add_links(k, &c, &p.subset));
	return multiproof_nodes_add(&k->nodes, &p);
}

static int
known_load(struct seals *s, int64_t number, struct known_seal *k)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct gathered *g = mem_new(struct gathered);
	struct str bytes, kept;
	int rc;

	g->s = s;
	g->seal = number;
	g->arena = arena;
	rc = store_seal(s->o.store, number, arena, &bytes, &kept);
	if (rc == 0)
		rc = known_init(k, bytes);
	if (rc == 0)
		rc = store_seal_records(s->o.store, number, arena, on_sealed,
		    g);
	if (rc >= 0)
		rc = kept.n == 0 ? known_add_all(k, g->v) :
		    known_add_kept(k, g, kept);
	free(g);
	return rc;
}

static int
seals_known(struct seals *s, int64_t number, struct known_seal **out)
{
	struct known_seal *k;

	for (size_t i = 0; i < RECENT; i++)
		if (s->recent[i].number == number) {
			*out = &s->recent[i];
			return 0;
		}
	k = seals_place(s);
	TRY(known_load(s, number, k));
	k->number = number;
	*out = k;
	return 0;
}

int
seals_prove(struct seals *s, int64_t seal, const uint16_t *indices,
    size_t n, struct seals_proof *out)
{
	struct multiproof_subset subset = { .indices = indices, .n = n };
	struct known_seal *k;
	int hashes;

	TRY(seals_known(s, seal, &k));
	subset.count = k->seal.count;
	hashes = multiproof_nodes_prove(&k->nodes, &subset, s->out);
	if (hashes < 0)
		return ERR_STORE;
	out->seal = (struct str){ k->bytes, k->nbytes };
	out->hashes = s->out;
	out->nhashes = (size_t)hashes;
	return 0;
}

int
seals_chain(struct seals *s, int64_t seal, uint16_t leaf,
    struct seals_chain *out)
{
	struct known_seal *k;

	TRY(seals_known(s, seal, &k));
	*out = (struct seals_chain){ .table = { { k->bytes, k->nbytes },
	    k->links, k->nlinks } };
	if (!k->received)
		return 0;
	if (leaf >= BATCH_RECORDS_MAX || !k->has_last[leaf])
		return ERR_DENIED;
	out->last = k->last[leaf];
	return 0;
}

int
seals_origin(struct seals *s, int64_t seal, char *dst)
{
	AUTO(arena_free) struct arena *arena = NULL;
	struct str bytes, kept;
	struct seal decoded;

	for (size_t i = 0; i < RECENT; i++)
		if (s->recent[i].number == seal) {
			snprintf(dst, CERT_ID_MAX + 1, "%s",
			    s->recent[i].seal.cert_id);
			return 0;
		}
	arena = arena_new(MIB(1));
	TRY(store_seal(s->o.store, seal, arena, &bytes, &kept));
	TRY(seal_decode(bytes, &decoded));
	snprintf(dst, CERT_ID_MAX + 1, "%s", decoded.cert_id);
	return 0;
}

int
seals_keep_leaf(struct seals *s, const struct store_record *r)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct digest leaf;
	struct str label;
	char key[48];

	TRY(store_label(s->o.store, r->label, arena, &label));
	seal_leaf(r->salt, label, r->bytes, &leaf);
	leaf_key(r->seal, r->leaf, key);
	return store_set(s->o.store, LEAVES, key, (struct str){
	    (const char *)leaf.b, DIGEST_BYTES });
}

/* ---- received ---- */

int
seals_verify(struct seals *s, struct str seal,
    const struct seals_claim *claim, struct seals_received *out)
{
	struct multiproof p = { .subset = { .indices = claim->indices,
	    .n = claim->n }, .leaves = claim->leaves,
	    .hashes = claim->hashes, .nhashes = claim->nhashes };
	const struct verify_key *key;
	struct digest root;
	struct seal decoded;

	TRY(seal_decode(seal, &decoded));
	key = s->o.keys(s->o.keys_arg, decoded.cert_id);
	if (key == NULL)
		return ERR_AUTH;
	TRY(seal_verify(&decoded, key));
	p.subset.count = decoded.count;
	TRY(multiproof_root(&p, &root));
	if (!digest_eq(&root, &decoded.root))
		return ERR_SIGNATURE;
	snprintf(out->origin, sizeof(out->origin), "%s", decoded.cert_id);
	out->count = decoded.count;
	out->at = decoded.at;
	return 0;
}

int
seals_keep(struct seals *s, struct str seal, const struct seals_claim *claim,
    int64_t *out_seal)
{
	AUTO_BUF struct buf kept = { 0 };

	out_u16(&kept, (uint16_t)claim->n);
	for (size_t i = 0; i < claim->n; i++)
		out_u16(&kept, (uint16_t)(claim->indices[i] |
		    (claim->here[i] ? 0 : HERE_NOT)));
	for (size_t i = 0; i < claim->n; i++)
		if (!claim->here[i])
			buf_add(&kept, claim->leaves[i].b, DIGEST_BYTES);
	out_u16(&kept, (uint16_t)claim->nhashes);
	for (size_t i = 0; i < claim->nhashes; i++)
		buf_add(&kept, claim->hashes[i].b, DIGEST_BYTES);
	chain_table_encode(claim->links, claim->nlinks, &kept);
	buf_add(&kept, claim->last, claim->n);
	return store_put_seal(s->o.store, seal, buf_str(&kept), out_seal);
}
