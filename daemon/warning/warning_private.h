/*
 * Warning lists: what their reader and the look-up share.
 */
#ifndef WARNING_WARNING_PRIVATE_H
#define WARNING_WARNING_PRIVATE_H

#include <regex.h>

#include "warning/warning.h"

/* Seeds of text_hash, so that a string and a host name are not the same. */
#define SEED_STRING 0x57
#define SEED_HOST 0x58
#define SEED_URL 0x59
#define SEED_ASN 0x5a

#define IP_V4 0
#define IP_V6 1

/* A value as it is compared: its hash. */
struct entry {
	uint64_t hash;
	uint32_t n;		/* which of the list's own, from 0 */
};

/* A network, and in the index the list it is of. */
struct range {
	uint8_t first[16];
	uint32_t n;
	uint32_t parent;	/* in the index: the range round it, plus 1 */
	uint16_t list;
	uint8_t prefix;
};

struct slow {
	char *text;		/* owned; a substring, in lower case */
	size_t n;
	regex_t *regex;		/* owned; or NULL */
};

/* What one file, or the constituency, says. */
struct list {
	char *file, *name;	/* owned */
	char *problem;		/* owned; or NULL */
	uint64_t version, digest;
	unix_ms_t loaded;
	uint32_t kinds;		/* 1 << enum observable_kind: applies to */
	enum warning_type type;
	size_t entries;
	VEC(struct entry) hashes;
	VEC(struct range) ranges[2];	/* IP_V4, IP_V6 */
	VEC(struct slow) slow;
	VEC(char *) texts;	/* owned: of the constituency only */
};

/* A hash in the table: list is its number plus 1, 0 a free slot. */
struct slot {
	uint64_t hash;
	uint32_t list, n;
};

struct ranges {
	struct range *v;	/* owned; by first address, the larger first */
	size_t n;
};

struct warning {
	VEC(struct list *) lists;	/* owned; by file name */
	struct list *own;		/* owned; or NULL */
	/* The index: number 0 is own, i + 1 is lists.v[i]. */
	struct slot *slots;		/* owned */
	size_t nslots;			/* a power of two, or 0 */
	struct ranges ranges[2];	/* IP_V4, IP_V6 */
	bool slow;			/* some list has substrings */
};

/* list_at(w, number): 0: our constituency, or NULL; i + 1: the i-th list. */
struct list *list_at(const struct warning *w, size_t number);

/* list_free(l): NULL is fine. */
void list_free(struct list *l);
MEM_AUTO(struct list, list_free);

/*
 * list_read(file, text, e): the list in text, all but its digest and when it
 * was loaded; NULL with ERR_CONF or ERR_LIMIT in e.
 */
struct list *list_read(const char *file, struct str text, struct err *e);

/*
 * list_add(l, type, text, arena): one more entry.  NULL; or what is wrong
 * with it, static.  The arena is for scratch.
 */
const char *list_add(struct list *l, enum warning_type type, struct str text,
    struct arena *arena);

/* ip_within(ip, first, prefix): has ip the first `prefix` bits of first? */
bool ip_within(const uint8_t ip[16], const uint8_t first[16],
    unsigned prefix);

/* range_is_v4(first, prefix): a network of IPv4 in the mapped form. */
bool range_is_v4(const uint8_t first[16], unsigned prefix);

/* text_hash(seed, s): 64 bits of s, each seed's its own. */
uint64_t text_hash(uint8_t seed, struct str s);

/* text_lower(dst, s): s with A-Z in small letters; dst holds s.n bytes. */
void text_lower(char *dst, struct str s);

#endif
