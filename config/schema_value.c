/*
 * The forms of single values: what a duration, a size, a name look like.
 */
#include "config/schema.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/limits.h"
#include "base/unit.h"

#define LABEL_MAX 63	/* RFC 1035 2.3.4 */

struct unit {
	const char *name;
	int64_t factor;
};

/* The longer name first: "ms" also ends in "s". */
static const struct unit time_units[] = {
	{ "ms", 1 }, { "s", SEC(1) }, { "m", MINUTE(1) }, { "h", HOUR(1) },
	{ "d", DAY(1) },
};

static const struct unit size_units[] = {
	{ "KiB", INT64_C(1) << 10 }, { "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
};

/* Digits and one of the n units, up to max of the smallest unit. */
static int
read_quantity(struct str s, const struct unit *units, size_t n, int64_t max,
    int64_t *out)
{
	for (size_t i = 0; i < n; i++) {
		struct str digits = s;
		uint64_t v;

		if (!str_ends(s, units[i].name))
			continue;
		digits.n -= strlen(units[i].name);
		TRY(str_to_u64(digits, &v));
		if (v > (uint64_t)(max / units[i].factor))
			return ERR_VALUE;
		*out = (int64_t)v * units[i].factor;
		return 0;
	}
	return ERR_SYNTAX;
}

int
schema_duration(struct str s, int64_t *out)
{
	return read_quantity(s, time_units, NELEM(time_units), DAY(36525),
	    out);
}

int
schema_size(struct str s, int64_t *out)
{
	return read_quantity(s, size_units, NELEM(size_units),
	    INT64_C(1) << 60, out);
}

/* One label of a name: letters, digits, inner hyphens (RFC 1123 2.1). */
static bool
is_label(struct str s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

bool
schema_is_name(struct str s)
{
	struct str label = { s.p, 0 };

	if (s.n == 0 || s.n > CERT_ID_MAX)
		return false;
	for (;;) {
		const char *dot = memchr(label.p, '.',
		    (size_t)(s.p + s.n - label.p));

		label.n = (size_t)((dot == NULL ? s.p + s.n : dot) - label.p);
		if (!is_label(label))
			return false;
		if (dot == NULL)
			return !is_digits(label);
		label.p = dot + 1;
	}
}

bool
schema_is_country(struct str s)
{
	return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' &&
	    s.p[1] >= 'A' && s.p[1] <= 'Z';
}

/* Is s an address of the family, alone? */
static bool
is_ip(int family, struct str s)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(family, text, bytes) == 1;
}

bool
schema_is_address(struct str s)
{
	const char *colon = s.n == 0 ? NULL : memrchr(s.p, ':', s.n);
	struct str host, port;
	uint64_t number;

	if (colon == NULL)
		return false;
	host = (struct str){ s.p, (size_t)(colon - s.p) };
	port = (struct str){ colon + 1, s.n - host.n - 1 };
	if (str_to_u64(port, &number) < 0 || number == 0 || number > 65535)
		return false;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return is_ip(AF_INET6,
		    (struct str){ host.p + 1, host.n - 2 });
	return is_ip(AF_INET, host) || schema_is_name(host);
}
