/*
 * What resolvers and firewalls read: response policy zones, nftables.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/export_private.h"

#define BIT(kind) (1U << (kind))

/* ---- RPZ ---- */

#define SOA "@ IN SOA localhost. hostmaster.localhost. "

static void
write_rpz(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	buf_addf(out, "$TTL 300\n" SOA "%" PRIu32 " 3600 600 86400 300\n"
	    "@ IN NS localhost.\n", o->serial);
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; )
		buf_addf(out, "%.*s CNAME .\n", (int)v->o.value.n,
		    v->o.value.p);
}

bool
export_rpz_serial(struct str file, uint32_t *out)
{
	static const char soa[] = "\n" SOA;
	const char *p = file.n == 0 ? NULL : memmem(file.p, file.n, soa,
	    sizeof(soa) - 1);
	struct str digits;
	uint64_t serial;

	if (p == NULL)
		return false;
	digits.p = p + sizeof(soa) - 1;
	for (digits.n = 0; digits.p + digits.n < file.p + file.n &&
	    digits.p[digits.n] >= '0' && digits.p[digits.n] <= '9'; )
		digits.n++;
	if (str_to_u64(digits, &serial) < 0 || serial > UINT32_MAX)
		return false;
	*out = (uint32_t)serial;
	return true;
}

const struct export_format export_rpz = {
	.name = "rpz", .help = "response policy zone: names that do not exist",
	.use = "block", .fixed = true, .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_DOMAIN), .write = write_rpz,
};

/* ---- nftables ---- */

/* Is b inside of a?  Both are sorted: a comes first. */
static bool
contains(const struct observable *a, const struct observable *b)
{
	unsigned whole = a->prefix / 8, rest = a->prefix % 8;

	return a->prefix <= b->prefix && memcmp(a->ip, b->ip, whole) == 0 &&
	    (rest == 0 || (a->ip[whole] ^ b->ip[whole]) >> (8 - rest) == 0);
}

/*
 * The addresses of one family.  What lies in a network that is there too is
 * not said again: a set takes no overlaps.
 */
static void
nft_elements(const struct export_set *s, bool v4, const char *table,
    struct buf *out)
{
	const struct export_value *v, *last = NULL;

	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		if (export_ip_is_v4(&v->o) != v4 || (last != NULL &&
		    contains(&last->o, &v->o)))
			continue;
		if (last == NULL)
			buf_addf(out, "add element inet %s block%d {\n",
			    table, v4 ? 4 : 6);
		buf_addf(out, "\t%.*s,\n", (int)v->o.value.n, v->o.value.p);
		last = v;
	}
	if (last != NULL)
		buf_addz(out, "}\n");
}

/* The sets are made if they are not there, and filled in one transaction. */
static void
write_nftables(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const char *table = o->name == NULL ? "comity" : o->name;

	buf_addf(out, "add table inet %s\n", table);
	for (int family = 4; family <= 6; family += 2) {
		buf_addf(out, "add set inet %s block%d "
		    "{ type ipv%d_addr; flags interval; }\n"
		    "flush set inet %s block%d\n", table, family, family,
		    table, family);
		nft_elements(s, family == 4, table, out);
	}
}

const struct export_format export_nftables = {
	.name = "nftables", .help = "sets block4 and block6 for nft -f",
	.use = "block", .fixed = true, .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_IP), .write = write_nftables,
};
