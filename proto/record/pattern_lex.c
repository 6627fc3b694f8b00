#include "record/pattern_lex.h"

#include <string.h>

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_base64(int c)
{
	return is_digit(c) || (is_letter(c) && c != '_') || c == '+' ||
	    c == '/';
}

/* The byte at i, or -1 past the end. */
static int
byte_at(const struct lexer *l, size_t i)
{
	return i < l->text.n ? (unsigned char)l->text.p[i] : -1;
}

/* Bytes of the white space character at i (any of Unicode's), or 0. */
static size_t
space_len(const struct lexer *l, size_t i)
{
	int a = byte_at(l, i), b, c;

	if (a == ' ' || (a >= '\t' && a <= '\r'))
		return 1;
	if (a < 0xc2)
		return 0;
	b = byte_at(l, i + 1);
	c = byte_at(l, i + 2);
	if (a == 0xc2 && (b == 0x85 || b == 0xa0))
		return 2;
	if ((a == 0xe1 && b == 0x9a && c == 0x80) ||	/* U+1680 */
	    (a == 0xe2 && b == 0x80 && ((c >= 0x80 && c <= 0x8a) ||
	    c == 0xa8 || c == 0xa9 || c == 0xaf)) ||	/* U+2000 ... */
	    (a == 0xe2 && b == 0x81 && c == 0x9f) ||	/* U+205F */
	    (a == 0xe3 && b == 0x80 && c == 0x80))	/* U+3000 */
		return 3;
	return 0;
}

/* Skip a comment at l->at; false if it does not end. */
static bool
skip_comment(struct lexer *l)
{
	const char *end;

	if (byte_at(l, l->at + 1) == '/') {
		while (l->at < l->text.n && byte_at(l, l->at) != '\n' &&
		    byte_at(l, l->at) != '\r')
			l->at++;
		return true;
	}
	end = memmem(l->text.p + l->at + 2, l->text.n - l->at - 2, "*/", 2);
	if (end == NULL)
		return false;
	l->at = (size_t)(end - l->text.p) + 2;
	return true;
}

/* Skip white space and comments; false if a comment does not end. */
static bool
skip_blank(struct lexer *l)
{
	size_t n;
	int next;

	for (;;) {
		while ((n = space_len(l, l->at)) > 0)
			l->at += n;
		if (byte_at(l, l->at) != '/')
			return true;
		next = byte_at(l, l->at + 1);
		if (next != '/' && next != '*')
			return true;
		if (!skip_comment(l))
			return false;
	}
}

static const struct {
	const char *name;
	enum token_kind kind;
} words[] = {
	{ "AND", TOKEN_AND }, { "OR", TOKEN_OR }, { "NOT", TOKEN_NOT },
	{ "FOLLOWEDBY", TOKEN_FOLLOWEDBY }, { "LIKE", TOKEN_LIKE },
	{ "MATCHES", TOKEN_MATCHES }, { "ISSUBSET", TOKEN_ISSUBSET },
	{ "ISSUPERSET", TOKEN_ISSUPERSET }, { "EXISTS", TOKEN_EXISTS },
	{ "IN", TOKEN_IN }, { "START", TOKEN_START }, { "STOP", TOKEN_STOP },
	{ "WITHIN", TOKEN_WITHIN }, { "SECONDS", TOKEN_SECONDS },
	{ "REPEATS", TOKEN_REPEATS }, { "TIMES", TOKEN_TIMES },
	{ "true", TOKEN_TRUE }, { "false", TOKEN_FALSE },
};

static void
lex_word(struct lexer *l, struct token *t)
{
	size_t i = l->at;
	bool hyphen = false;

	while (is_letter(byte_at(l, i)) || is_digit(byte_at(l, i)) ||
	    byte_at(l, i) == '-') {
		hyphen = hyphen || byte_at(l, i) == '-';
		i++;
	}
	t->text = (struct str){ l->text.p + l->at, i - l->at };
	t->kind = hyphen ? TOKEN_TYPE_NAME : TOKEN_NAME;
	l->at = i;
	/* Most names start with another letter than any reserved word. */
	if (hyphen || (memchr("AEFILMNORSTWtf", t->text.p[0], 14) == NULL))
		return;
	for (i = 0; i < NELEM(words); i++)
		if (str_eqz(t->text, words[i].name))
			t->kind = words[i].kind;
}

static void
lex_bad(struct token *t, size_t at, const char *why)
{
	t->kind = TOKEN_BAD;
	t->at = at;
	t->why = why;
}

/* A quoted string; l->at is after the opening quote. */
static void
lex_string(struct lexer *l, struct token *t)
{
	size_t i = l->at;
	int c;

	while ((c = byte_at(l, i)) != '\'') {
		if (c < 0) {
			lex_bad(t, t->at, "this string does not end");
			return;
		}
		if (c == '\\') {
			t->escaped = true;
			c = byte_at(l, ++i);
			if (c != '\'' && c != '\\') {
				lex_bad(t, i - 1, "after a backslash only a "
				    "quote or a backslash may stand");
				return;
			}
		}
		i++;
	}
	t->kind = TOKEN_STRING;
	t->text = (struct str){ l->text.p + l->at, i - l->at };
	l->at = i + 1;
}

/* "YYYY-MM-DDTHH:MM:SS[.s+]Z", each number in its range; any month's 31st. */
static bool
is_timestamp(struct str s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	const char *p = s.p;
	size_t n = sizeof(form) - 1, i;
	int mo, d, h, mi, se;

	if (s.n < n + 1)
		return false;
	for (i = 0; i < n; i++)
		if (form[i] == 'd' ? !is_digit(p[i]) : p[i] != form[i])
			return false;
#define TWO(at) ((p[at] - '0') * 10 + p[(at) + 1] - '0')
	mo = TWO(5);
	d = TWO(8);
	h = TWO(11);
	mi = TWO(14);
	se = TWO(17);
#undef TWO
	if (p[n] == '.') {
		for (i = n + 1; i < s.n && is_digit(p[i]); i++)
			;
		if (i == n + 1)
			return false;
		n = i;
	}
	return n + 1 == s.n && p[n] == 'Z' && mo >= 1 && mo <= 12 &&
	    d >= 1 && d <= 31 && h <= 23 && mi <= 59 && se <= 60;
}

static bool
is_hex_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_hex((unsigned char)s.p[i]))
			return false;
	return s.n % 2 == 0;
}

static bool
is_base64_text(struct str s)
{
	size_t n = s.n;

	if (n == 0 || n % 4 != 0)
		return false;
	if (s.p[n - 1] == '=')
		n--;
	if (s.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		if (!is_base64((unsigned char)s.p[i]))
			return false;
	return true;
}

/* t'...', h'...' or b'...'; l->at is at the letter. */
static void
lex_typed(struct lexer *l, struct token *t)
{
	int letter = byte_at(l, l->at);

	l->at += 2;
	lex_string(l, t);
	if (t->kind == TOKEN_BAD)
		return;
	if (letter == 't' && is_timestamp(t->text))
		t->kind = TOKEN_TIMESTAMP;
	else if (letter == 'h' && is_hex_text(t->text))
		t->kind = TOKEN_HEX;
	else if (letter == 'b' && is_base64_text(t->text))
		t->kind = TOKEN_BINARY;
	else
		lex_bad(t, t->at, letter == 't' ? "not a timestamp" :
		    letter == 'h' ? "not hexadecimal digits in pairs" :
		    "not base64");
}

/* [+-] digits [ "." digits ], no leading zeros before the point. */
static void
lex_number(struct lexer *l, struct token *t)
{
	size_t i = l->at, whole, n;

	if (byte_at(l, i) == '+' || byte_at(l, i) == '-')
		i++;
	for (whole = i; is_digit(byte_at(l, i)); i++)
		;
	n = i - whole;
	t->kind = TOKEN_INTEGER;
	if (byte_at(l, i) == '.' && is_digit(byte_at(l, i + 1))) {
		t->kind = TOKEN_FLOAT;
		while (is_digit(byte_at(l, ++i)))
			;
	} else if (n == 0 || (n > 1 && byte_at(l, whole) == '0')) {
		lex_bad(t, l->at, "not a number");
		return;
	}
	t->text = (struct str){ l->text.p + l->at, i - l->at };
	l->at = i;
	if (is_letter(byte_at(l, i)))
		lex_bad(t, t->at, "not a number");
}

static void
lex_sign(struct lexer *l, struct token *t)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} signs[] = {
		{ "==", TOKEN_EQUAL }, { "=", TOKEN_EQUAL },
		{ "!=", TOKEN_NOT_EQUAL }, { "<>", TOKEN_NOT_EQUAL },
		{ "<=", TOKEN_ORDER }, { ">=", TOKEN_ORDER },
		{ "<", TOKEN_ORDER }, { ">", TOKEN_ORDER },
		{ ":", TOKEN_COLON }, { ".", TOKEN_DOT },
		{ ",", TOKEN_COMMA }, { "*", TOKEN_STAR },
		{ "(", TOKEN_OPEN }, { ")", TOKEN_CLOSE },
		{ "[", TOKEN_OPEN_BRACKET }, { "]", TOKEN_CLOSE_BRACKET },
	};
	struct str rest = { l->text.p + l->at, l->text.n - l->at };

	for (size_t i = 0; i < NELEM(signs); i++)
		if (str_starts(rest, signs[i].text)) {
			t->kind = signs[i].kind;
			t->text = (struct str){ rest.p,
			    strlen(signs[i].text) };
			l->at += t->text.n;
			return;
		}
	lex_bad(t, l->at, "character without meaning here");
}

void
lexer_next(struct lexer *l, struct token *out)
{
	int c, next;

	*out = (struct token){ .kind = TOKEN_END };
	if (!skip_blank(l)) {
		lex_bad(out, l->at, "this comment does not end");
		return;
	}
	out->at = l->at;
	c = byte_at(l, l->at);
	next = byte_at(l, l->at + 1);
	if (c < 0)
		return;
	if (next == '\'' && (c == 't' || c == 'h' || c == 'b')) {
		lex_typed(l, out);
	} else if (is_letter(c)) {
		lex_word(l, out);
	} else if (c == '\'') {
		l->at++;
		lex_string(l, out);
	} else if (is_digit(c) || c == '-' || c == '+' ||
	    (c == '.' && is_digit(next))) {
		lex_number(l, out);
	} else {
		lex_sign(l, out);
	}
}
