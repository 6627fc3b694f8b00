#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/cursor.h"
#include "record/observable_norm.h"
#include "warning/warning.h"

#define DATA "data/B-benign/"

/* Takes text as the list of that file; its result. */
static int
load(struct warning *w, const char *file, const char *text, struct err *e)
{
	struct warning_file f = { .name = file, .text = str_of(text),
	    .now = { 1000 } };
	int rc = warning_load(w, &f, e);

	warning_index(w);
	return rc;
}

static void
on_name(void *arg, const struct warning_hit *hit)
{
	struct buf *b = arg;

	buf_addf(b, "%s%s%s", b->n > 0 ? "; " : "", hit->list == NULL ?
	    "own " : "", hit->list == NULL ? hit->own : hit->list);
}

/* Names of all that the value is on, joined by "; ". */
static const char *
names(const struct warning *w, enum observable_kind kind, const char *value)
{
	static char text[512];
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	AUTO_BUF struct buf b = { 0 };
	struct observable o = { 0 };
	struct warning_hit hit;

	if (kind == OBSERVABLE_HASH)
		assert_int_equal(observable_normalise_hash(STR("*"),
		    str_of(value), arena, &o), 1);
	else
		assert_int_equal(observable_normalise(kind, str_of(value),
		    arena, &o), 1);
	warning_each(w, &o, on_name, &b);
	assert_int_equal(warning_find(w, &o, &hit), b.n > 0);
	snprintf(text, sizeof(text), "%s", b.n > 0 ? b.p : "");
	return text;
}

#define IP(value) names(w, OBSERVABLE_IP, value)
#define DOMAIN(value) names(w, OBSERVABLE_DOMAIN, value)
#define URL(value) names(w, OBSERVABLE_URL, value)
#define EMAIL(value) names(w, OBSERVABLE_EMAIL, value)

static void
test_warning_find_cidr(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	struct err e = { 0 };

	(void)state;
	assert_true(warning_is_empty(w));
	assert_string_equal(IP("192.0.2.1"), "");
	assert_int_equal(load(w, "a", "{\"name\":\"A\",\"type\":\"cidr\","
	    "\"matching_attributes\":[\"ip-src\"],\"list\":["
	    "\"192.0.2.0/24\",\"2001:DB8::/32\",\"10.0.0.0/8\","
	    "\"10.1.0.0/16\",\"8.8.8.8\",\"::/0\"]}", &e), 1);
	assert_int_equal(load(w, "b", "{\"name\":\"B\",\"type\":\"cidr\","
	    "\"list\":[\"10.1.2.0/24\",\"10.1.0.0/16\",\"198.51.100.9\"]}",
	    &e), 1);
	assert_false(warning_is_empty(w));
	assert_string_equal(IP("192.0.2.0"), "A");
	assert_string_equal(IP("192.0.2.255"), "A");
	assert_string_equal(IP("192.0.3.0"), "");
	assert_string_equal(IP("192.0.1.255"), "");
	assert_string_equal(IP("10.0.0.1"), "A");
	assert_string_equal(IP("10.1.255.1"), "A; B");
	assert_string_equal(IP("10.1.2.3"), "A; B");
	assert_string_equal(IP("10.200.2.3"), "A");
	assert_string_equal(IP("11.0.0.0"), "");
	assert_string_equal(IP("8.8.8.8"), "A");
	assert_string_equal(IP("8.8.8.9"), "");
	/* ::/0 is all of IPv6, and none of IPv4. */
	assert_string_equal(IP("2001:db8::1"), "A");
	assert_string_equal(IP("2a00::1"), "A");
	assert_string_equal(IP("1.1.1.1"), "");
	/* A network that holds a listed address, and one that does not. */
	assert_string_equal(IP("198.51.0.0/16"), "B");
	assert_string_equal(IP("198.52.0.0/16"), "");
	assert_string_equal(IP("10.1.2.128/25"), "A; B");
	assert_string_equal(IP("0.0.0.0/0"), "A; B");
	/* As the host of a URL. */
	assert_string_equal(URL("http://192.0.2.7/x"), "A");
	assert_string_equal(URL("http://u:p@192.0.2.7:8080?x"), "A");
	assert_string_equal(URL("https://[2001:db8::5]:443/x"), "A");
	assert_string_equal(URL("https://198.51.100.9"), "B");
	assert_string_equal(URL("https://198.51.100.8/192.0.2.1"), "");
}

static void
test_warning_find_names(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(w, "h", "{\"name\":\"H\",\"type\":"
	    "\"hostname\",\"matching_attributes\":[\"domain\",\"url\"],"
	    "\"list\":[\"Example.org\",\".dotted.example\","
	    "\"B\\u00fccher.example\"]}", &e), 1);
	assert_int_equal(load(w, "s", "{\"name\":\"S\",\"type\":\"string\","
	    "\"list\":[\"WWW.example.org\",\"tld\","
	    "\"d41d8cd98f00b204e9800998ecf8427e\",\"8.8.4.4\","
	    "\"http://Example.net/Path\",\"Someone@example.net\","
	    "\"AS64499\"]}", &e), 1);
	assert_string_equal(DOMAIN("example.org"), "H");
	assert_string_equal(DOMAIN("WWW.EXAMPLE.ORG."), "H; S");
	assert_string_equal(DOMAIN("a.b.example.org"), "H");
	assert_string_equal(DOMAIN("badexample.org"), "");
	assert_string_equal(DOMAIN("org"), "");
	assert_string_equal(DOMAIN("x.dotted.example"), "H");
	assert_string_equal(DOMAIN("xn--bcher-kva.example"), "H");
	assert_string_equal(DOMAIN("TLD"), "S");
	assert_string_equal(DOMAIN("a.tld"), "");
	assert_string_equal(URL("https://u@www.example.org:8/?x"), "H");
	assert_string_equal(URL("https://evil.example/www.example.org"), "");
	assert_string_equal(URL("HTTP://EXAMPLE.net/Path"), "S");
	assert_string_equal(URL("http://example.net/path"), "");
	/* H does not say that it is about addresses of mail. */
	assert_string_equal(EMAIL("a@example.org"), "");
	assert_string_equal(EMAIL("someone@EXAMPLE.net"), "S");
	assert_string_equal(IP("8.8.4.4"), "S");
	assert_string_equal(names(w, OBSERVABLE_ASN, "AS64499"), "S");
	assert_string_equal(names(w, OBSERVABLE_HASH,
	    "D41D8CD98F00B204E9800998ECF8427E"), "S");
	assert_string_equal(names(w, OBSERVABLE_HASH,
	    "d41d8cd98f00b204e9800998ecf8427f"), "");
}

static void
test_warning_find_slow(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(w, "b", "{\"name\":\"B\",\"type\":"
	    "\"substring\",\"matching_attributes\":[\"url\"],"
	    "\"list\":[\"/Login\",\"x\"]}", &e), 1);
	assert_int_equal(load(w, "r", "{\"name\":\"R\",\"type\":\"regex\","
	    "\"list\":[\"/^mail[0-9]{1,3}\\\\.example\\\\.org$/i\","
	    "\"^a(b|c)+$\"]}", &e), 1);
	assert_string_equal(URL("http://e.org/a/lOgin?y"), "B");
	assert_string_equal(DOMAIN("x.org"), "");
	assert_string_equal(DOMAIN("mail12.example.org"), "R");
	assert_string_equal(DOMAIN("amail12.example.org"), "");
	assert_string_equal(DOMAIN("mail12.exampleaorg"), "");
	assert_string_equal(DOMAIN("abcb"), "R");
}

static void
test_warning_constituency(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	const int64_t as[] = { 64496 }, none[] = { 0 };
	const struct str prefixes[] = { STR("203.0.113.0/24"),
	    STR("2001:db8:ff::/48") };
	const struct str domains[] = { STR("gov.example") };
	const struct str bad[] = { STR("203.0.113.0/33") };
	const struct warning_own own = { as, 1, prefixes, domains, 2, 1 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(w, "a", "{\"name\":\"A\",\"type\":\"cidr\","
	    "\"list\":[\"203.0.113.0/25\"]}", &e), 1);
	assert_int_equal(warning_constituency(w, &own, &e), 0);
	warning_index(w);
	assert_string_equal(IP("203.0.113.200"), "own 203.0.113.0/24");
	assert_string_equal(IP("203.0.113.20"), "own 203.0.113.0/24; A");
	assert_string_equal(IP("203.0.0.0/16"), "own 203.0.113.0/24; A");
	assert_string_equal(IP("2001:db8:ff:1::"), "own 2001:db8:ff::/48");
	assert_string_equal(DOMAIN("www.gov.example"), "own gov.example");
	assert_string_equal(EMAIL("a@gov.example"), "own gov.example");
	assert_string_equal(URL("https://x.gov.example/"),
	    "own gov.example");
	assert_string_equal(names(w, OBSERVABLE_ASN, "64496"),
	    "own AS64496");
	assert_string_equal(names(w, OBSERVABLE_ASN, "64497"), "");
	/* What does not read leaves what was there. */
	assert_int_equal(warning_constituency(w, &(struct warning_own){
	    .prefixes = bad, .nprefixes = 1 }, &e), ERR_CONF);
	assert_non_null(strstr(e.text, "\"203.0.113.0/33\""));
	assert_int_equal(warning_constituency(w, &(struct warning_own){
	    .as = none, .nas = 1 }, &e), ERR_CONF);
	warning_index(w);
	assert_string_equal(IP("203.0.113.200"), "own 203.0.113.0/24");
	assert_int_equal(warning_constituency(w, &(struct warning_own){
	    .nas = 0 }, &e), 0);
	warning_index(w);
	assert_string_equal(IP("203.0.113.200"), "");
}

static void
test_warning_load_refused(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ "", "f:1:1: not JSON: the text ends" },
		{ "[]", "f:1:1: not JSON: found \"[\" where the object" },
		{ "{\"name\":\"a\",\n \"type\":\"bloom\"}",
		    "f:2:9: an unknown type; want string" },
		{ "{\"name\":\"a\",\n \"list\":[\"a\" \"b\"]}",
		    "f:2:14: not JSON: found \"\\x22\" where" },
		{ "{\"name\":\"a\",\"type\":\"string\",\"list\":[1]}",
		    "f:1:37: not JSON: found \"1\" where a value in quotes" },
		{ "{\"name\":\"a\",\"type\":\"string\"}", "f: no \"list\"" },
		{ "{\"name\":\"a\",\"list\":[]}", "f: no \"type\"" },
		{ "{\"type\":\"cidr\",\"list\":[]}", "f: no \"name\"" },
		{ "{\"name\":\"a\",\"type\":\"cidr\",\"list\":["
		    "\"1.2.3.4\",\"1.2.3.4/33\"]}",
		    "f: entry 2 \"1.2.3.4/33\": not an address or" },
		{ "{\"name\":\"a\",\"type\":\"regex\",\"list\":[\"a\",\"(b\"]}",
		    "f: entry 2 \"(b\": the regular expression does not" },
		{ "{\"name\":\"a\",\"type\":\"regex\",\"list\":[\"(?:b)\"]}",
		    "f: entry 1 \"(?:b)\": \"(?\" is not POSIX" },
		{ "{\"name\":\"a\",\"type\":\"regex\",\"list\":[\"\\\\d\"]}",
		    "not POSIX; want [0-9]" },
		{ "{\"name\":\"a\",\"type\":\"regex\",\"list\":"
		    "[\"(a{99}){99}\"]}", "repeats of more than 1024" },
		{ "{\"name\":\"a\",\"type\":\"regex\",\"list\":"
		    "[\"(a)\\\\1\"]}", "references back" },
		{ "{\"name\":\"a\",\"type\":\"string\",\"list\":[\"\"]}",
		    "f: entry 1 \"\": empty" },
		{ "{\"name\":\"a\",\"type\":\"string\",\"list\":[]} x",
		    "f:1:40: not JSON: found \"x\"" },
		{ "{\"name\":\"\",\"type\":\"string\",\"list\":[]}",
		    "want a name of 1 to 256 bytes" },
		{ "{\"name\":\"a\",\"type\":\"string\",\"list\":[\"a\"],"
		    "\"x\":{\"y\":[}}", "f:1:" },
	};
	AUTO(warning_free) struct warning *w = warning_new();
	struct warning_info info;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct err e = { 0 };

		assert_int_equal(load(w, "f", cases[i].text, &e), ERR_CONF);
		if (strstr(e.text, cases[i].said) == NULL)
			fail_msg("%s: %s", cases[i].text, e.text);
		assert_true(warning_at(w, 0, &info));
		assert_string_equal(info.problem, e.text);
		assert_true(warning_is_empty(w));
	}
}

/* What takes time in every look-up, and names, have their bounds. */
static void
test_warning_load_limits(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	AUTO_BUF struct buf b = { 0 }, name = { 0 };
	struct err e = { 0 };

	(void)state;
	buf_addz(&b, "{\"name\":\"A\",\"type\":\"substring\",\"list\":["
	    "\"x\"");
	for (int i = 1; i < WARNING_SLOW_MAX; i++)
		buf_addf(&b, ",\"x%d\"", i);
	buf_addz(&b, "]}");
	assert_int_equal(load(w, "a", b.p, &e), 1);
	/* All lists share the bound; the one that was there stays. */
	assert_int_equal(load(w, "b", "{\"name\":\"B\",\"type\":\"regex\","
	    "\"list\":[\"y\"]}", &e), ERR_LIMIT);
	assert_non_null(strstr(e.text, "b: 4097 substrings"));
	b.n -= 2;
	buf_addz(&b, ",\"z\"]}");
	assert_int_equal(load(w, "a", b.p, &e), ERR_LIMIT);
	assert_non_null(strstr(e.text, "a: more than 4096 substrings"));
	assert_string_equal(DOMAIN("x.org"), "A");
	for (int i = 0; i <= WARNING_NAME_MAX; i++)
		buf_addc(&name, 'n');
	buf_reset(&b);
	buf_addf(&b, "{\"name\":\"%s\",\"type\":\"cidr\",\"list\":[]}",
	    name.p);
	assert_int_equal(load(w, "c", b.p, &e), ERR_CONF);
	assert_non_null(strstr(e.text, "c:1:9: want a name of 1 to 256"));
}

static bool
on_has(void *arg, const char *name)
{
	return strcmp(name, arg) == 0;
}

static void
test_warning_load_again(void **state)
{
	static const char a[] = "{\"name\":\"A\",\"type\":\"cidr\","
	    "\"version\":7,\"list\":[\"192.0.2.0/24\"]}";
	AUTO(warning_free) struct warning *w = warning_new();
	struct warning_info info;
	struct err e = { 0 };
	char b[] = "b";

	(void)state;
	assert_int_equal(load(w, "b", a, &e), 1);
	assert_int_equal(load(w, "b", a, &e), 0);
	/* A file that broke leaves the list, and says so. */
	assert_int_equal(load(w, "b", "{", &e), ERR_CONF);
	assert_string_equal(IP("192.0.2.1"), "A");
	assert_true(warning_at(w, 0, &info));
	assert_string_equal(info.file, "b");
	assert_int_equal(info.version, 7);
	assert_int_equal(info.entries, 1);
	assert_int_equal(info.loaded.ms, 1000);
	assert_non_null(info.problem);
	assert_int_equal(load(w, "b", a, &e), 0);
	assert_true(warning_at(w, 0, &info));
	assert_null(info.problem);
	assert_int_equal(load(w, "a", "{\"name\":\"Z\",\"type\":\"cidr\","
	    "\"list\":[\"192.0.2.0/24\"]}", &e), 1);
	assert_string_equal(IP("192.0.2.1"), "Z; A");
	assert_int_equal(load(w, "a", "{\"name\":\"Y\",\"type\":\"cidr\","
	    "\"list\":[\"192.0.3.0/24\"]}", &e), 1);
	assert_string_equal(IP("192.0.2.1"), "A");
	assert_int_equal(warning_keep(w, on_has, b), 1);
	warning_index(w);
	assert_string_equal(IP("192.0.3.1"), "");
	assert_string_equal(IP("192.0.2.1"), "A");
}

/* A million names: what they take, and that looking one up takes no time. */
static void
test_warning_find_fast(void **state)
{
	AUTO(warning_free) struct warning *w = warning_new();
	AUTO_BUF struct buf b = { 0 };
	struct observable o = { .kind = OBSERVABLE_DOMAIN,
	    .value = STR("www.host777.example.org") };
	struct warning_hit hit;
	struct err e = { 0 };
	struct timespec from, to;
	int64_t us;

	(void)state;
	buf_addz(&b, "{\"name\":\"A\",\"type\":\"hostname\",\"list\":[\"x\"");
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, ",\"host%d.example.org\"", i);
	buf_addz(&b, "]}");
	assert_int_equal(load(w, "a", b.p, &e), 1);
	assert_true(warning_bytes(w) < 100001 * 80);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 10000; i++)
		assert_true(warning_find(w, &o, &hit));
	clock_gettime(CLOCK_MONOTONIC, &to);
	us = (to.tv_sec - from.tv_sec) * 1000000 +
	    (to.tv_nsec - from.tv_nsec) / 1000;
	/* 2 us is usual with sanitizers; 100 would be a walk over a list. */
	assert_true(us < 10000 * 100);
}

/* data/B-benign/name of the shared data, plain or gzip, or NULL. */
static char *
data_read(const char *name)
{
	const char *root = getenv("COMITY_SHARED");
	char path[4096], chunk[65536];
	AUTO_BUF struct buf b = { 0 };
	gzFile f;
	int n;

	snprintf(path, sizeof(path), "%s/" DATA "%s",
	    root != NULL ? root : SOURCE_ROOT "/../shared", name);
	f = gzopen(path, "rb");
	if (f == NULL)
		return NULL;
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n);
	gzclose(f);
	return buf_take(&b);
}

static const struct {
	const char *name;
	enum observable_kind kind;
} columns[] = {
	{ "domain", OBSERVABLE_DOMAIN }, { "ipv4", OBSERVABLE_IP },
	{ "md5", OBSERVABLE_HASH }, { "sha256", OBSERVABLE_HASH },
};

/* A row of the overlap: kind, value, source, category, lists by blanks. */
static void
check_overlap(const struct warning *w, char *line)
{
	char *field[5], *list, *rest = NULL;
	struct warning_info info;
	const char *on = NULL;

	for (size_t i = 0; i < NELEM(field); i++) {
		field[i] = strsep(&line, "\t");
		assert_non_null(field[i]);
	}
	for (size_t i = 0; i < NELEM(columns); i++)
		if (strcmp(columns[i].name, field[0]) == 0)
			on = names(w, columns[i].kind, field[1]);
	assert_non_null(on);
	list = strtok_r(field[4], " ", &rest);
	for (; list != NULL; list = strtok_r(NULL, " ", &rest)) {
		bool found = false;

		for (size_t i = 0; warning_at(w, i, &info); i++)
			found = found || (strncmp(info.file, list,
			    strlen(list)) == 0 && strstr(on, info.name) !=
			    NULL);
		if (!found)
			fail_msg("%s: not on %s but on %s", field[1], list,
			    on);
	}
}

static void
check_overlaps(const struct warning *w)
{
	AUTO(mem_free) char *text = data_read("overlap-with-indicators.tsv");
	char *line, *rest = text;
	size_t n = 0;

	assert_non_null(text);
	(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		check_overlap(w, line);
		n++;
	}
	assert_int_equal(n, 128);
}

static void
test_warning_real_lists(void **state)
{
	static const char *const files[] = { "akamai.json",
	    "amazon-aws.json.gz", "cisco_top1000.json",
	    "common-ioc-false-positive.json", "empty-hashes.json",
	    "google.json", "link-in-bio.json", "microsoft-azure.json.gz",
	    "microsoft-office365.json", "public-dns-v6.json", "rfc1918.json",
	    "rfc5735.json", "security-provider-blogpost.json",
	    "sinkholes.json", "smtp-sending-ips.json", "tlds.json",
	    "tranco10k.json.gz", "university_domains.json.gz",
	    "url-shortener.json", "vpn-ipv6.json", "multicast.json" };
	AUTO(warning_free) struct warning *w = warning_new();
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < NELEM(files); i++) {
		AUTO(mem_free) char *text = data_read(files[i]);

		if (text == NULL) {
			print_message("no %s here: skipped\n", DATA);
			skip();
		}
		if (load(w, files[i], text, &e) != 1)
			fail_msg("%s", e.text);
	}
	assert_string_equal(IP("10.11.12.13"),
	    "List of RFC 1918 CIDR blocks; List of RFC 5735 CIDR blocks");
	assert_string_equal(IP("2a00:1450::1"), "");
	assert_non_null(strstr(URL("https://tinyurl.com/abc"),
	    "List of known URL Shorteners domains"));
	assert_non_null(strstr(DOMAIN("login.microsoftonline.com"),
	    "List of known Office 365 URLs"));
	assert_non_null(strstr(names(w, OBSERVABLE_HASH,
	    "d41d8cd98f00b204e9800998ecf8427e"),
	    "List of known hashes for empty files"));
	assert_string_equal(DOMAIN("quite-unknown.example"), "");
	check_overlaps(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warning_find_cidr),
		cmocka_unit_test(test_warning_find_names),
		cmocka_unit_test(test_warning_find_slow),
		cmocka_unit_test(test_warning_constituency),
		cmocka_unit_test(test_warning_load_refused),
		cmocka_unit_test(test_warning_load_limits),
		cmocka_unit_test(test_warning_load_again),
		cmocka_unit_test(test_warning_find_fast),
		cmocka_unit_test(test_warning_real_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
