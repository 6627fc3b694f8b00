#include "config/yaml_text.h"

#include "base/limits.h"

#include <string.h>

/* Where the check is in the file: everything counted from 1. */
struct place {
	const char *file;	/* borrowed */
	unsigned line, column;
	bool indent;		/* only blanks on this line so far */
};

static int
refuse(const struct place *at, struct err *e, const char *what)
{
	return err_set(e, ERR_CONF, "%s:%u:%u: %s", at->file, at->line,
	    at->column, what);
}

/* Bytes of the character that starts at p, of n left; 0 if not UTF-8. */
static size_t
char_bytes(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len > n || !str_is_utf8((struct str){ (const char *)p, len }))
		return 0;
	return len;
}

/* The code point of a valid sequence of len bytes. */
static uint32_t
char_code(const unsigned char *p, size_t len)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = p[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* What is wrong with character c, which next follows; or NULL. */
static const char *
char_fault(uint32_t c, int next, bool indent)
{
	if (c == '\t' && indent)
		return "a tab in the indentation; use spaces";
	if (c == '\r' && next != '\n')
		return "a carriage return alone; end lines with LF or CR LF";
	if (c == 0)
		return "a NUL byte; want a text file in UTF-8";
	if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f ||
	    (c > 0x7f && c < 0xa0 && c != 0x85))
		return "a control character; remove it";
	/* YAML 1.1 5.4 takes these for line ends; editors do not. */
	if (c == 0x85 || c == 0x2028 || c == 0x2029)
		return "an invisible line end; end lines with LF or CR LF";
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return "an invisible mark that reorders text; remove it";
	if (c == 0xfeff)
		return "a byte order mark inside the file; remove it";
	if (c == 0xfffe || c == 0xffff)
		return "not a character; remove it";
	return NULL;
}

static void
place_advance(struct place *at, uint32_t c)
{
	if (c == '\n') {
		at->line++;
		at->column = 1;
		at->indent = true;
		return;
	}
	at->column++;
	if (c != ' ')
		at->indent = false;
}

int
yaml_text_check(const char *file, struct str text, struct err *e)
{
	struct place at = { file, 1, 1, true };
	const unsigned char *p = (const unsigned char *)text.p;

	if (text.n > YAML_BYTES_MAX)
		return err_set(e, ERR_CONF,
		    "%s:1:1: the file has %zu bytes; the limit is %d MiB",
		    file, text.n, YAML_BYTES_MAX >> 20);
	for (size_t i = 0, len; i < text.n; i += len) {
		const char *fault;
		uint32_t c;

		len = char_bytes(p + i, text.n - i);
		if (len == 0)
			return refuse(&at, e,
			    "bytes that are not UTF-8; save the file as UTF-8");
		c = char_code(p + i, len);
		fault = char_fault(c, i + 1 < text.n ? p[i + 1] : -1,
		    at.indent);
		if (fault != NULL)
			return refuse(&at, e, fault);
		place_advance(&at, c);
	}
	return 0;
}

/* Blanks at the start of s. */
static size_t
blanks(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == ' ')
		n++;
	return n;
}

/* Is there nothing at s but an end of line (or of the text)? */
static bool
is_line_end(struct str s)
{
	return s.n == 0 || s.p[0] == '\n' || s.p[0] == '\r';
}

/* What follows the first line of s; false if there is no other line. */
static bool
next_line(struct str *s)
{
	const char *end = s->n == 0 ? NULL : memchr(s->p, '\n', s->n);

	if (end == NULL)
		return false;
	s->n -= (size_t)(end + 1 - s->p);
	s->p = end + 1;
	return true;
}

const char *
yaml_text_quoted_fault(struct str s, int indent)
{
	while (next_line(&s)) {
		size_t n = blanks(s);

		if (is_line_end((struct str){ s.p + n, s.n - n }))
			continue;
		if ((int)n <= indent)
			return "a text in quotes whose next line is not "
			    "indented; indent it deeper than the key";
	}
	return NULL;
}

const char *
yaml_text_block_fault(struct str rest, int indent)
{
	size_t widest = 0, n = 1;

	while (n < rest.n && rest.p[n] != '\0' &&
	    strchr("+-0123456789", rest.p[n]) != NULL)
		n++;
	if (n < rest.n && rest.p[n] == '#')
		return "a comment directly after \"|\" or \">\"; want a blank "
		    "before \"#\"";
	/* An indentation that is stated needs no guess. */
	for (size_t i = 1; i < n; i++)
		if (rest.p[i] >= '0' && rest.p[i] <= '9')
			return NULL;
	while (next_line(&rest)) {
		n = blanks(rest);
		if (!is_line_end((struct str){ rest.p + n, rest.n - n })) {
			if ((int)n > indent && widest > n)
				return "a block of text that begins with a "
				    "wider empty line; empty that line";
			break;
		}
		widest = n > widest ? n : widest;
	}
	return NULL;
}
