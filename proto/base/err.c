#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *text;
	enum err_class class;
} rows[] = {
#define ERR_ROW(name, class, text) { #name, text, ERR_CLASS_##class },
#include "base/err.def"
#undef ERR_ROW
};

#define NROWS ((int)(sizeof(rows) / sizeof(rows[0])))

/* The row of code, or -1 if it is none of ours. */
static int
row_of(int code)
{
	int i = code - (ERR_FIRST_ + 1);

	return i >= 0 && i < NROWS ? i : -1;
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (e == NULL)
		return code;
	e->code = code;
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n < 0)
		e->text[0] = '\0';
	else if ((size_t)n >= sizeof(e->text))
		memcpy(e->text + sizeof(e->text) - 4, "...", 4);
	return code;
}

const char *
err_name(int code)
{
	int i = row_of(code);

	if (code >= 0)
		return "ok";
	return i < 0 ? "unknown" : rows[i].name;
}

const char *
err_text(int code)
{
	int i = row_of(code);

	if (code >= 0)
		return "ok";
	return i < 0 ? "unknown error" : rows[i].text;
}

enum err_class
err_class(int code)
{
	int i = row_of(code);

	if (code >= 0)
		return ERR_CLASS_NONE;
	return i < 0 ? ERR_CLASS_BUG : rows[i].class;
}
