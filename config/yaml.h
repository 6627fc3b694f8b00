/*
 * YAML as administrators mean it: a tree of mappings, sequences and text,
 * every node with its file, line and column.
 *
 * Every scalar is text until the schema says otherwise.  Refused, with
 * position: aliases, anchors, tags, directives, merge keys, a second
 * document, repeated keys, keys that are not text, NUL and other controls,
 * bytes that are not UTF-8, line ends and marks that an editor does not
 * show, tabs as indentation, nesting deeper than YAML_DEPTH_MAX, more than
 * YAML_NODES_MAX nodes, files over YAML_BYTES_MAX.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;			/* YAML_TEXT: was in quotes */
	const char *file;		/* borrowed from the tree */
	unsigned line, column;		/* from 1 */
	struct str text;		/* YAML_TEXT */
	struct str key;			/* when a member of a map; else empty */
	unsigned key_line, key_column;
	struct yaml_node *first;	/* members or items, in file order */
	struct yaml_node *next;		/* sibling */
	size_t n;			/* how many members or items */
};

struct yaml_tree;	/* owns all nodes and texts */

/*
 * yaml_parse(file, text, e): the tree of one document.  file is the name
 * used in messages (copied), text is borrowed for the call.  NULL with e
 * ("file:line:col: what was found; what is wanted") on any error.
 */
struct yaml_tree *yaml_parse(const char *file, struct str text,
    struct err *e);
/*
 * yaml_free(t): free all of it; NULL is fine.  Linked under another name:
 * libyaml exports a yaml_free of its own, and calls it.
 */
void yaml_free(struct yaml_tree *t) __asm__("comity_yaml_free");
MEM_AUTO(struct yaml_tree, yaml_free);

/* yaml_root(t): its outermost node, borrowed from t; never NULL. */
const struct yaml_node *yaml_root(const struct yaml_tree *t);

/* yaml_get(map, key): the member's value, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map,
    const char *key);

/*
 * yaml_error(e, node, fmt, ...): fill e with "file:line:col: " and the
 * text; returns ERR_CONF.  yaml_key_error points at the node's key.
 */
int yaml_error(struct err *e, const struct yaml_node *node,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
int yaml_key_error(struct err *e, const struct yaml_node *node,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * yaml_check_keys(map, keys, n, e): map is a mapping whose every key is one
 * of the n names; else ERR_CONF at the key, with "did you mean".
 */
int yaml_check_keys(const struct yaml_node *map, const char *const *keys,
    size_t n, struct err *e) MUST_CHECK;

#endif
