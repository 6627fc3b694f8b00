/*
 * The words of a STIX pattern.  Private to pattern.c.
 */
#ifndef RECORD_PATTERN_LEX_H
#define RECORD_PATTERN_LEX_H

#include "base/str.h"

enum token_kind {
	TOKEN_END, TOKEN_BAD,
	/* Words: names first, then the reserved ones. */
	TOKEN_NAME,		/* [A-Za-z_][A-Za-z0-9_]* */
	TOKEN_TYPE_NAME,	/* the same with a hyphen in it */
	TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_FOLLOWEDBY, TOKEN_LIKE,
	TOKEN_MATCHES, TOKEN_ISSUBSET, TOKEN_ISSUPERSET, TOKEN_EXISTS,
	TOKEN_IN, TOKEN_START, TOKEN_STOP, TOKEN_WITHIN, TOKEN_SECONDS,
	TOKEN_REPEATS, TOKEN_TIMES,
	/* Constants. */
	TOKEN_TRUE, TOKEN_FALSE, TOKEN_STRING, TOKEN_INTEGER, TOKEN_FLOAT,
	TOKEN_TIMESTAMP, TOKEN_HEX, TOKEN_BINARY,
	/* Signs. */
	TOKEN_EQUAL, TOKEN_NOT_EQUAL, TOKEN_ORDER, TOKEN_COLON, TOKEN_DOT,
	TOKEN_COMMA, TOKEN_STAR, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
};

struct token {
	enum token_kind kind;
	size_t at;		/* byte of its first character */
	struct str text;	/* quotes and the letter before them cut off */
	bool escaped;		/* a string with a backslash in it */
	const char *why;	/* TOKEN_BAD */
};

/* Where to read on. */
struct lexer {
	struct str text;	/* borrowed */
	size_t at;
};

/* lexer_next(l, out): the next token. */
void lexer_next(struct lexer *l, struct token *out);

#endif
