/*
 * The messages of tests/golden/policy_errors.txt, word for word.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN SOURCE_ROOT "/tests/golden/policy_errors.txt"
#define BLOCKS 3
#define ROWS_LEAST 300

/* What is read so far of one row. */
struct row {
	unsigned line;
	size_t warnings;
	bool started, failed;	/* failed: it said what the error is */
	struct buf text;	/* owned */
	struct policy *policy;	/* owned; NULL: not read yet, or refused */
	struct err e;
};

static const char *const names[BLOCKS] = { "head", "peers", "circle" };

struct golden {
	struct buf blocks[BLOCKS];	/* owned; each without those before */
	struct buf *defining;		/* borrowed, or NULL */
	struct row row;
	size_t rows;
};

static void
row_read(struct row *r)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();

	if (r->started)
		return;
	r->started = true;
	assert_int_equal(file_set_add(files, STR("p.yaml"),
	    buf_str(&r->text)), 0);
	r->policy = policy_load(files, "p.yaml", &r->e);
}

/* "> ": the one error. */
static void
row_error(struct row *r, const char *want)
{
	row_read(r);
	r->failed = true;
	if (r->policy != NULL)
		fail_msg("%s:%u: loaded; want %s", GOLDEN, r->line, want);
	if (r->e.code != ERR_CONF || strcmp(r->e.text, want) != 0)
		fail_msg("%s:%u:\ngot  %s\nwant %s", GOLDEN, r->line,
		    r->e.text, want);
}

/* "? ": the next warning. */
static void
row_warning(struct row *r, const char *want)
{
	const char *got;

	row_read(r);
	if (r->policy == NULL)
		fail_msg("%s:%u: %s", GOLDEN, r->line, r->e.text);
	got = policy_warning(r->policy, r->warnings++);
	if (got == NULL || strcmp(got, want) != 0)
		fail_msg("%s:%u:\ngot  %s\nwant %s", GOLDEN, r->line,
		    got == NULL ? "none" : got, want);
}

/* A row that says no error loads, with the warnings that it names. */
static void
row_end(struct row *r)
{
	if (r->line != 0 && !r->failed) {
		row_read(r);
		if (r->policy == NULL)
			fail_msg("%s:%u: %s", GOLDEN, r->line, r->e.text);
		if (policy_warning(r->policy, r->warnings) != NULL)
			fail_msg("%s:%u: also %s", GOLDEN, r->line,
			    policy_warning(r->policy, r->warnings));
	}
	buf_clear(&r->text);
	policy_free(r->policy);
	*r = (struct row){ .line = 0 };
}

/* "@define peers", "@none" or "@peers". */
static void
golden_block(struct golden *g, const char *name, unsigned line)
{
	row_end(&g->row);
	g->defining = NULL;
	for (size_t i = 0; i < BLOCKS; i++) {
		if (strncmp(name, "define ", 7) == 0) {
			if (strcmp(name + 7, names[i]) == 0)
				g->defining = &g->blocks[i];
			continue;
		}
		if (strcmp(name, names[i]) != 0)
			continue;
		for (size_t k = 0; k <= i; k++)
			buf_add(&g->row.text, g->blocks[k].p,
			    g->blocks[k].n);
	}
	if (g->defining != NULL)
		return;
	g->row.line = line;
	g->rows++;
}

static void
golden_line(struct golden *g, const char *s, unsigned line)
{
	if (s[0] == '@')
		golden_block(g, s + 1, line);
	else if (strncmp(s, "| ", 2) == 0)
		buf_addf(g->defining != NULL ? g->defining : &g->row.text,
		    "%s\n", s + 2);
	else if (strncmp(s, "> ", 2) == 0)
		row_error(&g->row, s + 2);
	else if (strncmp(s, "? ", 2) == 0)
		row_warning(&g->row, s + 2);
	else if (s[0] != '#' && s[0] != '\0')
		fail_msg("%s:%u: not a line of this file", GOLDEN, line);
}

static void
test_policy_file_golden(void **state)
{
	FILE *f = fopen(GOLDEN, "re");
	struct golden g = { .rows = 0 };
	char line[4096];

	(void)state;
	assert_non_null(f);
	for (unsigned n = 1; fgets(line, sizeof(line), f) != NULL; n++) {
		line[strcspn(line, "\n")] = '\0';
		golden_line(&g, line, n);
	}
	row_end(&g.row);
	fclose(f);
	for (size_t i = 0; i < BLOCKS; i++)
		buf_clear(&g.blocks[i]);
	assert_true(g.rows >= ROWS_LEAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_file_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
