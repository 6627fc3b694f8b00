/*
 * Golden outputs of the export formats, with values that try to break out
 * of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/export.h"

#define HEAD "{\"type\":\"indicator\",\"spec_version\":\"2.1\","
#define TIMES "\"created\":\"2026-01-01T00:00:00.000Z\","		\
	"\"modified\":\"2026-01-01T00:00:00.000Z\","			\
	"\"valid_from\":\"2026-01-01T00:00:00Z\","			\
	"\"pattern_type\":\"stix\""

/* Put an indicator with that pattern (JSON text) and more properties in. */
static void
add(struct export_set *s, unsigned n, const char *pattern, const char *more)
{
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, HEAD "\"id\":\"indicator--5a2e7d3c-0d4b-4f0e-9d6a-"
	    "%012u\"," TIMES ",\"pattern\":\"%s\"%s}", n, pattern, more);
	export_set_add(s, &(struct export_record){ .object = buf_str(&b),
	    .kind = STR("botnet"), .tlp = STR("green"), .pap = STR("green"),
	    .source = STR("cert-xa"),
	    .received = STR("2026-01-02T00:00:00.000Z") });
}

/* What hostile and honest peers publish. */
static void
fill(struct export_set *s)
{
	static const char *const patterns[] = {
		"[domain-name:value = 'B.Example.NET.']",
		"[domain-name:value IN ('a.example.net', 'b.example.net')]",
		/* Parts of a condition are no rule by themselves. */
		"[domain-name:value = 'c.example.net' AND "
		    "domain-name:value LIKE '%x%']",
		"[domain-name:value = 'd.example.net'] FOLLOWEDBY "
		    "[ipv4-addr:value = '198.51.100.9']",
		"[domain-name:value != 'e.example.net']",
		"[domain-name:value = 'f.example.net'] START "
		    "t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'",
		"[domain-name:value NOT = 'g.example.net']",
		/* Values that would be more than a value. */
		"[domain-name:value = 'x.example\\n* CNAME .']",
		"[domain-name:value = '*.example.net']",
		"[domain-name:value = 'a;b.example.net']",
		"[domain-name:value = 'net']",
		"[domain-name:value = 'localhost']",
		"[url:value = 'http://h.example.net/a;\\\"b|c\\\\\\\\d?x=1#f']",
		"[url:value = 'http://h.example.net/\\n1.1.1.1']",
		"[url:value = 'https://user@i.example.net/']",
		"[ipv4-addr:value = '198.51.100.7']",
		"[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
		"[ipv6-addr:value = '2001:db8::1']",
		"[ipv4-addr:value = '0.0.0.0/0']",
		"[ipv4-addr:value = '10.1.2.3' OR "
		    "ipv4-addr:value = '203.0.113.5']",
		"[ipv6-addr:value = '::1']",
		"[file:hashes.'SHA-256' = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA']",
		"[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
		"[x509-certificate:hashes.'SHA-256' = 'bbbbbbbbbbbbbbbbbbbbbbbb"
		    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb']",
		"[email-addr:value = 'a@example.net']",
		"[file:name = '=cmd|calc']",
		"[file:name = 'a\\tb,\\\"c\\nd']",
	};

	for (unsigned i = 0; i < NELEM(patterns); i++)
		add(s, i, patterns[i], "");
	add(s, 100, "[domain-name:value = 'good.example.net']",
	    ",\"indicator_types\":[\"benign\"]");
	add(s, 101, "[domain-name:value = 'a.example.net']", "");
}

static void
expect(const char *format, const struct export_options *o, const char *want)
{
	const struct export_format *f = export_format_find(format);
	AUTO(export_set_free) struct export_set *s = NULL;
	AUTO_BUF struct buf out = { 0 };

	assert_non_null(f);
	s = export_set_new(f);
	fill(s);
	export_set_sort(s, false);
	export_set_write(s, o, &out);
	assert_string_equal(out.p, want);
}

static const struct export_options plain = { .serial = 7 };

static void
test_write_rpz(void **state)
{
	(void)state;
	expect("rpz", &plain, "$TTL 300\n"
	    "@ IN SOA localhost. hostmaster.localhost. 7 3600 600 86400 300\n"
	    "@ IN NS localhost.\n"
	    "a.example.net CNAME .\n"
	    "b.example.net CNAME .\n");
}

static void
test_write_hosts(void **state)
{
	(void)state;
	expect("hosts", &plain, "0.0.0.0 a.example.net\n"
	    "0.0.0.0 b.example.net\n");
}

static void
test_write_nftables(void **state)
{
	(void)state;
	expect("nftables", &(struct export_options){ .name = "edge" },
	    "add table inet edge\n"
	    "add set inet edge block4 { type ipv4_addr; flags interval; }\n"
	    "flush set inet edge block4\n"
	    "add element inet edge block4 {\n"
	    "\t198.51.100.0/24,\n"
	    "\t203.0.113.5,\n"
	    "}\n"
	    "add set inet edge block6 { type ipv6_addr; flags interval; }\n"
	    "flush set inet edge block6\n"
	    "add element inet edge block6 {\n"
	    "\t2001:db8::1,\n"
	    "}\n");
}

static void
test_write_list(void **state)
{
	(void)state;
	expect("list", &plain,
	    "a.example.net\n"
	    "b.example.net\n"
	    "localhost\n"
	    "net\n"
	    "::1\n"
	    "0.0.0.0/0\n"
	    "10.1.2.3\n"
	    "198.51.100.0/24\n"
	    "198.51.100.7\n"
	    "203.0.113.5\n"
	    "2001:db8::1\n"
	    "http://h.example.net/a;\"b|c\\d?x=1#f\n"
	    "https://user@i.example.net/\n"
	    "MD5:d41d8cd98f00b204e9800998ecf8427e\n"
	    "SHA-256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaa\n"
	    "a@example.net\n"
	    "=cmd|calc\n");
}

static void
test_write_suricata(void **state)
{
	const struct export_format *f = export_format_find("suricata");
	AUTO(export_set_free) struct export_set *s = export_set_new(f);
	AUTO_BUF struct buf out = { 0 };
	size_t lines = 0;

	(void)state;
	fill(s);
	export_set_sort(s, false);
	export_set_write(s, &plain, &out);
	for (size_t i = 0; i < out.n; i++)
		lines += out.p[i] == '\n';
	assert_int_equal(lines, 7);
	assert_non_null(strstr(out.p, "alert dns any any -> any any (msg:"
	    "\"comity domain a.example.net\"; dns.query; content:"
	    "\"a.example.net\"; bsize:13; nocase; metadata: comity_id "
	    "indicator--5a2e7d3c-0d4b-4f0e-9d6a-000000000001, comity_source "
	    "cert-xa, comity_kind botnet; sid:"));
	assert_non_null(strstr(out.p, " http.host; content:\"h.example.net\";"
	    " bsize:13; http.uri.raw; content:\"/a|3B||22|b|7C|c|5C|d|3F|x"
	    "|3D|1\"; bsize:13;"));
	assert_non_null(strstr(out.p, "alert ip any any <> [198.51.100.0/24]"
	    " any "));
}

static void
test_write_suricata_datasets(void **state)
{
	(void)state;
	expect("suricata-domains", &plain, "YS5leGFtcGxlLm5ldA==\n"
	    "Yi5leGFtcGxlLm5ldA==\n");
	expect("suricata-ips", &plain, "198.51.100.7\n203.0.113.5\n"
	    "2001:db8::1\n");
	expect("suricata-md5", &plain, "d41d8cd98f00b204e9800998ecf8427e\n");
	expect("suricata-sha256", &plain, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
}

#define ZEEK(value, type, n) value "\tIntel::" type "\tcert-xa\t"	\
	"indicator--5a2e7d3c-0d4b-4f0e-9d6a-0000000000" n "\n"

static void
test_write_zeek(void **state)
{
	(void)state;
	expect("zeek", &plain,
	    "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n"
	    ZEEK("a.example.net", "DOMAIN", "01")
	    ZEEK("b.example.net", "DOMAIN", "00")
	    ZEEK("198.51.100.0/24", "SUBNET", "16")
	    ZEEK("198.51.100.7", "ADDR", "15")
	    ZEEK("203.0.113.5", "ADDR", "19")
	    ZEEK("2001:db8::1", "ADDR", "17")
	    ZEEK("h.example.net/a;\"b\\x7cc\\x5cd?x=1#f", "URL", "12")
	    ZEEK("d41d8cd98f00b204e9800998ecf8427e", "FILE_HASH", "22")
	    ZEEK("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaa", "FILE_HASH", "21")
	    ZEEK("a@example.net", "EMAIL", "24")
	    ZEEK("=cmd\\x7ccalc", "FILE_NAME", "25"));
}

/* What a spreadsheet would calculate is text; what has lines is quoted. */
static void
test_write_csv(void **state)
{
	const struct export_format *f = export_format_find("csv");
	AUTO(export_set_free) struct export_set *s = export_set_new(f);
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	add(s, 1, "[file:name = '=cmd|calc']", ",\"name\":\"@SUM(A1)\"");
	add(s, 2, "[file:name = 'a,\\\"b\\n-c']",
	    ",\"confidence\":80,\"name\":\"-1+2\"");
	export_set_sort(s, false);
	export_set_write(s, &plain, &out);
	assert_string_equal(out.p,
	    "value,type,kind,confidence,tlp,pap,source,valid_from,"
	    "valid_until,id,modified,name,credibility,reliability\n"
	    "\"'=cmd|calc\",file-name,botnet,,green,green,cert-xa,"
	    "2026-01-01T00:00:00Z,,indicator--5a2e7d3c-0d4b-4f0e-9d6a-"
	    "000000000001,2026-01-01T00:00:00.000Z,\"'@SUM(A1)\",,\n"
	    "\"a,\"\"b\n-c\",file-name,botnet,80,green,green,cert-xa,"
	    "2026-01-01T00:00:00Z,,indicator--5a2e7d3c-0d4b-4f0e-9d6a-"
	    "000000000002,2026-01-01T00:00:00.000Z,\"'-1+2\",,\n");
}

static void
test_write_misp(void **state)
{
	AUTO(export_set_free) struct export_set *s = export_set_new(
	    export_format_find("misp"));
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	add(s, 1, "[ipv4-addr:value = '198.51.100.7']",
	    ",\"labels\":[\"a \\\"b\\\"\"],\"x_misp_type\":\"ip-src\","
	    "\"x_misp_comment\":\"seen\\nonce\",\"x_misp_to_ids\":false");
	add(s, 2, "[ipv4-addr:value = '198.51.100.7']", "");
	add(s, 3, "[ipv4-addr:value = '198.51.100.7']", "");
	export_set_add(s, &(struct export_record){ .object = STR(
	    "{\"type\":\"domain-name\",\"spec_version\":\"2.1\",\"id\":"
	    "\"domain-name--5a2e7d3c-0d4b-4f0e-9d6a-000000000001\","
	    "\"value\":\"k.example.net\"}") });
	export_set_add(s, &(struct export_record){ .object = STR(
	    "{\"type\":\"domain-name\",\"spec_version\":\"2.1\",\"id\":"
	    "\"domain-name--5a2e7d3c-0d4b-4f0e-9d6a-000000000002\","
	    "\"value\":\"l.example.net\"}"), .reliability = 'B',
	    .credibility = '2', .peers = true });
	add(s, 4, "[file:name = 'A.exe' AND file:hashes.MD5 = "
	    "'d41d8cd98f00b204e9800998ecf8427e']", ",\"x_misp_type\":"
	    "\"filename|md5\",\"x_misp_category\":\"Payload delivery\","
	    "\"x_misp_value\":\"A.exe|d41d8cd98f00b204e9800998ecf8427e\"");
	export_set_sort(s, false);
	export_set_write(s, &plain, &out);
#define LINE(name, value) "\n    \"" name "\": " value
	assert_non_null(strstr(out.p, "\"date\": \"2026-01-01\""));
	assert_non_null(strstr(out.p,
	    LINE("uuid", "\"5a2e7d3c-0d4b-4f0e-9d6a-000000000001\",")
	    LINE("type", "\"domain\",")
	    LINE("category", "\"Network activity\",")
	    LINE("value", "\"k.example.net\",")
	    LINE("to_ids", "false,")));
	assert_non_null(strstr(out.p, LINE("type", "\"ip-src\",")
	    LINE("category", "\"Network activity\",")
	    LINE("value", "\"198.51.100.7\",")
	    LINE("to_ids", "false,")
	    LINE("comment", "\"seen\\nonce\",")));
	assert_non_null(strstr(out.p, "\"name\": \"a \\\"b\\\"\""));
	assert_non_null(strstr(out.p, "\"name\": \"admiralty-scale:"
	    "source-reliability=\\\"b\\\"\""));
	assert_non_null(strstr(out.p, "\"name\": \"admiralty-scale:"
	    "information-credibility=\\\"2\\\"\""));
	assert_non_null(strstr(out.p, "\"name\": \"PAP:GREEN\""));
	/* The third says what the second said. */
	assert_non_null(strstr(out.p, "000000000002\""));
	assert_null(strstr(out.p, "000000000003\""));
	assert_non_null(strstr(out.p, LINE("type", "\"filename|md5\",")
	    LINE("category", "\"Payload delivery\",")
	    LINE("value", "\"A.exe|d41d8cd98f00b204e9800998ecf8427e\",")
	    LINE("to_ids", "true,")));
#undef LINE
}

/* Whole objects keep their bytes, blanks and order of properties too. */
static void
test_write_objects(void **state)
{
	static const char odd[] = "{ \"spec_version\":\"2.1\",\n\t\"type\": "
	    "\"malware\", \"id\":\"malware--5a2e7d3c-0d4b-4f0e-9d6a-"
	    "000000000001\",\"is_family\":false,\"x_n\":1.10e0,"
	    "\"created\":\"2026-01-01T00:00:00.000Z\","
	    "\"modified\":\"2026-01-01T00:00:00.000Z\"}";
	AUTO(export_set_free) struct export_set *s = export_set_new(
	    export_format_find("stix"));
	AUTO(export_set_free) struct export_set *lines = export_set_new(
	    export_format_find("jsonl"));
	AUTO_BUF struct buf out = { 0 }, text = { 0 };
	struct export_counts n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		export_set_add(s, &(struct export_record){ .object =
		    str_of(odd) });
		export_set_add(lines, &(struct export_record){ .object =
		    str_of(odd) });
	}
	export_set_sort(s, true);
	export_set_sort(lines, true);
	export_set_count(s, &n);
	assert_int_equal(n.entries, 1);
	export_set_write(s, &plain, &out);
	assert_non_null(strstr(out.p, odd));
	assert_memory_equal(out.p, "{\"type\":\"bundle\",\"id\":\"bundle--",
	    31);
	export_set_write(lines, &plain, &text);
	assert_ptr_equal(strchr(text.p, '\n'), text.p + text.n - 1);
	assert_int_equal(text.n, sizeof(odd));
}

static void
test_set_keeps_the_newest(void **state)
{
	AUTO(export_set_free) struct export_set *s = export_set_new(
	    export_format_find("list"));
	AUTO_BUF struct buf out = { 0 };
	AUTO_BUF struct buf newer = { 0 };

	(void)state;
	buf_addz(&newer, HEAD "\"id\":\"indicator--5a2e7d3c-0d4b-4f0e-9d6a-"
	    "000000000001\",\"created\":\"2026-01-01T00:00:00.000Z\","
	    "\"modified\":\"2026-03-01T00:00:00.000Z\","
	    "\"valid_from\":\"2026-01-01T00:00:00Z\",\"pattern_type\":\"stix\""
	    ",\"pattern\":\"[domain-name:value = 'new.example.net']\"}");
	export_set_add(s, &(struct export_record){ .object =
	    buf_str(&newer) });
	add(s, 1, "[domain-name:value = 'old.example.net']", "");
	export_set_sort(s, false);
	export_set_write(s, &plain, &out);
	assert_string_equal(out.p, "new.example.net\n");
}

static void
test_set_counts_what_is_left_out(void **state)
{
	AUTO(export_set_free) struct export_set *s = export_set_new(
	    export_format_find("rpz"));
	struct export_counts n;

	(void)state;
	fill(s);
	export_set_add(s, &(struct export_record){ .object = STR("{") });
	export_set_add(s, &(struct export_record){ .object = STR(
	    "{\"type\":\"domain-name\",\"spec_version\":\"2.1\",\"id\":"
	    "\"domain-name--5a2e7d3c-0d4b-4f0e-9d6a-000000000001\","
	    "\"value\":\"k.example.net\"}") });
	add(s, 200, "[domain-name:value = ", "");
	export_set_sort(s, false);
	export_set_count(s, &n);
	assert_int_equal(n.entries, 2);
	assert_int_equal(n.records, 3);
	assert_int_equal(n.left[EXPORT_WHY_INVALID], 1);
	assert_int_equal(n.left[EXPORT_WHY_NO_INDICATOR], 1);
	assert_int_equal(n.left[EXPORT_WHY_BENIGN], 1);
	assert_int_equal(n.left[EXPORT_WHY_PATTERN], 1);
	assert_int_equal(n.left[EXPORT_WHY_CONDITIONS], 5);
	assert_int_equal(n.left[EXPORT_WHY_UNSAFE], 2);
}

static void
test_rpz_serial(void **state)
{
	uint32_t serial = 0;

	(void)state;
	assert_true(export_rpz_serial(STR("$TTL 300\n@ IN SOA localhost. "
	    "hostmaster.localhost. 4294967295 3600"), &serial));
	assert_int_equal(serial, UINT32_MAX);
	assert_false(export_rpz_serial(STR("$TTL 300\n@ IN SOA localhost. "
	    "hostmaster.localhost. 4294967296 3600"), &serial));
	assert_false(export_rpz_serial(STR(""), &serial));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_rpz),
		cmocka_unit_test(test_write_hosts),
		cmocka_unit_test(test_write_nftables),
		cmocka_unit_test(test_write_list),
		cmocka_unit_test(test_write_suricata),
		cmocka_unit_test(test_write_suricata_datasets),
		cmocka_unit_test(test_write_zeek),
		cmocka_unit_test(test_write_csv),
		cmocka_unit_test(test_write_misp),
		cmocka_unit_test(test_write_objects),
		cmocka_unit_test(test_set_keeps_the_newest),
		cmocka_unit_test(test_set_counts_what_is_left_out),
		cmocka_unit_test(test_rpz_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
