#include "wire/release_text.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "comity-release/1\n"

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Desks are "org/desk": twice a name. */
static bool
name_ok(struct str s)
{
	if (s.n == 0 || s.n > 2 * NAME_MAX_BYTES + CERT_ID_MAX ||
	    !str_is_utf8(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] <= ' ' || s.p[i] == ',' ||
		    s.p[i] == 0x7f)
			return false;
	return true;
}

/* One line "field=a,b" with the names in order. */
static int
add_list(struct buf *b, const char *field, const struct release_names *l)
{
	struct str names[RELEASE_NAMES_MAX];
	size_t n = 0;

	if (l->n > RELEASE_NAMES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < l->n; i++) {
		if (!name_ok(l->v[i]))
			return ERR_VALUE;
		names[i] = l->v[i];
	}
	if (l->n > 0)
		qsort(names, l->n, sizeof(names[0]), compare_names);
	buf_addf(b, "%s=", field);
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0 && str_eq(names[i], names[i - 1]))
			continue;
		if (n++ > 0)
			buf_addc(b, ',');
		buf_add(b, names[i].p, names[i].n);
	}
	buf_addc(b, '\n');
	return 0;
}

int
release_text_encode(const struct release_text *r, struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };

	if (r->hops > RELEASE_HOPS_MAX || r->expires.ms < 0)
		return ERR_VALUE;
	buf_addz(&b, FIRST_LINE);
	TRY(add_list(&b, "desks", &r->desks));
	TRY(add_list(&b, "purposes", &r->purposes));
	buf_addf(&b, "hops=%u\n", r->hops);
	if (r->expires.ms == UNIX_MS_NEVER.ms)
		buf_addz(&b, "expires=never\n");
	else
		buf_addf(&b, "expires=%lld\n", (long long)r->expires.ms);
	TRY(add_list(&b, "oblige", &r->oblige));
	if (b.n > LABEL_BYTES_MAX)
		return ERR_LIMIT;
	buf_add(out, b.p, b.n);
	return 0;
}

/* Cut the next line "field=value" off text. */
static int
next_field(struct str *text, const char *field, struct str *out)
{
	size_t n = strlen(field);
	const char *lf = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);
	size_t line = lf == NULL ? 0 : (size_t)(lf - text->p);

	if (line < n + 1 || memcmp(text->p, field, n) != 0 ||
	    text->p[n] != '=')
		return ERR_SYNTAX;
	*out = (struct str){ text->p + n + 1, line - n - 1 };
	text->p += line + 1;
	text->n -= line + 1;
	return 0;
}

/* "a,b" into names that ascend. */
static int
list_decode(struct str s, struct arena *a, struct release_names *out)
{
	size_t n = s.n > 0;
	struct str *v;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',';
	v = n > RELEASE_NAMES_MAX ? NULL : arena_alloc(a, n * sizeof(*v));
	if (v == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		const char *comma = s.n == 0 ? NULL : memchr(s.p, ',', s.n);

		v[i] = (struct str){ s.p, comma == NULL ? s.n :
		    (size_t)(comma - s.p) };
		/* RELEASE: sorted by bytes, none twice. */
		if (!name_ok(v[i]) || (i > 0 && str_cmp(v[i - 1], v[i]) >= 0))
			return ERR_VALUE;
		s.p += v[i].n + (comma != NULL);
		s.n -= v[i].n + (comma != NULL);
	}
	*out = (struct release_names){ v, n };
	return 0;
}

/* "never", or a decimal number that is not the one for never. */
static int
expires_decode(struct str s, unix_ms_t *out)
{
	uint64_t ms;

	if (str_eqz(s, "never")) {
		*out = UNIX_MS_NEVER;
		return 0;
	}
	if (str_to_u64(s, &ms) != 0)
		return ERR_SYNTAX;
	if (ms >= INT64_MAX)
		return ERR_VALUE;
	out->ms = (int64_t)ms;
	return 0;
}

static int
hops_decode(struct str s, uint8_t *out)
{
	if (s.n != 1 || s.p[0] < '0' || s.p[0] > '0' + RELEASE_HOPS_MAX)
		return ERR_VALUE;
	*out = (uint8_t)(s.p[0] - '0');
	return 0;
}

int
release_text_decode(struct str text, struct arena *a,
    struct release_text *out)
{
	struct release_text r = { .hops = 0 };
	struct str desks, purposes, hops, expires, oblige;

	if (text.n > LABEL_BYTES_MAX)
		return ERR_LIMIT;
	if (!str_starts(text, FIRST_LINE))
		return ERR_SYNTAX;
	text.p += strlen(FIRST_LINE);
	text.n -= strlen(FIRST_LINE);
	TRY(next_field(&text, "desks", &desks));
	TRY(next_field(&text, "purposes", &purposes));
	TRY(next_field(&text, "hops", &hops));
	TRY(next_field(&text, "expires", &expires));
	TRY(next_field(&text, "oblige", &oblige));
	if (text.n != 0)
		return ERR_SYNTAX;
	TRY(list_decode(desks, a, &r.desks));
	TRY(list_decode(purposes, a, &r.purposes));
	TRY(hops_decode(hops, &r.hops));
	TRY(expires_decode(expires, &r.expires));
	TRY(list_decode(oblige, a, &r.oblige));
	*out = r;
	return 0;
}
