#include "gate/onward.h"

#include <string.h>

#include "gate/gate_private.h"

#define ARENA_BYTES MIB(4)
#define NOT_YET UINT16_MAX

/* One of our links: what it covers so far. */
struct own_link {
	uint8_t leaves[CHAIN_LEAVES_BYTES];
	uint8_t signature[SIGNATURE_BYTES];
	bool ours;
};

struct onward {
	struct gate *g;				/* borrowed */
	struct str to;				/* borrowed */
	struct arena *arena;			/* owned: texts and names */
	struct chain_link links[CHAIN_LINKS_MAX];
	struct own_link own[CHAIN_LINKS_MAX];	/* by index of the link */
	uint16_t moved[CHAIN_LINKS_MAX];	/* stored link to its place */
	size_t n, bytes;
};

struct onward *
onward_new(struct gate *g, const char *to)
{
	struct onward *o = mem_new(struct onward);

	o->g = g;
	o->to = str_of(to);
	o->arena = arena_new(ARENA_BYTES);
	onward_reset(o);
	return o;
}

void
onward_free(struct onward *o)
{
	if (o == NULL)
		return;
	arena_free(o->arena);
	free(o);
}

void
onward_reset(struct onward *o)
{
	arena_reset(o->arena);
	memset(o->moved, 0xff, sizeof(o->moved));
	o->n = o->bytes = 0;
}

size_t
onward_bytes(const struct onward *o)
{
	return o->bytes;
}

static int
onward_text(struct onward *o, struct str s, struct str *out)
{
	out->n = s.n;
	out->p = arena_dup(o->arena, s.p, s.n);
	return out->p == NULL ? ERR_LIMIT : 0;
}

/* A link goes behind the others, with copies of what it borrows. */
static int
onward_append(struct onward *o, const struct chain_link *l)
{
	struct chain_link *at = &o->links[o->n];

	if (o->n == CHAIN_LINKS_MAX)
		return ERR_LIMIT;
	at->previous = l->previous;
	TRY(onward_text(o, l->from, &at->from));
	TRY(onward_text(o, l->to, &at->to));
	TRY(onward_text(o, l->text, &at->text));
	at->leaves = o->own[o->n].leaves;
	at->signature = o->own[o->n].signature;
	memset(&o->own[o->n], 0, sizeof(o->own[o->n]));
	o->bytes += chain_link_size(at);
	o->n++;
	return 0;
}

/* The stored link i and those before it, each once; out is its place. */
static int
onward_stored(struct onward *o, const struct chain_table *t, uint16_t i,
    uint16_t *out)
{
	struct chain_link l = t->v[i];
	uint16_t before = CHAIN_FIRST;

	if (o->moved[i] == NOT_YET) {
		/* No chain that was admitted is longer than CHAIN_HOPS_MAX. */
		if (l.previous != CHAIN_FIRST)
			TRY(onward_stored(o, t, l.previous, &before));
		l.previous = before;
		TRY(onward_append(o, &l));
		memcpy(o->own[o->n - 1].leaves, l.leaves,
		    CHAIN_LEAVES_BYTES);
		memcpy(o->own[o->n - 1].signature, l.signature,
		    SIGNATURE_BYTES);
		o->moved[i] = (uint16_t)(o->n - 1);
	}
	*out = o->moved[i];
	return 0;
}

/* Our link behind that one with those terms. */
static int
onward_ours(struct onward *o, uint16_t previous, struct str terms,
    size_t *out)
{
	for (size_t i = o->n; i-- > 0;)
		if (o->own[i].ours && o->links[i].previous == previous &&
		    str_eq(o->links[i].text, terms)) {
			*out = i;
			return 0;
		}
	TRY(onward_append(o, &(struct chain_link){ .previous = previous,
	    .from = str_of(o->g->o.cert_id), .to = o->to, .text = terms }));
	*out = o->n - 1;
	o->own[*out].ours = true;
	return 0;
}

/* All links behind this many are taken back: each has to be in use. */
static void
onward_cut(struct onward *o, size_t n)
{
	while (o->n > n)
		o->bytes -= chain_link_size(&o->links[--o->n]);
	for (size_t i = 0; i < CHAIN_LINKS_MAX; i++)
		if (o->moved[i] != NOT_YET && o->moved[i] >= n)
			o->moved[i] = NOT_YET;
}

static int
onward_find(struct onward *o, const struct store_record *rec,
    struct str terms, size_t *out)
{
	struct seals_chain chain = { .last = 0 };
	uint16_t previous = CHAIN_FIRST;

	TRY(seals_chain(o->g->seals, rec->seal, rec->leaf, &chain));
	if (chain.table.n > 0)
		TRY(onward_stored(o, &chain.table, chain.last, &previous));
	return onward_ours(o, previous, terms, out);
}

int
onward_add(struct onward *o, const struct store_record *rec,
    struct str terms, uint8_t *out)
{
	size_t before = o->n, mine;
	int rc = onward_find(o, rec, terms, &mine);

	if (rc < 0) {
		onward_cut(o, before);
		return rc;
	}
	o->own[mine].leaves[rec->leaf / 8] |=
	    (uint8_t)(1U << (rec->leaf % 8));
	*out = (uint8_t)mine;
	return 0;
}

int
onward_sign(struct onward *o, struct str seal, struct chain_table *out)
{
	struct chain_table t = { seal, o->links, o->n };

	for (size_t i = 0; i < o->n; i++)
		if (o->own[i].ours)
			TRY(chain_sign(&t, i, o->g->o.key,
			    o->own[i].signature));
	*out = t;
	return 0;
}
