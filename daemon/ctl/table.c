#include "ctl/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table {
	const char *const *headings;	/* borrowed */
	size_t columns;
	VEC(char *) cells;		/* owned, row by row */
};

struct table *
table_new(const char *const *headings, size_t n)
{
	struct table *t = mem_new(struct table);

	t->headings = headings;
	t->columns = n;
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->cells.n; i++)
		free(t->cells.v[i]);
	vec_clear(&t->cells);
	free(t);
}

void
text_safe(struct buf *b, const char *s)
{
	/* C1 controls arrive as C2 80..9F; they move cursors as well. */
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			buf_addf(b, "\\x%02x", *p);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			buf_addf(b, "\\u00%02x", *++p);
		else
			buf_addc(b, (char)*p);
	}
}

void
table_cell(struct table *t, const char *text)
{
	AUTO_BUF struct buf b = { 0 };

	text_safe(&b, text == NULL ? "-" : text);
	if (b.p == NULL)
		buf_addz(&b, "");
	vec_push(&t->cells, mem_strdup(b.p == NULL ? "" : b.p));
}

void
table_cellf(struct table *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	table_cell(t, text);
}

void
table_number(struct table *t, long long v)
{
	if (v < 0)
		table_cell(t, "-");
	else
		table_cellf(t, "%lld", v);
}

size_t
text_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The heading without its alignment mark. */
static const char *
heading_text(const char *h)
{
	return h[0] == '>' ? h + 1 : h;
}

static void
print_cell(FILE *f, const char *text, size_t width, bool right, bool last)
{
	size_t pad = width - text_width(text);

	if (right)
		fprintf(f, "%*s", (int)pad, "");
	fputs(text, f);
	if (!right && !last)
		fprintf(f, "%*s", (int)pad, "");
	fputs(last ? "\n" : "  ", f);
}

void
table_print(const struct table *t, FILE *f)
{
	AUTO(mem_free) size_t *width = mem_array(size_t, t->columns);

	for (size_t c = 0; c < t->columns; c++) {
		width[c] = text_width(heading_text(t->headings[c]));
		for (size_t i = c; i < t->cells.n; i += t->columns)
			if (text_width(t->cells.v[i]) > width[c])
				width[c] = text_width(t->cells.v[i]);
	}
	if (style_on(f))
		fputs("\033[1m", f);
	for (size_t c = 0; c < t->columns; c++)
		print_cell(f, heading_text(t->headings[c]), width[c],
		    t->headings[c][0] == '>', c + 1 == t->columns);
	if (style_on(f))
		fputs("\033[0m", f);
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t c = i % t->columns;

		print_cell(f, t->cells.v[i], width[c],
		    t->headings[c][0] == '>', c + 1 == t->columns);
	}
}

void
table_line(FILE *f, const char *name, const char *fmt, ...)
{
	AUTO_BUF struct buf b = { 0 };
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_safe(&b, text);
	fprintf(f, "%-14s %s\n", name, b.p == NULL ? "" : b.p);
}

bool
style_on(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && no[0] != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fileno(f)) == 1;
}

void
style_print(FILE *f, enum style s, const char *text)
{
	static const char *const codes[] = {
		[STYLE_GOOD] = "32", [STYLE_BAD] = "31", [STYLE_DIM] = "2",
		[STYLE_BOLD] = "1",
	};

	if (style_on(f))
		fprintf(f, "\033[%sm%s\033[0m", codes[s], text);
	else
		fputs(text, f);
}
