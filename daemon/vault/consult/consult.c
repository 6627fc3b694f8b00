#include "vault/consult/consult.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/consult/private.h"
#include "vault/consult/store.h"
#include "vault/notify.h"
#include "vault/record_json.h"

#define SCOPE_MS DAY(30)	/* how long an agreement may be used */
#define OPENED_A_TICK 100
#define LOOKED_A_TICK 500	/* at what may not become a case */
#define ARENA_BYTES MIB(4)
#define TELL_EVERY_MS MINUTE(1)
#define RESCAN_TICKS 60

const char *
case_state_name(enum case_state s)
{
	static const char *const names[CASE_STATES] = { "open", "agreed",
	    "declined", "expired", "moot" };

	return names[s < CASE_STATES ? s : CASE_MOOT];
}

/* ---- finding ---- */

uint64_t
case_key(const char *peer, int64_t seq)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *peer != '\0'; peer++)
		h = (h ^ (uint8_t)*peer) * UINT64_C(1099511628211);
	return (h ^ (uint64_t)seq) * UINT64_C(0x9e3779b97f4a7c15);
}

struct consult_case *
consult_of(const struct consult *c, const char *peer, int64_t seq)
{
	struct consult_case *x = map64_get(&c->latest, case_key(peer, seq));

	return x != NULL && x->seq == seq && strcmp(x->peer, peer) == 0 ?
	    x : NULL;
}

struct consult_case *
consult_find(const struct consult *c, uint64_t number)
{
	size_t from = 0, to = c->all.n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (c->all.v[mid]->number == number)
			return c->all.v[mid];
		if (c->all.v[mid]->number < number)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

uint64_t
consult_next(const struct consult *c)
{
	return c->next;
}

const struct consult_case *
consult_at(const struct consult *c, size_t i)
{
	return i < c->all.n ? c->all.v[i] : NULL;
}

size_t
consult_count(const struct consult *c, enum case_state s)
{
	return c->counts[s];
}

int
case_keep(struct consult *c, struct consult_case *x)
{
	vec_push(&c->all, x);
	map64_set(&c->latest, case_key(x->peer, x->seq), x);
	c->counts[x->state]++;
	if (x->number >= c->next)
		c->next = x->number + 1;
	return 0;
}

static int
on_read(void *arg, struct consult_case *x)
{
	return case_keep(arg, x);
}

int
consult_open(struct vault *v, struct consult **out)
{
	struct consult *c = mem_new(struct consult);
	int rc;

	c->v = v;
	c->next = 1;
	c->look_held = true;
	rc = cases_read(v->store, on_read, c);
	if (rc < 0) {
		consult_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int
consult_reopen(struct vault *v)
{
	struct consult *fresh;

	TRY(consult_open(v, &fresh));
	consult_free(v->consult);
	v->consult = fresh;
	if (v->peers != NULL)
		consult_rescan(fresh);
	return 0;
}

void
consult_free(struct consult *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->all.n; i++)
		free(c->all.v[i]);
	vec_clear(&c->all);
	map64_clear(&c->latest, NULL);
	free(c);
}

/* ---- changing ---- */

/* In the log: a person's word, or that nobody said one in time. */
static int
case_log(struct consult *c, const struct consult_case *x,
    const struct approval *said)
{
	struct approval a = *said;
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, x->number);
	a.what = "case";
	a.subject = number;
	return approval_log(c->v, &a);
}

int
case_change(struct consult *c, struct consult_case *x,
    enum case_state to, const struct approval *said)
{
	int rc = said == NULL ? 0 : case_log(c, x, said);

	c->counts[x->state]--;
	c->counts[to]++;
	x->state = to;
	if (to != CASE_OPEN)
		x->closed = vault_now(c->v);
	if (rc == 0)
		rc = case_write(c->v->store, x);
	if (rc < 0)
		turn_fail(c->v->turn, rc);
	return rc;
}

static void
add_desks(const struct vault *v, const struct desk_set *s, char *dst,
    size_t size)
{
	const struct vocabulary *words = policy_vocabulary(v->policy);
	size_t n = 0;

	dst[0] = '\0';
	for (unsigned d = 0; d < words->desks.n; d++) {
		size_t need = strlen(words->desks.v[d]) + (n > 0);

		if (!desk_set_has(s, d) || n + need >= size)
			continue;
		n += (size_t)snprintf(dst + n, size - n, "%s%s",
		    n > 0 ? " " : "", words->desks.v[d]);
	}
}

/* A desk of the case that the policy still has. */
static void
desks_read(const struct policy *p, const char *text, struct desk_set *out)
{
	*out = (struct desk_set){ { 0 } };
	while (*text != '\0') {
		size_t n = strcspn(text, " ");
		int d = policy_find_desk(p, (struct str){ text, n });

		if (d >= 0)
			desk_set_add(out, (unsigned)d);
		text += n + (text[n] == ' ');
	}
}

/* The first of the circles that the record would go by. */
static void
note_circle(const struct policy *p, uint64_t circles, char *dst, size_t size)
{
	struct policy_circle_facts facts;

	if (circles != 0 && policy_circle_at(p, (size_t)
	    __builtin_ctzll(circles), &facts))
		snprintf(dst, size, "%s", facts.id);
}

/* What the policy says of it when people are asked. */
static int
case_describe(struct consult *c, struct peer *p,
    const struct store_record *r, const struct consult_wish *wish,
    struct consult_case *x)
{
	struct gate_query q = { &p->party, r, vault_now(c->v), NULL };
	struct gate_answer a;
	struct desk_set desks = { { 0 } };
	json_t *shown;

	TRY(gate_answer_out(c->v->gate, &q, &a));
	if (a.outcome != OUTCOME_CONSULT)
		return ERR_DENIED;
	snprintf(x->by, sizeof(x->by), "%s", a.by >= 0 ?
	    policy_rule_id(c->v->policy, a.by) : reason_name(a.reason));
	if (wish == NULL)
		memset(&desks, 0xff, sizeof(desks));
	else
		desk_set_add(&desks, (unsigned)wish->desk);
	q.agreed = &desks;
	TRY(gate_answer_out(c->v->gate, &q, &a));
	if (a.outcome > OUTCOME_REDACT)
		return ERR_DENIED;
	add_desks(c->v, &a.desks, x->desks, sizeof(x->desks));
	note_circle(c->v->policy, a.circles, x->circle, sizeof(x->circle));
	shown = record_json(c->v, r);
	if (shown == NULL)
		return ERR_NOT_FOUND;
	snprintf(x->record, sizeof(x->record), "%s", json_string_value(
	    json_object_get(shown, "id")));
	snprintf(x->kind, sizeof(x->kind), "%s", json_is_string(
	    json_object_get(shown, "kind")) ? json_string_value(
	    json_object_get(shown, "kind")) : "");
	json_decref(shown);
	x->digest = sha256_of(r->bytes.p, r->bytes.n);
	return 0;
}

/* Somebody asked for what people are asked about already. */
static int
case_wish(struct consult *c, struct consult_case *x,
    const struct consult_wish *wish)
{
	struct desk_set desks;

	if (wish == NULL)
		return 0;
	if (x->incoming)
		return ERR_DENIED;
	desks_read(c->v->policy, x->desks, &desks);
	if (!desk_set_has(&desks, (unsigned)wish->desk))
		return ERR_DENIED;
	if (x->asked[0] != '\0')
		return 0;
	snprintf(x->asked, sizeof(x->asked), "%s", wish->text);
	c->untold++;
	return case_change(c, x, CASE_OPEN, NULL);
}

int
consult_ask(struct consult *c, struct peer *p, int64_t seq,
    const struct consult_wish *wish, struct consult_case **out)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct consult_case *x = consult_of(c, p->card.cert_id, seq);
	struct policy_consult rules;
	struct store_record r;
	int rc;

	if (x != NULL && x->state == CASE_OPEN) {
		*out = x;
		return case_wish(c, x, wish);
	}
	if (c->v->policy == NULL)
		return ERR_DENIED;
	if (c->counts[CASE_OPEN] >= 2 * CONSULT_OPEN_MAX)
		return ERR_LIMIT;
	TRY(store_get(c->v->store, seq, arena, &r));
	x = mem_new(struct consult_case);
	rc = case_describe(c, p, &r, wish, x);
	if (rc < 0) {
		free(x);
		return rc;
	}
	policy_consult(c->v->policy, &rules);
	x->number = c->next;
	x->seq = seq;
	snprintf(x->peer, sizeof(x->peer), "%s", p->card.cert_id);
	snprintf(x->asked, sizeof(x->asked), "%s", wish == NULL ? "" :
	    wish->text);
	c->untold += wish != NULL;
	x->opened = vault_now(c->v);
	x->deadline.ms = x->opened.ms + rules.timeout_ms;
	(void)case_keep(c, x);
	TRY(case_change(c, x, CASE_OPEN, NULL));
	*out = x;
	return 0;
}

/* ---- what people say ---- */

size_t
consult_needs(const struct consult *c, const struct consult_case *x)
{
	struct policy_consult rules;

	if (c->v->policy == NULL)
		return 1;
	policy_consult(c->v->policy, &rules);
	return x->yes.n >= rules.quorum ? 0 : rules.quorum - x->yes.n;
}

bool
consult_may_say(const struct consult *c, const struct operator *by)
{
	struct policy_consult rules;

	policy_consult(c->v->policy, &rules);
	for (size_t i = 0; i < rules.panel->n; i++)
		if (operator_has_role(by, rules.panel->v[i]))
			return true;
	return rules.panel->n == 0;
}

/* Was it recalled? */
static bool
case_is_gone(const struct consult *c, const struct consult_case *x)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct store_record r;
	int rc = store_get(c->v->store, x->seq, arena, &r);

	return rc == ERR_NOT_FOUND ||
	    (rc == 0 && (r.flags & RECORD_TOMBSTONE) != 0);
}

static int
check_word(const struct consult *c, const struct consult_case *x,
    const struct consult_word *word, struct err *e)
{
	char when[TIME_TEXT_MAX];

	if (c->v->policy == NULL)
		return err_set(e, ERR_DENIED, "no policy is in force");
	if (x->state != CASE_OPEN)
		return err_set(e, ERR_DENIED, "case %" PRIu64 " is closed: %s "
		    "since %s", x->number, case_state_name(x->state),
		    time_format(when, x->closed));
	if (x->deadline.ms <= vault_now(c->v).ms)
		return err_set(e, ERR_DENIED, "the time of case %" PRIu64
		    " was over at %s", x->number,
		    time_format(when, x->deadline));
	if (!word->by->listed || !consult_may_say(c, word->by))
		return err_set(e, ERR_DENIED, "%s is not of the panel",
		    word->by->name);
	/* Who agreed may think better of it. */
	if (!word->agrees)
		return 0;
	if (approvers_has(&x->yes, word->by->name))
		return err_set(e, ERR_DENIED, "%s has agreed already; it "
		    "takes another person", word->by->name);
	if (case_is_gone(c, x))
		return err_set(e, ERR_DENIED, "the record of case %" PRIu64
		    " was recalled", x->number);
	return x->incoming ? case_check_held(c, x, e) : 0;
}

static void
case_release(struct consult *c, const struct consult_case *x)
{
	struct peer *p = peers_find(c->v->peers, str_of(x->peer));

	if (p == NULL)
		return;
	release_look_again(p->release, x->seq);
	turn_wake(c->v->turn);
}

int
consult_say(struct consult *c, uint64_t number,
    const struct consult_word *word, struct consult_case **out,
    struct err *e)
{
	struct consult_case *x = consult_find(c, number);
	struct approval said = { .by = word->by, .reason = word->reason,
	    .verdict = word->agrees ? "approve" : "decline" };

	if (x == NULL)
		return err_set(e, ERR_DENIED, "there is no case %" PRIu64,
		    number);
	TRY(check_word(c, x, word, e));
	if (word->reason != NULL)
		snprintf(x->reason, sizeof(x->reason), "%s", word->reason);
	*out = x;
	if (!word->agrees) {
		snprintf(x->no, sizeof(x->no), "%s", word->by->name);
		TRY(case_throw_away(c, x));
		return case_change(c, x, CASE_DECLINED, &said);
	}
	if (approvers_add(&x->yes, word->by) < 0)
		return err_set(e, ERR_DENIED, "%s cannot agree",
		    word->by->name);
	if (consult_needs(c, x) > 0)
		return case_change(c, x, CASE_OPEN, &said);
	x->until.ms = vault_now(c->v).ms + SCOPE_MS;
	TRY(case_change(c, x, CASE_AGREED, &said));
	if (x->incoming)
		return case_let_in(c, x);
	case_release(c, x);
	return 0;
}

bool
consult_agreed(void *arg, int64_t seq, struct desk_set *out)
{
	struct peer *p = arg;
	const struct vault *v = p->v;
	const struct consult_case *x = v->consult == NULL ? NULL :
	    consult_of(v->consult, p->card.cert_id, seq);

	if (x == NULL || x->state != CASE_AGREED || x->incoming ||
	    v->policy == NULL ||
	    x->until.ms <= vault_now(v).ms)
		return false;
	desks_read(v->policy, x->desks, out);
	return true;
}

/* ---- time ---- */

void
consult_remind(struct consult *c, struct peer *p)
{
	for (size_t i = 0; i < c->all.n; i++) {
		const struct consult_case *x = c->all.v[i];

		if (x->state == CASE_AGREED && !x->incoming && strcmp(x->peer,
		    p->card.cert_id) == 0 && delivery_get(p->delivery,
		    x->seq) == DELIVERY_CONSULTED)
			release_look_again(p->release, x->seq);
	}
}

/* Does the policy still put it to people? */
static bool
case_is_moot(const struct consult *c, const struct consult_case *x)
{
	const struct peer *p = peers_find(c->v->peers, str_of(x->peer));
	enum delivery_state s = p == NULL ? DELIVERY_FORBIDDEN :
	    delivery_get(p->delivery, x->seq);

	return !x->incoming && s != DELIVERY_CONSULTED &&
	    s != DELIVERY_NONE;
}

static void
end_cases(struct consult *c)
{
	static const struct approval expired = { .verdict = "expire" };
	unix_ms_t now = vault_now(c->v);

	for (size_t i = 0; i < c->all.n; i++) {
		struct consult_case *x = c->all.v[i];
		bool over = x->deadline.ms <= now.ms;

		if (x->state != CASE_OPEN || (!over && !case_is_moot(c, x) &&
		    !(c->look_gone && case_is_gone(c, x))))
			continue;
		/* What waits to come in goes with its case. */
		if (turn_open(c->v->turn) < 0 ||
		    case_throw_away(c, x) < 0 || case_change(c, x, over ?
		    CASE_EXPIRED : CASE_MOOT, over ? &expired : NULL) < 0)
			return;
	}
	c->look_gone = false;
}

/* Of what is closed the oldest go; the log has them. */
static void
drop_old(struct consult *c)
{
	size_t closed = c->all.n - c->counts[CASE_OPEN], kept = 0;

	if (closed <= CONSULT_CLOSED_MAX || turn_open(c->v->turn) < 0)
		return;
	for (size_t i = 0; i < c->all.n; i++) {
		struct consult_case *x = c->all.v[i];

		if (closed <= CONSULT_CLOSED_MAX || x->state == CASE_OPEN ||
		    (x->state == CASE_AGREED &&
		    x->until.ms > vault_now(c->v).ms)) {
			c->all.v[kept++] = x;
			continue;
		}
		closed--;
		c->counts[x->state]--;
		if (case_forget(c->v->store, x) < 0)
			turn_fail(c->v->turn, ERR_STORE);
		/* It stays known, so that it is not opened again. */
		map64_set(&c->latest, case_key(x->peer, x->seq),
		    &c->forgotten);
		free(x);
	}
	c->all.n = kept;
}

struct opening {
	struct consult *c;
	struct peer *p;
	unsigned left, looks;
};

/* It cannot become a case any more: it was recalled, or has expired. */
static void
pass_over(struct consult *c, const struct peer *p, int64_t seq)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct store_record r;
	int rc = store_get(c->v->store, seq, arena, &r);

	if (rc == ERR_NOT_FOUND || (rc == 0 &&
	    ((r.flags & RECORD_TOMBSTONE) != 0 ||
	    r.expires.ms <= vault_now(c->v).ms)))
		map64_set(&c->latest, case_key(p->card.cert_id, seq),
		    &c->forgotten);
}

static bool
on_waiting(void *arg, int64_t seq)
{
	struct opening *o = arg;
	struct consult_case *x;

	if (o->left == 0 || o->looks == 0 ||
	    o->c->counts[CASE_OPEN] >= CONSULT_OPEN_MAX) {
		o->c->passed = false;
		return false;
	}
	o->p->consulted = seq;
	x = map64_get(&o->c->latest, case_key(o->p->card.cert_id, seq));
	if (x != NULL && x->state != CASE_MOOT)
		return true;
	o->looks--;
	if (turn_open(o->c->v->turn) < 0)
		return true;
	if (consult_ask(o->c, o->p, seq, NULL, &x) < 0) {
		pass_over(o->c, o->p, seq);
		return true;
	}
	o->left--;
	o->c->untold++;
	return true;
}

static void
open_cases(struct consult *c)
{
	struct opening o = { c, NULL, OPENED_A_TICK, LOOKED_A_TICK };

	c->passed = true;
	for (size_t i = 0; i < peers_count(c->v->peers); i++) {
		o.p = peers_at(c->v->peers, i);
		if (delivery_count(o.p->delivery, DELIVERY_CONSULTED) > 0)
			delivery_each(o.p->delivery, DELIVERY_CONSULTED,
			    o.p->consulted, on_waiting, &o);
	}
}

/* People hear of new cases at once, then at most once a minute. */
static void
tell_people(struct consult *c)
{
	unix_ms_t now = vault_now(c->v);
	json_t *f;

	if (c->untold == 0 || now.ms - c->told.ms < TELL_EVERY_MS)
		return;
	f = json_pack("{s:i, s:I, s:s}", "new", (int)c->untold, "open",
	    (json_int_t)c->counts[CASE_OPEN], "hint",
	    "comityctl consult list");
	notify_people(c->v, "consult", f);
	json_decref(f);
	c->untold = 0;
	c->told = now;
}

static void
look_again(struct consult *c)
{
	for (size_t i = 0; i < peers_count(c->v->peers); i++)
		peers_at(c->v->peers, i)->consulted = 0;
	c->look_held = c->look_gone = true;
}

void
consult_rescan(struct consult *c)
{
	look_again(c);
	c->decide_held = true;
}

void
consult_recalled(struct consult *c)
{
	c->look_gone = true;
}

void
consult_tick(struct consult *c)
{
	if (c->v->policy == NULL || c->v->degraded_by != 0)
		return;
	/*
	 * Backfill may have passed behind where the scan has come; it starts
	 * again when it has come to the end, or it might never get there.
	 */
	if (++c->ticks >= RESCAN_TICKS && c->passed) {
		c->ticks = 0;
		look_again(c);
	}
	end_cases(c);
	drop_old(c);
	open_cases(c);
	consult_look_held(c);
	tell_people(c);
}
