/*
 * policy test: the tests inside a policy, and what they leave untested.
 */
#include <string.h>

#include "ctl/client.h"
#include "ctl/policy_file.h"
#include "policy/coverage.h"

/* The lines of the report; those that say ok only if all are wanted. */
static void
report_print(const struct buf *report, bool all)
{
	for (const char *line = report->p; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");

		if (all || strncmp(line, "ok", 2) != 0)
			printf("%.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static const char *
miss_kind(const struct coverage_miss *m)
{
	return m->limit ? "limit" : "grant";
}

static json_t *
coverage_json(const struct coverage *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->misses.n; i++) {
		const struct coverage_miss *m = &c->misses.v[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, "
		    "s:i}", "id", m->id, "kind", miss_kind(m), "file",
		    m->file, "line", (int)m->line, "column",
		    (int)m->column));
	}
	return json_pack("{s:I, s:I, s:i, s:o}", "rules",
	    (json_int_t)c->rules, "exercised", (json_int_t)c->exercised,
	    "percent", (int)coverage_percent(c), "missed", list);
}

static void
coverage_print(const struct coverage *c)
{
	for (size_t i = 0; i < c->misses.n; i++) {
		const struct coverage_miss *m = &c->misses.v[i];

		printf("%s:%u:%u: no test exercises %s \"%s\"\n", m->file,
		    m->line, m->column, miss_kind(m), m->id);
	}
	printf("%zu of %zu grants and limits exercised, %u %%\n",
	    c->exercised, c->rules, coverage_percent(c));
}

int
cmd_policy_test(struct ctl *c)
{
	bool verbose = false, wanted = false;
	const struct ctl_option options[] = {
		{ "verbose", &verbose, NULL, 0 },
		{ "coverage", &wanted, NULL, 0 },
	};
	AUTO(policy_free) struct policy *p = NULL;
	AUTO_BUF struct buf report = { 0 };
	struct policy_test_result r;
	struct coverage coverage;
	struct err e = { 0 };

	CTL_OPTIONS(c, options, 1, 1);
	p = policy_open(c->argv[0], &e);
	if (p == NULL)
		return ctl_fail_err(c, &e, "comityctl policy check FILE");
	policy_test(p, &report, &r);
	coverage_of(p, &coverage);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:I, s:I, s:s, "
		    "s:o}", "v", 1, "ok", r.failed == 0, "passed",
		    (json_int_t)r.passed, "failed", (json_int_t)r.failed,
		    "report", report.p == NULL ? "" : report.p, "coverage",
		    coverage_json(&coverage));

		reply_print(j);
	} else {
		report_print(&report, verbose);
		if (wanted)
			coverage_print(&coverage);
		printf("%s: %zu passed, %zu failed\n", c->argv[0], r.passed,
		    r.failed);
	}
	coverage_clear(&coverage);
	return r.failed == 0 ? CTL_DONE : CTL_REFUSED;
}
