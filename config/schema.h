/*
 * Options as a table: one row says name, kind, place in a struct, bounds,
 * default and help.  From it follow reading, checking, the message for a
 * bad value, and printing what is in force.
 *
 * A name with dots is a path of mappings: "limits.credit" is the member
 * "credit" of the mapping "limits".  Rows of one mapping stand together.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/err.h"
#include "base/str.h"
#include "config/yaml.h"

enum option_kind {
	OPTION_TEXT,		/* char[]: one line of UTF-8 */
	OPTION_NAME,		/* char[]: a DNS name, lower case */
	OPTION_COUNTRY,		/* char[3]: ISO 3166 alpha-2, capitals */
	OPTION_ADDRESS,		/* char[]: host:port, [IPv6]:port */
	OPTION_PATH,		/* char[]: a file name */
	OPTION_DURATION,	/* int64_t, ms: 500ms 10s 5m 24h 90d */
	OPTION_SIZE,		/* int64_t, bytes: 16KiB 4MiB 1GiB */
	OPTION_INTEGER,		/* int64_t */
	OPTION_BOOL,		/* bool: true or false, nothing else */
	OPTION_ENUM,		/* int: index in names */
	OPTION_MAPS,		/* a list of structs, each by the table items */
};

struct option {
	const char *name;	/* NULL ends a table */
	enum option_kind kind;
	size_t offset;		/* of the field in the struct */
	size_t bytes;		/* of the field, or of one element of a list */
	int64_t min, max;	/* of numbers, in the field's unit */
	const char *value;	/* default, as written; NULL: must be given */
	const char *const *names; /* of OPTION_ENUM, NULL-terminated */
	size_t list_max;	/* 0: one value; else a list up to so many */
	size_t count_offset;	/* of a list: its size_t count */
	const struct option *items;	/* of OPTION_MAPS: one item's options */
	const char *help;	/* one or two sentences for people */
};

#define OPTION_FIELD(st, f) \
	.offset = offsetof(struct st, f), .bytes = sizeof(((struct st *)0)->f)
/* A text of some kind in a char array; def NULL: must be given. */
#define OPT_TEXT(st, f, k, nm, def, text) \
	{ .name = nm, .kind = k, OPTION_FIELD(st, f), .value = def, \
	    .help = text }
/* A number of some kind in an int64_t. */
#define OPT_NUMBER(st, f, k, nm, lo, hi, def, text) \
	{ .name = nm, .kind = k, OPTION_FIELD(st, f), .min = lo, .max = hi, \
	    .value = def, .help = text }
#define OPT_BOOL(st, f, nm, def, text) \
	{ .name = nm, .kind = OPTION_BOOL, OPTION_FIELD(st, f), \
	    .value = def, .help = text }
#define OPT_ENUM(st, f, nm, list, def, text) \
	{ .name = nm, .kind = OPTION_ENUM, OPTION_FIELD(st, f), \
	    .names = list, .value = def, .help = text }
/* A list of texts in a char[max][], its count in the size_t nf; empty. */
#define OPT_LIST(st, f, nf, k, nm, text) \
	{ .name = nm, .kind = k, .offset = offsetof(struct st, f), \
	    .bytes = sizeof(((struct st *)0)->f[0]), .value = "", \
	    .list_max = NELEM(((struct st *)0)->f), \
	    .count_offset = offsetof(struct st, nf), .help = text }
/* A list of mappings in a struct[max], read by a table; its count; empty. */
#define OPT_MAPS(st, f, nf, table, nm, text) \
	{ .name = nm, .kind = OPTION_MAPS, \
	    .offset = offsetof(struct st, f), \
	    .bytes = sizeof(((struct st *)0)->f[0]), .value = "", \
	    .list_max = NELEM(((struct st *)0)->f), \
	    .count_offset = offsetof(struct st, nf), .items = table, \
	    .help = text }
#define OPT_END { .name = NULL }

/*
 * schema_read(options, map, out, e): fill the struct at out with the
 * defaults, then with what map says.  ERR_CONF with file:line:col, what was
 * found and what is wanted; out is then undefined.
 */
int schema_read(const struct option *options, const struct yaml_node *map,
    void *out, struct err *e) MUST_CHECK;

/*
 * schema_defaults(options, out): the defaults alone; options without one
 * become empty.
 */
void schema_defaults(const struct option *options, void *out);

/*
 * schema_print(options, in, help, out): append the struct at in as YAML that
 * schema_read takes and that gives the same struct; with help, each option
 * below its help text as a comment.
 */
void schema_print(const struct option *options, const void *in, bool help,
    struct buf *out);

/*
 * schema_node(map, name): where option name (with dots) is set, or NULL if
 * it is not; for checks across options.
 */
const struct yaml_node *schema_node(const struct yaml_node *map,
    const char *name);

/*
 * schema_duration(s, out): "500ms", "10s", "5m", "24h" or "90d" in
 * milliseconds; ERR_SYNTAX, or ERR_VALUE over 100 years.
 */
int schema_duration(struct str s, int64_t *out) MUST_CHECK;

/*
 * schema_size(s, out): "16KiB", "4MiB" or "1GiB" in bytes; ERR_SYNTAX, or
 * ERR_VALUE over 1 EiB.
 */
int schema_size(struct str s, int64_t *out) MUST_CHECK;

/*
 * schema_is_name(s): a DNS name as we write it (RFC 1123 2.1): lower-case
 * letters, digits and inner hyphens, labels up to 63, no final dot, the last
 * label not all digits.
 */
bool schema_is_name(struct str s);

/* schema_is_country(s): two capital letters (ISO 3166 alpha-2 form). */
bool schema_is_country(struct str s);

/*
 * schema_is_address(s): a DNS name or IPv4 address, or an IPv6 address in
 * brackets, then ":" and a port from 1 to 65535.
 */
bool schema_is_address(struct str s);

#endif
