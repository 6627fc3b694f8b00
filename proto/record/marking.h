/*
 * Markings to labels and labels to markings.
 *
 * Knows the fixed TLP 1, TLP 2.0 and PAP marking-definitions by id, and
 * the marking-definition with Comity's extension
 * (extension-definition--61c2b3a4-7c35-4b8a-9d1e-0f5c3a9e7b21) that carries
 * the rest of a label.
 */
#ifndef RECORD_MARKING_H
#define RECORD_MARKING_H

#include "record/label.h"
#include "record/stix.h"

#define COMITY_EXTENSION_ID \
	"extension-definition--61c2b3a4-7c35-4b8a-9d1e-0f5c3a9e7b21"

/*
 * What is known of a marking-definition that is not one of the fixed ones:
 * marking_find(arg, id) gives the bytes of the stored marking-definition
 * object, or the empty str if there is none.
 */
struct marking_source {
	struct str (*find)(void *arg, struct str id);
	void *arg;
	unix_ms_t now;	/* a policy with dates is in force then */
};

/*
 * label_from_markings(o, v, src, base, out):
 * The label of a valid object: its markings joined (N4: the strictest
 * counts, whole-object and granular alike), each field no marking states
 * taken from base, the label of the source it came from; a TLP marking
 * lowers hops to label_default_hops of its colour.  A marking that
 * is unknown, or a known one whose content does not parse, gives the most
 * restrictive value of everything (N1).  A statement marking states nothing.
 * A Comity marking states every field: one it lacks is most restrictive.
 * out_unknown (may be NULL) counts unknown markings.  The kind is base's
 * unless a Comity marking states one.  src may be NULL.  Return 0 (never
 * fails on content).
 */
int label_from_markings(const struct stix_object *o,
    const struct vocabulary *v, const struct marking_source *src,
    const struct label *base, struct label *out, unsigned *out_unknown);

/*
 * label_to_marking(l, v, created, out): append one marking-definition
 * object (JSON, one line, no LF) with Comity's extension that states l
 * whole: its property `label` is the canonical text of label.h.  The id is a
 * UUIDv5 of created and that text, so equal content gives equal objects.
 * created: RFC 3339 text.
 */
void label_to_marking(const struct label *l, const struct vocabulary *v,
    struct str created, struct buf *out);

/* marking_is_fixed(id): is it one of those that everybody knows? */
bool marking_is_fixed(struct str id);

/* marking_tlp_id(tlp) / marking_pap_id(pap): the fixed TLP 2.0 / PAP ids. */
const char *marking_tlp_id(int tlp);
const char *marking_pap_id(int pap);

#endif
