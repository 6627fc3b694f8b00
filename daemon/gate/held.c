#include "gate/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gate/derived.h"
#include "gate/gate_private.h"

#define SPACE "held"
#define ARENA_BYTES MIB(4)

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

/* Does it wait?  ERR_NOT_FOUND: no. */
static int
held_get(struct gate *g, int64_t seq, struct arena *arena,
    struct store_record *out)
{
	struct str sender;
	char key[24];

	held_key(seq, key);
	TRY(store_value(g->o.store, SPACE, key, arena, &sender));
	TRY(store_get(g->o.store, seq, arena, out));
	return (out->flags & RECORD_TOMBSTONE) != 0 ? ERR_NOT_FOUND : 0;
}

/* What the policy says now of r, coming from that party. */
static int
held_answer(struct gate *g, const struct held_entry *e,
    const struct store_record *r, struct gate_answer *out)
{
	const struct label *l = labels_get(g->labels, r->label, r->desks);
	struct gate_question q = { .policy = g->policy, .party = e->party,
	    .label = l, .now = e->now };

	*out = (struct gate_answer){ .outcome = OUTCOME_DENY,
	    .reason = REASON_NO_POLICY, .by = -1, .desk = -1,
	    .purpose = -1 };
	if (e->party == NULL)
		out->reason = REASON_UNKNOWN_PEER;
	if (l == NULL || g->policy == NULL || e->party == NULL)
		return ERR_DENIED;
	answer_in(&q, out);
	if (r->expires.ms > e->now.ms)
		return 0;
	out->outcome = OUTCOME_DENY;
	out->reason = REASON_EXPIRED;
	out->by = -1;
	return ERR_DENIED;
}

/* Is it let in without what the policy takes out? */
static bool
is_redacted(const struct gate_answer *a)
{
	return a->outcome == OUTCOME_REDACT ||
	    (a->outcome == OUTCOME_CONSULT && a->redactions != 0);
}

static int
held_decide(struct gate *g, const struct held_entry *e,
    const struct store_record *r, struct gate_answer *out)
{
	AUTO_BUF struct buf left = { 0 };
	int rc;

	TRY(held_answer(g, e, r, out));
	if (out->outcome > OUTCOME_CONSULT ||
	    (out->outcome == OUTCOME_CONSULT && !e->agreed))
		return ERR_DENIED;
	if (!is_redacted(out))
		return 0;
	rc = derived_object(g, r, out->redactions, &left);
	if (rc == ERR_DENIED) {
		out->outcome = OUTCOME_DENY;
		out->reason = REASON_OBLIGATION;
		out->by = -1;
	}
	return rc;
}

int
held_judge(struct gate *g, const struct held_entry *e,
    struct gate_answer *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct store_record r;

	TRY(held_get(g, e->seq, arena, &r));
	return held_decide(g, e, &r, out);
}

/* Nothing is sent of what was redacted on the way in. */
static int
on_derived(void *arg, const struct store_record *rec, int64_t original,
    const struct gate_answer *a)
{
	(void)arg, (void)rec, (void)original, (void)a;
	return 0;
}

/* What is left of it is stored in its place. */
static int
replace_redacted(struct gate *g, const struct store_record *r,
    const struct gate_answer *a, unix_ms_t now)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct derived *d = derived_new(g, arena, now);
	struct store_record original = *r;
	int rc;

	/* As if it had never been stored: nothing else stands for it. */
	original.seq = 0;
	original.flags &= ~(uint32_t)RECORD_HELD;
	rc = derived_add(d, &original, a);
	if (rc == 0)
		rc = derived_finish(d, on_derived, NULL);
	derived_free(d);
	return rc < 0 ? rc : gate_tombstone(g, r);
}

int
held_let_in(struct gate *g, const struct held_entry *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct store_record r;
	struct gate_answer a;

	TRY(held_get(g, e->seq, arena, &r));
	TRY(held_decide(g, e, &r, &a));
	TRY(is_redacted(&a) ? replace_redacted(g, &r, &a, e->now) :
	    store_drop_flags(g->o.store, e->seq, RECORD_HELD));
	return held_forget(g, e->seq);
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
