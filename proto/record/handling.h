/*
 * The words of other handling vocabularies: the privilege actions of ACS 3.0
 * and the statements of FIRST IEP 2.0, and what a marking that uses them
 * leaves of a label.  Which purposes and caveats they stand for is the
 * vocabulary's (comity-policy(5), VOCABULARY).
 */
#ifndef RECORD_HANDLING_H
#define RECORD_HANDLING_H

#include "record/label.h"

enum acs_action {
	ACS_DSPLY, ACS_IDSRC, ACS_TENOT, ACS_NETDEF, ACS_LEGAL, ACS_INTEL,
	ACS_TEARLINE, ACS_OPACTION, ACS_REQUEST, ACS_ANONYMOUSACCESS,
	ACS_CISAUSES, ACS_ALL, ACS_ACTIONS,
};

/* acs_action_name(a): "NETDEF"; acs_action_find(s): exact, or -1. */
const char *acs_action_name(int action);
int acs_action_find(struct str s);

enum iep_statement {
	IEP_ENCRYPT, IEP_ACTIONS, IEP_NOTIFY, IEP_ATTRIBUTION, IEP_RESALE,
	IEP_STATEMENTS,
};

/* A value of a statement; within one statement from strict to free. */
enum iep_word {
	IEP_ENCRYPT_MUST, IEP_ENCRYPT_MAY,
	IEP_ACTIONS_NONE, IEP_ACTIONS_CONTACT, IEP_ACTIONS_INTERNAL,
	IEP_ACTIONS_INDIRECT, IEP_ACTIONS_DIRECT,
	IEP_NOTIFY_MUST_NOT, IEP_NOTIFY_MAY,
	IEP_ATTRIBUTION_MUST_NOT, IEP_ATTRIBUTION_MUST, IEP_ATTRIBUTION_MAY,
	IEP_RESALE_MUST_NOT, IEP_RESALE_MAY,
	IEP_WORDS,
};

/* iep_statement_name(s): as FIRST calls it, "unmodified_resale". */
const char *iep_statement_name(int statement);
int iep_statement_find(struct str s);	/* exact, or -1 */
/* iep_value_name(w): "must-not"; iep_word_find: of that statement, or -1. */
const char *iep_value_name(int word);
int iep_word_find(int statement, struct str value);
int iep_word_statement(int word);

/*
 * iep_caveat_words(caveat): the words that a caveat of that name stands for
 * in every policy, a bit set of enum iep_word.
 */
uint32_t iep_caveat_words(struct str caveat);

/* What an ACS marking says, as far as a label can. */
struct acs_says {
	uint32_t permit, deny;	/* bit sets of enum acs_action */
	bool privileges;	/* privdefault=permit */
	bool shared;		/* it may be passed on to us and by us */
	bool public;		/* PUBREL, released */
	int tlp_least;		/* what other controls demand */
	unix_ms_t expires;
};

/* acs_apply(l, v, s): join what s demands into l. */
void acs_apply(struct label *l, const struct vocabulary *v,
    const struct acs_says *s);

/* acs_allows(s, action): by its rules; deny wins, then the default. */
bool acs_allows(const struct acs_says *s, int action);

/* What an IEP policy says; -1: nothing about that statement. */
struct iep_says {
	int word[IEP_STATEMENTS];	/* enum iep_word */
	int tlp;			/* enum tlp */
	unix_ms_t expires;
};

/* iep_apply(l, v, s): join what s demands into l, TLP and PAP included. */
void iep_apply(struct label *l, const struct vocabulary *v,
    const struct iep_says *s);

/*
 * acs_of_label(l, v, out), iep_of_label(l, v, out): the label as such a
 * marking says it: what it can say of the label, it says at least as
 * strictly.
 */
void acs_of_label(const struct label *l, const struct vocabulary *v,
    struct acs_says *out);
void iep_of_label(const struct label *l, const struct vocabulary *v,
    struct iep_says *out);

enum label_part {
	LABEL_PART_PURPOSES = 1, LABEL_PART_TLP = 2, LABEL_PART_PAP = 4,
	LABEL_PART_HOPS = 8, LABEL_PART_EXPIRES = 16,
	LABEL_PART_CAVEATS = 32, LABEL_PART_LINEAGE = 64,
	LABEL_PART_AUDIENCE = 128, LABEL_PART_ROOTS = 256,
};

/*
 * label_lost(l, read): in which parts, a set of enum label_part, read
 * allows what l does not: what its marking could not say.
 */
unsigned label_lost(const struct label *l, const struct label *read);
/* label_part_name(i): of the part with bit i; NULL past the last. */
const char *label_part_name(unsigned i);

#endif
