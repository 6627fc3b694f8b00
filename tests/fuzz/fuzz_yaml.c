/*
 * The YAML reader over any bytes.  What it takes is a tree of known shape,
 * what it refuses has a reason with a position.
 */
#include "config/yaml.h"

#include "base/limits.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
walk(const struct yaml_node *n, int depth)
{
	size_t members = 0;

	must(depth <= YAML_DEPTH_MAX && n->line > 0 && n->column > 0);
	must(str_is_utf8(n->text) && str_is_utf8(n->key));
	must(n->text.n == strlen(n->text.p) && n->key.n == strlen(n->key.p));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		must((n->kind == YAML_MAP) == (m->key.n > 0));
		walk(m, depth + 1);
		members++;
	}
	must(members == n->n);
	must(n->kind != YAML_TEXT || members == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct yaml_tree *t = yaml_parse("f",
	    (struct str){ (const char *)data, size }, &e);

	if (t == NULL) {
		must(e.code == ERR_LIMIT ||
		    (e.code == ERR_CONF && strncmp(e.text, "f:", 2) == 0));
		return 0;
	}
	walk(yaml_root(t), 0);
	yaml_free(t);
	return 0;
}
