/*
 * Redaction: what is taken out is nowhere in what goes out, and what goes
 * out is valid; what cannot be done is denied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "record/derive.h"
#include "record/pattern.h"

#define U "00000001-0000-4000-8000-000000000001"
#define OTHER "00000002-0000-4000-8000-000000000002"
#define TIMES "\"created\":\"2026-01-01T00:00:00.000Z\"," \
	"\"modified\":\"2026-01-01T00:00:00.000Z\""
#define HEAD(type) "{\"type\":\"" type "\",\"spec_version\":\"2.1\"," \
	"\"id\":\"" type "--" U "\"," TIMES
#define INDICATOR(pattern, rest) HEAD("indicator") ",\"pattern\":\"" \
	pattern "\",\"pattern_type\":\"stix\"," \
	"\"valid_from\":\"2026-01-01T00:00:00Z\"" rest "}"
#define PATTERN "[ipv4-addr:value = '198.51.100.7']"
#define SCO(type, rest) "{\"type\":\"" type "\",\"spec_version\":\"2.1\"," \
	"\"id\":\"" type "--" U "\"," rest "}"

/* What is left of object without the parts; the code of derive_redacted. */
static int
redact(const char *object, const char *const *parts, struct buf *out)
{
	AUTO(stix_reader_free) struct stix_reader *r = stix_reader_new();
	struct derive_options d = { .parts = parts, .cert_id = "cert-xa" };
	struct stix_problem problem;
	struct stix_object o;
	int rc;

	while (parts[d.n] != NULL)
		d.n++;
	if (stix_read(r, str_of(object), &o, &problem) != 0)
		fail_msg("%s: %s", object, problem.text);
	rc = derive_redacted(&o, &d, out);
	if (rc != 0)
		return rc;
	if (stix_read(r, buf_str(out), &o, &problem) != 0)
		return ERR_DENIED;	/* as the gate does */
	return 0;
}

static void
test_derive_redacted(void **state)
{
	static const struct {
		const char *object, *parts[3];
		const char *gone[3];	/* nowhere in what is left */
		const char *there[3];
	} cases[] = {
		/* Properties, nested, in lists, by place, by any name. */
		{ INDICATOR(PATTERN, ",\"x_note\":\"Alpha\""), { "x_note" },
		  { "Alpha", "x_note\":" }, { "198.51.100.7" } },
		{ INDICATOR(PATTERN, ",\"x_d\":{\"host\":\"h-alpha\",\"n\":1}"),
		  { "x_d.host" }, { "h-alpha" }, { "\"x_d\":{\"n\":1}" } },
		{ INDICATOR(PATTERN, ",\"x_d\":{\"host\":\"h-alpha\"}"),
		  { "x_d.host" }, { "h-alpha", "\"x_d\":" }, { NULL } },
		{ INDICATOR(PATTERN, ",\"x_l\":[{\"a\":\"gone-1\",\"b\":1},"
		  "{\"a\":\"gone-2\",\"b\":2}]"), { "x_l[*].a" },
		  { "gone-1", "gone-2" }, { "[{\"b\":1},{\"b\":2}]" } },
		{ INDICATOR(PATTERN, ",\"x_l\":[{\"a\":\"gone-1\"},"
		  "{\"a\":\"stays-2\"}]"), { "x_l[0].a" }, { "gone-1" },
		  { "stays-2" } },
		{ INDICATOR(PATTERN, ",\"x_l\":[\"gone-1\",\"stays-2\"]"),
		  { "x_l[0]" }, { "gone-1" }, { "[\"stays-2\"]" } },
		{ INDICATOR(PATTERN, ",\"x_l\":[{\"a\":\"gone-1\",\"b\":1}]"),
		  { "x_l.a" }, { "gone-1" }, { "\"b\":1" } },
		{ INDICATOR(PATTERN, ",\"extensions\":{\"extension-definition"
		  "--" OTHER "\":{\"extension_type\":\"property-extension\","
		  "\"x\":\"gone-1\",\"y\":\"stays-2\"}}"),
		  { "extensions.*.x" }, { "gone-1" },
		  { "stays-2", "extension-definition--" OTHER } },
		{ INDICATOR(PATTERN, ",\"x_d\":{\"a.b\":\"gone-1\",\"c\":1}"),
		  { "x_d.'a.b'" }, { "gone-1" }, { "\"c\":1" } },
		{ INDICATOR(PATTERN, ""), { "x_not_there" }, { NULL },
		  { "198.51.100.7" } },
		/* External references stay references, or go. */
		{ INDICATOR(PATTERN, ",\"external_references\":[{"
		  "\"source_name\":\"one\",\"url\":\"https://gone.example/\","
		  "\"external_id\":\"E-1\"},{\"source_name\":\"two\",\"url\":"
		  "\"https://gone.example/2\"}]"),
		  { "external_references[*].url" }, { "gone.example", "two" },
		  { "E-1", "one" } },
		{ INDICATOR(PATTERN, ",\"external_references\":[{"
		  "\"source_name\":\"Ministry\",\"external_id\":\"E-1\"}]"),
		  { "external_references.source_name" }, { "Ministry" },
		  { "\"source_name\":\"[redacted]\"" } },
		/* Required text is replaced. */
		{ HEAD("identity") ",\"name\":\"Example Hospital\"}",
		  { "victim.name" }, { "Hospital" },
		  { "\"name\":\"[redacted]\"" } },
		{ HEAD("note") ",\"content\":\"Alpha said\",\"abstract\":"
		  "\"stays\",\"object_refs\":[\"indicator--" OTHER "\"]}",
		  { "content" }, { "Alpha" }, { "\"content\":\"[redacted]\"",
		  "stays" } },
		{ INDICATOR(PATTERN, ",\"name\":\"Alpha C2\""), { "name" },
		  { "Alpha", "\"name\":" }, { NULL } },
		/* What is taken out is not quoted elsewhere. */
		{ INDICATOR(PATTERN, ",\"x_victim_name\":\"Example Hospital\","
		  "\"description\":\"at Example Hospital\",\"name\":"
		  "\"C2 seen at EXAMPLE HOSPITAL\""), { "victim.name" },
		  { "ospital", "OSPITAL", "description" },
		  { "C2 seen at [redacted]" } },
		{ INDICATOR(PATTERN, ",\"x_who\":\"Alpha Ltd\",\"x_who2\":"
		  "\"Alpha\",\"description\":\"by Alpha Ltd\""),
		  { "x_who", "x_who2" }, { "Alpha", " Ltd" },
		  { "by [redacted]" } },
		{ INDICATOR(PATTERN, ",\"x_who\":\"Alpha\",\"x_more\":{"
		  "\"alpha_ticket\":7,\"k\":[\"Alpha-1\",\"beta\"]}"),
		  { "x_who" }, { "lpha" }, { "\"k\":[\"beta\"]" } },
		{ INDICATOR(PATTERN, ",\"x_who\":\"abc\",\"name\":\"abc\""),
		  { "x_who" }, { "x_who\":" }, { "\"name\":\"abc\"" } },
		/* Source. */
		{ INDICATOR(PATTERN, ",\"created_by_ref\":\"identity--" OTHER
		  "\",\"description\":\"see https://ngo.example/r/1\","
		  "\"external_references\":[{\"source_name\":\"ngo\",\"url\":"
		  "\"https://ngo.example/r/1\"}],\"x_ref\":\"identity--" OTHER
		  "\",\"object_marking_refs\":[\"marking-definition--" OTHER
		  "\",\"marking-definition--bab4a63c-aed9-4cf5-a766-"
		  "dfca5abac2bb\"]"), { "source" }, { OTHER, "ngo",
		  "derived_from" }, { "see [redacted]", "bab4a63c" } },
		/* References to who may be the victim. */
		{ HEAD("sighting") ",\"sighting_of_ref\":\"indicator--" OTHER
		  "\",\"where_sighted_refs\":[\"identity--" OTHER "\"]}",
		  { "victim.name" }, { "where_sighted_refs" },
		  { "sighting_of_ref" } },
		{ HEAD("report") ",\"name\":\"x\",\"report_types\":["
		  "\"threat-report\"],\"published\":\"2026-01-01T00:00:00Z\","
		  "\"object_refs\":[\"identity--" OTHER "\",\"indicator--"
		  OTHER "\"]}", { "victim.name" }, { "identity--" OTHER },
		  { "[\"indicator--" OTHER "\"]" } },
		/* Paths of a type: objects of it, and patterns. */
		{ SCO("file", "\"name\":\"gone.exe\",\"size\":7"),
		  { "file:name" }, { "gone.exe" }, { "\"size\":7" } },
		{ SCO("email-message", "\"is_multipart\":false,\"from_ref\":"
		  "\"email-addr--" OTHER "\",\"subject\":\"s\""),
		  { "email-message:from_ref.value" }, { OTHER },
		  { "\"subject\":\"s\"" } },
		{ INDICATOR("[ipv4-addr:value = '198.51.100.7' OR "
		  "domain-name:value = 'gone.example']", ""),
		  { "domain-name:value" }, { "gone.example" },
		  { "[ipv4-addr:value = '198.51.100.7']" } },
		{ INDICATOR("[email-message:from_ref.value = 'a@gone.example' "
		  "AND email-message:subject = 'gone'] OR [url:value = "
		  "'http://stays.example/']", ""),
		  { "email-message:from_ref.value" }, { "gone" },
		  { "\"[url:value = 'http://stays.example/']\"" } },
		{ INDICATOR("([file:hashes.'SHA-256' = 'aa'] OR "
		  "[file:name = 'gone.exe']) WITHIN 5 SECONDS", ""),
		  { "file:name" }, { "gone" },
		  { "([file:hashes.'SHA-256' = 'aa']) WITHIN 5 SECONDS" } },
		{ INDICATOR("[network-traffic:dst_ref.value = '192.0.2.1' OR "
		  "network-traffic:extensions.'http-request-ext'."
		  "request_header.Host = 'gone.example']", ""),
		  { "network-traffic:extensions.*.request_header" },
		  { "gone" }, { "192.0.2.1" } },
		{ INDICATOR("[process:x_list[2].y = 'gone' OR process:pid = "
		  "7]", ""), { "process:x_list[*].y" }, { "gone" },
		  { "process:pid = 7" } },
		/* A pattern quotes what was taken out, also in a set. */
		{ INDICATOR("[domain-name:value = 'stays.example' OR "
		  "domain-name:value IN ('x.example','www.alpha.example')]",
		  ",\"x_host\":\"alpha.example\""), { "x_host" },
		  { "alpha" }, { "stays.example" } },
		{ INDICATOR("[url:value = 'http://o\\\\'neil.example/' OR "
		  "url:value = 'http://stays.example/']",
		  ",\"x_who\":\"o'neil\""), { "x_who" }, { "neil" },
		  { "stays.example" } },
		/* Markings of parts that are gone go too. */
		{ INDICATOR(PATTERN, ",\"x_d\":{\"a\":\"gone\",\"b\":1},"
		  "\"granular_markings\":[{\"marking_ref\":\"marking-"
		  "definition--" OTHER "\",\"selectors\":[\"x_d.a\"]}]"),
		  { "x_d.a" }, { "granular_markings", "gone" },
		  { "\"b\":1" } },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO_BUF struct buf out = { 0 };

		if (redact(cases[i].object, cases[i].parts, &out) != 0)
			fail_msg("case %zu, %s: denied; %s", i,
			    cases[i].parts[0], out.p == NULL ? "" : out.p);
		for (size_t k = 0; k < 3 && cases[i].gone[k] != NULL; k++)
			if (strstr(out.p, cases[i].gone[k]) != NULL)
				fail_msg("case %zu: %s is in %s", i,
				    cases[i].gone[k], out.p);
		for (size_t k = 0; k < 3 && cases[i].there[k] != NULL; k++)
			if (strstr(out.p, cases[i].there[k]) == NULL)
				fail_msg("case %zu: %s is not in %s", i,
				    cases[i].there[k], out.p);
	}
}

static void
test_derive_denied(void **state)
{
	static const struct {
		const char *object, *parts[3];
	} cases[] = {
		{ INDICATOR(PATTERN, ""), { "pattern" } },
		{ INDICATOR(PATTERN, ""), { "type" } },
		{ INDICATOR(PATTERN, ""), { "id" } },
		{ INDICATOR(PATTERN, ""), { "valid_from" } },
		{ INDICATOR(PATTERN, ",\"labels\":[\"a\"]"), { "labels[0]" } },
		{ INDICATOR(PATTERN, ",\"object_marking_refs\":["
		  "\"marking-definition--" OTHER "\"]"),
		  { "object_marking_refs[0]" } },
		{ INDICATOR(PATTERN, ",\"x_a\":1"), { "x_a[" } },
		{ INDICATOR(PATTERN, ",\"x_a\":1"), { "x_a..b" } },
		/* The only alternative, a part of one, or what is needed. */
		{ INDICATOR(PATTERN, ""), { "ipv4-addr:value" } },
		{ INDICATOR("[ipv4-addr:value = '192.0.2.1' AND "
		  "ipv4-addr:x_n = 1]", ""), { "ipv4-addr:x_n" } },
		{ INDICATOR("[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY "
		  "[domain-name:value = 'x.example']", ""),
		  { "domain-name:value" } },
		{ INDICATOR(PATTERN, ",\"x_host\":\"198.51.100.7\""),
		  { "x_host" } },
		{ HEAD("indicator") ",\"pattern\":\"alert ip any any\","
		  "\"pattern_type\":\"snort\",\"valid_from\":"
		  "\"2026-01-01T00:00:00Z\"}", { "ipv4-addr:value" } },
		{ HEAD("relationship") ",\"relationship_type\":\"targets\","
		  "\"source_ref\":\"campaign--" OTHER "\",\"target_ref\":"
		  "\"identity--" OTHER "\"}", { "victim.name" } },
		{ HEAD("relationship") ",\"relationship_type\":\"uses\","
		  "\"source_ref\":\"campaign--" OTHER "\",\"target_ref\":"
		  "\"malware--" OTHER "\"}", { "source_ref" } },
		{ HEAD("report") ",\"name\":\"x\",\"published\":"
		  "\"2026-01-01T00:00:00Z\",\"object_refs\":[\"identity--"
		  OTHER "\"]}", { "victim.name" } },
		{ HEAD("report") ",\"name\":\"x\",\"published\":"
		  "\"2026-01-01T00:00:00Z\",\"object_refs\":[\"indicator--"
		  OTHER "\"]}", { "object_refs[0]" } },
		{ SCO("domain-name", "\"value\":\"gone.example\""),
		  { "domain-name:value" } },
		{ SCO("domain-name", "\"value\":\"gone.example\""),
		  { "value" } },
		{ INDICATOR(PATTERN, ",\"extensions\":{\"extension-definition"
		  "--" OTHER "\":{\"extension_type\":\"property-extension\","
		  "\"x\":1}}"), { "extensions.*.extension_type" } },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO_BUF struct buf out = { 0 };

		if (redact(cases[i].object, cases[i].parts, &out) !=
		    ERR_DENIED)
			fail_msg("case %zu, %s: %s", i, cases[i].parts[0],
			    out.p);
	}
}

/* ---- any object, any path ---- */

struct random {
	uint64_t x;
};

static unsigned
pick(struct random *r, unsigned n)
{
	r->x = r->x * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(r->x >> 33) % n;
}

/* A word that is nowhere else. */
static const char *
word(struct random *r, char dst[static 12])
{
	for (size_t i = 0; i < 11; i++)
		dst[i] = (char)("bcdfghjklmnpqrstvwxz"[pick(r, 20)] -
		    (pick(r, 4) == 0 ? 32 : 0));
	dst[11] = '\0';
	return dst;
}

/* A tree of custom properties whose leaves may quote the secret. */
static void
tree(struct random *r, const char *secret, unsigned depth, struct buf *out)
{
	char w[12];

	switch (depth == 0 ? 0 : pick(r, 4)) {
	case 1:
		buf_addz(out, "[");
		tree(r, secret, depth - 1, out);
		buf_addz(out, ",");
		tree(r, secret, depth - 1, out);
		buf_addz(out, "]");
		break;
	case 2:
	case 3:
		buf_addf(out, "{\"a\":");
		tree(r, secret, depth - 1, out);
		buf_addf(out, ",\"b\":");
		tree(r, secret, depth - 1, out);
		buf_addf(out, ",\"%s\":1}", pick(r, 6) ? "name" : secret);
		break;
	default:
		buf_addf(out, "\"%s%s%s\"", word(r, w), pick(r, 3) ? "" :
		    secret, pick(r, 2) ? " tail" : "");
	}
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + 32);
}

/*
 * Whatever quotes it, wherever: if the object goes out at all, the secret
 * is not in it, in any capitals.
 */
static void
test_derive_nothing_removed_is_left(void **state)
{
	static const char *const paths[] = { "x_secret", "x_*", "x_deep.s",
	    "x_deep.l[*].s", "x_deep.l[0].s", "*.s" };
	struct random r = { 1 };
	unsigned left = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		AUTO_BUF struct buf object = { 0 }, out = { 0 };
		const char *parts[3] = { "x_secret", "x_deep.l.s", NULL };
		char secret[12], w[12];

		parts[1] = pick(&r, 2) ? paths[2 + pick(&r, 4)] : NULL;
		(void)word(&r, secret);
		buf_addf(&object, HEAD("indicator") ",\"name\":\"%s %s\","
		    "\"x_secret\":\"%s\",\"x_deep\":{\"s\":\"%s\",\"l\":[{"
		    "\"s\":\"%s\"},{\"t\":\"%s\"}]},\"x_tree\":", word(&r, w),
		    pick(&r, 2) ? secret : "", secret, secret, secret,
		    secret);
		tree(&r, secret, 4, &object);
		buf_addf(&object, ",\"pattern\":\"[url:value = 'http://"
		    "s.example/' OR url:value = '%s' OR (domain-name:value = "
		    "'%s.example' AND domain-name:x = 1)]\",\"pattern_type\":"
		    "\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"}",
		    pick(&r, 2) ? secret : "http://t.example/",
		    pick(&r, 2) ? secret : "ok");
		if (redact(object.p, parts, &out) != 0)
			continue;
		left++;
		lower(secret);
		lower(out.p);
		if (strstr(out.p, secret) != NULL)
			fail_msg("%s is in %s", secret, out.p);
	}
	assert_true(left > 1500);
}

/*
 * A pattern only gets narrower: what is left has no comparison that was not
 * there, and still reads.
 */
static void
test_derive_pattern_reads(void **state)
{
	static const char *const cut[] = { "a:x", "b:y", "c:z", "a:x.q",
	    "d:*" };
	struct random r = { 7 };
	struct arena *arena = arena_new(MIB(1));

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		AUTO_BUF struct buf object = { 0 }, pattern = { 0 },
		    out = { 0 };
		const char *parts[2] = { cut[pick(&r, NELEM(cut))], NULL };
		struct pattern before, after;
		json_t *root;
		int rc;

		for (unsigned n = pick(&r, 4) + 1; n > 0; n--) {
			unsigned t = pick(&r, 4);

			buf_addf(&pattern, "%s[%s%c:%c = %u %s %c:w = '%u'%s]"
			    "%s%s", pick(&r, 3) ? "" : " ",
			    pick(&r, 2) ? "" : "NOT EXISTS d:k OR ",
			    'a' + (int)t, "xyzk"[t], pick(&r, 9),
			    pick(&r, 2) ? "AND" : "OR", 'a' + (int)t,
			    pick(&r, 9), pick(&r, 2) ? "" : " OR d:m IN (1)",
			    pick(&r, 3) ? "" : " REPEATS 2 TIMES",
			    n == 1 ? "" : pick(&r, 2) ? " OR " :
			    pick(&r, 2) ? " AND " : " FOLLOWEDBY ");
		}
		buf_addf(&object, INDICATOR("%s", ""), pattern.p);
		arena_reset(arena);
		assert_int_equal(pattern_parse(buf_str(&pattern), arena,
		    &before), 0);
		rc = redact(object.p, parts, &out);
		if (rc != 0)
			continue;
		root = json_loads(out.p, 0, NULL);
		assert_int_equal(pattern_parse(str_of(json_string_value(
		    json_object_get(root, "pattern"))), arena, &after), 0);
		assert_true(after.n <= before.n);
		assert_null(parts[0][2] == 'y' ? strstr(out.p, "b:y =") :
		    NULL);
		json_decref(root);
	}
	arena_free(arena);
}

/*
 * A small evaluator of patterns of comparisons "tN:x = 1", in which bit N of
 * world says whether the comparison holds: AND, OR, FOLLOWEDBY (as AND).
 */
struct eval {
	const char *p;
	unsigned world;
};

static bool eval_any(struct eval *e);

static void
eval_skip(struct eval *e)
{
	e->p += strspn(e->p, " ");
}

static bool
eval_take(struct eval *e, const char *word)
{
	eval_skip(e);
	if (strncmp(e->p, word, strlen(word)) != 0)
		return false;
	e->p += strlen(word);
	return true;
}

static bool
eval_one(struct eval *e)
{
	bool v;

	if (eval_take(e, "(") || eval_take(e, "[")) {
		v = eval_any(e);
		assert_true(eval_take(e, ")") || eval_take(e, "]"));
		return v;
	}
	assert_true(eval_take(e, "t"));
	v = (e->world >> (*e->p++ - '0') & 1) != 0;
	assert_true(eval_take(e, ":x = 1"));
	return v;
}

static bool
eval_all(struct eval *e)
{
	bool v = eval_one(e);

	while (eval_take(e, "AND"))
		v &= eval_one(e);
	return v;
}

static bool
eval_or(struct eval *e)
{
	bool v = eval_all(e);

	while (eval_take(e, "OR"))
		v |= eval_all(e);
	return v;
}

static bool
eval_any(struct eval *e)
{
	bool v = eval_or(e);

	while (eval_take(e, "FOLLOWEDBY"))
		v &= eval_or(e);
	return v;
}

/* Comparisons of one type inside brackets, observations outside. */
static void
random_pattern(struct random *r, unsigned depth, int type, struct buf *out)
{
	unsigned n = pick(r, 3) + 1;

	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_addz(out, pick(r, 2) ? " OR " : type < 0 &&
			    pick(r, 3) == 0 ? " FOLLOWEDBY " : " AND ");
		if (depth > 0 && pick(r, 3) == 0) {
			buf_addz(out, "(");
			random_pattern(r, depth - 1, type, out);
			buf_addz(out, ")");
		} else if (type < 0) {
			buf_addz(out, "[");
			random_pattern(r, depth > 0 ? depth - 1 : 0,
			    (int)pick(r, 4), out);
			buf_addz(out, "]");
		} else {
			buf_addf(out, "t%d:x = 1", type);
		}
	}
}

/* In every world what is left finds nothing that the whole did not. */
static void
test_derive_pattern_is_narrower(void **state)
{
	static const char *const cut[] = { "t0:x", "t1:x", "t2:*", "t3:x" };
	struct random r = { 3 };
	unsigned left = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		AUTO_BUF struct buf object = { 0 }, whole = { 0 },
		    out = { 0 };
		unsigned gone = pick(&r, 4);
		const char *parts[2] = { cut[gone], NULL };
		json_t *root;
		const char *narrow;

		random_pattern(&r, 3, -1, &whole);
		buf_addf(&object, INDICATOR("%s", ""), whole.p);
		if (redact(object.p, parts, &out) != 0)
			continue;
		left++;
		root = json_loads(out.p, 0, NULL);
		narrow = json_string_value(json_object_get(root, "pattern"));
		for (unsigned w = 0; w < 16; w++) {
			struct eval a = { whole.p, w }, b = { narrow, w },
			    c = { narrow, w ^ 1U << gone };
			bool found = eval_any(&b);

			if (found && !eval_any(&a))
				fail_msg("%s finds more than %s", narrow,
				    whole.p);
			/* It no longer depends on what was taken out. */
			assert_int_equal(found, eval_any(&c));
		}
		json_decref(root);
	}
	assert_true(left > 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derive_redacted),
		cmocka_unit_test(test_derive_denied),
		cmocka_unit_test(test_derive_nothing_removed_is_left),
		cmocka_unit_test(test_derive_pattern_reads),
		cmocka_unit_test(test_derive_pattern_is_narrower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
