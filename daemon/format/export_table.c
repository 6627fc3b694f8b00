/*
 * Tables and lists: CSV, plain list, hosts, Zeek's intelligence framework.
 */
#include <string.h>

#include "format/export_private.h"

#define EVERY_KIND UINT32_MAX
#define BIT(kind) (1U << (kind))

/* ---- CSV (RFC 4180) ---- */

/*
 * A spreadsheet takes what begins with one of these for a formula; an
 * apostrophe in front makes it text.
 */
static bool
is_formula(struct str s)
{
	return s.n > 0 && memchr("=+-@\t\r\n|", s.p[0], 8) != NULL;
}

static void
csv_field(struct buf *out, struct str s, char after)
{
	bool formula = is_formula(s), quoted = formula;

	for (size_t i = 0; i < s.n && !quoted; i++)
		quoted = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == ';' ||
		    (unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f;
	if (quoted)
		buf_addc(out, '"');
	if (formula)
		buf_addc(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(out, '"');
		/* What no table has in a cell. */
		buf_addc(out, s.p[i] == '\0' ? ' ' : s.p[i]);
	}
	if (quoted)
		buf_addc(out, '"');
	buf_addc(out, after);
}

/* One row for each value and object. */
static void
write_csv(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	(void)o;
	buf_addz(out, "value,type,kind,confidence,tlp,pap,source,valid_from,"
	    "valid_until,id,modified,name,credibility,reliability\n");
	for (size_t i = 0; i < s->values.n; i++) {
		const struct export_value *v = &s->values.v[i];
		const struct export_object *e = v->of;

		csv_field(out, v->o.value, ',');
		csv_field(out, str_of(observable_kind_name(v->o.kind)), ',');
		csv_field(out, e->kind, ',');
		if (e->confidence >= 0)
			buf_addf(out, "%d", e->confidence);
		buf_addc(out, ',');
		csv_field(out, e->tlp, ',');
		csv_field(out, e->pap, ',');
		csv_field(out, e->source, ',');
		csv_field(out, e->valid_from, ',');
		csv_field(out, e->valid_until, ',');
		csv_field(out, e->id, ',');
		csv_field(out, e->modified, ',');
		csv_field(out, e->name, ',');
		csv_field(out, (struct str){ &e->credibility,
		    e->credibility != 0 }, ',');
		csv_field(out, (struct str){ &e->reliability,
		    e->reliability != 0 }, '\n');
	}
}

const struct export_format export_csv = {
	.name = "csv", .help = "one row for each value of an indicator",
	.values = true, .rated = true, .kinds = EVERY_KIND,
	.write = write_csv,
};

/* ---- plain list ---- */

static void
write_list(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	(void)o;
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		buf_add(out, v->o.value.p, v->o.value.n);
		buf_addc(out, '\n');
	}
}

const struct export_format export_list = {
	.name = "list", .help = "values of indicators, one a line",
	.values = true, .kinds = EVERY_KIND, .write = write_list,
};

/* ---- hosts(5) ---- */

static void
write_hosts(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	(void)o;
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; )
		buf_addf(out, "0.0.0.0 %.*s\n", (int)v->o.value.n,
		    v->o.value.p);
}

const struct export_format export_hosts = {
	.name = "hosts", .help = "hosts(5): names that lead nowhere",
	.use = "block", .fixed = true, .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_DOMAIN), .write = write_hosts,
};

/* ---- Zeek ---- */

/*
 * A field: tabs, line ends, backslashes and what is no ASCII as \xNN, and so
 * what would make it a comment or no value.
 */
static void
zeek_field(struct buf *out, struct str s, char after)
{
	if (s.n == 0)
		buf_addc(out, '-');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c >= 0x7f || c == '\\' || c == '|' ||
		    (i == 0 && c == '#') || (s.n == 1 && c == '-'))
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, after);
}

static const char *
zeek_type(const struct observable *o)
{
	switch (o->kind) {
	case OBSERVABLE_IP:
		return o->prefix == 128 ? "Intel::ADDR" : "Intel::SUBNET";
	case OBSERVABLE_URL:
		return "Intel::URL";
	case OBSERVABLE_EMAIL:
		return "Intel::EMAIL";
	case OBSERVABLE_HASH:
		return "Intel::FILE_HASH";
	case OBSERVABLE_FILE_NAME:
		return "Intel::FILE_NAME";
	default:
		return "Intel::DOMAIN";
	}
}

/* As Zeek wants it: no scheme, no name of the algorithm. */
static struct str
zeek_value(const struct observable *o)
{
	const char *p = NULL;
	size_t skip = 0;

	if (o->kind == OBSERVABLE_URL) {
		p = memmem(o->value.p, o->value.n, "://", 3);
		skip = 3;
	} else if (o->kind == OBSERVABLE_HASH) {
		p = memchr(o->value.p, ':', o->value.n);
		skip = 1;
	}
	if (p == NULL)
		return o->value;
	skip += (size_t)(p - o->value.p);
	return (struct str){ o->value.p + skip, o->value.n - skip };
}

static void
write_zeek(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	(void)o;
	buf_addz(out, "#fields\tindicator\tindicator_type\tmeta.source\t"
	    "meta.desc\n");
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		zeek_field(out, zeek_value(&v->o), '\t');
		buf_addf(out, "%s\t", zeek_type(&v->o));
		zeek_field(out, v->of->source, '\t');
		zeek_field(out, v->of->id, '\n');
	}
}

const struct export_format export_zeek = {
	.name = "zeek", .help = "file for Zeek's intelligence framework",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_DOMAIN) | BIT(OBSERVABLE_IP) |
	    BIT(OBSERVABLE_URL) | BIT(OBSERVABLE_EMAIL) |
	    BIT(OBSERVABLE_HASH) | BIT(OBSERVABLE_FILE_NAME),
	.write = write_zeek,
};
