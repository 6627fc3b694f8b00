/*
 * The id of an object straight from its bytes.  They were parsed when they
 * came in, so this only has to find its way, and to notice when it cannot.
 */
#include <string.h>

#include "store/store_private.h"

struct scan {
	const char *p, *end;
};

static void
skip_space(struct scan *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' ||
	    *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

static bool
skip_char(struct scan *c, char want)
{
	skip_space(c);
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* A string, without its quotes; false if it has an escape in it. */
static bool
scan_string(struct scan *c, struct str *out)
{
	const char *start, *quote;

	if (!skip_char(c, '"'))
		return false;
	start = c->p;
	quote = memchr(start, '"', (size_t)(c->end - start));
	if (quote == NULL ||
	    memchr(start, '\\', (size_t)(quote - start)) != NULL)
		return false;
	*out = (struct str){ start, (size_t)(quote - start) };
	c->p = quote + 1;
	return true;
}

static bool
skip_string(struct scan *c)
{
	for (c->p++; c->p < c->end && *c->p != '"'; c->p++)
		if (*c->p == '\\')
			c->p++;
	if (c->p >= c->end)
		return false;
	c->p++;
	return true;
}

/* Any value, up to the comma or bracket behind it. */
static bool
skip_value(struct scan *c)
{
	int depth = 0;

	for (;;) {
		if (c->p >= c->end)
			return false;
		switch (*c->p) {
		case '"':
			if (!skip_string(c))
				return false;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (depth-- == 0)
				return true;
			break;
		case ',':
			if (depth == 0)
				return true;
			break;
		default:
			break;
		}
		c->p++;
	}
}

bool
json_id(struct str bytes, struct str *out)
{
	struct scan c = { bytes.p, bytes.p + bytes.n };
	struct str name;

	if (!skip_char(&c, '{'))
		return false;
	do {
		if (!scan_string(&c, &name) || !skip_char(&c, ':'))
			return false;
		if (str_eqz(name, "id"))
			return scan_string(&c, out);
		skip_space(&c);
		if (!skip_value(&c))
			return false;
	} while (skip_char(&c, ','));
	return false;
}
