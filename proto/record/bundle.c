#include "record/bundle.h"

#include <string.h>

#include "base/mem.h"

#define CONTAINER_DEPTH_MAX 64	/* of what is skipped over */

enum form { FORM_LIST, FORM_LINES, FORM_ONE, FORM_DONE };

struct bundle_reader {
	struct str text;
	size_t at;
	size_t line;		/* FORM_LINES: of `at`, from 1 */
	enum form form;
	bool first;		/* FORM_LIST: no comma is due yet */
	const char *broken;	/* the container could not be read at all */
};

static void
skip_blank(struct bundle_reader *r)
{
	while (r->at < r->text.n && r->text.p[r->at] != '\0' &&
	    strchr(" \t\r\n", r->text.p[r->at]) != NULL)
		r->at++;
}

/* Past a string that starts at `at`; false if it does not end. */
static bool
skip_string(struct bundle_reader *r)
{
	r->at++;
	while (r->at < r->text.n && r->text.p[r->at] != '"')
		r->at += r->text.p[r->at] == '\\' ? 2 : 1;
	if (r->at >= r->text.n)
		return false;
	r->at++;
	return true;
}

/* Past one value of any kind, by counting brackets; false if it is cut. */
static bool
skip_value(struct bundle_reader *r)
{
	size_t depth = 0, from = r->at;

	while (r->at < r->text.n) {
		char c = r->text.p[r->at];

		if (c == '"') {
			if (!skip_string(r))
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
			r->at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return r->at > from;
			depth--;
			r->at++;
		} else if (depth == 0 && (c == ',' || c == '\n')) {
			return r->at > from;
		} else {
			r->at++;
			if (depth > 0 || strchr(" \t\r", c) != NULL)
				continue;
			continue;
		}
		if (depth == 0 && r->text.p[r->at - 1] != ':')
			return true;
	}
	return depth == 0 && r->at > from;
}

/* Is the text at `at` the member `name` with its colon?  Then go past it. */
static bool
at_member(struct bundle_reader *r, const char *name)
{
	size_t n = strlen(name), from = r->at;

	if (r->text.n - r->at < n + 2 || r->text.p[r->at] != '"' ||
	    memcmp(r->text.p + r->at + 1, name, n) != 0 ||
	    r->text.p[r->at + 1 + n] != '"')
		return false;
	r->at += n + 2;
	skip_blank(r);
	if (r->at < r->text.n && r->text.p[r->at] == ':') {
		r->at++;
		skip_blank(r);
		return true;
	}
	r->at = from;
	return false;
}

/* What a walk over the members of the first object found. */
struct found {
	bool whole, bundle, objects;
	size_t end;		/* behind the object */
	size_t list;		/* of `objects`: behind its bracket */
};

/* Past the name and colon of a member; false if there is none. */
static bool
skip_name(struct bundle_reader *r)
{
	if (r->at >= r->text.n || r->text.p[r->at] != '"' ||
	    !skip_string(r))
		return false;
	skip_blank(r);
	if (r->at >= r->text.n || r->text.p[r->at] != ':')
		return false;
	r->at++;
	skip_blank(r);
	return true;
}

static bool
walk_member(struct bundle_reader *r, struct found *f)
{
	if (at_member(r, "objects")) {
		f->objects = r->at < r->text.n && r->text.p[r->at] == '[';
		f->list = r->at + 1;
	} else if (at_member(r, "type")) {
		f->bundle = r->text.n - r->at >= 8 &&
		    memcmp(r->text.p + r->at, "\"bundle\"", 8) == 0;
	} else if (!skip_name(r)) {
		return false;
	}
	return skip_value(r);
}

/* Walk the first object: is it a bundle, and where are its objects? */
static void
walk_object(struct bundle_reader *r, struct found *f)
{
	*f = (struct found){ .whole = false };
	r->at++;
	skip_blank(r);
	while (r->at < r->text.n && r->text.p[r->at] != '}') {
		if (!walk_member(r, f))
			return;
		skip_blank(r);
		if (r->at < r->text.n && r->text.p[r->at] == ',') {
			r->at++;
			skip_blank(r);
		}
	}
	if (r->at >= r->text.n)
		return;
	f->end = ++r->at;
	f->whole = true;
}

/* One object on a line of its own, or more after it: JSON lines. */
static bool
is_lines(struct bundle_reader *r, const struct found *f, size_t start)
{
	if (!f->whole) {	/* the first line may be the broken one */
		const char *lf = memchr(r->text.p + start, '\n',
		    r->text.n - start);

		return lf != NULL && lf + 1 < r->text.p + r->text.n &&
		    lf[1] == '{';
	}
	r->at = f->end;
	skip_blank(r);
	return r->at < r->text.n;
}

static void
find_form(struct bundle_reader *r)
{
	struct found f = { .whole = false };
	size_t start;

	if (str_starts(r->text, "\xef\xbb\xbf"))
		r->at = 3;
	skip_blank(r);
	start = r->at;
	r->first = true;
	if (r->at >= r->text.n) {
		r->form = FORM_DONE;
		return;
	}
	if (r->text.p[r->at] == '[') {
		r->form = FORM_LIST;
		r->at++;
		return;
	}
	if (r->text.p[r->at] == '{')
		walk_object(r, &f);
	if (f.whole && is_lines(r, &f, start)) {
		r->form = FORM_LINES;
		r->at = start;
	} else if (f.whole && f.bundle) {
		r->form = f.objects ? FORM_LIST : FORM_DONE;
		r->at = f.list;
	} else if (!f.whole && f.bundle && f.objects) {
		r->form = FORM_LIST;	/* cut: what is there is read */
		r->at = f.list;
	} else if (!f.whole && is_lines(r, &f, start)) {
		r->form = FORM_LINES;
		r->at = start;
	} else {
		r->form = FORM_ONE;
		r->at = start;
	}
}

struct bundle_reader *
bundle_reader_new(struct str text)
{
	struct bundle_reader *r = mem_new(struct bundle_reader);

	r->text = text;
	r->line = 1;
	find_form(r);
	return r;
}

void
bundle_reader_free(struct bundle_reader *r)
{
	free(r);
}

static int
broken(struct bundle_reader *r, struct err *e, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < r->at && i < r->text.n; i++)
		line += r->text.p[i] == '\n';
	if (r->form != FORM_LINES)
		r->form = FORM_DONE;
	return err_set(e, ERR_SYNTAX, "line %zu, byte %zu: %s", line,
	    r->at < r->text.n ? r->at : r->text.n, what);
}

static int
next_item(struct bundle_reader *r, struct str *out, struct err *e)
{
	size_t from;

	skip_blank(r);
	if (r->at < r->text.n && r->text.p[r->at] == ']') {
		r->form = FORM_DONE;
		return 0;
	}
	if (!r->first) {
		if (r->at >= r->text.n || r->text.p[r->at] != ',')
			return broken(r, e, "the list of objects is cut or "
			    "lacks a comma");
		r->at++;
		skip_blank(r);
	}
	r->first = false;
	from = r->at;
	if (r->at >= r->text.n || r->text.p[r->at] != '{' || !skip_value(r))
		return broken(r, e, "the list of objects holds something "
		    "that is not a whole object");
	*out = (struct str){ r->text.p + from, r->at - from };
	return 1;
}

static int
next_line(struct bundle_reader *r, struct str *out, struct err *e)
{
	while (r->at < r->text.n) {
		const char *p = r->text.p + r->at;
		const char *lf = memchr(p, '\n', r->text.n - r->at);
		size_t n = lf == NULL ? r->text.n - r->at : (size_t)(lf - p);
		struct str line = { p, n };

		while (line.n > 0 && line.p[0] != '\0' &&
		    strchr(" \t\r", line.p[0]) != NULL) {
			line.p++;
			line.n--;
		}
		while (line.n > 0 && line.p[line.n - 1] != '\0' &&
		    strchr(" \t\r", line.p[line.n - 1]) != NULL)
			line.n--;
		if (line.n > 0 && line.p[0] != '{') {
			int rc = broken(r, e, "not an object");

			r->at += n + 1;
			return rc;
		}
		r->at += n + 1;
		if (line.n > 0) {
			*out = line;
			return 1;
		}
	}
	return 0;
}

static int
next_one(struct bundle_reader *r, struct str *out, struct err *e)
{
	size_t from = r->at;

	if (r->text.p[r->at] != '{' || !skip_value(r))
		return broken(r, e, "not a whole JSON object");
	*out = (struct str){ r->text.p + from, r->at - from };
	skip_blank(r);
	if (r->at < r->text.n)
		return broken(r, e, "something follows the object");
	r->form = FORM_DONE;
	return 1;
}

int
bundle_next(struct bundle_reader *r, struct str *out, struct err *e)
{
	switch (r->form) {
	case FORM_LIST:
		return next_item(r, out, e);
	case FORM_LINES:
		return next_line(r, out, e);
	case FORM_ONE:
		return next_one(r, out, e);
	default:
		return 0;
	}
}
