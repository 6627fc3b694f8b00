#include "vault/front/select.h"

#include <stdio.h>
#include <string.h>

/* ---- versions ---- */

static bool
has_kind(const struct msg_front_query *q, uint8_t kind)
{
	if (q->nversions == 0)
		return kind == TAXII_VERSION_LAST;
	for (size_t i = 0; i < q->nversions; i++)
		if (q->versions[i].kind == kind)
			return true;
	return false;
}

static bool
is_at(const struct msg_front_query *q, int64_t version_us)
{
	for (size_t i = 0; i < q->nversions; i++)
		if (q->versions[i].kind == TAXII_VERSION_AT &&
		    q->versions[i].us == version_us)
			return true;
	return false;
}

bool
front_select_is_plain(const struct msg_front_query *q)
{
	return has_kind(q, TAXII_VERSION_LAST) &&
	    !has_kind(q, TAXII_VERSION_FIRST) &&
	    !has_kind(q, TAXII_VERSION_AT) && !has_kind(q, TAXII_VERSION_ALL);
}

int
front_select_alone(const struct msg_front_query *q, int64_t version_us)
{
	if (has_kind(q, TAXII_VERSION_ALL))
		return 1;
	if (has_kind(q, TAXII_VERSION_LAST) ||
	    has_kind(q, TAXII_VERSION_FIRST))
		return -1;
	return is_at(q, version_us);
}

bool
front_select(const struct msg_front_query *q, const struct front_version *v,
    size_t n, size_t i)
{
	bool first = true, last = true;

	if (has_kind(q, TAXII_VERSION_ALL))
		return true;
	for (size_t k = 0; k < n; k++) {
		if (v[k].version_us == v[i].version_us &&
		    v[k].added_us < v[i].added_us)
			return false;
		first = first && v[k].version_us >= v[i].version_us;
		last = last && v[k].version_us <= v[i].version_us;
	}
	return (first && has_kind(q, TAXII_VERSION_FIRST)) ||
	    (last && has_kind(q, TAXII_VERSION_LAST)) ||
	    is_at(q, v[i].version_us);
}

/* ---- the other filters ---- */

static bool
is_among(const struct str *v, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i], s))
			return true;
	return n == 0;
}

bool
front_matches(const struct msg_front_query *q, struct str id)
{
	struct str type = id;

	for (size_t i = 0; i + 1 < id.n; i++)
		if (id.p[i] == '-' && id.p[i + 1] == '-') {
			type.n = i;
			break;
		}
	return is_among(q->ids, q->nids, id) &&
	    is_among(q->types, q->ntypes, type) &&
	    is_among(q->spec_versions, q->nspec_versions, STR("2.1"));
}

/* ---- the text of a version ---- */

/* Past a string that begins at p, with its content; NULL: it has no end. */
static const char *
skip_string(const char *p, const char *end, struct str *out)
{
	const char *begin = ++p;

	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			return NULL;
	if (p >= end)
		return NULL;
	*out = (struct str){ begin, (size_t)(p - begin) };
	return p + 1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* After a name of the outermost object: is its value a string? */
static int
member_value(const char *p, const char *end, struct str *out)
{
	p = skip_blanks(p, end);
	if (p >= end || *p != ':')
		return ERR_SYNTAX;
	p = skip_blanks(p + 1, end);
	if (p >= end || *p != '"' || skip_string(p, end, out) == NULL ||
	    memchr(out->p, '\\', out->n) != NULL)
		return ERR_SYNTAX;
	return 0;
}

int
front_member(struct str object, const char *name, struct str *out)
{
	const char *p = object.p, *end = p + object.n;
	bool at_name = false;	/* a string here is the name of a member */
	int depth = 0;
	struct str s;

	while (p < end) {
		switch (*p) {
		case '"':
			p = skip_string(p, end, &s);
			if (p == NULL)
				return ERR_SYNTAX;
			if (depth != 1 || !at_name)
				continue;
			at_name = false;
			if (memchr(s.p, '\\', s.n) != NULL)
				return ERR_SYNTAX;
			if (str_eqz(s, name))
				return member_value(p, end, out);
			continue;
		case '{':
		case '[':
			at_name = depth++ == 0 && *p == '{';
			break;
		case '}':
		case ']':
			depth--;
			break;
		case ',':
			at_name = depth == 1;
			break;
		default:
			break;
		}
		p++;
	}
	return ERR_NOT_FOUND;
}

struct str
front_version_text(struct str object, int64_t version_us,
    char dst[static FRONT_VERSION_MAX])
{
	static const char *const names[] = { "modified", "created" };
	struct str s;

	for (size_t i = 0; i < NELEM(names); i++)
		if (front_member(object, names[i], &s) == 0 &&
		    s.n < FRONT_VERSION_MAX && s.n > 0 && str_is_utf8(s))
			return s;
	return str_of(time_format_us(dst, version_us));
}
