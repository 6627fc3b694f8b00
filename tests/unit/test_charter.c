/*
 * Circles, their charters, definitions and attestations in a policy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/flows.h"
#include "policy/lint.h"
#include "policy/met.h"

/* SHA-256 of "abc" (FIPS 180-4), and of nothing. */
#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61" \
	"f20015ad"
#define NOTHING "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495" \
	"991b7852b855"
#define HEAD \
	"policy: 1\n" \
	"self: {org: cert-xa, country: XA, desks: {ops: [secops]}}\n" \
	"purposes: {secops: [detect], intel: [collect]}\n" \
	"kinds: {technical: [botnet, ioc]}\n" \
	"walls: [{id: W, keep: [secops], out-of: [intel]}]\n"
#define PEER(more) \
	"peers:\n  cert-xb: {country: XB, type: national, " more \
	"desks: {ops: [secops], fusion: [intel]}}\n"
#define CIRCLE(members, charter) \
	"circles: {ring: {members: " members ", foci: [ioc], charter: \"" \
	charter "\"}}\n"
#define GRANT \
	"grants: [{id: g, out: {circle: ring}, kind: [ioc], for: [secops], " \
	"tlp: <=green}]\n"
#define ATTESTED PEER("wall: attested, attested-until: \"2027-01-31\", ")
#define END 1801439999999	/* of 2027-01-31 */

struct file {
	const char *name, *text;
};

static struct policy *
load(const char *text, const struct file *more, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();

	assert_int_equal(file_set_add(files, STR("p.yaml"), str_of(text)), 0);
	for (; more != NULL && more->name != NULL; more++)
		assert_int_equal(file_set_add(files, str_of(more->name),
		    str_of(more->text)), 0);
	return policy_load(files, "p.yaml", e);
}

static void
test_policy_load_documents(void **state)
{
	static const struct {
		const char *text, *want;	/* NULL: it loads */
		struct file files[3];
	} rows[] = {
		{ HEAD PEER("") CIRCLE("[cert-xb]", ABC) GRANT, NULL, { {
		    NULL, NULL } } },
		{ HEAD PEER("") CIRCLE("[cert-xb]", ABC) GRANT, NULL,
		  { { "charters.d/ring.md", "abc" } } },
		{ HEAD PEER("") CIRCLE("[cert-xb]", ABC) GRANT, NULL,
		  { { "charters.d/other.md", "of another circle" } } },
		{ HEAD PEER("") CIRCLE("[cert-xb]", ABC) GRANT,
		  "charters.d/ring.txt is another text than this charter: it "
		  "is \"" NOTHING "\"", { { "charters.d/ring.txt", "" } } },
		/* The beginning of a digest is not enough where the text is. */
		{ HEAD PEER("") CIRCLE("[cert-xb]", "sha256:ba7816") GRANT,
		  "is another text", { { "charters.d/ring.txt", "abc" } } },
		{ HEAD PEER("") CIRCLE("[cert-xb]", ABC) GRANT,
		  "there are two charters of \"ring\"",
		  { { "charters.d/ring.md", "abc" },
		    { "charters.d/ring.txt", "abc" } } },
		{ HEAD "definitions: {ioc: \"" ABC "\"}\n", NULL,
		  { { "definitions.d/ioc.txt", "abc" } } },
		{ HEAD "definitions: {ioc: \"" ABC "\"}\n",
		  "definitions.d/ioc.md is another text than this definition",
		  { { "definitions.d/ioc.md", "abd" } } },
		{ HEAD "definitions: {iok: \"" ABC "\"}\n",
		  "did you mean \"ioc\"", { { NULL, NULL } } },
		{ HEAD "definitions: {other: \"" ABC "\"}\n", "kind \"other\"",
		  { { NULL, NULL } } },
		{ HEAD "definitions: {ioc: yes}\n", "want \"sha256:\"",
		  { { NULL, NULL } } },
		{ HEAD PEER("minimum-version: \"1..2\", "),
		  "want a version of the software", { { NULL, NULL } } },
		{ HEAD PEER("minimum-version: v1, "),
		  "want a version of the software", { { NULL, NULL } } },
		{ HEAD PEER("minimum-version: \"1.2.3\", "), NULL,
		  { { NULL, NULL } } },
		{ HEAD PEER("wall: declared, attested-until: \"2027-01-31\", "),
		  "attested-until is of an attested wall",
		  { { NULL, NULL } } },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct err e = { 0 };
		AUTO(policy_free) struct policy *p = load(rows[i].text,
		    rows[i].files, &e);

		if ((p == NULL) != (rows[i].want != NULL) ||
		    (p == NULL && strstr(e.text, rows[i].want) == NULL))
			fail_msg("row %zu: got %s", i, p != NULL ?
			    "a policy" : e.text);
	}
}

/* L-04: an empty circle is an error, one of ourselves alone is warned of. */
static void
test_l04_empty_circle(void **state)
{
	struct err e = { 0 };
	AUTO(policy_free) struct policy *p = load(HEAD PEER("")
	    CIRCLE("[]", ABC) GRANT, NULL, &e);
	struct policy_request req;
	struct label label;
	struct decision d;
	bool warned = false;

	(void)state;
	assert_null(p);
	assert_non_null(strstr(e.text, "p.yaml:8:"));
	assert_non_null(strstr(e.text, "empty"));
	p = load(HEAD PEER("wall: attested, ") CIRCLE("[cert-xa]", ABC) GRANT,
	    NULL, &e);
	assert_non_null(p);
	for (size_t i = 0; policy_warning(p, i) != NULL; i++)
		warned = warned || strstr(policy_warning(p, i), "no member "
		    "but ourselves") != NULL;
	assert_true(warned);
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: green"), &req, &label, &e), 0);
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_DENY);
}

/* L-05: the policy names a circle to nobody but its members. */
static void
test_l05_terms_with_a_stranger(void **state)
{
	struct err e = { 0 };
	AUTO(policy_free) struct policy *p = load(HEAD
	    "peers:\n"
	    "  cert-xb: {country: XB, type: national, desks: {ops: [secops]}}\n"
	    "  cert-xc: {country: XC, type: national, desks: {ops: [secops]}}\n"
	    CIRCLE("[cert-xb]", ABC) GRANT, NULL, &e);
	struct policy_term t;

	(void)state;
	assert_non_null(p);
	assert_true(policy_term_with(p, 1, 0, &t));
	assert_true(t.circle);
	assert_false(policy_term_with(p, 2, 0, &t));
}

/* Once nobody attests the wall, all desks of the peer are one. */
static void
test_attestation_ends(void **state)
{
	struct err e = { 0 };
	AUTO(policy_free) struct policy *p = load(HEAD ATTESTED
	    CIRCLE("[cert-xb]", ABC) GRANT, NULL, &e);
	AUTO_BUF struct buf b = { 0 };
	struct policy_request req;
	struct label label;
	struct decision d;

	(void)state;
	assert_non_null(p);
	assert_int_equal(policy_parse_request(p, STR("to: cert-xb/ops, kind: "
	    "ioc, tlp: green"), &req, &label, &e), 0);
	req.now.ms = END;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_PERMIT);
	req.now.ms = END + 1;
	policy_decide(p, &req, &d);
	assert_int_equal(d.outcome, OUTCOME_FORBID);
	assert_string_equal(policy_rule_id(p, d.by), "W");
	assert_true(policy_lint_ending(p, req.now, 0, &b));
	assert_non_null(strstr(b.p, "attestation of the wall of cert-xb"));
	assert_false(policy_lint_ending(p, (unix_ms_t){ END - DAY(31) }, 0,
	    &b));
}

struct seen {
	size_t n;
	struct policy_flow v[16];
};

static void
on_flow(void *arg, const struct policy_flow *f)
{
	struct seen *s = arg;

	assert_true(s->n < NELEM(s->v));
	s->v[s->n++] = *f;
}

/* What a peer gets, what it does not and why, and what it takes. */
static void
test_policy_flows(void **state)
{
	struct err e = { 0 };
	AUTO(policy_free) struct policy *p = load(HEAD PEER("wall: attested, ")
	    CIRCLE("[cert-xb]", ABC) GRANT, NULL, &e);
	int ioc, botnet;
	struct policy_standing s = { .now = { END } };
	struct seen seen = { .n = 0 };
	const struct policy_flow *f;

	(void)state;
	assert_non_null(p);
	ioc = names_find(&policy_vocabulary(p)->kinds, STR("ioc"));
	botnet = names_find(&policy_vocabulary(p)->kinds, STR("botnet"));
	policy_flows(p, 1, &s, on_flow, &seen);
	/* Out: ops gets ioc, not botnet; fusion nothing; in: nothing. */
	f = &seen.v[0];
	assert_int_equal(f->outcome, OUTCOME_PERMIT);
	assert_int_equal(f->kinds, UINT64_C(1) << ioc);
	assert_int_equal(f->tlp, TLP_GREEN);
	assert_int_equal(f->circles, 1);
	f = &seen.v[1];
	assert_int_equal(f->outcome, OUTCOME_DENY);
	assert_int_equal(f->kinds, UINT64_C(1) << botnet);
	assert_int_equal(f->reason, REASON_DEFAULT);
	f = &seen.v[2];
	assert_int_equal(f->outcome, OUTCOME_FORBID);
	assert_int_equal(f->kinds, UINT64_C(1) << ioc |
	    UINT64_C(1) << botnet);
	assert_int_equal(seen.v[3].direction, DIRECTION_IN);
	/* While the circle counts, nothing is needed. */
	s.circles = 1;
	seen.n = 0;
	policy_flows(p, 1, &s, on_flow, &seen);
	assert_int_equal(seen.v[0].circles, 0);
	/* A posture takes it away. */
	s.posture = POSTURE_SUSPENDED;
	seen.n = 0;
	policy_flows(p, 1, &s, on_flow, &seen);
	assert_true(seen.v[0].outcome >= OUTCOME_DENY);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Documents are read where they belong, and nowhere else. */
static void
test_file_set_reads_documents(void **state)
{
	char dir[] = "/tmp/comity-test-XXXXXX", path[64];
	static const char *const dirs[] = { "charters.d", "peers.d" };
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct str bytes;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < NELEM(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		write_file(path, "a.md", "abc");
		write_file(path, "b.txt", "abc");
		write_file(path, ".a.md.swp", "abc");
		write_file(path, "a.md~", "abc");
	}
	write_file(dir, "README.md", "abc");
	assert_int_equal(file_set_read_dir(files, dir, &e), 0);
	assert_int_equal(file_set_get(files, STR("charters.d/a.md"), &bytes),
	    0);
	assert_int_equal(file_set_get(files, STR("charters.d/b.txt"), &bytes),
	    0);
	assert_false(file_set_match(files, "peers.d/*", 0, &bytes));
	assert_false(file_set_match(files, "*", 0, &bytes));
	assert_false(file_set_match(files, "charters.d/*", 2, &bytes));
	for (size_t i = 0; i < NELEM(dirs); i++) {
		static const char *const names[] = { "a.md", "b.txt",
		    ".a.md.swp", "a.md~", "" };

		for (size_t k = 0; k < NELEM(names); k++) {
			snprintf(path, sizeof(path), "%s/%s/%s", dir,
			    dirs[i], names[k]);
			(void)(names[k][0] != '\0' ? unlink(path) :
			    rmdir(path));
		}
	}
	snprintf(path, sizeof(path), "%s/README.md", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_load_documents),
		cmocka_unit_test(test_l04_empty_circle),
		cmocka_unit_test(test_l05_terms_with_a_stranger),
		cmocka_unit_test(test_attestation_ends),
		cmocka_unit_test(test_policy_flows),
		cmocka_unit_test(test_file_set_reads_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
