/*
 * What two policies say otherwise of scores.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_private.h"

struct telling {
	const struct policy *from, *to;
	scoring_tell tell;
	void *arg;
};

static void PRINTF_LIKE(3, 4)
tell(const struct telling *t, bool opens, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->tell(t->arg, opens, text);
}

static void
tell_weights(const struct telling *t)
{
	for (int i = 0; i < TRUST_KINDS; i++) {
		enum trust_kind k = (enum trust_kind)i;
		int64_t was = scoring_of(t->from, k);
		int64_t now = scoring_of(t->to, k);
		char before[SCORING_TEXT_MAX], after[SCORING_TEXT_MAX];

		/* Of both, more is better for a score. */
		if (trust_kind_weighs(k) && was != now)
			tell(t, now > was, "evidence %s weighs %s, was %s",
			    trust_kind_name(k), scoring_text(after, now),
			    scoring_text(before, was));
	}
}

static void
tell_life(const struct telling *t, const char *name, int64_t was,
    int64_t now, bool good)
{
	char before[SCORING_LIFE_MAX], after[SCORING_LIFE_MAX];

	if (was != now)
		tell(t, (now > was) == good, "the half life of %s evidence is "
		    "%s, was %s", name, scoring_life_text(after, now),
		    scoring_life_text(before, was));
}

/* Who is of another group may confirm what it could not. */
static void
tell_groups(const struct telling *t)
{
	for (size_t i = 0; i < policy_norgs(t->to); i++) {
		const char *id = policy_org(t->to, i)->id;
		int was = policy_find_org(t->from, str_of(id));
		const char *before, *after;

		if (was < 0)
			continue;
		before = policy_org_group_name(t->from, was);
		after = policy_org_group_name(t->to, (int)i);
		/* Another country is told as that. */
		if (strcmp(before, after) != 0 &&
		    (t->from->file->parties.v[was].group >= 0 ||
		    t->to->file->parties.v[i].group >= 0))
			tell(t, true, "%s is of the group %s, was of %s", id,
			    after, before);
	}
}

void
scoring_diff(const struct policy *from, const struct policy *to,
    scoring_tell fn, void *arg)
{
	const struct telling t = { from, to, fn, arg };
	const struct trust_rules *a = &from->trust.rules;
	const struct trust_rules *b = &to->trust.rules;

	tell_weights(&t);
	tell_life(&t, "good", a->good_half_life, b->good_half_life, true);
	tell_life(&t, "vouched", a->vouch_half_life, b->vouch_half_life,
	    true);
	tell_life(&t, "bad", a->harm_half_life, b->harm_half_life, false);
	tell_groups(&t);
	if (from->trust.blocking != to->trust.blocking)
		tell(&t, to->trust.blocking > from->trust.blocking,
		    "exports that block take sources from %s on, took them "
		    "from %s on", band_name(to->trust.blocking),
		    band_name(from->trust.blocking));
}
