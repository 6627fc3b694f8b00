/*
 * A label: what may be done with a record (comity-policy(5), LABELS).
 *
 * Names are agreed between CERTs, numbers are not: a label crosses the wire
 * and is sealed as canonical text with names in it; inside one process the
 * names become bits through a vocabulary made from that process's policy.
 * A number or bit of one vocabulary never leaves its process.
 */
#ifndef RECORD_LABEL_H
#define RECORD_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/unit.h"

enum tlp {
	TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED,
};

enum pap {
	PAP_CLEAR, PAP_GREEN, PAP_AMBER, PAP_RED,
};

#define LABEL_DESKS_MAX 512
#define LABEL_ORGS_MAX 256
#define LABEL_BITS_MAX 32		/* purposes, lineage, caveats */
#define LABEL_KINDS_MAX 64
#define LABEL_HOPS_MAX 7
/* The last bit of each set stands for every name this process lacks. */
#define LABEL_UNKNOWN_BIT (1U << 31)
#define LABEL_ORG_UNKNOWN (LABEL_ORGS_MAX - 1)

struct desk_set {
	uint64_t w[LABEL_DESKS_MAX / 64];
};

struct org_set {
	uint64_t w[LABEL_ORGS_MAX / 64];
};

/*
 * L1 <= L2 ("what has L1 may flow to where L2 is demanded"): see
 * label_le.  Higher is more restrictive.  Fixed size, no pointers.
 */
struct label {
	uint32_t purposes;	/* allowed purposes; 0 is a dead label */
	uint32_t caveats;	/* conditions that bind whoever holds it */
	uint32_t lineage;	/* domains and origin tags it comes from */
	uint8_t tlp;		/* enum tlp */
	uint8_t pap;		/* enum pap */
	uint8_t hops;		/* transfers still allowed, 0..7 */
	uint8_t kind;		/* index into the vocabulary's kinds */
	uint64_t seq;		/* the originator's label sequence */
	unix_ms_t expires;	/* UNIX_MS_NEVER if it does not */
	struct desk_set audience;	/* desks that may have it */
	struct org_set roots;		/* originators */
};

/* One ordered list of names; the index of a name is its bit or number. */
struct names {
	char (*v)[NAME_MAX_BYTES];	/* owned */
	size_t n;
};

/*
 * What a purpose or a caveat is called elsewhere: bit sets of enum
 * acs_action and enum iep_word of record/handling.h.
 */
struct meanings {
	uint32_t acs, iep;
};

/*
 * The names one policy gives to bits.  Bit 31 of purposes, lineage and
 * caveats is never given to a name.  kinds[0] is always "other".
 * desks are "org/desk".  audience_all is "every desk there is or will be":
 * all bits set, known or not.
 */
struct vocabulary {
	struct names purposes;	/* <= 31 */
	struct names domains;	/* <= 31; groups of purposes; lineage bits 0.. */
	uint32_t domain_purposes[LABEL_BITS_MAX];	/* purposes of each domain */
	struct names lineage;	/* the domains, then the origin tags; <= 31 */
	struct names caveats;	/* <= 31 */
	struct names kinds;	/* <= 64 */
	struct names orgs;	/* <= 255; index 0 is ourselves */
	struct names desks;	/* <= 512 */
	uint32_t walled_lineage;	/* lineage named by any wall's keep */
	uint32_t block_purposes;	/* purposes that PAP AMBER and RED remove */
	struct meanings purpose_means[LABEL_BITS_MAX];
	struct meanings caveat_means[LABEL_BITS_MAX];
};

/* names_find(n, s): the index of s, or -1. */
int names_find(const struct names *n, struct str s);
/*
 * names_add(n, s, max): index of s, added if new; ERR_LIMIT when full or s
 * is too long, ERR_VALUE if s is empty, "?" or "*", not UTF-8, or holds
 * white space, control characters or a comma.
 */
int names_add(struct names *n, struct str s, size_t max) MUST_CHECK;
void names_clear(struct names *n);

void vocabulary_clear(struct vocabulary *v);

const char *tlp_name(int tlp);	/* "clear" .. "red", "amber+strict" */
const char *pap_name(int pap);
int tlp_from_name(struct str s);	/* 0..4, or -1; exact lower case */
int pap_from_name(struct str s);

/* label_default_hops(tlp): RED, AMBER+STRICT, AMBER 1; GREEN, CLEAR 7. */
uint8_t label_default_hops(int tlp);

/* label_top(l): the most restrictive label: RED, no purposes, nobody. */
void label_top(struct label *l);
/* label_bottom(l): the least restrictive: CLEAR, every purpose, everyone. */
void label_bottom(struct label *l);

/*
 * label_join(out, a, b): the label of what is derived from both: and of
 * purposes and audience, max of tlp and pap, min of hops and expires, or of
 * caveats, lineage and roots, max of seq; the kind is a's.  out may be a or b.
 */
void label_join(struct label *out, const struct label *a,
    const struct label *b);

/* label_le(a, b): b is at least as restrictive as a in every component. */
bool label_le(const struct label *a, const struct label *b);

/*
 * label_normalise(l, v): rules N2 (walled lineage floors TLP at GREEN) and
 * N3 (PAP AMBER and RED remove block purposes).  N1, N4 and N5 act where
 * fields are read.
 */
void label_normalise(struct label *l, const struct vocabulary *v);

/*
 * label_encode(l, v, out): append the canonical text of comity-protocol(7),
 * LABELS, at most LABEL_BYTES_MAX bytes, each line ended by LF:
 *
 *	comity-label/1
 *	purposes=block,detect		names; empty: none
 *	tlp=green			clear green amber amber+strict red
 *	pap=clear			clear green amber red
 *	audience=cert-xb/ops		desks; empty: nobody; "*": everyone
 *	hops=1				0 to 7
 *	expires=1798761599999		ms since 1970, or "never"
 *	caveats=no-resale		names; empty: none; "*": every one
 *	lineage=secops			names; empty: none; "*": every one
 *	roots=cert-xa			CERTs; empty: none; "*": every one
 *	seq=0				decimal
 *	kind=botnet			one name
 *
 * Lists are sorted by bytes and joined by commas.  "?" in a list is
 * something the writer has no name for.  A label too long for that is
 * written for nobody.
 */
void label_encode(const struct label *l, const struct vocabulary *v,
    struct buf *out);

/*
 * label_decode(text, v, out): read canonical text.  A missing or unparsable
 * field, and an unknown name, is read as the most restrictive value (N1):
 * an unknown purpose or desk is left out, an unknown lineage, caveat or
 * root sets the unknown bit, an unknown kind is "other".  ERR_SYNTAX only if
 * the text is no label at all (bad first line, over LABEL_BYTES_MAX, NUL).
 */
int label_decode(struct str text, const struct vocabulary *v,
    struct label *out) MUST_CHECK;

static inline bool
desk_set_has(const struct desk_set *s, unsigned desk)
{
	return s->w[desk / 64] >> (desk % 64) & 1;
}

static inline void
desk_set_add(struct desk_set *s, unsigned desk)
{
	s->w[desk / 64] |= UINT64_C(1) << (desk % 64);
}

static inline bool
org_set_has(const struct org_set *s, unsigned org)
{
	return s->w[org / 64] >> (org % 64) & 1;
}

static inline void
org_set_add(struct org_set *s, unsigned org)
{
	s->w[org / 64] |= UINT64_C(1) << (org % 64);
}

#endif
