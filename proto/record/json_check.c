#include "record/json_check.h"

#include <string.h>

struct check {
	const char *p, *end;		/* where we are; borrowed */
	size_t depth;
	uint64_t objects[JSON_CHECK_DEPTH_MAX / 64];	/* a bit a level */
};

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static bool
is_digit(const struct check *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static void
check_space(struct check *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' ||
	    *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

/* Step over one byte that must be there. */
static bool
check_byte(struct check *c, char want)
{
	check_space(c);
	if (c->p >= c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* What stands behind a backslash. */
static bool
check_escape(struct check *c)
{
	if (c->p >= c->end)
		return false;
	if (*c->p != 'u')
		return strchr("\"\\/bfnrt", *c->p++) != NULL &&
		    c->p[-1] != '\0';
	c->p++;
	for (int i = 0; i < 4; i++, c->p++)
		if (c->p >= c->end || !is_hex(*c->p))
			return false;
	return true;
}

static bool
check_string(struct check *c)
{
	if (!check_byte(c, '"'))
		return false;
	while (c->p < c->end) {
		unsigned char byte = (unsigned char)*c->p++;

		if (byte == '"')
			return true;
		if (byte < ' ' || (byte == '\\' && !check_escape(c)))
			return false;
	}
	return false;
}

static bool
check_digits(struct check *c)
{
	if (!is_digit(c))
		return false;
	while (is_digit(c))
		c->p++;
	return true;
}

static bool
check_number(struct check *c)
{
	if (*c->p == '-')
		c->p++;
	if (c->p < c->end && *c->p == '0')
		c->p++;
	else if (!check_digits(c))
		return false;
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!check_digits(c))
			return false;
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		return check_digits(c);
	}
	return true;
}

static bool
check_word(struct check *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool
check_is_object(const struct check *c)
{
	size_t level = c->depth - 1;

	return (c->objects[level / 64] >> level % 64 & 1) != 0;
}

static bool
check_open(struct check *c)
{
	uint64_t bit = 1ULL << c->depth % 64;
	size_t word = c->depth / 64;

	if (c->depth == JSON_CHECK_DEPTH_MAX)
		return false;
	c->objects[word] = *c->p == '{' ? c->objects[word] | bit :
	    c->objects[word] & ~bit;
	c->depth++;
	c->p++;
	return true;
}

/* The name of a member, and the colon. */
static bool
check_name(struct check *c)
{
	return check_string(c) && check_byte(c, ':');
}

/* A value, or the beginning of one; out_opened: something is in it. */
static bool
check_value(struct check *c, bool *out_opened)
{
	*out_opened = false;
	check_space(c);
	if (c->p >= c->end)
		return false;
	switch (*c->p) {
	case '{':
	case '[':
		*out_opened = true;
		return check_open(c);
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true");
	case 'f':
		return check_word(c, "false");
	case 'n':
		return check_word(c, "null");
	default:
		return (*c->p == '-' || is_digit(c)) && check_number(c);
	}
}

/* The innermost container goes on: false: broken; depth falls at its end. */
static bool
check_step(struct check *c, bool *inout_opened)
{
	bool object = check_is_object(c);

	check_space(c);
	if (c->p >= c->end)
		return false;
	if (*c->p == (object ? '}' : ']')) {
		c->p++;
		c->depth--;
		*inout_opened = false;
		return true;
	}
	if (!*inout_opened && !check_byte(c, ','))
		return false;
	if (object && !check_name(c))
		return false;
	return check_value(c, inout_opened);
}

size_t
json_check(struct str s, size_t at)
{
	struct check c = { .p = s.p + at, .end = s.p + s.n };
	bool opened;

	if (at >= s.n || !check_value(&c, &opened))
		return JSON_BROKEN;
	while (c.depth > 0)
		if (!check_step(&c, &opened))
			return JSON_BROKEN;
	return (size_t)(c.p - s.p);
}
