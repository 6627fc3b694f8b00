/*
 * Labels as markings of other vocabularies.  Each says what it can of a
 * label and never allows more in that; what it cannot say (label_lost of
 * handling.h) the sealed label says.
 */
#ifndef RECORD_MARKING_WRITE_H
#define RECORD_MARKING_WRITE_H

#include "record/label.h"

/* Who states it, and since when; borrowed. */
struct marking_author {
	struct str created;		/* RFC 3339 */
	const char *country, *org;
};

/*
 * label_to_acs / label_to_iep(l, v, who, out): append one marking-definition
 * object (JSON, one line, no LF) of ACS 3.0 or FIRST IEP 2.0.  Its id
 * follows from its content, so that equal content gives equal objects.
 * Return what is lost, a set of enum label_part.
 */
unsigned label_to_acs(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out);
unsigned label_to_iep(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out);

/*
 * label_to_tags(l, v, who, out): the same as MISP's tags, one a line: of
 * TLP, PAP and iep2-policy, and of acs-marking if the vocabulary has words of
 * it.
 */
unsigned label_to_tags(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out);

#endif
