#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "base/limits.h"
#include "record/observable.h"
#include "record/observable_norm.h"

#define ARENA_BYTES (8 << 20)

static const char part_letters[] = {
	[OBSERVABLE_SOLE] = 's', [OBSERVABLE_ANY_OF] = 'o',
	[OBSERVABLE_PART_OF] = 'p',
};

/* "kind value/part" of each, joined by "; ", or "!why". */
static char *
outline(const struct stix_object *o)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO_BUF struct buf b = { 0 };
	struct observables found;

	assert_int_equal(observables_of(o, arena, &found), 0);
	if (found.unparsable) {
		assert_int_equal(found.n, 0);
		buf_addf(&b, "!%s", found.why);
	}
	for (size_t i = 0; i < found.n; i++)
		buf_addf(&b, "%s%s %.*s/%c", i > 0 ? "; " : "",
		    observable_kind_name(found.v[i].kind),
		    (int)found.v[i].value.n, found.v[i].value.p,
		    part_letters[found.v[i].part]);
	return buf_take(&b);
}

static struct stix_object
indicator(struct str pattern, const char *language)
{
	return (struct stix_object){ .type = STR("indicator"),
	    .pattern = pattern, .pattern_type = str_of(language) };
}

#define H32 "28558fd3777eb7123fc3a436addd5b79"
#define H32_UPPER "28558FD3777EB7123FC3A436ADDD5B79"
#define H40 "290a7bd4d00076f6bc7a4a7b82da47ad626ef574"
#define H64 "aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f"
#define H70 H64 "012345"

static void
test_observables_of_pattern(void **state)
{
	static const struct {
		const char *pattern, *want;
	} cases[] = {
		{ "[ipv4-addr:value = '104.206.162.38']",
		    "ip 104.206.162.38/s" },
		{ "[ipv4-addr:value = '198.51.100.1/32']",
		    "ip 198.51.100.1/s" },
		{ "[ipv4-addr:value ISSUBSET '109.120.128.225/28']",
		    "ip 109.120.128.224/28/s" },
		{ "[ipv6-addr:value = '2001:0DB8:0::1']",
		    "ip 2001:db8::1/s" },
		{ "[ipv6-addr:value ISSUBSET '2001:db8:dead::/33']",
		    "ip 2001:db8:8000::/33/s" },
		{ "[ipv4-addr:value = '1.2.3']", "" },
		{ "[ipv4-addr:value = '01.2.3.4']", "" },
		{ "[ipv4-addr:value = '1.2.3.4/33']", "" },
		{ "[domain-name:value = 'Evil.EXAMPLE.com.']",
		    "domain evil.example.com/s" },
		{ "[domain-name:value = 'b\xc3\xbc\x63her.example']",
		    "domain xn--bcher-kva.example/s" },
		{ "[domain-name:value = 'XN--BCHER-KVA.example']",
		    "domain xn--bcher-kva.example/s" },
		{ "[domain-name:value = 'xn--\x2d.example']",
		    "domain xn---.example/s" },
		{ "[domain-name:value = '_dmarc.a_b.example']",
		    "domain _dmarc.a_b.example/s" },
		{ "[url:value = 'HTTP://User@Ev\xc3\xadl.Example:80/Path?Q']",
		    "url http://User@xn--evl-sma.example:80/Path?Q/s" },
		{ "[url:value = 'https://[2001:DB8::1]/A']",
		    "url https://[2001:db8::1]/A/s" },
		{ "[url:value = 'Example.com/Path']",
		    "url Example.com/Path/s" },
		{ "[url:value = '/x?u=http://A/']",
		    "url /x?u=http://A//s" },
		{ "[email-addr:value = 'John.Doe@EXAMPLE.com']",
		    "email John.Doe@example.com/s" },
		{ "[email-message:from_ref.value = 'a@B.example']",
		    "email a@b.example/s" },
		{ "[mac-addr:value = 'D2-FB-49-24-37-18']",
		    "mac d2:fb:49:24:37:18/s" },
		{ "[mutex:name = '__CLEANSWEEP__']",
		    "mutex __CLEANSWEEP__/s" },
		{ "[windows-registry-key:key = 'HKEY_X\\\\foo']",
		    "registry-key HKEY_X\\foo/s" },
		{ "[autonomous-system:number = 15139]", "asn 15139/s" },
		{ "[x509-certificate:serial_number = '36:F7:d4']",
		    "certificate-serial 36f7d4/s" },
		{ "[process:command_line = 'a b']", "command-line a b/s" },
		{ "[user-account:account_login = 'root']", "account root/s" },
		{ "[file:name = 'foo.dll']", "file-name foo.dll/s" },
		/* Hashes: one name for each algorithm. */
		{ "[file:hashes.MD5 = '" H32_UPPER "']",
		    "hash MD5:" H32 "/s" },
		{ "[file:hashes.'md5' = '" H32 "']", "hash MD5:" H32 "/s" },
		{ "[file:hashes.SHA1 = '" H40 "']", "hash SHA-1:" H40 "/s" },
		{ "[file:hashes.'SHA-1' = '" H40 "']",
		    "hash SHA-1:" H40 "/s" },
		{ "[file:hashes.sha256 = '" H64 "']",
		    "hash SHA-256:" H64 "/s" },
		{ "[file:hashes.SHA_256 = '" H64 "']",
		    "hash SHA-256:" H64 "/s" },
		{ "[file:hashes.'SHA3-256' = '" H64 "']",
		    "hash SHA3-256:" H64 "/s" },
		{ "[file:hashes.IMPHASH = '" H32 "']",
		    "hash IMPHASH:" H32 "/s" },
		{ "[file:hashes.SSDEEP = '3:AbC+/:De']",
		    "hash SSDEEP:3:AbC+/:De/s" },
		{ "[file:hashes.TLSH = 'T1" H70 "']",
		    "hash TLSH:" H70 "/s" },
		{ "[file:hashes.VHASH = '01zzX']", "hash VHASH:01zzX/s" },
		{ "[file:hashes[*] = '" H40 "']", "hash SHA-1:" H40 "/s" },
		{ "[x509-certificate:hashes.'SHA-1' = '" H40 "']",
		    "hash SHA-1:" H40 "/s" },
		/* Not of the algorithm's form. */
		{ "[file:hashes.'SHA-256' = 'f00']", "" },
		{ "[file:hashes.MD5 = '" H40 "']", "" },
		{ "[file:hashes.'SHA-256' = 'f00' OR file:hashes.MD5 = '" H32
		    "']", "hash MD5:" H32 "/o" },
		/* What a reference may point to is seen from the value. */
		{ "[network-traffic:dst_ref.type = 'ipv4-addr' AND "
		    "network-traffic:dst_ref.value = '203.0.113.33/32']",
		    "ip 203.0.113.33/p" },
		{ "[network-traffic:dst_ref.value = 'Example.com']",
		    "domain example.com/s" },
		{ "[network-traffic:src_ref.value = 'aa:bb:cc:dd:ee:ff']",
		    "mac aa:bb:cc:dd:ee:ff/s" },
		{ "[network-traffic:dst_ref.value = 'not a name']", "" },
		{ "[network-traffic:dst_ref.value ISSUBSET '10.0.0.0/8']",
		    "ip 10.0.0.0/8/s" },
		{ "[domain-name:resolves_to_refs[0].value = '192.0.2.1']",
		    "ip 192.0.2.1/p" },
		/* Once each; what alone is a match stays so. */
		{ "[file:name = 'a' OR file:name = 'a']",
		    "file-name a/o" },
		{ "[(file:name = 'a' AND file:size = 1) OR file:name = 'a']",
		    "file-name a/o" },
		{ "[url:value ISSUBSET '10.0.0.0/8']", "" },
		{ "[ipv4-addr:value NOT = '10.0.0.1']", "" },
		{ "[x-custom:value = 'x']", "" },
		{ "[file:size = 5]", "" },
		{ "[file:size = ]", "!byte 13: want a constant" },
		{ "CAR-2014-11-005", "!byte 0: want \"[\"" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct stix_object o = indicator(str_of(cases[i].pattern),
		    "stix");
		AUTO(mem_free) char *got = outline(&o);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: got %s, want %s", cases[i].pattern, got,
			    cases[i].want);
	}
}

static void
test_observables_of_other_language(void **state)
{
	static const char *const languages[] = { "yara", "sigma", "STIX",
	    "" };

	(void)state;
	for (size_t i = 0; i < NELEM(languages); i++) {
		struct stix_object o = indicator(
		    STR("[ipv4-addr:value = '192.0.2.1']"), languages[i]);
		AUTO(mem_free) char *got = outline(&o);

		assert_string_equal(got, "");
	}
}

static void
test_observables_of_object(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ "{'type':'ipv4-addr','value':'198.51.100.3'}",
		    "ip 198.51.100.3/s" },
		{ "{'type':'ipv6-addr','value':'2001:DB8::/32'}",
		    "ip 2001:db8::/32/s" },
		{ "{'type':'domain-name','value':'EXAMPLE.com',"
		    "'resolves_to_refs':['ipv4-addr--x']}",
		    "domain example.com/s" },
		{ "{'type':'url','value':'HTTPS://A.example/B'}",
		    "url https://a.example/B/s" },
		{ "{'type':'file','hashes':{'MD5':'" H32 "','SHA-256':'" H64
		    "'},'name':'foo.dll'}", "hash MD5:" H32
		    "/o; hash SHA-256:" H64 "/o; file-name foo.dll/p" },
		{ "{'type':'file','name':'foo.dll'}",
		    "file-name foo.dll/s" },
		{ "{'type':'file','hashes':{'MD5':7,'SHA-1':'zz'}}", "" },
		{ "{'type':'file','hashes':'no dictionary'}", "" },
		{ "{'type':'autonomous-system','number':15139}",
		    "asn 15139/s" },
		{ "{'type':'x509-certificate','serial_number':'36:F7'}",
		    "certificate-serial 36f7/s" },
		{ "{'type':'user-account','account_login':'jdoe'}",
		    "account jdoe/s" },
		{ "{'type':'email-addr','value':'john@EXAMPLE.com'}",
		    "email john@example.com/s" },
		{ "{'type':'ipv4-addr','value':5}", "" },
		{ "{'type':'ipv4-addr','value':['1.2.3.4']}", "" },
		{ "{'type':'ipv4-addr'}", "" },
		{ "{'type':'identity','name':'x','value':'1.2.3.4'}", "" },
		{ "{'type':'ipv4-addr:value','value':'1.2.3.4'}", "" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO(mem_free) char *json = mem_strdup(cases[i].json);
		AUTO(mem_free) char *got = NULL;
		struct stix_object o = { 0 };
		json_t *j;

		for (char *p = json; *p != '\0'; p++)
			*p = *p == '\'' ? '"' : *p;
		j = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(j);
		o.json = j;
		o.type = str_of(json_string_value(json_object_get(j,
		    "type")));
		got = outline(&o);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: got %s, want %s", json, got,
			    cases[i].want);
		json_decref(j);
	}
}

/* n different addresses in one pattern, each twice. */
static void
addresses(struct buf *b, unsigned n)
{
	buf_reset(b);
	buf_addz(b, "[");
	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "%sipv4-addr:value IN ('10.1.%u.%u', "
		    "'10.1.%u.%u')", i > 0 ? " OR " : "", i / 256, i % 256,
		    i / 256, i % 256);
	buf_addz(b, "]");
}

static void
test_observables_of_many(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct buf b = { 0 };
	struct observables found;
	struct stix_object o;

	(void)state;
	addresses(&b, PATTERN_KEYS_MAX - 1);
	o = indicator(buf_str(&b), "stix");
	assert_int_equal(observables_of(&o, arena, &found), 0);
	assert_int_equal(found.n, PATTERN_KEYS_MAX - 1);
	assert_false(found.unparsable);
	/* Too many to key is said, and the record can still be stored. */
	addresses(&b, PATTERN_KEYS_MAX + 1);
	o.pattern = buf_str(&b);
	assert_int_equal(observables_of(&o, arena, &found), 0);
	assert_int_equal(found.n, 0);
	assert_true(found.unparsable);
	assert_non_null(strstr(found.why, "1024"));
	arena_reset(arena);
	buf_clear(&b);
}

static void
test_observables_of_full_arena(void **state)
{
	(void)state;
	for (size_t room = 0; room < 2000; room += 16) {
		AUTO(arena_free) struct arena *arena = arena_new(room);
		struct observables found = { .n = 77 };
		struct stix_object o = indicator(STR("[url:value = "
		    "'http://a.example/' OR email-addr:value = 'a\\'@b.c']"),
		    "stix");
		int rc = observables_of(&o, arena, &found);

		assert_true(rc == 0 || rc == ERR_LIMIT);
		assert_int_equal(found.n, rc == 0 ? 2 : 77);
	}
}

static void
test_observable_from_text(void **state)
{
	static const struct {
		const char *text, *want;	/* want NULL: ERR_SYNTAX */
	} cases[] = {
		{ "192.0.2.1", "ip 192.0.2.1" },
		{ " 192.0.2.1\n", "ip 192.0.2.1" },
		{ "192[.]0[.]2[.]1", "ip 192.0.2.1" },
		{ "192.0.2.77/24", "ip 192.0.2.0/24" },
		{ "0.0.0.0/0", "ip 0.0.0.0/0" },
		{ "2001:DB8::1", "ip 2001:db8::1" },
		{ "[2001:db8::1]", "ip 2001:db8::1" },
		{ "::ffff:192.0.2.1", "ip 192.0.2.1" },
		{ "::/0", "ip ::/0" },
		{ "Example.COM", "domain example.com" },
		{ "example[.]com", "domain example.com" },
		{ "example(dot)com.", "domain example.com" },
		{ "example\\.com", "domain example.com" },
		{ "*.Example.com", "domain *.example.com" },
		{ "*.xyz", "domain *.xyz" },
		{ "b\xc3\xbc\x63her.example",
		    "domain xn--bcher-kva.example" },
		{ "hxxp://Evil[.]example/X", "url http://evil.example/X" },
		{ "hXXps[:]//a[.]b/", "url https://a.b/" },
		{ "<https://a.example/?q=[.]>",
		    "url https://a.example/?q=." },
		{ "http[://]a.example", "url http://a.example" },
		{ "joe[at]EXAMPLE[.]com", "email joe@example.com" },
		{ "joe@example.com", "email joe@example.com" },
		{ H32_UPPER, "hash MD5:" H32 },
		{ H40, "hash SHA-1:" H40 },
		{ H64, "hash SHA-256:" H64 },
		{ "sha256:" H64, "hash SHA-256:" H64 },
		{ "IMPHASH:" H32, "hash IMPHASH:" H32 },
		{ "3:AbC+/:De", "hash SSDEEP:3:AbC+/:De" },
		{ "aa-BB-cc-dd-ee-ff", "mac aa:bb:cc:dd:ee:ff" },
		{ "AS15169", "asn 15169" },
		{ "", NULL }, { "  ", NULL }, { "two words", NULL },
		{ "localhost", NULL }, { "1.2.3", NULL }, { "1.2.3.4.5", NULL },
		{ "256.1.1.1", NULL }, { "1.2.3.4/33", NULL },
		{ "a..example", NULL }, { ".example.com", NULL },
		{ "*.", NULL }, { "*", NULL }, { "*.*.com", NULL },
		{ "http://", NULL }, { "://x", NULL }, { "@x.y", NULL },
		{ "x@", NULL }, { "md5:zz", NULL }, { "abcdef", NULL },
		{ "ex\xff\xfe.com", NULL }, { "example.com:80", NULL },
		{ "\x01.com", NULL },
	};
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct observable o = { .prefix = 77 };
		bool sub = true;
		char got[300] = "";
		int rc = observable_from_text(str_of(cases[i].text), arena,
		    &o, &sub);

		if (rc == 0)
			snprintf(got, sizeof(got), "%s %s%.*s",
			    observable_kind_name(o.kind), sub ? "*." : "",
			    (int)o.value.n, o.value.p);
		else
			assert_true(rc == ERR_SYNTAX && o.prefix == 77 && sub);
		if (strcmp(got, cases[i].want == NULL ? "" : cases[i].want))
			fail_msg("%s: got %s, want %s", cases[i].text, got,
			    cases[i].want);
	}
}

/* Equal things have equal keys, however they are written. */
static void
test_observable_key(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1/32", true },
		{ "192.0.2.1", "::ffff:c000:201", true },
		{ "192.0.2.1/24", "192.0.2.99/24", true },
		{ "192.0.2.0/24", "192.0.2.0/25", false },
		{ "192.0.2.0", "192.0.2.0/24", false },
		{ "EXAMPLE.com.", "example.com", true },
		{ "*.example.com", "example.com", true },
		{ "http://a.example/", "HTTP://A.example/", true },
		{ "http://a.example/a", "http://a.example/A", false },
		{ H32, H32_UPPER, true },
		{ H32, "IMPHASH:" H32, false },
	};
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct observable a, b;
	bool sub;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		assert_int_equal(observable_from_text(str_of(cases[i].a),
		    arena, &a, &sub), 0);
		assert_int_equal(observable_from_text(str_of(cases[i].b),
		    arena, &b, &sub), 0);
		if ((observable_key(&a) == observable_key(&b)) !=
		    cases[i].equal)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
	/* A fixed vector: SHA-256(0x01 "example.com"), first 8 bytes. */
	assert_int_equal(observable_from_text(STR("example.com"), arena, &a,
	    &sub), 0);
	assert_true(observable_key(&a) == UINT64_C(0x3bfb8311d05decb1));
	assert_true(observable_suffix_key(a.value) != observable_key(&a));
}

static void
test_observable_ip_bytes(void **state)
{
	static const uint8_t net[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2,
	    64 };
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct observable o;
	bool sub;

	(void)state;
	assert_int_equal(observable_from_text(STR("192.0.2.127/26"), arena,
	    &o, &sub), 0);
	assert_memory_equal(o.ip, net, sizeof(net));
	assert_int_equal(o.prefix, 122);
	assert_int_equal(observable_from_text(STR("192.0.2.64"), arena, &o,
	    &sub), 0);
	assert_memory_equal(o.ip, net, sizeof(net));
	assert_int_equal(o.prefix, 128);
	assert_int_equal(observable_from_text(STR("fe80::/10"), arena, &o,
	    &sub), 0);
	assert_int_equal(o.prefix, 10);
	assert_int_equal(o.ip[1], 0x80);
}

/* ../shared/data/name (plain or gzip), or NULL if it is not here. */
static gzFile
shared_open(const char *name)
{
	const char *root = getenv("COMITY_SHARED");
	char path[4096];
	gzFile f;

	snprintf(path, sizeof(path), "%s/data/%s",
	    root != NULL ? root : SOURCE_ROOT "/../shared", name);
	f = gzopen(path, "rb");
	if (f == NULL)
		print_message("skipped: no %s\n", name);
	return f;
}

/* All of f as JSON; closes f. */
static json_t *
shared_json(gzFile f)
{
	struct buf b = { 0 };
	char chunk[65536];
	json_t *j;
	int n;

	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n);
	gzclose(f);
	j = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(j);
	buf_clear(&b);
	return j;
}

static struct str
member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return v == NULL ? STR("") : (struct str){ json_string_value(v),
	    json_string_length(v) };
}

/* Every one of the real indicators parses and is keyed. */
static void
test_observables_of_real_indicators(void **state)
{
	gzFile f = shared_open("B-indicators/indicators-50k.stix.jsonl.gz");
	AUTO(arena_free) struct arena *arena = NULL;
	static char line[65536];
	size_t n = 0;

	(void)state;
	if (f == NULL)
		skip();
	arena = arena_new(ARENA_BYTES);
	while (gzgets(f, line, sizeof(line)) != NULL) {
		json_t *j = json_loads(line, 0, NULL);
		struct stix_object o = indicator(member(j, "pattern"),
		    "stix");
		struct observables found;

		if (!str_eqz(member(j, "type"), "indicator")) {
			json_decref(j);
			continue;
		}
		arena_reset(arena);
		assert_int_equal(observables_of(&o, arena, &found), 0);
		if (found.unparsable || found.n == 0)
			fail_msg("%.*s: %s", (int)o.pattern.n, o.pattern.p,
			    found.why);
		n++;
		json_decref(j);
	}
	gzclose(f);
	assert_int_equal(n, 50000);
}

/* A pattern of 57,118 characters. */
static void
test_observables_of_huge_pattern(void **state)
{
	gzFile f = shared_open("A-stix/oasis-stix-elevator/"
	    "idioms-json-2.1__Appendix_G_IOCs_Full.json.gz");
	AUTO(arena_free) struct arena *arena = NULL;
	size_t i, longest = 0, keyed = 0;
	json_t *bundle, *j;

	(void)state;
	if (f == NULL)
		skip();
	arena = arena_new(ARENA_BYTES);
	bundle = shared_json(f);
	json_array_foreach(json_object_get(bundle, "objects"), i, j) {
		struct stix_object o = indicator(member(j, "pattern"),
		    "stix");
		struct observables found;

		if (!str_eqz(member(j, "type"), "indicator"))
			continue;
		assert_int_equal(observables_of(&o, arena, &found), 0);
		if (o.pattern.n <= longest)
			continue;
		longest = o.pattern.n;
		keyed = found.n;
	}
	assert_int_equal(longest, 57118);
	assert_int_equal(keyed, 1020);
	json_decref(bundle);
}

/* Real lines that are no values: any answer will do, and none crashes. */
static void
test_observable_wild_rejects(void **state)
{
	gzFile f = shared_open("C-malformed/wild-rejects/"
	    "malformed-feed-values.jsonl");
	AUTO(arena_free) struct arena *arena = NULL;
	char line[8192];
	size_t n = 0;

	(void)state;
	if (f == NULL)
		skip();
	arena = arena_new(ARENA_BYTES);
	while (gzgets(f, line, sizeof(line)) != NULL) {
		json_t *j = json_loads(line, JSON_ALLOW_NUL, NULL);
		struct str raw = member(j, "raw");
		struct observable o;
		bool sub;
		int rc;

		arena_reset(arena);
		rc = observable_from_text(raw, arena, &o, &sub);
		assert_true(rc == 0 || rc == ERR_SYNTAX);
		for (int kind = OBSERVABLE_DOMAIN; kind <= OBSERVABLE_ACCOUNT;
		    kind++)
			assert_true(observable_normalise(
			    (enum observable_kind)kind, raw, arena, &o) >= 0);
		assert_true(observable_guess(raw, arena, &o) >= 0);
		n++;
		json_decref(j);
	}
	gzclose(f);
	assert_int_equal(n, 1187);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_observables_of_pattern),
		cmocka_unit_test(test_observables_of_other_language),
		cmocka_unit_test(test_observables_of_object),
		cmocka_unit_test(test_observables_of_many),
		cmocka_unit_test(test_observables_of_full_arena),
		cmocka_unit_test(test_observable_from_text),
		cmocka_unit_test(test_observable_key),
		cmocka_unit_test(test_observable_ip_bytes),
		cmocka_unit_test(test_observables_of_real_indicators),
		cmocka_unit_test(test_observables_of_huge_pattern),
		cmocka_unit_test(test_observable_wild_rejects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
