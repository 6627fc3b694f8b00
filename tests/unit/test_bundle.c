#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "record/bundle.h"
#include "record/stix.h"

/* What a reader gives, one a line: "=bytes" or "!line, byte". */
static char *
outline(struct str text)
{
	AUTO(mem_free) char *copy = malloc(text.n > 0 ? text.n : 1);
	AUTO_BUF struct buf b = { 0 };
	struct bundle_reader *r;
	struct str one;
	int rc;

	assert_non_null(copy);
	memcpy(copy, text.p, text.n);
	r = bundle_reader_new((struct str){ copy, text.n });
	for (;;) {
		struct err e = { 0 };

		rc = bundle_next(r, &one, &e);
		if (rc == 0)
			break;
		if (rc > 0) {
			assert_true(one.p >= copy && one.n > 0 &&
			    one.p + one.n <= copy + text.n);
			buf_addf(&b, "=%.*s ", (int)one.n, one.p);
			continue;
		}
		assert_int_equal(rc, ERR_SYNTAX);
		e.text[strcspn(e.text, ":")] = '\0';
		buf_addf(&b, "!%s ", e.text);
	}
	assert_int_equal(bundle_next(r, &one, NULL), 0);
	bundle_reader_free(r);
	return buf_take(&b);
}

static void
test_bundle_next(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		/* nothing */
		{ "", "" },
		{ " \r\n\t", "" },
		{ "\xef\xbb\xbf", "" },
		/* one object */
		{ "{\"a\":1}", "={\"a\":1} " },
		{ " \n{\n \"a\" : [ 1 ]\n}\n", "={\n \"a\" : [ 1 ]\n} " },
		{ "\xef\xbb\xbf{}", "={} " },
		{ "{\"a\":\"}{\\\"\\\\\"}", "={\"a\":\"}{\\\"\\\\\"} " },
		{ "{a:1}", "={a:1} " },
		{ "{\"a\":1} x", "!line 1, byte 8 " },
		{ "{\n\"a\":1}\n x", "!line 3, byte 10 " },
		{ "{\"a\":1}{\"b\":2}", "!line 1, byte 7 " },
		{ "{\"a\":1", "!line 1, byte 6 " },
		{ "{\"a\":[1}", "!line 1, byte 1 " },
		{ "x", "!line 1, byte 0 " },
		{ "\"text\"", "!line 1, byte 0 " },
		{ "12", "!line 1, byte 0 " },
		{ "\xff\xfe{", "!line 1, byte 0 " },
		/* a list */
		{ "[]", "" },
		{ "[ ]\n", "" },
		{ "[{\"a\":1},{}]", "={\"a\":1} ={} " },
		{ "[ {} ,\n {\"b\":[{}]} ]", "={} ={\"b\":[{}]} " },
		{ "[{},7,\"s\",{}]", "={} =7 =\"s\" ={} " },
		{ "[{}{}]", "={} !line 1, byte 3 " },
		{ "[{},]", "={} !line 1, byte 4 " },
		{ "[,{}]", "!line 1, byte 1 " },
		{ "[{},{\"a\":", "={} !line 1, byte 4 " },
		{ "[{}", "={} !line 1, byte 3 " },
		{ "[{}] x", "={} !line 1, byte 5 " },
		{ "[{}}", "={} !line 1, byte 3 " },
		/* a bundle */
		{ "{\"type\":\"bundle\",\"id\":\"x\",\"objects\":[{\"a\":1},"
		    "{}]}", "={\"a\":1} ={} " },
		{ "{\"objects\":[{\"objects\":[1]}],\"type\":\"bundle\"}\n",
		    "={\"objects\":[1]} " },
		{ "{\"x\":{\"objects\":[3]},\"objects\":[{}],"
		    "\"type\":\"bundle\"}", "={} " },
		{ "{\"type\":\"bundle\"}", "" },
		{ "{\"type\":\"bundle\",\"objects\":[]}", "" },
		{ "{\"typ\\u0065\":\"bundl\\u0065\",\"o\\u0062jects\":[{}]}",
		    "={} " },
		{ "{\"type\":\"bundle\",\"objects\":{}}", "!line 1, byte 27 " },
		{ "{\"type\":\"bundle\",\"objects\":[{}],\"objects\":[]}",
		    "!line 1, byte 42 " },
		{ "{\"type\":\"bundle\",\n\"objects\":[{},\n{\"a\"",
		    "={} !line 3, byte 33 " },
		{ "{\"type\":\"bundle\",\"objects\":[{}] \"id\":1}",
		    "={} !line 1, byte 32 " },
		{ "{\"type\":\"bundle\",\"objects\":[{}]} x",
		    "={} !line 1, byte 33 " },
		{ "{\"type\":\"bundle\" \"objects\":[{}]}",
		    "!line 1, byte 17 " },
		{ "{\"type\":\"other\",\"objects\":[{}]}",
		    "={\"type\":\"other\",\"objects\":[{}]} " },
		/* lines */
		{ "{\"a\":1}\n{\"b\":2}\n", "={\"a\":1} ={\"b\":2} " },
		{ "{\"a\":1}\r\n\r\n \n{\"b\":2} \t\r\n",
		    "={\"a\":1} ={\"b\":2} " },
		{ "\xef\xbb\xbf{}\n{}", "={} ={} " },
		{ "{}\nx\n{}\n[1]\n{}{}\n{\n{}", "={} !line 2, byte 3 ={} "
		    "!line 4, byte 8 !line 5, byte 12 !line 6, byte 17 ={} " },
		{ "{\"a\":\n{\"b\":2}\n{}\n", "!line 1, byte 0 ={\"b\":2} "
		    "={} " },
		{ "# export\n{}\n{}\n", "!line 1, byte 0 ={} ={} " },
		{ "{\"a\":1} x\n{}\n", "!line 1, byte 0 ={} " },
		{ "{}\n{\"cut\":", "={} !line 2, byte 3 " },
		{ "{\"a\":\"x}\n{}\n{\"b\":\"\"}\n", "!line 1, byte 0 ={} "
		    "={\"b\":\"\"} " },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		char *got = outline(str_of(cases[i].text));

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s:\n got  %s\n want %s", cases[i].text,
			    got, cases[i].want);
		free(got);
	}
}

#define GOOD "{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr--" \
	"28bb3599-77cd-5a82-a950-b5bc3caf07c4\",\"value\":\"198.51.100.3\"}"

/* The good ones go in, the bad one is refused by itself. */
static void
test_bundle_next_one_bad_of_many(void **state)
{
	enum { MANY = 1000, BAD = 500 };
	AUTO(stix_reader_free) struct stix_reader *reader = stix_reader_new();
	AUTO_BUF struct buf b = { 0 };
	struct bundle_reader *r;
	struct stix_problem problem;
	struct stix_object o;
	struct str one;
	struct err e;
	int n = 0;

	(void)state;
	buf_addz(&b, "{\"type\":\"bundle\",\"objects\":[");
	for (int i = 0; i < MANY; i++) {
		if (i == BAD)	/* as deep as it gets */
			for (int d = 0; d < 100000; d++)
				buf_addz(&b, "[");
		else
			buf_addz(&b, GOOD);
		for (int d = 0; i == BAD && d < 100000; d++)
			buf_addz(&b, "]");
		buf_addz(&b, i + 1 < MANY ? "," : "]}");
	}
	r = bundle_reader_new(buf_str(&b));
	while (bundle_next(r, &one, &e) == 1) {
		int rc = stix_read(reader, one, &o, &problem);

		assert_int_equal(rc, n == BAD ? ERR_VALUE : 0);
		n++;
	}
	assert_int_equal(n, MANY);
	bundle_reader_free(r);
}

/* A container cut anywhere never gives an object it does not hold whole. */
static void
test_bundle_next_prefixes(void **state)
{
	static const char *const texts[] = {
		"{\"type\":\"bundle\",\"id\":\"x\",\"objects\":[" GOOD ","
		    GOOD "],\"z\":[1,{\"y\":2}]}",
		"[" GOOD "," GOOD "]",
		GOOD "\n" GOOD "\n",
	};

	(void)state;
	for (size_t i = 0; i < NELEM(texts); i++) {
		for (size_t n = 1; n < strlen(texts[i]) - 1; n++) {
			char *got = outline((struct str){ texts[i], n });
			char *at = got;

			while (strncmp(at, "=" GOOD " ",
			    sizeof(GOOD) + 1) == 0)
				at += sizeof(GOOD) + 1;
			if (at[0] != '!' && !(i == 2 && at[0] == '\0'))
				fail_msg("%zu bytes: %s", n, got);
			free(got);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle_next),
		cmocka_unit_test(test_bundle_next_one_bad_of_many),
		cmocka_unit_test(test_bundle_next_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
