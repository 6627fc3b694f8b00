/*
 * A policy from its files: sections in the order in which they need each
 * other, whatever their order in the file.
 */
#include "config/policy_file.h"

#include "config/policy_file_read.h"

#include <stdlib.h>
#include <string.h>

#include "record/handling.h"

#define REQUEST_BYTES_MAX KIB(16)
#define INCLUDES_MAX 64

struct section {
	const char *name;
	int (*read)(struct pf *r, const struct yaml_node *n);
	bool required;
	bool included;		/* may stand in an included file */
};

/*
 * A section is read after those whose names it uses; `onward` of peers
 * names circles, which name peers, so it has a second turn.
 */
static const struct section sections[] = {
	{ "purposes", pf_read_purposes, true, false },
	{ "origin-tags", pf_read_origin_tags, false, false },
	{ "kinds", pf_read_kinds, true, false },
	{ "vocabulary", pf_read_vocabulary, false, false },
	{ "definitions", pf_read_definitions, false, false },
	{ "classify", pf_read_classify, false, false },
	{ "bands", pf_read_bands, false, false },
	{ "self", pf_read_self, true, false },
	{ "walls", pf_read_walls, false, false },
	{ "releases", pf_read_releases, false, false },
	{ "peers", pf_read_peers, false, true },
	{ "circles", pf_read_circles, false, true },
	{ "agreements", pf_read_agreements, false, true },
	{ "peers", pf_read_onward, false, false },
	{ "postures", pf_read_postures, false, false },
	{ "consult", pf_read_consult, false, false },
	{ "trust", pf_read_trust, false, false },
	{ "grants", pf_read_grants, false, false },
	{ "limits", pf_read_limits, false, false },
	{ "prove", pf_read_prove, false, false },
	{ "tests", pf_read_tests, false, false },
};

/* Parse one file and keep its tree. */
static int
add_tree(struct pf *r, const struct file_set *files, struct str name)
{
	struct yaml_tree *t;
	struct str text;

	if (file_set_get(files, name, &text) < 0)
		return err_set(r->e, ERR_CONF, "%s: there is no such file",
		    name.p);
	t = yaml_parse(name.p, text, r->e);
	if (t == NULL)
		return ERR_CONF;
	vec_push(&r->f->tree->trees, t);
	return 0;
}

static int
check_included(struct pf *r, const struct yaml_node *root)
{
	const char *keys[NELEM(sections)];
	size_t n = 0;

	for (size_t i = 0; i < NELEM(sections); i++)
		if (sections[i].included)
			keys[n++] = sections[i].name;
	return yaml_check_keys(root, keys, n, r->e);
}

struct include {
	const struct file_set *files;
	size_t patterns;
};

/* Every file that fits one pattern. */
static int
on_include(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct include *in = arg;
	struct str name;
	size_t i = 0;

	if (++in->patterns > INCLUDES_MAX)
		return pf_error(r, item, "more than %d includes",
		    INCLUDES_MAX);
	for (; file_set_match(in->files, item->text.p, i, &name); i++) {
		AUTO(mem_free) char *copy = mem_dup(name.p, name.n);
		const struct policy_tree *t = r->f->tree;

		for (size_t k = 0; k < t->trees.n; k++)
			if (strcmp(yaml_root(t->trees.v[k])->file, copy) == 0)
				return pf_error(r, item, "%s is read already",
				    copy);
		TRY(add_tree(r, in->files,
		    (struct str){ copy, name.n }));
		TRY(check_included(r, yaml_root(t->trees.v[t->trees.n - 1])));
	}
	if (i == 0 && memchr(item->text.p, '*', item->text.n) == NULL)
		return pf_error(r, item, "there is no file %s",
		    item->text.p);
	return 0;
}

/* The keys of the main file, its version, and what it includes. */
static int
read_trees(struct pf *r, const struct file_set *files, const char *main_name)
{
	static const struct pf_row row = { .key = "include" };
	const char *keys[NELEM(sections) + 2];
	const struct yaml_node *root, *n;
	struct include in = { .files = files };
	size_t nkeys = 0;

	TRY(add_tree(r, files, str_of(main_name)));
	root = yaml_root(r->f->tree->trees.v[0]);
	keys[nkeys++] = "policy";
	keys[nkeys++] = "include";
	for (size_t i = 0; i < NELEM(sections); i++)
		if (sections[i].read != pf_read_onward)
			keys[nkeys++] = sections[i].name;
	TRY(yaml_check_keys(root, keys, nkeys, r->e));
	n = yaml_get(root, "policy");
	if (n == NULL)
		return pf_error(r, root, "policy: 1 is missing");
	if (n->kind != YAML_TEXT || !str_eqz(n->text, "1"))
		return pf_error(r, n, "want policy: 1, the version of this "
		    "format");
	n = yaml_get(root, "include");
	return n == NULL ? 0 : pf_each(r, &row, n, on_include, &in);
}

static int
read_sections(struct pf *r)
{
	const struct policy_tree *t = r->f->tree;

	for (size_t i = 0; i < NELEM(sections); i++) {
		const struct section *s = &sections[i];
		bool found = false;

		for (size_t k = 0; k < t->trees.n; k++) {
			const struct yaml_node *n =
			    yaml_get(yaml_root(t->trees.v[k]), s->name);

			if (n == NULL || (k > 0 && !s->included &&
			    s->read != pf_read_onward))
				continue;
			found = true;
			TRY(s->read(r, n));
			if (s->read == pf_read_onward)
				break;
		}
		if (!found && s->required)
			return pf_error(r, yaml_root(t->trees.v[0]),
			    "section %s is missing", s->name);
	}
	return 0;
}

struct id {
	struct str id;
	const struct yaml_node *at;
};

static int
compare_ids(const void *a, const void *b)
{
	return str_cmp(((const struct id *)a)->id, ((const struct id *)b)->id);
}

/* Words that stand for themselves in `by`. */
static bool
is_reserved(struct str id)
{
	static const char *const words[] = { "default", "desk-purpose",
	    "label-purpose", "audience", "hops", "expired", "transit",
	    "obligation", "unknown-peer", "no-policy", "rule" };

	for (size_t i = 0; i < NELEM(words); i++)
		if (str_eqz(id, words[i]))
			return true;
	for (size_t i = 0; policy_postures[i] != NULL; i++)
		if (str_eqz(id, policy_postures[i]))
			return true;
	return false;
}

/* No two of walls, grants and limits have one id. */
static int
check_ids(struct pf *r)
{
	const struct policy_file *f = r->f;
	size_t n = 0;
	AUTO(mem_free) struct id *ids = mem_array(struct id,
	    f->walls.n + f->rules.n);

	for (size_t i = 0; i < f->walls.n; i++)
		ids[n++] = (struct id){ f->walls.v[i].id, f->walls.v[i].at };
	for (size_t i = 0; i < f->rules.n; i++)
		ids[n++] = (struct id){ f->rules.v[i].id, f->rules.v[i].at };
	for (size_t i = 0; i < n; i++)
		if (is_reserved(ids[i].id))
			return pf_error(r, ids[i].at, "id \"%s\" has a "
			    "meaning of its own; want another", ids[i].id.p);
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < n; i++) {
		const struct id *a = &ids[i - 1], *b = &ids[i];

		if (!str_eq(a->id, b->id))
			continue;
		if (a->at->line > b->at->line)
			b = a, a = &ids[i];
		return pf_error(r, b->at, "id \"%s\" is used already, at "
		    "%s:%u", b->id.p, a->at->file, a->at->line);
	}
	return 0;
}

static void
vocabulary_start(struct vocabulary *v)
{
	/* record/label.h: kinds[0] is always "other". */
	(void)!names_add(&v->kinds, STR("other"), LABEL_KINDS_MAX);
	for (size_t i = 0; policy_caveats[i] != NULL; i++) {
		(void)!names_add(&v->caveats, str_of(policy_caveats[i]),
		    LABEL_BITS_MAX - 1);
		v->caveat_means[i].iep = iep_caveat_words(
		    str_of(policy_caveats[i]));
	}
}

struct policy_file *
policy_file_read(const struct file_set *files, const char *main_name,
    struct err *e)
{
	AUTO(policy_file_free) struct policy_file *f =
	    mem_new(struct policy_file);
	struct pf r = { f, e, files };

	f->tree = mem_new(struct policy_tree);
	vocabulary_start(&f->v);
	pf_postures_default(f);
	pf_scoring_default(f);
	if (read_trees(&r, files, main_name) < 0 || read_sections(&r) < 0 ||
	    check_ids(&r) < 0 || pf_check_charters(&r) < 0)
		return NULL;
	/* Caveats of labels may ask for it whatever the rules say. */
	(void)!names_add(&f->redactions, STR("source"), 64);
	pf_lint(&r);
	return TAKE(f);
}

void
policy_file_free(struct policy_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->warnings.n; i++)
		free(f->warnings.v[i]);
	for (size_t i = 0; i < f->tree->trees.n; i++)
		yaml_free(f->tree->trees.v[i]);
	vec_clear(&f->tree->trees);
	free(f->tree);
	vec_clear(&f->parties);
	vec_clear(&f->walls);
	vec_clear(&f->releases);
	vec_clear(&f->circles);
	vec_clear(&f->agreements);
	vec_clear(&f->rules);
	vec_clear(&f->classify);
	vec_clear(&f->tests);
	vec_clear(&f->claims);
	vec_clear(&f->warnings);
	vec_clear(&f->in_force);
	names_clear(&f->groups);
	names_clear(&f->redactions);
	names_clear(&f->panel.roles);
	names_clear(&f->scoring.groups);
	vocabulary_clear(&f->v);
	free(f);
}

const struct yaml_node *
policy_file_section(const struct policy_file *f, const char *name)
{
	return yaml_get(yaml_root(f->tree->trees.v[0]), name);
}

const char *
policy_file_source(const struct policy_file *f, size_t i)
{
	return i < f->tree->trees.n ? yaml_root(f->tree->trees.v[i])->file :
	    NULL;
}

int
policy_file_case(const struct policy_file *f, struct str text,
    struct policy_case *out, struct err *e)
{
	AUTO(yaml_free) struct yaml_tree *t = NULL;
	AUTO_BUF struct buf braced = { 0 };
	/* Reading a case adds nothing to the file. */
	struct policy_file copy = *f;
	struct pf r = { &copy, e, NULL };

	if (text.n > REQUEST_BYTES_MAX)
		return err_set(e, ERR_USAGE, "the request is too long");
	if (!str_starts(text, "{"))
		buf_addc(&braced, '{');
	buf_add(&braced, text.p, text.n);
	if (!str_starts(text, "{"))
		buf_addc(&braced, '}');
	t = yaml_parse("request", buf_str(&braced), e);
	if (t == NULL || pf_read_case(&r, yaml_root(t), false, out) < 0) {
		if (e != NULL)
			e->code = ERR_USAGE;
		return ERR_USAGE;
	}
	out->at = NULL;
	return 0;
}
