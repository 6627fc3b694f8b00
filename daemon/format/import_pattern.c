/*
 * Values of others as STIX patterns (STIX 2.1 9).
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format/import_private.h"
#include "record/observable.h"

#define VALUE_ARENA_BYTES KIB(64)

/* What a type says, by the paths of its values. */
static const struct known_type {
	const char *name;
	enum observable_kind kind;	/* how its value is read; 0: as it is */
	const char *path;	/* NULL: one path for each kind of address */
	const char *second;	/* of what stands behind '|', or NULL */
	const char *hash;	/* which algorithm, for a hash */
} types[] = {
	{ "ip-src", OBSERVABLE_IP, NULL }, { "ip-dst", OBSERVABLE_IP, NULL },
	{ "ip", OBSERVABLE_IP, NULL }, { "ipv4", OBSERVABLE_IP, NULL },
	{ "ipv6", OBSERVABLE_IP, NULL }, { "ipv4-addr", OBSERVABLE_IP, NULL },
	{ "ipv6-addr", OBSERVABLE_IP, NULL }, { "cidr", OBSERVABLE_IP, NULL },
	{ "ip-src|port", 0, "network-traffic:src_ref.value",
	    "network-traffic:src_port" },
	{ "ip-dst|port", 0, "network-traffic:dst_ref.value",
	    "network-traffic:dst_port" },
	{ "hostname|port", 0, "network-traffic:dst_ref.value",
	    "network-traffic:dst_port" },
	{ "domain", OBSERVABLE_DOMAIN, "domain-name:value" },
	{ "hostname", OBSERVABLE_DOMAIN, "domain-name:value" },
	{ "host", OBSERVABLE_DOMAIN, "domain-name:value" },
	{ "domain-name", OBSERVABLE_DOMAIN, "domain-name:value" },
	{ "fqdn", OBSERVABLE_DOMAIN, "domain-name:value" },
	{ "domain|ip", 0, "domain-name:value",
	    "domain-name:resolves_to_refs[*].value" },
	{ "url", OBSERVABLE_URL, "url:value" },
	{ "uri", OBSERVABLE_URL, "url:value" },
	{ "email", OBSERVABLE_EMAIL, "email-addr:value" },
	{ "email-addr", OBSERVABLE_EMAIL, "email-addr:value" },
	{ "email-src", OBSERVABLE_EMAIL, "email-message:from_ref.value" },
	{ "email-dst", OBSERVABLE_EMAIL, "email-message:to_refs[*].value" },
	{ "email-subject", 0, "email-message:subject" },
	{ "md5", OBSERVABLE_HASH, "file:hashes.MD5", NULL, "MD5" },
	{ "sha1", OBSERVABLE_HASH, "file:hashes.'SHA-1'", NULL, "SHA-1" },
	{ "sha-1", OBSERVABLE_HASH, "file:hashes.'SHA-1'", NULL, "SHA-1" },
	{ "sha256", OBSERVABLE_HASH, "file:hashes.'SHA-256'", NULL,
	    "SHA-256" },
	{ "sha-256", OBSERVABLE_HASH, "file:hashes.'SHA-256'", NULL,
	    "SHA-256" },
	{ "sha512", OBSERVABLE_HASH, "file:hashes.'SHA-512'", NULL,
	    "SHA-512" },
	{ "sha-512", OBSERVABLE_HASH, "file:hashes.'SHA-512'", NULL,
	    "SHA-512" },
	{ "ssdeep", 0, "file:hashes.SSDEEP" },
	{ "tlsh", 0, "file:hashes.TLSH" },
	{ "filename", 0, "file:name" },
	{ "filename|md5", 0, "file:name", "file:hashes.MD5" },
	{ "filename|sha1", 0, "file:name", "file:hashes.'SHA-1'" },
	{ "filename|sha256", 0, "file:name", "file:hashes.'SHA-256'" },
	{ "filename|sha512", 0, "file:name", "file:hashes.'SHA-512'" },
	{ "mutex", 0, "mutex:name" },
	{ "regkey", 0, "windows-registry-key:key" },
	{ "regkey|value", 0, "windows-registry-key:key",
	    "windows-registry-key:values[*].data" },
	{ "mac-address", OBSERVABLE_MAC, "mac-addr:value" },
	{ "user-agent", 0, "network-traffic:extensions.'http-request-ext'."
	    "request_header.'User-Agent'" },
	{ "AS", OBSERVABLE_ASN, "autonomous-system:number" },
	{ "x509-fingerprint-md5", OBSERVABLE_HASH,
	    "x509-certificate:hashes.MD5", NULL, "MD5" },
	{ "x509-fingerprint-sha1", OBSERVABLE_HASH,
	    "x509-certificate:hashes.'SHA-1'", NULL, "SHA-1" },
	{ "x509-fingerprint-sha256", OBSERVABLE_HASH,
	    "x509-certificate:hashes.'SHA-256'", NULL, "SHA-256" },
};

static const struct known_type *
find_type(struct str name)
{
	for (size_t i = 0; i < NELEM(types); i++)
		if (name.n == strlen(types[i].name) &&
		    strncasecmp(types[i].name, name.p, name.n) == 0)
			return &types[i];
	return NULL;
}

bool
import_pattern_knows(struct str type)
{
	return find_type(type) != NULL;
}

static void
add_literal(struct buf *out, struct str s)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'' || s.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
	buf_addc(out, '\'');
}

static void
add_compare(struct buf *out, const char *path, struct str value)
{
	uint64_t number;

	buf_addf(out, "%s = ", path);
	if ((str_ends(str_of(path), "_port") ||
	    str_ends(str_of(path), ":number")) &&
	    str_to_u64(value, &number) == 0)
		buf_addf(out, "%llu", (unsigned long long)number);
	else
		add_literal(out, value);
}

/* The path of an address or of a hash follows from the value. */
static const char *
path_of(const struct observable *o)
{
	static const struct {
		const char *prefix, *path;
	} hashes[] = {
		{ "MD5:", "file:hashes.MD5" },
		{ "SHA-1:", "file:hashes.'SHA-1'" },
		{ "SHA-256:", "file:hashes.'SHA-256'" },
		{ "SHA-512:", "file:hashes.'SHA-512'" },
	};

	switch (o->kind) {
	case OBSERVABLE_IP:
		return memchr(o->value.p, ':', o->value.n) != NULL ?
		    "ipv6-addr:value" : "ipv4-addr:value";
	case OBSERVABLE_DOMAIN:
		return "domain-name:value";
	case OBSERVABLE_URL:
		return "url:value";
	case OBSERVABLE_EMAIL:
		return "email-addr:value";
	case OBSERVABLE_MAC:
		return "mac-addr:value";
	case OBSERVABLE_ASN:
		return "autonomous-system:number";
	case OBSERVABLE_HASH:
		for (size_t i = 0; i < NELEM(hashes); i++)
			if (str_starts(o->value, hashes[i].prefix))
				return hashes[i].path;
		return NULL;
	default:
		return NULL;
	}
}

/* The value without what names its algorithm, or its number. */
static struct str
bare_value(const struct observable *o)
{
	struct str v = o->value;
	const char *colon = o->kind != OBSERVABLE_HASH ? NULL :
	    memchr(v.p, ':', v.n);

	if (colon != NULL) {
		v.n -= (size_t)(colon + 1 - v.p);
		v.p = colon + 1;
	} else if (o->kind == OBSERVABLE_ASN && str_starts(v, "AS")) {
		v.p += 2;
		v.n -= 2;
	}
	return v;
}

static int
read_value(struct str value, struct arena *arena, struct observable *out)
{
	bool below;

	if (observable_from_text(value, arena, out, &below) != 0 || below)
		return ERR_SYNTAX;
	return 0;
}

static int
pattern_of_kind(const struct known_type *t, struct str value,
    struct buf *out, bool *out_alone)
{
	AUTO(arena_free) struct arena *arena = arena_new(VALUE_ARENA_BYTES);
	struct observable o;
	const char *path;
	struct str bare;

	TRY(read_value(value, arena, &o));
	path = path_of(&o);
	if (o.kind != t->kind || path == NULL || (t->hash != NULL &&
	    (o.value.n <= strlen(t->hash) || !str_starts(o.value, t->hash) ||
	    o.value.p[strlen(t->hash)] != ':')))
		return ERR_SYNTAX;
	if (t->path != NULL)
		path = t->path;
	bare = bare_value(&o);
	buf_addc(out, '[');
	add_compare(out, path, bare);
	buf_addc(out, ']');
	*out_alone = str_eq(bare, value);
	return 0;
}

/* Two values with '|' between. */
static int
pattern_of_two(const struct known_type *t, struct str value, struct buf *out)
{
	const char *bar = value.n == 0 ? NULL : memchr(value.p, '|', value.n);
	struct str first, second;

	if (bar == NULL)
		return ERR_SYNTAX;
	first = (struct str){ value.p, (size_t)(bar - value.p) };
	second = (struct str){ bar + 1, value.n - first.n - 1 };
	if (first.n == 0 || second.n == 0)
		return ERR_SYNTAX;
	buf_addc(out, '[');
	add_compare(out, t->path, first);
	buf_addz(out, " AND ");
	add_compare(out, t->second, second);
	buf_addc(out, ']');
	return 0;
}

int
import_pattern(struct str type, struct str value, struct buf *out,
    bool *out_alone)
{
	const struct known_type *t = find_type(type);

	if (t == NULL)
		return ERR_NOT_FOUND;
	if (value.n == 0 || !str_is_utf8(value))
		return ERR_SYNTAX;
	*out_alone = false;
	if (t->second != NULL)
		return pattern_of_two(t, value, out);
	if (t->kind != 0)
		return pattern_of_kind(t, value, out, out_alone);
	buf_addc(out, '[');
	add_compare(out, t->path, value);
	buf_addc(out, ']');
	return 0;
}

int
import_pattern_any(struct str value, struct buf *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(VALUE_ARENA_BYTES);
	struct observable o;
	const char *path;

	TRY(read_value(value, arena, &o));
	path = path_of(&o);
	if (path == NULL)
		return ERR_SYNTAX;
	buf_addc(out, '[');
	add_compare(out, path, bare_value(&o));
	buf_addc(out, ']');
	return 0;
}
