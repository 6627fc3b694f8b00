#include "policy/opens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char reference[256 << 10];

static int
read_reference(void **state)
{
	FILE *f = fopen(SOURCE_ROOT "/config/examples/reference.yaml", "r");
	size_t n;

	(void)state;
	if (f == NULL)
		return -1;
	n = fread(reference, 1, sizeof(reference) - 1, f);
	reference[n] = '\0';
	fclose(f);
	return n > 0 ? 0 : -1;
}

/* The reference without claims and tests, with one text replaced by another. */
static struct policy *
load(const char *find, const char *replace)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	const char *end = strstr(reference, "\nprove:");
	AUTO_BUF struct buf text = { 0 };
	struct policy *p;
	struct err e = { 0 };
	const char *at;

	assert_non_null(end);
	at = strstr(reference, find);
	if (at == NULL || at > end)
		fail_msg("the reference has no %s", find);
	buf_add(&text, reference, (size_t)(at - reference));
	buf_addz(&text, replace);
	at += strlen(find);
	buf_add(&text, at, (size_t)(end + 1 - at));
	assert_int_equal(file_set_add(files, STR("policy.yaml"),
	    buf_str(&text)), 0);
	p = policy_load(files, "policy.yaml", &e);
	if (p == NULL)
		fail_msg("%s -> %s: %s", find, replace, e.text);
	return p;
}

/* What opens, and that the way back does or does not. */
static void
test_policy_opens_reference(void **state)
{
	static const struct {
		const char *name, *find, *replace;
		bool opens, back;
	} rows[] = {
		{ "nothing but a comment", "policy: 1", "policy: 1 # one",
		    false, false },
		{ "good evidence weighs more", "witnesses:",
		    "weights: {sighted: +2.0}, witnesses:", true, false },
		{ "harm weighs more", "witnesses:",
		    "weights: {stale: -0.5}, witnesses:", false, true },
		{ "harm is remembered longer", "bad: 180d", "bad: 181d",
		    false, true },
		{ "another group", "witnesses:",
		    "groups: {isp: [cert-xb]}, witnesses:", true, true },
		{ "sources of less for blocking", "witnesses:",
		    "blocking: any, witnesses:", true, false },
		{ "no hops left in out-clean", "cap: {hops: 0, ttl: 90d}",
		    "cap: {ttl: 90d}", true, false },
		{ "a longer time", "cap: {ttl: 30d}", "cap: {ttl: 31d}", true,
		    false },
		{ "relations eased", "in-force:  {XB: strained}",
		    "in-force:  {}", true, false },
		{ "a smaller floor", "strained:  {keep: [botnet, victim, ioc]",
		    "strained:  {keep: [botnet, victim]", false, true },
		{ "a wall less", "  - {id: W-IP, keep: [proprietary], "
		    "out-of: [compete], why: vendor know-how}\n", "", true,
		    false },
		{ "a wall with less", "compete, law, content]",
		    "compete, content]", true, false },
		{ "not one organisation", "wall: attested, onward: [],\n"
		    "            desks: {ops: [secops], lea: [law]}}",
		    "wall: none, onward: [],\n"
		    "            desks: {ops: [secops], lea: [law]}}", false,
		    true },
		{ "a member less", "members: [cert-xb, cert-xc, cert-xd]",
		    "members: [cert-xb, cert-xd]", false, true },
		{ "a milder condition", "tlp: <=green,\n     discretion: "
		    "\">=C\"", "tlp: <=amber,\n     discretion: \">=C\"",
		    true, false },
		{ "less trust asked for", "discretion: \">=C\"",
		    "discretion: \">=D\"", true, false },
		{ "an agreement for longer", "until: \"2027-06-30\"",
		    "until: \"2027-07-30\"", true, false },
		{ "another digest of an agreement", "sha256:c0de",
		    "sha256:c0da", true, true },
		{ "another charter", "sha256:7c1e", "sha256:7c1f", true,
		    true },
		{ "fewer signatures", "charter: \"sha256:7c1e\", quorum: 2",
		    "charter: \"sha256:7c1e\", quorum: 1", true, false },
		{ "a band for less", "B: 0.65", "B: 0.60", true, true },
		{ "an obligation more", "oblige: [receipt, purpose-bound]}",
		    "oblige: [receipt, purpose-bound, no-resale]}", false,
		    true },
		{ "fewer people asked", "quorum: 2, timeout: 24h",
		    "quorum: 1, timeout: 24h", true, true },
		{ "a mark read in another way", "investigate: acs:LEGAL",
		    "investigate: acs:NETDEF", true, true },
		{ "a comment in a section", "classify:\n",
		    "classify:  # the first\n", false, false },
		{ "another kind by a label", "{when: {label: [advisory]}, "
		    "kind: advisory}", "{when: {label: [adv]}, kind: "
		    "advisory}", true, true },
	};
	AUTO(policy_free) struct policy *plain = load("policy: 1",
	    "policy: 1");
	char text[512];

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(policy_free) struct policy *other = load(rows[i].find,
		    rows[i].replace);

		snprintf(text, sizeof(text), "nothing");
		if (policy_opens(plain, other, text, sizeof(text)) !=
		    rows[i].opens)
			fail_msg("%s: found %s", rows[i].name, text);
		snprintf(text, sizeof(text), "nothing");
		if (policy_opens(other, plain, text, sizeof(text)) !=
		    rows[i].back)
			fail_msg("%s, back: found %s", rows[i].name, text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_opens_reference),
	};

	return cmocka_run_group_tests(tests, read_reference, NULL);
}
