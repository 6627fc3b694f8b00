/*
 * policy diff: what a change of policy opens, closes and alters.
 */
#include <string.h>

#include "ctl/client.h"
#include "ctl/policy_file.h"
#include "policy/diff.h"

static json_t *
sets_json(const struct diff *d)
{
	json_t *list = json_array();
	struct diff_set s;

	for (size_t i = 0; diff_set(d, i, &s); i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:s, "
		    "s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
		    "change", diff_kind_name(s.kind), "requests",
		    (json_int_t)s.requests, "direction", s.direction,
		    "desks", s.desks, "for", s.uses, "kind", s.kinds, "tlp",
		    s.tlps, "posture", s.postures, "discretion",
		    s.discretion, "reliability", s.reliability, "received",
		    s.received, "lineage", s.lineage, "before", s.before,
		    "before_at", s.before_at, "after", s.after, "after_at",
		    s.after_at));
	return list;
}

/* One attribute, unless it may be anything. */
static void
attribute_print(const char *name, const char *values)
{
	if (strcmp(values, "any") != 0)
		printf(", %s %s", name, values);
}

/* One policy's answer, and where the rule stands that gives it. */
static void
side_print(const char *word, const char *outcome, const char *at)
{
	printf("  %s %s%s%s\n", word, outcome, at[0] != '\0' ? "  " : "",
	    at);
}

static void
sets_print(const struct diff *d)
{
	struct diff_set s;

	for (size_t i = 0; diff_set(d, i, &s); i++) {
		printf("%s %s %s for %s", diff_kind_name(s.kind), s.direction,
		    s.desks, s.uses);
		attribute_print("kind", s.kinds);
		attribute_print("tlp", s.tlps);
		attribute_print("posture", s.postures);
		attribute_print("discretion", s.discretion);
		attribute_print("reliability", s.reliability);
		attribute_print("received", s.received);
		attribute_print("lineage", s.lineage);
		putchar('\n');
		side_print("was", s.before, s.before_at);
		side_print("now", s.after, s.after_at);
	}
	printf("%llu requests open, %llu close, %llu get other terms\n",
	    (unsigned long long)diff_count(d, DIFF_OPENS),
	    (unsigned long long)diff_count(d, DIFF_CLOSES),
	    (unsigned long long)diff_count(d, DIFF_TERMS));
}

int
cmd_policy_diff(struct ctl *c)
{
	AUTO(policy_free) struct policy *from = NULL, *to = NULL;
	AUTO(diff_free) struct diff *d = NULL;
	struct err e = { 0 };

	CTL_NO_OPTIONS(c, 2, 2);
	from = policy_open(c->argv[0], &e);
	if (from != NULL)
		to = policy_open(c->argv[1], &e);
	if (to == NULL)
		return ctl_fail_err(c, &e, "comityctl policy check FILE");
	d = policy_diff(from, to);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:I, s:I, s:I, "
		    "s:o}", "v", 1, "ok", 1, "opens",
		    (json_int_t)diff_count(d, DIFF_OPENS), "closes",
		    (json_int_t)diff_count(d, DIFF_CLOSES), "terms",
		    (json_int_t)diff_count(d, DIFF_TERMS), "sets",
		    sets_json(d));

		reply_print(j);
	} else {
		sets_print(d);
	}
	return CTL_DONE;
}
