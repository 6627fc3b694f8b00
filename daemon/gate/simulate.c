#include "gate/simulate.h"

#include <stdio.h>
#include <string.h>

#include "gate/derived.h"
#include "gate/gate_private.h"

#define ARENA_BYTES MIB(64)
#define ANSWERS_MAX 65536

/* Both answers for every record of one label. */
struct both {
	struct gate_answer before, after;
};

struct simulation {
	struct simulate_options o;
	struct store *store;		/* borrowed */
	struct gate *then;		/* owned */
	struct arena *arena;		/* owned */
	struct map64 *answers;		/* owned: struct both, by peer */
	struct both single;		/* of a record decided by itself */
	int64_t at, end;
};

struct simulation *
simulation_new(const struct simulate_options *o)
{
	struct simulation *s = mem_new(struct simulation);

	s->o = *o;
	s->o.gate = NULL;
	s->store = o->gate->store;
	s->then = gate_new(o->gate);
	gate_set_policy(s->then, o->then);
	s->arena = arena_new(ARENA_BYTES);
	s->answers = mem_array(struct map64, o->npeers + 1);
	s->end = store_last_seq(o->gate->store);
	/* What a peer holds stays with it; the rest is decided again. */
	for (size_t i = 0; i < o->npeers; i++) {
		struct simulate_peer *p = &o->peers[i];

		p->delivered = delivery_count(p->delivery,
		    DELIVERY_DELIVERED);
		p->redacted = delivery_count(p->delivery,
		    DELIVERY_REDACTED);
	}
	return s;
}

void
simulation_free(struct simulation *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->o.npeers; i++)
		map64_clear(&s->answers[i], free);
	free(s->answers);
	arena_free(s->arena);
	gate_free(s->then);
	free(s);
}

static int
answer_of(struct gate *g, const struct gate_query *q,
    struct gate_answer *out)
{
	int rc = gate_answer_out(g, q, out);

	/* What the gate cannot decide it denies. */
	if (rc == ERR_DENIED)
		*out = (struct gate_answer){ .outcome = OUTCOME_DENY,
		    .reason = REASON_NO_POLICY, .by = -1, .desk = -1,
		    .purpose = -1 };
	return rc == ERR_DENIED ? 0 : rc;
}

static int
ask_both(struct simulation *s, size_t peer, const struct store_record *r,
    const struct both **out)
{
	uint64_t key = (uint64_t)r->label << 32 | (uint32_t)r->desks;
	bool shared = (r->flags & (RECORD_HAS_REFS | RECORD_SUPERSEDED)) ==
	    0 && r->expires.ms > s->o.at.ms;
	struct simulate_peer *p = &s->o.peers[peer];
	struct gate_query now = { .party = &p->now, .record = r,
	    .now = s->o.at };
	struct gate_query then = { .party = &p->then, .record = r,
	    .now = s->o.at };
	struct both *b = shared ? map64_get(&s->answers[peer], key) : NULL;

	if (b == NULL) {
		TRY(answer_of(s->o.now, &now, &s->single.before));
		TRY(answer_of(s->then, &then, &s->single.after));
		b = &s->single;
		if (shared && !b->before.alone && !b->after.alone &&
		    s->answers[peer].n < ANSWERS_MAX) {
			struct both *kept = mem_new(struct both);

			*kept = s->single;
			map64_set(&s->answers[peer], key, kept);
		}
	}
	*out = b;
	return 0;
}

static void
add_sample(struct simulation *s, struct simulate_peer *p,
    const struct store_record *r, const struct both *b)
{
	struct simulate_sample *sample = &p->samples[p->nsamples];
	struct stix_problem problem;
	struct stix_object o;

	if (p->nsamples == SIMULATE_SAMPLES ||
	    stix_read(s->then->other, r->bytes, &o, &problem) != 0)
		return;
	snprintf(sample->id, sizeof(sample->id), "%.*s", (int)o.id.n,
	    o.id.p);
	sample->before = b->before.outcome;
	sample->after = b->after.outcome;
	sample->by = b->after.by >= 0 ? policy_rule_id(s->o.then,
	    b->after.by) : b->after.outcome == OUTCOME_PERMIT ? "" :
	    reason_name(b->after.reason);
	p->nsamples++;
}

/* The desks that people agreed to, as numbers of the other policy. */
static struct desk_set
desks_under(const struct vocabulary *from, const struct vocabulary *to,
    const struct desk_set *desks)
{
	struct desk_set out = { { 0 } };

	for (unsigned i = 0; i < from->desks.n; i++) {
		int d = desk_set_has(desks, i) ? names_find(&to->desks,
		    str_of(from->desks.v[i])) : -1;

		if (d >= 0)
			desk_set_add(&out, (unsigned)d);
	}
	return out;
}

/* What people agreed to for that very record goes, if it is still asked. */
static int
ask_agreed(struct simulation *s, struct simulate_peer *p,
    const struct store_record *r, struct both *b)
{
	struct gate_query q = { .party = &p->then, .record = r,
	    .now = s->o.at };
	struct desk_set desks, under;

	if (b->after.outcome != OUTCOME_CONSULT || p->agreed == NULL ||
	    !p->agreed(p->agreed_arg, r->seq, &desks))
		return 0;
	under = desks_under(policy_vocabulary(gate_policy(s->o.now)),
	    policy_vocabulary(s->o.then), &desks);
	q.agreed = &under;
	return answer_of(s->then, &q, &b->after);
}

/* What nothing valid is left of is denied when it comes to that. */
static int
ask_redacted(struct simulation *s, const struct store_record *r,
    struct both *b)
{
	AUTO_BUF struct buf object = { 0 };
	int rc;

	if (b->after.outcome != OUTCOME_REDACT)
		return 0;
	rc = derived_object(s->then, r, b->after.redactions, &object);
	if (rc != ERR_DENIED)
		return rc;
	b->after.outcome = OUTCOME_DENY;
	b->after.reason = REASON_OBLIGATION;
	b->after.by = -1;
	return 0;
}

/* Would the record be sent now? */
static bool
is_sent(struct simulation *s, const struct simulate_peer *p,
    const struct store_record *r, enum delivery_state held,
    enum outcome after)
{
	if (after > OUTCOME_REDACT || held == DELIVERY_DELIVERED ||
	    held == DELIVERY_SENT ||
	    (held == DELIVERY_REDACTED && after == OUTCOME_REDACT))
		return false;
	return p->release == NULL || release_takes(p->release, s->then, r);
}

/* What was not sent, and what will not be. */
static void
count_kept(struct simulate_peer *p, enum delivery_state held,
    const struct both *b)
{
	if (held == DELIVERY_DELIVERED || held == DELIVERY_REDACTED)
		return;
	if (held == DELIVERY_SENT) {
		if (b->before.outcome == OUTCOME_REDACT)
			p->redacted++;
		else
			p->delivered++;
		return;
	}
	p->consulted += b->after.outcome == OUTCOME_CONSULT;
	p->denied += b->after.outcome == OUTCOME_DENY;
	p->forbidden += b->after.outcome == OUTCOME_FORBID;
}

static void
count_sent(struct simulate_peer *p, enum delivery_state held,
    enum outcome after)
{
	p->flow++;
	if (held == DELIVERY_REFUSED)
		return;		/* it may refuse it again */
	if (held == DELIVERY_REDACTED)
		p->redacted--;
	if (after == OUTCOME_PERMIT)
		p->delivered++;
	else
		p->redacted++;
}

static int
simulate_one(struct simulation *s, size_t peer, const struct store_record *r)
{
	struct simulate_peer *p = &s->o.peers[peer];
	enum delivery_state held = delivery_get(p->delivery, r->seq);
	const struct both *shared;
	struct both b;
	int echo = gate_is_echo(s->o.now, r, p->cert_id, s->arena);

	if (echo != 0)
		return echo < 0 ? echo : 0;
	TRY(ask_both(s, peer, r, &shared));
	b = *shared;
	TRY(ask_agreed(s, p, r, &b));
	TRY(ask_redacted(s, r, &b));
	p->records++;
	p->outcomes[b.before.outcome][b.after.outcome]++;
	p->stop += b.before.outcome <= OUTCOME_REDACT &&
	    b.after.outcome > OUTCOME_REDACT;
	if (is_sent(s, p, r, held, b.after.outcome))
		count_sent(p, held, b.after.outcome);
	else
		count_kept(p, held, &b);
	if (b.before.outcome != b.after.outcome)
		add_sample(s, p, r, &b);
	return 0;
}

static int
on_record(void *arg, const struct store_record *r)
{
	struct simulation *s = arg;

	if (r->seq > s->end)
		return 1;
	s->at = r->seq;
	if ((r->flags & (RECORD_DERIVED | RECORD_TOMBSTONE |
	    RECORD_RELABELLED | RECORD_HELD)) != 0 || r->received.ms < s->o.since.ms)
		return 0;
	for (size_t i = 0; i < s->o.npeers; i++)
		TRY(simulate_one(s, i, r));
	return 0;
}

int
simulation_step(struct simulation *s, size_t max)
{
	int rc;

	arena_reset(s->arena);
	rc = store_scan(s->store, s->at, max, s->arena, on_record,
	    s);
	if (rc <= 0 || s->at >= s->end)
		return rc < 0 ? rc : 0;
	return 1;
}

int64_t
simulation_progress(const struct simulation *s, int64_t *out_of)
{
	*out_of = s->end;
	return s->at;
}
