#include "config/policy_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Four lines; what a test adds begins in line 5. */
#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect, block], intel: [collect]}\n" \
	"kinds: {technical: [botnet, ioc]}\n"
#define PEER "cert-xb: {country: XB, type: national, wall: attested, " \
	"desks: {ops: [secops]}}"
#define PEERS "peers: {" PEER "}\n"
#define GRANT "id: g, out: any, kind: botnet, for: secops, tlp: <=green"

static struct policy_file *
read_text(const char *text, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();

	assert_int_equal(file_set_add(files, STR("p.yaml"), str_of(text)), 0);
	return policy_file_read(files, "p.yaml", e);
}

static void
expect_error(const char *text, const char *want)
{
	struct err e = { 0 };
	struct policy_file *f = read_text(text, &e);

	if (f != NULL) {
		policy_file_free(f);
		fail_msg("loaded; want %s\n%s", want, text);
	}
	if (e.code != ERR_CONF || strncmp(e.text, want, strlen(want)) != 0)
		fail_msg("got  %s\nwant %s\n%s", e.text, want, text);
}

struct golden {
	const char *text, *want;
};

static void
expect_errors(const struct golden *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_error(rows[i].text, rows[i].want);
}

static void
test_read_small(void **state)
{
	struct err e = { 0 };
	struct policy_file *f = read_text(HEAD, &e);

	(void)state;
	if (f == NULL)
		fail_msg("%s", e.text);
	assert_string_equal(f->v.orgs.v[0], "cert-xa");
	assert_string_equal(f->v.desks.v[0], "cert-xa/ops");
	assert_string_equal(f->v.kinds.v[0], "other");
	assert_int_equal(f->v.kinds.n, 3);
	assert_int_equal(f->technical, 6);
	assert_int_equal(f->v.domain_purposes[0], 3);
	assert_int_equal(f->v.block_purposes, 2);
	assert_int_equal(f->desk_uses[0], 1);
	assert_int_equal(f->warnings.n, 0);
	policy_file_free(f);
}

/* NO is Norway, and a kind may be called on. */
static void
test_read_norway(void **state)
{
	struct err e = { 0 };
	struct policy_file *f = read_text("policy: 1\nself: {org: cert-no, "
	    "country: NO, desks: {on: [off]}}\npurposes: {off: [yes, 0x1]}\n"
	    "kinds: {y: [1e3, null]}\n", &e);

	(void)state;
	if (f == NULL)
		fail_msg("%s", e.text);
	assert_string_equal(f->parties.v[0].country, "NO");
	assert_string_equal(f->v.desks.v[0], "cert-no/on");
	assert_string_equal(f->v.purposes.v[0], "yes");
	assert_string_equal(f->v.kinds.v[1], "1e3");
	assert_string_equal(f->v.kinds.v[2], "null");
	policy_file_free(f);
}

/* lessons.md L-25 and the surprises of YAML 1.1: everything is text. */
static void
test_read_shape(void **state)
{
	static const struct golden rows[] = {
		{ "", "p.yaml:1:1: nothing in it" },
		{ "[]", "p.yaml:1:1: a list; want a mapping" },
		{ "policy: 2\n", "p.yaml:1:9: want policy: 1" },
		{ "self: {}\n", "p.yaml:1:1: policy: 1 is missing" },
		{ "policy: 1\n", "p.yaml:1:1: section purposes is missing" },
		{ HEAD "grant: []\n", "p.yaml:5:1: unknown key \"grant\"; did "
		    "you mean \"grants\"?" },
		{ HEAD "kinds: {a: [b]}\n", "p.yaml:5:1: " },
		{ HEAD "peers: &x {}\n", "p.yaml:5:8: an anchor" },
		{ HEAD "peers: *x\n", "p.yaml:5:8: an alias" },
		{ HEAD "peers: !!map {}\n", "p.yaml:5:8: a tag" },
		{ HEAD "---\npolicy: 1\n", "p.yaml:5:1: a second document" },
		{ HEAD "grants:\n\t- {}\n", "p.yaml:6:1: a tab" },
		{ HEAD "grants: {}\n", "p.yaml:5:9: a mapping; want a list" },
		{ HEAD "grants: [a]\n", "p.yaml:5:10: a text; want a mapping" },
		{ HEAD "peers: []\n", "p.yaml:5:8: a list; want a mapping" },
	};

	(void)state;
	expect_errors(rows, NELEM(rows));
}

static void
test_read_names(void **state)
{
	static const struct golden rows[] = {
		{ "policy: 1\npurposes: {}\n", "p.yaml:2:11: no domain of "
		    "purposes" },
		{ "policy: 1\npurposes: {a: [x], b: [x]}\n", "p.yaml:2:24: "
		    "\"x\" stands here twice" },
		{ "policy: 1\npurposes: {a: []}\n", "p.yaml:2:15: the list of "
		    "purposes is empty, and an empty set means nobody" },
		{ "policy: 1\npurposes: {a: [b], b: [c]}\n", "p.yaml:2:11: "
		    "\"b\" is a domain and a purpose" },
		{ "policy: 1\npurposes: {a: [\"x y\"]}\n", "p.yaml:2:16: "
		    "\"x y\" cannot be a name" },
		{ "policy: 1\npurposes: {a: [b]}\nkinds: {t: [x, x]}\n",
		    "p.yaml:3:16: \"x\" stands here twice" },
		{ HEAD "origin-tags: [secops]\n", "p.yaml:5:15: \"secops\" "
		    "stands here twice" },
		{ HEAD "vocabulary: {purposes: {detcet: acs:NETDEF}}\n",
		    "p.yaml:5:25: unknown purpose \"detcet\"; did you mean "
		    "\"detect\"?" },
		{ HEAD "vocabulary: {purposes: {detect: acs:NETDEFF}}\n",
		    "p.yaml:5:33: unknown ACS action \"NETDEFF\"; did you "
		    "mean \"NETDEF\"?" },
		{ HEAD "classify: [{when: {label: [x]}, kind: botnat}]\n",
		    "p.yaml:5:39: unknown kind \"botnat\"; did you mean "
		    "\"botnet\"?" },
		{ HEAD "classify: [{when: {label: [a*b]}, kind: ioc}]\n",
		    "p.yaml:5:28: \"*\" may stand at the end only" },
		{ HEAD "classify: [{when: {lable: [a]}, kind: ioc}]\n",
		    "p.yaml:5:20: unknown key \"lable\"; did you mean "
		    "\"label\"?" },
		{ HEAD "bands: {A: 0.8, B: 0.9, C: 0.4, D: 0.2}\n",
		    "p.yaml:5:20: band B begins at or above band A" },
		{ HEAD "bands: {A: 1e3, B: 0.9, C: 0.4, D: 0.2}\n",
		    "p.yaml:5:12: A \"1e3\"; want a number like 0.65" },
	};

	(void)state;
	expect_errors(rows, NELEM(rows));
}

static void
test_read_peers(void **state)
{
	static const struct golden rows[] = {
		{ HEAD "peers: {cert-xb: {country: xb, type: national, desks: "
		    "{ops: [secops]}}}\n", "p.yaml:5:28: country \"xb\"; want "
		    "two capitals" },
		{ HEAD "peers: {cert-xb: {country: XB, type: natoinal, desks: "
		    "{ops: [secops]}}}\n", "p.yaml:5:38: unknown type "
		    "\"natoinal\"; did you mean \"national\"?" },
		{ HEAD "peers: {cert-xb: {country: XB, type: national}}\n",
		    "p.yaml:5:18: desks is missing" },
		{ HEAD "peers: {cert-xb: {country: XB, type: national, desks: "
		    "{}}}\n", "p.yaml:5:55: no desk; want at least one" },
		{ HEAD "peers: {cert-xb: {country: XB, type: national, desks: "
		    "{ops: [secopps]}}}\n", "p.yaml:5:62: unknown domain of "
		    "purposes \"secopps\"; did you mean \"secops\"?" },
		{ HEAD "peers: {cert-xa: {country: XB, type: national, desks: "
		    "{ops: [secops]}}}\n", "p.yaml:5:9: peer \"cert-xa\" is "
		    "there already" },
		{ HEAD "peers: {Cert-XB: {country: XB, type: national, desks: "
		    "{ops: [secops]}}}\n", "p.yaml:5:9: \"Cert-XB\"; want a "
		    "CERT's name" },
		{ HEAD PEERS "circles: {c: {members: [cert-xq], foci: [ioc], "
		    "charter: \"sha256:aa\"}}\n", "p.yaml:6:25: unknown peer "
		    "\"cert-xq\"; did you mean \"cert-xb\"?" },
		{ HEAD PEERS "circles: {c: {members: [], foci: [ioc], "
		    "charter: \"sha256:aa\"}}\n", "p.yaml:6:24: members is "
		    "empty, and an empty set means nobody" },
		{ HEAD PEERS "circles: {c: {members: [cert-xb], foci: [ioc], "
		    "charter: aa}}\n", "p.yaml:6:57: charter \"aa\"; want "
		    "\"sha256:\"" },
		{ HEAD PEERS "agreements: [{id: a, with: cert-xc}]\n",
		    "p.yaml:6:28: unknown peer \"cert-xc\"" },
		{ HEAD PEERS "agreements: [{id: a, with: cert-xa}]\n",
		    "p.yaml:6:28: \"cert-xa\" are we ourselves" },
		{ HEAD PEERS "agreements: [{id: a, with: cert-xb, until: "
		    "2027-13-01}]\n", "p.yaml:6:44: until \"2027-13-01\"; "
		    "want a day" },
		{ HEAD "peers: {cert-xb: {country: XB, type: national, "
		    "onward: [nett], desks: {ops: [secops]}}}\n", "p.yaml:5:57"
		    ": unknown circle \"nett\"; the policy defines none" },
		{ HEAD PEERS "trust: {initial: {cert-xx: {discretion: A}}}\n",
		    "p.yaml:6:19: unknown peer \"cert-xx\"; did you mean "
		    "\"cert-xb\"?" },
		{ HEAD PEERS "trust: {initial: {cert-xb: {discretion: F}}}\n",
		    "p.yaml:6:41: unknown discretion \"F\"" },
	};

	(void)state;
	expect_errors(rows, NELEM(rows));
}

static void
test_read_rules(void **state)
{
	static const struct golden rows[] = {
		{ HEAD PEERS "walls: [{id: w, keep: [secop], out-of: "
		    "[intel]}]\n", "p.yaml:6:24: unknown lineage \"secop\"; "
		    "did you mean \"secops\"?" },
		{ HEAD PEERS "walls: [{id: w, keep: [], out-of: [intel]}]\n",
		    "p.yaml:6:23: keep is empty" },
		{ HEAD PEERS "grants: [{id: g, out: {peer: cert-xz}, kind: "
		    "ioc, for: secops, tlp: <=green}]\n", "p.yaml:6:30: "
		    "unknown peer \"cert-xz\"; did you mean" },
		{ HEAD PEERS "grants: [{id: g, out: {circle: c}, kind: ioc, "
		    "for: secops, tlp: <=green}]\n", "p.yaml:6:32: unknown "
		    "circle \"c\"; the policy defines none" },
		{ HEAD PEERS "grants: [{" GRANT ", in: any}]\n",
		    "p.yaml:6:10: grant \"g\" wants one of out and in" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops}]\n", "p.yaml:6:10: grant \"g\" has no tlp" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops, tlp: \">=green\"}]\n", "p.yaml:6:57: \">=green\";"
		    " want TLP up to a colour" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops, tlp: green}]\n", "p.yaml:6:57: \"green\"; want "
		    "TLP up to" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops, tlp: <=grene}]\n", "p.yaml:6:57: unknown TLP "
		    "\"grene\"; did you mean \"green\"?" },
		/* L-25: a colour in capitals, or as a number, is none. */
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops, tlp: <=Green}]\n", "p.yaml:6:57: unknown TLP "
		    "\"Green\"" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "secops, tlp: <=1}]\n", "p.yaml:6:57: unknown TLP \"1\"" },
		{ HEAD PEERS "grants: [{" GRANT ", discretion: \"<C\"}]\n",
		    "p.yaml:6:81: \"<C\"; want trust from a band on" },
		{ HEAD PEERS "limits: [{id: l, out: any, level: deny, "
		    "discretion: \">=C\"}]\n", "p.yaml:6:53: \">=C\"; want "
		    "trust below a band" },
		{ HEAD PEERS "limits: [{id: l, out: any, level: deny, tlp: "
		    "<=green}]\n", "p.yaml:6:46: \"<=green\"; want "
		    "TLP from a colour on" },
		{ HEAD PEERS "limits: [{id: l, out: any, level: permit}]\n",
		    "p.yaml:6:35: unknown level \"permit\"" },
		{ HEAD PEERS "limits: [{id: l, out: any, level: redact}]\n",
		    "p.yaml:6:10: limit \"l\" redacts but does not say what" },
		/* L-04: an empty group is nobody, and an error. */
		{ HEAD PEERS "grants: [{id: g, out: {peer: []}, kind: ioc, "
		    "for: secops, tlp: <=green}]\n", "p.yaml:6:30: peer is "
		    "empty, and an empty set means nobody" },
		{ HEAD PEERS "grants: [{id: g, out: {}, kind: ioc, for: "
		    "secops, tlp: <=green}]\n", "p.yaml:6:23: whom out speaks "
		    "of is not clear" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: [], for: "
		    "secops, tlp: <=green}]\n", "p.yaml:6:34: kind is empty" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: other, for: "
		    "secops, tlp: <=green}]\n", "p.yaml:6:34: a grant cannot "
		    "speak of \"other\"" },
		{ HEAD PEERS "grants: [{" GRANT ", oblige: [reciept]}]\n",
		    "p.yaml:6:78: unknown oblige \"reciept\"; did you mean "
		    "\"receipt\"?" },
		{ HEAD PEERS "grants: [{" GRANT ", cap: {hops: 8}}]\n",
		    "p.yaml:6:81: hops \"8\"; want a number from 0 to 7" },
		{ HEAD PEERS "grants: [{" GRANT ", cap: {ttl: 90}}]\n",
		    "p.yaml:6:80: ttl \"90\"; want a duration" },
		{ HEAD PEERS "grants: [{" GRANT ", transit: yes}]\n",
		    "p.yaml:6:78: transit \"yes\"; want true or false" },
		{ HEAD PEERS "grants: [{" GRANT ", tag: [intel]}]\n",
		    "p.yaml:6:74: tag marks what comes in" },
		{ HEAD PEERS "grants: [{" GRANT "}, {" GRANT "}]\n",
		    "p.yaml:6:70: id \"g\" is used already, at p.yaml:6" },
		{ HEAD PEERS "grants: [{id: default, out: any, kind: ioc, for: "
		    "secops, tlp: <=green}]\n", "p.yaml:6:10: id \"default\" "
		    "has a meaning of its own" },
	};

	(void)state;
	expect_errors(rows, NELEM(rows));
}

static void
test_read_state(void **state)
{
	static const struct golden rows[] = {
		{ HEAD "postures: {tense: {}}\n", "p.yaml:5:12: unknown key "
		    "\"tense\"; want normal, strained, suspended or "
		    "in-force" },
		{ HEAD "postures: {strained: {keep: [ioc], others: forbid}}\n",
		    "p.yaml:5:44: unknown others \"forbid\"" },
		{ HEAD "postures: {strained: {keep: [ioc]}}\n",
		    "p.yaml:5:22: want both, keep and others" },
		{ HEAD "postures: {suspended: {keep: [ioc], others: deny}}\n",
		    "p.yaml:5:23: suspended lets through what strained does "
		    "not" },
		{ HEAD "postures: {in-force: {xb: strained}}\n",
		    "p.yaml:5:23: \"xb\"; want a country" },
		{ HEAD "consult: {panel: [a], quorum: 2, timeout: 24h}\n",
		    "p.yaml:5:31: quorum 2 of a panel of 1" },
		{ HEAD "consult: {panel: [a, b, c, d, e, f, g, h, i], quorum: "
		    "9, timeout: 24h}\n", "p.yaml:5:55: quorum \"9\"; want a "
		    "number from 1 to 8" },
		{ HEAD "consult: {panel: [a], quorum: 1, timeout: 24h, "
		    "on-timeout: permit}\n", "p.yaml:5:60: unknown on-timeout "
		    "\"permit\"" },
		{ HEAD PEERS "prove: [{separation: [W]}]\n", "p.yaml:6:23: "
		    "unknown wall \"W\"; the policy defines none" },
		{ HEAD PEERS "prove: [{assume: [walls-attested]}]\n",
		    "p.yaml:6:9: want one claim" },
		{ HEAD PEERS "tests: [{to: cert-xb/opps, expect: deny}]\n",
		    "p.yaml:6:14: unknown desk \"cert-xb/opps\"; did you mean "
		    "\"cert-xb/ops\"?" },
		{ HEAD PEERS "tests: [{to: cert-xa/ops, expect: deny}]\n",
		    "p.yaml:6:14: \"cert-xa/ops\" is a desk of ours" },
		{ HEAD PEERS "tests: [{kind: ioc, expect: deny}]\n",
		    "p.yaml:6:9: want one of to and from" },
		{ HEAD PEERS "tests: [{to: cert-xb/ops}]\n", "p.yaml:6:9: "
		    "expect is missing" },
		{ HEAD PEERS "tests: [{to: cert-xb/ops, expect: allow}]\n",
		    "p.yaml:6:35: unknown expect \"allow\"" },
		{ HEAD "releases: [{id: r, from: {kind: ioc, tlp: <=green}, "
		    "makes: {kind: ioc, tlp: clear, drop: [secops]}, form: "
		    "{dp-count: {epsilon: 0, per-org-cap: 1, min-orgs: 5}}, "
		    "sign-off: 2}]\n", "p.yaml:5:128: epsilon \"0\" is out "
		    "of range; want from 0.001 to 10" },
	};

	(void)state;
	expect_errors(rows, NELEM(rows));
}

/* What loads but may not mean what it says. */
static void
test_lint(void **state)
{
	static const struct golden rows[] = {
		{ HEAD PEERS "circles: {c: {members: [cert-xb], foci: [ioc], "
		    "charter: \"sha256:aa\"}}\n", "p.yaml:6:14: circle \"c\" "
		    "is used by no grant" },
		{ HEAD PEERS "circles: {c: {members: [cert-xb], foci: [ioc], "
		    "charter: \"sha256:aa\"}}\ngrants: [{id: g, out: {circle: "
		    "c}, kind: [ioc, botnet], for: secops, tlp: <=green}]\n",
		    "p.yaml:7:10: grant \"g\" names kinds outside the foci" },
		{ HEAD PEERS "grants: [{id: g, out: {type: ngo}, kind: ioc, "
		    "for: secops, tlp: <=green}]\n", "p.yaml:6:10: grant "
		    "\"g\" speaks of no peer" },
		{ HEAD PEERS "grants: [{id: g, out: any, kind: ioc, for: "
		    "intel, tlp: <=green}]\n", "p.yaml:6:10: grant \"g\": no "
		    "desk it speaks of declares that use" },
		{ HEAD PEERS "grants: [{" GRANT "}]\n", "p.yaml:1:1: no "
		    "classify rules" },
		{ HEAD "postures: {in-force: {XQ: strained}}\n",
		    "p.yaml:1:1: postures: in-force: no peer is of country "
		    "XQ" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct err e = { 0 };
		struct policy_file *f = read_text(rows[i].text, &e);
		bool found = false;

		if (f == NULL)
			fail_msg("%s\n%s", e.text, rows[i].text);
		for (size_t k = 0; k < f->warnings.n; k++)
			found = found || strncmp(f->warnings.v[k],
			    rows[i].want, strlen(rows[i].want)) == 0;
		if (!found)
			fail_msg("want %s; got %s", rows[i].want,
			    f->warnings.n > 0 ? f->warnings.v[0] : "none");
		policy_file_free(f);
	}
}

/* Peers, circles and agreements may stand in files of their own. */
static void
test_include(void **state)
{
	static const char *const second[] = {
		"peers: {cert-xc: {country: XC, type: ngo, wall: none, "
		    "desks: {ops: [secops]}}}\n",
		"grants: []\n",
		"peers: {cert-xb: {country: XC, type: ngo, wall: none, "
		    "desks: {ops: [secops]}}}\n",
	};
	static const char *const wants[] = { NULL,
		"peers.d/c.yaml:1:1: unknown key \"grants\"; want peers, "
		    "circles or agreements",
		"peers.d/c.yaml:1:9: peer \"cert-xb\" is there already",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(second); i++) {
		AUTO(file_set_free) struct file_set *s = file_set_new();
		AUTO(policy_file_free) struct policy_file *f = NULL;
		struct err e = { 0 };

		assert_int_equal(file_set_add(s, STR("p.yaml"), STR(HEAD
		    "include: peers.d/*.yaml\n")), 0);
		assert_int_equal(file_set_add(s, STR("peers.d/b.yaml"),
		    STR(PEERS)), 0);
		assert_int_equal(file_set_add(s, STR("peers.d/c.yaml"),
		    str_of(second[i])), 0);
		f = policy_file_read(s, "p.yaml", &e);
		if (wants[i] != NULL) {
			assert_null(f);
			assert_memory_equal(e.text, wants[i],
			    strlen(wants[i]));
			continue;
		}
		if (f == NULL)
			fail_msg("%s", e.text);
		assert_int_equal(f->parties.n, 3);
		assert_string_equal(f->v.desks.v[2], "cert-xc/ops");
		assert_string_equal(policy_file_source(f, 2),
		    "peers.d/c.yaml");
	}
}

static void
test_case(void **state)
{
	struct err e = { 0 };
	AUTO(policy_file_free) struct policy_file *f =
	    read_text(HEAD PEERS, &e);
	struct policy_case c;

	(void)state;
	assert_non_null(f);
	assert_int_equal(policy_file_case(f, STR("to: cert-xb/ops, kind: ioc"),
	    &c, &e), 0);
	/* lessons.md L-25, policy.md N1: what is not said is the worst. */
	assert_int_equal(c.label.tlp, TLP_RED);
	assert_int_equal(c.label.lineage, 1);
	assert_int_equal(c.label.hops, 7);
	assert_int_equal(c.posture, -1);
	assert_int_equal(policy_file_case(f, STR("{from: cert-xb/ops, tlp: "
	    "clear, lineage: []}"), &c, &e), 0);
	assert_true(c.in);
	assert_int_equal(c.label.lineage, 0);
	assert_int_equal(policy_file_case(f, STR("to: cert-xb/op"), &c, &e),
	    ERR_USAGE);
	assert_string_equal(e.text, "request:1:6: unknown desk \"cert-xb/op\""
	    "; did you mean \"cert-xb/ops\"?");
	assert_int_equal(policy_file_case(f, STR("to: cert-xb/ops, expect: "
	    "deny"), &c, &e), ERR_USAGE);
	assert_int_equal(policy_file_case(f, STR("to: [[["), &c, &e),
	    ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_small),
		cmocka_unit_test(test_read_norway),
		cmocka_unit_test(test_read_shape),
		cmocka_unit_test(test_read_names),
		cmocka_unit_test(test_read_peers),
		cmocka_unit_test(test_read_rules),
		cmocka_unit_test(test_read_state),
		cmocka_unit_test(test_lint),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
