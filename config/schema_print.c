/*
 * Options back to YAML: what is in force, in a form that can be read again.
 */
#include "config/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/unit.h"
#include "config/schema_form.h"

#define LINE_COLUMNS 76

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit time_units[] = {
	{ "d", DAY(1) }, { "h", HOUR(1) }, { "m", MINUTE(1) },
	{ "s", SEC(1) }, { "ms", 1 }, { NULL, 0 },
};

static const struct unit size_units[] = {
	{ "GiB", INT64_C(1) << 30 }, { "MiB", INT64_C(1) << 20 },
	{ "KiB", INT64_C(1) << 10 }, { NULL, 0 },
};

const char *
schema_form(char dst[static FORM_MAX], enum option_kind kind, int64_t v)
{
	const struct unit *u = kind == OPTION_DURATION ? time_units :
	    kind == OPTION_SIZE ? size_units : NULL;

	for (; u != NULL && u->name != NULL; u++) {
		if (v % u->factor != 0 ||
		    (v == 0 && u[1].name != NULL))
			continue;
		(void)snprintf(dst, FORM_MAX, "%" PRId64 "%s", v / u->factor,
		    u->name);
		return dst;
	}
	(void)snprintf(dst, FORM_MAX, "%" PRId64, v);
	return dst;
}

/* A text in double quotes: any text reads back as itself. */
static void
print_quoted(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void
print_value(const struct option *o, const char *field, struct buf *out)
{
	char text[FORM_MAX];

	switch (o->kind) {
	case OPTION_DURATION:
	case OPTION_SIZE:
	case OPTION_INTEGER:
		buf_addz(out, schema_form(text, o->kind,
		    *(const int64_t *)(const void *)field));
		break;
	case OPTION_BOOL:
		buf_addz(out, *(const bool *)field ? "true" : "false");
		break;
	case OPTION_ENUM:
		buf_addz(out, o->names[*(const int *)(const void *)field]);
		break;
	default:
		print_quoted(out, field);
	}
}

static void print_list(const struct option *o, const char *in,
    struct buf *out);

/* One mapping of a list, on one line. */
static void
print_map(const struct option *options, const char *in, struct buf *out)
{
	buf_addc(out, '{');
	for (const struct option *o = options; o->name != NULL; o++) {
		buf_addf(out, "%s%s: ", o == options ? "" : ", ", o->name);
		if (o->list_max > 0)
			print_list(o, in, out);
		else
			print_value(o, in + o->offset, out);
	}
	buf_addc(out, '}');
}

static void
print_list(const struct option *o, const char *in, struct buf *out)
{
	size_t n = *(const size_t *)(const void *)(in + o->count_offset);

	buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addz(out, ", ");
		if (o->kind == OPTION_MAPS)
			print_map(o->items, in + o->offset + i * o->bytes,
			    out);
		else
			print_value(o, in + o->offset + i * o->bytes, out);
	}
	buf_addc(out, ']');
}

/* The help text as comment lines. */
static void
print_help(const char *text, int indent, struct buf *out)
{
	size_t room = LINE_COLUMNS - (size_t)indent - 2;

	while (*text != '\0') {
		size_t n = strlen(text), cut = n;

		if (n > room) {
			for (cut = room; cut > 0 && text[cut] != ' '; cut--)
				;
			if (cut == 0)
				cut = room;
		}
		buf_addf(out, "%*s# %.*s\n", indent, "", (int)cut, text);
		text += cut;
		while (*text == ' ')
			text++;
	}
}

/* Open the mappings of name that last, the name before, is not in. */
static int
print_path(const char *last, const char *name, struct buf *out)
{
	int indent = 0;
	const char *at = name;

	for (const char *dot; (dot = strchr(at, '.')) != NULL; at = dot + 1) {
		size_t n = (size_t)(dot + 1 - name);

		if (strncmp(last, name, n) != 0)
			buf_addf(out, "%*s%.*s:\n", indent, "",
			    (int)(dot - at), at);
		indent += 2;
	}
	return indent;
}

void
schema_print(const struct option *options, const void *in, bool help,
    struct buf *out)
{
	const char *last = "";

	for (const struct option *o = options; o->name != NULL; o++) {
		const char *dot = strrchr(o->name, '.');
		int indent = print_path(last, o->name, out);

		if (help)
			print_help(o->help, indent, out);
		buf_addf(out, "%*s%s: ", indent, "",
		    dot == NULL ? o->name : dot + 1);
		if (o->list_max > 0)
			print_list(o, in, out);
		else
			print_value(o, (const char *)in + o->offset, out);
		buf_addc(out, '\n');
		last = o->name;
	}
}
