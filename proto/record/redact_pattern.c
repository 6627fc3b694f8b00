/*
 * A pattern without some of its comparisons.  A comparison goes with the
 * smallest alternative it is part of, so that what is left is narrower and
 * never finds what the whole would not have found.
 */
#include <string.h>

#include "record/pattern_lex.h"
#include "record/redact.h"

#define DEAD 0
#define ALIVE 1

struct rewrite {
	const struct redaction *r;	/* borrowed */
	struct lexer lexer;
	struct token t;			/* looked at */
	size_t end;			/* of the token before */
	struct buf *out;		/* borrowed */
	unsigned depth;
	bool changed;
};

/* Reads one operand: ALIVE with its text in out, DEAD, or ERR_*. */
typedef int (*operand)(struct rewrite *w);

static int rewrite_pattern(struct rewrite *w);
static int rewrite_comparisons(struct rewrite *w);

static void
advance(struct rewrite *w)
{
	w->end = w->lexer.at;
	lexer_next(&w->lexer, &w->t);
}

static bool
accept_token(struct rewrite *w, enum token_kind kind)
{
	if (w->t.kind != kind)
		return false;
	advance(w);
	return true;
}

static void
cut_to(struct buf *b, size_t n)
{
	b->n = n;
	if (b->p != NULL)
		b->p[n] = '\0';
}

/*
 * Operands with one word between them.  Alternatives live while any does,
 * all others only together.
 */
static int
rewrite_list(struct rewrite *w, operand read, enum token_kind kind,
    const char *word)
{
	size_t start = w->out->n, alive = 0, dead = 0;
	bool any = kind == TOKEN_OR;

	do {
		size_t mark = w->out->n;
		int rc;

		if (alive > 0)
			buf_addf(w->out, " %s ", word);
		rc = read(w);
		TRY(rc);
		if (rc == DEAD)
			cut_to(w->out, mark);
		alive += rc == ALIVE;
		dead += rc == DEAD;
	} while (accept_token(w, kind));
	w->changed |= dead > 0;
	if (any ? alive > 0 : dead == 0)
		return ALIVE;
	cut_to(w->out, start);
	return DEAD;
}

/* What a comparison is about. */
struct about {
	struct str type;
	struct str steps[REDACT_STEPS_MAX];	/* names only, no indices */
	size_t n;
	bool too_long;
	bool quotes;		/* a constant holds what was removed */
};

static bool
is_name(enum token_kind kind)
{
	return kind == TOKEN_NAME || kind == TOKEN_TYPE_NAME ||
	    kind == TOKEN_STRING;
}

/* type ":" step *( "." step / "[" ... "]" ) */
static int
read_path(struct rewrite *w, struct about *a)
{
	a->type = w->t.text;
	if (!is_name(w->t.kind))
		return ERR_DENIED;
	advance(w);
	if (w->t.kind != TOKEN_COLON)
		return ERR_DENIED;
	do {
		advance(w);
		if (!is_name(w->t.kind))
			return ERR_DENIED;
		if (a->n < REDACT_STEPS_MAX)
			a->steps[a->n++] = w->t.text;
		else
			a->too_long = true;
		a->quotes |= redaction_finds(w->r, w->t.text);
		advance(w);
		while (accept_token(w, TOKEN_OPEN_BRACKET)) {
			advance(w);
			if (!accept_token(w, TOKEN_CLOSE_BRACKET))
				return ERR_DENIED;
		}
	} while (w->t.kind == TOKEN_DOT);
	return 0;
}

/* Does the constant, its escapes resolved, hold what was removed? */
static bool
constant_quotes(const struct rewrite *w)
{
	AUTO_BUF struct buf plain = { 0 };

	for (size_t i = 0; i < w->t.text.n; i++) {
		if (w->t.escaped && w->t.text.p[i] == '\\' &&
		    i + 1 < w->t.text.n)
			i++;
		buf_addc(&plain, w->t.text.p[i]);
	}
	return redaction_finds(w->r, buf_str(&plain));
}

/* [ NOT ] operator, constant or set */
static int
read_test(struct rewrite *w, struct about *a)
{
	bool set;

	(void)accept_token(w, TOKEN_NOT);
	set = w->t.kind == TOKEN_IN;
	if (!set && w->t.kind != TOKEN_EQUAL &&
	    w->t.kind != TOKEN_NOT_EQUAL && w->t.kind != TOKEN_ORDER &&
	    (w->t.kind < TOKEN_LIKE || w->t.kind > TOKEN_ISSUPERSET))
		return ERR_DENIED;
	do {
		/* The operator, the parenthesis, or a comma. */
		advance(w);
		if (set && w->t.kind == TOKEN_OPEN)
			advance(w);
		if (set && w->t.kind == TOKEN_CLOSE)
			break;
		if (w->t.kind < TOKEN_TRUE || w->t.kind > TOKEN_BINARY)
			return ERR_DENIED;
		a->quotes |= constant_quotes(w);
		advance(w);
	} while (set && w->t.kind == TOKEN_COMMA);
	return !set || accept_token(w, TOKEN_CLOSE) ? 0 : ERR_DENIED;
}

/* Does a redaction's path lead to this one, or to where it begins? */
static bool
path_covers(const struct redact_path *path, const struct about *a)
{
	size_t k = 0;

	if (!str_eq(path->type, a->type))
		return false;
	for (size_t i = 0; i < path->n; i++) {
		const struct redact_step *s = &path->steps[i];

		if (s->index)
			continue;
		if (k == a->n || (!s->any && !str_eq(s->key, a->steps[k])))
			return false;
		k++;
	}
	return true;
}

static bool
is_concerned(const struct rewrite *w, const struct about *a)
{
	if (a->quotes || a->too_long)
		return true;
	for (size_t i = 0; i < w->r->typed.n; i++)
		if (path_covers(&w->r->typed.v[i], a))
			return true;
	return false;
}

static int
descend(struct rewrite *w)
{
	if (w->depth == PATTERN_DEPTH_MAX)
		return ERR_DENIED;
	w->depth++;
	buf_addc(w->out, '(');
	advance(w);
	return 0;
}

static int
ascend(struct rewrite *w, int rc)
{
	TRY(rc);
	w->depth--;
	buf_addc(w->out, ')');
	return accept_token(w, TOKEN_CLOSE) ? rc : ERR_DENIED;
}

static int
rewrite_comparison(struct rewrite *w)
{
	size_t start = w->t.at;
	struct about a = { .n = 0 };

	if (w->t.kind == TOKEN_OPEN) {
		TRY(descend(w));
		return ascend(w, rewrite_comparisons(w));
	}
	if (w->t.kind == TOKEN_NOT || w->t.kind == TOKEN_EXISTS) {
		(void)accept_token(w, TOKEN_NOT);
		if (!accept_token(w, TOKEN_EXISTS))
			return ERR_DENIED;
		TRY(read_path(w, &a));
	} else {
		TRY(read_path(w, &a));
		TRY(read_test(w, &a));
	}
	if (is_concerned(w, &a))
		return DEAD;
	buf_add(w->out, w->lexer.text.p + start, w->end - start);
	return ALIVE;
}

static int
rewrite_conjunction(struct rewrite *w)
{
	return rewrite_list(w, rewrite_comparison, TOKEN_AND, "AND");
}

static int
rewrite_comparisons(struct rewrite *w)
{
	return rewrite_list(w, rewrite_conjunction, TOKEN_OR, "OR");
}

/* Qualifiers up to the next word between observations. */
static void
copy_qualifiers(struct rewrite *w)
{
	size_t start = w->t.at;

	if (w->t.kind != TOKEN_START && w->t.kind != TOKEN_WITHIN &&
	    w->t.kind != TOKEN_REPEATS)
		return;
	while (w->t.kind != TOKEN_AND && w->t.kind != TOKEN_OR &&
	    w->t.kind != TOKEN_FOLLOWEDBY && w->t.kind != TOKEN_CLOSE &&
	    w->t.kind != TOKEN_END && w->t.kind != TOKEN_BAD)
		advance(w);
	buf_addc(w->out, ' ');
	buf_add(w->out, w->lexer.text.p + start, w->end - start);
}

static int
rewrite_observation(struct rewrite *w)
{
	int rc;

	if (w->t.kind == TOKEN_OPEN) {
		TRY(descend(w));
		rc = ascend(w, rewrite_pattern(w));
	} else {
		if (!accept_token(w, TOKEN_OPEN_BRACKET))
			return ERR_DENIED;
		buf_addc(w->out, '[');
		rc = rewrite_comparisons(w);
		buf_addc(w->out, ']');
		if (rc >= 0 && !accept_token(w, TOKEN_CLOSE_BRACKET))
			return ERR_DENIED;
	}
	if (rc >= 0)
		copy_qualifiers(w);
	return rc;
}

static int
rewrite_observation_and(struct rewrite *w)
{
	return rewrite_list(w, rewrite_observation, TOKEN_AND, "AND");
}

static int
rewrite_observation_or(struct rewrite *w)
{
	return rewrite_list(w, rewrite_observation_and, TOKEN_OR, "OR");
}

static int
rewrite_pattern(struct rewrite *w)
{
	return rewrite_list(w, rewrite_observation_or, TOKEN_FOLLOWEDBY,
	    "FOLLOWEDBY");
}

int
redact_pattern(const struct redaction *r, struct str text, struct buf *out)
{
	struct rewrite w = { .r = r, .lexer = { .text = text }, .out = out };
	int rc;

	advance(&w);
	rc = rewrite_pattern(&w);
	if (rc <= 0 || w.t.kind != TOKEN_END)
		return ERR_DENIED;
	return w.changed;
}
