/*
 * Export: stored objects as the files that other tools read.
 *
 * Records go into a set, which keeps what the format can say; the set is
 * then written in an order that depends on nothing but what is in it, so that
 * two files differ by what really differs.  Pure: text in, text out.
 */
#ifndef FORMAT_EXPORT_H
#define FORMAT_EXPORT_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "record/observable.h"

struct export_set;
struct export_options;

/* What a format is for; a blocking one asks for the purpose `block`. */
struct export_format {
	const char *name;	/* "rpz" */
	const char *help;	/* one line */
	/*
	 * The purpose of the policy that a reader needs; NULL: none by
	 * itself.  A fixed one cannot be asked for otherwise.
	 */
	const char *use;
	bool fixed;
	bool values;		/* values of indicators, else whole objects */
	bool observed;		/* of cyber-observable objects too */
	uint32_t kinds;		/* bit set of enum observable_kind */
	/*
	 * Each value has effect by itself (blocks, alerts): addresses and
	 * names that stand for too much are left out.
	 */
	bool acts;
	bool rated;	/* it says how credible records are */
	bool opinions;	/* and has what we think as objects */
	void (*write)(const struct export_set *set,
	    const struct export_options *o, struct buf *out);
};

/* Set by the caller for one writing. */
struct export_options {
	const char *name;	/* of table, list or event; NULL: comity */
	uint32_t serial;	/* RPZ: of the zone */
	bool drop;		/* Suricata: drop, not alert */
};

/* export_format_find(name): the format of that name, or NULL. */
const struct export_format *export_format_find(const char *name);

/* Every format, in the order of help. */
extern const struct export_format *const export_formats[];
extern const size_t export_nformats;

/* One record; text borrowed for the call. */
struct export_record {
	struct str object;	/* STIX 2.1, the stored bytes */
	struct str kind, tlp, pap, source, received;
	/* Admiralty, or 0: 'A'..'F' of who gave it, '1'..'6' of itself. */
	char reliability, credibility;
	bool peers;		/* a peer reports it */
	struct str opinion;	/* ours about it, or empty */
};

/* Why a record, or one of its values, is not in the file. */
enum export_why {
	EXPORT_WHY_INVALID,	/* no object that we can read */
	EXPORT_WHY_NO_INDICATOR,	/* the format lists indicators */
	EXPORT_WHY_BENIGN,	/* an indicator of what is harmless */
	EXPORT_WHY_PATTERN,	/* a pattern in another language, or broken */
	EXPORT_WHY_CONDITIONS,	/* no value of it is a match by itself */
	EXPORT_WHY_FORMAT,	/* the format cannot say such a value */
	EXPORT_WHY_UNSAFE,	/* it stands for too much to act upon */
	EXPORT_WHYS,
};
const char *export_why_name(enum export_why why);

/* export_set_new(f): an empty set for that format. */
struct export_set *export_set_new(const struct export_format *f);
void export_set_free(struct export_set *s);
MEM_AUTO(struct export_set, export_set_free);

/* export_set_add(s, r): copy what the format can say of it. */
void export_set_add(struct export_set *s, const struct export_record *r);

/*
 * export_set_sort(s): put it in order, drop what is there twice: of equal
 * objects all but one, of older versions all unless versions are wanted.
 * Before writing and counting.
 */
void export_set_sort(struct export_set *s, bool versions);

/* export_set_write(s, o, out): append the whole file. */
void export_set_write(const struct export_set *s,
    const struct export_options *o, struct buf *out);

struct export_counts {
	size_t records;		/* that something in the file is from */
	size_t entries;		/* objects or values in the file */
	size_t left[EXPORT_WHYS];
};
void export_set_count(const struct export_set *s, struct export_counts *out);

/*
 * export_rpz_serial(file, out): the serial of a zone that we wrote; false if
 * it is none.
 */
bool export_rpz_serial(struct str file, uint32_t *out);

#endif
