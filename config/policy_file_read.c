/*
 * Mappings by table, lists, and the messages that name place and remedy.
 */
#include "config/policy_file_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

#define SHOWN_MAX 80

int
pf_error(struct pf *r, const struct yaml_node *at, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return yaml_error(r->e, at, "%s", text);
}

void
pf_warn(struct pf *r, const struct yaml_node *at, const char *fmt, ...)
{
	AUTO_BUF struct buf b = { 0 };
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(&b, "%s:%u:%u: %s", at->file, at->line, at->column, text);
	vec_push(&r->f->warnings, buf_take(&b));
}

/* "a, b or c" of as many as fit. */
static void
list_names(char *dst, size_t size, const char *const *names, size_t n)
{
	size_t at = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *sep = i == 0 ? "" : i + 1 == n ? " or " : ", ";
		int m = snprintf(dst + at, size - at, "%s%s", sep, names[i]);

		if (m < 0 || (size_t)m >= size - at) {
			(void)snprintf(dst + at, size - at, "...");
			return;
		}
		at += (size_t)m;
	}
}

int
pf_unknown(struct pf *r, const struct yaml_node *at, const char *what,
    const char *const *names, size_t n)
{
	char shown[SHOWN_MAX], wanted[300];
	const char *near = str_nearest(at->text, names, n);

	(void)str_escape(shown, sizeof(shown), at->text);
	if (near != NULL)
		return pf_error(r, at, "unknown %s \"%s\"; did you mean "
		    "\"%s\"?", what, shown, near);
	if (n == 0)
		return pf_error(r, at, "unknown %s \"%s\"; the policy "
		    "defines none", what, shown);
	list_names(wanted, sizeof(wanted), names, n);
	return pf_error(r, at, "unknown %s \"%s\"; want %s", what, shown,
	    wanted);
}

int
pf_not_in(struct pf *r, const struct yaml_node *at, const char *what,
    const struct names *names)
{
	AUTO(mem_free) const char **v = mem_array(const char *, names->n);

	for (size_t i = 0; i < names->n; i++)
		v[i] = names->v[i];
	return pf_unknown(r, at, what, v, names->n);
}

int
pf_not_a_peer(struct pf *r, const struct yaml_node *at)
{
	const struct names *orgs = &r->f->v.orgs;
	AUTO(mem_free) const char **v = mem_array(const char *, orgs->n);

	/* The first are we ourselves. */
	for (size_t i = 1; i < orgs->n; i++)
		v[i - 1] = orgs->v[i];
	return pf_unknown(r, at, "peer", v, orgs->n > 0 ? orgs->n - 1 : 0);
}

int
pf_is_text(struct pf *r, const struct yaml_node *n)
{
	if (n->kind != YAML_TEXT)
		return pf_error(r, n, "a %s; want a text",
		    n->kind == YAML_LIST ? "list" : "mapping");
	if (n->text.n == 0)
		return pf_error(r, n, "nothing here; want a text");
	return 0;
}

/* "key:" with nothing after it. */
static bool
is_nothing(const struct yaml_node *n)
{
	return n->kind == YAML_TEXT && n->text.n == 0;
}

int
pf_is_map(struct pf *r, const struct yaml_node *n)
{
	if (is_nothing(n))
		return pf_error(r, n, "nothing here; want a mapping (\"key: "
		    "value\")");
	if (n->kind != YAML_MAP)
		return pf_error(r, n, "a %s; want a mapping (\"key: value\")",
		    n->kind == YAML_LIST ? "list" : "text");
	return 0;
}

int
pf_is_list(struct pf *r, const struct yaml_node *n)
{
	if (is_nothing(n))
		return pf_error(r, n, "nothing here; want a list");
	if (n->kind != YAML_LIST)
		return pf_error(r, n, "a %s; want a list", n->kind ==
		    YAML_MAP ? "mapping" : "text");
	return 0;
}

int
pf_each(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    pf_item fn, void *arg)
{
	if (n->kind == YAML_TEXT) {
		TRY(pf_is_text(r, n));
		return fn(r, n, arg);
	}
	TRY(pf_is_list(r, n));
	if (n->n == 0 && !row->may_be_empty)
		return pf_error(r, n, "%s is empty, and an empty set means "
		    "nobody; name at least one, or take the whole entry out",
		    row->key);
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		TRY(pf_is_text(r, i));
		TRY(fn(r, i, arg));
	}
	return 0;
}

int
pf_map(struct pf *r, const struct yaml_node *map, const struct pf_row *rows,
    void *out)
{
	const char *keys[PF_KEYS_MAX];
	size_t n = 0;

	for (; rows[n].key != NULL && n < PF_KEYS_MAX; n++)
		keys[n] = rows[n].key;
	TRY(yaml_check_keys(map, keys, n, r->e));
	for (const struct pf_row *row = rows; row->key != NULL; row++) {
		const struct yaml_node *v = yaml_get(map, row->key);

		if (v == NULL && row->required)
			return pf_error(r, map, "%s is missing", row->key);
		if (v != NULL)
			TRY(row->read(r, row, v, (char *)out + row->offset));
	}
	return 0;
}

int
pf_text(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	(void)row;
	TRY(pf_is_text(r, n));
	*(struct str *)out = n->text;
	return 0;
}

int
pf_note(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	(void)row, (void)out;
	return pf_is_text(r, n);
}

int
pf_id(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	TRY(pf_is_text(r, n));
	if (n->text.n >= NAME_MAX_BYTES)
		return pf_error(r, n, "%s is over %d bytes", row->key,
		    NAME_MAX_BYTES - 1);
	for (size_t i = 0; i < n->text.n; i++) {
		char c = n->text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.')
			return pf_error(r, n, "%s may hold letters, digits, "
			    "\"-\", \"_\" and \".\" only", row->key);
	}
	*(struct str *)out = n->text;
	return 0;
}

int
pf_country(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];

	(void)row;
	TRY(pf_is_text(r, n));
	if (!schema_is_country(n->text) && !str_eqz(n->text, "*"))
		return pf_error(r, n, "country \"%s\"; want two capitals of "
		    "ISO 3166, like XA", str_escape(shown, sizeof(shown),
		    n->text));
	memset(out, 0, 3);
	memcpy(out, n->text.p, n->text.n);
	return 0;
}

/* The index of the text in a closed list. */
static int
enum_index(struct pf *r, const char *what, const char *const *names,
    const struct yaml_node *n)
{
	size_t count = 0;

	while (names[count] != NULL)
		count++;
	for (size_t i = 0; i < count; i++)
		if (str_eqz(n->text, names[i]))
			return (int)i;
	return pf_unknown(r, n, what, names, count);
}

int
pf_enum(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int i;

	TRY(pf_is_text(r, n));
	i = enum_index(r, row->key, row->names, n);
	if (i < 0)
		return i;
	*(int *)out = i;
	return 0;
}

struct enum_bits {
	const struct pf_row *row;
	uint32_t bits;
};

static int
on_enum(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct enum_bits *b = arg;
	int i = enum_index(r, b->row->key, b->row->names, item);

	if (i < 0)
		return i;
	b->bits |= 1U << i;
	return 0;
}

int
pf_enums(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	struct enum_bits b = { row, 0 };

	TRY(pf_each(r, row, n, on_enum, &b));
	*(uint32_t *)out = b.bits;
	return 0;
}

int
pf_integer(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];
	uint64_t v;

	TRY(pf_is_text(r, n));
	if (str_to_u64(n->text, &v) < 0 || v > (uint64_t)row->max ||
	    v < (uint64_t)row->min)
		return pf_error(r, n, "%s \"%s\"; want a number from %d to %d",
		    row->key, str_escape(shown, sizeof(shown), n->text),
		    (int)row->min, (int)row->max);
	*(int *)out = (int)v;
	return 0;
}

int
pf_bool(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];

	TRY(pf_is_text(r, n));
	if (n->quoted || (!str_eqz(n->text, "true") &&
	    !str_eqz(n->text, "false")))
		return pf_error(r, n, "%s \"%s\"; want true or false",
		    row->key, str_escape(shown, sizeof(shown), n->text));
	*(bool *)out = str_eqz(n->text, "true");
	return 0;
}

int
pf_duration(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	char shown[SHOWN_MAX];
	int64_t v;

	TRY(pf_is_text(r, n));
	if (schema_duration(n->text, &v) < 0 || v == 0)
		return pf_error(r, n, "%s \"%s\"; want a duration, like 30m, "
		    "24h or 90d", row->key, str_escape(shown, sizeof(shown),
		    n->text));
	*(int64_t *)out = v;
	return 0;
}

int
pf_date(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];
	unix_ms_t v;

	TRY(pf_is_text(r, n));
	if (time_parse_date(n->text, &v) < 0)
		return pf_error(r, n, "%s \"%s\"; want a day, like "
		    "\"2027-06-30\"", row->key, str_escape(shown,
		    sizeof(shown), n->text));
	*(unix_ms_t *)out = v;
	return 0;
}

int
pf_digest(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	char shown[SHOWN_MAX];
	bool good;

	TRY(pf_is_text(r, n));
	good = str_starts(n->text, "sha256:") && n->text.n > 7 &&
	    n->text.n <= 7 + 64;
	for (size_t i = 7; good && i < n->text.n; i++)
		good = strchr("0123456789abcdef", n->text.p[i]) != NULL;
	if (!good)
		return pf_error(r, n, "%s \"%s\"; want \"sha256:\" and up to "
		    "64 digits of lower-case hexadecimal", row->key,
		    str_escape(shown, sizeof(shown), n->text));
	*(struct str *)out = n->text;
	return 0;
}

int
pf_fraction(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	char shown[SHOWN_MAX];
	struct str whole = n->text, part = { "0", 1 };
	uint64_t w, p;
	const char *dot;
	int scale = 1000;

	TRY(pf_is_text(r, n));
	dot = memchr(n->text.p, '.', n->text.n);
	if (dot != NULL) {
		whole.n = (size_t)(dot - n->text.p);
		part = (struct str){ dot + 1, n->text.n - whole.n - 1 };
		while (part.n > 1 && part.p[0] == '0')
			part.p++, part.n--, scale /= 10;
		for (size_t i = 0; i < part.n; i++)
			scale /= 10;
	}
	if (str_to_u64(whole, &w) < 0 || str_to_u64(part, &p) < 0 ||
	    (dot != NULL && scale == 0) ||
	    w > (uint64_t)row->max / 1000)
		return pf_error(r, n, "%s \"%s\"; want a number like 0.65 "
		    "with at most three decimals", row->key,
		    str_escape(shown, sizeof(shown), n->text));
	*(int *)out = (int)(w * 1000 + p * (uint64_t)(dot ? scale : 0));
	if (*(int *)out < row->min || *(int *)out > row->max)
		return pf_error(r, n, "%s \"%s\" is out of range; want from "
		    "%g to %g", row->key, str_escape(shown, sizeof(shown),
		    n->text), (double)row->min / 1000,
		    (double)row->max / 1000);
	return 0;
}
