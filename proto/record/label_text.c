/*
 * The canonical text of a label (label.h has the form).  The decoder takes
 * one form only: whatever is not exactly that form is read as the most
 * restrictive value of its field, never as a near miss of another.
 */
#include <stdlib.h>
#include <string.h>

#include "record/label.h"

#define FIRST_LINE "comity-label/1\n"

enum field {
	FIELD_PURPOSES, FIELD_TLP, FIELD_PAP, FIELD_AUDIENCE, FIELD_HOPS,
	FIELD_EXPIRES, FIELD_CAVEATS, FIELD_LINEAGE, FIELD_ROOTS, FIELD_SEQ,
	FIELD_KIND, FIELDS,
};

static const char *const field_names[FIELDS] = {
	[FIELD_PURPOSES] = "purposes=",
	[FIELD_TLP] = "tlp=",
	[FIELD_PAP] = "pap=",
	[FIELD_AUDIENCE] = "audience=",
	[FIELD_HOPS] = "hops=",
	[FIELD_EXPIRES] = "expires=",
	[FIELD_CAVEATS] = "caveats=",
	[FIELD_LINEAGE] = "lineage=",
	[FIELD_ROOTS] = "roots=",
	[FIELD_SEQ] = "seq=",
	[FIELD_KIND] = "kind=",
};

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Which of up to LABEL_DESKS_MAX names are meant, as 64-bit words. */
struct choice {
	uint64_t w[LABEL_DESKS_MAX / 64];
};

static bool
choice_has(const struct choice *c, size_t i)
{
	return c->w[i / 64] >> (i % 64) & 1;
}

static void
choice_add(struct choice *c, size_t i)
{
	c->w[i / 64] |= UINT64_C(1) << (i % 64);
}

static struct choice
choice_of_bits(uint32_t bits)
{
	return (struct choice){ .w = { bits } };
}

/* Append the chosen names in order; `unknown` adds the name "?". */
static void
put_list(struct buf *out, const struct names *n, const struct choice *c,
    bool unknown)
{
	const char *chosen[LABEL_DESKS_MAX + 1];
	size_t k = 0;

	for (size_t i = 0; i < n->n && i < LABEL_DESKS_MAX; i++)
		if (choice_has(c, i))
			chosen[k++] = n->v[i];
	if (unknown)
		chosen[k++] = "?";
	qsort(chosen, k, sizeof(chosen[0]), name_cmp);
	for (size_t i = 0; i < k; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_addz(out, chosen[i]);
	}
}

/* A field whose bits bind: bits without a name are the name "?". */
static void
put_binding(struct buf *out, const struct names *n, uint32_t bits)
{
	struct choice c = choice_of_bits(bits);

	if (bits == UINT32_MAX)
		buf_addc(out, '*');
	else
		put_list(out, n, &c, n->n < LABEL_BITS_MAX &&
		    bits >> n->n != 0);
}

static void
put_audience(struct buf *out, const struct label *l,
    const struct vocabulary *v)
{
	struct choice c;
	bool all = true;

	for (size_t i = 0; i < NELEM(c.w); i++) {
		c.w[i] = l->audience.w[i];
		all = all && c.w[i] == UINT64_MAX;
	}
	if (all)
		buf_addc(out, '*');
	else
		put_list(out, &v->desks, &c, false);
}

static void
put_roots(struct buf *out, const struct label *l, const struct vocabulary *v)
{
	struct choice c = { .w = { 0 } };
	bool all = true, unknown = false;

	for (size_t i = 0; i < NELEM(l->roots.w); i++) {
		c.w[i] = l->roots.w[i];
		all = all && c.w[i] == UINT64_MAX;
	}
	for (unsigned i = (unsigned)v->orgs.n; i < LABEL_ORGS_MAX; i++)
		unknown = unknown || org_set_has(&l->roots, i);
	if (all)
		buf_addc(out, '*');
	else
		put_list(out, &v->orgs, &c, unknown);
}

static void
put_field(struct buf *out, const struct label *l,
    const struct vocabulary *v, enum field f)
{
	struct choice c = choice_of_bits(l->purposes & ~LABEL_UNKNOWN_BIT);

	switch (f) {
	case FIELD_PURPOSES:
		put_list(out, &v->purposes, &c, false);
		break;
	case FIELD_TLP:
		buf_addz(out, tlp_name(l->tlp));
		break;
	case FIELD_PAP:
		buf_addz(out, pap_name(l->pap));
		break;
	case FIELD_AUDIENCE:
		put_audience(out, l, v);
		break;
	case FIELD_HOPS:
		buf_addf(out, "%u", l->hops);
		break;
	case FIELD_EXPIRES:
		if (l->expires.ms == UNIX_MS_NEVER.ms)
			buf_addz(out, "never");
		else
			buf_addf(out, "%lld", l->expires.ms < 0 ? 0LL :
			    (long long)l->expires.ms);
		break;
	case FIELD_CAVEATS:
		put_binding(out, &v->caveats, l->caveats);
		break;
	case FIELD_LINEAGE:
		put_binding(out, &v->lineage, l->lineage);
		break;
	case FIELD_ROOTS:
		put_roots(out, l, v);
		break;
	case FIELD_SEQ:
		buf_addf(out, "%llu", (unsigned long long)l->seq);
		break;
	case FIELD_KIND:
		buf_addz(out, l->kind < v->kinds.n ? v->kinds.v[l->kind] :
		    "other");
		break;
	case FIELDS:
		break;
	}
}

void
label_encode(const struct label *l, const struct vocabulary *v,
    struct buf *out)
{
	size_t start = out->n;
	struct label smaller;

	buf_addz(out, FIRST_LINE);
	for (enum field f = 0; f < FIELDS; f++) {
		buf_addz(out, field_names[f]);
		put_field(out, l, v, f);
		buf_addc(out, '\n');
	}
	if (out->n - start <= LABEL_BYTES_MAX)
		return;
	/*
	 * No receiver may read a longer text.  What can be made shorter by
	 * restricting is, the audience first; then everything.
	 */
	out->n = start;
	smaller = *l;
	if (memcmp(&l->audience, &(struct desk_set){ { 0 } },
	    sizeof(l->audience)) == 0)
		label_top(&smaller);
	smaller.audience = (struct desk_set){ { 0 } };
	label_encode(&smaller, v, out);
}

/* One line of the text being read, without "name=" and LF. */
struct line {
	unsigned times;		/* 0: missing; > 1: stated twice */
	bool bad;
	struct str value;
};

/*
 * Take the next name off list; false at the end.  *bad is set if names are
 * not in strictly ascending order or one is empty.
 */
static bool
list_next(struct str *list, struct str *prev, bool *bad)
{
	const char *comma;
	struct str name;

	if (list->p == NULL)
		return false;
	comma = memchr(list->p, ',', list->n);
	name = *list;
	if (comma == NULL) {
		*list = (struct str){ NULL, 0 };
	} else {
		name.n = (size_t)(comma - list->p);
		list->p = comma + 1;
		list->n -= name.n + 1;
	}
	if (name.n == 0 || (prev->p != NULL && str_cmp(*prev, name) >= 0))
		*bad = true;
	*prev = name;
	return true;
}

/* The names of a list as bits; *out_unknown counts those n lacks. */
static bool
get_list(const struct line *line, const struct names *n, struct choice *out,
    unsigned *out_unknown)
{
	struct str list = line->value, name = { NULL, 0 };
	struct choice c = { .w = { 0 } };
	unsigned unknown = 0;
	bool bad = line->bad || line->times != 1;
	int i;

	if (bad)
		return false;
	if (list.n == 0)
		list.p = NULL;
	while (list_next(&list, &name, &bad)) {
		i = names_find(n, name);
		if (i >= 0 && i < LABEL_DESKS_MAX)
			choice_add(&c, (size_t)i);
		else
			unknown++;
	}
	if (bad)
		return false;
	*out = c;
	*out_unknown = unknown;
	return true;
}

static bool
line_is(const struct line *line, const char *value)
{
	return line->times == 1 && !line->bad && str_eqz(line->value, value);
}

/* A set in which every bit binds: what cannot be read is every bit. */
static uint32_t
get_binding(const struct line *line, const struct names *n)
{
	struct choice c;
	unsigned unknown;

	if (line_is(line, "*") || !get_list(line, n, &c, &unknown))
		return UINT32_MAX;
	return (uint32_t)(c.w[0] & ~(uint64_t)LABEL_UNKNOWN_BIT) |
	    (unknown > 0 ? LABEL_UNKNOWN_BIT : 0);
}

static void
get_audience(const struct line *line, const struct vocabulary *v,
    struct label *out)
{
	struct choice c;
	unsigned unknown;

	if (line_is(line, "*"))
		memset(&out->audience, 0xff, sizeof(out->audience));
	else if (get_list(line, &v->desks, &c, &unknown))
		memcpy(&out->audience, &c, sizeof(out->audience));
}

static void
get_roots(const struct line *line, const struct vocabulary *v,
    struct label *out)
{
	struct choice c;
	unsigned unknown;

	if (line_is(line, "*") || !get_list(line, &v->orgs, &c, &unknown))
		return;
	memcpy(&out->roots, &c, sizeof(out->roots));
	if (unknown > 0)
		org_set_add(&out->roots, LABEL_ORG_UNKNOWN);
}

static void
get_fields(const struct line *lines, const struct vocabulary *v,
    struct label *out)
{
	struct choice c;
	unsigned unknown;
	uint64_t number;
	int i;
#define FIELD_TEXT(f) (lines[f].times == 1 && !lines[f].bad ?	\
    lines[f].value : STR("?"))

	if (get_list(&lines[FIELD_PURPOSES], &v->purposes, &c, &unknown))
		out->purposes = (uint32_t)c.w[0] & ~LABEL_UNKNOWN_BIT;
	if ((i = tlp_from_name(FIELD_TEXT(FIELD_TLP))) >= 0)
		out->tlp = (uint8_t)i;
	if ((i = pap_from_name(FIELD_TEXT(FIELD_PAP))) >= 0)
		out->pap = (uint8_t)i;
	get_audience(&lines[FIELD_AUDIENCE], v, out);
	if (str_to_u64(FIELD_TEXT(FIELD_HOPS), &number) == 0 &&
	    number <= LABEL_HOPS_MAX)
		out->hops = (uint8_t)number;
	if (line_is(&lines[FIELD_EXPIRES], "never"))
		out->expires = UNIX_MS_NEVER;
	else if (str_to_u64(FIELD_TEXT(FIELD_EXPIRES), &number) == 0 &&
	    number < INT64_MAX)
		out->expires.ms = (int64_t)number;
	out->caveats = get_binding(&lines[FIELD_CAVEATS], &v->caveats);
	out->lineage = get_binding(&lines[FIELD_LINEAGE], &v->lineage);
	get_roots(&lines[FIELD_ROOTS], v, out);
	if (str_to_u64(FIELD_TEXT(FIELD_SEQ), &number) == 0)
		out->seq = number;
	i = names_find(&v->kinds, FIELD_TEXT(FIELD_KIND));
	if (i >= 0 && i < LABEL_KINDS_MAX)
		out->kind = (uint8_t)i;
#undef FIELD_TEXT
}

/*
 * Sort the lines of text by field.  A line out of order spoils its field.
 * False if a line is of no field: it may restrict in a way we cannot read.
 */
static bool
split_lines(struct str text, struct line lines[static FIELDS])
{
	int last = -1;

	while (text.n > 0) {
		const char *lf = memchr(text.p, '\n', text.n);
		struct str line = { text.p,
		    lf == NULL ? text.n : (size_t)(lf - text.p) };
		size_t name;
		int f = 0;

		while (f < FIELDS && !str_starts(line, field_names[f]))
			f++;
		if (f == FIELDS)
			return false;
		name = strlen(field_names[f]);
		lines[f].times++;
		lines[f].value = (struct str){ line.p + name, line.n - name };
		if (lf == NULL || f < last)
			lines[f].bad = true;
		last = f;
		text.p += line.n + (lf != NULL);
		text.n -= line.n + (lf != NULL);
	}
	return true;
}

int
label_decode(struct str text, const struct vocabulary *v, struct label *out)
{
	struct line lines[FIELDS] = { { 0 } };
	const size_t first = sizeof(FIRST_LINE) - 1;
	struct label l;

	if (text.n > LABEL_BYTES_MAX || !str_starts(text, FIRST_LINE) ||
	    memchr(text.p, '\0', text.n) != NULL)
		return ERR_SYNTAX;
	label_top(&l);
	if (split_lines((struct str){ text.p + first, text.n - first }, lines))
		get_fields(lines, v, &l);
	*out = l;
	return 0;
}
