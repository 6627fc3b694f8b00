/*
 * Real data through the readers: what others publish, what others' tests
 * hold valid or not, and fifty thousand indicators.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "record/bundle.h"
#include "record/stix.h"

#define SHARED_DEFAULT SOURCE_ROOT "/../shared"
#define REFUSALS 24
#define OPEN_FOLDERS 16

struct tally {
	struct stix_reader *reader;
	size_t files, objects, containers, accepted;
	size_t refused[REFUSALS];
	struct stix_problem last;
	bool verbose;
};

/* nftw() has no argument for its caller. */
static struct tally *walk_tally;

static bool
data_path(char dst[static 1024], const char *file)
{
	const char *p = getenv("COMITY_SHARED");

	snprintf(dst, 1024, "%s/data/%s", p != NULL ? p : SHARED_DEFAULT,
	    file);
	if (access(dst, R_OK) == 0)
		return true;
	print_message("no shared data %s: skipped\n", file);
	return false;
}

static void
load(const char *path, struct buf *out)
{
	gzFile f = gzopen(path, "rb");
	char block[65536];
	int n;

	assert_non_null(f);
	while ((n = gzread(f, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
	assert_int_equal(n, 0);
	gzclose(f);
}

static void
tally_object(struct tally *t, struct str bytes, const char *path)
{
	struct stix_problem problem = { 0 };
	struct stix_object o;

	t->objects++;
	if (stix_read(t->reader, bytes, &o, &problem) == 0) {
		t->accepted++;
		return;
	}
	assert_true(problem.refusal > 0 && problem.refusal < REFUSALS);
	assert_true(problem.text[0] != '\0');
	t->refused[problem.refusal]++;
	t->last = problem;
	if (t->verbose)
		print_message("%s: %.*s: %s\n", path, (int)o.id.n, o.id.p,
		    problem.text);
}

static void
tally_text(struct tally *t, struct str text, const char *path)
{
	struct bundle_reader *r = bundle_reader_new(text);
	struct str one;
	struct err e;
	int rc;

	while ((rc = bundle_next(r, &one, &e)) != 0) {
		if (rc > 0) {
			tally_object(t, one, path);
			continue;
		}
		t->containers++;
		if (t->verbose)
			print_message("%s: %s\n", path, e.text);
	}
	bundle_reader_free(r);
}

static void
tally_print(const struct tally *t)
{
	print_message("%zu files, %zu objects, %zu accepted, %zu places "
	    "where a container is broken; refused:", t->files, t->objects,
	    t->accepted, t->containers);
	for (int i = 0; i < REFUSALS; i++)
		if (t->refused[i] > 0)
			print_message(" %s %zu", refusal_name(i),
			    t->refused[i]);
	print_message("\n");
}

static int
on_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	struct tally *t = walk_tally;
	AUTO_BUF struct buf b = { 0 };

	(void)st;
	(void)ftw;
	if (kind != FTW_F || str_ends(str_of(path), ".tsv") ||
	    str_ends(str_of(path), ".txt"))
		return 0;
	load(path, &b);
	t->files++;
	tally_text(t, buf_str(&b), path);
	return 0;
}

static void
test_stix_read_published(void **state)
{
	struct tally t = { .verbose = getenv("STIX_VERBOSE") != NULL };
	char path[1024];

	(void)state;
	if (!data_path(path, "A-stix"))
		return;
	t.reader = stix_reader_new();
	walk_tally = &t;
	assert_int_equal(nftw(path, on_file, OPEN_FOLDERS, FTW_PHYS), 0);
	walk_tally = NULL;
	stix_reader_free(t.reader);
	tally_print(&t);
	assert_true(t.files > 1000);
	assert_true(t.accepted > 10000);
}

/*
 * Examples with "..." in them are near JSON: none may pass whole, though
 * some have objects without it beside the one that has.
 */
static void
test_stix_read_elided(void **state)
{
	struct tally t = { 0 };
	AUTO_BUF struct buf b = { 0 };
	char path[1024], *line, *rest;

	(void)state;
	if (!data_path(path, "A-stix/oasis-stix21-spec/elided-not-json.jsonl"))
		return;
	t.reader = stix_reader_new();
	load(path, &b);
	for (line = strtok_r(b.p, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		json_t *c = json_loads(line, 0, NULL);
		const char *text = json_string_value(
		    json_object_get(c, "text"));

		size_t bad = t.containers + t.objects - t.accepted;

		assert_non_null(text);
		tally_text(&t, str_of(text), path);
		if (t.containers + t.objects - t.accepted == bad)
			fail_msg("passed: %s", text);
		json_decref(c);
		t.files++;
	}
	stix_reader_free(t.reader);
	tally_print(&t);
	assert_true(t.files > 0);
}

static void
test_stix_read_many(void **state)
{
	struct tally t = { .verbose = true };
	AUTO_BUF struct buf b = { 0 };
	char path[1024];

	(void)state;
	if (!data_path(path, "B-indicators/indicators-50k.stix.jsonl.gz"))
		return;
	t.reader = stix_reader_new();
	load(path, &b);
	tally_text(&t, buf_str(&b), path);
	stix_reader_free(t.reader);
	tally_print(&t);
	assert_int_equal(t.accepted, t.objects);
	assert_int_equal(t.containers, 0);
	assert_true(t.objects >= 50000);
}

/* Texts people type into forms to see what breaks. */
static void
test_stix_read_naughty(void **state)
{
	struct tally t = { .verbose = true };
	AUTO_BUF struct buf b = { 0 };
	json_t *list, *item;
	char path[1024];
	size_t i;

	(void)state;
	if (!data_path(path, "C-malformed/naughty-strings/blns.json"))
		return;
	load(path, &b);
	list = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(list);
	t.reader = stix_reader_new();
	json_array_foreach(list, i, item) {
		json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O, "
		    "s:[O], s:{s:O}}", "type", "tool", "spec_version", "2.1",
		    "id", "tool--3f2504e0-4f89-41d3-9a0c-0305e82c3301",
		    "created", "2026-01-01T00:00:00.000Z", "modified",
		    "2026-01-01T00:00:00.000Z", "name", "n", "description",
		    item, "labels", item, "x_more", "a", item);
		char *text = json_dumps(o, i % 2 == 0 ? JSON_ENSURE_ASCII : 0);

		tally_object(&t, str_of(text), path);
		free(text);
		json_decref(o);
	}
	json_decref(list);
	stix_reader_free(t.reader);
	tally_print(&t);
	assert_int_equal(t.accepted, t.objects);
}

/*
 * The verdicts of the OASIS validator.  Its default checks recommendations
 * too, and many types that we read at the level of common properties only.
 */
struct verdicts {
	struct tally t;
	size_t agree, lenient, strict;	/* of the version 2.1 ones */
};

/* Types we check in full, so that what we take is to be valid. */
static bool
is_full_type(const json_t *input)
{
	static const char *const full[] = { "indicator", "sighting",
	    "identity", "marking-definition", "observed-data",
	    "relationship", "note", "opinion", "malware", "report" };
	const char *type = json_string_value(json_object_get(input, "type"));

	for (size_t i = 0; type != NULL && i < NELEM(full); i++)
		if (strcmp(type, full[i]) == 0)
			return true;
	return false;
}

/* What breaks a recommendation only, though no option says so. */
static bool
is_recommendation(const char *test)
{
	static const char *const tests[] = {
		"v21/marking_definition_tests/test_lax_option",
		"v21/relationship_tests/"
		    "test_relationship_types_invalid_target",
	};

	for (size_t i = 0; i < NELEM(tests); i++)
		if (strcmp(test, tests[i]) == 0)
			return true;
	return false;
}

static void
judge_case(struct verdicts *v, const json_t *c)
{
	json_t *input = json_object_get(c, "input");
	bool raw = json_is_true(json_object_get(c, "raw"));
	bool valid = json_is_true(json_object_get(c, "expect_valid"));
	const char *version = json_string_value(
	    json_object_get(c, "stix_version"));
	const char *test = json_string_value(json_object_get(c, "test"));
	size_t objects = v->t.objects, accepted = v->t.accepted;
	size_t broken = v->t.containers;
	char *text = raw && json_is_string(input) ?
	    mem_strdup(json_string_value(input)) :
	    json_dumps(input, JSON_ENCODE_ANY);
	bool took;

	assert_non_null(text);
	v->t.verbose = getenv("STIX_VERBOSE") != NULL && valid &&
	    version != NULL && strcmp(version, "2.1") == 0;
	tally_text(&v->t, str_of(text), test);
	free(text);
	took = v->t.containers == broken &&
	    v->t.objects - objects == v->t.accepted - accepted;
	if (version == NULL || strcmp(version, "2.1") != 0)
		return;
	/*
	 * What it holds valid we take, but its indicators' creator is a
	 * "source", which STIX 2.1 does not have, and STIX 2.0.
	 */
	if (!took && valid && strstr(v->t.last.text, "`created_by_ref` is "
	    "\"source--") == NULL && strstr(v->t.last.text,
	    "`spec_version`") == NULL)
		fail_msg("%s: %s", test, v->t.last.text);
	if (took && !valid && is_full_type(input) &&
	    json_object_size(json_object_get(c, "options")) == 0 &&
	    !is_recommendation(test))
		fail_msg("%s: taken", test);
	v->agree += took == valid;
	v->lenient += took && !valid;
	v->strict += !took && valid;
}

static void
test_stix_read_validator_cases(void **state)
{
	struct verdicts v = { 0 };
	AUTO_BUF struct buf b = { 0 };
	char path[1024], *line, *rest;

	(void)state;
	if (!data_path(path,
	    "C-malformed/stix2-validator-cases/cases.jsonl.gz"))
		return;
	load(path, &b);
	v.t.reader = stix_reader_new();
	for (line = strtok_r(b.p, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		json_t *c = json_loads(line, 0, NULL);

		assert_non_null(c);
		judge_case(&v, c);
		json_decref(c);
		v.t.files++;
	}
	stix_reader_free(v.t.reader);
	tally_print(&v.t);
	print_message("version 2.1: %zu agree, %zu we take alone, %zu we "
	    "refuse alone\n", v.agree, v.lenient, v.strict);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stix_read_published),
		cmocka_unit_test(test_stix_read_elided),
		cmocka_unit_test(test_stix_read_many),
		cmocka_unit_test(test_stix_read_naughty),
		cmocka_unit_test(test_stix_read_validator_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
