/*
 * Derived objects: what is left of a record when parts of it are taken out.
 *
 * Removing anything makes a new object with a new id by a new creator (STIX
 * 2.1 section 3.6.2): the redactor.  Its id follows from the original's id
 * and version and from what was taken out, so that the same redaction always
 * gives the same bytes, also after a crash.
 */
#ifndef RECORD_DERIVE_H
#define RECORD_DERIVE_H

#include "base/unit.h"
#include "record/stix.h"

/*
 * derive_identity(cert_id, dst): the STIX identity id of a CERT.
 * dst holds STIX_ID_MAX bytes; returns dst.
 */
const char *derive_identity(const char *cert_id,
    char dst[static STIX_ID_MAX]);

/*
 * derive_id(o, parts, n, cert_id, dst): the id that the derived object of o
 * without those parts has when cert_id makes it; returns dst.
 */
const char *derive_id(const struct stix_object *o,
    const char *const *parts, size_t n, const char *cert_id,
    char dst[static STIX_ID_MAX]);

/*
 * derive_source(o): the id of the object that o says it was derived from;
 * empty if it says nothing of the kind.  Borrowed as everything in o.
 */
struct str derive_source(const struct stix_object *o);

/* derive_name(o): its `name`, empty if it has none; borrowed from o. */
struct str derive_name(const struct stix_object *o);

/*
 * derive_embargo(o): when the embargo ends that o says it is under: the
 * property `embargo_until` of its Comity extension, else `published`.
 * UNIX_MS_NEVER if neither is there, or it is no date.
 */
unix_ms_t derive_embargo(const struct stix_object *o);

/*
 * derive_part_reads(part): is it a part that derive_redacted can look for:
 * a name or a well made path?
 */
bool derive_part_reads(const char *part);

struct derive_options {
	const char *const *parts;	/* borrowed, as all of this */
	size_t n;
	const char *cert_id;		/* who makes it */
	/* With part "source": names of it that may stand nowhere. */
	const struct str *also;
	size_t nalso;
};

/*
 * derive_redacted(o, d, out):
 * Append the object that is left of o (valid, just read) without the n
 * parts.  A part is "source" (creator, external references, markings made by
 * somebody), "victim.name" or "victim.contact" (the custom properties of
 * that name, the identity's own, references to identities, and the
 * description, which may repeat them), or a path as in redact.h.  A required
 * text is replaced; texts taken out, if they have REDACT_VALUE_MIN bytes,
 * are taken out of everything else as well; granular markings whose
 * selectors no longer exist are dropped.  Return 0; ERR_DENIED if a part is
 * one the object cannot do without (id, type, the only alternative of a
 * pattern, references of a relationship).  The caller reads the result back:
 * it has to be valid.
 */
int derive_redacted(const struct stix_object *o,
    const struct derive_options *d, struct buf *out) MUST_CHECK;

#endif
