/*
 * The decision: outcome = max(g, l).  g is the mildest via of the matching
 * grants, l the strictest of walls, the label, the posture and the matching
 * limits; the order of rules is never looked at.
 */
#include "policy/policy_private.h"

#include <string.h>

/* Six vectors in every decision; the loop is over whole steps. */
static void
and_vectors(uint64_t *restrict acc, const uint64_t *const v[6], size_t words)
{
	const uint64_t *restrict a = v[0], *restrict b = v[1],
	    *restrict c = v[2], *restrict d = v[3], *restrict e = v[4],
	    *restrict f = v[5];

	for (size_t i = 0; i < words; i += VECTOR_STEP)
		for (size_t k = i; k < i + VECTOR_STEP; k++)
			acc[k] = a[k] & b[k] & c[k] & d[k] & e[k] & f[k];
}

static void
and_not(uint64_t *acc, const uint64_t *v, size_t words)
{
	for (size_t i = 0; i < words; i++)
		acc[i] &= ~v[i];
}

/* A colour or band outside the scale counts as the worst. */
static size_t
clamp(unsigned v, unsigned max, unsigned worst)
{
	return v > max ? worst : v;
}

/* A kind this policy does not have is one that nobody recognised. */
static size_t
kind_index(const struct policy *p, const struct label *l)
{
	return l->kind < p->file->v.kinds.n ? l->kind : 0;
}

/* Take out grants whose circle or agreement is not in force. */
static void
drop_unmet_terms(const struct policy *p, const struct rule_set *s,
    const struct policy_request *req, uint64_t *acc)
{
	const struct desk_facts *d = &p->desks[req->desk];
	uint64_t circles = d->circles & ~req->circles;
	uint64_t agreements = d->agreements & ~req->agreements;
	uint64_t all = req->now.ms > d->agreements_end.ms ?
	    d->agreements : 0;

	for (; all != 0; all &= all - 1) {
		int a = __builtin_ctzll(all);

		if (req->now.ms > p->file->agreements.v[a].until.ms)
			agreements |= UINT64_C(1) << a;
	}
	for (; circles != 0; circles &= circles - 1)
		and_not(acc, s->circle + s->words *
		    (size_t)__builtin_ctzll(circles), s->words);
	for (; agreements != 0; agreements &= agreements - 1)
		and_not(acc, s->agreement + s->words *
		    (size_t)__builtin_ctzll(agreements), s->words);
}

/* Take out grants that leave none of the label's purposes. */
static void
drop_narrow(const struct policy *p, const struct rule_set *s,
    const struct policy_request *req, uint64_t *acc)
{
	uint32_t purposes = req->label->purposes &
	    p->file->v.domain_purposes[req->purpose];

	for (size_t w = 0; w < s->first[GRANT_CLASSES]; w++)
		for (uint64_t m = acc[w] & s->narrow[w]; m; m &= m - 1) {
			size_t bit = w * 64 + (size_t)__builtin_ctzll(m);

			if ((s->terms[bit].purposes & purposes) == 0)
				acc[w] &= ~(m & -m);
		}
}

/* The first word of [from, to) with a bit set; its lowest bit, or -1. */
static int
first_bit(const uint64_t *acc, size_t from, size_t to)
{
	for (size_t w = from; w < to; w++)
		if (acc[w] != 0)
			return (int)(w * 64) + __builtin_ctzll(acc[w]);
	return -1;
}

bool
policy_match(const struct policy *p, const struct policy_request *req,
    uint64_t acc[static VECTOR_WORDS_MAX])
{
	const struct rule_set *s = &p->sets[req->direction == DIRECTION_IN];
	const struct desk_facts *d = &p->desks[req->desk];
	const struct label *l = req->label;
	size_t n = s->words;
	const uint64_t *const v[6] = {
		s->desk + (size_t)req->desk * n,
		s->kind + kind_index(p, l) * n,
		s->domain + (size_t)req->purpose * n,
		s->tlp + clamp(l->tlp, TLP_RED, TLP_RED) * n,
		s->discretion + clamp(req->discretion, BAND_E, BAND_E) * n,
		s->reliability + clamp(req->reliability, BAND_E, BAND_E) * n,
	};

	and_vectors(acc, v, n);
	if ((d->circles & ~req->circles) != 0 ||
	    (d->agreements & ~req->agreements) != 0 ||
	    req->now.ms > d->agreements_end.ms)
		drop_unmet_terms(p, s, req, acc);
	drop_narrow(p, s, req, acc);
	if (req->received && req->direction == DIRECTION_OUT) {
		bool any = first_bit(acc, 0, s->first[GRANT_CLASSES]) >= 0;

		for (size_t i = 0; i < n; i++)
			acc[i] &= s->transit[i];
		return !any ||
		    first_bit(acc, 0, s->first[GRANT_CLASSES]) >= 0;
	}
	return true;
}

int
policy_wall_of(const struct policy *p, const struct policy_request *req)
{
	const struct policy_file *f = p->file;
	const struct desk_facts *d = &p->desks[req->desk];
	const struct policy_party *party = &f->parties.v[d->org];
	uint32_t uses = d->uses;

	if ((req->label->lineage & d->walled) == 0)
		return -1;
	for (int i = 0; i < party->ndesks && d->org != 0 &&
	    party->wall != POLICY_WALL_ATTESTED; i++)
		uses |= p->desks[party->first_desk + i].uses;
	for (size_t i = 0; i < f->walls.n; i++)
		if ((f->walls.v[i].keep & req->label->lineage) != 0 &&
		    (f->walls.v[i].out_of & uses) != 0)
			return (int)i;
	return -1;
}

/* A level with its cause: a rule, or a reason of its own. */
struct cause {
	enum outcome level;
	enum reason reason;
	int by;
};

/* What the desk and the label themselves rule out when we send. */
static struct cause
cause_of_label(const struct policy *p, const struct policy_request *req)
{
	const struct desk_facts *d = &p->desks[req->desk];
	const struct label *l = req->label;
	bool out = req->direction != DIRECTION_IN;

	if (out && (l->lineage & d->walled) != 0)
		return (struct cause){ OUTCOME_FORBID, REASON_RULE,
		    (int)p->file->rules.n + policy_wall_of(p, req) };
	if (out && (d->uses >> req->purpose & 1) == 0)
		return (struct cause){ OUTCOME_DENY, REASON_DESK_PURPOSE,
		    -1 };
	if ((l->purposes & p->file->v.domain_purposes[req->purpose]) == 0)
		return (struct cause){ OUTCOME_DENY, REASON_LABEL_PURPOSE,
		    -1 };
	if (out && !desk_set_has(&l->audience, (unsigned)req->desk))
		return (struct cause){ OUTCOME_DENY, REASON_AUDIENCE, -1 };
	if (l->expires.ms <= req->now.ms)
		return (struct cause){ OUTCOME_DENY, REASON_EXPIRED, -1 };
	if (out && l->hops == 0)
		return (struct cause){ OUTCOME_DENY, REASON_HOPS, -1 };
	return (struct cause){ OUTCOME_PERMIT, REASON_RULE, -1 };
}

static struct cause
cause_of_posture(const struct policy *p, const struct policy_request *req)
{
	size_t i = clamp(req->posture, POSTURE_SUSPENDED, POSTURE_SUSPENDED);
	const struct policy_posture *posture = &p->file->postures[i];
	bool kept = (posture->keep >> kind_index(p, req->label) & 1) != 0;

	return (struct cause){
		kept ? OUTCOME_PERMIT : (enum outcome)posture->others,
		REASON_RULE, (int)(p->file->rules.n + p->file->walls.n + i),
	};
}

/* The strictest of the matching limits. */
static struct cause
cause_of_limits(const struct rule_set *s, const uint64_t *acc)
{
	static const struct {
		enum rule_class class;
		enum outcome level;
	} order[] = {
		{ CLASS_LIMIT_DENY, OUTCOME_DENY },
		{ CLASS_LIMIT_CONSULT, OUTCOME_CONSULT },
		{ CLASS_LIMIT_REDACT, OUTCOME_REDACT },
	};

	for (size_t i = 0; i < NELEM(order); i++) {
		int bit = first_bit(acc, s->first[order[i].class],
		    s->first[order[i].class + 1]);

		if (bit >= 0)
			return (struct cause){ order[i].level, REASON_RULE,
			    s->terms[bit].rule };
	}
	return (struct cause){ OUTCOME_PERMIT, REASON_RULE, -1 };
}

/* The mildest of the matching grants. */
static struct cause
cause_of_grants(const struct rule_set *s, const uint64_t *acc)
{
	static const enum outcome via[GRANT_CLASSES] = { OUTCOME_PERMIT,
	    OUTCOME_REDACT, OUTCOME_CONSULT };

	for (int c = 0; c < GRANT_CLASSES; c++) {
		int bit = first_bit(acc, s->first[c], s->first[c + 1]);

		if (bit >= 0)
			return (struct cause){ via[c], REASON_RULE,
			    s->terms[bit].rule };
	}
	return (struct cause){ OUTCOME_DENY, REASON_DEFAULT, -1 };
}

/* The stricter one; of equals the first. */
static struct cause
stricter(struct cause a, struct cause b)
{
	return b.level > a.level ? b : a;
}

/* One matching rule: caps are the meet, obligations and redactions the union. */
static void
add_rule(const struct rule_terms *t, struct decision *out)
{
	if (t->hops < out->cap_hops)
		out->cap_hops = t->hops;
	if (t->ttl_ms < out->cap_ttl_ms)
		out->cap_ttl_ms = t->ttl_ms;
	out->purposes &= t->purposes;
	out->obligations |= t->obligations;
	out->redactions |= t->redactions;
	out->add_lineage |= t->lineage;
	if (t->circle >= 0)
		out->circles |= UINT64_C(1) << t->circle;
	if (t->agreement >= 0)
		out->agreements |= UINT64_C(1) << t->agreement;
}

/* Returns the purposes that any of the grants leaves. */
static uint32_t
add_terms(const struct rule_set *s, const uint64_t *acc, struct decision *out)
{
	uint32_t any = 0;

	for (size_t w = 0; w < s->first[RULE_CLASSES]; w++)
		for (uint64_t m = acc[w]; m != 0; m &= m - 1) {
			const struct rule_terms *t = &s->terms[w * 64 +
			    (size_t)__builtin_ctzll(m)];

			add_rule(t, out);
			if (w < s->first[GRANT_CLASSES])
				any |= t->purposes;
		}
	return any;
}

static void
decide_terms(const struct policy *p, const struct policy_request *req,
    const uint64_t *acc, struct decision *out)
{
	const struct rule_set *s = &p->sets[req->direction == DIRECTION_IN];
	uint32_t purposes = req->label->purposes &
	    p->file->v.domain_purposes[req->purpose];
	uint32_t any;

	out->cap_hops = req->label->hops;
	if (req->direction != DIRECTION_IN)
		out->cap_hops--;
	out->purposes = purposes;
	any = add_terms(s, acc, out);
	/*
	 * Nothing in common: each grant opened the flow for its own part.
	 * An empty meet would let a record that matches fewer grants pass
	 * where this one does not.
	 */
	if (out->purposes == 0)
		out->purposes = purposes & any;
	if (out->outcome != OUTCOME_REDACT || out->redactions != 0)
		return;
	out->outcome = OUTCOME_DENY;
	out->reason = REASON_OBLIGATION;
	out->by = -1;
}

static void
decide_none(struct decision *out, enum reason reason)
{
	*out = (struct decision){ .outcome = OUTCOME_DENY,
	    .granted = OUTCOME_DENY, .limited = OUTCOME_DENY,
	    .reason = reason, .by = -1, .cap_ttl_ms = INT64_MAX };
}

void
policy_decide(const struct policy *p, const struct policy_request *req,
    struct decision *out)
{
	uint64_t acc[VECTOR_WORDS_MAX];
	struct cause l, g, why;
	bool may_pass_on;

	if (p == NULL || req->label == NULL) {
		decide_none(out, REASON_NO_POLICY);
		return;
	}
	if (req->desk < 0 || (size_t)req->desk >= p->file->v.desks.n) {
		decide_none(out, REASON_UNKNOWN_PEER);
		return;
	}
	if (req->purpose < 0 ||
	    (size_t)req->purpose >= p->file->v.domains.n) {
		decide_none(out, REASON_DESK_PURPOSE);
		return;
	}
	may_pass_on = policy_match(p, req, acc);
	l = stricter(cause_of_label(p, req), cause_of_posture(p, req));
	l = stricter(l, cause_of_limits(
	    &p->sets[req->direction == DIRECTION_IN], acc));
	g = cause_of_grants(&p->sets[req->direction == DIRECTION_IN], acc);
	if (!may_pass_on)
		g.reason = REASON_TRANSIT;
	why = g.level > l.level || l.level == OUTCOME_PERMIT ? g : l;
	*out = (struct decision){ .outcome = why.level,
	    .granted = g.level, .limited = l.level, .reason = why.reason,
	    .by = why.by, .cap_ttl_ms = INT64_MAX };
	if (out->outcome < OUTCOME_DENY)
		decide_terms(p, req, acc, out);
}
