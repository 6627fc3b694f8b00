#include "gate/shadow.h"

#include <stdio.h>
#include <string.h>

#include "gate/gate_private.h"

struct shadow {
	struct gate *gate;		/* owned: as if it were in force */
	struct policy *policy;		/* owned */
	struct shadow_options o;
	struct shadow_totals totals;
	VEC(struct shadow_row) rows;
};

struct shadow *
shadow_new(const struct shadow_options *o)
{
	struct shadow *s = mem_new(struct shadow);

	s->o = *o;
	s->policy = o->policy;
	s->gate = gate_new(o->gate);
	gate_set_policy(s->gate, s->policy);
	s->totals.since = o->now;
	return s;
}

void
shadow_free(struct shadow *s)
{
	if (s == NULL)
		return;
	gate_free(s->gate);
	policy_free(s->policy);
	vec_clear(&s->rows);
	free(s);
}

const struct policy *
shadow_policy(const struct shadow *s)
{
	return s->policy;
}

void
shadow_reset(struct shadow *s, unix_ms_t now)
{
	vec_clear(&s->rows);
	s->totals = (struct shadow_totals){ .since = now };
}

void
shadow_rolled_back(struct shadow *s)
{
	gate_rolled_back(s->gate);
}

/* ---- counting ---- */

/* The rule or reason of an answer by that policy. */
static const char *
answer_by(const struct policy *p, const struct gate_answer *a)
{
	return a->by >= 0 && p != NULL ? policy_rule_id(p, a->by) :
	    a->outcome == OUTCOME_PERMIT ? "" : reason_name(a->reason);
}

static void
shadow_count(struct shadow *s, const struct shadow_row *row)
{
	s->totals.differ++;
	for (size_t i = 0; i < s->rows.n; i++) {
		struct shadow_row *r = &s->rows.v[i];

		if (r->direction != row->direction ||
		    r->before != row->before || r->after != row->after ||
		    strcmp(r->peer, row->peer) != 0 ||
		    strcmp(r->after_by, row->after_by) != 0 ||
		    strcmp(r->before_by, row->before_by) != 0)
			continue;
		r->records++;
		return;
	}
	if (s->rows.n < SHADOW_ROWS_MAX)
		vec_push(&s->rows, *row);
	else
		s->totals.unlisted++;
}

/* One decision, by the policy in force and by this one. */
struct both {
	const char *peer;
	enum direction direction;
	const struct policy *now_policy;
	const struct gate_answer *now, *then;
};

static void
shadow_note(struct shadow *s, const struct both *b)
{
	struct shadow_row row = { .direction = b->direction,
	    .before = b->now->outcome, .after = b->then->outcome,
	    .records = 1 };

	s->totals.decisions++;
	if (row.before == row.after)
		return;
	snprintf(row.peer, sizeof(row.peer), "%s", b->peer);
	snprintf(row.before_by, sizeof(row.before_by), "%s",
	    answer_by(b->now_policy, b->now));
	snprintf(row.after_by, sizeof(row.after_by), "%s",
	    answer_by(s->policy, b->then));
	shadow_count(s, &row);
}

static void
answer_denied(struct gate_answer *a)
{
	*a = (struct gate_answer){ .outcome = OUTCOME_DENY,
	    .reason = REASON_NO_POLICY, .by = -1, .desk = -1,
	    .purpose = -1 };
}

void
shadow_out(struct shadow *s, const char *cert_id,
    const struct gate_query *q, const struct gate_answer *now)
{
	struct gate_party party;
	struct gate_query then = *q;
	struct gate_answer a;
	int rc;

	if (!s->o.party(s->o.arg, cert_id, s->policy, &party))
		return;
	then.party = &party;
	labels_trim(s->gate->labels);
	rc = gate_answer_out(s->gate, &then, &a);
	if (rc == ERR_DENIED)
		answer_denied(&a);
	else if (rc < 0)
		return;
	shadow_note(s, &(struct both){ cert_id, DIRECTION_OUT,
	    gate_policy(s->o.in_force), now, &a });
}

void
shadow_in(struct shadow *s, const struct shadow_received *in,
    const struct gate_answer *now)
{
	struct gate_party party;
	struct gate_question q = { .policy = s->policy, .party = &party,
	    .now = in->at };
	struct gate_answer a;

	if (!s->o.party(s->o.arg, in->sender, s->policy, &party))
		return;
	labels_trim(s->gate->labels);
	q.label = labels_get(s->gate->labels, in->label, in->terms);
	if (q.label == NULL)
		answer_denied(&a);
	else
		answer_in(&q, &a);
	shadow_note(s, &(struct both){ in->sender, DIRECTION_IN,
	    gate_policy(s->o.in_force), now, &a });
}

void
shadow_totals(const struct shadow *s, struct shadow_totals *out)
{
	*out = s->totals;
}

const struct shadow_row *
shadow_row(const struct shadow *s, size_t i)
{
	return i < s->rows.n ? &s->rows.v[i] : NULL;
}
