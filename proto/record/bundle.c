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
	bool first;		/* FORM_LIST: nothing was read yet, */
	bool in_bundle;		/*   and more members may follow it */
	size_t bad_at;		/* where the text is broken, */
	const char *why;	/*   and how; NULL if it is not known to be */
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
start_list(struct bundle_reader *r, size_t at, bool in_bundle)
{
	r->in_bundle = in_bundle;
	r->form = FORM_LIST;
	r->first = true;
	r->at = at + 1;
}

/* Hand out the objects of a bundle; what is wrong behind them comes last. */
static void
start_bundle(struct bundle_reader *r, const struct scan_bundle *b)
{
	if (b->twice)
		reader_break(r, b->objects_at,
		    "the bundle has `objects` twice");
	else if (b->has_objects && r->text.p[b->objects_at] != '[')
		reader_break(r, b->objects_at,
		    "`objects` of the bundle: want a list");
	else if (b->has_objects)
		start_list(r, b->objects_at, true);
	else
		r->form = r->why == NULL ? FORM_END : FORM_BROKEN;
}

/* The text starts with an object: is it alone, a bundle, or one of many? */
static void
start_object(struct bundle_reader *r, size_t at)
{
	struct scan_bundle b;
	size_t bad = at, end = scan_members(r->text, at, &b, &bad);
	size_t rest;

	if (end == SCAN_BROKEN)		/* not by members: by brackets? */
		end = b.is_bundle ? end : scan_value(r->text, at);
	rest = end == SCAN_BROKEN ? end : scan_space(r->text, end);
	if (rest != r->text.n && !(b.is_bundle && end == SCAN_BROKEN) &&
	    looks_like_lines(r->text, at)) {
		r->form = FORM_LINES;
		r->at = at;
		return;
	}
	if (end == SCAN_BROKEN)
		reader_break(r, bad, "broken here: brackets do not match, "
		    "or the text ends");
	else if (rest != r->text.n)
		reader_break(r, rest, "more text after the end");
	if (b.is_bundle) {
		start_bundle(r, &b);
	} else if (r->why == NULL) {
		r->form = FORM_SINGLE;
		r->at = at;
	}
}

/* Find the form of the text. */
static void
reader_start(struct bundle_reader *r)
{
	struct str s = r->text;
	size_t at = str_starts(s, "\xef\xbb\xbf") ? 3 : 0;

	at = scan_space(s, at);
	if (at == s.n)
		return;
	if (s.p[at] == '{') {
		start_object(r, at);
	} else if (s.p[at] == '[') {
		start_list(r, at, false);
	} else if (looks_like_lines(s, at)) {
		r->form = FORM_LINES;
		r->at = at;
	} else {
		reader_break(r, at, "not JSON: want a bundle, a list, an "
		    "object, or an object on each line");
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

/* The list is at its end; is the rest of the text as it should be? */
static int
list_end(struct bundle_reader *r, size_t at, struct err *e)
{
	size_t rest = scan_space(r->text, at + 1);

	if (r->why != NULL)
		return list_fail(r, r->bad_at, r->why, e);
	if (!r->in_bundle && rest < r->text.n)
		return list_fail(r, rest, "more text after the end", e);
	r->form = FORM_END;
	return 0;
}

static int
next_in_list(struct bundle_reader *r, struct str *out, struct err *e)
{
	struct str s = r->text;
	size_t at = scan_space(s, r->at), end;

	if (at < s.n && s.p[at] == ']')
		return list_end(r, at, e);
	if (!r->first) {
		if (at == s.n || s.p[at] != ',')
			return list_fail(r, at, "want \",\" or \"]\" after "
			    "an object", e);
		at = scan_space(s, at + 1);
	}
	end = scan_value(s, at);
	if (end == SCAN_BROKEN)
		return list_fail(r, at, "no whole object here: brackets do "
		    "not match, or the text ends", e);
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
