/*
 * Entries of a list, each in the form in which it is compared.
 */
#include <string.h>

#include "record/observable_norm.h"
#include "warning/warning_private.h"

#define REPEAT_MAX 1024		/* of {n,m}, all of an expression multiplied */

bool
range_is_v4(const uint8_t first[16], unsigned prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix >= 96 && memcmp(first, mapped, sizeof(mapped)) == 0;
}

bool
ip_within(const uint8_t ip[16], const uint8_t first[16], unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	if (memcmp(ip, first, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] ^ first[whole]) >> (8 - rest) == 0;
}

void
text_lower(char *dst, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		dst[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] + 32) : s.p[i];
}

/* FNV-1a, with its bits mixed once more: fast, and no secret is needed. */
uint64_t
text_hash(uint8_t seed, struct str s)
{
	uint64_t h = (UINT64_C(0xcbf29ce484222325) ^ seed) *
	    UINT64_C(0x100000001b3);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static void
add_hash(struct list *l, uint8_t seed, struct str text)
{
	char small[WARNING_ENTRY_BYTES_MAX];

	if (seed != SEED_URL) {
		text_lower(small, text);
		text.p = small;
	}
	vec_push(&l->hashes, (struct entry){ text_hash(seed, text),
	    (uint32_t)l->entries });
}

static void
add_range(struct list *l, const struct observable *o)
{
	int of = range_is_v4(o->ip, o->prefix) ? IP_V4 : IP_V6;
	struct range r = { .prefix = o->prefix, .n = (uint32_t)l->entries };

	memcpy(r.first, o->ip, sizeof(r.first));
	vec_push(&l->ranges[of], r);
}

/* "https://Example.org/A": scheme and host in any case, the rest not. */
static const char *
add_string(struct list *l, struct str text, struct arena *arena)
{
	struct observable o = { 0 };
	int rc;

	if (memmem(text.p, text.n, "://", 3) != NULL) {
		rc = observable_normalise(OBSERVABLE_URL, text, arena, &o);
		if (rc > 0)
			add_hash(l, SEED_URL, o.value);
		return rc > 0 ? NULL : "not a URL";
	}
	/* An address has several spellings; a domain perhaps other letters. */
	rc = observable_guess(text, arena, &o);
	if (rc > 0 && o.kind == OBSERVABLE_IP)
		add_range(l, &o);
	else
		add_hash(l, SEED_STRING, rc > 0 && o.kind == OBSERVABLE_DOMAIN ?
		    o.value : text);
	return NULL;
}

static const char *
add_hostname(struct list *l, struct str text, struct arena *arena)
{
	struct observable o = { 0 };

	if (str_starts(text, "*.")) {
		text.p += 2;
		text.n -= 2;
	} else if (str_starts(text, ".")) {
		text.p++;
		text.n--;
	}
	if (observable_normalise(OBSERVABLE_DOMAIN, text, arena, &o) <= 0)
		return "not a host name";
	add_hash(l, SEED_HOST, o.value);
	return NULL;
}

/* Not what POSIX has, or what takes long or much to compare. */
static const char *
regex_refused(struct str text)
{
	unsigned long long product = 1;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], next = i + 1 < text.n ? text.p[i + 1] : 0;

		if (c == '\0')
			return "a NUL in a regular expression";
		if (c == '(' && next == '?')
			return "\"(?\" is not POSIX; want an extended regular "
			    "expression";
		if (c == '?' && i > 0 && strchr("*+?}", text.p[i - 1]) !=
		    NULL && (i < 2 || text.p[i - 2] != '\\'))
			return "a lazy repeat is not POSIX; want an extended "
			    "regular expression";
		if (c == '\\') {
			if (next >= '0' && next <= '9')
				return "references back take too long; leave "
				    "them out";
			if (next != '\0' && strchr("acdefghijklmnopqrtuvxyz"
			    "ACDEFGHIJKLMNOPQRTUVXYZ", next) != NULL)
				return "that letter after a backslash is not "
				    "POSIX; want [0-9] for \\d and so on";
			i++;
			continue;
		}
		if (c != '{')
			continue;
		while (++i < text.n && text.p[i] != '}') {
			unsigned long long n = 0;

			while (i < text.n && text.p[i] >= '0' &&
			    text.p[i] <= '9' && n <= REPEAT_MAX)
				n = n * 10 + (unsigned)(text.p[i++] - '0');
			if (n > 1)
				product *= n;
			if (product > REPEAT_MAX)
				return "repeats of more than 1024 times, all "
				    "multiplied";
			if (i < text.n && text.p[i] == '}')
				break;
		}
	}
	return NULL;
}

/* As in other programs: "/expression/i". */
static const char *
add_regex(struct list *l, struct str text)
{
	int flags = REG_EXTENDED | REG_NOSUB;
	struct slow s = { 0 };
	const char *why;

	if (text.n > 2 && text.p[0] == '/' && str_ends(text, "/i")) {
		flags |= REG_ICASE;
		text = (struct str){ text.p + 1, text.n - 3 };
	} else if (text.n > 2 && text.p[0] == '/' && str_ends(text, "/")) {
		text = (struct str){ text.p + 1, text.n - 2 };
	}
	why = regex_refused(text);
	if (why != NULL)
		return why;
	s.text = mem_dup(text.p, text.n);
	s.n = text.n;
	s.regex = mem_new(regex_t);
	if (regcomp(s.regex, s.text, flags) != 0) {
		free(s.text);
		free(s.regex);
		return "the regular expression does not compile";
	}
	vec_push(&l->slow, s);
	return NULL;
}

const char *
list_add(struct list *l, enum warning_type type, struct str text,
    struct arena *arena)
{
	struct observable o = { 0 };
	const char *why = NULL;

	if (text.n == 0)
		return "empty; want a value";
	if (text.n > WARNING_ENTRY_BYTES_MAX)
		return "longer than 4096 bytes";
	switch (type) {
	case WARNING_STRING:
		why = add_string(l, text, arena);
		break;
	case WARNING_HOSTNAME:
		why = add_hostname(l, text, arena);
		break;
	case WARNING_CIDR:
		if (observable_normalise(OBSERVABLE_IP, text, arena, &o) <= 0)
			return "not an address or a network such as "
			    "192.0.2.0/24 or 2001:db8::/32";
		add_range(l, &o);
		break;
	case WARNING_SUBSTRING:
		vec_push(&l->slow, (struct slow){ mem_dup(text.p, text.n),
		    text.n, NULL });
		text_lower(l->slow.v[l->slow.n - 1].text, text);
		break;
	case WARNING_REGEX:
		why = add_regex(l, text);
		break;
	}
	if (why == NULL)
		l->entries++;
	return why;
}
