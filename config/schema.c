/*
 * Reading options by table.
 */
#include "config/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/schema_form.h"
#include "config/yaml_text.h"

#define PREFIX_MAX 64
#define LEVEL_KEYS_MAX 64	/* options and mappings of one mapping */
#define SHOWN_MAX 96

/* What is wanted, for messages, by kind. */
static const char *const kind_texts[] = {
	[OPTION_TEXT] = "one line of text",
	[OPTION_NAME] = "a DNS name in lower case, like cert.example.org",
	[OPTION_COUNTRY] = "a country code of two capital letters, like NO",
	[OPTION_ADDRESS] = ("host:port, like 192.0.2.1:7600 or "
	    "[2001:db8::1]:7600"),
	[OPTION_PATH] = "a file name without control characters",
	[OPTION_DURATION] = "a duration, like 500ms, 10s, 5m, 24h or 90d",
	[OPTION_SIZE] = "a size, like 16KiB, 4MiB or 1GiB",
	[OPTION_INTEGER] = "a whole number",
	[OPTION_BOOL] = "true or false",
	[OPTION_ENUM] = "another word",
	[OPTION_MAPS] = "mappings (\"{key: value}\")",
};

/* One line of text, without what a terminal would obey. */
static bool
is_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	/* An escape can write what the file itself may not hold. */
	return yaml_text_check("", s, NULL) == 0;
}

/* The index of s in o's words, or -1. */
static int
enum_index(const struct option *o, struct str s)
{
	for (int i = 0; o->names[i] != NULL; i++)
		if (str_eqz(s, o->names[i]))
			return i;
	return -1;
}

/* Put s at field if it has the form of o's kind; ERR_SYNTAX, ERR_LIMIT. */
static int
store_text(const struct option *o, struct str s, char *field)
{
	bool ok = is_line(s);

	if (o->kind == OPTION_NAME)
		ok = schema_is_name(s);
	else if (o->kind == OPTION_COUNTRY)
		ok = schema_is_country(s);
	else if (o->kind == OPTION_ADDRESS)
		ok = schema_is_address(s);
	else if (o->kind == OPTION_PATH)
		ok = ok && s.n > 0;
	if (!ok)
		return ERR_SYNTAX;
	if (s.n >= o->bytes)
		return ERR_LIMIT;
	memset(field, 0, o->bytes);
	memcpy(field, s.p, s.n);
	return 0;
}

/* The same for numbers; ERR_VALUE outside o's bounds. */
static int
store_number(const struct option *o, struct str s, int64_t *field)
{
	int64_t v = 0;
	uint64_t u;

	if (o->kind == OPTION_DURATION) {
		TRY(schema_duration(s, &v));
	} else if (o->kind == OPTION_SIZE) {
		TRY(schema_size(s, &v));
	} else {
		TRY(str_to_u64(s, &u));
		if (u > INT64_MAX)
			return ERR_VALUE;
		v = (int64_t)u;
	}
	if (v < o->min || v > o->max)
		return ERR_VALUE;
	*field = v;
	return 0;
}

static int
store_value(const struct option *o, struct str s, void *field)
{
	int i;

	switch (o->kind) {
	case OPTION_DURATION:
	case OPTION_SIZE:
	case OPTION_INTEGER:
		return store_number(o, s, field);
	case OPTION_BOOL:
		if (!str_eqz(s, "true") && !str_eqz(s, "false"))
			return ERR_SYNTAX;
		*(bool *)field = s.p[0] == 't';
		return 0;
	case OPTION_ENUM:
		i = enum_index(o, s);
		if (i < 0)
			return ERR_SYNTAX;
		*(int *)field = i;
		return 0;
	default:
		return store_text(o, s, field);
	}
}

/* "want a, b or c", with the nearest word when there is one. */
static int
enum_error(const struct option *o, const struct yaml_node *n, struct err *e)
{
	char shown[SHOWN_MAX];
	AUTO_BUF struct buf want = { 0 };
	const char *near;
	size_t count = 0;

	while (o->names[count] != NULL)
		count++;
	near = str_nearest(n->text, o->names, count);
	for (size_t i = 0; i < count; i++)
		buf_addf(&want, "%s%s", i == 0 ? "" : i + 1 == count ? " or " :
		    ", ", o->names[i]);
	(void)str_escape(shown, sizeof(shown), n->text);
	if (near != NULL)
		return yaml_error(e, n, "%s \"%s\"; did you mean \"%s\"? "
		    "(%s)", o->name, shown, near, want.p);
	return yaml_error(e, n, "%s \"%s\"; want %s", o->name, shown, want.p);
}

/* Say what is wrong with the text at n, which gave code. */
static int
value_error(const struct option *o, const struct yaml_node *n, int code,
    struct err *e)
{
	char shown[SHOWN_MAX], lo[FORM_MAX], hi[FORM_MAX];

	if (o->kind == OPTION_ENUM)
		return enum_error(o, n, e);
	(void)str_escape(shown, sizeof(shown), n->text);
	if (code == ERR_LIMIT)
		return yaml_error(e, n, "%s \"%s\" is too long; want at most "
		    "%zu bytes", o->name, shown, o->bytes - 1);
	if (code == ERR_VALUE)
		return yaml_error(e, n, "%s \"%s\" is out of range; want %s to "
		    "%s", o->name, shown, schema_form(lo, o->kind, o->min),
		    schema_form(hi, o->kind, o->max));
	if (o->kind == OPTION_BOOL && n->quoted &&
	    (str_eqz(n->text, "true") || str_eqz(n->text, "false")))
		return yaml_error(e, n, "%s \"%s\" is in quotes; want %s "
		    "without quotes", o->name, shown, shown);
	return yaml_error(e, n, "%s \"%s\"; want %s", o->name, shown,
	    kind_texts[o->kind]);
}

/* Is a number or boolean, which nobody writes in quotes. */
static bool
is_bare(enum option_kind kind)
{
	return kind == OPTION_BOOL || kind == OPTION_INTEGER;
}

static int
read_text(const struct option *o, const struct yaml_node *n, void *field,
    struct err *e)
{
	int rc;

	if (n->kind != YAML_TEXT)
		return yaml_error(e, n, "%s is a %s; want %s", o->name,
		    n->kind == YAML_LIST ? "list" : "mapping",
		    kind_texts[o->kind]);
	rc = n->quoted && is_bare(o->kind) ? ERR_SYNTAX :
	    store_value(o, n->text, field);
	return rc < 0 ? value_error(o, n, rc, e) : 0;
}

static int
read_list(const struct option *o, const struct yaml_node *n, void *out,
    struct err *e)
{
	size_t *count = (void *)((char *)out + o->count_offset);
	char *field = (char *)out + o->offset;

	if (n->kind != YAML_LIST)
		return yaml_error(e, n, "%s is a %s; want a list (\"[a, b]\" "
		    "or lines with \"- \") of %s", o->name,
		    n->kind == YAML_TEXT ? "text" : "mapping",
		    kind_texts[o->kind]);
	if (n->n > o->list_max)
		return yaml_error(e, n, "%s has %zu items; want at most %zu",
		    o->name, n->n, o->list_max);
	*count = 0;
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		char *item = field + *count * o->bytes;

		if (o->kind == OPTION_MAPS) {
			TRY(schema_read(o->items, m, item, e));
			(*count)++;
			continue;
		}
		TRY(read_text(o, m, item, e));
		for (size_t i = 0; i < *count; i++)
			if (memcmp(field + i * o->bytes, item, o->bytes) == 0)
				return yaml_error(e, m, "%s has \"%s\" twice; "
				    "remove one", o->name, item);
		(*count)++;
	}
	return 0;
}

/* The options below a mapping: what its members may be called. */
static size_t
level_keys(const struct option *options, const char *prefix,
    char names[][PREFIX_MAX], const char **out)
{
	size_t n = 0, skip = strlen(prefix);

	for (const struct option *o = options; o->name != NULL; o++) {
		size_t len;

		if (strncmp(o->name, prefix, skip) != 0)
			continue;
		len = strcspn(o->name + skip, ".");
		if (n > 0 && strlen(out[n - 1]) == len &&
		    memcmp(out[n - 1], o->name + skip, len) == 0)
			continue;
		if (n == LEVEL_KEYS_MAX)
			break;
		(void)snprintf(names[n], PREFIX_MAX, "%.*s", (int)len,
		    o->name + skip);
		out[n] = names[n];
		n++;
	}
	return n;
}

static const struct option *
option_find(const struct option *options, const char *name)
{
	for (const struct option *o = options; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* All members of map, whose options' names begin with prefix. */
static int
read_level(const struct option *options, const char *prefix,
    const struct yaml_node *map, void *out, struct err *e)
{
	char names[LEVEL_KEYS_MAX][PREFIX_MAX], path[2 * PREFIX_MAX];
	const char *keys[LEVEL_KEYS_MAX];
	size_t n = level_keys(options, prefix, names, keys);

	TRY(yaml_check_keys(map, keys, n, e));
	for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
		const struct option *o;

		(void)snprintf(path, sizeof(path), "%s%.*s", prefix,
		    (int)m->key.n, m->key.p);
		o = option_find(options, path);
		if (o != NULL && o->list_max > 0) {
			TRY(read_list(o, m, out, e));
		} else if (o != NULL) {
			TRY(read_text(o, m, (char *)out + o->offset, e));
		} else if (m->kind != YAML_TEXT || m->text.n > 0) {
			/* Not "limits:" with every member commented out. */
			strcat(path, ".");
			TRY(read_level(options, path, m, out, e));
		}
	}
	return 0;
}

void
schema_defaults(const struct option *options, void *out)
{
	for (const struct option *o = options; o->name != NULL; o++) {
		char *field = (char *)out + o->offset;
		int rc = 0;

		if (o->list_max > 0) {
			memset(field, 0, o->bytes * o->list_max);
			*(size_t *)(void *)((char *)out + o->count_offset) = 0;
			continue;
		}
		memset(field, 0, o->bytes);
		if (o->value != NULL)
			rc = store_value(o, str_of(o->value), field);
		/* A default that its own row refuses is left empty; tested. */
		(void)rc;
	}
}

int
schema_read(const struct option *options, const struct yaml_node *map,
    void *out, struct err *e)
{
	schema_defaults(options, out);
	TRY(read_level(options, "", map, out, e));
	for (const struct option *o = options; o->name != NULL; o++)
		if (o->value == NULL && schema_node(map, o->name) == NULL)
			return yaml_error(e, map, "%s is missing; want %s",
			    o->name, kind_texts[o->kind]);
	return 0;
}

const struct yaml_node *
schema_node(const struct yaml_node *map, const char *name)
{
	char key[PREFIX_MAX];

	for (;;) {
		size_t n = strcspn(name, ".");

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, name, n);
		key[n] = '\0';
		map = yaml_get(map, key);
		if (map == NULL || name[n] == '\0')
			return map;
		name += n + 1;
	}
}
