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

/*
 * derive_embargo(o): when the embargo ends that o says it is under: the
 * property `embargo_until` of its Comity extension, else `published`.
 * UNIX_MS_NEVER if neither is there, or it is no date.
 */
unix_ms_t derive_embargo(const struct stix_object *o);

/*
 * derive_redacted(o, parts, n, cert_id, out):
 * Append the object that is left of o (valid, just read) without the n
 * parts.  A part is "source" (creator, external references, and which
 * object it was derived from),
 * "victim.name" or "victim.contact" (the custom properties of that name, the
 * identity's own, and free-text descriptions, which may repeat them), or a
 * property path such as "x_detail.host", followed through lists.  A required
 * text is replaced by "redacted"; granular markings whose selectors no
 * longer exist are dropped.  Return 0; ERR_DENIED if a part is one the
 * object cannot do without (id, type, pattern, references of a relationship).
 */
int derive_redacted(const struct stix_object *o, const char *const *parts,
    size_t n, const char *cert_id, struct buf *out) MUST_CHECK;

#endif
