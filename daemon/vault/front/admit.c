#include "vault/front/admit.h"

#include <string.h>

#include "gate/admit.h"
#include "vault/circle.h"
#include "vault/trust/evidence.h"

/* Something it refers to may still come: see control_publish.c. */
#define HOLD_MS (10 * 1000)

struct front_admit {
	struct vault *v;		/* borrowed */
	int desk;
	struct admit_binding binding;
	bool bound, holds;
	uint64_t stored;
	uint64_t generation;		/* of the policy it was made for */
	struct front_collection collection;
	struct admit_verdict verdicts[BATCH_RECORDS_MAX];
};

/* Ourselves, and who is in the policy and in the document, if any. */
static bool
is_member(const struct front_admit *a,
    const struct policy_circle_facts *facts, size_t org)
{
	return org == 0 || (org_set_has(&facts->members, (unsigned)org) &&
	    circle_has(a->v->circles, str_of(facts->id),
	    policy_org(a->v->policy, org)->id));
}

/* Who is in a circle, and what it is about, as the policy says. */
static bool
binding_make(struct front_admit *a)
{
	const struct policy *p = a->v->policy;
	struct policy_circle_facts facts;

	for (size_t i = 0; policy_circle_at(p, i, &facts); i++) {
		if (strcmp(facts.id, a->collection.circle) != 0)
			continue;
		memset(&a->binding, 0, sizeof(a->binding));
		a->binding.kinds = facts.foci;
		for (size_t o = 0; o < policy_norgs(p); o++) {
			const struct policy_org *org = policy_org(p, o);

			if (!is_member(a, &facts, o))
				continue;
			for (int d = 0; d < org->ndesks; d++)
				desk_set_add(&a->binding.audience,
				    (unsigned)(org->first_desk + d));
		}
		return true;
	}
	return false;
}

struct front_admit *
front_admit_new(struct vault *v, int desk, const struct front_collection *c)
{
	struct front_admit *a = mem_new(struct front_admit);

	a->v = v;
	a->collection = *c;
	a->bound = c->kind == FRONT_CIRCLE;
	if (front_admit_renew(a, desk))
		return a;
	free(a);
	return NULL;
}

bool
front_admit_renew(struct front_admit *a, int desk)
{
	if (desk < 0)
		return false;
	/* The numbers of desks and kinds are those of one policy. */
	if (a->generation == a->v->policy_generation)
		return true;
	a->desk = desk;
	a->generation = a->v->policy_generation;
	return !a->bound || binding_make(a);
}

static void
admit_let_go(struct front_admit *a)
{
	if (!a->holds)
		return;
	a->holds = false;
	gate_unhold(a->v->gate, a);
	turn_wake(a->v->turn);
}

void
front_admit_free(struct front_admit *a)
{
	if (a == NULL)
		return;
	admit_let_go(a);
	free(a);
}

/*
 * The same version with other bytes: is it the same object after all,
 * written with other blanks or another order?
 */
static bool
admit_is_same(struct front_admit *a, int64_t seq, struct str object)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	struct store_record r;
	json_t *ours, *theirs;
	bool same;

	if (seq == 0 || store_get(a->v->store, seq, arena, &r) != 0)
		return false;
	ours = json_loadb(r.bytes.p, r.bytes.n, 0, NULL);
	theirs = json_loadb(object.p, object.n, 0, NULL);
	same = ours != NULL && theirs != NULL && json_equal(ours, theirs);
	json_decref(ours);
	json_decref(theirs);
	return same;
}

static bool
admit_is_taken(struct front_admit *a, const struct admit_verdict *got,
    struct str object)
{
	return got->refusal == REFUSAL_NONE ||
	    (got->refusal == REFUSAL_CONFLICT &&
	    admit_is_same(a, got->conflict, object));
}

static void
admit_tell(struct front_admit *a, const struct str *v, size_t n,
    struct front_status *status)
{
	for (size_t i = 0; i < n; i++) {
		const struct admit_verdict *got = &a->verdicts[i];

		if (!admit_is_taken(a, got, v[i]))
			front_status_failure(status, str_of(got->id), v[i],
			    got->text[0] != '\0' ? got->text :
			    refusal_text((int)got->refusal));
		else
			front_status_success(status, str_of(got->id), v[i]);
		a->stored += got->refusal == REFUSAL_NONE && !got->unchanged;
		a->holds = a->holds || got->dangles;
	}
}

int
front_admit(struct front_admit *a, const struct str *v, size_t n,
    struct front_status *status)
{
	struct admit_objects in = { .desk = a->desk, .v = v, .n = n,
	    .now = vault_now(a->v), .keep_label = true, .walled = true,
	    .binding = a->bound ? &a->binding : NULL };
	int64_t before = store_last_seq(a->v->store);

	TRY(admit_published(a->v->gate, &in, a->verdicts));
	for (size_t i = 0; i < n; i++)
		if (a->verdicts[i].refusal == REFUSAL_NONE)
			TRY(evidence_object(a->v->evidence, v[i], STR("")));
	admit_tell(a, v, n, status);
	if (a->holds)
		gate_hold(a->v->gate, a, before + 1, (unix_ms_t){
		    in.now.ms + HOLD_MS });
	turn_wake(a->v->turn);
	return 0;
}

void
front_admit_done(struct front_admit *a)
{
	admit_let_go(a);
}

void
front_admit_count(struct front_admit *a)
{
	a->v->published += a->stored;
}
