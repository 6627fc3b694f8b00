/*
 * Readers of the markings of others: ACS 3.0 and IEP 2.0 in STIX, and the
 * tags with which MISP carries these, TLP and PAP.  Only marking*.c include
 * it.
 */
#ifndef RECORD_MARKING_READ_H
#define RECORD_MARKING_READ_H

#include <jansson.h>

#include "record/handling.h"

#define ACS_EXTENSION_ID \
	"extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
#define IEP_EXTENSION_ID \
	"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"

/* What a marking states; the other fields come from the source's label. */
enum stated {
	STATED_NOTHING = 0,
	STATED_TLP = 1,
	STATED_PAP = 2,
	STATED_ALL = 4,
	STATED_UNKNOWN = 8,	/* most restrictive, but for the kind */
};

/*
 * marking_read_acs(ext, v, l): join what the extension says into l; returns
 * a set of enum stated.  What is not as ACS 3.0 has it is unknown.
 */
unsigned marking_read_acs(json_t *ext, const struct vocabulary *v,
    struct label *l);

/*
 * marking_read_iep(ext, v, now, l): the same of an IEP policy.  One that is
 * not in force now, or kept elsewhere, is unknown.
 */
unsigned marking_read_iep(json_t *ext, const struct vocabulary *v,
    unix_ms_t now, struct label *l);

/*
 * marking_read_tags(tags, n, v, now, l): the same of an object's labels;
 * those that are no tags of handling say nothing.
 */
struct marking_tags {
	const struct str *v;
	size_t n;
};
unsigned marking_read_tags(const struct marking_tags *tags,
    const struct vocabulary *v, unix_ms_t now, struct label *l);

/* marking_time(s, out): RFC 3339 as ms, or false. */
bool marking_time(struct str s, unix_ms_t *out);

/*
 * acs_control(list, value, s): what one value of a list of the control set
 * demands.  False if nobody outside may have it, or nobody knows.
 */
bool acs_control(struct str list, struct str value, struct acs_says *s);

#endif
