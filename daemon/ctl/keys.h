/*
 * Making the keys of an instance.
 */
#ifndef CTL_KEYS_H
#define CTL_KEYS_H

#include "ctl/ctl.h"

/* key_make_identity(c, e): write a fresh state/identity.key; ERR_IO. */
int key_make_identity(const struct ctl *c, struct err *e) MUST_CHECK;

/*
 * key_make_tls(c, cert_id, stem, e): write state/STEM.key and STEM.crt;
 * ERR_IO, ERR_CRYPTO.
 */
int key_make_tls(const struct ctl *c, const char *cert_id,
    const char *stem, struct err *e) MUST_CHECK;

#endif
