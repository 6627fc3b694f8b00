/*
 * What people state in the policy of a CERT's tie to its state and of its
 * wall is evidence when it changes.
 */
#include <stdio.h>
#include <string.h>

#include "vault/trust/evidence.h"

#define SPACE "ties"
#define STATE_MAX 128

/* What was stated, as kept: "GOV-TIE UNTIL-MS lapsed". */
struct stated {
	char tie[32];
	long long until;	/* 0: no attested wall */
	int lapsed;		/* it was told that it ended */
};

static int
stated_read(struct vault *v, const char *id, struct stated *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct stated s;
	struct str value;
	int rc = store_value(v->store, SPACE, id, arena, &value);

	if (rc < 0)
		return rc;
	if (sscanf(value.p, "%31s %lld %d", s.tie, &s.until, &s.lapsed) != 3)
		return ERR_STORE;
	*out = s;
	return 0;
}

static int
stated_write(struct vault *v, const char *id, const struct stated *s)
{
	char text[STATE_MAX];

	snprintf(text, sizeof(text), "%s %lld %d", s->tie, s->until,
	    s->lapsed);
	return store_set(v->store, SPACE, id, str_of(text));
}

/* What is to be told of one CERT. */
struct telling {
	struct evidence *e;
	const char *id;
	evidence_visit visit;
	void *arg;
};

static int
tell(const struct telling *t, enum trust_kind kind, const char *why,
    int64_t until)
{
	return t->visit(t->arg, &(struct evidence_item){
	    .at = evidence_now(t->e), .peer = str_of(t->id), .kind = kind,
	    .source = STR("the policy"), .reason = str_of(why),
	    .until.ms = until == UNIX_MS_NEVER.ms ? 0 : until });
}

/* What became of it, beside what was stated; `was` is what is kept. */
static int
compare(const struct telling *t, const struct stated *was,
    struct stated *now)
{
	char why[STATE_MAX];

	if (strcmp(now->tie, was->tie) != 0) {
		snprintf(why, sizeof(why), "gov-tie was %s and is %s",
		    was->tie, now->tie);
		TRY(tell(t, TRUST_GOV_TIE_CHANGED, why, 0));
	}
	now->lapsed = now->until <= evidence_now(t->e).ms;
	if (was->until > 0 && now->lapsed && !was->lapsed)
		return tell(t, TRUST_ATTESTATION_LAPSED, now->until == 0 ?
		    "its wall is no longer attested" :
		    "the attestation of its wall has ended", 0);
	/* Somebody looked at it again, and our people wrote that down. */
	if (!now->lapsed && now->until > was->until)
		return tell(t, TRUST_ATTESTED,
		    "attested-until is later than it was", now->until);
	return 0;
}

static void
stated_by(const struct policy_org *org, struct stated *out)
{
	*out = (struct stated){ .until = org->attested_until.ms };
	snprintf(out->tie, sizeof(out->tie), "%s", org->gov_tie);
}

int
evidence_ties_foretell(struct evidence *e, const struct policy *p,
    evidence_visit visit, void *arg)
{
	size_t n = p == NULL ? 0 : policy_norgs(p);

	for (size_t i = 1; i < n; i++) {
		const struct policy_org *org = policy_org(p, i);
		struct telling t = { e, org->id, visit, arg };
		struct stated was, now;
		int rc = stated_read(evidence_vault(e), org->id, &was);

		if (rc == ERR_NOT_FOUND)
			continue;	/* the first word on it is no change */
		TRY(rc);
		stated_by(org, &now);
		TRY(compare(&t, &was, &now));
	}
	return 0;
}

static int
on_told(void *arg, const struct evidence_item *item)
{
	int rc = evidence_add(arg, item);

	return rc < 0 ? rc : 0;
}

int
evidence_ties(struct evidence *e)
{
	struct vault *v = evidence_vault(e);
	size_t n = v->policy == NULL ? 0 : policy_norgs(v->policy);

	TRY(evidence_ties_foretell(e, v->policy, on_told, e));
	for (size_t i = 1; i < n; i++) {
		const struct policy_org *org = policy_org(v->policy, i);
		struct stated was = { 0 }, now;
		int rc = stated_read(v, org->id, &was);

		if (rc < 0 && rc != ERR_NOT_FOUND)
			return rc;
		stated_by(org, &now);
		now.lapsed = now.until <= evidence_now(e).ms;
		if (rc == ERR_NOT_FOUND || strcmp(now.tie, was.tie) != 0 ||
		    now.until != was.until || now.lapsed != was.lapsed)
			TRY(stated_write(v, org->id, &now));
	}
	return 0;
}
