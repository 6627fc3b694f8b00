#include "trust/book.h"

#include "base/map64.h"

struct book {
	struct trust *engine;	/* owned */
	VEC(struct trust_evidence) items;	/* by time, then as they came */
	struct map64 keys;	/* of items; the value is the book */
};

struct book *
book_new(const struct trust_rules *rules)
{
	struct book *b = mem_new(struct book);

	b->engine = trust_new(rules);
	return b;
}

void
book_free(struct book *b)
{
	if (b == NULL)
		return;
	trust_free(b->engine);
	vec_clear(&b->items);
	map64_clear(&b->keys, NULL);
	free(b);
}

int
book_peer(struct book *b, uint32_t group)
{
	return trust_peer_add(b->engine, group);
}

struct trust *
book_engine(const struct book *b)
{
	return b->engine;
}

size_t
book_size(const struct book *b)
{
	return b->items.n;
}

/* Put ev behind all that are not later. */
static void
item_place(struct book *b, const struct trust_evidence *ev)
{
	size_t i = b->items.n;

	vec_push(&b->items, *ev);
	for (; i > 0 && b->items.v[i - 1].at.ms > ev->at.ms; i--)
		b->items.v[i] = b->items.v[i - 1];
	b->items.v[i] = *ev;
}

/* Sponsors of whom an item gated answer for it, once. */
static void
sponsors_answer(struct book *b, const struct trust_evidence *ev,
    unix_ms_t now)
{
	struct trust_effect effect;

	for (int i = 0; i < TRUST_SPONSORS; i++) {
		struct trust_evidence answer = {
			.peer = trust_answers(b->engine, ev->peer, ev->at, i),
			.at = ev->at, .by = TRUST_SELF,
			.kind = TRUST_VOUCHED_GATED,
			.record = ev->key,
		};

		/* Counted already, when this is not the first time. */
		if (answer.peer >= 0 && book_add(b, &answer, now,
		    &effect) < 0)
			continue;
	}
}

/* Count everything again, in order; what ev came to is in out. */
static int
count_again(struct book *b, uint64_t key, unix_ms_t now,
    struct trust_effect *out)
{
	int rc = 0;

	for (size_t i = 0; i < trust_npeers(b->engine); i++)
		trust_reset(b->engine, (int)i);
	for (size_t i = 0; i < b->items.n; i++) {
		struct trust_effect effect;
		int one = trust_add(b->engine, &b->items.v[i], now, &effect);

		if (b->items.v[i].key == key) {
			rc = one;
			*out = effect;
		}
	}
	return rc;
}

int
book_add(struct book *b, const struct trust_evidence *ev, unix_ms_t now,
    struct trust_effect *out)
{
	struct trust_evidence item = *ev;
	bool late = b->items.n > 0 &&
	    ev->at.ms < b->items.v[b->items.n - 1].at.ms;
	int rc;

	*out = (struct trust_effect){ 0 };
	if ((unsigned)ev->kind >= TRUST_KINDS)
		return ERR_VALUE;
	if (item.key == 0)
		item.key = trust_key(&item);
	if (map64_get(&b->keys, item.key) != NULL) {
		out->note = TRUST_TWICE;
		return ERR_EXISTS;
	}
	rc = trust_add(b->engine, &item, now, out);
	if (rc < 0 && rc != ERR_ORDER)
		return rc;
	map64_set(&b->keys, item.key, b);
	item_place(b, &item);
	if (late)
		rc = count_again(b, item.key, now, out);
	if (out->gated)
		sponsors_answer(b, &item, now);
	return rc;
}
