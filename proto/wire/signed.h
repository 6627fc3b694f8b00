/*
 * Payloads that end in a signature over a context, with its NUL, and all of
 * the payload before the signature.
 */
#ifndef WIRE_SIGNED_H
#define WIRE_SIGNED_H

#include "base/crypto.h"

/*
 * signed_begin(b, context): begin a body in b, empty before: the context.
 * Returns how long that is.  signed_end(b, begun, key, out): append what
 * came after it, signed, to out.  ERR_CRYPTO.
 */
size_t signed_begin(struct buf *b, struct str context);
int signed_end(const struct buf *b, size_t begun,
    const struct sign_key *key, struct buf *out) MUST_CHECK;

/* signed_verify(context, payload, key): ERR_SYNTAX, ERR_SIGNATURE. */
int signed_verify(struct str context, struct str payload,
    const struct verify_key *key) MUST_CHECK;

#endif
