#include "wire/chain.h"

#include <stdio.h>
#include <string.h>

#include "wire/field.h"
#include "wire/release_text.h"

#define CONTEXT "comity/1 link"		/* signed with its NUL */
#define CHECK_ARENA_BYTES MIB(8)

size_t
chain_link_size(const struct chain_link *l)
{
	return 2 + 1 + l->from.n + 1 + l->to.n + CHAIN_LEAVES_BYTES + 2 +
	    l->text.n + SIGNATURE_BYTES;
}

/* All of a link that is signed, beside what it is bound to. */
static void
link_add_body(const struct chain_link *l, struct buf *out)
{
	out_str8(out, l->from);
	out_str8(out, l->to);
	buf_add(out, l->leaves, CHAIN_LEAVES_BYTES);
	out_str16(out, l->text);
}

void
chain_link_encode(const struct chain_link *l, struct buf *out)
{
	out_u16(out, l->previous);
	link_add_body(l, out);
	buf_add(out, l->signature, SIGNATURE_BYTES);
}

void
chain_table_encode(const struct chain_link *v, size_t n, struct buf *out)
{
	out_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		chain_link_encode(&v[i], out);
}

static void
link_read(struct cur *c, struct chain_link *out)
{
	out->previous = cur_u16(c);
	out->from = field_cert_id(c);
	out->to = field_cert_id(c);
	out->leaves = cur_bytes(c, CHAIN_LEAVES_BYTES);
	out->text = cur_str16(c, LABEL_BYTES_MAX);
	out->signature = cur_bytes(c, SIGNATURE_BYTES);
}

struct chain_link *
chain_table_read(struct cur *c, struct arena *a, size_t *out_n)
{
	size_t n = cur_u16(c);
	struct chain_link *v;

	if (n == 0 || n > CHAIN_LINKS_MAX) {
		cur_fail(c, n == 0 ? ERR_VALUE : ERR_LIMIT);
		return NULL;
	}
	v = arena_alloc(a, n * sizeof(*v));
	if (v == NULL) {
		cur_fail(c, ERR_LIMIT);
		return NULL;
	}
	for (size_t i = 0; i < n && c->err == 0; i++) {
		link_read(c, &v[i]);
		/* CHAIN: a link stands behind the one before it. */
		if (v[i].previous != CHAIN_FIRST && v[i].previous >= i)
			cur_fail(c, ERR_VALUE);
	}
	if (c->err != 0)
		return NULL;
	*out_n = n;
	return v;
}

void
chain_signed_bytes(const struct chain_table *t, size_t i,
    const struct digest *previous, struct buf *out)
{
	static const struct digest none;
	struct digest seal = sha256_of(t->seal.p, t->seal.n);

	if (t->v[i].previous == CHAIN_FIRST)
		previous = &none;
	buf_add(out, CONTEXT, sizeof(CONTEXT));
	buf_add(out, seal.b, DIGEST_BYTES);
	buf_add(out, previous->b, DIGEST_BYTES);
	link_add_body(&t->v[i], out);
}

/* A link's digest: of what is signed and the signature. */
static void
link_digest(const struct chain_table *t, size_t i,
    const struct digest *previous, struct digest *out)
{
	AUTO_BUF struct buf b = { 0 };

	chain_signed_bytes(t, i, previous, &b);
	buf_add(&b, t->v[i].signature, SIGNATURE_BYTES);
	*out = sha256_of(b.p, b.n);
}

/* The digest of the link before i, from the first one on. */
static void
previous_digest(const struct chain_table *t, size_t i, struct digest *out)
{
	uint16_t path[CHAIN_LINKS_MAX];
	size_t n = 0;

	for (uint16_t p = t->v[i].previous; p != CHAIN_FIRST;
	    p = t->v[p].previous)
		path[n++] = p;
	while (n-- > 0)
		link_digest(t, path[n], out, out);
}

int
chain_sign(const struct chain_table *t, size_t i, const struct sign_key *key,
    uint8_t out[static SIGNATURE_BYTES])
{
	AUTO_BUF struct buf b = { 0 };
	struct digest previous = { { 0 } };

	previous_digest(t, i, &previous);
	chain_signed_bytes(t, i, &previous, &b);
	return sign_message(key, b.p, b.n, out);
}

const char *
chain_fault_text(int fault)
{
	static const char *const texts[CHAIN_FAULTS] = {
		[CHAIN_FAULT_NONE] = "",
		[CHAIN_FAULT_ORIGIN] = "the chain does not begin with its "
		    "originator: a link was left out",
		[CHAIN_FAULT_NAMES] = "a link is not by the CERT that the "
		    "link before it is to: a link was left out",
		[CHAIN_FAULT_LONG] = "the chain is longer than any label "
		    "allows",
		[CHAIN_FAULT_TEXT] = "a release text in the chain does not "
		    "read",
		[CHAIN_FAULT_HOPS] = "it was sent on although no transfer "
		    "was left",
		[CHAIN_FAULT_LOOSER] = "a link allows more than the link "
		    "before it",
		[CHAIN_FAULT_UNKNOWN] = "a link is by a CERT whose card is "
		    "not held",
		[CHAIN_FAULT_SIGNATURE] = "the signature of a link does not "
		    "verify",
		[CHAIN_FAULT_LEAF] = "a link in the chain is for other "
		    "records",
		[CHAIN_FAULT_RECEIVER] = "the last link is to another CERT",
		[CHAIN_FAULT_SENDER] = "the last link is not by the CERT "
		    "that sent it",
		[CHAIN_FAULT_KIND] = "derived from a record whose label is "
		    "stricter, or of another kind",
		[CHAIN_FAULT_SEAL] = "not what its originator sealed",
	};

	return fault >= 0 && fault < CHAIN_FAULTS ? texts[fault] : "?";
}

/* Is every name of a in b?  Both ascend. */
static bool
names_within(const struct release_names *a, const struct release_names *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++, k++) {
		while (k < b->n && str_cmp(b->v[k], a->v[i]) < 0)
			k++;
		if (k == b->n || !str_eq(b->v[k], a->v[i]))
			return false;
	}
	return true;
}

/* One table while it is checked. */
struct check {
	const struct chain_table *t;
	const struct chain_checker *who;
	struct digest *digests;		/* of the links */
	struct release_text *texts;
	uint8_t *depths;		/* links up to this one */
	struct arena *arena;
};

/* The text against that of the link before. */
static enum chain_fault
check_text(struct check *c, size_t i)
{
	const struct chain_link *l = &c->t->v[i];
	const struct release_text *before;
	struct release_text *r = &c->texts[i];

	if (release_text_decode(l->text, c->arena, r) != 0)
		return CHAIN_FAULT_TEXT;
	if (l->previous == CHAIN_FIRST)
		return CHAIN_FAULT_NONE;
	before = &c->texts[l->previous];
	if (before->hops == 0)
		return CHAIN_FAULT_HOPS;
	if (r->hops >= before->hops || r->expires.ms > before->expires.ms ||
	    !names_within(&r->purposes, &before->purposes))
		return CHAIN_FAULT_LOOSER;
	return CHAIN_FAULT_NONE;
}

/* Does it stand where its names say? */
static enum chain_fault
check_names(struct check *c, size_t i)
{
	const struct chain_link *l = &c->t->v[i];

	c->depths[i] = 1;
	if (l->previous == CHAIN_FIRST)
		return str_eqz(l->from, c->who->originator) ?
		    CHAIN_FAULT_NONE : CHAIN_FAULT_ORIGIN;
	c->depths[i] = (uint8_t)(c->depths[l->previous] + 1);
	if (!str_eq(l->from, c->t->v[l->previous].to))
		return CHAIN_FAULT_NAMES;
	return c->depths[i] > CHAIN_HOPS_MAX ? CHAIN_FAULT_LONG :
	    CHAIN_FAULT_NONE;
}

static enum chain_fault
check_signature(struct check *c, size_t i)
{
	const struct chain_link *l = &c->t->v[i];
	const struct digest *previous = l->previous == CHAIN_FIRST ? NULL :
	    &c->digests[l->previous];
	const struct verify_key *key;
	AUTO_BUF struct buf b = { 0 };
	char from[CERT_ID_MAX + 1];

	chain_signed_bytes(c->t, i, previous, &b);
	snprintf(from, sizeof(from), "%.*s", (int)l->from.n, l->from.p);
	key = c->who->keys(c->who->keys_arg, from);
	if (key == NULL)
		return CHAIN_FAULT_UNKNOWN;
	if (verify_message(key, b.p, b.n, l->signature) != 0)
		return CHAIN_FAULT_SIGNATURE;
	buf_add(&b, l->signature, SIGNATURE_BYTES);
	c->digests[i] = sha256_of(b.p, b.n);
	return CHAIN_FAULT_NONE;
}

static enum chain_fault
check_link(struct check *c, size_t i)
{
	enum chain_fault f = check_names(c, i);

	/* Terms that were passed on changed show as a bad signature first. */
	if (f == CHAIN_FAULT_NONE)
		f = check_signature(c, i);
	if (f == CHAIN_FAULT_NONE)
		f = check_text(c, i);
	return f;
}

void
chain_check(const struct chain_table *t, const struct chain_checker *who,
    uint8_t *faults)
{
	AUTO(arena_free) struct arena *arena = arena_new(CHECK_ARENA_BYTES);
	struct check c = { .t = t, .who = who, .arena = arena };
	uint8_t depths[CHAIN_LINKS_MAX] = { 0 };

	c.depths = depths;
	c.digests = mem_array(struct digest, t->n);
	c.texts = mem_array(struct release_text, t->n);
	for (size_t i = 0; i < t->n; i++) {
		uint16_t p = t->v[i].previous;

		faults[i] = p != CHAIN_FIRST && faults[p] !=
		    CHAIN_FAULT_NONE ? faults[p] :
		    (uint8_t)check_link(&c, i);
	}
	free(c.digests);
	free(c.texts);
}

enum chain_fault
chain_check_record(const struct chain_table *t,
    const struct chain_checker *who, const uint8_t *faults,
    struct chain_place place)
{
	const struct chain_link *last = &t->v[place.last];

	if (faults[place.last] != CHAIN_FAULT_NONE)
		return (enum chain_fault)faults[place.last];
	for (uint16_t i = place.last; i != CHAIN_FIRST; i = t->v[i].previous)
		if (!chain_has_leaf(t->v[i].leaves, place.leaf))
			return CHAIN_FAULT_LEAF;
	if (!str_eqz(last->to, who->receiver))
		return CHAIN_FAULT_RECEIVER;
	return str_eqz(last->from, who->sender) ? CHAIN_FAULT_NONE :
	    CHAIN_FAULT_SENDER;
}
