/*
 * policy diff: what a change of policy opens, closes and alters.
 */
#include <string.h>

#include "ctl/client.h"
#include "ctl/policy_file.h"
#include "ctl/policy_running.h"
#include "policy/diff.h"
#include "policy/opens.h"

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

/* The policy that a daemon has in force, or that waits there. */
static int
open_running(struct ctl *c, bool pending, struct policy **out)
{
	AUTO(file_set_free) struct file_set *files = NULL;
	struct err e = { 0 };
	int rc = policy_running(c, pending, &files);

	if (rc != 0)
		return rc;
	*out = policy_load(files, "policy.yaml", &e);
	return *out == NULL ? ctl_fail_err(c, &e, "is the daemon of another "
	    "version? comityctl version") : 0;
}

/* The two policies that the command names; without a name, the daemon's. */
static int
open_both(struct ctl *c, struct policy *both[2])
{
	struct err e = { 0 };
	int rc = 0;

	if (c->argc < 2)
		rc = open_running(c, false, &both[0]);
	if (rc == 0 && c->argc == 0)
		return open_running(c, true, &both[1]);
	for (int i = 0; rc == 0 && i < c->argc; i++) {
		struct policy **p = &both[2 - c->argc + i];

		*p = policy_open(c->argv[i], &e);
		if (*p == NULL)
			rc = ctl_fail_err(c, &e,
			    "comityctl policy check FILE");
	}
	return rc;
}

static json_t *
facts_json(const struct diff *d)
{
	json_t *list = json_array();

	for (size_t i = 0; diff_fact(d, i) != NULL; i++)
		json_array_append_new(list, json_string(diff_fact(d, i)));
	return list;
}

static int
diff_print(struct ctl *c, const struct policy *from, const struct policy *to)
{
	AUTO(diff_free) struct diff *d = policy_diff(from, to);
	char why[512] = "";
	bool opens = policy_opens(from, to, why, sizeof(why));

	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:I, s:I, s:I, "
		    "s:o, s:o, s:i, s:s}", "v", 1, "ok", 1, "opens",
		    (json_int_t)diff_count(d, DIFF_OPENS), "closes",
		    (json_int_t)diff_count(d, DIFF_CLOSES), "terms",
		    (json_int_t)diff_count(d, DIFF_TERMS), "sets",
		    sets_json(d), "facts", facts_json(d), "people",
		    opens ? 2 : 1, "why", why);

		reply_print(j);
		return CTL_DONE;
	}
	sets_print(d);
	for (size_t i = 0; diff_fact(d, i) != NULL; i++)
		printf("%s\n", diff_fact(d, i));
	if (opens)
		printf("it takes two people: %s\n", why);
	else
		puts("it opens nothing: one person is enough");
	return CTL_DONE;
}

int
cmd_policy_diff(struct ctl *c)
{
	struct policy *both[2] = { NULL, NULL };
	int rc;

	CTL_NO_OPTIONS(c, 0, 2);
	rc = open_both(c, both);
	if (rc == 0)
		rc = diff_print(c, both[0], both[1]);
	policy_free(both[0]);
	policy_free(both[1]);
	return rc;
}
