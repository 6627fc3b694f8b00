#include "gate/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gate/gate_private.h"

#define SPACE "held"

static void
held_key(int64_t seq, char dst[static 24])
{
	snprintf(dst, 24, "%016" PRIx64, (uint64_t)seq);
}

int
held_note(struct gate *g, int64_t seq, const char *sender)
{
	char key[24];

	held_key(seq, key);
	return store_set(g->o.store, SPACE, key, str_of(sender));
}

/* It waits no more; ERR_NOT_FOUND if it did not. */
static int
held_forget(struct gate *g, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str sender;
	char key[24];

	held_key(seq, key);
	TRY(store_value(g->o.store, SPACE, key, arena, &sender));
	return store_unset(g->o.store, SPACE, key);
}

int
held_let_in(struct gate *g, int64_t seq)
{
	TRY(held_forget(g, seq));
	return store_drop_flags(g->o.store, seq, RECORD_HELD);
}

int
held_throw_away(struct gate *g, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct store_record r;

	TRY(held_forget(g, seq));
	TRY(store_get(g->o.store, seq, arena, &r));
	return (r.flags & RECORD_TOMBSTONE) != 0 ? 0 : gate_tombstone(g, &r);
}

struct each {
	held_visit visit;
	void *arg;
};

static int
on_value(void *arg, const char *key, struct str value)
{
	const struct each *e = arg;
	char sender[CERT_ID_MAX + 1];
	int64_t seq;

	if (sscanf(key, "%16" SCNx64, &seq) != 1)
		return ERR_STORE;
	snprintf(sender, sizeof(sender), "%.*s", (int)value.n, value.p);
	return e->visit(e->arg, seq, sender);
}

int
held_each(struct gate *g, held_visit visit, void *arg)
{
	struct each e = { visit, arg };

	return store_values(g->o.store, SPACE, on_value, &e);
}

int
held_answer(struct gate *g, const struct gate_party *party,
    const struct store_record *r, unix_ms_t now, struct gate_answer *out)
{
	const struct label *l = labels_get(g->labels, r->label, r->desks);
	struct gate_question q = { .policy = g->policy, .party = party,
	    .label = l, .now = now };

	if (l == NULL || g->policy == NULL)
		return ERR_DENIED;
	answer_in(&q, out);
	return 0;
}
