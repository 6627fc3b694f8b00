#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/unit.h"
#include "record/handling.h"

#define EXAMPLES SOURCE_ROOT "/config/examples/"
#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops], " \
	    "lab: [intel]}, default-label: {tlp: green}}\n" \
	"purposes: {secops: [detect, block], intel: [collect], law: [ask]}\n" \
	"origin-tags: [ngo]\n" \
	"kinds: {technical: [botnet, ioc], rest: [victim]}\n" \
	"walls: [{id: W, keep: [secops], out-of: [intel]}]\n" \
	"peers:\n" \
	"  cert-xb: {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops], lea: [law]}}\n" \
	"  cert-xd: {country: XD, type: national, wall: declared, " \
	    "desks: {ops: [secops], fusion: [intel]}, " \
	    "default-label: {tlp: amber, lineage: [ngo], purposes: [detect]," \
	    " caveats: [no-resale], hops: 0}}\n" \
	"circles: {c: {members: [cert-xb], foci: [botnet, ioc], " \
	    "charter: \"sha256:aa\"}}\n" \
	"agreements:\n" \
	"  - {id: A, with: cert-xb, until: \"2030-01-31\", digest: " \
	    "\"sha256:bb\", ours: {purposes: [secops], kinds: [ioc, botnet]," \
	    " tlp: amber, hops: 2}, theirs: {purposes: [detect], kinds: " \
	    "[ioc], tlp: green, hops: 1}}\n"

static struct policy *
load_text(const char *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p.yaml"), str_of(text)), 0);
	p = policy_load(files, "p.yaml", &e);
	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

/* The bytes of a file, or NULL if there is none; freed by the caller. */
static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = mem_zeroed(1, 1 << 20);

	if (f == NULL) {
		free(text);
		return NULL;
	}
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* One request against one policy: what must come out. */
struct row {
	const char *request;
	enum outcome want;
	const char *by;		/* as in tests: an id or a reason */
};

static void
decide(const struct policy *p, const char *request, struct decision *out)
{
	struct policy_request req;
	struct label label;
	struct err e = { 0 };

	if (policy_parse_request(p, str_of(request), &req, &label, &e) < 0)
		fail_msg("%s: %s", request, e.text);
	policy_decide(p, &req, out);
}

static void
check_rows(const struct policy *p, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct decision d;
		const char *by;

		decide(p, rows[i].request, &d);
		by = d.by >= 0 ? policy_rule_id(p, d.by) :
		    reason_name(d.reason);
		if (d.outcome != rows[i].want || strcmp(by, rows[i].by) != 0)
			fail_msg("%s: got %s by %s, want %s by %s",
			    rows[i].request, outcome_name(d.outcome), by,
			    outcome_name(rows[i].want), rows[i].by);
	}
}

static void
test_policy_test_examples(void **state)
{
	static const struct {
		const char *path;
		size_t tests;
		bool optional;
	} rows[] = {
		{ EXAMPLES "reference.yaml", 16, false },
		{ EXAMPLES "demo/cert-xa.yaml", 15, false },
		{ EXAMPLES "demo/cert-xb.yaml", 7, false },
		{ EXAMPLES "demo/cert-xc.yaml", 5, false },
		{ EXAMPLES "demo/cert-xd.yaml", 4, false },
		{ SOURCE_ROOT "/../shared/policy-example.yaml", 16, true },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(mem_free) char *text = slurp(rows[i].path);
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf report = { 0 };
		struct policy_test_result r;

		if (text == NULL && rows[i].optional) {
			print_message("%s is not here\n", rows[i].path);
			continue;
		}
		assert_non_null(text);
		p = load_text(text);
		policy_test(p, &report, &r);
		if (r.failed != 0 || r.passed != rows[i].tests)
			fail_msg("%s: %zu passed\n%s", rows[i].path,
			    r.passed, report.p);
		if (!rows[i].optional)
			assert_null(policy_warning(p, 0));
	}
}

static void
test_policy_test_report(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD
	    "tests:\n  - {to: cert-xb/ops, kind: ioc, expect: permit}\n"
	    "  - {to: cert-xb/ops, kind: ioc, expect: deny, by: default}\n");
	AUTO_BUF struct buf report = { 0 };
	struct policy_test_result r;

	(void)state;
	policy_test(p, &report, &r);
	assert_int_equal(r.passed, 1);
	assert_int_equal(r.failed, 1);
	assert_string_equal(report.p, "FAILED p.yaml:14: to cert-xb/ops ioc: "
	    "expected permit, got deny by default\n"
	    "ok p.yaml:15: to cert-xb/ops ioc: deny by default\n");
}

static void
test_policy_load_by(void **state)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };

	(void)state;
	assert_int_equal(file_set_add(files, STR("p.yaml"), STR(HEAD
	    "tests: [{to: cert-xb/ops, expect: deny, by: nobody}]\n")), 0);
	assert_null(policy_load(files, "p.yaml", &e));
	assert_string_equal(e.text, "p.yaml:13:45: by \"nobody\" is no wall, "
	    "grant, limit, posture or reason");
	assert_null(policy_load(files, "q.yaml", &e));
	assert_string_equal(e.text, "q.yaml: there is no such file");
}

#define GRANTS \
	"grants:\n" \
	"  - {id: g, out: {circle: c}, kind: technical, for: [secops], tlp: " \
	    "<=green, discretion: \">=C\", cap: {hops: 3, ttl: 90d}, oblige: " \
	    "[receipt]}\n" \
	"  - {id: a, out: {agreement: A}, kind: technical, for: [secops], " \
	    "tlp: <=amber, cap: {ttl: 30d}, oblige: [embargo]}\n" \
	"  - {id: v, out: {country: [XB, XD]}, kind: [victim], for: any, " \
	    "tlp: <=red, via: redact, redact: [source], transit: true}\n" \
	"  - {id: i, in: any, kind: any, for: any, tag: [ngo], oblige: " \
	    "[warninglist-check]}\n" \
	"limits:\n" \
	"  - {id: amber, out: any, kind: victim, tlp: \">=amber\", level: " \
	    "consult}\n" \
	"  - {id: weak, out: any, discretion: \"<D\", level: deny}\n" \
	"  - {id: undef, out: any, definition: unshared, level: consult}\n"

static void
test_policy_decide_reasons(void **state)
{
	static const struct row rows[] = {
		{ "to: cert-xb/ops, kind: botnet, tlp: green", OUTCOME_PERMIT,
		  "g" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, discretion: D",
		  OUTCOME_PERMIT, "a" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, discretion: E",
		  OUTCOME_DENY, "weak" },
		/* The agreement has botnet on our side only. */
		{ "to: cert-xb/ops, kind: botnet, tlp: green, discretion: D",
		  OUTCOME_DENY, "default" },
		/* ... and green on theirs. */
		{ "to: cert-xb/ops, kind: ioc, tlp: amber", OUTCOME_DENY,
		  "default" },
		{ "to: cert-xb/lea, kind: ioc, tlp: green", OUTCOME_DENY,
		  "desk-purpose" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, purposes: []",
		  OUTCOME_DENY, "label-purpose" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, purposes: [collect]",
		  OUTCOME_DENY, "label-purpose" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, hops: 0",
		  OUTCOME_DENY, "hops" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, received: true",
		  OUTCOME_DENY, "transit" },
		{ "to: cert-xb/ops, kind: victim, tlp: green, received: true",
		  OUTCOME_REDACT, "v" },
		{ "to: cert-xb/ops, kind: victim, tlp: amber", OUTCOME_CONSULT,
		  "amber" },
		{ "to: cert-xb/ops, kind: other, tlp: clear", OUTCOME_DENY,
		  "default" },
		/* N3: what may not be blocked; detect is left. */
		{ "to: cert-xb/ops, kind: ioc, tlp: green, pap: red",
		  OUTCOME_PERMIT, "g" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, purposes: [block], "
		  "pap: red", OUTCOME_DENY, "label-purpose" },
		/* Declared walls count as none: one desk with all uses. */
		{ "to: cert-xd/ops, kind: victim, tlp: green", OUTCOME_FORBID,
		  "W" },
		{ "to: cert-xd/fusion, kind: victim, purpose: intel, lineage: "
		  "[]", OUTCOME_CONSULT, "amber" },
		/* After the agreement has ended the circle is left. */
		{ "to: cert-xb/ops, kind: ioc, tlp: green, date: 2030-02-01, "
		  "discretion: D", OUTCOME_DENY, "default" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, date: 2030-01-31, "
		  "discretion: D", OUTCOME_PERMIT, "a" },
		/* Walls are about what leaves. */
		{ "from: cert-xd/fusion, kind: victim, hops: 0, purpose: "
		  "intel, discretion: E", OUTCOME_PERMIT, "i" },
		{ "from: cert-xd/fusion, kind: ioc, posture: suspended, "
		  "purpose: intel", OUTCOME_DENY, "suspended" },
		{ "from: cert-xd/ops, kind: other", OUTCOME_DENY, "default" },
	};
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);

	(void)state;
	check_rows(p, rows, NELEM(rows));
}

static void
test_policy_decide_caps(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);
	const struct vocabulary *v = policy_vocabulary(p);
	struct decision d;

	(void)state;
	decide(p, "to: cert-xb/ops, kind: botnet, tlp: green", &d);
	assert_int_equal(d.cap_hops, 3);
	assert_int_equal(d.cap_ttl_ms, DAY(90));
	assert_int_equal(d.purposes, v->domain_purposes[0]);
	assert_int_equal(d.obligations, 1U << OBLIGATION_RECEIPT);
	assert_int_equal(d.circles, 1);
	assert_int_equal(d.agreements, 0);
	/* Both grants: the meet of caps, the union of obligations. */
	decide(p, "to: cert-xb/ops, kind: ioc, tlp: green", &d);
	assert_int_equal(d.cap_hops, 1);
	assert_int_equal(d.cap_ttl_ms, DAY(30));
	assert_int_equal(d.purposes, 1);
	assert_int_equal(d.obligations, 1U << OBLIGATION_RECEIPT |
	    1U << OBLIGATION_EMBARGO);
	assert_int_equal(d.agreements, 1);
	decide(p, "to: cert-xb/ops, kind: ioc, tlp: green, hops: 1", &d);
	assert_int_equal(d.cap_hops, 0);
	decide(p, "to: cert-xb/ops, kind: victim, tlp: green", &d);
	assert_int_equal(d.redactions, 1);
	assert_string_equal(policy_redaction(p, 0), "source");
	assert_null(policy_redaction(p, 1));
	assert_int_equal(d.cap_ttl_ms, INT64_MAX);
	/* Tags and notes of what comes in. */
	decide(p, "from: cert-xb/ops, kind: ioc", &d);
	assert_int_equal(d.add_lineage, 1U << names_find(&v->lineage,
	    STR("ngo")));
	assert_int_equal(d.obligations, 1U << OBLIGATION_WARNINGLIST_CHECK);
	decide(p, "to: cert-xb/ops, kind: ioc, hops: 0", &d);
	assert_int_equal(d.cap_hops, 0);
	assert_int_equal(d.purposes, 0);
}

/* A circle or an agreement counts only while both sides hold it. */
static void
test_policy_decide_terms(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);
	struct policy_request req;
	struct policy_term t;
	struct label label;
	struct err e;
	struct decision d;

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: green"), &req, &label, &e), 0);
	assert_true(policy_term_with(p, 1, 0, &t));
	assert_string_equal(t.id, "A");
	assert_string_equal(t.digest, "sha256:bb");
	assert_false(t.circle);
	assert_true(policy_term_with(p, 1, 1, &t));
	assert_string_equal(t.id, "c");
	assert_true(t.circle);
	assert_false(policy_term_with(p, 1, 2, &t));
	assert_false(policy_term_with(p, 2, 0, &t));
	assert_false(policy_term_with(p, 0, 0, &t));
	req.circles = ~(UINT64_C(1) << t.index);
	policy_decide(p, &req, &d);
	assert_string_equal(policy_rule_id(p, d.by), "a");
	assert_int_equal(d.circles, 0);
	req.agreements = 0;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	assert_int_equal(d.reason, REASON_DEFAULT);
}

/* lessons.md L-26: what cannot be decided is denied. */
static void
test_policy_decide_nonsense(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);
	struct policy_request good, req;
	struct label label, odd;
	struct decision d;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: green"), &good, &label, &e), 0);
	policy_decide(NULL, &good, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	assert_int_equal(d.reason, REASON_NO_POLICY);
	req = good;
	req.desk = -1;
	policy_decide(p, &req, &d);
	assert_int_equal(d.reason, REASON_UNKNOWN_PEER);
	req.desk = 512;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	req = good;
	req.purpose = 31;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	req.purpose = -1;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	req = good;
	req.label = NULL;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	/* Beyond the scales counts as the worst on them. */
	req = good;
	req.discretion = (enum band)77;
	policy_decide(p, &req, &d);
	assert_string_equal(policy_rule_id(p, d.by), "weak");
	req = good;
	req.posture = (enum posture)9;
	policy_decide(p, &req, &d);
	assert_string_equal(policy_rule_id(p, d.by), "suspended");
	odd = label;
	odd.tlp = 200;
	req = good;
	req.label = &odd;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	odd = label;
	odd.kind = 63;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	/* Our own desks are nobody's peer. */
	req = good;
	req.desk = 0;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
}

/* lessons.md L-04: an empty audience is nobody. */
static void
test_policy_decide_empty(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);
	struct policy_request req;
	struct label label;
	struct decision d;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: clear"), &req, &label, &e), 0);
	memset(&label.audience, 0, sizeof(label.audience));
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	assert_int_equal(d.reason, REASON_AUDIENCE);
	desk_set_add(&label.audience, (unsigned)req.desk);
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	label.expires.ms = 0;
	policy_decide(p, &req, &d);
	assert_int_equal(d.reason, REASON_EXPIRED);
	/* The most restrictive label is behind every wall. */
	label_top(&label);
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
	req.desk = policy_find_desk(p, STR("cert-xd/ops"));
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_FORBID);
	/* ... as is lineage that this policy has no name for. */
	label_bottom(&label);
	label.lineage = LABEL_UNKNOWN_BIT;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_FORBID);
}

static void
test_policy_explain(void **state)
{
	static const struct {
		const char *request, *want;
	} rows[] = {
		{ "to: cert-xb/ops, kind: ioc, tlp: green",
		  "permit g=permit[g,a] l=permit[]\n"
		  "cap hops=1 ttl=30d\npurposes detect\n"
		  "oblige receipt,embargo\n"
		  "nearest: posture strained -> consult | tlp amber -> deny | "
		  "discretion E -> deny | purpose intel -> deny | desk "
		  "cert-xb/lea -> deny | kind victim -> redact\n" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, posture: suspended",
		  "deny g=permit[g,a] l=deny[suspended] by=suspended "
		  "overridden=g,a\nnearest: posture strained -> consult\n" },
		{ "to: cert-xb/ops, kind: ioc, tlp: amber",
		  "deny g=deny[] l=permit[] by=default\n"
		  "nearest: tlp green -> permit | kind victim -> consult\n" },
		{ "to: cert-xb/ops, kind: victim, tlp: amber",
		  "consult g=redact[v] l=consult[amber] by=amber "
		  "overridden=v\ncap hops=6\npurposes detect,block\n"
		  "redact source\nnearest: tlp green -> redact\n" },
		/* What the gate makes of conditions is said as well. */
		{ "to: cert-xb/ops, kind: ioc, tlp: green, caveats: "
		  "[no-attribution], posture: strained",
		  "consult g=permit[g,a] l=consult[strained] by=strained "
		  "overridden=g,a\ncap hops=1 ttl=30d\npurposes detect\n"
		  "oblige receipt,embargo\nobligations -> redact source\n"
		  "nearest: posture normal -> permit\n" },
		{ "to: cert-xb/ops, kind: ioc, tlp: green, caveats: "
		  "[notify-affected, no-notify], posture: strained",
		  "consult g=permit[g,a] l=consult[strained] by=strained "
		  "overridden=g,a\ncap hops=1 ttl=30d\npurposes detect\n"
		  "oblige receipt,embargo\nobligations -> deny\n"
		  "nearest: posture normal -> permit\n" },
	};
	AUTO(policy_free) struct policy *p = load_text(HEAD GRANTS);

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf out = { 0 };
		struct policy_request req;
		struct label label;
		struct decision d;
		struct err e;

		assert_int_equal(policy_parse_request(p,
		    str_of(rows[i].request), &req, &label, &e), 0);
		policy_decide(p, &req, &d);
		policy_explain(p, &req, &d, &out);
		assert_string_equal(out.p, rows[i].want);
	}
}

/* In the words of the reference, NETDEF without INTEL is its first wall. */
static void
test_policy_reference_reads_the_wall(void **state)
{
	char *text = slurp(EXAMPLES "reference.yaml");
	AUTO(policy_free) struct policy *p = load_text(text);
	const struct vocabulary *v = policy_vocabulary(p);
	const struct acs_says says = { .permit = 1U << ACS_NETDEF,
	    .deny = 1U << ACS_INTEL, .shared = true,
	    .expires = UNIX_MS_NEVER };
	uint32_t intel = v->domain_purposes[names_find(&v->domains,
	    STR("intel"))];
	struct label l;

	(void)state;
	label_bottom(&l);
	acs_apply(&l, v, &says);
	assert_int_equal(l.purposes, 1U << names_find(&v->purposes,
	    STR("detect")) | 1U << names_find(&v->purposes, STR("block")) |
	    1U << names_find(&v->purposes, STR("remediate")));
	assert_int_equal(l.purposes & intel, 0);
	assert_int_equal(l.lineage, 1U << names_find(&v->lineage,
	    STR("secops")));
	free(text);
}

static void
test_policy_classify(void **state)
{
	static const struct {
		const char *type, *labels[2], *indicator_type, *want;
	} rows[] = {
		{ "indicator", { "botnet" }, NULL, "botnet" },
		/* L-25: capitals in what comes from outside. */
		{ "indicator", { "BotNet" }, NULL, "botnet" },
		{ "indicator", { "rsit:fraud=\"phishing\"" }, NULL, "ioc" },
		{ "indicator", { "rsit", "x" }, NULL, "other" },
		{ "indicator", { "x" }, "anomalous-activity", "ioc" },
		{ "malware", { "botnet" }, NULL, "botnet" },
		{ "identity", { "rsit:x" }, NULL, "victim" },
		{ "unknown", { NULL }, NULL, "other" },
	};
	AUTO(policy_free) struct policy *p = load_text(HEAD "classify:\n"
	    "  - {when: {label: [botnet, c2]}, kind: botnet}\n"
	    "  - {when: {type: [identity], tag: 'rsit:*'}, kind: victim}\n"
	    "  - {when: {tag: ['rsit:*']}, kind: ioc}\n"
	    "  - {when: {indicator-type: [anomalous*]}, kind: ioc}\n");

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct str labels[2], types[1];
		struct stix_object o = { .type = str_of(rows[i].type),
		    .labels = labels, .indicator_types = types };

		while (o.nlabels < 2 && rows[i].labels[o.nlabels] != NULL) {
			labels[o.nlabels] = str_of(rows[i].labels[o.nlabels]);
			o.nlabels++;
		}
		types[0] = str_of(rows[i].indicator_type);
		o.nindicator_types = rows[i].indicator_type != NULL;
		assert_string_equal(policy_vocabulary(p)->kinds.v[
		    policy_classify(p, &o)], rows[i].want);
	}
}

static void
test_policy_source_label(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD);
	struct label l;

	(void)state;
	policy_source_label(p, 0, 0, &l);
	assert_int_equal(l.tlp, TLP_GREEN);
	assert_int_equal(l.pap, PAP_AMBER);
	assert_int_equal(l.hops, 7);
	assert_int_equal(l.lineage, 1);
	assert_int_equal(l.purposes, 3);
	assert_true(org_set_has(&l.roots, 0));
	assert_true(desk_set_has(&l.audience, 511));
	policy_source_label(p, 0, 1, &l);
	assert_int_equal(l.lineage, 2);
	assert_int_equal(l.purposes, 4);
	/* A peer: all it declares, most restrictive otherwise. */
	policy_source_label(p, 1, 2, &l);
	assert_int_equal(l.tlp, TLP_RED);
	assert_int_equal(l.hops, 1);
	assert_int_equal(l.lineage, 5);
	assert_int_equal(l.purposes, 11);
	/* ... unless the policy says otherwise. */
	policy_source_label(p, 2, -1, &l);
	assert_int_equal(l.tlp, TLP_AMBER);
	assert_int_equal(l.hops, 0);
	assert_int_equal(l.lineage, 8);
	assert_int_equal(l.purposes, 1);
	assert_int_equal(l.caveats, 1);
	policy_source_label(p, 9, -1, &l);
	assert_int_equal(l.purposes, 0);
	assert_int_equal(l.tlp, TLP_RED);
}

static void
test_policy_orgs(void **state)
{
	AUTO(policy_free) struct policy *p = load_text(HEAD
	    "postures: {in-force: {XB: suspended}}\n"
	    "trust: {initial: {cert-xb: {discretion: B}, default: "
	    "{reliability: D}}}\n");
	const struct policy_org *o;
	struct digest a, b;

	(void)state;
	assert_int_equal(policy_norgs(p), 3);
	assert_int_equal(policy_find_org(p, STR("cert-xd")), 2);
	assert_int_equal(policy_find_org(p, STR("cert")), -1);
	assert_int_equal(policy_find_desk(p, STR("cert-xb/lea")), 3);
	assert_int_equal(policy_find_desk(p, STR("cert-xb/")), -1);
	assert_int_equal(policy_desk_uses(p, 3), 4);
	assert_int_equal(policy_desk_uses(p, -1), 0);
	assert_int_equal(policy_desk_uses(p, 99), 0);
	o = policy_org(p, 1);
	assert_string_equal(o->id, "cert-xb");
	assert_string_equal(o->country, "XB");
	assert_string_equal(o->type, "national");
	assert_int_equal(o->first_desk, 2);
	assert_int_equal(o->ndesks, 2);
	assert_int_equal(o->posture, POSTURE_SUSPENDED);
	assert_int_equal(o->discretion, BAND_B);
	assert_int_equal(o->reliability, BAND_D);
	o = policy_org(p, 2);
	assert_int_equal(o->discretion, BAND_E);
	assert_int_equal(o->posture, POSTURE_NORMAL);
	assert_string_equal(policy_org(p, 0)->type, "");
	assert_null(policy_org(p, 3));
	policy_digest(p, &a);
	policy_free(p);
	p = load_text(HEAD);
	policy_digest(p, &b);
	assert_false(digest_eq(&a, &b));
}

static void
test_policy_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_FORBID), "forbid");
	assert_string_equal(reason_name(REASON_TRANSIT), "transit");
	assert_string_equal(obligation_name(OBLIGATION_NOTIFY_AFFECTED),
	    "notify-affected");
	assert_string_equal(obligation_name(OBLIGATION_WARNINGLIST_CHECK),
	    "warninglist-check");
	assert_string_equal(band_name(BAND_E), "E");
	assert_string_equal(posture_name(POSTURE_STRAINED), "strained");
	assert_string_equal(policy_rule_id(NULL, 3), "");
}

/* The label of a source, as one of our own desks may or may not see it. */
static void
test_policy_decide_local(void **state)
{
	static const unix_ms_t now = { 1767225600000 };
	static const struct {
		const char *desk;
		int org;
		enum outcome want;
		enum reason reason;
	} rows[] = {
		{ "cert-xa/ops", 0, OUTCOME_PERMIT, REASON_RULE },
		{ "cert-xa/lab", 0, OUTCOME_FORBID, REASON_RULE },
		{ "cert-xb/ops", 0, OUTCOME_DENY, REASON_UNKNOWN_PEER },
		/* lineage ngo alone, for detection: nothing for the lab */
		{ "cert-xa/ops", 2, OUTCOME_PERMIT, REASON_RULE },
		{ "cert-xa/lab", 2, OUTCOME_DENY, REASON_LABEL_PURPOSE },
	};
	AUTO(policy_free) struct policy *p = load_text(HEAD);
	struct decision d;
	struct label l;

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		policy_source_label(p, rows[i].org, rows[i].org == 0 ?
		    policy_find_desk(p, STR("cert-xa/ops")) : -1, &l);
		policy_decide_local(p, policy_find_desk(p,
		    str_of(rows[i].desk)), &l, now, &d);
		if (d.outcome != rows[i].want || d.reason != rows[i].reason)
			fail_msg("row %zu: %s by %s", i,
			    outcome_name(d.outcome), reason_name(d.reason));
	}
	l.audience = (struct desk_set){ { 0 } };
	policy_decide_local(p, policy_find_desk(p, STR("cert-xa/ops")), &l,
	    now, &d);
	assert_int_equal(d.reason, REASON_AUDIENCE);
	l.expires = now;
	desk_set_add(&l.audience, (unsigned)policy_find_desk(p,
	    STR("cert-xa/ops")));
	policy_decide_local(p, policy_find_desk(p, STR("cert-xa/ops")), &l,
	    now, &d);
	assert_int_equal(d.reason, REASON_EXPIRED);
	policy_decide_local(NULL, 0, &l, now, &d);
	assert_int_equal(d.reason, REASON_NO_POLICY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_test_examples),
		cmocka_unit_test(test_policy_test_report),
		cmocka_unit_test(test_policy_load_by),
		cmocka_unit_test(test_policy_decide_reasons),
		cmocka_unit_test(test_policy_decide_caps),
		cmocka_unit_test(test_policy_decide_terms),
		cmocka_unit_test(test_policy_decide_nonsense),
		cmocka_unit_test(test_policy_decide_local),
		cmocka_unit_test(test_policy_decide_empty),
		cmocka_unit_test(test_policy_explain),
		cmocka_unit_test(test_policy_reference_reads_the_wall),
		cmocka_unit_test(test_policy_classify),
		cmocka_unit_test(test_policy_source_label),
		cmocka_unit_test(test_policy_orgs),
		cmocka_unit_test(test_policy_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
