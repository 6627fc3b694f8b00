/*
 * libyaml's events made into a tree.  libyaml is asked for one event at a
 * time and stopped at the first thing that configuration has no use for;
 * it is quadratic in nesting and knows no limits of its own.
 */
#include "config/yaml.h"

#include <yaml.h>

#include "base/arena.h"
#include "base/limits.h"
#include "config/yaml_text.h"

#include <string.h>

/* Nodes, the file's text decoded (never longer than in the file), names. */
#define TREE_BYTES_MAX \
	(YAML_NODES_MAX * (sizeof(struct yaml_node) + 32) + \
	    2 * (size_t)YAML_BYTES_MAX + 65536)

struct yaml_tree {
	struct arena *arena;		/* owned: all nodes and texts */
	const char *file;		/* borrowed from arena */
	struct yaml_node *root;		/* borrowed from arena */
};

/* A mapping or sequence that is still open. */
struct level {
	struct yaml_node *node;		/* borrowed from the tree */
	struct yaml_node *last;		/* its newest member */
	struct yaml_node *pending;	/* a member with a key, no value yet */
	int indent;			/* of the innermost block, or -1 */
};

struct builder {
	yaml_parser_t parser;
	struct yaml_tree *tree;		/* borrowed */
	struct err *e;			/* borrowed, may be NULL */
	struct str text;		/* borrowed: the file */
	struct level levels[YAML_DEPTH_MAX];
	size_t depth;			/* open levels */
	size_t nodes;
	size_t at_char, at_byte;	/* a place in text, only advanced */
	bool done;
};

/* What to do about libyaml's most frequent complaints. */
static const struct {
	const char *problem, *advice;
} advices[] = {
	{ "found character that cannot start any token",
	    "put a value that begins with this character in quotes" },
	{ "mapping values are not allowed in this context",
	    "put a text with \": \" in quotes, or correct the indentation" },
	{ "could not find expected ':'", "write \"key: value\"" },
	{ "did not find expected key",
	    "indent all members of a mapping alike; close what is open" },
	{ "did not find expected '-' indicator",
	    "indent all items of a list alike" },
	{ "did not find expected ',' or ']'", "close the list with \"]\"" },
	{ "did not find expected ',' or '}'", "close the mapping with \"}\"" },
	{ "found unexpected end of stream", "close the quote" },
	{ "did not find expected node content",
	    "write the value, or remove this" },
	{ "found unknown directive name", "remove the directive" },
};

/* Fill e with the position and a text without file names in it. */
static int
refuse(const struct builder *b, yaml_mark_t at, const char *what)
{
	return err_set(b->e, ERR_CONF, "%s:%zu:%zu: %s", b->tree->file,
	    at.line + 1, at.column + 1, what);
}

/* libyaml gave up: say where, what, and what to do. */
static int
refuse_syntax(const struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *what = p->problem == NULL ? "not YAML" : p->problem;
	const char *advice = "correct the YAML here";

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(b->e, ERR_LIMIT, "%s: not enough memory",
		    b->tree->file);
	for (size_t i = 0; i < NELEM(advices); i++)
		if (strcmp(what, advices[i].problem) == 0)
			advice = advices[i].advice;
	return err_set(b->e, ERR_CONF, "%s:%zu:%zu: %s%s%s; %s",
	    b->tree->file, p->problem_mark.line + 1,
	    p->problem_mark.column + 1, what,
	    p->context == NULL ? "" : " ",
	    p->context == NULL ? "" : p->context, advice);
}

/* The file from mark on; marks come in rising order (else nothing). */
static struct str
text_from(struct builder *b, yaml_mark_t mark)
{
	if (mark.index < b->at_char)
		return STR("");
	while (b->at_char < mark.index && b->at_byte < b->text.n) {
		b->at_byte++;
		while (b->at_byte < b->text.n &&
		    ((unsigned char)b->text.p[b->at_byte] & 0xc0) == 0x80)
			b->at_byte++;
		b->at_char++;
	}
	return (struct str){ b->text.p + b->at_byte, b->text.n - b->at_byte };
}

/* "]", "}" or a quote just ended at mark: no comment glued to it. */
static int
check_comment(struct builder *b, yaml_mark_t mark)
{
	/* YAML 1.2 6.6: comments are separated from what is before them. */
	if (str_starts(text_from(b, mark), "#"))
		return refuse(b, mark, "a comment directly after a value; "
		    "want a blank before \"#\"");
	return 0;
}

/* libyaml is lax about where the lines of a long text begin. */
static int
check_layout(struct builder *b, const yaml_event_t *ev)
{
	int indent = b->depth == 0 ? -1 : b->levels[b->depth - 1].indent;
	struct str from = text_from(b, ev->start_mark), to;
	const char *fault = NULL;

	switch (ev->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		to = text_from(b, ev->end_mark);
		from.n -= to.n <= from.n ? to.n : from.n;
		fault = yaml_text_quoted_fault(from, indent);
		if (fault == NULL)
			return check_comment(b, ev->end_mark);
		break;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		fault = yaml_text_block_fault(from, indent);
		break;
	default:
		break;
	}
	return fault == NULL ? 0 : refuse(b, ev->start_mark, fault);
}

/* Refuse anchor and tag; "!" alone leaves no trace but its byte. */
static int
check_properties(struct builder *b, const yaml_event_t *ev,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		return refuse(b, ev->start_mark, "an anchor; anchors and "
		    "aliases are not supported, write the value out");
	if (tag != NULL || str_starts(text_from(b, ev->start_mark), "!"))
		return refuse(b, ev->start_mark, "a tag; tags are not "
		    "supported, remove it (or quote a text with \"!\")");
	return 0;
}

static int
node_new(struct builder *b, enum yaml_kind kind, const yaml_event_t *ev,
    struct yaml_node **out)
{
	struct yaml_node *n;

	if (++b->nodes > YAML_NODES_MAX)
		return refuse(b, ev->start_mark,
		    "more than 400000 values; split the file");
	n = arena_alloc(b->tree->arena, sizeof(*n));
	if (n == NULL)
		return err_set(b->e, ERR_LIMIT, "%s: not enough memory",
		    b->tree->file);
	n->kind = kind;
	n->file = b->tree->file;
	n->line = (unsigned)ev->start_mark.line + 1;
	n->column = (unsigned)ev->start_mark.column + 1;
	n->key = n->text = STR("");
	*out = n;
	return 0;
}

/* The text of a scalar event, copied. */
static int
scalar_text(struct builder *b, const yaml_event_t *ev, struct str *out)
{
	const char *p = (const char *)ev->data.scalar.value;
	size_t n = ev->data.scalar.length;
	char *copy;

	if (memchr(p, '\0', n) != NULL)
		return refuse(b, ev->start_mark,
		    "a NUL in a text; remove the \\0");
	copy = arena_dup(b->tree->arena, p, n);
	if (copy == NULL)
		return err_set(b->e, ERR_LIMIT, "%s: not enough memory",
		    b->tree->file);
	*out = (struct str){ copy, n };
	return 0;
}

/* The level a new value goes to, or NULL for the root. */
static struct level *
level_top(struct builder *b)
{
	return b->depth == 0 ? NULL : &b->levels[b->depth - 1];
}

static bool
wants_key(struct builder *b)
{
	struct level *l = level_top(b);

	return l != NULL && l->node->kind == YAML_MAP && l->pending == NULL;
}

/* Put node where it belongs: root, item, or value of the pending key. */
static void
node_place(struct builder *b, struct yaml_node *node)
{
	struct level *l = level_top(b);

	if (l == NULL) {
		b->tree->root = node;
		return;
	}
	if (l->pending != NULL) {
		node->key = l->pending->key;
		node->key_line = l->pending->key_line;
		node->key_column = l->pending->key_column;
		l->pending = NULL;
	}
	if (l->last == NULL)
		l->node->first = node;
	else
		l->last->next = node;
	l->last = node;
	l->node->n++;
}

/* A scalar in the place of a key: keep it until its value comes. */
static int
on_key(struct builder *b, const yaml_event_t *ev)
{
	yaml_scalar_style_t style = ev->data.scalar.style;
	struct yaml_node *n;

	if (style == YAML_LITERAL_SCALAR_STYLE ||
	    style == YAML_FOLDED_SCALAR_STYLE)
		return refuse(b, ev->start_mark,
		    "a block of text as a key; want a name");
	if (ev->data.scalar.length == 0)
		return refuse(b, ev->start_mark,
		    "an empty key; want \"key: value\"");
	if (style == YAML_PLAIN_SCALAR_STYLE &&
	    strcmp((const char *)ev->data.scalar.value, "<<") == 0)
		return refuse(b, ev->start_mark,
		    "a merge key; merging is not supported, write it out");
	TRY(node_new(b, YAML_TEXT, ev, &n));
	TRY(scalar_text(b, ev, &n->key));
	n->key_line = n->line;
	n->key_column = n->column;
	level_top(b)->pending = n;
	return 0;
}

static int
on_scalar(struct builder *b, const yaml_event_t *ev)
{
	struct yaml_node *n;

	TRY(check_properties(b, ev, ev->data.scalar.anchor,
	    ev->data.scalar.tag));
	TRY(check_layout(b, ev));
	if (wants_key(b))
		return on_key(b, ev);
	TRY(node_new(b, YAML_TEXT, ev, &n));
	TRY(scalar_text(b, ev, &n->text));
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node_place(b, n);
	return 0;
}

/* The indentation that lines inside a new level must go beyond. */
static int
level_indent(struct builder *b, enum yaml_kind kind, const yaml_event_t *ev)
{
	const struct level *outer = level_top(b);
	bool block = kind == YAML_MAP ?
	    ev->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE :
	    ev->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE;

	if (block)
		return (int)ev->start_mark.column;
	return outer == NULL ? -1 : outer->indent;
}

static int
on_open(struct builder *b, enum yaml_kind kind, const yaml_event_t *ev)
{
	struct yaml_node *n;

	if (kind == YAML_MAP)
		TRY(check_properties(b, ev, ev->data.mapping_start.anchor,
		    ev->data.mapping_start.tag));
	else
		TRY(check_properties(b, ev, ev->data.sequence_start.anchor,
		    ev->data.sequence_start.tag));
	if (wants_key(b))
		return refuse(b, ev->start_mark,
		    "a list or mapping as a key; want a name (put a text "
		    "that begins with \"{\" or \"[\" in quotes)");
	if (b->depth == YAML_DEPTH_MAX)
		return err_set(b->e, ERR_CONF, "%s:%zu:%zu: nested deeper "
		    "than %d levels; flatten it", b->tree->file,
		    ev->start_mark.line + 1, ev->start_mark.column + 1,
		    YAML_DEPTH_MAX);
	TRY(node_new(b, kind, ev, &n));
	node_place(b, n);
	b->levels[b->depth] = (struct level){ .node = n,
	    .indent = level_indent(b, kind, ev) };
	b->depth++;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct yaml_node *const *x = a, *const *y = b;
	int c = str_cmp((*x)->key, (*y)->key);

	/* The same key: the earlier one first. */
	if (c == 0)
		c = ((*x)->key_line > (*y)->key_line) -
		    ((*x)->key_line < (*y)->key_line);
	if (c == 0)
		c = ((*x)->key_column > (*y)->key_column) -
		    ((*x)->key_column < (*y)->key_column);
	return c;
}

/* A closed mapping: no key twice. */
static int
check_repeated(const struct builder *b, const struct yaml_node *map)
{
	AUTO(mem_free) const struct yaml_node **all = NULL;
	char shown[80];
	size_t n = 0;

	all = mem_array(const struct yaml_node *, map->n);
	for (const struct yaml_node *m = map->first; m != NULL; m = m->next)
		all[n++] = m;
	qsort(all, n, sizeof(all[0]), by_key);
	for (size_t i = 1; i < n; i++) {
		if (!str_eq(all[i - 1]->key, all[i]->key))
			continue;
		return yaml_key_error(b->e, all[i], "repeated key \"%s\"; it "
		    "is at line %u already, remove one of them",
		    str_escape(shown, sizeof(shown), all[i]->key),
		    all[i - 1]->key_line);
	}
	return 0;
}

static int
on_close(struct builder *b, const yaml_event_t *ev)
{
	const struct yaml_node *n = level_top(b)->node;

	b->depth--;
	if (ev->end_mark.index > ev->start_mark.index)
		TRY(check_comment(b, ev->end_mark));
	return n->kind == YAML_MAP ? check_repeated(b, n) : 0;
}

static int
on_document(struct builder *b, const yaml_event_t *ev)
{
	if (b->tree->root != NULL)
		return refuse(b, ev->start_mark, "a second document; want one "
		    "document a file, remove the \"---\"");
	if (ev->data.document_start.version_directive != NULL ||
	    ev->data.document_start.tag_directives.start !=
	    ev->data.document_start.tag_directives.end)
		return refuse(b, ev->start_mark,
		    "a directive; directives are not supported, remove it");
	return 0;
}

static int
on_event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, YAML_LIST, ev);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, YAML_MAP, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(b, ev);
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, ev);
	case YAML_ALIAS_EVENT:
		return refuse(b, ev->start_mark, "an alias; anchors and "
		    "aliases are not supported, write the value out (or "
		    "quote a text with \"*\")");
	case YAML_STREAM_END_EVENT:
		b->done = true;
		if (b->tree->root == NULL)
			return err_set(b->e, ERR_CONF, "%s:1:1: nothing in "
			    "it; want one YAML document", b->tree->file);
		return 0;
	default:
		return 0;
	}
}

/* Events until the end or the first error. */
static int
build(struct builder *b)
{
	while (!b->done) {
		yaml_event_t ev;
		int rc;

		if (!yaml_parser_parse(&b->parser, &ev))
			return refuse_syntax(b);
		rc = on_event(b, &ev);
		yaml_event_delete(&ev);
		TRY(rc);
	}
	return 0;
}

struct yaml_tree *
yaml_parse(const char *file, struct str text, struct err *e)
{
	AUTO(yaml_free) struct yaml_tree *t = mem_new(struct yaml_tree);
	struct builder b = { .tree = t, .e = e };
	int rc;

	t->arena = arena_new(TREE_BYTES_MAX);
	t->file = arena_dup(t->arena, file, strlen(file));
	if (t->file == NULL) {
		(void)err_set(e, ERR_LIMIT, "%s: not enough memory", file);
		return NULL;
	}
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.p + 3, text.n - 3 };
	b.text = text;
	if (yaml_text_check(t->file, text, e) < 0)
		return NULL;
	if (!yaml_parser_initialize(&b.parser)) {
		(void)err_set(e, ERR_LIMIT, "%s: not enough memory", file);
		return NULL;
	}
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser,
	    (const unsigned char *)text.p, text.n);
	rc = build(&b);
	yaml_parser_delete(&b.parser);
	return rc < 0 ? NULL : TAKE(t);
}

void
yaml_free(struct yaml_tree *t)
{
	if (t == NULL)
		return;
	arena_free(t->arena);
	free(t);
}

const struct yaml_node *
yaml_root(const struct yaml_tree *t)
{
	return t->root;
}
