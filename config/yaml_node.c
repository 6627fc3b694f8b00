/*
 * Reading a tree that yaml.c has built: members, and errors that name the
 * place.
 */
#include "config/yaml.h"

#include <stdarg.h>
#include <stdio.h>

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *m = map->first; m != NULL; m = m->next)
		if (str_eqz(m->key, key))
			return m;
	return NULL;
}

static int
error_at(struct err *e, const char *file, const unsigned at[2],
    const char *text)
{
	return err_set(e, ERR_CONF, "%s:%u:%u: %s", file, at[0], at[1], text);
}

int
yaml_error(struct err *e, const struct yaml_node *node, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_at(e, node->file,
	    (const unsigned[]){ node->line, node->column }, text);
}

int
yaml_key_error(struct err *e, const struct yaml_node *node,
    const char *fmt, ...)
{
	bool keyed = node->key_line > 0;
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_at(e, node->file, (const unsigned[]){
	    keyed ? node->key_line : node->line,
	    keyed ? node->key_column : node->column }, text);
}

/* Is key among the n names? */
static bool
is_one_of(struct str key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqz(key, keys[i]))
			return true;
	return false;
}

/* "key, key or key" of as many names as fit. */
static const char *
names_list(char *dst, size_t size, const char *const *keys, size_t n)
{
	size_t at = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *sep = i == 0 ? "" : i + 1 == n ? " or " : ", ";
		int m = snprintf(dst + at, size - at, "%s%s", sep, keys[i]);

		if (m < 0 || (size_t)m >= size - at) {
			(void)snprintf(dst + at, size - at, "...");
			break;
		}
		at += (size_t)m;
	}
	return dst;
}

int
yaml_check_keys(const struct yaml_node *map, const char *const *keys,
    size_t n, struct err *e)
{
	char shown[80], wanted[400];

	if (map->kind != YAML_MAP)
		return yaml_error(e, map, "%s; want a mapping (\"key: "
		    "value\")", map->kind == YAML_LIST ? "a list" : "a text");
	for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
		const char *near;

		if (is_one_of(m->key, keys, n))
			continue;
		(void)str_escape(shown, sizeof(shown), m->key);
		near = str_nearest(m->key, keys, n);
		if (near != NULL)
			return yaml_key_error(e, m, "unknown key \"%s\"; did "
			    "you mean \"%s\"?", shown, near);
		return yaml_key_error(e, m, "unknown key \"%s\"; want %s",
		    shown, names_list(wanted, sizeof(wanted), keys, n));
	}
	return 0;
}
