/*
 * What the set holds, for the writers.
 */
#ifndef FORMAT_EXPORT_PRIVATE_H
#define FORMAT_EXPORT_PRIVATE_H

#include "format/export.h"

/* An object of the set; all text in the set's arena, NUL after it. */
struct export_object {
	struct str bytes;
	struct str id, modified, name, valid_from, valid_until;
	struct str kind, tlp, pap, source, received;
	char reliability, credibility;	/* 0: not known */
	bool peers;
	struct str opinion;	/* or empty */
	struct stix_time version;
	int confidence;		/* -1: none */
	size_t values;		/* of it in the set */
	/* For MISP only. */
	bool indicator;
	struct str description;
	struct str *labels;
	size_t nlabels;
	struct str misp_type, misp_category, misp_comment,
	    misp_value;		/* or empty */
	int misp_to_ids;	/* 0, 1, or -1: not said */
};

/* A value that is a match by itself, of one object. */
struct export_value {
	struct observable o;
	const struct export_object *of;
};

struct export_set {
	const struct export_format *format;
	struct arena *arena;		/* owned; everything below points in */
	struct stix_reader *reader;	/* owned */
	VEC(struct export_object *) objects;	/* each in the arena */
	VEC(struct export_value) values;
	size_t left[EXPORT_WHYS];
};

/*
 * The values one after the other, each once whatever names it; i is where
 * to begin: 0, then what was returned before.  NULL at the end.
 */
const struct export_value *export_next(const struct export_set *s,
    size_t *i);

/* export_ip_is_v4(o), export_ip_bits(o): of the address in its own family. */
bool export_ip_is_v4(const struct observable *o);
unsigned export_ip_bits(const struct observable *o);

/*
 * export_value_fits(f, o, out_why): may this format have the value?  It is
 * of a kind that it knows, of a form that cannot break out of its line, and,
 * where it acts, not one that stands for too much.
 */
bool export_value_fits(const struct export_format *f,
    const struct observable *o, enum export_why *out_why);

/* export_plain(dst, size, s): letters, digits and " ._-"; others as "_". */
const char *export_plain(char *dst, size_t size, struct str s);

/* What a URL is made of; borrowed from it.  false: not of that form. */
struct export_url {
	struct str scheme, host, path;	/* host without brackets */
	unsigned port;			/* 0: none given */
};
bool export_url_read(struct str url, struct export_url *out);

extern const struct export_format export_stix, export_jsonl, export_csv,
    export_list, export_misp, export_rpz, export_hosts, export_nftables, export_zeek,
    export_suricata, export_suricata_domains, export_suricata_ips,
    export_suricata_md5, export_suricata_sha256;

#endif
