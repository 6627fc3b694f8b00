#include "record/observable_norm.h"

#include <string.h>

#include <arpa/inet.h>
#include <idn2.h>

#define ADDRESS_TEXT_MAX 64
#define DOMAIN_TEXT_MAX 1024	/* longer is no name: not given to libidn2 */
#define ALGORITHM_MAX 32

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

static bool
all_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_hex(s.p[i]))
			return false;
	return s.n > 0;
}

/* Up to three runs joined in the arena; NULL if it is full. */
static char *
joined(struct arena *arena, const struct str parts[static 3])
{
	char *d = arena_alloc(arena, parts[0].n + parts[1].n + parts[2].n + 1);
	size_t n = 0;

	if (d == NULL)
		return NULL;
	for (int i = 0; i < 3; i++) {
		if (parts[i].n > 0)
			memcpy(d + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	return d;
}

static int
put(struct observable *out, enum observable_kind kind, const char *p,
    size_t n)
{
	if (p == NULL)
		return ERR_LIMIT;
	out->kind = kind;
	out->value = (struct str){ p, n };
	return 1;
}

static void
lower_all(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = lower(p[i]);
}

static int
put_copy(struct observable *out, enum observable_kind kind, struct str value,
    struct arena *arena)
{
	return put(out, kind, arena_dup(arena, value.p, value.n), value.n);
}

/* ASCII without an A-label: lower case is its whole normal form. */
static bool
domain_is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '\0')
			return false;
		if (lower(s.p[i]) == 'x' && s.n - i >= 4 &&
		    lower(s.p[i + 1]) == 'n' && s.p[i + 2] == '-' &&
		    s.p[i + 3] == '-')
			return false;
	}
	return true;
}

/*
 * A domain name in lower-case A-labels (IDNA 2008, UTS 46 non-transitional)
 * without a final dot.  What libidn2 refuses is kept as it is but for case:
 * it can still be found by itself.
 */
static int
normalise_domain(struct str value, struct arena *arena, struct str *out)
{
	char text[DOMAIN_TEXT_MAX + 1];
	uint8_t *ace = NULL;
	char *d;

	if (!domain_is_plain(value) && value.n <= DOMAIN_TEXT_MAX &&
	    memchr(value.p, '\0', value.n) == NULL) {
		memcpy(text, value.p, value.n);
		text[value.n] = '\0';
		if (idn2_lookup_u8((const uint8_t *)text, &ace,
		    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
			value = str_of((const char *)ace);
	}
	while (value.n > 0 && value.p[value.n - 1] == '.')
		value.n--;
	d = arena_dup(arena, value.p, value.n);
	if (d != NULL)
		lower_all(d, value.n);
	idn2_free(ace);
	if (d == NULL)
		return ERR_LIMIT;
	*out = (struct str){ d, value.n };
	return value.n > 0;
}

bool
observable_is_domain(struct str s, unsigned min_labels)
{
	unsigned labels = 1;
	size_t label = 0;
	bool digits = true;

	if (s.n == 0 || s.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '.') {
			if (label == 0)
				return false;
			labels++;
			label = 0;
			digits = true;
			continue;
		}
		if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '-' &&
		    c != '_')
			return false;
		digits = digits && is_digit(c);
		if (++label > 63)
			return false;
	}
	/* No top-level domain is a number (RFC 3696 section 2). */
	return label > 0 && labels >= min_labels && !digits;
}

/* Zero the bits after the first `prefix` of ip. */
static void
ip_mask(uint8_t ip[16], unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		if (prefix >= 8 * (i + 1))
			continue;
		if (prefix <= 8 * i)
			ip[i] = 0;
		else
			ip[i] &= (uint8_t)(0xff << (8 * (i + 1) - prefix));
	}
}

/* An address or network in text into 16 bytes and prefix; false if not. */
static bool
ip_parse(struct str s, uint8_t ip[16], uint8_t *out_prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const char *slash = s.n == 0 ? NULL : memchr(s.p, '/', s.n);
	char text[ADDRESS_TEXT_MAX];
	uint64_t prefix = 128;
	struct str length;
	bool v4;

	if (slash != NULL) {
		length.p = slash + 1;
		length.n = s.n - (size_t)(slash - s.p) - 1;
		s.n = (size_t)(slash - s.p);
		if (str_to_u64(length, &prefix) < 0 || prefix > 128)
			return false;
	}
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	v4 = memchr(text, ':', s.n) == NULL;
	if (strlen(text) != s.n ||
	    inet_pton(v4 ? AF_INET : AF_INET6, text, v4 ? ip + 12 : ip) != 1)
		return false;
	if (v4) {
		memcpy(ip, mapped, sizeof(mapped));
		if (slash != NULL && prefix > 32)
			return false;
		if (slash != NULL)
			prefix += 96;
	}
	ip_mask(ip, (unsigned)prefix);
	*out_prefix = (uint8_t)prefix;
	return true;
}

static bool
ip_is_v4(const uint8_t ip[16], unsigned prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix >= 96 && memcmp(ip, mapped, sizeof(mapped)) == 0;
}

static int
normalise_ip(struct str value, struct arena *arena, struct observable *out)
{
	char text[ADDRESS_TEXT_MAX];
	uint8_t ip[16], prefix;
	unsigned shown;
	size_t n;
	bool v4;

	if (!ip_parse(value, ip, &prefix))
		return 0;
	v4 = ip_is_v4(ip, prefix);
	if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, text,
	    sizeof(text)) == NULL)
		return 0;
	n = strlen(text);
	if (prefix < 128) {
		shown = v4 ? prefix - 96U : prefix;
		text[n++] = '/';
		if (shown >= 100)
			text[n++] = '1';
		if (shown >= 10)
			text[n++] = (char)('0' + shown / 10 % 10);
		text[n++] = (char)('0' + shown % 10);
	}
	TRY(put_copy(out, OBSERVABLE_IP, (struct str){ text, n }, arena));
	memcpy(out->ip, ip, sizeof(ip));
	out->prefix = prefix;
	return 1;
}

/* Where in an authority [userinfo "@"] host [":" port] the host is. */
static struct str
authority_host(struct str a)
{
	size_t from = 0, to = a.n, i;

	for (i = 0; i < a.n; i++)
		if (a.p[i] == '@')
			from = i + 1;
	for (i = a.n; i > from && is_digit(a.p[i - 1]); i--)
		;
	if (i > from && a.p[i - 1] == ':')
		to = i - 1;
	return (struct str){ a.p + from, to - from };
}

/* RFC 3986 section 6.2.2.1: scheme and host do not depend on case. */
static int
normalise_url(struct str value, struct arena *arena, struct observable *out)
{
	const char *colon = memmem(value.p, value.n, "://", 3);
	struct str authority, host, folded, parts[3];
	size_t scheme, n;
	char *d;

	scheme = colon == NULL ? 0 : (size_t)(colon - value.p);
	for (size_t i = 0; i < scheme; i++)
		if (strchr("/?#@", value.p[i]) != NULL)
			colon = NULL;
	if (colon == NULL)
		return put_copy(out, OBSERVABLE_URL, value, arena);
	authority.p = colon + 3;
	authority.n = value.n - scheme - 3;
	for (n = 0; n < authority.n; n++)
		if (strchr("/?#", authority.p[n]) != NULL)
			break;
	authority.n = n;
	host = authority_host(authority);
	folded = host;
	if (host.n > 0)
		TRY(normalise_domain(host, arena, &folded));
	parts[0] = (struct str){ value.p, (size_t)(host.p - value.p) };
	parts[1] = folded;
	parts[2].p = host.p + host.n;
	parts[2].n = value.n - (size_t)(parts[2].p - value.p);
	d = joined(arena, parts);
	if (d != NULL)
		lower_all(d, scheme);
	return put(out, OBSERVABLE_URL, d, parts[0].n + parts[1].n +
	    parts[2].n);
}

/* RFC 5321 section 2.4: only the domain does not depend on case. */
static int
normalise_email(struct str value, struct arena *arena,
    struct observable *out)
{
	const char *at = memrchr(value.p, '@', value.n);
	struct str domain, parts[3] = { { 0 } };

	if (at == NULL)
		return put_copy(out, OBSERVABLE_EMAIL, value, arena);
	domain.p = at + 1;
	domain.n = value.n - (size_t)(domain.p - value.p);
	parts[0] = (struct str){ value.p, value.n - domain.n };
	if (domain.n > 0)
		TRY(normalise_domain(domain, arena, &parts[1]));
	return put(out, OBSERVABLE_EMAIL, joined(arena, parts),
	    parts[0].n + parts[1].n);
}

static bool
is_mac(struct str s)
{
	if (s.n != 17)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (i % 3 == 2 ? s.p[i] != s.p[2] : !is_hex(s.p[i]))
			return false;
	return s.p[2] == ':' || s.p[2] == '-';
}

static int
normalise_mac(struct str value, struct arena *arena, struct observable *out)
{
	char text[17];

	if (!is_mac(value))
		return 0;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 3 == 2 ? ':' : lower(value.p[i]);
	return put_copy(out, OBSERVABLE_MAC,
	    (struct str){ text, sizeof(text) }, arena);
}

static int
normalise_asn(struct str value, struct arena *arena, struct observable *out)
{
	uint64_t number;

	if (value.n > 2 && lower(value.p[0]) == 'a' &&
	    lower(value.p[1]) == 's') {
		value.p += 2;
		value.n -= 2;
	}
	if (str_to_u64(value, &number) < 0 || number > UINT32_MAX)
		return 0;
	return put_copy(out, OBSERVABLE_ASN, value, arena);
}

/* Serial numbers are written with and without colons between the bytes. */
static int
normalise_serial(struct str value, struct arena *arena,
    struct observable *out)
{
	char *d = arena_alloc(arena, value.n);
	size_t n = 0;

	if (d == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != ':' && value.p[i] != ' ')
			d[n++] = lower(value.p[i]);
	return n == 0 ? 0 : put(out, OBSERVABLE_CERT_SERIAL, d, n);
}

int
observable_normalise(enum observable_kind kind, struct str value,
    struct arena *arena, struct observable *out)
{
	struct str domain;
	int rc;

	if (value.n == 0)
		return 0;
	switch (kind) {
	case OBSERVABLE_DOMAIN:
		rc = normalise_domain(value, arena, &domain);
		return rc <= 0 ? rc : put(out, kind, domain.p, domain.n);
	case OBSERVABLE_IP:
		return normalise_ip(value, arena, out);
	case OBSERVABLE_URL:
		return normalise_url(value, arena, out);
	case OBSERVABLE_EMAIL:
		return normalise_email(value, arena, out);
	case OBSERVABLE_MAC:
		return normalise_mac(value, arena, out);
	case OBSERVABLE_ASN:
		return normalise_asn(value, arena, out);
	case OBSERVABLE_CERT_SERIAL:
		return normalise_serial(value, arena, out);
	case OBSERVABLE_HASH:
		return 0;
	default:
		return put_copy(out, kind, value, arena);
	}
}

/* Hash algorithms: folded spelling, canonical name, hex digits. */
static const struct algorithm {
	const char *folded, *name;
	size_t digits;	/* 0: a form of its own */
} algorithms[] = {
	{ "MD5", "MD5", 32 },
	{ "SHA1", "SHA-1", 40 },
	{ "SHA256", "SHA-256", 64 },
	{ "SHA512", "SHA-512", 128 },
	{ "SHA224", "SHA-224", 56 },
	{ "SHA384", "SHA-384", 96 },
	{ "SHA3224", "SHA3-224", 56 },
	{ "SHA3256", "SHA3-256", 64 },
	{ "SHA3384", "SHA3-384", 96 },
	{ "SHA3512", "SHA3-512", 128 },
	{ "RIPEMD160", "RIPEMD-160", 40 },
	{ "WHIRLPOOL", "WHIRLPOOL", 128 },
	{ "IMPHASH", "IMPHASH", 32 },
	{ "PEHASH", "PEHASH", 40 },
	{ "AUTHENTIHASH", "AUTHENTIHASH", 64 },
	{ "SSDEEP", "SSDEEP", 0 },
	{ "TLSH", "TLSH", 0 },
};

/* "blocksize:hash:hash" */
static bool
is_ssdeep(struct str s)
{
	size_t i = 0, colons = 0;

	while (i < s.n && is_digit(s.p[i]))
		i++;
	if (i == 0)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] == ':')
			colons++;
		else if (colons == 0 || (unsigned char)s.p[i] <= ' ')
			return false;
	}
	return colons == 2;
}

static int
put_hash(struct observable *out, const char *name, struct str value,
    struct arena *arena)
{
	struct str parts[3] = { str_of(name), STR(":"), value };
	char *d = joined(arena, parts);
	size_t n = parts[0].n + 1;

	if (d != NULL && all_hex(value))
		lower_all(d + n, value.n);
	return put(out, OBSERVABLE_HASH, d, n + value.n);
}

/* TLSH: 70 hex digits, since version 4 with "T1" before them. */
static int
put_tlsh(struct observable *out, struct str value, struct arena *arena)
{
	if (value.n == 72 && upper(value.p[0]) == 'T' && value.p[1] == '1') {
		value.p += 2;
		value.n -= 2;
	}
	if (value.n != 70 || !all_hex(value))
		return 0;
	return put_hash(out, "TLSH", value, arena);
}

/* file:hashes[*]: which of STIX's own algorithms has that many digits. */
static int
put_by_length(struct observable *out, struct str value, struct arena *arena)
{
	if (!all_hex(value))
		return 0;
	for (size_t i = 0; i < 4; i++)
		if (algorithms[i].digits == value.n)
			return put_hash(out, algorithms[i].name, value,
			    arena);
	return 0;
}

int
observable_normalise_hash(struct str algorithm, struct str value,
    struct arena *arena, struct observable *out)
{
	char folded[ALGORITHM_MAX + 1];
	size_t n = 0;

	if (algorithm.n == 0 || algorithm.n > ALGORITHM_MAX || value.n == 0)
		return 0;
	if (str_eqz(algorithm, "*"))
		return put_by_length(out, value, arena);
	for (size_t i = 0; i < algorithm.n; i++)
		if (algorithm.p[i] != '-' && algorithm.p[i] != '_' &&
		    algorithm.p[i] != ' ')
			folded[n++] = upper(algorithm.p[i]);
	folded[n] = '\0';
	for (size_t i = 0; i < NELEM(algorithms); i++) {
		const struct algorithm *a = &algorithms[i];

		if (strcmp(folded, a->folded) != 0)
			continue;
		if (a->digits > 0)
			return value.n == a->digits && all_hex(value) ?
			    put_hash(out, a->name, value, arena) : 0;
		if (strcmp(a->name, "TLSH") == 0)
			return put_tlsh(out, value, arena);
		return is_ssdeep(value) ?
		    put_hash(out, a->name, value, arena) : 0;
	}
	/* VHASH and others to come: as they are, under the folded name. */
	return n == 0 ? 0 : put_hash(out, folded, value, arena);
}

int
observable_guess(struct str value, struct arena *arena,
    struct observable *out)
{
	struct str domain;
	int rc;

	if (value.n == 0)
		return 0;
	if ((rc = normalise_ip(value, arena, out)) != 0)
		return rc;
	if (is_mac(value))
		return normalise_mac(value, arena, out);
	if (memchr(value.p, '@', value.n) != NULL)
		return normalise_email(value, arena, out);
	rc = normalise_domain(value, arena, &domain);
	if (rc <= 0)
		return rc;
	return observable_is_domain(domain, 1) ?
	    put(out, OBSERVABLE_DOMAIN, domain.p, domain.n) : 0;
}
