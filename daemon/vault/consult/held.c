/*
 * Cases about what came in and waits: the record is here, seen by nobody,
 * until people let it in or their time is over.
 */
#include "vault/consult/private.h"

#include <stdio.h>

#include "gate/held.h"
#include "vault/feeds.h"
#include "vault/record_json.h"
#include "vault/trust/opinions.h"

#define ARENA_BYTES MIB(4)

static struct held_entry
entry_of(const struct consult *c, int64_t seq, const char *sender)
{
	const struct peer *p = peers_find(c->v->peers, str_of(sender));

	return (struct held_entry){ .seq = seq, .now = vault_now(c->v),
	    .party = p == NULL ? NULL : &p->party };
}

int
case_check_held(const struct consult *c, const struct consult_case *x,
    struct err *e)
{
	struct held_entry h = entry_of(c, x->seq, x->peer);
	struct gate_answer a;
	int rc;

	h.agreed = true;
	rc = held_judge(c->v->gate, &h, &a);
	if (rc == ERR_DENIED)
		return err_set(e, rc, "the policy does not let it in now: "
		    "%s by %s", outcome_name(a.outcome), a.by >= 0 ?
		    policy_rule_id(c->v->policy, a.by) :
		    reason_name(a.reason));
	if (rc == ERR_NOT_FOUND)
		return err_set(e, ERR_DENIED, "its record waits no more");
	return rc;
}

/* It may also go on to others now. */
static int
let_in(struct consult *c, const struct held_entry *h)
{
	TRY(held_let_in(c->v->gate, h));
	TRY(feeds_look(c->v->feeds, h->seq));
	opinions_look(c->v->opinions, h->seq);
	for (size_t i = 0; i < peers_count(c->v->peers); i++)
		release_look_again(peers_at(c->v->peers, i)->release, h->seq);
	turn_wake(c->v->turn);
	return 0;
}

int
case_let_in(struct consult *c, const struct consult_case *x)
{
	struct held_entry h = entry_of(c, x->seq, x->peer);
	int rc;

	h.agreed = true;
	rc = let_in(c, &h);
	/* It was judged in this turn: nothing else can have come between. */
	if (rc < 0)
		turn_fail(c->v->turn, rc);
	return rc;
}

int
case_throw_away(struct consult *c, const struct consult_case *x)
{
	int rc = x->incoming ? held_throw_away(c->v->gate, x->seq) : 0;

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		turn_fail(c->v->turn, rc);
	return rc;
}

/* A case about a record that waits to come in. */
static int
open_held(struct consult *c, int64_t seq, const char *sender)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct held_entry h = entry_of(c, seq, sender);
	struct policy_consult rules;
	struct consult_case *x;
	struct gate_answer a;
	struct store_record r;
	json_t *shown;
	int rc = held_judge(c->v->gate, &h, &a);

	/* It was recalled before anybody was asked. */
	if (rc == ERR_NOT_FOUND)
		return held_throw_away(c->v->gate, seq);
	if (rc < 0 && rc != ERR_DENIED)
		return rc;
	TRY(store_get(c->v->store, seq, arena, &r));
	shown = record_json(c->v, &r);
	if (shown == NULL)
		return 0;
	x = mem_new(struct consult_case);
	x->incoming = true;
	x->number = c->next;
	x->seq = seq;
	snprintf(x->peer, sizeof(x->peer), "%s", sender);
	snprintf(x->record, sizeof(x->record), "%s", json_string_value(
	    json_object_get(shown, "id")));
	if (json_is_string(json_object_get(shown, "kind")))
		snprintf(x->kind, sizeof(x->kind), "%s", json_string_value(
		    json_object_get(shown, "kind")));
	json_decref(shown);
	snprintf(x->by, sizeof(x->by), "%s", a.by >= 0 ?
	    policy_rule_id(c->v->policy, a.by) : reason_name(a.reason));
	x->digest = sha256_of(r.bytes.p, r.bytes.n);
	policy_consult(c->v->policy, &rules);
	x->opened = vault_now(c->v);
	x->deadline.ms = x->opened.ms + rules.timeout_ms;
	(void)case_keep(c, x);
	c->untold++;
	return case_change(c, x, CASE_OPEN, NULL);
}

/* The policy, or a posture, is another: may it come in by itself now? */
static int
decide_held(struct consult *c, int64_t seq, const char *sender)
{
	struct held_entry h = entry_of(c, seq, sender);
	struct consult_case *x = consult_of(c, sender, seq);
	int rc = let_in(c, &h);

	if (rc == ERR_NOT_FOUND || rc == ERR_DENIED)
		return 0;
	TRY(rc);
	return x == NULL || x->state != CASE_OPEN ? 0 :
	    case_change(c, x, CASE_MOOT, NULL);
}

static int
on_held(void *arg, int64_t seq, const char *sender)
{
	struct consult *c = arg;
	const struct consult_case *x;

	if (turn_open(c->v->turn) < 0)
		return 1;
	if (c->decide_held)
		return decide_held(c, seq, sender);
	if (c->counts[CASE_OPEN] >= CONSULT_OPEN_MAX)
		return 1;
	x = map64_get(&c->latest, case_key(sender, seq));
	return x != NULL && x->state != CASE_MOOT ? 0 :
	    open_held(c, seq, sender);
}

void
consult_look_held(struct consult *c)
{
	int rc = 0;

	if (c->decide_held)
		rc = held_each(c->v->gate, on_held, c);
	c->decide_held = false;
	if (rc == 0 && c->look_held)
		rc = held_each(c->v->gate, on_held, c);
	c->look_held = rc > 0;
	if (rc < 0)
		turn_fail(c->v->turn, rc);
}

void
consult_held(struct consult *c)
{
	c->look_held = true;
}

