/*
 * Values that must not be blocked: MISP warning lists, and what is our own.
 * Pure: texts and times arrive as arguments.  A value is looked up by its
 * normal form (record/observable.h), in the time of a few hash look-ups,
 * however many lists there are.
 */
#ifndef WARNING_WARNING_H
#define WARNING_WARNING_H

#include "base/unit.h"
#include "record/observable.h"

#define WARNING_LISTS_MAX 1024
#define WARNING_FILE_BYTES_MAX (64 << 20)
#define WARNING_ENTRIES_MAX 4000000	/* of all lists */
#define WARNING_SLOW_MAX 4096		/* of them, substrings and regexes */
#define WARNING_ENTRY_BYTES_MAX 4096
#define WARNING_NAME_MAX 256
#define WARNING_OWN_MAX 4096		/* of each kind */

enum warning_type {
	WARNING_STRING,		/* the whole value; names in any case */
	WARNING_HOSTNAME,	/* a name, or one above it */
	WARNING_SUBSTRING,
	WARNING_CIDR,		/* addresses in it, also as host of a URL;
				 * a network that overlaps it */
	WARNING_REGEX,		/* POSIX extended, found anywhere */
};

struct warning;

/* One list, as it was read from a file.  All borrowed. */
struct warning_info {
	const char *file;
	const char *name;	/* as in the file; "" if it never read */
	enum warning_type type;
	uint64_t version;
	size_t entries;
	unix_ms_t loaded;	/* when it was last read and taken */
	const char *problem;	/* why its file was refused since, or NULL */
};

/* What a value is on. */
struct warning_hit {
	const char *list;	/* name of the list; NULL: our constituency */
	const char *own;	/* then: which prefix, domain or AS; or NULL */
	size_t at;		/* for warning_at, if it is a list */
};

/* What is ours.  All borrowed. */
struct warning_own {
	const int64_t *as;
	size_t nas;
	const struct str *prefixes, *domains;
	size_t nprefixes, ndomains;
};

/* warning_new(): no lists, nothing is ours. */
struct warning *warning_new(void);
void warning_free(struct warning *w);
MEM_AUTO(struct warning, warning_free);

/*
 * warning_load(w, file, at, e): take the list in file->text, in place of what
 * was taken from a file of that name.  1: taken; 0: it is the text that was
 * taken already.  ERR_CONF: not a warning list, "FILE:LINE:COL: ..." or
 * "FILE: entry N: ..." in e; ERR_LIMIT: too large, too many.  The list that
 * was taken from the file before then stays, and warning_at tells of the
 * problem.  warning_index is due after the last of several.
 */
struct warning_file {
	const char *name;	/* in messages */
	struct str text;
	unix_ms_t now;
};
int warning_load(struct warning *w, const struct warning_file *file,
    struct err *e) MUST_CHECK;

/*
 * warning_refuse(w, name, why): the file could not even be read; its list
 * stays.  warning_keep(w, has, arg): forget the lists of files of which has
 * says that they are gone; how many those were.
 */
void warning_refuse(struct warning *w, const char *name, const char *why);
size_t warning_keep(struct warning *w,
    bool (*has)(void *arg, const char *name), void *arg);

/*
 * warning_constituency(w, own, e): what is ours, in place of what was before.
 * ERR_CONF with the value that is no prefix, domain or AS number; then what
 * was before stays.  warning_index is due.
 */
int warning_constituency(struct warning *w, const struct warning_own *own,
    struct err *e) MUST_CHECK;

/* warning_index(w): make look-ups see what was taken since. */
void warning_index(struct warning *w);

/* warning_is_empty(w): nothing can be on it: look-ups can be left out. */
bool warning_is_empty(const struct warning *w);

/*
 * warning_find(w, o, out): what the value is on: our constituency before any
 * list, lists in the order of their files' names.  false if on nothing.
 */
bool warning_find(const struct warning *w, const struct observable *o,
    struct warning_hit *out);

/* warning_each(w, o, visit, arg): all of it, each list once. */
void warning_each(const struct warning *w, const struct observable *o,
    void (*visit)(void *arg, const struct warning_hit *hit), void *arg);

/* warning_at(w, i, out): the i-th list by file name; false past the last. */
bool warning_at(const struct warning *w, size_t i, struct warning_info *out);

/* warning_bytes(w): what it takes of memory, about. */
size_t warning_bytes(const struct warning *w);

/* warning_type_name(t): as in the files; never NULL. */
const char *warning_type_name(enum warning_type t);

#endif
