#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "record/label.h"

#define HEAD "cert-id: cert-xa\ncountry: XA\n"

#define PIN "'sha256:0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789ABCDEF'"
#define TAXII(rest) HEAD "taxii-peers: [{peer: feed.example, " rest "}]\n"
#define FRONT(clients) HEAD "fronts: [{desk: ops, listen: 'h:1', " \
	"clients: [" clients "]}]\n"

static int
parse(const char *text, struct settings *out, struct err *e)
{
	return settings_parse(SETTINGS_FILE, str_of(text), out, e);
}

static void
test_settings_parse_small(void **state)
{
	struct settings s;
	struct err e = { 0 };

	(void)state;
	if (parse(HEAD, &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(s.cert_id, "cert-xa");
	assert_string_equal(s.country, "XA");
	assert_string_equal(s.name, "");
	assert_int_equal(s.nlisten, 0);
	assert_string_equal(s.state_directory, "/var/lib/comity");
	assert_string_equal(s.control_socket, "control.sock");
	assert_string_equal(s.user, "comity");
	assert_true(s.landlock);
	assert_int_equal(s.log_level, SETTINGS_LOG_INFO);
	assert_int_equal(s.log_target, SETTINGS_LOG_AUTO);
	assert_int_equal(s.store_cache_bytes, 64 << 20);
	assert_int_equal(s.limits.unproved_start, 16);
	assert_int_equal(s.limits.unproved_max, 64);
	assert_int_equal(s.limits.penalty_max_ms, MINUTE(10));
	assert_int_equal(s.limits.handshake_ms, SEC(10));
	assert_int_equal(s.limits.proof_ms, SEC(15));
	assert_int_equal(s.limits.credit_bytes, 4 << 20);
	assert_int_equal(s.limits.peer_per_second, 5000);
	assert_int_equal(s.limits.ping_ms, SEC(30));
	assert_int_equal(s.limits.reconnect_max_ms, MINUTE(5));
}

static void
test_settings_trust_clock(void **state)
{
	struct settings s;
	struct err e = { 0 };
	unix_ms_t now;

	(void)state;
	assert_int_equal(parse(HEAD, &s, &e), 0);
	assert_int_equal(settings_trust_clock(&s, (unix_ms_t){ 5 }, &now),
	    0);
	assert_int_equal(now.ms, 5);
	assert_int_equal(parse(HEAD "trust-clock: +2d\n", &s, &e), 0);
	assert_int_equal(settings_trust_clock(&s, (unix_ms_t){ 5 }, &now),
	    0);
	assert_int_equal(now.ms, DAY(2) + 5);
	assert_int_equal(parse(HEAD "trust-clock: "
	    "'1970-01-03T00:00:00.250Z'\n", &s, &e), 0);
	assert_int_equal(settings_trust_clock(&s, (unix_ms_t){ 5 }, &now),
	    0);
	assert_int_equal(now.ms, DAY(2) + 250);
}

static void
test_settings_parse_bad(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "country: XA\n", "comityd.yaml:1:1: cert-id is missing" },
		{ "cert-id: a\n", "comityd.yaml:1:1: country is missing" },
		{ HEAD "lisen: []\n", "comityd.yaml:3:1: unknown key "
		    "\"lisen\"; did you mean \"listen\"?" },
		{ HEAD "landlock: no\n",
		    "comityd.yaml:3:11: landlock \"no\"; want true or false" },
		{ HEAD "log: {level: warming}\n",
		    "comityd.yaml:3:14: log.level \"warming\"; did you mean \"warning\"?" },
		{ HEAD "limits: {proof-deadline: 5s}\n", "comityd.yaml:3:26: "
		    "limits.handshake-deadline is above "
		    "limits.proof-deadline" },
		{ HEAD "limits: {penalty-min: 9m, penalty-max: 5m}\n",
		    "comityd.yaml:3:23: limits.penalty-min is above "
		    "limits.penalty-max; want it at most that" },
		{ HEAD "limits:\n  ping-interval: 30\n",
		    "comityd.yaml:4:18: limits.ping-interval \"30\"; want a "
		    "duration" },
		{ HEAD "operators: [{name: a}]\n", "comityd.yaml:3:13: operator "
		    "a: want a unix user or a key, one of both" },
		{ HEAD "operators: [{name: a, unix: u, key: k}]\n",
		    "comityd.yaml:3:13: operator a: want a unix user or a "
		    "key, one of both" },
		{ HEAD "operators: [{unix: u}]\n",
		    "comityd.yaml:3:13: name is missing" },
		{ HEAD "operators: [{name: a, key: \"ed25519:AAAA\"}]\n",
		    "comityd.yaml:3:13: operator a: key \"ed25519:AAAA\"; "
		    "want ed25519: and 44 characters of base64" },
		{ HEAD "operators: [{name: a, unix: u}, {name: b, unix: u}]\n",
		    "comityd.yaml:3:33: operator b has the unix user of "
		    "operator a; one person, one entry" },
		{ HEAD "operators: [{name: a, unix: u}, {name: a, unix: w}]\n",
		    "comityd.yaml:3:33: operator a has the name of operator "
		    "a" },
		{ HEAD "operators: [{name: 'unix:a', unix: u}]\n",
		    "comityd.yaml:3:13: name \"unix:a\"; want a name" },
		{ HEAD "operators: [{name: a, unix: u, role: [x]}]\n",
		    "comityd.yaml:3:32: unknown key \"role\"; did you mean "
		    "\"roles\"?" },
		{ HEAD "trust-clock: 90d\n", "comityd.yaml:3:14: "
		    "trust-clock \"90d\"; want a shift such as +90d" },
		{ HEAD "trust-clock: +90\n", "comityd.yaml:3:14: " },
		{ HEAD "trust-clock: '2027-13-01T00:00:00Z'\n",
		    "comityd.yaml:3:14: " },
		{ HEAD "notify: {command: hook}\n", "comityd.yaml:3:19: "
		    "notify.command \"hook\"; want the absolute path" },
		{ HEAD "notify: {sendmail: bin/sendmail}\n",
		    "comityd.yaml:3:20: notify.sendmail \"bin/sendmail\"; "
		    "want the absolute path" },
		{ HEAD "notify: {mail: 'a@x.example, b@x.example'}\n",
		    "comityd.yaml:3:16: notify.mail \"a@x.example, "
		    "b@x.example\"; want addresses separated by commas, "
		    "without blanks" },
		{ HEAD "notify: {mail: 'a@x.example,,b@x.example'}\n",
		    "comityd.yaml:3:16: notify.mail" },
		{ HEAD "notify: {mail: 'a@x.example,'}\n",
		    "comityd.yaml:3:16: notify.mail" },
		{ HEAD "notify: {mail: \"a@x\\nBcc: all@x\"}\n",
		    "comityd.yaml:3:16: notify.mail" },
		{ HEAD "fronts: [{desk: ops}]\n",
		    "comityd.yaml:3:10: listen is missing" },
		{ HEAD "fronts: [{desk: ops, listen: here}]\n",
		    "comityd.yaml:3:30: listen \"here\"; want host:port" },
		{ HEAD "fronts: [{desk: a b, listen: 'h:1'}]\n",
		    "comityd.yaml:3:10: desk \"a b\"; want the name of one of "
		    "our desks" },
		{ HEAD "fronts: [{desk: ops, listen: 'h:1', key: k}]\n",
		    "comityd.yaml:3:10: front of desk ops: want certificate "
		    "and key, or neither for the daemon's own" },
		{ HEAD "fronts: [{desk: a, listen: 'h:1'}, "
		    "{desk: a, listen: 'h:2'}]\n", "comityd.yaml:3:36: desk a "
		    "has a front already; one desk, one front" },
		{ HEAD "fronts: [{desk: a, listen: 'h:1'}, "
		    "{desk: b, listen: 'h:1'}]\n", "comityd.yaml:3:54: listen "
		    "h:1 is taken already; want an address or port" },
		{ HEAD "listen: ['h:1']\nfronts: [{desk: a, listen: 'h:1'}]\n",
		    "comityd.yaml:4:28: listen h:1 is taken already" },
		{ FRONT("{name: siem}"), "comityd.yaml:3:47: client siem has "
		    "no pin, and the front no client-ca that would vouch for "
		    "its name; want one of both" },
		{ FRONT("{name: siem, pin: 'sha256:00'}"), "comityd.yaml:3:47: "
		    "client siem: pin \"sha256:00\"; want sha256: and 64 "
		    "hexadecimal digits" },
		{ FRONT("{name: a b, pin: " PIN "}"), "comityd.yaml:3:47: name "
		    "\"a b\"; want a name without blanks" },
		{ FRONT("{name: a, pin: " PIN "}, {name: a, pin: " PIN "}"),
		    "comityd.yaml:3:138: client a has the name of client a" },
		{ FRONT("{name: a, pin: " PIN "}, {name: b, pin: " PIN "}"),
		    "comityd.yaml:3:138: client b has the pin of client a; one "
		    "tool, one entry" },
		{ FRONT("{name: a, pin: " PIN ", read: [a b]}"),
		    "comityd.yaml:3:144: \"a b\"; want the name of a "
		    "collection" },
		{ FRONT("{name: a, pin: " PIN ", reads: []}"),
		    "comityd.yaml:3:137: unknown key \"reads\"; did you mean "
		    "\"read\"?" },
		{ TAXII("url: 'http://h/a/'"), "comityd.yaml:3:41: url "
		    "\"http://h/a/\"; want https://HOST/API-ROOT/" },
		{ TAXII("url: 'https://u@h/a/'"), "comityd.yaml:3:41: url" },
		{ TAXII("url: 'https://h/a?b'"), "comityd.yaml:3:41: url" },
		{ TAXII("url: 'https:///a'"), "comityd.yaml:3:41: url" },
		{ TAXII("url: 'https://h/a'"), "comityd.yaml:3:15: TAXII peer "
		    "feed.example is neither polled nor pushed to" },
		{ TAXII("url: 'https://h/a', poll: ['a/b']"),
		    "comityd.yaml:3:62: collection \"a/b\"; want the id" },
		{ TAXII("url: 'https://h/a', poll: [a, a]"),
		    "comityd.yaml:3:66: poll has \"a\" twice" },
		{ TAXII("url: 'https://h/a', push: '..'"),
		    "comityd.yaml:3:62: collection \"..\"" },
		{ TAXII("url: 'https://h/a', push: a, key: k"),
		    "comityd.yaml:3:15: TAXII peer feed.example: want "
		    "certificate and key, or neither" },
		{ TAXII("url: 'https://h/a', push: a, user: u"),
		    "comityd.yaml:3:15: TAXII peer feed.example: user u has "
		    "no password; want secret-file" },
		{ TAXII("url: 'https://h/a', push: a, interval: 1ms"),
		    "comityd.yaml:3:75: interval \"1ms\"" },
		{ HEAD "taxii-peers: [{peer: a.example, url: 'https://h/', "
		    "push: a}, {peer: a.example, url: 'https://i/', "
		    "push: a}]\n", "comityd.yaml:3:69: peer a.example is "
		    "there already; one server, one entry" },
		{ HEAD "constituency: {as: [64496, 0]}\n", "comityd.yaml:"
		    "3:28: AS number \"0\"; want 1 to 4294967295" },
		{ HEAD "constituency:\n  prefixes: [192.0.2.0/33]\n",
		    "comityd.yaml:4:14: prefix \"192.0.2.0/33\"; want a" },
		{ HEAD "constituency: {domains: [a_b]}\n",
		    "comityd.yaml:3:26: " },
		{ "a: *x\n", "comityd.yaml:1:4: an alias" },
		{ "", "comityd.yaml:1:1: nothing in it" },
		{ "[]", "comityd.yaml:1:1: a list; want a mapping" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct settings s = { .name = "untouched" };
		struct err e = { 0 };

		assert_int_equal(parse(rows[i].text, &s, &e), ERR_CONF);
		if (strncmp(e.text, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("got %s, want %s", e.text, rows[i].want);
		assert_string_equal(s.name, "untouched");
	}
}

static void
test_settings_print_round(void **state)
{
	AUTO_BUF struct buf a = { 0 }, b = { 0 };
	struct settings s, t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(parse(HEAD "name: \"CERT \\\"A\\\"\"\n"
	    "listen: ['[::]:7600', '0.0.0.0:7600']\nlandlock: false\n"
	    "log: {level: debug, target: stderr}\n"
	    "operators: [{name: duty, unix: alice, roles: [duty, legal]}, "
	    "{name: director, key: 'ed25519:"
	    "Ds3Q0WQmPGqS0hZrc0yJm4b0d9w0mYCRYjZkAWNm1Ew=', roles: []}]\n"
	    "fronts: [{desk: ops, listen: '[::1]:443', certificate: f.crt, "
	    "key: f.key, client-ca: ca.pem, clients: [{name: siem}, "
	    "{name: misp, pin: " PIN ", read: [all, inbox], write: []}]}, "
	    "{desk: fusion, listen: 'h:1'}]\n"
	    "taxii-peers: [{peer: feed.example, url: 'https://h:8/a', "
	    "poll: [all, b], push: c, interval: 90s, user: u, secret-file: s, "
	    "ca: ca.pem, certificate: c.crt, key: c.key}]\n"
	    "warning-lists: lists\nconstituency: {as: [64496, AS64499], "
	    "prefixes: [192.0.2.0/24, '2001:db8::/32'], domains: "
	    "[gov.example]}\n"
	    "limits: {peer-rate: 1000000, credit: 8MiB}\n", &s, &e), 0);
	assert_string_equal(s.own.as[1], "64499");
	assert_int_equal(s.own.nprefixes, 2);
	assert_string_equal(s.warning_lists, "lists");
	settings_print(&s, true, &a);
	if (parse(a.p, &t, &e) < 0)
		fail_msg("%s", e.text);
	assert_memory_equal(&s, &t, sizeof(s));
	settings_print(&t, true, &b);
	assert_string_equal(a.p, b.p);
}

/* What a client may do if nothing is said, and if "nothing" is said. */
static void
test_settings_parse_rights(void **state)
{
	struct settings s;
	struct err e = { 0 };
	uint8_t pin[32];

	(void)state;
	if (parse(FRONT("{name: a, pin: " PIN "}, {name: b, pin: 'sha256:"
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "', read: [], write: []}"), &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(s.nfronts, 1);
	assert_string_equal(s.fronts[0].certificate, "");
	assert_int_equal(s.fronts[0].nclients, 2);
	assert_int_equal(s.fronts[0].clients[0].nread, 1);
	assert_string_equal(s.fronts[0].clients[0].read[0],
	    SETTINGS_ALL_COLLECTIONS);
	assert_int_equal(s.fronts[0].clients[0].nwrite, 1);
	assert_string_equal(s.fronts[0].clients[0].write[0], "inbox");
	assert_int_equal(s.fronts[0].clients[1].nread, 0);
	assert_int_equal(s.fronts[0].clients[1].nwrite, 0);
	assert_int_equal(settings_pin(str_of(s.fronts[0].clients[0].pin),
	    pin), 0);
	assert_int_equal(pin[1], 0x23);
	assert_int_equal(settings_pin(STR("sha256:"), pin), ERR_SYNTAX);
}

/* A front is for a desk that the policy has, and one of ours. */
static void
test_settings_check_desks(void **state)
{
	static char orgs[][NAME_MAX_BYTES] = { "cert-xa", "cert-xb" };
	static char desks[][NAME_MAX_BYTES] = { "cert-xa/ops",
	    "cert-xa/fusion", "cert-xb/soc" };
	static const struct vocabulary v = { .orgs = { orgs, 2 },
	    .desks = { desks, 3 } };
	static const struct {
		const char *desk, *want;
	} rows[] = {
		{ "ops", NULL }, { "fusion", NULL },
		{ "oops", "comityd.yaml:3:17: desk \"oops\"; did you mean "
		    "\"ops\"?" },
		{ "soc", "comityd.yaml:3:17: desk \"soc\" is no desk of ours "
		    "in the policy; want one of self: desks: there" },
		{ "cert-xb/soc", "comityd.yaml:3:17: desk \"cert-xb/soc\"" },
		{ "", "comityd.yaml:3:17: desk \"\"" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct err e = { 0 };
		int rc;

		buf_addf(&text, HEAD "fronts: [{desk: '%s', listen: 'h:1'}]\n",
		    rows[i].desk);
		rc = settings_check_desks(SETTINGS_FILE, buf_str(&text), &v,
		    &e);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : ERR_CONF);
		if (rows[i].want != NULL && strncmp(e.text, rows[i].want,
		    strlen(rows[i].want)) != 0)
			fail_msg("got %s, want %s", e.text, rows[i].want);
	}
}

/* The shipped example says what is the default anyway. */
static void
test_settings_example(void **state)
{
	AUTO_BUF struct buf text = { 0 }, bare = { 0 };
	struct settings s, t, d;
	struct err e = { 0 };
	bool line_start = true;
	FILE *f = fopen(SOURCE_ROOT "/config/examples/comityd.yaml", "r");
	int c;

	(void)state;
	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		buf_addc(&text, (char)c);
	fclose(f);
	if (parse(text.p, &s, &e) < 0)
		fail_msg("%s", e.text);
	/* "#option" is an option commented out, "# text" is text. */
	for (size_t i = 0; i < text.n; i++) {
		bool hash = line_start && text.p[i] == '#' &&
		    text.p[i + 1] != ' ' && text.p[i + 1] != '\n';

		line_start = text.p[i] == '\n' ||
		    (line_start && text.p[i] == ' ');
		if (!hash)
			buf_addc(&bare, text.p[i]);
	}
	if (parse(bare.p, &t, &e) < 0)
		fail_msg("%s", e.text);
	settings_defaults(&d);
	memcpy(d.cert_id, t.cert_id, sizeof(d.cert_id));
	memcpy(d.name, t.name, sizeof(d.name));
	memcpy(d.country, t.country, sizeof(d.country));
	memcpy(d.listen, t.listen, sizeof(d.listen));
	d.nlisten = t.nlisten;
	assert_memory_equal(&d, &t, sizeof(d));
	assert_memory_equal(&s, &t, sizeof(s));
}

static void
test_settings_path(void **state)
{
	char dst[16];

	(void)state;
	assert_int_equal(settings_path(dst, sizeof(dst), "/base", "/a"), 0);
	assert_string_equal(dst, "/a");
	assert_int_equal(settings_path(dst, sizeof(dst), "/base", "a"), 0);
	assert_string_equal(dst, "/base/a");
	assert_int_equal(settings_path(dst, sizeof(dst), "/base/and/more",
	    "a"), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_parse_small),
		cmocka_unit_test(test_settings_trust_clock),
		cmocka_unit_test(test_settings_parse_bad),
		cmocka_unit_test(test_settings_parse_rights),
		cmocka_unit_test(test_settings_check_desks),
		cmocka_unit_test(test_settings_print_round),
		cmocka_unit_test(test_settings_example),
		cmocka_unit_test(test_settings_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
