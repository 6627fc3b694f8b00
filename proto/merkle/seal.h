/*
 * Seals: an originator's signature over a batch of records
 * (comity-protocol(7), SEALS).
 */
#ifndef MERKLE_SEAL_H
#define MERKLE_SEAL_H

#include "base/cursor.h"
#include "base/limits.h"
#include "base/unit.h"
#include "merkle/tree.h"

#define SEAL_SALT_BYTES 16
#define SEAL_BYTES_MAX (1 + CERT_ID_MAX + DIGEST_BYTES + 2 + 8 + \
    SIGNATURE_BYTES)

struct seal {
	char cert_id[CERT_ID_MAX + 1];	/* the originator */
	struct digest root;
	uint16_t count;			/* leaves, 1..BATCH_RECORDS_MAX */
	unix_ms_t at;
	uint8_t signature[SIGNATURE_BYTES];
};

/*
 * seal_leaf(salt, label, bytes, out): the leaf hash of a record: SHA-256
 * over 0x00, the salt, the label text after its u32 length, the bytes.
 */
void seal_leaf(const uint8_t salt[static SEAL_SALT_BYTES], struct str label,
    struct str bytes, struct digest *out);

/* seal_sign(s, key): sign everything else; ERR_CRYPTO. */
int seal_sign(struct seal *s, const struct sign_key *key) MUST_CHECK;

/* seal_verify(s, key): 0, or ERR_SIGNATURE. */
int seal_verify(const struct seal *s, const struct verify_key *key)
    MUST_CHECK;

/* seal_encode(s, out): append the seal's bytes, <= SEAL_BYTES_MAX. */
void seal_encode(const struct seal *s, struct buf *out);

/*
 * seal_read(c, out): a seal from the cursor, whose error is set as usual;
 * seal_decode(bytes, out): exactly one.  ERR_SYNTAX, ERR_VALUE (count, time
 * or CERT id out of range), ERR_LIMIT.  The signature is not looked at.
 */
void seal_read(struct cur *c, struct seal *out);
int seal_decode(struct str bytes, struct seal *out) MUST_CHECK;

#endif
