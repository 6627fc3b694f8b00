#include "record/stix.h"

#include "base/unit.h"

/* The fraction after the dot, up to the Z. */
static int
parse_fraction(struct str s, struct stix_time *out)
{
	size_t i;

	out->nanos = 0;
	if (s.n == 0)
		return ERR_SYNTAX;	/* a bare dot */
	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return ERR_SYNTAX;
	for (i = 0; i < 9; i++)
		out->nanos = out->nanos * 10 +
		    (i < s.n ? (uint32_t)(s.p[i] - '0') : 0);
	out->rest = STR("");
	if (s.n > 9) {
		out->rest = (struct str){ s.p + 9, s.n - 9 };
		while (out->rest.n > 0 &&
		    out->rest.p[out->rest.n - 1] == '0')
			out->rest.n--;
	}
	return 0;
}

/* A leap second comes after :59 and before the next day. */
#define LEAP_NANOS 1000000000U

int
stix_time_parse(struct str s, struct stix_time *out)
{
	static const char form[] = "____-__-__T__:__:__";
	struct stix_time t = { .rest = STR("") };
	int y, mo, d, h, mi, sec;
	bool leap;

	/* STIX 2.1 2.16: RFC 3339, upper-case T and Z, no other offset. */
	if (s.n < sizeof(form) || s.p[s.n - 1] != 'Z')
		return ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] != '_' && s.p[i] != form[i])
			return ERR_SYNTAX;
	y = str_digits(s.p, 4);
	mo = str_digits(s.p + 5, 2);
	d = str_digits(s.p + 8, 2);
	h = str_digits(s.p + 11, 2);
	mi = str_digits(s.p + 14, 2);
	sec = str_digits(s.p + 17, 2);
	if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0 || sec < 0)
		return ERR_SYNTAX;
	if (s.n > sizeof(form)) {
		if (s.p[sizeof(form) - 1] != '.')
			return ERR_SYNTAX;
		TRY(parse_fraction((struct str){ s.p + sizeof(form),
		    s.n - sizeof(form) - 1 }, &t));
	}
	/* RFC 3339 5.7: second 60 is where leap seconds are. */
	leap = h == 23 && mi == 59 && sec == 60;
	if (mo < 1 || mo > 12 || d < 1 || d > time_days_in_month(y, mo) ||
	    h > 23 || mi > 59 || (sec > 59 && !leap))
		return ERR_VALUE;
	t.seconds = time_from_civil(y, mo, d, h, mi, leap ? 59 : sec);
	t.nanos += leap ? LEAP_NANOS : 0;
	*out = t;
	return 0;
}

int
stix_time_cmp(const struct stix_time *a, const struct stix_time *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	if (a->nanos != b->nanos)
		return a->nanos < b->nanos ? -1 : 1;
	/* The digits of a fraction order like text. */
	return str_cmp(a->rest, b->rest);
}
