#include "front/media.h"

#include <strings.h>

/* One media range: type/subtype, version if stated, weight in 1/1000. */
struct range {
	struct str type;
	struct str version;	/* .p NULL: not stated */
	unsigned weight;
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct str
trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
equal_fold(struct str a, const char *b)
{
	struct str z = str_of(b);

	return a.n == z.n && strncasecmp(a.p, z.p, z.n) == 0;
}

/* Cut the part before the next c that is not quoted off rest. */
static struct str
next_part(struct str *rest, char c)
{
	struct str part = { rest->p, 0 };
	bool quoted = false;

	while (part.n < rest->n && (quoted || rest->p[part.n] != c)) {
		if (rest->p[part.n] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[part.n] == '\\' &&
		    part.n + 1 < rest->n)
			part.n++;
		part.n++;
	}
	rest->p += part.n;
	rest->n -= part.n;
	if (rest->n > 0) {
		rest->p++;
		rest->n--;
	}
	return trim(part);
}

/* "0.5" as 500; what is no weight is none at all. */
static unsigned
read_weight(struct str s)
{
	unsigned w = 0, unit = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') ||
	    (s.n > 1 && s.p[1] != '.'))
		return 0;
	w = s.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		w += (unsigned)(s.p[i] - '0') * unit;
	}
	return w > 1000 ? 0 : w;
}

static struct str
unquote(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct str){ s.p + 1, s.n - 2 };
	return s;
}

static struct range
read_range(struct str s)
{
	struct range r = { .type = next_part(&s, ';'), .weight = 1000 };

	while (s.n > 0) {
		struct str value = next_part(&s, ';');
		struct str name = next_part(&value, '=');

		value = unquote(trim(value));
		if (equal_fold(name, "q"))
			r.weight = read_weight(value);
		else if (equal_fold(name, "version"))
			r.version = value;
	}
	return r;
}

/* How exactly a range names ours: 0 not at all, 4 with its version. */
static int
range_rank(const struct range *r)
{
	if (equal_fold(r->type, "*/*"))
		return 1;
	if (equal_fold(r->type, "application/*"))
		return 2;
	if (!equal_fold(r->type, "application/taxii+json"))
		return 0;
	if (r->version.p == NULL)
		return 3;
	return str_eqz(r->version, "2.1") ? 4 : 0;
}

bool
media_accepts(const struct http_head *h)
{
	struct str field;
	int best = 0;
	bool accepted = false, any = false;

	for (unsigned i = 0; (field = http_head_field(h, "Accept", i)).p !=
	    NULL; i++) {
		any = any || trim(field).n > 0;
		while (field.n > 0) {
			struct range r = read_range(next_part(&field, ','));
			int rank = range_rank(&r);

			/* The most exact one counts, whatever its place. */
			if (rank > best || (rank == best && rank > 0 &&
			    r.weight > 0)) {
				best = rank;
				accepted = r.weight > 0;
			}
		}
	}
	return accepted || !any;
}

bool
media_is_taxii(const struct http_head *h)
{
	struct str field = http_head_field(h, "Content-Type", 0);
	struct range r;

	if (field.p == NULL)
		return false;
	r = read_range(field);
	return range_rank(&r) >= 3;
}
