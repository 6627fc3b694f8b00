#include "gate/simulate.h"

#include <stdio.h>
#include <string.h>

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
	bool shared = (r->flags & RECORD_HAS_REFS) == 0 &&
	    r->expires.ms > s->o.at.ms;
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

/* What the peer holds stays with it; only more can come. */
static void
count_after(struct simulate_peer *p, enum delivery_state held,
    enum outcome after)
{
	if (held == DELIVERY_DELIVERED || (held == DELIVERY_REDACTED &&
	    after == OUTCOME_PERMIT))
		p->delivered++;
	else if (held == DELIVERY_REDACTED)
		p->redacted++;
	else if (after == OUTCOME_PERMIT)
		p->delivered++;
	else if (after == OUTCOME_REDACT)
		p->redacted++;
	else if (after == OUTCOME_CONSULT)
		p->consulted++;
	else if (after == OUTCOME_DENY)
		p->denied++;
	else
		p->forbidden++;
}

static int
simulate_one(struct simulation *s, size_t peer, const struct store_record *r)
{
	struct simulate_peer *p = &s->o.peers[peer];
	const struct both *b;
	enum delivery_state held;
	bool went, goes, there;
	int echo = gate_is_echo(s->o.now, r, p->cert_id, s->arena);

	if (echo != 0)
		return echo < 0 ? echo : 0;
	TRY(ask_both(s, peer, r, &b));
	held = delivery_get(p->delivery, r->seq);
	went = b->before.outcome <= OUTCOME_REDACT;
	goes = b->after.outcome <= OUTCOME_REDACT;
	there = held == DELIVERY_DELIVERED || held == DELIVERY_SENT ||
	    (held == DELIVERY_REDACTED &&
	    b->after.outcome != OUTCOME_PERMIT);
	p->records++;
	p->outcomes[b->before.outcome][b->after.outcome]++;
	p->flow += goes && !there;
	p->stop += went && !goes;
	count_after(p, held, b->after.outcome);
	if (b->before.outcome != b->after.outcome)
		add_sample(s, p, r, b);
	return 0;
}

static int
on_record(void *arg, const struct store_record *r)
{
	struct simulation *s = arg;

	if (r->seq > s->end)
		return 1;
	s->at = r->seq;
	if ((r->flags & (RECORD_DERIVED | RECORD_TOMBSTONE)) != 0 ||
	    r->received.ms < s->o.since.ms)
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
