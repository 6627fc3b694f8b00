#include "config/yaml.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The tree as text: "{a=1,b=[x,'y']}"; quoted texts in '...'. */
static void
tree_print(struct buf *out, const struct yaml_node *n)
{
	const char *ends = n->kind == YAML_MAP ? "{}" : "[]";

	if (n->kind == YAML_TEXT) {
		buf_addz(out, n->quoted ? "'" : "");
		buf_add(out, n->text.p, n->text.n);
		buf_addz(out, n->quoted ? "'" : "");
		return;
	}
	buf_addc(out, ends[0]);
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		if (m != n->first)
			buf_addc(out, ',');
		if (n->kind == YAML_MAP) {
			buf_add(out, m->key.p, m->key.n);
			buf_addc(out, '=');
		}
		tree_print(out, m);
	}
	buf_addc(out, ends[1]);
}

static const struct {
	const char *name, *text, *want;
} good[] = {
	{ "text", "x", "x" },
	{ "map", "a: 1\nb: 2\n", "{a=1,b=2}" },
	{ "list", "- a\n- b\n", "[a,b]" },
	{ "flow", "{a: [1, 2], b: {c: d}}", "{a=[1,2],b={c=d}}" },
	{ "quotes", "a: 'x'\nb: \"y\\n\"", "{a='x',b='y\n'}" },
	{ "no value", "a:\nb:\n", "{a=,b=}" },
	{ "empty in quotes", "a: ''\n", "{a=''}" },
	{ "marker", "---\na: 1\n...\n", "{a=1}" },
	{ "byte order mark", "\xef\xbb\xbf" "a: 1\n", "{a=1}" },
	{ "CR LF", "a: 1\r\nb: 2\r\n", "{a=1,b=2}" },
	{ "UTF-8", "name: \xc3\x85land\n", "{name=\xc3\x85land}" },
	{ "tab after text", "a: 1\t# one\n", "{a=1}" },
	{ "block text", "a: |\n  x\n  y\nb: 1\n", "{a='x\ny\n',b=1}" },
	{ "quoted key", "\"a b\": 1\n", "{a b=1}" },
	{ "quoted <<", "'<<': 1\n", "{<<=1}" },
	{ "quoted tag and alias", "a: '!x'\nb: '*y'\n", "{a='!x',b='*y'}" },
	{ "empty containers", "a: {}\nb: []\n", "{a={},b=[]}" },
	/* YAML 1.1 10.3 would make these booleans and numbers. */
	{ "NO", "country: NO\n", "{country=NO}" },
	{ "ON", "a: ON\nb: yes\nc: n\n", "{a=ON,b=yes,c=n}" },
	{ "1e3", "a: 1e3\n", "{a=1e3}" },
	{ "0o17", "a: 0o17\nb: 017\nc: 0x1F\n", "{a=0o17,b=017,c=0x1F}" },
	{ "12:30", "a: 12:30\n", "{a=12:30}" },
	{ "1_000", "a: 1_000\n", "{a=1_000}" },
	{ "null", "a: null\nb: ~\n", "{a=null,b=~}" },
	{ "date", "a: 2027-06-30\n", "{a=2027-06-30}" },
	{ "NO as key", "NO: 1\nno: 2\n", "{NO=1,no=2}" },
	{ "infinity", "a: .inf\nb: .NaN\n", "{a=.inf,b=.NaN}" },
};

static void
test_yaml_parse_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(good); i++) {
		AUTO_BUF struct buf got = { 0 };
		struct err e = { 0 };
		AUTO(yaml_free) struct yaml_tree *t = NULL;

		t = yaml_parse("t.yaml", str_of(good[i].text), &e);
		if (t == NULL)
			fail_msg("%s: %s", good[i].name, e.text);
		tree_print(&got, yaml_root(t));
		if (!str_eqz(buf_str(&got), good[i].want))
			fail_msg("%s: got %s, want %s", good[i].name, got.p,
			    good[i].want);
	}
}

#define BYTES(lit) lit, sizeof(lit) - 1

static const struct {
	const char *name, *text;
	size_t n;
	const char *want;	/* how the message begins */
} bad[] = {
	{ "empty", BYTES(""), "t.yaml:1:1: nothing in it" },
	{ "only a comment", BYTES("# x\n"), "t.yaml:1:1: nothing in it" },
	{ "anchor", BYTES("a: &x 1\n"), "t.yaml:1:4: an anchor" },
	{ "anchor on a map", BYTES("a: &x {b: 1}\n"), "t.yaml:1:4: an anchor" },
	{ "anchor on a list", BYTES("a: &x [b]\n"), "t.yaml:1:4: an anchor" },
	{ "anchor on a key", BYTES("&x a: 1\n"), "t.yaml:1:1: an anchor" },
	{ "alias", BYTES("a: *x\n"), "t.yaml:1:4: an alias" },
	{ "alias as key", BYTES("*x : 1\n"), "t.yaml:1:1: an alias" },
	{ "tag", BYTES("a: !!str 1\n"), "t.yaml:1:4: a tag" },
	{ "python tag", BYTES("a: !!python/object:os.system [ls]\n"),
	    "t.yaml:1:4: a tag" },
	{ "local tag", BYTES("a: !x {b: 1}\n"), "t.yaml:1:4: a tag" },
	{ "bare tag", BYTES("a: ! 1\n"), "t.yaml:1:4: a tag" },
	{ "bare tag on a map", BYTES("\xc3\x85: ! {b: 1}\n"),
	    "t.yaml:1:4: a tag" },
	{ "verbatim tag", BYTES("a: !<tag:yaml.org,2002:str> b\n"),
	    "t.yaml:1:4: a tag" },
	{ "merge", BYTES("a:\n  <<: {b: 1}\n"), "t.yaml:2:3: a merge key" },
	{ "second document", BYTES("a: 1\n---\nb: 2\n"),
	    "t.yaml:2:1: a second document" },
	{ "second after dots", BYTES("a: 1\n...\nb: 2\n"), "t.yaml:3:1: " },
	{ "version", BYTES("%YAML 1.1\n---\na: 1\n"),
	    "t.yaml:1:1: a directive" },
	{ "tag directive", BYTES("%TAG ! tag:x,2000:\n---\na: 1\n"),
	    "t.yaml:1:1: a directive" },
	{ "unknown directive", BYTES("%FOO\n---\na: 1\n"),
	    "t.yaml:1:5: found unknown directive name" },
	{ "repeated key", BYTES("a: 1\nb: 2\na: 3\n"),
	    "t.yaml:3:1: repeated key \"a\"; it is at line 1 already" },
	{ "repeated in flow", BYTES("x: {a: 1, a: 2}\n"),
	    "t.yaml:1:11: repeated key \"a\"" },
	{ "repeated, quoted", BYTES("a: 1\n'a': 2\n"),
	    "t.yaml:2:1: repeated key \"a\"" },
	{ "list as key", BYTES("[a]: 1\n"), "t.yaml:1:1: a list or mapping" },
	{ "map as key", BYTES("? {a: 1}\n: 2\n"), "t.yaml:1:3: a list or" },
	{ "template braces", BYTES("a: {{ x }}\n"), "t.yaml:1:5: a list or" },
	{ "block as key", BYTES("? |\n  x\n: 2\n"), "t.yaml:1:3: a block" },
	{ "empty key", BYTES("'': 1\n"), "t.yaml:1:1: an empty key" },
	{ "NUL", BYTES("a: 1\0\n"), "t.yaml:1:5: a NUL byte" },
	{ "escaped NUL", BYTES("a: \"x\\0\"\n"), "t.yaml:1:4: a NUL" },
	{ "escaped NUL in a key", BYTES("\"x\\0\": 1\n"), "t.yaml:1:1: a NUL" },
	{ "control", BYTES("a: \x01\n"), "t.yaml:1:4: a control" },
	{ "delete", BYTES("a: \x7f\n"), "t.yaml:1:4: a control" },
	{ "Latin-1", BYTES("a: \xe5land\n"), "t.yaml:1:4: bytes that are" },
	{ "overlong", BYTES("a: \xc0\xaf\n"), "t.yaml:1:4: bytes that are" },
	{ "surrogate", BYTES("a: \xed\xa0\x80\n"), "t.yaml:1:4: bytes that" },
	{ "escaped surrogate", BYTES("a: \"\\ud800\"\n"), "t.yaml:1:" },
	{ "cut short", BYTES("a: \xe2\x82"), "t.yaml:1:4: bytes that are" },
	{ "UTF-16", BYTES("\xff\xfe" "a\0:\0"), "t.yaml:1:1: bytes that are" },
	{ "tab indent", BYTES("a:\n\tb: 1\n"), "t.yaml:2:1: a tab" },
	{ "tab after blanks", BYTES("a:\n  \tb: 1\n"), "t.yaml:2:3: a tab" },
	{ "CR alone", BYTES("a: 1\rb: 2\n"), "t.yaml:1:5: a carriage" },
	{ "next line", BYTES("# a\xc2\x85" "b: 1\n"), "t.yaml:1:4: an invis" },
	{ "line separator", BYTES("# a\xe2\x80\xa8" "b: 1\n"),
	    "t.yaml:1:4: an invisible line end" },
	{ "right to left", BYTES("a: \xe2\x80\xae" "b\n"),
	    "t.yaml:1:4: an invisible mark" },
	{ "mark inside", BYTES("a: \xef\xbb\xbf" "b\n"), "t.yaml:1:4: a byte" },
	{ "unclosed", BYTES("a: [1, 2\n"), "t.yaml:2:1: did not find expected "
	    "',' or ']' while parsing a flow sequence; close the list" },
	{ "unclosed quote", BYTES("a: 'x\n"), "t.yaml:2:1: found unexpected" },
	{ "bad indent", BYTES("a:\n  b: 1\n c: 2\n"), "t.yaml:3:2: " },
	{ "colon in text", BYTES("a: b: c\n"), "t.yaml:1:5: mapping values" },
	{ "comment glued to a quote", BYTES("a: \"x\"#y\n"),
	    "t.yaml:1:7: a comment directly after" },
	{ "comment glued to a list", BYTES("a: [x]#y\n"),
	    "t.yaml:1:7: a comment directly after" },
	{ "quoted, not indented", BYTES("a: \"x\ny\"\n"),
	    "t.yaml:1:4: a text in quotes whose" },
	{ "comment glued to a block", BYTES("a: |#x\n  y\n"),
	    "t.yaml:1:4: a comment directly after" },
	{ "block, wider empty line", BYTES("a: >\n    \n  x\n"),
	    "t.yaml:1:4: " },
	{ "at sign", BYTES("a: @b\n"), "t.yaml:1:4: found character that" },
};

static void
test_yaml_parse_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(bad); i++) {
		struct str text = { bad[i].text, bad[i].n };
		struct err e = { 0 };
		struct yaml_tree *t = yaml_parse("t.yaml", text, &e);

		if (t != NULL)
			fail_msg("%s: taken", bad[i].name);
		if (e.code != ERR_CONF || strncmp(e.text, bad[i].want,
		    strlen(bad[i].want)) != 0)
			fail_msg("%s: got %s, want %s", bad[i].name, e.text,
			    bad[i].want);
		assert_null(yaml_parse("t.yaml", text, NULL));
	}
}

/* n times unit. */
static struct buf
repeated(const char *unit, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addz(&b, unit);
	return b;
}

static void
test_yaml_parse_depth(void **state)
{
	static const char *const units[] = { "[", "{a: ", "- ", "? " };

	(void)state;
	for (size_t i = 0; i < NELEM(units); i++) {
		size_t over = YAML_BYTES_MAX / strlen(units[i]);
		AUTO_BUF struct buf b = repeated(units[i], over - 1);
		struct err e = { 0 };
		clock_t start = clock();

		assert_null(yaml_parse("t.yaml", buf_str(&b), &e));
		assert_int_equal(e.code, ERR_CONF);
		if (clock() - start > 5 * CLOCKS_PER_SEC)
			fail_msg("%s: too slow", units[i]);
	}
}

static void
test_yaml_parse_depth_edge(void **state)
{
	AUTO_BUF struct buf in = repeated("[", YAML_DEPTH_MAX);
	AUTO_BUF struct buf over = repeated("[", YAML_DEPTH_MAX + 1);
	AUTO(yaml_free) struct yaml_tree *t = NULL;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < YAML_DEPTH_MAX; i++)
		buf_addc(&in, ']');
	t = yaml_parse("t.yaml", buf_str(&in), &e);
	assert_non_null(t);
	for (int i = 0; i <= YAML_DEPTH_MAX; i++)
		buf_addc(&over, ']');
	assert_null(yaml_parse("t.yaml", buf_str(&over), &e));
	assert_string_equal(e.text,
	    "t.yaml:1:33: nested deeper than 32 levels; flatten it");
}

static void
test_yaml_parse_size(void **state)
{
	AUTO_BUF struct buf nest = repeated("[[[[[[[[", 10 * 131072);
	AUTO_BUF struct buf nodes = repeated("-\n", YAML_NODES_MAX);
	struct err e = { 0 };

	(void)state;
	assert_null(yaml_parse("t.yaml", buf_str(&nest), &e));
	assert_string_equal(e.text, "t.yaml:1:1: the file has 10485760 bytes; "
	    "the limit is 2 MiB");
	assert_null(yaml_parse("t.yaml", buf_str(&nodes), &e));
	assert_non_null(strstr(e.text, "more than 400000 values"));
}

/* A mapping of very many members is checked for repeats in good time. */
static void
test_yaml_parse_many_keys(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	AUTO(yaml_free) struct yaml_tree *t = NULL;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < 150000; i++)
		buf_addf(&b, "k%d: v\n", i);
	t = yaml_parse("t.yaml", buf_str(&b), &e);
	if (t == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(yaml_root(t)->n, 150000);
	buf_addz(&b, "k77: v\n");
	assert_null(yaml_parse("t.yaml", buf_str(&b), &e));
	assert_string_equal(e.text, "t.yaml:150001:1: repeated key \"k77\"; "
	    "it is at line 78 already, remove one of them");
}

static void
test_yaml_node_positions(void **state)
{
	AUTO(yaml_free) struct yaml_tree *t = NULL;
	const struct yaml_node *a, *b;
	struct err e = { 0 };

	(void)state;
	t = yaml_parse("t.yaml", STR("a:\n  b: [x,\n    y]\n"), &e);
	assert_non_null(t);
	a = yaml_get(yaml_root(t), "a");
	b = yaml_get(a, "b");
	assert_int_equal(b->key_line, 2);
	assert_int_equal(b->key_column, 3);
	assert_int_equal(b->line, 2);
	assert_int_equal(b->column, 6);
	assert_int_equal(b->n, 2);
	assert_int_equal(b->first->next->line, 3);
	assert_int_equal(b->first->next->column, 5);
	assert_null(yaml_get(a, "c"));
	assert_null(yaml_get(b, "c"));
	assert_null(yaml_get(NULL, "c"));
	assert_int_equal(yaml_error(&e, b, "no %d", 7), ERR_CONF);
	assert_string_equal(e.text, "t.yaml:2:6: no 7");
	assert_int_equal(yaml_key_error(&e, b, "no"), ERR_CONF);
	assert_string_equal(e.text, "t.yaml:2:3: no");
	assert_int_equal(yaml_key_error(&e, b->first, "no"), ERR_CONF);
	assert_string_equal(e.text, "t.yaml:2:7: no");
}

static void
test_yaml_check_keys(void **state)
{
	static const char *const keys[] = { "allow", "deny" };
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "allow: 1\ndeny: 2\n", NULL },
		{ "{}", NULL },
		{ "allow: 1\nalow: 2\n", "t.yaml:2:1: unknown key \"alow\"; "
		    "did you mean \"allow\"?" },
		{ "colour: 2\n",
		    "t.yaml:1:1: unknown key \"colour\"; want allow or deny" },
		{ "\"a\\n\\e\": 2\n", "t.yaml:1:1: unknown key "
		    "\"a\\x0a\\x1b\"; want allow or deny" },
		{ "[a]", "t.yaml:1:1: a list; want a mapping "
		    "(\"key: value\")" },
		{ "a", "t.yaml:1:1: a text; want a mapping (\"key: value\")" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO(yaml_free) struct yaml_tree *t = NULL;
		struct err e = { 0 };
		int rc;

		t = yaml_parse("t.yaml", str_of(rows[i].text), &e);
		assert_non_null(t);
		rc = yaml_check_keys(yaml_root(t), keys, NELEM(keys), &e);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : ERR_CONF);
		if (rows[i].want != NULL)
			assert_string_equal(e.text, rows[i].want);
	}
}

/*
 * The public YAML test suite, when its copy is beside the sources.  What it
 * says must fail must fail here; of the rest we take less than YAML allows,
 * but what is taken must be the tree that the suite says.
 */
static struct str
slurp(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	fclose(f);
	return buf_str(b);
}

#define DASH "\xe2\x80\x94"

/* The suite's visible stand-ins for blanks made real again. */
static void
suite_unescape(struct str s, struct buf *out)
{
	static const struct {
		const char *shown, *real;
	} marks[] = {
		{ "\xe2\x90\xa3", " " },		/* open box */
		{ DASH DASH DASH DASH "\xc2\xbb", "\t" },
		{ DASH DASH DASH "\xc2\xbb", "\t" },
		{ DASH DASH "\xc2\xbb", "\t" },
		{ DASH "\xc2\xbb", "\t" },
		{ "\xc2\xbb", "\t" },
		{ "\xe2\x86\xb5", "" },			/* return arrow */
		{ "\xe2\x88\x8e", "" },			/* end of proof */
		{ "\xe2\x86\x90", "\r" },
		{ "\xe2\x87\x94", "\xef\xbb\xbf" },
	};

	for (size_t i = 0, m; i < s.n; ) {
		struct str rest = { s.p + i, s.n - i };

		for (m = 0; m < NELEM(marks); m++)
			if (str_starts(rest, marks[m].shown))
				break;
		if (m == NELEM(marks)) {
			buf_addc(out, s.p[i++]);
			continue;
		}
		buf_addz(out, marks[m].real);
		i += strlen(marks[m].shown);
	}
}

/* The tree in the suite's notation, without styles. */
static void
suite_print(struct buf *out, const struct yaml_node *n)
{
	if (n->kind == YAML_TEXT) {
		buf_addz(out, "=VAL ");
		for (size_t i = 0; i < n->text.n; i++) {
			const char *at = strchr("\nn\tt\\\\\rr\bb",
			    n->text.p[i]);

			if (at != NULL && *at != '\0' && strchr("ntrb",
			    n->text.p[i]) == NULL)
				buf_addf(out, "\\%c", at[1]);
			else
				buf_addc(out, n->text.p[i]);
		}
		buf_addc(out, '\n');
		return;
	}
	buf_addz(out, n->kind == YAML_MAP ? "+MAP\n" : "+SEQ\n");
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct yaml_node key = { .kind = YAML_TEXT, .text = m->key };

		if (n->kind == YAML_MAP)
			suite_print(out, &key);
		suite_print(out, m);
	}
	buf_addz(out, n->kind == YAML_MAP ? "-MAP\n" : "-SEQ\n");
}

/* The suite's tree made comparable: no stream, document, style, indent. */
static void
suite_normal(struct str tree, struct buf *out)
{
	while (tree.n > 0) {
		const char *end = memchr(tree.p, '\n', tree.n);
		size_t n = end == NULL ? tree.n : (size_t)(end - tree.p);
		struct str line = { tree.p, n };

		tree.p += n + (end != NULL);
		tree.n -= n + (end != NULL);
		while (line.n > 0 && line.p[0] == ' ')
			line = (struct str){ line.p + 1, line.n - 1 };
		if (str_starts(line, "=VAL ")) {
			buf_addz(out, "=VAL ");
			buf_add(out, line.p + 6, line.n - 6);
			buf_addc(out, '\n');
		} else if (str_starts(line, "+MAP") ||
		    str_starts(line, "+SEQ") || str_starts(line, "-MAP") ||
		    str_starts(line, "-SEQ")) {
			buf_add(out, line.p, 4);
			buf_addc(out, '\n');
		}
	}
}

/* One case: true if it was taken; *wrong counts what should not be. */
static bool
suite_case(const char *name, const struct yaml_node *c, size_t *wrong)
{
	const struct yaml_node *yaml = yaml_get(c, "yaml");
	const struct yaml_node *tree = yaml_get(c, "tree");
	const struct yaml_node *must_fail = yaml_get(c, "fail");
	AUTO_BUF struct buf text = { 0 }, want = { 0 }, shown = { 0 };
	AUTO_BUF struct buf got = { 0 };
	AUTO(yaml_free) struct yaml_tree *t = NULL;
	struct err e = { 0 };

	if (yaml == NULL)
		return false;
	suite_unescape(yaml->text, &text);
	t = yaml_parse(name, buf_str(&text), &e);
	if (t == NULL) {
		assert_true(e.code == ERR_CONF);
		assert_true(strncmp(e.text, name, strlen(name)) == 0);
		return false;
	}
	if (must_fail != NULL) {
		print_message("%s line %u: taken\n", name, yaml->line);
		(*wrong)++;
	}
	if (tree == NULL || must_fail != NULL)
		return true;
	suite_unescape(tree->text, &shown);
	suite_normal(buf_str(&shown), &want);
	suite_print(&got, yaml_root(t));
	if (!str_eq(buf_str(&got), buf_str(&want))) {
		print_message("%s line %u: got\n%s\nwant\n%s\n", name,
		    yaml->line, got.p, want.p);
		(*wrong)++;
	}
	return true;
}

static void
test_yaml_parse_suite(void **state)
{
	const char *shared = getenv("COMITY_SHARED");
	char dir[4096], path[8192];
	size_t taken = 0, all = 0, wrong = 0;
	struct dirent *d;
	DIR *dp;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/data/C-malformed/yaml-test-suite",
	    shared == NULL ? SOURCE_ROOT "/../shared" : shared);
	if ((dp = opendir(dir)) == NULL) {
		print_message("no %s\n", dir);
		skip();
	}
	while ((d = readdir(dp)) != NULL) {
		AUTO_BUF struct buf b = { 0 };
		AUTO(yaml_free) struct yaml_tree *t = NULL;
		struct err e = { 0 };

		if (!str_ends(str_of(d->d_name), ".yaml"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		t = yaml_parse(d->d_name, slurp(path, &b), &e);
		if (t == NULL)
			fail_msg("%s", e.text);
		for (const struct yaml_node *c = yaml_root(t)->first;
		    c != NULL; c = c->next) {
			taken += suite_case(d->d_name, c, &wrong);
			all++;
		}
	}
	closedir(dp);
	print_message("%zu of %zu cases taken\n", taken, all);
	assert_int_equal(wrong, 0);
	assert_true(all >= 250 && taken >= 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml_parse_good),
		cmocka_unit_test(test_yaml_parse_bad),
		cmocka_unit_test(test_yaml_parse_depth),
		cmocka_unit_test(test_yaml_parse_depth_edge),
		cmocka_unit_test(test_yaml_parse_size),
		cmocka_unit_test(test_yaml_parse_many_keys),
		cmocka_unit_test(test_yaml_node_positions),
		cmocka_unit_test(test_yaml_check_keys),
		cmocka_unit_test(test_yaml_parse_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
