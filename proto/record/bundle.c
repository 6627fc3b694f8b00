#include "record/bundle.h"

#include <string.h>

#include "record/bundle_scan.h"

enum form {
	FORM_END, FORM_BROKEN, FORM_SINGLE, FORM_LIST, FORM_LINES,
};

struct bundle_reader {
	struct str text;	/* borrowed */
	enum form form;
	size_t at;		/* where to go on */
	bool first;		/* FORM_LIST: nothing was read yet */
	size_t bad_at;		/* FORM_BROKEN: where, */
	const char *why;	/*   and how */
	size_t line, line_at;	/* line number of the byte line_at */
};

static void
reader_break(struct bundle_reader *r, size_t at, const char *why)
{
	r->form = FORM_BROKEN;
	r->bad_at = at < r->text.n ? at : r->text.n;
	r->why = why;
}

/* The line that byte at is on; cheap while at grows. */
static size_t
reader_line(struct bundle_reader *r, size_t at)
{
	if (at < r->line_at) {
		r->line_at = 0;
		r->line = 1;
	}
	for (; r->line_at < at; r->line_at++)
		r->line += r->text.p[r->line_at] == '\n';
	return r->line;
}

static int
reader_fail(struct bundle_reader *r, size_t at, const char *why,
    struct err *e)
{
	return err_set(e, ERR_SYNTAX, "line %zu, byte %zu: %s",
	    reader_line(r, at), at, why);
}

/* The line that starts at from, without white space round it. */
static struct str
line_get(struct str s, size_t from, size_t *out_next)
{
	const char *lf = memchr(s.p + from, '\n', s.n - from);
	size_t end = lf == NULL ? s.n : (size_t)(lf - s.p);

	*out_next = lf == NULL ? s.n : end + 1;
	while (end > from && (s.p[end - 1] == ' ' || s.p[end - 1] == '\t' ||
	    s.p[end - 1] == '\r'))
		end--;
	while (from < end && (s.p[from] == ' ' || s.p[from] == '\t' ||
	    s.p[from] == '\r'))
		from++;
	return (struct str){ s.p + from, end - from };
}

/* Why a line is not exactly one object, or NULL. */
static const char *
line_is_bad(struct str line)
{
	size_t end;

	if (line.p[0] != '{')
		return "not a JSON object: want one object on each line";
	end = scan_value(line, 0);
	if (end == SCAN_BROKEN)
		return "the object does not end on its line";
	return end == line.n ? NULL : "more text after the object";
}

/*
 * Text that is not one value: lines of objects?  They are if the first line
 * is an object by itself, or, where that one is bad, the second; a value
 * over many lines has none that starts in the first column.
 */
static bool
looks_like_lines(struct str s, size_t at)
{
	size_t next;
	struct str line = line_get(s, at, &next);

	if (line_is_bad(line) == NULL)
		return true;
	while (next < s.n) {
		at = next;
		line = line_get(s, at, &next);
		if (line.n > 0)
			return line.p == s.p + at &&
			    line_is_bad(line) == NULL;
	}
	return false;
}

static void
start_list(struct bundle_reader *r, size_t at)
{
	r->form = FORM_LIST;
	r->first = true;
	r->at = at + 1;
}

/* One object and nothing else: a bundle, or one to hand out. */
static void
start_object(struct bundle_reader *r, size_t at)
{
	struct scan_bundle b;
	size_t bad = at, end = scan_members(r->text, at, &b, &bad);

	if (!b.is_bundle) {
		r->form = FORM_SINGLE;
		r->at = at;
	} else if (end == SCAN_BROKEN) {
		reader_break(r, bad, "the bundle is broken here");
	} else if (b.twice) {
		reader_break(r, b.objects_at,
		    "the bundle has `objects` twice");
	} else if (!b.has_objects) {
		r->form = FORM_END;
	} else if (r->text.p[b.objects_at] != '[') {
		reader_break(r, b.objects_at,
		    "`objects` of the bundle: want a list");
	} else {
		start_list(r, b.objects_at);
	}
}

/* Find the form of the text. */
static void
reader_start(struct bundle_reader *r)
{
	struct str s = r->text;
	size_t at = str_starts(s, "\xef\xbb\xbf") ? 3 : 0, end, rest;

	at = scan_space(s, at);
	if (at == s.n)
		return;
	end = s.p[at] == '{' || s.p[at] == '[' ? scan_value(s, at) :
	    SCAN_BROKEN;
	rest = end == SCAN_BROKEN ? end : scan_space(s, end);
	if (rest == s.n && s.p[at] == '{') {
		start_object(r, at);
	} else if (rest == s.n) {
		start_list(r, at);
	} else if (looks_like_lines(s, at)) {
		r->form = FORM_LINES;
		r->at = at;
	} else if (s.p[at] != '{' && s.p[at] != '[') {
		reader_break(r, at, "not JSON: want a bundle, a list, an "
		    "object, or an object on each line");
	} else if (end == SCAN_BROKEN) {
		reader_break(r, at, "what starts here has no end, or its "
		    "brackets do not match");
	} else {
		reader_break(r, rest, "more text after the end");
	}
}

struct bundle_reader *
bundle_reader_new(struct str text)
{
	struct bundle_reader *r = mem_new(struct bundle_reader);

	r->text = text;
	r->line = 1;
	r->form = FORM_END;
	reader_start(r);
	return r;
}

void
bundle_reader_free(struct bundle_reader *r)
{
	free(r);
}

static int
next_single(struct bundle_reader *r, struct str *out)
{
	size_t end = scan_value(r->text, r->at);

	*out = (struct str){ r->text.p + r->at, end - r->at };
	r->form = FORM_END;
	return 1;
}

static int
list_fail(struct bundle_reader *r, size_t at, const char *why,
    struct err *e)
{
	r->form = FORM_END;
	return reader_fail(r, at, why, e);
}

static int
next_in_list(struct bundle_reader *r, struct str *out, struct err *e)
{
	struct str s = r->text;
	size_t at = scan_space(s, r->at), end;

	/* The list is known to end within the text. */
	if (s.p[at] == ']') {
		r->form = FORM_END;
		return 0;
	}
	if (!r->first) {
		if (s.p[at] != ',')
			return list_fail(r, at, "want \",\" or \"]\" after "
			    "an object", e);
		at = scan_space(s, at + 1);
	}
	end = scan_value(s, at);
	if (end == SCAN_BROKEN)
		return list_fail(r, at, "want an object", e);
	*out = (struct str){ s.p + at, end - at };
	r->first = false;
	r->at = end;
	return 1;
}

static int
next_line(struct bundle_reader *r, struct str *out, struct err *e)
{
	while (r->at < r->text.n) {
		struct str line = line_get(r->text, r->at, &r->at);
		const char *why;

		if (line.n == 0)
			continue;
		why = line_is_bad(line);
		if (why != NULL)
			return reader_fail(r, (size_t)(line.p - r->text.p),
			    why, e);
		*out = line;
		return 1;
	}
	r->form = FORM_END;
	return 0;
}

int
bundle_next(struct bundle_reader *r, struct str *out, struct err *e)
{
	switch (r->form) {
	case FORM_END:
		break;
	case FORM_BROKEN:
		r->form = FORM_END;
		return reader_fail(r, r->bad_at, r->why, e);
	case FORM_SINGLE:
		return next_single(r, out);
	case FORM_LIST:
		return next_in_list(r, out, e);
	case FORM_LINES:
		return next_line(r, out, e);
	}
	return 0;
}
