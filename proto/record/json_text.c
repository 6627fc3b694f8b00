#include "record/json_text.h"

#include <string.h>

#include "base/limits.h"
#include "record/json_scalar.h"

struct frame {
	json_t *container;	/* borrowed from its parent, or the root */
	bool is_object;
	bool used;		/* something is in it */
};

struct parse {
	struct json_scan scan;
	json_t *root;		/* owned */
	size_t nodes;
	struct buf key_buf;	/* keys that had escapes */
	struct buf value_buf;
	struct str key;		/* of the member that is being read */
	struct str top_key;	/* of the top-level member */
	size_t key_at;
	struct json_facts facts;
	size_t depth;
	struct frame frames[JSON_DEPTH_MAX];
};

/* Hang value (taken) into the innermost container, or make it the root. */
static int
parse_attach(struct parse *x, json_t *value)
{
	struct frame *f = x->depth > 0 ? &x->frames[x->depth - 1] : NULL;
	size_t members;
	char shown[80];

	if (value == NULL)
		return json_scan_limit(&x->scan, "out of memory");
	if (f == NULL) {
		x->root = value;
		return 0;
	}
	f->used = true;
	if (!f->is_object)
		return json_array_append_new(f->container, value) == 0 ? 0 :
		    json_scan_limit(&x->scan, "out of memory");
	members = json_object_size(f->container);
	if (members == JSON_MEMBERS_MAX) {
		json_decref(value);
		return json_scan_limit(&x->scan, "more than %d members",
		    JSON_MEMBERS_MAX);
	}
	if (json_object_setn_new_nocheck(f->container, x->key.p, x->key.n,
	    value) != 0)
		return json_scan_limit(&x->scan, "out of memory");
	/* RFC 7493 2.3: names within an object are unique. */
	if (json_object_size(f->container) != members)
		return 0;
	x->scan.p = x->scan.start + x->key_at;
	return json_scan_fail(&x->scan, "duplicate key `%s`",
	    str_escape(shown, sizeof(shown), x->key));
}

static int
parse_open(struct parse *x, bool is_object)
{
	json_t *container;

	if (x->depth == JSON_DEPTH_MAX)
		return json_scan_limit(&x->scan,
		    "nested more than %d levels deep", JSON_DEPTH_MAX);
	container = is_object ? json_object() : json_array();
	TRY(parse_attach(x, container));
	x->frames[x->depth++] = (struct frame){ container, is_object, false };
	x->scan.p++;
	return 0;
}

static int
parse_string(struct parse *x)
{
	struct str s;

	TRY(json_scan_string(&x->scan, &x->value_buf, JSON_STRING_MAX, &s));
	return parse_attach(x, json_stringn_nocheck(s.p, s.n));
}

static int
parse_number(struct parse *x)
{
	json_t *number;

	TRY(json_scan_number(&x->scan, &number));
	return parse_attach(x, number);
}

static int
parse_value(struct parse *x)
{
	struct json_scan *s = &x->scan;

	if (++x->nodes > JSON_NODES_MAX)
		return json_scan_limit(s, "more than %d values",
		    JSON_NODES_MAX);
	switch (json_scan_peek(s)) {
	case '{':
		return parse_open(x, true);
	case '[':
		return parse_open(x, false);
	case '"':
		return parse_string(x);
	case 't':
		TRY(json_scan_word(s, "true"));
		return parse_attach(x, json_true());
	case 'f':
		TRY(json_scan_word(s, "false"));
		return parse_attach(x, json_false());
	case 'n':
		TRY(json_scan_word(s, "null"));
		return parse_attach(x, json_null());
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return parse_number(x);
	default:
		return json_scan_unexpected(s, "a value");
	}
}

static int
parse_key(struct parse *x)
{
	struct json_scan *s = &x->scan;

	if (json_scan_peek(s) != '"')
		return json_scan_unexpected(s, "a key in double quotes");
	x->key_at = json_scan_at(s);
	TRY(json_scan_string(s, &x->key_buf, JSON_KEY_MAX, &x->key));
	if (x->depth == 1)
		x->top_key = (struct str){
		    (const char *)s->start + x->key_at + 1,
		    json_scan_at(s) - x->key_at - 2 };
	if (json_scan_peek(s) != ':')
		return json_scan_unexpected(s, "\":\"");
	s->p++;
	return 0;
}

static int
parse_close(struct parse *x, const struct frame *f)
{
	if (!f->used && !x->facts.has_empty) {
		x->facts.has_empty = true;
		x->facts.empty_at = json_scan_at(&x->scan);
		x->facts.empty_in = x->top_key;
	}
	x->scan.p++;
	x->depth--;
	return 0;
}

/* The next member or item of the innermost container, or its end. */
static int
parse_step(struct parse *x)
{
	struct frame *f = &x->frames[x->depth - 1];
	struct json_scan *s = &x->scan;
	int c = json_scan_peek(s);

	if (c == (f->is_object ? '}' : ']'))
		return parse_close(x, f);
	if (f->used) {
		if (c != ',')
			return json_scan_unexpected(s, f->is_object ?
			    "\",\" or \"}\"" : "\",\" or \"]\"");
		s->p++;
	}
	if (f->is_object)
		TRY(parse_key(x));
	return parse_value(x);
}

static int
parse_run(struct parse *x)
{
	struct json_scan *s = &x->scan;

	/* RFC 7493 2.1, RFC 8259 8.1: no byte order mark. */
	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return json_scan_fail(s, "byte order mark");
	TRY(parse_value(x));
	while (x->depth > 0)
		TRY(parse_step(x));
	if (json_scan_peek(s) >= 0)
		return json_scan_fail(s, "more text after the value");
	return 0;
}

int
json_text_parse(struct str text, json_t **out_root,
    struct json_facts *out_facts, struct stix_problem *problem)
{
	struct parse x = { 0 };
	int rc;

	x.scan.start = x.scan.p = (const unsigned char *)text.p;
	x.scan.end = x.scan.start + text.n;
	x.scan.problem = problem;
	rc = parse_run(&x);
	buf_clear(&x.key_buf);
	buf_clear(&x.value_buf);
	if (rc != 0) {
		json_decref(x.root);
		return rc;
	}
	x.facts.nodes = x.nodes;
	*out_root = x.root;
	*out_facts = x.facts;
	return 0;
}
