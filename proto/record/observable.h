/*
 * Observables: normalised (kind, value) pairs a record can be found by.
 */
#ifndef RECORD_OBSERVABLE_H
#define RECORD_OBSERVABLE_H

#include "record/stix.h"

enum observable_kind {
	OBSERVABLE_DOMAIN = 1,	/* lower-case A-labels, no trailing dot */
	OBSERVABLE_IP,		/* address or network: 16-byte form + prefix */
	OBSERVABLE_URL,		/* scheme and host folded */
	OBSERVABLE_HASH,	/* "SHA-256:hex", lower-case hex */
	OBSERVABLE_EMAIL,	/* domain folded */
	OBSERVABLE_MAC,
	OBSERVABLE_FILE_NAME,
	OBSERVABLE_MUTEX,
	OBSERVABLE_REGISTRY_KEY,
	OBSERVABLE_ASN,
	OBSERVABLE_CERT_SERIAL,
	OBSERVABLE_COMMAND_LINE,
	OBSERVABLE_ACCOUNT,
};

/* How the observable relates to a full match of its record. */
enum observable_part {
	OBSERVABLE_SOLE,	/* it alone is a match */
	OBSERVABLE_ANY_OF,	/* one of several, each alone a match */
	OBSERVABLE_PART_OF,	/* a component only */
};

struct observable {
	enum observable_kind kind;
	enum observable_part part;
	struct str value;	/* normalised text; in the arena */
	uint8_t ip[16];		/* OBSERVABLE_IP: IPv4 as ::ffff:a.b.c.d */
	uint8_t prefix;		/* OBSERVABLE_IP: 0..128; 128 is one address */
};

struct observables {
	struct observable *v;	/* in the arena */
	size_t n;
	bool unparsable;	/* the pattern did not parse: stored, not keyed */
	char why[128];		/* then: what and at which byte */
};

const char *observable_kind_name(enum observable_kind kind);

/*
 * observables_of(o, arena, out): the observables of a valid object: from an
 * indicator's STIX pattern, and from a cyber-observable object's own
 * properties, each once.  Return 0, or ERR_LIMIT if the arena is full.  A
 * pattern in another language, or one that does not parse, gives none and is
 * not an error; one with more than PATTERN_KEYS_MAX values is reported like
 * one that does not parse.
 */
int observables_of(const struct stix_object *o, struct arena *arena,
    struct observables *out) MUST_CHECK;

/*
 * observable_from_text(text, arena, out): what a person typed for look-up:
 * address, CIDR, domain, "*.domain" (out_subdomains true), URL, hash (by
 * itself or "SHA-256:..."), e-mail or MAC address, "AS64496"; defanged forms
 * (hxxp, [.]) as well.  ERR_SYNTAX if it is none of these.
 */
int observable_from_text(struct str text, struct arena *arena,
    struct observable *out, bool *out_subdomains) MUST_CHECK;

/*
 * observable_key(o): 64-bit index key of kind and value, equal for equal
 * observables on every machine.
 */
uint64_t observable_key(const struct observable *o);

/*
 * observable_suffix_key(domain): 64-bit key under which every sub-domain
 * of domain (normalised) is indexed.
 */
uint64_t observable_suffix_key(struct str domain);

#endif
