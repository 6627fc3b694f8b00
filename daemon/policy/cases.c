/*
 * A policy's own tests, and requests typed by people: the same form.
 */
#include "policy/policy_private.h"

#include <string.h>

void
policy_case_request(const struct policy *p, const struct policy_case *c,
    struct policy_request *out)
{
	const struct policy_org *org = &p->orgs[p->desks[c->desk].org];

	*out = (struct policy_request){
		.direction = c->in ? DIRECTION_IN : DIRECTION_OUT,
		.desk = c->desk, .purpose = c->purpose, .label = &c->label,
		.posture = c->posture < 0 ? org->posture :
		    (enum posture)c->posture,
		.discretion = (enum band)c->discretion,
		.reliability = (enum band)c->reliability,
		.received = c->received, .agreements = UINT64_MAX,
		.circles = UINT64_MAX, .now = c->date,
		.definitions = c->unshared ? 0 : UINT64_MAX,
		.undefined = c->unshared ? UINT64_MAX : 0,
	};
}

/* One line; true if it came out as expected. */
static bool
run_case(const struct policy *p, const struct policy_case *c,
    struct buf *report)
{
	struct policy_request req;
	struct decision d;
	const char *by;
	bool good;

	policy_case_request(p, c, &req);
	policy_decide(p, &req, &d);
	by = d.by >= 0 || d.outcome != OUTCOME_PERMIT ?
	    policy_by_name(p, &d) : "";
	good = (int)d.outcome == c->expect &&
	    (c->by.n == 0 || str_eqz(c->by, by));
	buf_addf(report, "%s %s:%u: %s %s %s", good ? "ok" : "FAILED",
	    c->at->file, c->at->line, c->in ? "from" : "to",
	    p->file->v.desks.v[c->desk],
	    p->file->v.kinds.v[c->label.kind]);
	if (good)
		buf_addf(report, ": %s by %s\n",
		    outcome_name(d.outcome), by);
	else
		buf_addf(report, ": expected %s%s%s, got %s by %s\n",
		    policy_levels[c->expect], c->by.n > 0 ? " by " : "",
		    c->by.n > 0 ? c->by.p : "", outcome_name(d.outcome), by);
	return good;
}

void
policy_test(const struct policy *p, struct buf *out_report,
    struct policy_test_result *out)
{
	const struct policy_file *f = p->file;

	*out = (struct policy_test_result){ 0 };
	for (size_t i = 0; i < f->tests.n; i++) {
		if (run_case(p, &f->tests.v[i], out_report))
			out->passed++;
		else
			out->failed++;
	}
}

int
policy_parse_request(const struct policy *p, struct str text,
    struct policy_request *req, struct label *label, struct err *e)
{
	struct policy_case c;

	TRY(policy_file_case(p->file, text, &c, e));
	policy_case_request(p, &c, req);
	*label = c.label;
	req->label = label;
	return 0;
}
