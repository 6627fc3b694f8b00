/*
 * The small readers from which the sections of policy.yaml are put
 * together.  Private to policy_file*.c.
 *
 * A mapping is described by rows: key, whether it must be there, how its
 * value is read, and where it goes.  A reader gets its own row, so that one
 * reader serves many keys.  All return 0 or ERR_CONF with e filled.
 */
#ifndef CONFIG_POLICY_FILE_READ_H
#define CONFIG_POLICY_FILE_READ_H

#include "config/policy_file.h"

struct pf {
	struct policy_file *f;
	struct err *e;
	const struct file_set *files;	/* for documents; or NULL */
};

struct pf_row;
typedef int (*pf_reader)(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);

struct pf_row {
	const char *key;		/* NULL ends a table */
	pf_reader read;
	size_t offset;			/* of the field in out */
	bool required, may_be_empty;
	const char *const *names;	/* closed list, NULL-terminated */
	int64_t min, max;
};

#define PF_KEYS_MAX 32

/* The YAML behind a policy, kept while it lives. */
struct policy_tree {
	VEC(struct yaml_tree *) trees;	/* owned; the main file is the first */
};

/*
 * pf_map(r, map, rows, out): check the keys of map against rows, and read
 * every member into out.
 */
int pf_map(struct pf *r, const struct yaml_node *map,
    const struct pf_row *rows, void *out) MUST_CHECK;

/* pf_error(r, at, fmt, ...): fill r->e with the position; ERR_CONF. */
int pf_error(struct pf *r, const struct yaml_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* pf_warn(r, at, fmt, ...): keep a warning with the position. */
void pf_warn(struct pf *r, const struct yaml_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * pf_unknown(r, at, what, names, n): the text at `at` is not one of n
 * names: "unknown kind "botnat"; did you mean "botnet"?".
 */
int pf_unknown(struct pf *r, const struct yaml_node *at, const char *what,
    const char *const *names, size_t n);
/* pf_not_in(r, at, what, names): the same with a struct names. */
int pf_not_in(struct pf *r, const struct yaml_node *at, const char *what,
    const struct names *names);
/* pf_not_a_peer(r, at): no peer has that name; we ourselves are none. */
int pf_not_a_peer(struct pf *r, const struct yaml_node *at);

/* pf_is_text(r, n): n is a text that is not empty. */
int pf_is_text(struct pf *r, const struct yaml_node *n) MUST_CHECK;
/* pf_is_map / pf_is_list(r, n): n is that. */
int pf_is_map(struct pf *r, const struct yaml_node *n) MUST_CHECK;
int pf_is_list(struct pf *r, const struct yaml_node *n) MUST_CHECK;

/*
 * pf_each(r, n, row, fn, arg): call fn for every text of a list, or for n
 * itself if it is a text.  An empty list is an error unless the row allows
 * it: an empty set means nobody.
 */
typedef int (*pf_item)(struct pf *r, const struct yaml_node *item, void *arg);
int pf_each(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, pf_item fn, void *arg) MUST_CHECK;

/* Readers; the comment says what out points to. */
int pf_text(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* struct str */
int pf_note(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* nothing is kept */
int pf_id(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* struct str */
int pf_country(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* char[3] */
int pf_enum(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int, of names */
int pf_enums(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint32_t bits */
int pf_integer(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
int pf_bool(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* bool */
int pf_duration(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int64_t, ms */
int pf_date(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* unix_ms_t */
int pf_digest(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* struct str */
int pf_fraction(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int, thousandths */
int pf_kind(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
int pf_kinds(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint64_t */
int pf_domain(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
int pf_domains(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint32_t */
int pf_purposes(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint32_t */
int pf_lineage(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint32_t */
int pf_caveats(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint32_t */
int pf_redactions(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* uint64_t */
int pf_tlp(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
int pf_pap(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
int pf_desk(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);		/* int */
/* "<=green" of a grant and ">=amber" of a limit: the bound, an int. */
int pf_tlp_most(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);
int pf_tlp_least(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);
/* ">=C" of a grant, "<C" of a limit: the worst, the best band that fits. */
int pf_band_worst(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);
int pf_band_best(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);

/* The sections; n is the section's value. */

int pf_read_self(struct pf *r, const struct yaml_node *n);
int pf_read_purposes(struct pf *r, const struct yaml_node *n);
int pf_read_vocabulary(struct pf *r, const struct yaml_node *n);
int pf_read_origin_tags(struct pf *r, const struct yaml_node *n);
int pf_read_kinds(struct pf *r, const struct yaml_node *n);
int pf_read_definitions(struct pf *r, const struct yaml_node *n);
int pf_read_classify(struct pf *r, const struct yaml_node *n);
int pf_read_bands(struct pf *r, const struct yaml_node *n);
int pf_read_walls(struct pf *r, const struct yaml_node *n);
int pf_read_releases(struct pf *r, const struct yaml_node *n);
int pf_read_peers(struct pf *r, const struct yaml_node *n);
int pf_read_onward(struct pf *r, const struct yaml_node *n);
int pf_read_circles(struct pf *r, const struct yaml_node *n);
int pf_read_agreements(struct pf *r, const struct yaml_node *n);
int pf_read_postures(struct pf *r, const struct yaml_node *n);
int pf_read_consult(struct pf *r, const struct yaml_node *n);
int pf_read_grants(struct pf *r, const struct yaml_node *n);
int pf_read_limits(struct pf *r, const struct yaml_node *n);
int pf_read_trust(struct pf *r, const struct yaml_node *n);
int pf_read_prove(struct pf *r, const struct yaml_node *n);
int pf_read_tests(struct pf *r, const struct yaml_node *n);

/* pf_postures_default(f): what holds when `postures` says nothing. */
void pf_postures_default(struct policy_file *f);

/* pf_scoring_default(f): what holds when `trust` says nothing. */
void pf_scoring_default(struct policy_file *f);

/* pf_read_case(r, n, expects, out): one test, or a request. */
int pf_read_case(struct pf *r, const struct yaml_node *n, bool expects,
    struct policy_case *out) MUST_CHECK;

/* pf_label_row: a row's reader for `default-label`: struct policy_label. */
int pf_label(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out);

/*
 * pf_check_charters(r): where a charter lies beside the policy, its digest
 * is the one that the circle states.
 */
int pf_check_charters(struct pf *r) MUST_CHECK;

/* pf_lint(r): the warnings that need the whole policy. */
void pf_lint(struct pf *r);

#endif
