/*
 * One function a level of the grammar, one token of look-ahead.  The only
 * recursion is through parentheses, and its depth is bounded.  A level
 * learns what its operands mean for a full match by how many there were:
 * the terms of one range are marked when the range is complete.
 */
#include "record/pattern.h"

#include <string.h>

#include "record/pattern_lex.h"

/* A path longer than this is none we know a meaning for. */
#define PATH_BYTES_MAX 256

struct path {
	struct str type;	/* borrowed from the text */
	char text[PATH_BYTES_MAX];
	size_t n;
	bool long_;
};

struct parser {
	struct lexer lexer;
	struct token t;		/* the token looked at */
	struct arena *arena;	/* borrowed */
	struct pattern *out;	/* borrowed */
	size_t cap;		/* of out->terms */
	unsigned depth;
};

/* What the operand just read speaks about. */
struct types {
	struct str type;
	bool mixed;		/* of several object types */
};

static int parse_pattern(struct parser *p);
static int parse_comparisons(struct parser *p, struct types *out);

static void
advance(struct parser *p)
{
	lexer_next(&p->lexer, &p->t);
}

static int
wanted(struct parser *p, const char *why)
{
	p->out->at = p->t.at;
	p->out->why = p->t.kind == TOKEN_BAD ? p->t.why : why;
	return ERR_SYNTAX;
}

static bool
accept_token(struct parser *p, enum token_kind kind)
{
	if (p->t.kind != kind)
		return false;
	advance(p);
	return true;
}

static int
expect_token(struct parser *p, enum token_kind kind, const char *why)
{
	return accept_token(p, kind) ? 0 : wanted(p, why);
}

/* The terms from `start` on are components only. */
static void
mark_parts(struct parser *p, size_t start)
{
	for (size_t i = start; i < p->out->n; i++)
		p->out->terms[i].part = OBSERVABLE_PART_OF;
}

/* The terms from `start` on are alternatives, but for components. */
static void
mark_alternatives(struct parser *p, size_t start)
{
	for (size_t i = start; i < p->out->n; i++)
		if (p->out->terms[i].part == OBSERVABLE_SOLE)
			p->out->terms[i].part = OBSERVABLE_ANY_OF;
}

static void
path_add(struct path *path, const char *s, size_t n)
{
	if (n > sizeof(path->text) - path->n) {
		path->long_ = true;
		return;
	}
	memcpy(path->text + path->n, s, n);
	path->n += n;
}

/* A quoted step: its own escapes resolved, our separators escaped. */
static void
path_add_quoted(struct path *path, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		if (strchr(".[]:\\", s.p[i]) != NULL)
			path_add(path, "\\", 1);
		path_add(path, s.p + i, 1);
	}
}

static int
parse_step(struct parser *p, struct path *path)
{
	if (p->t.kind == TOKEN_NAME)
		path_add(path, p->t.text.p, p->t.text.n);
	else if (p->t.kind == TOKEN_STRING)
		path_add_quoted(path, p->t.text);
	else
		return wanted(p, p->t.kind == TOKEN_TYPE_NAME ?
		    "a property name with a hyphen must be quoted" :
		    "want a property name");
	advance(p);
	return 0;
}

/* path = type ":" step *( "." step / "[" ( int / "*" ) "]" ) */
static int
parse_path(struct parser *p, struct path *path)
{
	path->n = 0;
	path->long_ = false;
	if (p->t.kind != TOKEN_NAME && p->t.kind != TOKEN_TYPE_NAME)
		return wanted(p, "want a comparison: type:property");
	path->type = p->t.text;
	path_add(path, p->t.text.p, p->t.text.n);
	advance(p);
	TRY(expect_token(p, TOKEN_COLON, "want \":\" after the object type"));
	path_add(path, ":", 1);
	TRY(parse_step(p, path));
	for (;;) {
		if (accept_token(p, TOKEN_DOT)) {
			path_add(path, ".", 1);
			TRY(parse_step(p, path));
		} else if (accept_token(p, TOKEN_OPEN_BRACKET)) {
			if (p->t.kind != TOKEN_INTEGER &&
			    p->t.kind != TOKEN_STAR)
				return wanted(p, "want a list index or *");
			path_add(path, "[", 1);
			path_add(path, p->t.text.p, p->t.text.n);
			path_add(path, "]", 1);
			advance(p);
			TRY(expect_token(p, TOKEN_CLOSE_BRACKET,
			    "want \"]\" after the list index"));
		} else {
			return 0;
		}
	}
}

/* Room for one more term. */
static int
terms_reserve(struct parser *p)
{
	size_t cap = p->cap == 0 ? 4 : 2 * p->cap;
	struct pattern_term *v;

	if (p->out->n < p->cap)
		return 0;
	if (p->cap == PATTERN_TERMS_MAX)
		return wanted(p, "too many comparisons");
	v = arena_alloc(p->arena, cap * sizeof(*v));
	if (v == NULL)
		return ERR_LIMIT;
	if (p->out->n > 0)
		memcpy(v, p->out->terms, p->out->n * sizeof(*v));
	p->out->terms = v;
	p->cap = cap;
	return 0;
}

/* The text of a string constant without its escapes. */
static int
unescape(struct parser *p, struct str s, struct str *out)
{
	char *d = arena_alloc(p->arena, s.n);
	size_t n = 0;

	if (d == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		d[n++] = s.p[i];
	}
	*out = (struct str){ d, n };
	return 0;
}

static const enum pattern_value value_kinds[] = {
	[TOKEN_TRUE] = PATTERN_BOOLEAN, [TOKEN_FALSE] = PATTERN_BOOLEAN,
	[TOKEN_STRING] = PATTERN_STRING, [TOKEN_INTEGER] = PATTERN_INTEGER,
	[TOKEN_FLOAT] = PATTERN_FLOAT, [TOKEN_TIMESTAMP] = PATTERN_TIMESTAMP,
	[TOKEN_HEX] = PATTERN_HEX, [TOKEN_BINARY] = PATTERN_BINARY,
};

static bool
is_constant(enum token_kind kind)
{
	return kind >= TOKEN_TRUE && kind <= TOKEN_BINARY;
}

/*
 * Read a constant and, if keep is set, keep it as a term of that path.
 * *path_text is made on first use and shared by the members of a set.
 */
static int
parse_constant(struct parser *p, const struct path *path,
    struct pattern_term *like)
{
	if (!is_constant(p->t.kind))
		return wanted(p, "want a constant");
	if (path != NULL && !path->long_) {
		TRY(terms_reserve(p));
		if (like->path.p == NULL) {
			like->path.p = arena_dup(p->arena, path->text,
			    path->n);
			like->path.n = path->n;
		}
		if (like->path.p == NULL)
			return ERR_LIMIT;
		like->value = p->t.text;
		like->kind = value_kinds[p->t.kind];
		if (p->t.escaped)
			TRY(unescape(p, p->t.text, &like->value));
		p->out->terms[p->out->n++] = *like;
	}
	advance(p);
	return 0;
}

/*
 * "IN" "(" [ const *( "," const ) ] ")"; path is NULL if nothing is kept.
 * The reference grammar knows the empty set, which holds nothing.
 */
static int
parse_set(struct parser *p, const struct path *path)
{
	struct pattern_term like = { .part = OBSERVABLE_SOLE };
	size_t start = p->out->n, members = 0;

	advance(p);
	TRY(expect_token(p, TOKEN_OPEN, "want \"(\" after IN"));
	if (accept_token(p, TOKEN_CLOSE))
		return 0;
	do {
		TRY(parse_constant(p, path, &like));
		members++;
	} while (accept_token(p, TOKEN_COMMA));
	if (members > 1)
		mark_alternatives(p, start);
	return expect_token(p, TOKEN_CLOSE, "want \",\" or \")\"");
}

/* [ "NOT" ] op const, or a set; what is kept names a value. */
static int
parse_test(struct parser *p, const struct path *path)
{
	struct pattern_term like = { .part = OBSERVABLE_SOLE };
	bool not = accept_token(p, TOKEN_NOT);

	switch (p->t.kind) {
	case TOKEN_EQUAL:
		advance(p);
		return parse_constant(p, not ? NULL : path, &like);
	case TOKEN_NOT_EQUAL:
		advance(p);
		return parse_constant(p, NULL, NULL);
	case TOKEN_ORDER:
		advance(p);
		if (p->t.kind == TOKEN_TRUE || p->t.kind == TOKEN_FALSE)
			return wanted(p, "true and false have no order");
		return parse_constant(p, NULL, NULL);
	case TOKEN_IN:
		return parse_set(p, not ? NULL : path);
	case TOKEN_ISSUBSET:
	case TOKEN_ISSUPERSET:
	case TOKEN_LIKE:
	case TOKEN_MATCHES:
		like.subset = p->t.kind == TOKEN_ISSUBSET;
		advance(p);
		if (p->t.kind != TOKEN_STRING)
			return wanted(p, "want a string in quotes");
		return parse_constant(p, like.subset && !not ? path : NULL,
		    &like);
	default:
		return wanted(p, "want a comparison operator");
	}
}

/* One level of parentheses down; every one taken is given back. */
static int
descend(struct parser *p)
{
	if (p->depth == PATTERN_DEPTH_MAX)
		return wanted(p, "parentheses nested too deep");
	p->depth++;
	advance(p);
	return 0;
}

static int
ascend(struct parser *p)
{
	p->depth--;
	return expect_token(p, TOKEN_CLOSE, "want \")\"");
}

/* cmp = "(" cmp-or ")" / [ "NOT" ] "EXISTS" path / path test */
static int
parse_comparison(struct parser *p, struct types *out)
{
	struct path path;

	if (p->t.kind == TOKEN_OPEN) {
		TRY(descend(p));
		TRY(parse_comparisons(p, out));
		return ascend(p);
	}
	if (p->t.kind == TOKEN_NOT || p->t.kind == TOKEN_EXISTS) {
		(void)accept_token(p, TOKEN_NOT);
		TRY(expect_token(p, TOKEN_EXISTS, "want EXISTS after NOT"));
		TRY(parse_path(p, &path));
	} else {
		TRY(parse_path(p, &path));
		TRY(parse_test(p, &path));
	}
	*out = (struct types){ .type = path.type };
	return 0;
}

static bool
types_differ(const struct types *a, const struct types *b)
{
	return a->mixed || b->mixed || !str_eq(a->type, b->type);
}

/* cmp-and = cmp *( "AND" cmp ) */
static int
parse_conjunction(struct parser *p, struct types *out)
{
	size_t start = p->out->n, operands = 1, at;
	struct types next;

	TRY(parse_comparison(p, out));
	for (at = p->t.at; accept_token(p, TOKEN_AND); at = p->t.at) {
		TRY(parse_comparison(p, &next));
		operands++;
		/* STIX 2.1 section 9.5: one object has one type. */
		if (types_differ(out, &next)) {
			p->out->at = at;
			p->out->why = "AND between different object types "
			    "inside one [...]";
			return ERR_SYNTAX;
		}
	}
	if (operands > 1)
		mark_parts(p, start);
	return 0;
}

/* cmp-or = cmp-and *( "OR" cmp-and ) */
static int
parse_comparisons(struct parser *p, struct types *out)
{
	size_t start = p->out->n, operands = 1;
	struct types next;

	TRY(parse_conjunction(p, out));
	while (accept_token(p, TOKEN_OR)) {
		TRY(parse_conjunction(p, &next));
		operands++;
		out->mixed = types_differ(out, &next);
	}
	if (operands > 1)
		mark_alternatives(p, start);
	return 0;
}

/* A timestamp; STIX 2.0 wrote it as a plain string. */
static int
parse_moment(struct parser *p)
{
	struct lexer l;
	struct token t;

	if (p->t.kind == TOKEN_STRING) {
		/* Read it again as if the t stood before the quote. */
		char text[64] = "t'";

		if (p->t.text.n + 4 > sizeof(text))
			return wanted(p, "want a timestamp");
		memcpy(text + 2, p->t.text.p, p->t.text.n);
		text[p->t.text.n + 2] = '\'';
		l = (struct lexer){ { text, p->t.text.n + 3 }, 0 };
		lexer_next(&l, &t);
		if (t.kind == TOKEN_TIMESTAMP)
			p->t.kind = TOKEN_TIMESTAMP;
	}
	return expect_token(p, TOKEN_TIMESTAMP, "want a timestamp");
}

static bool
is_positive_number(const struct token *t, bool fraction)
{
	return (t->kind == TOKEN_INTEGER ||
	    (fraction && t->kind == TOKEN_FLOAT)) && t->text.p[0] != '-';
}

static bool
is_one(struct str s)
{
	return str_eqz(s, "1") || str_eqz(s, "+1");
}

/*
 * *( "REPEATS" int "TIMES" / "WITHIN" number "SECONDS" / "START" ts "STOP"
 * ts ), at most one of each; `start` is the first term they qualify.
 */
static int
parse_qualifiers(struct parser *p, size_t start)
{
	enum { REPEATS = 1, WITHIN = 2, START = 4 } seen = 0, this;

	for (;;) {
		switch (p->t.kind) {
		case TOKEN_REPEATS:
			this = REPEATS;
			break;
		case TOKEN_WITHIN:
			this = WITHIN;
			break;
		case TOKEN_START:
			this = START;
			break;
		default:
			return 0;
		}
		/* STIX 2.1 section 9.4: not two of one kind. */
		if (seen & this)
			return wanted(p, "this qualifier is there already");
		seen |= this;
		advance(p);
		if (this == START) {
			TRY(parse_moment(p));
			TRY(expect_token(p, TOKEN_STOP, "want STOP"));
			TRY(parse_moment(p));
			mark_parts(p, start);
			continue;
		}
		if (!is_positive_number(&p->t, this == WITHIN))
			return wanted(p, "want a positive number");
		if (this == REPEATS && !is_one(p->t.text))
			mark_parts(p, start);
		advance(p);
		TRY(this == REPEATS ?
		    expect_token(p, TOKEN_TIMES, "want TIMES") :
		    expect_token(p, TOKEN_SECONDS, "want SECONDS"));
	}
}

/* obs = ( "[" cmp-or "]" / "(" pattern ")" ) *qualifier */
static int
parse_observation(struct parser *p)
{
	size_t start = p->out->n;
	struct types types;

	if (p->t.kind == TOKEN_OPEN) {
		TRY(descend(p));
		TRY(parse_pattern(p));
		TRY(ascend(p));
	} else {
		TRY(expect_token(p, TOKEN_OPEN_BRACKET, "want \"[\""));
		TRY(parse_comparisons(p, &types));
		TRY(expect_token(p, TOKEN_CLOSE_BRACKET,
		    "want AND, OR or \"]\""));
	}
	return parse_qualifiers(p, start);
}

/* obs-and = obs *( "AND" obs ) */
static int
parse_observation_and(struct parser *p)
{
	size_t start = p->out->n, operands = 0;

	do {
		TRY(parse_observation(p));
		operands++;
	} while (accept_token(p, TOKEN_AND));
	if (operands > 1)
		mark_parts(p, start);
	return 0;
}

/* obs-or = obs-and *( "OR" obs-and ) */
static int
parse_observation_or(struct parser *p)
{
	size_t start = p->out->n, operands = 0;

	do {
		TRY(parse_observation_and(p));
		operands++;
	} while (accept_token(p, TOKEN_OR));
	if (operands > 1)
		mark_alternatives(p, start);
	return 0;
}

/* pattern = obs-or *( "FOLLOWEDBY" obs-or ) */
static int
parse_pattern(struct parser *p)
{
	size_t start = p->out->n, operands = 0;

	do {
		TRY(parse_observation_or(p));
		operands++;
	} while (accept_token(p, TOKEN_FOLLOWEDBY));
	if (operands > 1)
		mark_parts(p, start);
	return 0;
}

int
pattern_parse(struct str text, struct arena *arena, struct pattern *out)
{
	struct parser p = { .lexer = { .text = text }, .arena = arena,
	    .out = out };
	int rc;

	*out = (struct pattern){ 0 };
	advance(&p);
	rc = parse_pattern(&p);
	if (rc == 0 && p.t.kind != TOKEN_END)
		rc = wanted(&p, "want AND, OR, FOLLOWEDBY, a qualifier or "
		    "the end");
	if (rc < 0) {
		out->terms = NULL;
		out->n = 0;
	}
	return rc;
}
