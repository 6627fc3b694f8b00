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

static int
tell(struct evidence *e, const char *id, enum trust_kind kind,
    const char *why, unix_ms_t until)
{
	int rc = evidence_add(e, &(struct evidence_item){
	    .peer = str_of(id), .kind = kind, .source = STR("the policy"),
	    .reason = str_of(why), .until = until });

	return rc < 0 ? rc : 0;
}

/* What became of it, beside what was stated; `was` is what is kept. */
static int
compare(struct evidence *e, const struct policy_org *org,
    const struct stated *was, struct stated *now)
{
	char why[STATE_MAX];

	if (strcmp(now->tie, was->tie) != 0) {
		snprintf(why, sizeof(why), "gov-tie was %s and is %s",
		    was->tie, now->tie);
		TRY(tell(e, org->id, TRUST_GOV_TIE_CHANGED, why,
		    (unix_ms_t){ 0 }));
	}
	now->lapsed = now->until <= evidence_now(e).ms;
	if (was->until > 0 && now->lapsed && !was->lapsed)
		return tell(e, org->id, TRUST_ATTESTATION_LAPSED,
		    now->until == 0 ? "its wall is no longer attested" :
		    "the attestation of its wall has ended",
		    (unix_ms_t){ 0 });
	/* Somebody looked at it again, and our people wrote that down. */
	if (!now->lapsed && now->until > was->until)
		return tell(e, org->id, TRUST_ATTESTED,
		    "attested-until is later than it was", (unix_ms_t){
		    now->until == UNIX_MS_NEVER.ms ? 0 : now->until });
	return 0;
}

int
evidence_ties(struct evidence *e)
{
	struct vault *v = evidence_vault(e);
	size_t n = v->policy == NULL ? 0 : policy_norgs(v->policy);

	for (size_t i = 1; i < n; i++) {
		const struct policy_org *org = policy_org(v->policy, i);
		struct stated was, now = { .until = org->attested_until.ms };
		int rc = stated_read(v, org->id, &was);

		snprintf(now.tie, sizeof(now.tie), "%s", org->gov_tie);
		if (rc == ERR_NOT_FOUND) {
			/* The first word on it is no change. */
			now.lapsed = now.until <= evidence_now(e).ms;
			TRY(stated_write(v, org->id, &now));
			continue;
		}
		TRY(rc);
		TRY(compare(e, org, &was, &now));
		if (memcmp(now.tie, was.tie, strlen(now.tie) + 1) != 0 ||
		    now.until != was.until || now.lapsed != was.lapsed)
			TRY(stated_write(v, org->id, &now));
	}
	return 0;
}
