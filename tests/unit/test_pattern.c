#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "record/observable_norm.h"
#include "record/pattern.h"

#define ARENA_BYTES (8 << 20)

static const char part_letters[] = {
	[OBSERVABLE_SOLE] = 's', [OBSERVABLE_ANY_OF] = 'o',
	[OBSERVABLE_PART_OF] = 'p',
};

/* "path=value/part" of each term, or "!byte" where it does not parse. */
static char *
outline(struct str text)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO_BUF struct buf b = { 0 };
	struct pattern p;
	int rc = pattern_parse(text, arena, &p);

	if (rc == ERR_SYNTAX) {
		assert_non_null(p.why);
		assert_true(p.at <= text.n);
		assert_int_equal(p.n, 0);
		buf_addf(&b, "!%zu", p.at);
		return buf_take(&b);
	}
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < p.n; i++) {
		const struct pattern_term *t = &p.terms[i];

		buf_addf(&b, "%s%.*s%s%.*s/%c", i > 0 ? " " : "",
		    (int)t->path.n, t->path.p, t->subset ? "<" : "=",
		    (int)t->value.n, t->value.p, part_letters[t->part]);
	}
	return buf_take(&b);
}

static void
test_pattern_parse(void **state)
{
	static const struct {
		const char *pattern, *want;
	} cases[] = {
		{ "[a:b = 'c']", "a:b=c/s" },
		{ "[a:b='c']", "a:b=c/s" },
		{ "[a:b == 'c']", "a:b=c/s" },
		{ "[a-x:b = 5]", "a-x:b=5/s" },
		{ "[x_y:b = -5]", "x_y:b=-5/s" },
		{ "[a:b = +.5]", "a:b=+.5/s" },
		{ "[a:b = true]", "a:b=true/s" },
		{ "[a:b = h'0aFF']", "a:b=0aFF/s" },
		{ "[a:b = h'']", "a:b=/s" },
		{ "[a:b = b'AQ==']", "a:b=AQ==/s" },
		{ "[a:b = t'2020-01-01T00:00:60.5Z']",
		    "a:b=2020-01-01T00:00:60.5Z/s" },
		/* Escapes and quoted steps. */
		{ "[a:b = 'it\\'s \\\\ x']", "a:b=it's \\ x/s" },
		{ "[a:'SHA-256' = 'c']", "a:SHA-256=c/s" },
		{ "[a:'x.y'[*].z = 'c']", "a:x\\.y[*].z=c/s" },
		{ "[a:b[0][*].c = 'd']", "a:b[0][*].c=d/s" },
		{ "[a:b[-1] = 'd']", "a:b[-1]=d/s" },
		/* White space of all kinds and comments. */
		{ " [ a : b . c = 'd' ] ", "a:b.c=d/s" },
		{ "\t[\na:b\r=\v'c'\f]", "a:b=c/s" },
		{ "\u00a0[\u2003a:b\u3000=\u1680'c'\u2028]\u205f",
		    "a:b=c/s" },
		{ "/* x */[a:b /*]*/ = 'c' // ]\n]// end", "a:b=c/s" },
		/* Alternatives and components. */
		{ "[a:b = '1' OR a:b = '2']", "a:b=1/o a:b=2/o" },
		{ "[a:b = '1' AND a:c = '2']", "a:b=1/p a:c=2/p" },
		{ "[a:b = '1' OR a:c > 3]", "a:b=1/o" },
		{ "[a:b = '1' AND a:c > 3]", "a:b=1/p" },
		{ "[a:b = '1' OR a:c = '2' AND a:d = '3']",
		    "a:b=1/o a:c=2/p a:d=3/p" },
		{ "[(a:b = '1' OR a:c = '2') AND a:d = '3']",
		    "a:b=1/p a:c=2/p a:d=3/p" },
		{ "[a:b = '1' OR x:c = '2']", "a:b=1/o x:c=2/o" },
		{ "[((a:b = '1'))]", "a:b=1/s" },
		{ "[a:b IN ('1', '2', 3)]", "a:b=1/o a:b=2/o a:b=3/o" },
		{ "[a:b IN ('1')]", "a:b=1/s" },
		{ "[a:b IN('1','2') AND a:c = 4]",
		    "a:b=1/p a:b=2/p a:c=4/p" },
		{ "[a:b ISSUBSET '10.0.0.0/8']", "a:b<10.0.0.0/8/s" },
		{ "[a:b = '1'] AND [c:d = '2']", "a:b=1/p c:d=2/p" },
		{ "[a:b = '1'] OR [c:d = '2']", "a:b=1/o c:d=2/o" },
		{ "[a:b = '1'] FOLLOWEDBY [c:d = '2']", "a:b=1/p c:d=2/p" },
		/* AND over OR over FOLLOWEDBY. */
		{ "[a:b = 1] OR [a:b = 2] AND [a:b = 3]",
		    "a:b=1/o a:b=2/p a:b=3/p" },
		{ "([a:b = 1] OR [a:b = 2]) AND [a:b = 3]",
		    "a:b=1/p a:b=2/p a:b=3/p" },
		{ "[a:b = 1] OR [a:b = 2] FOLLOWEDBY [a:b = 3]",
		    "a:b=1/p a:b=2/p a:b=3/p" },
		/* Qualifiers. */
		{ "[a:b = 1] WITHIN 5 SECONDS", "a:b=1/s" },
		{ "[a:b = 1] WITHIN .5 SECONDS", "a:b=1/s" },
		{ "[a:b = 1] REPEATS 1 TIMES", "a:b=1/s" },
		{ "[a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS", "a:b=1/p" },
		{ "[a:b = 1] OR [a:b = 2] REPEATS 2 TIMES",
		    "a:b=1/o a:b=2/p" },
		{ "([a:b = 1] OR [a:b = 2]) REPEATS 2 TIMES",
		    "a:b=1/p a:b=2/p" },
		{ "[a:b = 1] START t'2020-01-01T00:00:00Z' "
		    "STOP t'2020-01-02T00:00:00Z'", "a:b=1/p" },
		{ "[a:b = 1] START '2020-01-01T00:00:00Z' "
		    "STOP '2020-01-02T00:00:00Z'", "a:b=1/p" },
		/* No value is named by these. */
		{ "[a:b != 'c']", "" },
		{ "[a:b <> 'c']", "" },
		{ "[a:b NOT = 'c']", "" },
		{ "[a:b NOT != 'c']", "" },
		{ "[a:b NOT IN ('c', 'd')]", "" },
		{ "[a:b IN ()]", "" },
		{ "[a:b LIKE 'c%']", "" },
		{ "[a:b MATCHES '^c$']", "" },
		{ "[a:b NOT ISSUBSET '10.0.0.0/8']", "" },
		{ "[a:b ISSUPERSET '10.0.0.0/8']", "" },
		{ "[EXISTS a:b]", "" },
		{ "[NOT EXISTS a:b OR a:c = 'd']", "a:c=d/o" },
		{ "[a:b >= 5 AND a:b <= 7]", "" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO(mem_free) char *got = outline(str_of(cases[i].pattern));

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: got %s, want %s", cases[i].pattern, got,
			    cases[i].want);
	}
}

/* Each with the byte at which it stops. */
static void
test_pattern_parse_bad(void **state)
{
	static const struct {
		const char *pattern;
		size_t at;
	} cases[] = {
		{ "", 0 }, { "   ", 3 }, { "[", 1 }, { "[]", 1 }, { "()", 1 },
		{ "CAR-2014-11-005", 0 },
		{ "a:b = 'c'", 0 },
		{ "[a:b = 'c'", 10 },
		{ "[a:b = 'c'] x", 12 },
		{ "[a:b = 'c']]", 11 },
		{ "[a:b = 'c'] [a:b = 'd']", 12 },
		{ "[a:b = c]", 7 },
		{ "[a:b = 'c]", 7 },
		{ "[a:b = \"c\"]", 7 },
		{ "[a:b = 'c\\d']", 9 },
		{ "[a:b = 'c\\", 9 },
		{ "[a:b = null]", 7 },
		{ "[a:b 'c']", 5 },
		{ "[a:b =]", 6 },
		{ "[a: = 'c']", 4 },
		{ "[a = 'c']", 3 },
		{ "[a.b = 'c']", 2 },
		{ "[:b = 'c']", 1 },
		{ "[a:b-c = 'd']", 3 },
		{ "[a:b[] = 'd']", 5 },
		{ "[a:b[x] = 'd']", 5 },
		{ "[a:b[1 = 'd']", 7 },
		{ "[a:b. = 'd']", 6 },
		{ "[a:AND = 'd']", 3 },
		{ "[IN:b = 'd']", 1 },
		{ "[a:b = 'c' and a:d = 'e']", 11 },
		{ "[a:b IN 'c']", 8 },
		{ "[a:b IN ('c',)]", 13 },
		{ "[a:b IN ('c' 'd')]", 13 },
		{ "[a:b LIKE 5]", 10 },
		{ "[a:b < true]", 7 },
		{ "[a:b = 05]", 7 }, { "[a:b = 5.]", 8 }, { "[a:b = 5x]", 7 },
		{ "[a:b = -]", 7 },
		{ "[a:b = h'0']", 7 }, { "[a:b = h'0g']", 7 },
		{ "[a:b = b'']", 7 }, { "[a:b = b'AQ=']", 7 },
		{ "[a:b = b'====']", 7 },
		{ "[a:b = t'2020-13-01T00:00:00Z']", 7 },
		{ "[a:b = t'2020-01-01T00:00:00']", 7 },
		{ "[a:b = t'2020-01-01T00:00:00.Z']", 7 },
		{ "[a:b = 1] WITHIN -5 SECONDS", 17 },
		{ "[a:b = 1] WITHIN 5 second", 19 },
		{ "[a:b = 1] REPEATS 1.5 TIMES", 18 },
		{ "[a:b = 1] REPEATS 2", 19 },
		{ "[a:b = 1] START t'2020-01-01T00:00:00Z'", 39 },
		{ "[a:b = 1] START '2020-01-01T00:00Z' STOP "
		    "'2020-01-01T00:00:00Z'", 16 },
		{ "[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES", 26 },
		{ "[a:b = 1] AND", 13 },
		{ "([a:b = 1]", 10 },
		{ "[(a:b = 1]", 9 },
		{ "[a:b = 1 AND x:c = 2]", 9 },
		{ "[(a:b = 1 OR x:c = 2) AND a:d = 3]", 22 },
		{ "[a:b = 1 AND (a:b = 1 OR x:c = 2)]", 9 },
		{ "[NOT a:b = 1]", 5 },
		{ "[EXISTS]", 7 },
		{ "/* [a:b = 1]", 0 },
		{ "[a:b = 1] /", 10 },
		{ "[a:b = 1]\xff", 9 },
		{ "[a\xc2\xa0:b ; 1]", 7 },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO(mem_free) char *got = outline(str_of(cases[i].pattern));
		char want[32];

		snprintf(want, sizeof(want), "!%zu", cases[i].at);
		if (strcmp(got, want) != 0)
			fail_msg("%s: got %s, want %s", cases[i].pattern, got,
			    want);
	}
}

/* open * n, middle, close * n */
static char *
nested(const char *open, size_t n, const char *middle, const char *close)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addz(&b, open);
	buf_addz(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_addz(&b, close);
	return buf_take(&b);
}

static void
test_pattern_parse_depth(void **state)
{
	static const struct {
		size_t n;
		bool ok;
	} cases[] = {
		{ PATTERN_DEPTH_MAX, true }, { PATTERN_DEPTH_MAX + 1, false },
		{ 1000, false }, { 100000, false },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		AUTO(mem_free) char *outer = nested("(", cases[i].n,
		    "[a:b = 'c']", ")");
		AUTO(mem_free) char *inside = nested("(", cases[i].n,
		    "a:b = 'c'", ")");
		AUTO(mem_free) char *in = nested("[", 1, inside, "]");
		AUTO(mem_free) char *got = outline(str_of(outer));
		AUTO(mem_free) char *got_in = outline(str_of(in));

		assert_string_equal(got, cases[i].ok ? "a:b=c/s" : "!64");
		assert_string_equal(got_in, cases[i].ok ? "a:b=c/s" : "!65");
	}
}

static void
test_pattern_parse_many_terms(void **state)
{
	struct buf b = { 0 };
	struct arena *arena = arena_new(ARENA_BYTES);
	struct pattern p;

	(void)state;
	buf_addz(&b, "[a:b = 0");
	for (int i = 1; i < PATTERN_TERMS_MAX; i++)
		buf_addf(&b, " OR a:b = %d", i);
	buf_addz(&b, "]");
	assert_int_equal(pattern_parse(buf_str(&b), arena, &p), 0);
	assert_int_equal(p.n, PATTERN_TERMS_MAX);
	b.p[b.n - 1] = ' ';
	buf_addz(&b, "OR a:b = 1]");
	assert_int_equal(pattern_parse(buf_str(&b), arena, &p), ERR_SYNTAX);
	arena_free(arena);
	arena = arena_new(1000);
	assert_int_equal(pattern_parse(buf_str(&b), arena, &p), ERR_LIMIT);
	arena_free(arena);
	buf_clear(&b);
}

/* No strict prefix of a pattern that ends in "]" is a pattern. */
static void
test_pattern_parse_prefixes(void **state)
{
	const struct str whole = STR("([a:b = 'x\\'' OR c-d:'e-f'[*].g IN "
	    "(1, -2.5)] AND [a:b ISSUBSET '10.0.0.0/8' OR NOT EXISTS a:h])");

	(void)state;
	for (size_t n = 0; n <= whole.n; n++) {
		AUTO(mem_free) char *copy = mem_dup(whole.p, n);
		AUTO(mem_free) char *got = outline((struct str){ copy, n });

		assert_true((got[0] == '!') == (n < whole.n));
	}
}

/* ../shared/data/name, or NULL if there is no such data here. */
static FILE *
shared_open(const char *name)
{
	const char *root = getenv("COMITY_SHARED");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/%s",
	    root != NULL ? root : SOURCE_ROOT "/../shared", name);
	f = fopen(path, "r");
	if (f == NULL)
		print_message("skipped: no %s\n", name);
	return f;
}

/* The reference validator also refuses hashes not of their form. */
static bool
is_valid(struct str text)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct observable o;
	struct pattern p;

	if (pattern_parse(text, arena, &p) != 0)
		return false;
	for (size_t i = 0; i < p.n; i++) {
		struct str path = p.terms[i].path;

		if (!str_starts(path, "file:hashes."))
			continue;
		path.p += sizeof("file:hashes.") - 1;
		path.n -= sizeof("file:hashes.") - 1;
		if (observable_normalise_hash(path, p.terms[i].value, arena,
		    &o) == 0)
			return false;
	}
	return true;
}

/* The next line's object, or NULL at the end. */
static json_t *
next_case(FILE *f, struct str *out_pattern)
{
	static char line[65536];
	json_t *j, *pattern;

	if (fgets(line, sizeof(line), f) == NULL)
		return NULL;
	j = json_loads(line, JSON_ALLOW_NUL, NULL);
	pattern = json_object_get(j, "pattern");
	assert_non_null(pattern);
	*out_pattern = (struct str){ json_string_value(pattern),
	    json_string_length(pattern) };
	return j;
}

static void
test_pattern_grammar_cases(void **state)
{
	FILE *f = shared_open("C-malformed/stix2-patterns/"
	    "grammar-cases.jsonl");
	size_t n = 0, excepted = 0;
	struct str text;
	json_t *j;

	(void)state;
	if (f == NULL)
		skip();
	while ((j = next_case(f, &text)) != NULL) {
		bool want = json_is_true(json_object_get(j, "valid"));

		n++;
		/*
		 * STIX 2.1 section 9.5 forbids AND between object types; the
		 * reference grammar cannot express that, and has one such
		 * case among its valid ones.
		 */
		if (str_starts(text, "[network-traffic:src_port = 37020 AND "
		    "user-account:user_id = 'root']")) {
			assert_false(is_valid(text));
			excepted++;
		} else if (is_valid(text) != want) {
			fail_msg("%.*s: want %d", (int)text.n, text.p, want);
		}
		json_decref(j);
	}
	fclose(f);
	assert_int_equal(n, 128);
	assert_int_equal(excepted, 1);
}

/*
 * Every pattern of the matcher's cases that it can evaluate parses, but for
 * two with a qualifier twice, which STIX 2.1 section 9.4 and the validator
 * (case "Duplicate qualifier type") refuse.
 */
static void
test_pattern_match_cases(void **state)
{
	FILE *f = shared_open("C-malformed/stix2-patterns/match-cases.jsonl");
	size_t n = 0, twice = 0;
	struct str text;
	json_t *j;

	(void)state;
	if (f == NULL)
		skip();
	while ((j = next_case(f, &text)) != NULL) {
		AUTO(mem_free) char *got = outline(text);
		bool error = json_is_string(json_object_get(j, "expect"));

		n++;
		if (memmem(text.p, text.n, "REPEATS 2 TIMES REPEATS", 23)) {
			assert_true(got[0] == '!');
			twice++;
		} else if (!error && got[0] == '!') {
			fail_msg("%.*s: %s", (int)text.n, text.p, got);
		}
		json_decref(j);
	}
	fclose(f);
	assert_int_equal(n, 517);
	assert_int_equal(twice, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_parse),
		cmocka_unit_test(test_pattern_parse_bad),
		cmocka_unit_test(test_pattern_parse_depth),
		cmocka_unit_test(test_pattern_parse_many_terms),
		cmocka_unit_test(test_pattern_parse_prefixes),
		cmocka_unit_test(test_pattern_grammar_cases),
		cmocka_unit_test(test_pattern_match_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
