/*
 * What people type or paste to look something up.  Only here defanged
 * forms are understood; a record says what it says.
 */
#include <string.h>

#include "record/observable.h"
#include "record/observable_norm.h"

#define TEXT_MAX 4096
#define HASH_DIGITS_MIN 32

/* What stands in brackets instead of what it means. */
static const struct {
	const char *inside, *meant;
} defanged[] = {
	{ ".", "." }, { "dot", "." }, { "DOT", "." }, { ":", ":" },
	{ "://", "://" }, { "/", "/" }, { "@", "@" }, { "at", "@" },
	{ "AT", "@" },
};

/* The byte before and after what is typed that do not belong to it. */
static struct str
trim(struct str s)
{
	static const char around[] = " \t\r\n\"'`<>";

	while (s.n > 0 && strchr(around, s.p[0]) != NULL) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(around, s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

/* How many bytes of s are a defanged sign; *out_meant what it means. */
static size_t
defanged_len(struct str s, const char **out_meant)
{
	char close = s.p[0] == '[' ? ']' : s.p[0] == '(' ? ')' :
	    s.p[0] == '{' ? '}' : '\0';

	if (s.p[0] == '\\' && s.n > 1 && s.p[1] == '.') {
		*out_meant = ".";
		return 2;
	}
	if (close == '\0')
		return 0;
	for (size_t i = 0; i < NELEM(defanged); i++) {
		size_t n = strlen(defanged[i].inside);

		if (s.n >= n + 2 && s.p[n + 1] == close &&
		    memcmp(s.p + 1, defanged[i].inside, n) == 0) {
			*out_meant = defanged[i].meant;
			return n + 2;
		}
	}
	return 0;
}

/* Undo [.] and hxxp; the result is never longer than s. */
static size_t
refang(struct str s, char *dst)
{
	const char *meant;
	size_t n = 0, skip, k;

	for (size_t i = 0; i < s.n; ) {
		skip = defanged_len((struct str){ s.p + i, s.n - i }, &meant);
		if (skip == 0) {
			dst[n++] = s.p[i++];
			continue;
		}
		k = strlen(meant);
		memcpy(dst + n, meant, k);
		n += k;
		i += skip;
	}
	if (n > 4 && (strncasecmp(dst, "hxxp", 4) == 0) &&
	    (dst[4] == ':' || strncasecmp(dst + 4, "s:", 2) == 0))
		memcpy(dst, "http", 4);
	return n;
}

static bool
is_all_hex(struct str s)
{
	return strspn(s.p, "0123456789abcdefABCDEF") == s.n;
}

/* A hash by itself, or with its algorithm before it. */
static int
from_hash(struct str s, struct arena *arena, struct observable *out)
{
	const char *colon = memchr(s.p, ':', s.n);
	struct str algorithm, value;

	if (is_all_hex(s))
		return observable_normalise_hash(STR("*"), s, arena, out);
	if (colon == NULL)
		return 0;
	algorithm = (struct str){ s.p, (size_t)(colon - s.p) };
	value = (struct str){ colon + 1, s.n - algorithm.n - 1 };
	/* "3:abc:def" is a fuzzy hash whole. */
	if (s.p[0] >= '0' && s.p[0] <= '9')
		return observable_normalise_hash(STR("SSDEEP"), s, arena,
		    out);
	/* No port of a host has that many digits. */
	if (!str_eqz(algorithm, "SSDEEP") && !str_eqz(algorithm, "ssdeep") &&
	    (value.n < HASH_DIGITS_MIN || !is_all_hex(value)))
		return 0;
	return observable_normalise_hash(algorithm, value, arena, out);
}

static int
from_domain(struct str s, struct arena *arena, struct observable *out,
    bool *out_subdomains)
{
	bool subdomains = str_starts(s, "*.");
	int rc;

	if (subdomains) {
		s.p += 2;
		s.n -= 2;
	}
	rc = observable_normalise(OBSERVABLE_DOMAIN, s, arena, out);
	if (rc > 0 && !observable_is_domain(out->value, subdomains ? 1 : 2))
		return 0;
	if (rc > 0)
		*out_subdomains = subdomains;
	return rc;
}

static bool
is_url(struct str s)
{
	const char *sign = memmem(s.p, s.n, "://", 3);

	return sign != NULL && sign > s.p && s.p + s.n > sign + 3;
}

/* An address may stand in the brackets that URLs put around IPv6. */
static struct str
without_brackets(struct str s)
{
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		return (struct str){ s.p + 1, s.n - 2 };
	return s;
}

static int
from_clear_text(struct str s, struct arena *arena, struct observable *out,
    bool *out_subdomains)
{
	const char *at;
	int rc;

	if (is_url(s))
		return observable_normalise(OBSERVABLE_URL, s, arena, out);
	rc = observable_normalise(OBSERVABLE_IP, without_brackets(s), arena,
	    out);
	if (rc == 0)
		rc = observable_normalise(OBSERVABLE_MAC, s, arena, out);
	if (rc == 0 && (s.p[0] == 'A' || s.p[0] == 'a'))
		rc = observable_normalise(OBSERVABLE_ASN, s, arena, out);
	if (rc != 0)
		return rc;
	at = memrchr(s.p, '@', s.n);
	if (at != NULL)
		return at > s.p && at + 1 < s.p + s.n ?
		    observable_normalise(OBSERVABLE_EMAIL, s, arena, out) : 0;
	rc = from_hash(s, arena, out);
	return rc != 0 ? rc : from_domain(s, arena, out, out_subdomains);
}

int
observable_from_text(struct str text, struct arena *arena,
    struct observable *out, bool *out_subdomains)
{
	struct observable o = { .part = OBSERVABLE_SOLE };
	char clear[TEXT_MAX + 1];
	bool subdomains = false;
	size_t n;
	int rc;

	text = trim(text);
	if (text.n == 0 || text.n > TEXT_MAX || !str_is_utf8(text) ||
	    memchr(text.p, '\0', text.n) != NULL)
		return ERR_SYNTAX;
	n = refang(text, clear);
	clear[n] = '\0';
	if (n == 0 || strpbrk(clear, " \t\r\n") != NULL)
		return ERR_SYNTAX;
	rc = from_clear_text((struct str){ clear, n }, arena, &o, &subdomains);
	if (rc <= 0)
		return rc < 0 ? rc : ERR_SYNTAX;
	*out = o;
	*out_subdomains = subdomains;
	return 0;
}
