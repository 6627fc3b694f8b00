/*
 * UUIDs that follow from content (RFC 4122, version 5).
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/str.h"

#define UUID_TEXT_MAX 37

/*
 * The namespace of ids that Comity makes itself: derived records, label
 * markings, the identity of a CERT.  STIX reserves its own namespace for
 * cyber-observable objects (section 2.9), so ours is another.
 */
extern const uint8_t uuid_namespace_comity[16];

/*
 * uuid_v5(ns, name, dst): the version 5 UUID of name in namespace ns, as
 * 36 lower-case characters and a NUL; returns dst.
 */
const char *uuid_v5(const uint8_t ns[static 16], struct str name,
    char dst[static UUID_TEXT_MAX]);

#endif
