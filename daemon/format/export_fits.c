/*
 * Which values a format may have.  Patterns come from anybody: what is
 * written here is read by resolvers and firewalls.
 */
#include <string.h>

#include "format/export_private.h"
#include "record/observable_norm.h"

bool
export_ip_is_v4(const struct observable *o)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return o->prefix >= 96 && memcmp(o->ip, mapped, sizeof(mapped)) == 0;
}

unsigned
export_ip_bits(const struct observable *o)
{
	return export_ip_is_v4(o) ? o->prefix - 96U : o->prefix;
}

/*
 * Addresses of machines and networks of one's own, of everybody and of
 * nobody (RFC 6890): a rule about them harms who loads it.
 */
static const struct network {
	uint8_t ip[16];
	uint8_t prefix;
} special[] = {
#define V4(a, b, prefix) { { [10] = 0xff, [11] = 0xff, a, b }, 96 + (prefix) }
	V4(0, 0, 8), V4(10, 0, 8), V4(100, 64, 10), V4(127, 0, 8),
	V4(169, 254, 16), V4(172, 16, 12), V4(192, 168, 16), V4(224, 0, 3),
#undef V4
	{ { 0 }, 127 },			/* unspecified and loopback */
	{ { 0xfc }, 7 }, { { 0xfe, 0x80 }, 10 }, { { 0xff }, 8 },
};

/* Wider than that is no network of anybody. */
#define WIDEST_V4 8
#define WIDEST_V6 19

/* Do the first `bits` bits agree? */
static bool
bits_eq(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool
ip_is_safe(const struct observable *o)
{
	if (export_ip_bits(o) < (export_ip_is_v4(o) ? WIDEST_V4 : WIDEST_V6))
		return false;
	for (size_t i = 0; i < NELEM(special); i++) {
		unsigned bits = special[i].prefix;

		/* Within it, or around it. */
		if (bits_eq(o->ip, special[i].ip, o->prefix < bits ?
		    o->prefix : bits))
			return false;
	}
	return true;
}

/* No control characters, no white space: one word of one line. */
static bool
is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && str_is_utf8(s);
}

static bool
is_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && str_is_utf8(s);
}

/* In a zone its name is added to each; a longer one would not load. */
#define RPZ_NAME_MAX 190

/* A name that a zone, a hosts file or a rule can have. */
static bool
domain_fits(const struct export_format *f, const struct observable *o,
    enum export_why *out_why)
{
	if (!observable_is_domain(o->value, 1) ||
	    (f == &export_rpz && o->value.n > RPZ_NAME_MAX))
		return false;
	if (f->acts && (!observable_is_domain(o->value, 2) ||
	    str_ends(o->value, ".arpa") || str_ends(o->value, ".local") ||
	    str_ends(o->value, ".localdomain"))) {
		*out_why = EXPORT_WHY_UNSAFE;
		return false;
	}
	return true;
}

static bool
hash_fits(const struct export_format *f, const struct observable *o)
{
	if (f == &export_suricata_md5)
		return str_starts(o->value, "MD5:");
	if (f == &export_suricata_sha256)
		return str_starts(o->value, "SHA-256:");
	if (f == &export_zeek)
		return str_starts(o->value, "MD5:") ||
		    str_starts(o->value, "SHA-1:") ||
		    str_starts(o->value, "SHA-256:");
	return true;
}

/* A URL that stands in a rule: it has a host, and is about one place. */
static bool
url_fits(const struct export_format *f, const struct observable *o)
{
	struct export_url u;

	if (!is_word(o->value))
		return false;
	if (f == &export_list || f == &export_csv)
		return true;
	return export_url_read(o->value, &u) && (f != &export_suricata ||
	    str_eqz(u.scheme, "http") || str_eqz(u.scheme, "https"));
}

bool
export_value_fits(const struct export_format *f, const struct observable *o,
    enum export_why *out_why)
{
	*out_why = EXPORT_WHY_FORMAT;
	if ((f->kinds >> o->kind & 1) == 0)
		return false;
	switch (o->kind) {
	case OBSERVABLE_DOMAIN:
		return domain_fits(f, o, out_why);
	case OBSERVABLE_IP:
		if (f->acts && !ip_is_safe(o)) {
			*out_why = EXPORT_WHY_UNSAFE;
			return false;
		}
		return f != &export_suricata_ips || o->prefix == 128;
	case OBSERVABLE_URL:
		return url_fits(f, o);
	case OBSERVABLE_HASH:
		return is_word(o->value) && hash_fits(f, o);
	case OBSERVABLE_EMAIL:
	case OBSERVABLE_MAC:
		return is_word(o->value);
	default:
		return f == &export_csv ? str_is_utf8(o->value) :
		    is_line(o->value);
	}
}
