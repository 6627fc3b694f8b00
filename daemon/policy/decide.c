/*
 * The decision: outcome = max(g, l).  g is the mildest via of the matching
 * grants, l the strictest of walls, the label, the posture and the matching
 * limits; the order of rules is never looked at.
 */
#include "policy/met.h"
#include "policy/policy_private.h"

#include <string.h>

/* Four vectors in every decision; the loop is over whole steps. */
static void
and_vectors(uint64_t *restrict acc, const uint64_t *const v[4], size_t words)
{
	const uint64_t *restrict a = v[0], *restrict b = v[1],
	    *restrict c = v[2], *restrict d = v[3];

	for (size_t i = 0; i < words; i += VECTOR_STEP)
		for (size_t k = i; k < i + VECTOR_STEP; k++)
			acc[k] = a[k] & b[k] & c[k] & d[k];
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

/* May this be given under what both sides of the agreement allow? */
static bool
within_ceiling(const struct policy *p, const struct policy_request *req,
    const struct policy_ceiling *c)
{
	const struct label *l = req->label;

	return req->now.ms <= c->until.ms &&
	    clamp(l->tlp, TLP_RED, TLP_RED) <= c->tlp &&
	    (c->kinds >> kind_index(p, l) & 1) != 0 &&
	    (c->purposes & l->purposes &
	    p->file->v.domain_purposes[req->purpose]) != 0;
}

/* The bases for which what is agreed with the peer leaves nothing. */
static void
unmet_bases(const struct policy *p, const struct policy_request *req,
    uint64_t *agreements, uint64_t *circles)
{
	const struct desk_facts *d = &p->desks[req->desk];
	size_t kind = kind_index(p, req->label);

	for (uint64_t m = d->agreements; m != 0; m &= m - 1)
		if (!within_ceiling(p, req,
		    &req->met->agreements[__builtin_ctzll(m)]))
			*agreements |= m & -m;
	for (uint64_t m = d->circles; m != 0; m &= m - 1)
		if ((req->met->foci[__builtin_ctzll(m)] >> kind & 1) == 0)
			*circles |= m & -m;
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
	if (req->met != NULL)
		unmet_bases(p, req, &agreements, &circles);
	for (; circles != 0; circles &= circles - 1)
		and_not(acc, s->circle + s->words *
		    (size_t)__builtin_ctzll(circles), s->words);
	for (; agreements != 0; agreements &= agreements - 1)
		and_not(acc, s->agreement + s->words *
		    (size_t)__builtin_ctzll(agreements), s->words);
}

/* The purposes that a grant leaves. */
static uint32_t
rule_purposes(const struct rule_terms *t, const struct policy_request *req)
{
	if (t->agreement < 0 || req->met == NULL)
		return t->purposes;
	return t->purposes & req->met->agreements[t->agreement].purposes;
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

			if ((rule_purposes(&s->terms[bit], req) &
			    purposes) == 0)
				acc[w] &= ~(m & -m);
		}
}

/* Which of the words of one step have a bit. */
static inline uint64_t
step_words(const uint64_t *acc)
{
	_Static_assert(VECTOR_STEP == 4, "one term a word");
	return (uint64_t)(acc[0] != 0) | (uint64_t)(acc[1] != 0) << 1 |
	    (uint64_t)(acc[2] != 0) << 2 | (uint64_t)(acc[3] != 0) << 3;
}

/* Which words have a bit, and so which classes have a rule. */
static void
summarise(struct matching *m)
{
	const struct rule_set *s = m->set;
	unsigned classes = 0;

	for (size_t b = 0; b * 64 < s->words; b++) {
		size_t n = s->words - b * 64 < 64 ? s->words - b * 64 : 64;
		uint64_t words = 0;

		for (size_t k = 0; k < n; k += VECTOR_STEP)
			words |= step_words(&m->acc[b * 64 + k]) << k;
		m->words[b] = words;
		for (unsigned c = 0; c < RULE_CLASSES; c++)
			classes |= (unsigned)((words &
			    s->words_of[b][c]) != 0) << c;
	}
	m->classes = classes;
}

#define GRANTS ((1U << GRANT_CLASSES) - 1)

/* Only what nobody else received, or a grant lets pass on. */
static void
drop_kept(struct matching *m)
{
	bool any = (m->classes & GRANTS) != 0;

	for (size_t i = 0; i < m->set->words; i++)
		m->acc[i] &= m->set->transit[i];
	summarise(m);
	m->kept = any && (m->classes & GRANTS) == 0;
}

/* Has that kind no definition that both sides hold? */
static bool
is_unshared(const struct policy *p, const struct policy_request *req,
    size_t kind)
{
	return (((p->defined & ~req->definitions) | req->undefined) >>
	    kind & 1) != 0;
}

/* Limits on undefined terms hold for this kind too. */
static void
add_unshared(const struct rule_set *s, const uint64_t *const v[4],
    uint64_t *acc)
{
	for (size_t i = 0; i < s->words; i++)
		acc[i] |= v[0][i] & s->unshared[i] & v[2][i] & v[3][i];
}

static inline __attribute__((always_inline)) void
match(const struct policy *p, const struct policy_request *req,
    struct matching *out)
{
	const struct rule_set *s = &p->sets[req->direction == DIRECTION_IN];
	const struct desk_facts *d = &p->desks[req->desk];
	const struct label *l = req->label;
	size_t n = s->words;
	size_t use = SET_USE(req->purpose, clamp(l->tlp, TLP_RED, TLP_RED));
	size_t trust = SET_TRUST(clamp(req->discretion, BAND_E, BAND_E),
	    clamp(req->reliability, BAND_E, BAND_E));
	const uint64_t *const v[4] = {
		s->org + (size_t)d->org * n, s->kind + kind_index(p, l) * n,
		s->use + use * n, s->trust + trust * n,
	};

	out->set = s;
	out->kept = false;
	and_vectors(out->acc, v, n);
	if (s->asks_definition &&
	    is_unshared(p, req, kind_index(p, l)))
		add_unshared(s, v, out->acc);
	if ((d->circles & ~req->circles) != 0 ||
	    (d->agreements & ~req->agreements) != 0 ||
	    req->now.ms > d->agreements_end.ms || req->met != NULL)
		drop_unmet_terms(p, s, req, out->acc);
	if (s->narrows)
		drop_narrow(p, s, req, out->acc);
	summarise(out);
	if (req->received && req->direction != DIRECTION_IN)
		drop_kept(out);
}

void
policy_match(const struct policy *p, const struct policy_request *req,
    struct matching *out)
{
	match(p, req, out);
}

/* The first matching rule of a class that has one. */
static int
first_rule(const struct matching *m, enum rule_class c)
{
	size_t b = 0, w;

	while ((m->words[b] & m->set->words_of[b][c]) == 0)
		b++;
	w = b * 64 + (size_t)__builtin_ctzll(m->words[b] &
	    m->set->words_of[b][c]);
	return m->set->terms[w * 64 +
	    (size_t)__builtin_ctzll(m->acc[w])].rule;
}

/* Of an organisation whose attestation has ended, all desks are one. */
static uint32_t
walled_now(const struct desk_facts *d, const struct policy_request *req)
{
	return req->now.ms > d->attested_until.ms ? d->walled_later :
	    d->walled;
}

int
policy_wall_of(const struct policy *p, const struct policy_request *req)
{
	const struct policy_file *f = p->file;
	const struct desk_facts *d = &p->desks[req->desk];
	const struct policy_party *party = &f->parties.v[d->org];
	bool whole = d->org != 0 && (party->wall != POLICY_WALL_ATTESTED ||
	    req->now.ms > d->attested_until.ms);
	uint32_t uses = d->uses;

	if ((req->label->lineage & walled_now(d, req)) == 0)
		return -1;
	for (int i = 0; i < party->ndesks && whole; i++)
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

	if (out && (l->lineage & walled_now(d, req)) != 0)
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

/* The stricter one; of equals the first. */
static struct cause
stricter(struct cause a, struct cause b)
{
	return b.level > a.level ? b : a;
}

/* By the set of classes that match: the mildest grant, else nothing. */
static const uint8_t granted_by[1 << GRANT_CLASSES] = {
	OUTCOME_DENY, OUTCOME_PERMIT, OUTCOME_REDACT, OUTCOME_PERMIT,
	OUTCOME_CONSULT, OUTCOME_PERMIT, OUTCOME_REDACT, OUTCOME_PERMIT,
};

/* ... and the strictest limit. */
static const uint8_t limited_by[1 << (RULE_CLASSES - GRANT_CLASSES)] = {
	OUTCOME_PERMIT, OUTCOME_REDACT, OUTCOME_CONSULT, OUTCOME_CONSULT,
	OUTCOME_DENY, OUTCOME_DENY, OUTCOME_DENY, OUTCOME_DENY,
};

/* outcome = max(g, l), and the rule or reason that decided. */
static void
decide_outcome(const struct matching *m, struct cause own,
    struct decision *out)
{
	enum outcome g = granted_by[m->classes & GRANTS];
	enum outcome limits = limited_by[m->classes >> GRANT_CLASSES];
	enum outcome l = limits > own.level ? limits : own.level;

	out->granted = g;
	out->limited = l;
	out->outcome = g > l ? g : l;
	out->reason = REASON_RULE;
	out->by = -1;
	if (g > l || l == OUTCOME_PERMIT) {
		if (g == OUTCOME_DENY)
			out->reason = m->kept ? REASON_TRANSIT :
			    REASON_DEFAULT;
		else
			out->by = first_rule(m, (enum rule_class)
			    (CLASS_PERMIT + (g - OUTCOME_PERMIT)));
	} else if (limits > own.level) {
		out->by = first_rule(m, (enum rule_class)
		    (CLASS_LIMIT_REDACT + (l - OUTCOME_REDACT)));
	} else {
		out->reason = own.reason;
		out->by = own.by;
	}
}

/* One matching rule: caps are the meet, obligations and redactions the union. */
static void
add_rule(const struct rule_terms *t, const struct policy_request *req,
    struct decision *out)
{
	if (t->hops < out->cap_hops)
		out->cap_hops = t->hops;
	if (t->ttl_ms < out->cap_ttl_ms)
		out->cap_ttl_ms = t->ttl_ms;
	out->purposes &= rule_purposes(t, req);
	out->obligations |= t->obligations;
	out->redactions |= t->redactions;
	out->add_lineage |= t->lineage;
	if (t->circle >= 0)
		out->circles |= UINT64_C(1) << t->circle;
	if (t->agreement < 0)
		return;
	out->agreements |= UINT64_C(1) << t->agreement;
	if (req->met != NULL &&
	    req->met->agreements[t->agreement].hops < out->cap_hops)
		out->cap_hops = req->met->agreements[t->agreement].hops;
}

/* Returns the purposes that any of the grants leaves. */
static uint32_t
add_terms(const struct matching *m, const struct policy_request *req,
    struct decision *out)
{
	const struct rule_set *s = m->set;
	uint32_t any = 0;

	for (size_t b = 0; b * 64 < s->words; b++)
		for (uint64_t words = m->words[b]; words; words &= words - 1) {
			size_t w = b * 64 + (size_t)__builtin_ctzll(words);
			uint64_t bits = m->acc[w];

			for (; bits != 0; bits &= bits - 1) {
				const struct rule_terms *t = &s->terms[w *
				    64 + (size_t)__builtin_ctzll(bits)];

				add_rule(t, req, out);
				any |= w < s->first[GRANT_CLASSES] ?
				    rule_purposes(t, req) : 0;
			}
		}
	return any;
}

static void
decide_terms(const struct policy *p, const struct policy_request *req,
    const struct matching *m, struct decision *out)
{
	uint32_t purposes = req->label->purposes &
	    p->file->v.domain_purposes[req->purpose];
	uint32_t any;

	out->cap_hops = req->label->hops;
	if (req->direction != DIRECTION_IN)
		out->cap_hops--;
	out->purposes = purposes;
	any = add_terms(m, req, out);
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
	struct matching m;

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
	match(p, req, &m);
	*out = (struct decision){ .cap_ttl_ms = INT64_MAX };
	decide_outcome(&m, stricter(cause_of_label(p, req),
	    cause_of_posture(p, req)), out);
	if (out->outcome < OUTCOME_DENY)
		decide_terms(p, req, &m, out);
}
