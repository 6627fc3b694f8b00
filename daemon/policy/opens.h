/*
 * Does one policy open anything that another keeps shut?
 */
#ifndef POLICY_OPENS_H
#define POLICY_OPENS_H

#include "policy/policy.h"

/*
 * policy_opens(from, to, text, size): could any request fare better under
 * `to` than under `from`: a milder outcome, more purposes, hops or time, an
 * obligation or a redaction less?  Or could a score be better?  Asks both about every desk, use, kind,
 * TLP, band, posture and basis; what cannot be compared so (another
 * vocabulary or classification, too many cells) counts as opening.  text
 * (size bytes) then names the first thing found.
 */
bool policy_opens(const struct policy *from, const struct policy *to,
    char *text, size_t size);

#endif
