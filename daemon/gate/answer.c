#include "gate/answer.h"

#include <string.h>

/* What people set can only take away from what the policy leaves. */
static enum posture
answer_posture(const struct gate_party *party, const struct policy_org *org)
{
	return party->posture > org->posture ? party->posture : org->posture;
}

void
answer_request(const struct gate_question *q, enum direction direction,
    int desk, int purpose, struct policy_request *out)
{
	const struct policy_org *org = policy_org(q->policy,
	    (size_t)q->party->org);

	*out = (struct policy_request){
		.direction = direction, .desk = desk, .purpose = purpose,
		.label = q->label, .posture = answer_posture(q->party, org),
		.discretion = q->party->scored ? q->party->discretion :
		    org->discretion,
		.reliability = q->party->scored ? q->party->reliability :
		    org->reliability, .received = q->received,
		.agreements = q->party->agreements,
		.circles = q->party->circles, .met = q->party->met,
		.definitions = q->party->definitions,
		.undefined = q->party->undefined, .now = q->now,
	};
}

/* Start from "nobody may have it". */
static void
answer_none(struct gate_answer *a, enum reason reason)
{
	memset(a, 0, sizeof(*a));
	a->outcome = OUTCOME_DENY;
	a->reason = reason;
	a->by = a->desk = a->purpose = -1;
	a->cap_hops = LABEL_HOPS_MAX;
	a->cap_ttl_ms = INT64_MAX;
}

/* A milder outcome, or the first one, replaces what was found so far. */
static void
answer_keep_mildest(struct gate_answer *a, const struct decision *d,
    int desk, int purpose)
{
	if (a->desk >= 0 && d->outcome >= a->outcome)
		return;
	a->outcome = d->outcome;
	a->reason = d->reason;
	a->by = d->by;
	a->desk = desk;
	a->purpose = purpose;
}

/* Join what one desk and use were released under into the answer. */
static void
answer_add(struct gate_answer *a, const struct decision *d)
{
	a->purposes |= d->purposes;
	a->obligations |= d->obligations;
	a->redactions |= d->redactions;
	a->add_lineage |= d->add_lineage;
	a->circles |= d->circles;
	if (d->cap_hops < a->cap_hops)
		a->cap_hops = d->cap_hops;
	if (d->cap_ttl_ms < a->cap_ttl_ms)
		a->cap_ttl_ms = d->cap_ttl_ms;
}

/* Calls fn for every desk of the party and every use that desk declares. */
typedef void (*desk_use_fn)(struct gate_answer *a, const struct decision *d,
    int desk, int purpose);

static void
for_each_desk_use(const struct gate_question *q, enum direction direction,
    uint32_t domains, desk_use_fn fn, struct gate_answer *a)
{
	const struct policy_org *org = policy_org(q->policy,
	    (size_t)q->party->org);

	for (int i = 0; i < org->ndesks; i++) {
		int desk = org->first_desk + i;
		uint32_t uses = policy_desk_uses(q->policy, desk) & domains;

		if (q->only != NULL && !desk_set_has(q->only, (unsigned)desk))
			continue;
		for (; uses != 0; uses &= uses - 1) {
			int purpose = __builtin_ctz(uses);
			struct policy_request req;
			struct decision d;

			answer_request(q, direction, desk, purpose, &req);
			policy_decide(q->policy, &req, &d);
			fn(a, &d, desk, purpose);
		}
	}
}

/* Second pass: a desk stays out if any use it declares got less. */
static void
answer_collect(struct gate_answer *a, const struct decision *d, int desk,
    int purpose)
{
	(void)purpose;
	if (d->outcome != a->outcome)
		return;
	desk_set_add(&a->desks, (unsigned)desk);
	answer_add(a, d);
}

/* Third pass: which desks were refused one of the released purposes. */
static void
answer_drop_mixed(struct gate_answer *a, const struct decision *d, int desk,
    int purpose)
{
	(void)purpose;
	if (d->outcome > a->outcome && (d->purposes & a->purposes) != 0)
		a->desks.w[desk / 64] &= ~(UINT64_C(1) << (desk % 64));
}

/* The domains that have at least one purpose the label allows. */
static uint32_t
label_domains(const struct policy *p, const struct label *l)
{
	const struct vocabulary *v = policy_vocabulary(p);
	uint32_t domains = 0;

	for (size_t i = 0; i < v->domains.n; i++)
		if ((v->domain_purposes[i] & l->purposes) != 0)
			domains |= 1U << i;
	return domains;
}

void
answer_out(const struct gate_question *q, struct gate_answer *out)
{
	answer_none(out, q->party->org < 0 ? REASON_UNKNOWN_PEER :
	    REASON_DEFAULT);
	if (q->party->org < 0)
		return;
	for_each_desk_use(q, DIRECTION_OUT, UINT32_MAX, answer_keep_mildest,
	    out);
	if (out->outcome > OUTCOME_REDACT)
		return;
	for_each_desk_use(q, DIRECTION_OUT, UINT32_MAX, answer_collect, out);
	for_each_desk_use(q, DIRECTION_OUT, UINT32_MAX, answer_drop_mixed,
	    out);
}

void
answer_agreed(const struct gate_question *q, const struct desk_set *desks,
    struct gate_answer *out)
{
	struct gate_question of_these = *q;
	struct gate_answer a = *out;
	uint64_t any = 0;

	of_these.only = desks;
	for_each_desk_use(&of_these, DIRECTION_OUT, UINT32_MAX,
	    answer_collect, &a);
	for_each_desk_use(&of_these, DIRECTION_OUT, UINT32_MAX,
	    answer_drop_mixed, &a);
	for (size_t w = 0; w < NELEM(a.desks.w); w++)
		any |= a.desks.w[w];
	if (any == 0)
		return;
	a.outcome = a.redactions != 0 ? OUTCOME_REDACT : OUTCOME_PERMIT;
	a.reason = REASON_AGREED;
	a.by = -1;
	*out = a;
}

void
answer_in(const struct gate_question *q, struct gate_answer *out)
{
	uint32_t domains;

	answer_none(out, q->party->org < 0 ? REASON_UNKNOWN_PEER :
	    REASON_LABEL_PURPOSE);
	if (q->party->org < 0)
		return;
	domains = label_domains(q->policy, q->label);
	for_each_desk_use(q, DIRECTION_IN, domains, answer_keep_mildest, out);
	if (out->outcome <= OUTCOME_CONSULT)
		for_each_desk_use(q, DIRECTION_IN, domains, answer_collect,
		    out);
}
