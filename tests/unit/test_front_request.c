/*
 * What stands in a request of a tool: media types, path and filters,
 * secrets, envelopes (TAXII 2.1 1.6.8, 3.1, 3.4, 3.7).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "front/envelope.h"
#include "front/login.h"
#include "front/media.h"
#include "front/query.h"

#define HEAD "GET / HTTP/1.1\r\nHost: x\r\n"
#define NOW ((unix_ms_t){ 1000000 })

static void
read_head(struct http_head *h, struct buf *text, const char *fields)
{
	buf_addz(text, HEAD);
	buf_addz(text, fields);
	buf_addz(text, "\r\n");
	memset(h, 0, sizeof(*h));
	assert_true(http_head_read(h, buf_str(text)) > 0);
}

/* TX-020, TX-022, TX-024, TX-027 */
static void
test_media_accepts(void **state)
{
	static const struct {
		const char *fields;
		bool accepted;
	} rows[] = {
		{ "", true },
		{ "Accept:\r\n", true },
		{ "Accept: application/taxii+json\r\n", true },
		{ "Accept: application/taxii+json;version=2.1\r\n", true },
		{ "Accept: Application/TAXII+json ; Version=\"2.1\"\r\n", true },
		{ "Accept: */*\r\n", true },
		{ "Accept: application/*;q=0.1\r\n", true },
		{ "Accept: text/html, application/taxii+json\r\n", true },
		{ "Accept: text/html\r\nAccept: */*;q=0.001\r\n", true },
		{ "Accept: application/taxii+json;version=2.1,"
		    "application/stix+json;version=2.1\r\n", true },
		{ "Accept: text/html;x=\"a,b;c\",application/taxii+json\r\n",
		    true },
		{ "Accept: text/html\r\n", false },
		{ "Accept: application/json\r\n", false },
		{ "Accept: application/taxii+json;version=2.0\r\n", false },
		{ "Accept: application/taxii+json;q=0\r\n", false },
		{ "Accept: application/taxii+json;version=2.1;q=0, */*\r\n",
		    false },
		{ "Accept: */*;q=0.0\r\n", false },
		{ "Accept: */*;q=2\r\n", false },
		{ "Accept: application/taxii+jsonx\r\n", false },
		{ "Accept: ,,;;\r\n", false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct http_head h;

		read_head(&h, &text, rows[i].fields);
		if (media_accepts(&h) != rows[i].accepted)
			fail_msg("%s", rows[i].fields);
	}
}

/* TX-021, TX-023 */
static void
test_media_is_taxii(void **state)
{
	static const struct {
		const char *fields;
		bool is;
	} rows[] = {
		{ "Content-Type: application/taxii+json\r\n", true },
		{ "Content-Type: application/taxii+json; version=2.1\r\n",
		    true },
		{ "Content-Type: APPLICATION/taxii+json;VERSION=\"2.1\"\r\n",
		    true },
		{ "", false },
		{ "Content-Type: */*\r\n", false },
		{ "Content-Type: application/taxii+json, text/plain\r\n",
		    false },
		{ "Content-Type: application/json\r\n", false },
		{ "Content-Type: application/taxii+json;version=2.0\r\n",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 };
		struct http_head h;

		read_head(&h, &text, rows[i].fields);
		if (media_is_taxii(&h) != rows[i].is)
			fail_msg("%s", rows[i].fields);
	}
}

static void
test_query_path(void **state)
{
	static const struct {
		const char *path;
		enum route route;
	} rows[] = {
		{ "/taxii2/", ROUTE_DISCOVERY }, { "/", ROUTE_DISCOVERY },
		{ "/ops/", ROUTE_ROOT }, { "/ops/status/a/", ROUTE_STATUS },
		{ "/ops/collections/", ROUTE_COLLECTIONS },
		{ "/ops/collections/c/", ROUTE_COLLECTION },
		{ "/ops/collections/c/manifest/", ROUTE_MANIFEST },
		{ "/ops/collections/c/objects/", ROUTE_OBJECTS },
		{ "/ops/collections/c/objects/indicator--1/", ROUTE_OBJECT },
		{ "/ops/collections/c/objects/indicator%2D-1/",
		    ROUTE_OBJECT },
		{ "/ops/collections/c/objects/i/versions/", ROUTE_VERSIONS },
		{ "/taxii2", ROUTE_NONE }, { "/ops", ROUTE_NONE },
		{ "//ops/", ROUTE_NONE }, { "/ops//collections/", ROUTE_NONE },
		{ "/fusion/", ROUTE_NONE }, { "/OPS/", ROUTE_NONE },
		{ "/ops/collections/c/objects", ROUTE_NONE },
		{ "/ops/collections/c/other/", ROUTE_NONE },
		{ "/ops/collections/c/manifest/x/", ROUTE_NONE },
		{ "/ops/collections/c/objects/i/other/", ROUTE_NONE },
		{ "/ops/collections/c/objects/i/versions/x/", ROUTE_NONE },
		{ "/ops/collections/a%2Fb/", ROUTE_NONE },
		{ "/ops/collections/%0a/", ROUTE_NONE },
		{ "/ops/collections/%c3%bc/", ROUTE_COLLECTION },
		{ "/ops/collections/%ff/", ROUTE_NONE },
		{ "/ops/collections/c/objects/%c3%28/", ROUTE_NONE },
		{ "/ops/status/%ed%a0%80/", ROUTE_NONE },
		{ "/ops/collections/%/", ROUTE_NONE },
		{ "/ops/collections/%4/", ROUTE_NONE },
		{ "/ops/status/", ROUTE_NONE }, { "", ROUTE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct query q = { 0 };

		query_path(&q, str_of(rows[i].path), "ops");
		if (q.route != rows[i].route)
			fail_msg("%s: %d", rows[i].path, (int)q.route);
		query_clear(&q);
	}
}

static int
filters(struct query *q, enum route route, const char *text)
{
	query_clear(q);
	q->route = route;
	return query_filters(q, str_of(text));
}

/* TX-073, TX-081, TX-082, TX-087, TX-091, TX-092 */
static void
test_query_filters_bad(void **state)
{
	static const char *const rows[] = {
		"limit=0", "limit=-1", "limit=a", "limit=", "limit",
		"limit=1.5", "limit=+1", "limit=1&limit=1",
		"added_after=", "added_after=2026-01-01",
		"added_after=2026-01-01T00:00:00",
		"added_after=2026-01-01t00:00:00z",
		"added_after=2026-02-30T00:00:00Z",
		"added_after=2026-01-01T00:00:00.1234567891Z",
		"added_after=2026-01-01T00:00:00Z&added_after=x",
		"match[type]=", "match[type]=a,,b", "match[type]=a,",
		"match[type]=a&match%5Btype%5D=b",
		"match[version]=", "match[version]=all,last",
		"match[version]=last,last", "match[version]=newest",
		"match[version]=2026-01-01T00:00:00Z,2026-01-01T00:00:00.0Z",
		"match[id]=%ff", "match[type]=a,%c3%28", "next=%ed%a0%80",
		"%ff=1", "next=", "%zz=1", "limit=%0", "limit=%", "limit=1%00",
		"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
		    "a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
		    "a&a&a&a&a&a&a",
	};
	struct query q = { 0 };

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		if (filters(&q, ROUTE_OBJECTS, rows[i]) != ERR_SYNTAX)
			fail_msg("%s", rows[i]);
		assert_true(q.why[0] != '\0');
	}
	query_clear(&q);
}

/* TX-083 to TX-090, TX-093, TX-096 */
static void
test_query_filters_good(void **state)
{
	struct query q = { 0 };

	(void)state;
	assert_int_equal(filters(&q, ROUTE_OBJECTS, "limit=5&match%5Bid%5D="
	    "a--1,b--2&match[type]=indicator&nonsense=%41&next=abc"
	    "&added_after=1970-01-01T00:00:01.5Z&&match[confidence]=1"), 0);
	assert_int_equal(q.q.limit, 5);
	assert_int_equal(q.q.nids, 2);
	assert_true(str_eqz(q.q.ids[1], "b--2"));
	assert_int_equal(q.q.ntypes, 1);
	assert_true(q.q.has_after && q.q.after_us == 1500000);
	assert_true(str_eqz(q.q.next, "abc"));
	assert_int_equal(filters(&q, ROUTE_OBJECTS, "match[version]=first,"
	    "last,1970-01-01T00:00:01.000001Z&match[spec_version]=2.0,2.1"),
	    0);
	assert_int_equal(q.q.nversions, 3);
	assert_int_equal(q.q.versions[2].us, 1000001);
	assert_int_equal(q.q.nspec_versions, 2);
	assert_int_equal(filters(&q, ROUTE_OBJECTS,
	    "limit=99999999999999999999"), 0);
	assert_int_equal(q.q.limit, TAXII_LIMIT_MAX);
	/* A field that the resource does not have is not looked at. */
	assert_int_equal(filters(&q, ROUTE_OBJECT, "match[id]="), 0);
	assert_int_equal(q.q.nids, 0);
	query_clear(&q);
}

static void
test_login_secret(void **state)
{
	static const struct {
		const char *fields, *secret;
		int rc;
	} rows[] = {
		{ "", "", 0 },
		{ "Authorization: Bearer abc\r\n", "abc", 1 },
		{ "authorization: bEARER   abc\r\n", "abc", 1 },
		{ "Authorization: Token abc\r\n", "abc", 1 },
		{ "Authorization: Tokens abc\r\n", "", ERR_SYNTAX },
		{ "Authorization: Basic dTphYmM=\r\n", "abc", 1 },
		{ "Authorization: basic OmE6Yg==\r\n", "a:b", 1 },
		{ "Authorization: Basic dXNlcg==\r\n", "", ERR_SYNTAX },
		{ "Authorization: Basic dTphYmM\r\n", "", ERR_SYNTAX },
		{ "Authorization: Basic\r\n", "", ERR_SYNTAX },
		{ "Authorization: Bearer\r\n", "", ERR_SYNTAX },
		{ "Authorization: Bearer a b\r\n", "", ERR_SYNTAX },
		{ "Authorization: Digest abc\r\n", "", ERR_SYNTAX },
		{ "Authorization: Bearerabc\r\n", "", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf text = { 0 }, secret = { 0 };
		struct http_head h;

		read_head(&h, &text, rows[i].fields);
		if (login_secret(&h, &secret) != rows[i].rc ||
		    !str_eqz(buf_str(&secret), rows[i].secret))
			fail_msg("%s", rows[i].fields);
	}
}

static struct digest
digest_fill(uint8_t c)
{
	struct digest d;

	memset(d.b, c, sizeof(d.b));
	return d;
}

static void
test_logins(void **state)
{
	AUTO(logins_free) struct logins *l = logins_new();
	AUTO_BUF struct buf payload = { 0 };
	struct taxii_client v[] = {
		{ 1, TAXII_LOGIN_TOKEN, STR("siem"), sha256_of("abc", 3),
		    UNIX_MS_NEVER },
		{ 2, TAXII_LOGIN_PIN, STR("misp"), digest_fill(7),
		    UNIX_MS_NEVER },
		{ 3, TAXII_LOGIN_NAME, STR("feed.example"), { { 0 } },
		    UNIX_MS_NEVER },
		{ 4, TAXII_LOGIN_TOKEN, STR("old"), sha256_of("xyz", 3), NOW },
	};
	struct msg_front_clients m = { STR("ops"), STR("CERT"), v, NELEM(v) };
	struct login_certificate c = { .presented = true,
	    .pin = digest_fill(7) };

	(void)state;
	assert_false(logins_known(l));
	assert_int_equal(logins_token(l, STR("abc"), NOW), 0);
	assert_int_equal(msg_front_clients_encode(&m, &payload), 0);
	assert_int_equal(logins_set(l, buf_str(&payload)), 0);
	assert_string_equal(logins_title(l), "CERT");
	assert_int_equal(logins_token(l, STR("abc"), NOW), 1);
	assert_int_equal(logins_token(l, STR("abd"), NOW), 0);
	assert_int_equal(logins_token(l, STR("xyz"), NOW), 0);
	assert_int_equal(logins_certificate(l, &c, NOW), 2);
	c.presented = false;
	assert_int_equal(logins_certificate(l, &c, NOW), 0);
	c = (struct login_certificate){ .presented = true,
	    .name = "feed.example" };
	assert_int_equal(logins_certificate(l, &c, NOW), 0);
	c.verified = true;
	assert_int_equal(logins_certificate(l, &c, NOW), 3);
	assert_true(logins_set(l, STR("x")) < 0);
	assert_int_equal(logins_token(l, STR("abc"), NOW), 1);
}

/* TX-105, TX-106 */
static void
test_envelope_read(void **state)
{
	static const struct {
		const char *text;
		int rc;
		unsigned status;
		size_t n;
	} rows[] = {
		{ "{\"objects\":[{\"a\":1},{}]}", 0, 0, 2 },
		{ " {\"x\":[1,{}],\"objects\":[ {} , {\"a\":[\"]\"]} ],"
		    "\"more\":true} ", 0, 0, 2 },
		{ "{\"obj\\u0065cts\":[{}]}", 0, 0, 1 },
		{ "{\"objects\":[{},3]}", ERR_SYNTAX, 422, 0 },
		{ "{\"objects\":[[{}]]}", ERR_SYNTAX, 422, 0 },
		{ "{\"objects\":[{\"a\":1,}]}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{a:1}]}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}],\"x\":nil}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}],}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}]}}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\"[{}]}", ERR_SYNTAX, 400, 0 },
		{ "{\"x\":1,\"x\":1,\"objects\":[{}]}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}],\"\\u006fbjects\":[{}]}", ERR_SYNTAX,
		    400, 0 },
		{ "{\"type\":\"bundle\",\"objects\":[{}]}", 0, 0, 1 },
		{ "[1,]", ERR_SYNTAX, 400, 0 }, { "[] x", ERR_SYNTAX, 400, 0 },
		{ "'x'", ERR_SYNTAX, 400, 0 }, { "null", ERR_SYNTAX, 422, 0 },
		{ "", ERR_SYNTAX, 400, 0 }, { "  ", ERR_SYNTAX, 400, 0 },
		{ "{", ERR_SYNTAX, 400, 0 }, { "[]", ERR_SYNTAX, 422, 0 },
		{ "1", ERR_SYNTAX, 422, 0 }, { "\xff", ERR_SYNTAX, 400, 0 },
		{ "{}", ERR_SYNTAX, 422, 0 }, { "{} {}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":{}}", ERR_SYNTAX, 422, 0 },
		{ "{\"objects\":[]}", ERR_SYNTAX, 422, 0 },
		{ "{\"objects\":[{},]}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{} {}]}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}}", ERR_SYNTAX, 400, 0 },
		{ "{\"objects\":[{}],\"objects\":[]}", ERR_SYNTAX, 400, 0 },
		{ "\xef\xbb\xbf{\"objects\":[{}]}", ERR_SYNTAX, 400, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct envelope e = { 0 };
		int rc = envelope_read(str_of(rows[i].text), &e);

		if (rc != rows[i].rc || (rc == 0 && e.objects.n != rows[i].n) ||
		    (rc != 0 && e.status != rows[i].status))
			fail_msg("%s: %d %u %s", rows[i].text, rc, e.status,
			    e.why);
		envelope_clear(&e);
	}
}

static void
test_envelope_too_large(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	struct envelope e = { 0 };

	(void)state;
	buf_addz(&b, "{\"objects\":[{\"a\":\"");
	for (int i = 0; i < RECORD_BYTES_MAX; i++)
		buf_addc(&b, 'x');
	buf_addz(&b, "\"}]}");
	assert_int_equal(envelope_read(buf_str(&b), &e), ERR_LIMIT);
	assert_int_equal(e.status, 422);
	envelope_clear(&e);
}

/* TX-030, TX-100, TX-120, TX-125, TX-128 */
static void
test_answer(void **state)
{
	struct taxii_item item = { .added_us = 1767225600000001,
	    .id = STR("a\"b"), .version = STR("2026-01-01T00:00:00Z"),
	    .bytes = STR("{\"id\" : 1}") };
	struct answer a = { .what = TAXII_OBJECTS };
	char time[TIME_TEXT_MAX];

	(void)state;
	answer_end(&a, false, STR(""));
	assert_string_equal(a.body.p, "{\"more\":false}");
	buf_reset(&a.body);
	answer_item(&a, &item);
	answer_item(&a, &item);
	answer_end(&a, true, STR("n"));
	assert_string_equal(a.body.p, "{\"objects\":[{\"id\" : 1},"
	    "{\"id\" : 1}],\"more\":true,\"next\":\"n\"}");
	buf_clear(&a.body);
	a = (struct answer){ .what = TAXII_VERSIONS };
	answer_item(&a, &item);
	answer_end(&a, false, STR(""));
	assert_string_equal(a.body.p,
	    "{\"versions\":[\"2026-01-01T00:00:00Z\"],\"more\":false}");
	buf_clear(&a.body);
	a = (struct answer){ .what = TAXII_MANIFEST };
	answer_item(&a, &item);
	answer_end(&a, false, STR(""));
	assert_string_equal(a.body.p, "{\"objects\":[{\"id\":\"a\\\"b\","
	    "\"date_added\":\"2026-01-01T00:00:00.000001Z\","
	    "\"version\":\"2026-01-01T00:00:00Z\",\"media_type\":"
	    "\"application/stix+json;version=2.1\"}],\"more\":false}");
	buf_clear(&a.body);
	assert_string_equal(time_format_us(time, -1),
	    "1969-12-31T23:59:59.999999Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_media_accepts),
		cmocka_unit_test(test_media_is_taxii),
		cmocka_unit_test(test_query_path),
		cmocka_unit_test(test_query_filters_bad),
		cmocka_unit_test(test_query_filters_good),
		cmocka_unit_test(test_login_secret),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_envelope_read),
		cmocka_unit_test(test_envelope_too_large),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
